#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "names.h"
#include "team.h"

enum { INFO = 1, TRAIN = 2, EVAL = 4, PREDICT = 8, INIT = 16, GRAD = 32, CHECK = 64, BENCH = 128 };
enum { ALL = 255, DATA_USERS = TRAIN | EVAL | PREDICT | GRAD | BENCH };

/* The command of row i has bit 1 << i. */
static const Command commands[] = {
    {"info", "what the model is: parameters, FLOPs, memory", info_command, false},
    {"train", "train, evaluate after each epoch, test after each round", train_command, true},
    {"eval", "metrics of trained parameters", eval_command, false},
    {"predict", "predictions for each sample, as CSV", predict_command, false},
    {"init", "write initial parameters", init_command, false},
    {"grad", "write loss and gradients of the first training samples", grad_command, true},
    {"check", "compare the compiled code with the double-precision interpreter", check_command,
     true},
    {"bench", "time per step and per kernel", bench_command, true},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

typedef struct Row {
    const char *name;    /* first: nearest_of looks here */
    const char *operand; /* NULL: a flag */
    int64_t low, high;   /* high 0: a text */
    int64_t preset;
    unsigned taken, needed; /* by these commands */
    const char *help;
} Row;

#define EXACT ((INT64_C(1) << 53) - 1) /* in readers of JSON that know doubles only */
#define OPTION(id, ...) {__VA_ARGS__},
static const Row rows[OPTION_COUNT] = {
#include "options.def"
};
#undef OPTION

void options_default(Options *options) {
    *options = (Options){.split = SPLIT_TEST};
    for (int i = 0; i < OPTION_COUNT; i++) options->number[i] = rows[i].preset;
}

const char *option_name(OptionId id) {
    return rows[id].name;
}

bool option_takes(OptionId id, int64_t number) {
    const Row *row = &rows[id];
    return number == row->preset || (number >= row->low && number <= row->high);
}

/* Whether so many edits (insert, delete, replace, swap neighbours) make b of a. */
static bool within(const char *a, const char *b, int edits) {
    while (*a && *a == *b) a++, b++;
    if (!*a && !*b) return true;
    if (edits == 0) return false;
    return (*a && within(a + 1, b, edits - 1)) || (*b && within(a, b + 1, edits - 1)) ||
           (*a && *b && within(a + 1, b + 1, edits - 1)) ||
           (*a && *b && a[0] == b[1] && a[1] == b[0] && within(a + 2, b + 2, edits - 1));
}

const char *nearest_of(const char *name, const void *first, size_t n, size_t stride) {
    int most = 1 + (int)strlen(name) / 3;
    for (int edits = 0; edits <= 3 && edits <= most; edits++) {
        for (size_t i = 0; i < n; i++) {
            const char *candidate;
            memcpy(&candidate, (const char *)first + i * stride, sizeof candidate);
            if (within(name, candidate, edits)) return candidate;
        }
    }
    return NULL;
}

static Status unknown(const char *what, const char *dashes, const char *name, const void *first,
                      size_t n, size_t stride) {
    const char *near = nearest_of(name, first, n, stride);
    return near ? usage_problem("unknown %s %s%s; did you mean %s%s?", what, dashes, name, dashes,
                                near)
                : usage_problem("unknown %s %s%s", what, dashes, name);
}

static Status parse_number(const char *text, const Row *row, int64_t *out) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    const char *digits = text + (*text == '-');
    if (*digits < '0' || *digits > '9' || *end)
        return usage_problem("--%s: whole number wanted, not \"%s\"", row->name, text);
    *out = value;
    if (errno != ERANGE && value >= row->low && value <= row->high) return STATUS_OK;
    return usage_problem("--%s: %s is out of range, %" PRId64 " to %" PRId64 " wanted", row->name,
                         text, row->low, row->high);
}

/* Takes the option at argv[*at] and moves *at to its last word. */
static Status take_option(Options *options, int argc, char **argv, int *at) {
    const char *word = strcmp(argv[*at], "-h") == 0 ? "--help" : argv[*at];
    const char *equals = strchr(word, '=');
    if (word[1] != '-') return usage_problem("unknown option %s", word);
    const char *name = format_text("%.*s", (int)strcspn(word + 2, "="), word + 2);
    int id = 0;
    while (id < OPTION_COUNT && strcmp(rows[id].name, name) != 0) id++;
    if (id == OPTION_COUNT) return unknown("option", "--", name, rows, OPTION_COUNT, sizeof *rows);
    const Row *row = &rows[id];
    if (option_given(options, (OptionId)id) && row->operand)
        return usage_problem("--%s: given twice", row->name);
    options->given |= UINT32_C(1) << id;
    if (!row->operand) return equals ? usage_problem("--%s: takes no value", row->name) : STATUS_OK;
    const char *operand = equals ? equals + 1 : ++*at < argc ? argv[*at] : NULL;
    if (!operand) return usage_problem("--%s: %s is missing", row->name, row->operand);
    if (row->high > 0) return parse_number(operand, row, &options->number[id]);
    if (!*operand) return usage_problem("--%s: empty %s", row->name, row->operand);
    options->text[id] = operand;
    return STATUS_OK;
}

static Status take_command(Options *options, const char *word) {
    if (options->command)
        return usage_problem("\"%s\": one command at a time, and options begin with --", word);
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, word) == 0) options->command = &commands[i];
    return options->command ? STATUS_OK
                            : unknown("command", "", word, commands, COMMANDS, sizeof *commands);
}

/* Whether the command has the options that it needs and no others. */
static Status check_command_options(const Options *options) {
    unsigned command = 1U << (options->command - commands);
    bool help = option_given(options, OPTION_HELP);
    for (int i = 0; i < OPTION_COUNT; i++) {
        bool given = option_given(options, (OptionId)i);
        if (given && !((rows[i].taken | rows[i].needed) & command))
            return usage_problem("%s takes no --%s", options->command->name, rows[i].name);
        if (!given && rows[i].needed & command && !help)
            return usage_problem("%s needs --%s %s", options->command->name, rows[i].name,
                                 rows[i].operand);
    }
    return STATUS_OK;
}

/* Limits that the data and the model set. */
static Status check_values(Options *options, const NnModel *model) {
    const char *split = options->text[OPTION_SPLIT];
    int s = 0;
    while (split && s < SPLIT_COUNT && strcmp(split, split_names[s]) != 0) s++;
    if (s == SPLIT_COUNT)
        return usage_problem("--split: train, val or test wanted, not \"%s\"", split);
    if (split) options->split = (SplitId)s;
    const char *isa = options->text[OPTION_ISA];
    int code = 0;
    while (isa && code < model->n_codes && strcmp(model->codes[code].isa, isa) != 0) code++;
    if (isa && code == model->n_codes)
        return unknown("--isa", "", isa, model->codes, (size_t)model->n_codes,
                       sizeof *model->codes);
    int64_t phase = options->number[OPTION_PHASE];
    if (option_given(options, OPTION_PHASE) && phase > model->n_phases)
        return usage_problem("--phase: the model has %d", model->n_phases);
    if (option_given(options, OPTION_EPOCH) && phase <= model->n_phases &&
        options->number[OPTION_EPOCH] >= model->phases[phase - 1].epochs)
        return usage_problem("--epoch: phase %" PRId64 " has epochs 0 to %d", phase,
                             model->phases[phase - 1].epochs - 1);
    if (option_given(options, OPTION_EPOCHS) && options->number[OPTION_EPOCHS] < model->n_phases)
        return usage_problem("--epochs: each of the %d phases needs at least one", model->n_phases);
    return STATUS_OK;
}

Status options_parse(Options *options, const NnModel *model, int argc, char **argv) {
    options_default(options);
    for (int at = 1; at < argc; at++) {
        Status status = argv[at][0] == '-' && argv[at][1] ? take_option(options, argc, argv, &at)
                                                          : take_command(options, argv[at]);
        if (status != STATUS_OK) return status;
    }
    if (!options->command)
        return option_given(options, OPTION_HELP) || option_given(options, OPTION_VERSION)
                   ? STATUS_OK
                   : usage_problem("a command is missing");
    Status status = check_command_options(options);
    if (status == STATUS_OK) status = check_values(options, model);
    if (status != STATUS_OK) return status;
    return names_differ(options) ? STATUS_OK : STATUS_USAGE;
}

static void help_option(const Row *row) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", row->name, row->operand ? " " : "",
             row->operand ? row->operand : "");
    printf("  %-24s ", left);
    for (const char *c = row->help; *c; c++) {
        putchar(*c);
        if (*c == '\n') printf("%-27s", "");
    }
    putchar('\n');
}

/* Help for the program (command NULL) or for a command, on standard output. */
static void show_help(const NnModel *model, const Command *command) {
    if (!command) {
        printf("usage: %s COMMAND [options]\n\n", model->name);
        for (int i = 0; i < COMMANDS; i++)
            printf("  %-8s %s\n", commands[i].name, commands[i].help);
        printf("\n%s COMMAND --help tells the options. Exit status: 0 done, 1 bad input or failed\n"
               "check, 2 wrong usage.\n",
               model->name);
        return;
    }
    unsigned bit = 1U << (command - commands);
    printf("usage: %s %s", model->name, command->name);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rows[i].needed & bit) printf(" --%s %s", rows[i].name, rows[i].operand);
    printf(" [options]\n\n%s\n\n", command->help);
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((rows[i].needed | rows[i].taken) & bit) help_option(&rows[i]);
}

DataRequest options_data(const Options *options) {
    return (DataRequest){
        .source = options->text[OPTION_DATA],
        .seed = (uint64_t)options->number[OPTION_DATA_SEED],
        .pairs = (int)options->number[OPTION_PAIRS],
        .val_pairs = (int)options->number[OPTION_VAL_PAIRS],
        .test_pairs = (int)options->number[OPTION_TEST_PAIRS],
        .quiet = option_given(options, OPTION_QUIET),
    };
}

static Status run(const NnModel *model, int argc, char **argv) {
    Options options;
    if (model->abi != NN_ABI) {
        problem("generated for version %d of model.h, this program has version %d", model->abi,
                NN_ABI);
        return STATUS_FAILED;
    }
    Status status = options_parse(&options, model, argc, argv);
    if (status != STATUS_OK) return status;
    const Command *command = options.command;
    bool ok = true;
    if (option_given(&options, OPTION_HELP))
        show_help(model, command);
    else if (!command)
        printf("%s, made by nngen %s\n", model->name, model->version);
    else if (command->needs_phase && model->n_phases == 0)
        ok = problem("model \"%s\" has no training phase", model->name);
    else
        ok = command->run(model, &options);
    if (fflush(stdout) != 0 || ferror(stdout))
        ok = problem("cannot write to standard output: %s", strerror(errno));
    return ok ? STATUS_OK : STATUS_FAILED;
}

/* Else a file that is opened later would get what is printed. Not to be written: printing still
 * fails. */
static void replace_closed_streams(void) {
    int fd;
    do fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int run_program(const NnModel *model, int argc, char **argv) {
    replace_closed_streams();
    size_t mark = memory_mark();
    report_program(model->name);
    Status status = run(model, argc, argv);
    memory_release(mark);
    return (int)status;
}
