/* Command lines by a table, and the words that suggestions offer. */
#define _GNU_SOURCE
#include "../runtime/support.h"

#include "../../common/cli.h"
#include "../../common/nearest.h"

static const char *const words[] = {
    "epoch", "min", "max",    "cos",     "sgd",     "relu",       "tanh",          "ones", "zeros",
    "out",   "lr",  "kernel", "padding", "dropout", "max_pool2d", "cross_entropy", "seed", NULL};

START_TEST(near_words) {
    static const char *const cases[][2] = {{"kernel", "kernel"},
                                           {"kernal", "kernel"},
                                           {"krenel", "kernel"},
                                           {"Kernel", "kernel"},
                                           {"ernel", "kernel"},
                                           {"kern", "kernel"},
                                           {"pading", "padding"},
                                           {"ou", "out"},
                                           {"otu", "out"},
                                           {"outt", "out"},
                                           {"LR", "lr"},
                                           {"rleu", "relu"},
                                           {"realu", "relu"},
                                           {"erlu", "relu"},
                                           {"tnah", "tanh"},
                                           {"drop", "dropout"},
                                           {"drpoout", "dropout"},
                                           {"maxpool2d", "max_pool2d"},
                                           {"MaxPool2d", "max_pool2d"},
                                           {"cross_entrpy", "cross_entropy"},
                                           {"cross", "cross_entropy"},
                                           {"seef", "seed"},
                                           {"zero", "zeros"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = nearest_name(cases[i][0], words);
        ck_assert_msg(near && strcmp(near, cases[i][1]) == 0, "%s: %s", cases[i][0],
                      near ? near : "none");
    }
}
END_TEST

START_TEST(unrelated_words_are_not_offered) {
    static const char *const far[] = {"",     "sin", "std",   "mean", "gelu",     "elu",  "abs",
                                      "log",  "mul", "pow",   "sum",  "softmax",  "lstm", "need",
                                      "bias", "exp", "stack", "sort", "dilation", "x",    "lt",
                                      "in",   "mae", "round", "pad2", "one_hot"};
    static const char *const none[] = {NULL};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        const char *near = nearest_name(far[i], words);
        ck_assert_msg(!near, "%s: %s", far[i], near);
    }
    ck_assert_ptr_null(nearest_name("kernel", none));
    /* A third of a name may be wrong, but a name may not be longer than people type. */
    char large[300];
    for (size_t n = 10; n < sizeof large; n++) {
        memset(large, 'a', n);
        memcpy(large, "kernel", 6);
        large[n] = '\0';
        ck_assert_ptr_null(nearest_name(large, words));
    }
}
END_TEST

static const CliCommand commands[] = {{.name = "", .operand = "FILE", .help = "make"},
                                      {.name = "build", .operand = "FILE", .help = "build"},
                                      {.name = "info", .help = "tell"}};
enum { OUT, DEFINE, SIZE, MODE, FAST, HELP, OPTIONS };
static const CliOption options[OPTIONS] = {
    [OUT] = {.name = "o", .operand = "FILE", .taken = 3, .help = "output"},
    [DEFINE] = {.name = "D", .operand = "N=V", .taken = 7, .repeats = true, .help = "value"},
    [SIZE] = {.name = "size",
              .operand = "N",
              .low = -2,
              .high = 9,
              .taken = 3,
              .needed = 4,
              .help = "size"},
    [MODE] = {.name = "mode", .operand = "on|off", .taken = 3, .help = "mode"},
    [FAST] = {.name = "fast", .taken = 1, .help = "faster"},
    [HELP] = {.name = "help", .choices = "man|bash", .taken = 7, .help = "help"},
};
static const CliVariable environment[] = {{"NAME", "what it is"}, {NULL, NULL}};
static const Cli cli = {.program = "prog",
                        .summary = "does things",
                        .version = "1",
                        .environment = environment,
                        .commands = commands,
                        .options = options,
                        .n_commands = 3,
                        .n_options = OPTIONS};

/* Without the first command: one must be named. */
static const CliOption no_options[] = {{.name = "fast", .taken = 3, .help = "faster"}};
static const Cli named = {.program = "prog",
                          .commands = commands + 1,
                          .options = no_options,
                          .n_commands = 2,
                          .n_options = 1};

static CliArguments line;
static CliArgument list[40];

static bool parse(const char *text) {
    static char copy[256];
    char *argv[40] = {"prog"};
    int argc = 1;
    strcpy(copy, text);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    line.list = list;
    return cli_parse(&cli, argc, argv, &line);
}

static void good(const char *text, int command, const char *operand, int n) {
    ck_assert_msg(parse(text), "%s: %s", text, line.problem);
    ck_assert_int_eq(line.command, command);
    ck_assert_int_eq(line.n, n);
    ck_assert_msg(operand ? line.operand && strcmp(operand, line.operand) == 0 : !line.operand,
                  "%s: %s", text, line.operand);
}

static void bad(const char *text, const char *words_of_it) {
    ck_assert_msg(!parse(text), "accepted: %s", text);
    ck_assert_msg(strstr(line.problem, words_of_it), "%s: \"%s\" without \"%s\"", text,
                  line.problem, words_of_it);
}

START_TEST(lines_are_read) {
    good("x", 0, "x", 0);
    good("build x", 1, "x", 0);
    good("-- build", 0, "build", 0);
    good("x -- ", 0, "x", 0);
    good("-- --size", 0, "--size", 0);
    good("-", 0, "-", 0);
    good("-o y x --fast", 0, "x", 2);
    ck_assert_str_eq(list[0].text, "y");
    ck_assert(line.given == (1U << OUT | 1U << FAST));
    good("-oy x", 0, "x", 1);
    ck_assert_str_eq(list[0].text, "y");
    good("-D a=1 -Db=2 x", 0, "x", 2);
    ck_assert_str_eq(list[1].text, "b=2");
    good("info --size 3", 2, NULL, 1);
    ck_assert_int_eq(list[0].number, 3);
    good("info --size=-2", 2, NULL, 1);
    ck_assert_int_eq(list[0].number, -2);
    good("x --mode off", 0, "x", 1);
    ck_assert_int_eq(list[0].number, 1);
    good("--help", 0, NULL, 1);
    good("-h", 0, NULL, 1);
    good("info --help", 2, NULL, 1);
    good("--help=bash", 0, NULL, 1);
    ck_assert_str_eq(list[0].text, "bash");
}
END_TEST

START_TEST(a_command_may_follow_the_options_end) {
    char *words_of_it[] = {"prog", "--", "info"}, *more[] = {"prog", "--", "build", "--fast"};
    line.list = list;
    ck_assert_msg(cli_parse(&named, 3, words_of_it, &line), "%s", line.problem);
    ck_assert_int_eq(line.command, 1);
    ck_assert_msg(cli_parse(&named, 4, more, &line), "%s", line.problem);
    ck_assert_str_eq(line.operand, "--fast");
    words_of_it[2] = "inof";
    ck_assert(!cli_parse(&named, 3, words_of_it, &line));
    ck_assert_str_eq(line.problem, "unknown command inof; did you mean info?");
}
END_TEST

START_TEST(a_command_may_take_several_words) {
    static const CliCommand many[] = {{.name = "", .operand = "FILE...", .repeats = true}};
    const Cli several = {.program = "prog",
                         .commands = many,
                         .options = no_options,
                         .n_commands = 1,
                         .n_options = 1};
    const char *words_read[8];
    char *words_of_it[] = {"prog", "a", "--fast", "b", "--", "--c"};
    line.list = list;
    line.operands = words_read;
    ck_assert_msg(cli_parse(&several, 6, words_of_it, &line), "%s", line.problem);
    ck_assert_int_eq(line.n_operands, 3);
    ck_assert_str_eq(line.operand, "a");
    ck_assert_str_eq(words_read[1], "b");
    ck_assert_str_eq(words_read[2], "--c");
    ck_assert(!cli_parse(&several, 1, words_of_it, &line));
    ck_assert_str_eq(line.problem, "prog needs FILE...");
    line.operands = NULL;
}
END_TEST

START_TEST(wrong_lines_are_told) {
    bad("", "prog needs FILE");
    bad("build", "build needs FILE");
    bad("info", "info needs --size N");
    bad("info x", "one command at a time");
    bad("x y", "one FILE at a time, not \"x\" and \"y\"");
    bad("biuld x", "unknown command biuld; did you mean build?");
    bad("-- build x", "one FILE at a time, not \"build\" and \"x\"");
    bad("x --sized 3", "unknown option --sized; did you mean --size?");
    bad("x --Size=3", "unknown option --Size; did you mean --size?");
    bad("x -size 3", "unknown option -size; did you mean --size?");
    bad("x --d", "unknown option --d; did you mean -D?");
    bad("x -x", "unknown option -x");
    bad("x --size 10", "--size: 10 is out of range, -2 to 9 wanted");
    bad("x --size", "--size: N is missing");
    bad("x --size=", "whole number");
    bad("x -o", "-o: FILE is missing");
    bad("x --mode maybe", "--mode: on or off wanted, not \"maybe\"");
    bad("x --fast=1", "--fast: takes no value");
    bad("x --size 1 --size 1", "--size: given twice");
    bad("info --size 3 --fast", "info takes no --fast");
    bad("info --mode", "info takes no --mode");
    bad("info --mode maybe", "info takes no --mode");
    bad("info -o", "info takes no -o");
    bad("x --help=nroff", "--help: man or bash wanted");
}
END_TEST

SUITE("cli", TESTS(near_words, unrelated_words_are_not_offered, lines_are_read,
                   a_command_may_follow_the_options_end, a_command_may_take_several_words,
                   wrong_lines_are_told))
