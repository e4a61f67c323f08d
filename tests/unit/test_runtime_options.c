/* Command lines of a program. */
#define _GNU_SOURCE
#include "../../runtime/commands.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

static Status parse(Options *options, const char *line) {
    char copy[256], *argv[32] = {"toy"};
    int argc = 1;
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    /* Options point into argv; the tests here read numbers only. */
    return options_parse(options, &nn_model_toy, argc, argv);
}

static void expect_bad(const char *line, const char *words) {
    Options options;
    ck_assert_msg(parse(&options, line) == STATUS_USAGE, "accepted: %s", line);
    expect_problem(words);
}

START_TEST(good_lines) {
    Options o;
    ck_assert_int_eq(parse(&o, "train"), STATUS_OK);
    ck_assert_str_eq(o.command->name, "train");
    ck_assert_int_eq(o.number[OPTION_PAIRS], 1000);
    ck_assert_int_eq(parse(&o, "train --epochs 12 --batch=7 --json --seed 9007199254740991"),
                     STATUS_OK);
    ck_assert_int_eq(o.number[OPTION_EPOCHS], 12);
    ck_assert_int_eq(o.number[OPTION_BATCH], 7);
    ck_assert(option_given(&o, OPTION_JSON) && !option_given(&o, OPTION_QUIET));
    ck_assert_int_eq(parse(&o, "--threads 2 eval --load x --split val"), STATUS_OK);
    ck_assert_int_eq(o.split, SPLIT_VAL);
    ck_assert_int_eq(parse(&o, "eval --help"), STATUS_OK);
    ck_assert_int_eq(parse(&o, "--help"), STATUS_OK);
    ck_assert_ptr_null(o.command);
    ck_assert_int_eq(
        parse(&o, "grad --load x --batch 1 --out y --phase 2 --epoch 1 --isa portable"), STATUS_OK);
}
END_TEST

START_TEST(bad_lines) {
    expect_bad("", "command is missing");
    expect_bad("trian", "did you mean train");
    expect_bad("xyzzy", "unknown command");
    expect_bad("train eval", "eval");
    expect_bad("train --epohcs 3", "did you mean --epochs");
    expect_bad("train --bacth=3", "did you mean --batch");
    expect_bad("train --whatever", "unknown option --whatever");
    expect_bad("train -x", "-x");
    expect_bad("train --out x", "takes no --out");
    expect_bad("train --load-partial", "--load-partial goes with --load");
    expect_bad("train --checkpoint-every 9", "--checkpoint-every goes with --save");
    expect_bad("train --json=1", "takes no value");
    expect_bad("train --epochs", "is missing");
    expect_bad("train --epochs 3 --epochs 4", "twice");
    expect_bad("train --epochs=", "whole number");
    static const char *const numbers[] = {"x", "3x", "1.5", "1e2", "0x10", "+3", "--3", "-"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char line[64];
        snprintf(line, sizeof line, "train --epochs=%s", numbers[i]);
        expect_bad(line, "whole number");
    }
    expect_bad("train --epochs -1", "out of range");
    expect_bad("train --epochs 99999999999999999999", "out of range");
    expect_bad("train --batch 0", "1 to 65536");
    expect_bad("train --batch 65537", "1 to 65536");
    expect_bad("train --threads 0", "out of range");
    expect_bad("train --seed 9007199254740992", "out of range");
    expect_bad("train --epochs 1", "2 phases");
    expect_bad("bench --phase 3", "--phase");
    expect_bad("grad --load x --batch 1 --out y --epoch 3", "epochs 0 to 2");
    expect_bad("train --isa avx901", "did you mean avx9000");
    expect_bad("train --isa q", "unknown --isa q");
    expect_bad("train --save=", "empty");
    expect_bad("eval", "needs --load");
    expect_bad("eval --load x --split some", "train, val or test");
}
END_TEST

SUITE("options", TESTS(good_lines, bad_lines))
