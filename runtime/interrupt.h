/* Ctrl-C and SIGTERM as a wish to stop at the next good moment. */
#ifndef NN_RUNTIME_INTERRUPT_H
#define NN_RUNTIME_INTERRUPT_H

#include <stdbool.h>

/* From now on the first signal is remembered; a second one ends the program at once. */
void interrupt_watch(void);

/* Whether a signal came. */
bool interrupt_seen(void);

#endif
