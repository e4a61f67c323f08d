#define _GNU_SOURCE
#include "team.h"

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

#include "report.h"

enum { SPINS = 2000, COUNT_BITS = 20, COUNT_MASK = (1 << COUNT_BITS) - 1 };

/* The work at hand is one word, so that taking a task is one compare-and-swap that fails if the
 * work has changed since: [round : 24][number of tasks : 20][next task : 20]. A worker that wakes
 * late can thus never take a task of a round with the function of another, and the caller waits for
 * the tasks only, not for workers that came too late to get one. */
struct Team {
    _Alignas(64) _Atomic uint64_t work;
    _Atomic(void (*)(void *, int)) fn;
    _Atomic(void *) arg;
    _Alignas(64) _Atomic uint32_t done; /* tasks of this round; futex of the caller */
    _Atomic bool caller_sleeps;
    _Alignas(64) _Atomic uint32_t round; /* futex of the workers */
    _Atomic int sleepers;
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

static void sleep_while(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int threads) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

/* Takes and runs tasks until none is left. */
static void work_off(Team *team) {
    uint64_t work = atomic_load_explicit(&team->work, memory_order_acquire);
    for (;;) {
        uint32_t next = (uint32_t)work & COUNT_MASK;
        uint32_t n = (uint32_t)(work >> COUNT_BITS) & COUNT_MASK;
        if (next >= n) return;
        void (*fn)(void *, int) = atomic_load_explicit(&team->fn, memory_order_relaxed);
        void *arg = atomic_load_explicit(&team->arg, memory_order_relaxed);
        if (!atomic_compare_exchange_weak_explicit(&team->work, &work, work + 1,
                                                   memory_order_acq_rel, memory_order_acquire))
            continue;
        fn(arg, (int)next);
        if (atomic_fetch_add(&team->done, 1) + 1 == n && atomic_load(&team->caller_sleeps))
            wake(&team->done, 1);
        work = atomic_load_explicit(&team->work, memory_order_acquire);
    }
}

static void *worker(void *arg) {
    Team *team = arg;
    uint32_t seen = 0;
    for (;;) {
        uint32_t round = atomic_load_explicit(&team->round, memory_order_acquire);
        for (int i = 0; round == seen && i < SPINS; i++) {
            pause_briefly();
            round = atomic_load_explicit(&team->round, memory_order_acquire);
        }
        while (round == seen) {
            atomic_fetch_add(&team->sleepers, 1);
            sleep_while(&team->round, seen);
            atomic_fetch_sub(&team->sleepers, 1);
            round = atomic_load_explicit(&team->round, memory_order_acquire);
        }
        seen = round;
        if (atomic_load(&team->stop)) return NULL;
        work_off(team);
    }
}

static void announce(Team *team) {
    atomic_fetch_add(&team->round, 1);
    if (atomic_load(&team->sleepers) > 0) wake(&team->round, TEAM_MAX);
}

void team_run(void *arg, int n, void (*fn)(void *, int), void *fn_arg) {
    Team *team = arg;
    if (team->n_workers == 0 || n <= 1 || n > COUNT_MASK) {
        for (int i = 0; i < n; i++) fn(fn_arg, i);
        return;
    }
    atomic_store_explicit(&team->fn, fn, memory_order_relaxed);
    atomic_store_explicit(&team->arg, fn_arg, memory_order_relaxed);
    atomic_store(&team->done, 0);
    uint64_t round =
        (atomic_load_explicit(&team->work, memory_order_relaxed) >> 2 * COUNT_BITS) + 1;
    atomic_store_explicit(&team->work, round << 2 * COUNT_BITS | (uint64_t)n << COUNT_BITS,
                          memory_order_release);
    announce(team);
    work_off(team);
    uint32_t done = atomic_load(&team->done);
    for (int i = 0; done != (uint32_t)n && i < SPINS; i++) {
        pause_briefly();
        done = atomic_load(&team->done);
    }
    if (done == (uint32_t)n) return;
    atomic_store(&team->caller_sleeps, true);
    while ((done = atomic_load(&team->done)) != (uint32_t)n) sleep_while(&team->done, done);
    atomic_store(&team->caller_sleeps, false);
}

static void end_workers(void *arg) {
    Team *team = arg;
    atomic_store(&team->stop, true);
    announce(team);
    for (int i = 0; i < team->n_workers; i++) pthread_join(team->workers[i], NULL);
}

Team *team_new(int threads) {
    Team *team = keep(allocate(1, sizeof *team), end_workers);
    /* Signals are for the calling thread. */
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
    problem("cannot start thread %d of %d: %s", team->n_workers + 2, threads, strerror(error));
    return NULL;
}

int team_processors(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                        : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > TEAM_MAX ? TEAM_MAX : n;
}
