/* The team of threads: each task runs once, sleepers wake. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <time.h>

#include "../../runtime/engine.h"
#include "../runtime/support.h"

enum { MOST = 300000 };
static _Atomic int runs[MOST];

static void count(void *arg, int i) {
    ck_assert_ptr_eq(arg, runs);
    atomic_fetch_add(&runs[i], 1);
}

static void expect_each_once(Team *team, int n) {
    for (int i = 0; i <= n && i < MOST; i++) atomic_store(&runs[i], 0);
    team_run(team, n, count, runs);
    for (int i = 0; i < n; i++) ck_assert_int_eq(atomic_load(&runs[i]), 1);
    if (n < MOST) ck_assert_int_eq(atomic_load(&runs[n]), 0);
}

START_TEST(every_task_runs_once) {
    static const int sizes[] = {1, 2, 3, 8};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        Team *team = engine_team(sizes[s]);
        ck_assert_ptr_nonnull(team);
        for (int n = 0; n < 20; n++) expect_each_once(team, n);
        expect_each_once(team, 1000);
        expect_each_once(team, MOST); /* more than fit into one word of work */
        memory_release(0);
    }
}
END_TEST

static void add(void *arg, int i) {
    ((long *)arg)[i * 16]++;
}

/* Many short rounds without a pause: late workers must neither lose nor repeat tasks. */
START_TEST(short_rounds) {
    Team *team = engine_team(4);
    long sums[4 * 16] = {0};
    enum { ROUNDS = 50000 };
    for (int r = 0; r < ROUNDS; r++) team_run(team, 1 + r % 4, add, sums);
    ck_assert_int_eq(sums[0], ROUNDS);
    ck_assert_int_eq(sums[16], ROUNDS * 3 / 4);
    ck_assert_int_eq(sums[32], ROUNDS / 2);
    ck_assert_int_eq(sums[48], ROUNDS / 4);
    memory_release(0);
}
END_TEST

/* Workers that have gone to sleep are woken. */
START_TEST(sleepers_wake) {
    Team *team = engine_team(3);
    for (int r = 0; r < 20; r++) {
        struct timespec pause = {0, 3000000};
        nanosleep(&pause, NULL);
        expect_each_once(team, 3);
    }
    memory_release(0);
}
END_TEST

static void wait_for_other(void *arg, int i) {
    _Atomic int *arrived = arg;
    (void)i;
    atomic_fetch_add(arrived, 1);
    while (atomic_load(arrived) < 2) {
    }
}

/* Two tasks that wait for each other end only if they run at the same time. */
START_TEST(tasks_run_side_by_side) {
    Team *team = engine_team(2);
    _Atomic int arrived = 0;
    team_run(team, 2, wait_for_other, &arrived);
    ck_assert_int_eq(atomic_load(&arrived), 2);
    memory_release(0);
}
END_TEST

START_TEST(teams_come_and_go) {
    for (int i = 0; i < 50; i++) {
        Team *team = engine_team(1 + i % 5);
        if (i % 2) expect_each_once(team, 5);
        memory_release(0);
    }
    ck_assert_int_ge(team_processors(), 1);
}
END_TEST

SUITE("team", TESTS(every_task_runs_once, short_rounds, sleepers_wake, tasks_run_side_by_side,
                    teams_come_and_go))
