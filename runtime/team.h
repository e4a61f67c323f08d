/* A team of threads that are kept and handed short tasks: nothing is allocated or started per
 * hand-over. Idle workers spin for a moment, since the next task mostly comes within microseconds,
 * and then sleep. */
#ifndef NN_RUNTIME_TEAM_H
#define NN_RUNTIME_TEAM_H

#include <stdbool.h>

typedef struct Team Team;

enum { TEAM_MAX = 256 };

/* A team of `threads` (1 .. TEAM_MAX), the calling thread included. NULL, and errno, if there is no
 * memory, or a thread cannot be started after so many. */
Team *team_start(int threads, int *started);

/* Ends its threads; no task is at work. */
void team_end(Team *team);

/* Runs fn(arg, i) for every i in 0 .. n-1 on the team and returns when all are done: an NnParallel,
 * `team` being the Team. Tasks are taken in order by whoever is free; only one thread at a time may
 * call this for a team, and no task may. */
void team_run(void *team, int n, void (*fn)(void *arg, int i), void *arg);

/* Processors that this process may run on. */
int team_processors(void);

#endif
