/* A team of threads: how tasks are handed over, and how threads sleep and wake. */
#define _GNU_SOURCE
#include "team.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 2000, COUNT_BITS = 20, COUNT_MASK = (1 << COUNT_BITS) - 1 };

/* The work at hand is one word, so that taking a task is one compare-and-swap that fails if the
 * work has changed since: [round : 24][number of tasks : 20][next task : 20]. A worker that wakes
 * late can thus never take a task of a round with the function of another, and the caller waits for
 * the tasks only, not for workers that came too late to get one. */

/* A number whose changes threads wait for. */
typedef struct Signal {
    _Alignas(64) _Atomic uint32_t value; /* a futex */
    _Atomic int sleepers;
} Signal;

struct Team {
    _Alignas(64) _Atomic uint64_t work;
    _Atomic(void (*)(void *, int)) fn;
    _Atomic(void *) arg;
    Signal done;  /* tasks of this round; the caller waits */
    Signal round; /* the workers wait */
    _Atomic bool stop;
    int n_workers;
    pthread_t workers[TEAM_MAX];
};

static void pause_briefly(void) {
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* Waits until the value changes; returns the new one. */
static uint32_t wait_while(Signal *signal, uint32_t old) {
    for (int i = 0; signal->value == old && i < SPINS; i++) pause_briefly();
    while (signal->value == old) {
        signal->sleepers++;
        syscall(SYS_futex, &signal->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
        signal->sleepers--;
    }
    return signal->value;
}

static void wake(Signal *signal) {
    if (signal->sleepers > 0)
        syscall(SYS_futex, &signal->value, FUTEX_WAKE_PRIVATE, TEAM_MAX, NULL, NULL, 0);
}

/* Takes and runs tasks until none is left. */
static void work_off(Team *team) {
    for (;;) {
        uint64_t work = team->work;
        uint32_t next = (uint32_t)work & COUNT_MASK;
        uint32_t n = (uint32_t)(work >> COUNT_BITS) & COUNT_MASK;
        if (next >= n) return;
        void (*fn)(void *, int) = team->fn;
        void *arg = team->arg;
        if (!atomic_compare_exchange_weak(&team->work, &work, work + 1)) continue;
        fn(arg, (int)next);
        if (++team->done.value == n) wake(&team->done);
    }
}

static void *worker(void *arg) {
    Team *team = arg;
    for (uint32_t seen = 0;;) {
        seen = wait_while(&team->round, seen);
        if (team->stop) return NULL;
        work_off(team);
    }
}

static void announce(Team *team) {
    team->round.value++;
    wake(&team->round);
}

void team_run(void *arg, int n, void (*fn)(void *, int), void *fn_arg) {
    Team *team = arg;
    if (team->n_workers == 0 || n <= 1 || n > COUNT_MASK) {
        for (int i = 0; i < n; i++) fn(fn_arg, i);
        return;
    }
    team->fn = fn;
    team->arg = fn_arg;
    team->done.value = 0;
    uint64_t round = (team->work >> 2 * COUNT_BITS) + 1;
    team->work = round << 2 * COUNT_BITS | (uint64_t)n << COUNT_BITS;
    announce(team);
    work_off(team);
    for (uint32_t done = team->done.value; done != (uint32_t)n;)
        done = wait_while(&team->done, done);
}

void team_end(Team *team) {
    team->stop = true;
    announce(team);
    for (int i = 0; i < team->n_workers; i++) pthread_join(team->workers[i], NULL);
    free(team);
}

Team *team_start(int threads, int *started) {
    *started = 0;
    Team *team = aligned_alloc(_Alignof(Team), sizeof *team);
    if (!team) return NULL;
    memset(team, 0, sizeof *team);
    /* Workers block signals: the calling thread handles them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = 0;
    while (!error && team->n_workers < threads - 1) {
        error = pthread_create(&team->workers[team->n_workers], NULL, worker, team);
        if (!error) team->n_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) return team;
    *started = team->n_workers + 1;
    team_end(team);
    errno = error;
    return NULL;
}

int team_processors(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                        : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > TEAM_MAX ? TEAM_MAX : n;
}
