#define _GNU_SOURCE
#include "interrupt.h"

#include <signal.h>

static volatile sig_atomic_t seen;

static void remember(int number) {
    (void)number;
    seen = 1;
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = remember, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    seen = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_seen(void) {
    return seen != 0;
}
