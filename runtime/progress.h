/* Progress of long work: on a terminal one line that is redrawn in place, as wide as the terminal
 * has room for; elsewhere (no terminal, TERM=dumb) plain lines now and then; nothing with --quiet.
 * Messages and results remove the line (report.h). */
#ifndef NN_RUNTIME_PROGRESS_H
#define NN_RUNTIME_PROGRESS_H

#include <stdbool.h>

typedef struct Progress {
    bool quiet, terminal;
    double begun_with;   /* the part that was done when the work began, or went on */
    double begun, shown; /* clock readings; shown: of the last line */
} Progress;

/* Begins work of which the part `done`, 0 to 1, is already done. */
void progress_begin(Progress *progress, bool quiet, double done);

/* Whether it is time to show a line: often on a terminal, every few seconds elsewhere. Cheap enough
 * to be called after every step. */
bool progress_due(const Progress *progress);

/* Shows "[####....]  40%  1:23 left" and the fields, "epoch 8/40", "loss 0.1234", the most
 * important first: those that do not fit the terminal are left out. The last one is followed by
 * NULL. */
void progress_show(Progress *progress, double done, const char *const *fields);

#endif
