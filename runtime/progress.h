/* Progress of long work on standard error: one line with the time left on a terminal, now and then
 * a plain line elsewhere. */
#ifndef NN_RUNTIME_PROGRESS_H
#define NN_RUNTIME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Progress {
    bool quiet, terminal;
    int64_t total, begun_at; /* units of work */
    double started, shown;   /* seconds; shown: of the last line */
} Progress;

/* Begins work of `total` units of which `done` are done already. */
void progress_start(Progress *progress, bool quiet, int64_t total, int64_t done);

/* Whether a line is due; making its words may then be worth the time. */
bool progress_due(const Progress *progress, int64_t done);

/* Shows `words` and how far the work is. */
void progress_show(Progress *progress, int64_t done, const char *words);

/* Takes the line off the terminal. */
void progress_clear(const Progress *progress);

/* Seconds of a clock that only goes forward. */
double seconds_now(void);

#endif
