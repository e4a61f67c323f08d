/* The processes that a launcher such as mpirun or srun has started together, and what they tell
 * each other. A process has one such group, which it joins first of all and leaves at its end;
 * without a launcher it is alone, and all of this costs nothing. Process 0 writes and prints. What
 * the others have to say of problems it prints, with their number and machine.
 *
 * peers_mpi.c alone knows MPI; a program that has no part of it is always alone. */
#ifndef NN_RUNTIME_PEERS_H
#define NN_RUNTIME_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* What moves the bytes. Its NnPeers has rank, size, gather, exchange and net. */
typedef struct Transport {
    const char *name; /* "Open MPI 4.1.4" */
    NnPeers peers;
    int here;                          /* processes on this machine */
    const char *(*place)(int process); /* "node7, process id 4711" */
    /* A word that travels with the rows of gather, and what all of them were since the last call,
     * put together; false: none has travelled. */
    void (*say)(uint32_t word);
    bool (*heard)(uint32_t *words);
    /* Waits for all of them, and ends the group; `lost`: ends the others instead. */
    void (*leave)(bool lost);
} Transport;

/* For the main file of a program with a transport: how the group is joined. NULL, with a message,
 * if it cannot be. */
void peers_use(const Transport *(*join)(void));

/* Joins the group. False after a message: started by a launcher that this program cannot talk to.
 */
bool peers_join(void);

/* Ends it, with the status of this process: all have the worst. */
int peers_leave(int status);

/* From now on commands work together, and a process that is silent for so long is lost, 0: never.
 * Before that process 0 works, and others wait for its end. */
void peers_work(double patience);

/* Those that calls are made among; NULL: this process works alone. */
const NnPeers *peers_now(void);

int peers_size(void);
int peers_rank(void);

/* Threads for a process of its own: processors of the machine, shared among its processes. */
int peers_threads(void);

/* Seconds that others may be silent; 0: for ever. */
double peers_patience(void);

/* Waits for all processes, and returns whether all are `ok`. A process that is not has reported its
 * problem before; process 0 prints it. */
bool peers_agree(bool ok);

/* The same with a number that has to be equal everywhere: `what` names it, "the training data". The
 * process that differs from most is named. */
bool peers_equal(const char *what, uint64_t number);

/* Wishes of this process for what comes after the next step, and those of all after it: bits put
 * together. They travel with the sums of the step. */
void peers_wish(uint32_t wishes);
bool peers_wishes(uint32_t own, uint32_t *wishes);

/* A message that a process is lost, by the transport. Returns false. */
bool peers_lost(int process, const char *what);

/* Whether one was. */
bool peers_broken(void);

#endif
