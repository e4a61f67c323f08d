/* The main function of a test program that uses Check, written as
 *
 *     SUITE("loops", FIXTURE(begin, end), LOOP(accepts, 12), TESTS(refuses_long_bodies, prints_c))
 *
 * All tests run in one process, so that sanitizers report leaks and races; CK_FORK=yes gives each a
 * process of its own, to find the one that crashes. */
#ifndef NNGEN_TESTS_SUITE_H
#define NNGEN_TESTS_SUITE_H

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The arguments after the name are the macros below, in any order. */
#define SUITE(name, ...)                                                                           \
    int main(void) {                                                                               \
        TCase *const group = tcase_create(name);                                                   \
        __VA_ARGS__;                                                                               \
        return suite_run(name, group);                                                             \
    }

/* Functions that run before and after each test. */
#define FIXTURE(begin, end) tcase_add_checked_fixture(group, begin, end)

/* Tests that run once. */
#define TESTS(...)                                                                                 \
    suite_add(group, (const TTest *const[]){__VA_ARGS__},                                          \
              sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

/* A test that runs for each value of _i below n. */
#define LOOP(test, n) tcase_add_loop_test(group, test, 0, (int)(n))

static inline void suite_add(TCase *group, const TTest *const *tests, size_t n) {
    for (size_t i = 0; i < n; i++) tcase_add_test(group, tests[i]);
}

/* Runs the tests; the result is main's. */
static inline int suite_run(const char *name, TCase *group) {
    tcase_set_timeout(group, 240);
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    if (!getenv("CK_FORK")) srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Runs `act` in a process of its own. Whether it ended in bug(); its messages are put into `text`.
 */
static inline bool ends_in_bug(void (*act)(void *), void *context, char *text, size_t size) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        act(context);
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], text + n, size - 1 - n)) > 0;) n += (size_t)got;
    text[n] = '\0';
    /* More than fits is read, too: writing to nobody would end it in another way. */
    char rest[512];
    while (read(ends[0], rest, sizeof rest) > 0) continue;
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* `act` ends in bug() with these words. */
static inline void expect_bug(void (*act)(void *), void *context, const char *words) {
    char text[4096];
    ck_assert_msg(ends_in_bug(act, context, text, sizeof text), "no bug: wanted `%s`", words);
    ck_assert_msg(strstr(text, words) != NULL, "wanted `%s`, got `%s`", words, text);
}

#endif
