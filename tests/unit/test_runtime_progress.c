/* Lines of progress, and tables. */
#define _GNU_SOURCE
#include "../../runtime/progress.h"
#include "../../runtime/table.h"
#include "../../runtime/train.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

/* The text on standard error, which is a file from begin_errors on. */
static int kept_errors;

static void begin_errors(void) {
    kept_errors = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(freopen("errors", "w", stderr));
    setvbuf(stderr, NULL, _IONBF, 0);
}

/* The caller's to free. */
static char *end_errors(void) {
    ck_assert_int_ge(dup2(kept_errors, STDERR_FILENO), 0);
    close(kept_errors);
    size_t size;
    char *text = (char *)read_bytes("errors", &size);
    text[size] = 0;
    return text;
}

START_TEST(plain_lines) {
    enter_scratch();
    begin_errors();
    Progress p;
    const char *const fields[] = {"epoch 3/8", "loss 0.5000", NULL};
    progress_begin(&p, false, 0.25);
    bool first = progress_due(&p);
    progress_show(&p, 0.25, fields); /* no time left is known yet */
    p.begun -= 30;
    progress_show(&p, 0.5, fields);
    p.begun -= 7000;
    progress_show(&p, 0.5, fields);
    progress_show(&p, 0.9999, fields + 2);
    progress_show(&p, 1, fields + 1);
    bool again = progress_due(&p);
    p.shown -= 10;
    bool later = progress_due(&p);
    char *text = end_errors();
    ck_assert_str_eq(text, " 25%  epoch 3/8  loss 0.5000\n"
                           " 50%  1:00 left  epoch 3/8  loss 0.5000\n"
                           " 50%  3:54:20 left  epoch 3/8  loss 0.5000\n"
                           " 99%  0:01 left\n"
                           "100%  loss 0.5000\n");
    free(text);
    ck_assert(!first && !again && later);
    progress_begin(&p, true, 0);
    p.shown -= 100;
    ck_assert(!progress_due(&p));
    leave_scratch();
}
END_TEST

/* Long epochs show progress without a terminal, too. */
START_TEST(lines_within_an_epoch) {
    enter_scratch();
    begin_errors();
    int64_t epochs[] = {3, 4};
    Training t = {.model = &nn_model_toy, .at = {.epoch = 1, .batch = 1, .lengths = epochs}};
    options_default(&t.options);
    t.engine.data.split[SPLIT_TRAIN].samples = 100;
    bool opened = report_open(&t);
    report_step(&t, 0.5);
    t.progress.shown -= 10;
    report_step(&t, 0.25);
    bool closed = report_close(&t);
    char *text = end_errors();
    ck_assert(opened && closed);
    ck_assert_ptr_nonnull(strstr(text, "%  phase 1/2  epoch 2/3  loss 0.2500\n"));
    ck_assert_ptr_null(strstr(text, "0.5"));
    free(text);
    leave_scratch();
}
END_TEST

START_TEST(tables) {
    enter_scratch();
    const char *const cells[] = {NULL, "train", "val", "a name", "1", "22.5", "b", NULL, "3"};
    FILE *file = fopen("table", "w");
    table_print(file, 3, 3, 1, cells);
    fclose(file);
    size_t size;
    char *text = (char *)read_bytes("table", &size);
    text[size] = 0;
    ck_assert_str_eq(text, "        train   val\n"
                           "a name      1  22.5\n"
                           "b                 3\n");
    free(text);
    ck_assert_str_eq(number_text(0), "0.0000");
    ck_assert_str_eq(number_text(0.00071), "0.0007");
    ck_assert_str_eq(number_text(-12345.67891), "-12345.6789");
    ck_assert_str_eq(number_text(1e-300), "1.000e-300");
    ck_assert_str_eq(number_text(123456), "1.235e+05");
    ck_assert_str_eq(count_text(0), "0");
    ck_assert_str_eq(count_text(999), "999");
    ck_assert_str_eq(count_text(1000), "1,000");
    ck_assert_str_eq(count_text(12345067890), "12,345,067,890");
    leave_scratch();
}
END_TEST

SUITE("progress", TESTS(plain_lines, lines_within_an_epoch, tables))
