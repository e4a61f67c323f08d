/* Signals that end a training in good order. */
#define _GNU_SOURCE
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "../common/newfile.h"

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};
enum { WATCHED = sizeof watched / sizeof *watched };

static volatile sig_atomic_t came;
static struct timespec first; /* used only by the handler, which is not interrupted */

static void end_now(int number) {
    static const char words[] = "ended at once: the training since the last checkpoint is lost\n";
    newfile_abandon();
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0) { /* standard error is closed */
    }
    signal(number, SIG_DFL);
    raise(number); /* waits until the handler returns */
}

static void remember(int number) {
    const int error = errno;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!came) {
        first = now;
        came = 1;
    } else if (number == SIGINT &&
               (double)(now.tv_sec - first.tv_sec) + 1e-9 * (double)(now.tv_nsec - first.tv_nsec) >=
                   0.5) {
        end_now(number);
    }
    errno = error;
}

void interrupt_spare_writes(void) {
    signal(SIGPIPE, SIG_IGN);
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < WATCHED; i++) sigaddset(&action.sa_mask, watched[i]);
    came = 0;
    for (int i = 0; i < WATCHED; i++) {
        sigaction(watched[i], NULL, &before);
        if (watched[i] == SIGHUP && before.sa_handler == SIG_IGN) continue;
        sigaction(watched[i], &action, NULL);
    }
}

bool interrupted(void) {
    return came != 0;
}
