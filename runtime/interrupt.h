/* Signals that end a training in good order. */
#ifndef NN_RUNTIME_INTERRUPT_H
#define NN_RUNTIME_INTERRUPT_H

#include <stdbool.h>

/* From now on writing to a closed pipe fails instead of ending the program. */
void interrupt_spare_writes(void);

/* From now on SIGINT, SIGTERM, SIGHUP and SIGXCPU are remembered. A hang-up that is ignored (nohup)
 * stays so. A SIGINT half a second or more after the first signal ends the program at once, after
 * the half-written file is removed. A sooner one counts as the same request. */
void interrupt_watch(void);

/* Whether one of them came. */
bool interrupted(void);

#endif
