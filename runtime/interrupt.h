/* Signals that end a training in good order. */
#ifndef NN_RUNTIME_INTERRUPT_H
#define NN_RUNTIME_INTERRUPT_H

#include <stdbool.h>

/* What is written where nobody reads any more fails from now on instead of ending the program. */
void interrupt_spare_writes(void);

/* From now on SIGINT, SIGTERM, SIGHUP and SIGXCPU are remembered. A hang-up that is ignored (nohup)
 * stays so. Who asks again by SIGINT, half a second or more after the first signal, does not want
 * to wait: the half-written file is removed and the program ends by that signal. Sooner it is the
 * same wish that came twice. */
void interrupt_watch(void);

/* Whether one of them came. */
bool interrupted(void);

#endif
