#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

typedef struct Row {
    const char *name;    /* first: nearest_of looks here */
    const char *operand; /* NULL: a flag */
    bool number;
    int64_t low, high, preset;
    const char *help;
} Row;

static const int64_t large = (INT64_C(1) << 53) - 1; /* exact in JSON readers */

#define TEXT(name, operand, help)                                                                  \
    { name, operand, false, 0, 0, 0, help }
#define NUMBER(name, low, high, preset, help)                                                      \
    { name, "N", true, low, high, preset, help }
#define FLAG(name, help)                                                                           \
    { name, NULL, false, 0, 0, 0, help }

static const Row rows[OPTION_COUNT] = {
    [OPTION_DATA] = TEXT("data", "D",
                         "synthetic, a folder with MNIST's files, or a .safetensors file;\n"
                         "default $NNGEN_DATA, else data/mnist, else synthetic"),
    [OPTION_DATA_SEED] = NUMBER("data-seed", 0, large, 0, "seed of the draw of pairs (0)"),
    [OPTION_PAIRS] = NUMBER("pairs", 1, 100000000, 1000, "training pairs (1000)"),
    [OPTION_VAL_PAIRS] = NUMBER("val-pairs", 1, 100000000, 500, "validation pairs (500)"),
    [OPTION_TEST_PAIRS] = NUMBER("test-pairs", 1, 100000000, 500, "test pairs (500)"),
    [OPTION_EPOCHS] =
        NUMBER("epochs", 1, 100000000, 0, "epochs in all, shared among the phases in proportion"),
    [OPTION_BATCH] = NUMBER("batch", 1, NN_MAX_BATCH, 0, "samples in a batch"),
    [OPTION_ROUNDS] = NUMBER("rounds", 1, 1000000, 1,
                             "trainings from initial weights of seed, seed + 1, ... (1)"),
    [OPTION_SEED] = NUMBER("seed", 0, large, 0, "seed of initial weights, order and dropout (0)"),
    [OPTION_SAVE] = TEXT("save", "F.safetensors",
                         "write the parameters there; with several rounds round 0 goes to\n"
                         "F.0.safetensors and so on; Ctrl-C writes a checkpoint to F.safetensors"),
    [OPTION_RESUME] = TEXT("resume", "F.safetensors", "go on from a checkpoint"),
    [OPTION_LOG] = TEXT("log", "F.csv", "write a line for each epoch; appended to with --resume"),
    [OPTION_LOAD] = TEXT("load", "F.safetensors", "parameters, or a checkpoint"),
    [OPTION_SPLIT] = TEXT("split", "train|val|test", "part of the data (test)"),
    [OPTION_PREDICTIONS] = TEXT("predictions", "F.csv", "write a line for each sample"),
    [OPTION_OUT] = TEXT("out", "G.safetensors", "file for loss and gradients"),
    [OPTION_PHASE] = NUMBER("phase", 1, INT64_MAX, 1, "phase of the training, from 1 (1)"),
    [OPTION_EPOCH] = NUMBER("epoch", 0, INT64_MAX, 0, "epoch of the phase, from 0 (0)"),
    [OPTION_ISA] = TEXT("isa", "X", "code for this instruction set instead of the best one"),
    [OPTION_THREADS] = NUMBER("threads", 1, TEAM_MAX, 0, "threads (all processors)"),
    [OPTION_QUIET] = FLAG("quiet", "no progress on standard error"),
    [OPTION_JSON] = FLAG("json", "results as JSON, one object a line"),
    [OPTION_HELP] = FLAG("help", "this text"),
    [OPTION_VERSION] = FLAG("version", "version of nngen that made the model"),
};

static const uint32_t everywhere = UINT32_C(1) << OPTION_ISA | UINT32_C(1) << OPTION_THREADS |
                                   UINT32_C(1) << OPTION_QUIET | UINT32_C(1) << OPTION_JSON |
                                   UINT32_C(1) << OPTION_HELP;

void options_default(Options *options) {
    *options = (Options){.split = SPLIT_TEST};
    for (int i = 0; i < OPTION_COUNT; i++) options->number[i] = rows[i].preset;
}

static int smallest(int a, int b, int c) {
    return a < b ? (a < c ? a : c) : b < c ? b : c;
}

/* Edits (insert, delete, replace, swap neighbours) from one word to another; both are short. */
static int edit_distance(const char *a, const char *b) {
    enum { LONGEST = 31 };
    int d[LONGEST + 2][LONGEST + 2];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (size_t i = 0; i <= n; i++) {
        for (size_t k = 0; k <= m; k++) {
            if (i == 0 || k == 0) {
                d[i][k] = (int)(i + k);
                continue;
            }
            d[i][k] = smallest(d[i - 1][k] + 1, d[i][k - 1] + 1,
                               d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
            bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (swapped && d[i - 2][k - 2] + 1 < d[i][k]) d[i][k] = d[i - 2][k - 2] + 1;
        }
    }
    return d[n][m];
}

const char *nearest_of(const char *name, const void *first, size_t n, size_t stride) {
    const char *best = NULL;
    int best_distance = 1 + (int)strlen(name) / 3;
    if (best_distance > 3) best_distance = 3;
    for (size_t i = 0; i < n; i++) {
        const char *candidate;
        memcpy(&candidate, (const char *)first + i * stride, sizeof candidate);
        int distance = edit_distance(name, candidate);
        if (distance > best_distance || (best && distance == best_distance)) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

static Status parse_number(const char *text, OptionId id, int64_t *out) {
    const Row *row = &rows[id];
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool digits = *text >= '0' && *text <= '9';
    if (text[0] == '-') digits = text[1] >= '0' && text[1] <= '9';
    if (!digits || *end)
        return usage_problem("--%s: whole number wanted, not \"%s\"", row->name, text);
    if (errno == ERANGE || value < row->low || value > row->high) {
        if (row->high == INT64_MAX)
            return usage_problem("--%s: %s is out of range, %" PRId64 " or more wanted", row->name,
                                 text, row->low);
        return usage_problem("--%s: %s is out of range, %" PRId64 " to %" PRId64 " wanted",
                             row->name, text, row->low, row->high);
    }
    *out = value;
    return STATUS_OK;
}

/* Takes the option at argv[*at] and moves *at to its last word. */
static Status take_option(Options *options, int argc, char **argv, int *at) {
    const char *word = argv[*at];
    const char *name = word + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    int id = strcmp(word, "-h") == 0 ? OPTION_HELP : 0;
    if (id == 0) {
        if (word[1] != '-') return usage_problem("unknown option %s", word);
        while (id < OPTION_COUNT &&
               (strlen(rows[id].name) != length || strncmp(rows[id].name, name, length) != 0))
            id++;
    }
    if (id == OPTION_COUNT) {
        char *asked = format_text("%.*s", (int)length, name);
        const char *near = nearest_of(asked, rows, OPTION_COUNT, sizeof *rows);
        Status status = near ? usage_problem("unknown option --%s; did you mean --%s?", asked, near)
                             : usage_problem("unknown option --%s", asked);
        free(asked);
        return status;
    }
    const Row *row = &rows[id];
    if (option_given(options, (OptionId)id) && row->operand)
        return usage_problem("--%s: given twice", row->name);
    options->given |= UINT32_C(1) << id;
    if (!row->operand) return equals ? usage_problem("--%s: takes no value", row->name) : STATUS_OK;
    const char *operand = equals ? equals + 1 : ++*at < argc ? argv[*at] : NULL;
    if (!operand) return usage_problem("--%s: %s is missing", row->name, row->operand);
    if (row->number) return parse_number(operand, (OptionId)id, &options->number[id]);
    if (!*operand) return usage_problem("--%s: empty %s", row->name, row->operand);
    options->text[id] = operand;
    return STATUS_OK;
}

static Status check_split(Options *options) {
    const char *wanted = options->text[OPTION_SPLIT];
    if (!wanted) return STATUS_OK;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (strcmp(wanted, split_names[s]) != 0) continue;
        options->split = (SplitId)s;
        return STATUS_OK;
    }
    return usage_problem("--split: train, val or test wanted, not \"%s\"", wanted);
}

/* Limits that the model sets. */
static Status check_model(const Options *options, const NnModel *model) {
    const char *isa = options->text[OPTION_ISA];
    bool known = !isa;
    for (int i = 0; i < model->n_codes && !known; i++)
        known = strcmp(model->codes[i].isa, isa) == 0;
    if (!known) {
        const char *near =
            nearest_of(isa, model->codes, (size_t)model->n_codes, sizeof *model->codes);
        return near ? usage_problem("--isa: no code for \"%s\"; did you mean %s?", isa, near)
                    : usage_problem("--isa: no code for \"%s\" in this program", isa);
    }
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

static Status check_command(const Options *options) {
    const Command *command = options->command;
    uint32_t refused = options->given & ~(command->accepts | command->needs | everywhere);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (refused >> i & 1) return usage_problem("%s takes no --%s", command->name, rows[i].name);
    if (option_given(options, OPTION_HELP)) return STATUS_OK;
    uint32_t missing = command->needs & ~options->given;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (missing >> i & 1)
            return usage_problem("%s needs --%s %s", command->name, rows[i].name, rows[i].operand);
    return STATUS_OK;
}

static Status take_command(Options *options, const Command *commands, const char *word) {
    if (options->command)
        return usage_problem("\"%s\": one command at a time, and options begin with --", word);
    size_t n = 0;
    while (commands[n].name && strcmp(commands[n].name, word) != 0) n++;
    if (commands[n].name) {
        options->command = &commands[n];
        return STATUS_OK;
    }
    const char *near = nearest_of(word, commands, n, sizeof *commands);
    return near ? usage_problem("unknown command \"%s\"; did you mean %s?", word, near)
                : usage_problem("unknown command \"%s\"", word);
}

Status options_parse(Options *options, const NnModel *model, const Command *commands, int argc,
                     char **argv) {
    options_default(options);
    for (int at = 1; at < argc; at++) {
        Status status = argv[at][0] == '-' && argv[at][1]
                            ? take_option(options, argc, argv, &at)
                            : take_command(options, commands, argv[at]);
        if (status != STATUS_OK) return status;
    }
    if (!options->command)
        return option_given(options, OPTION_HELP) || option_given(options, OPTION_VERSION)
                   ? STATUS_OK
                   : usage_problem("a command is missing");
    Status status = check_command(options);
    if (status == STATUS_OK) status = check_split(options);
    return status == STATUS_OK ? check_model(options, model) : status;
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

void options_help(const NnModel *model, const Command *commands, const Command *command) {
    if (!command) {
        printf("usage: %s COMMAND [options]\n\n", model->name);
        for (; commands->name; commands++) printf("  %-8s %s\n", commands->name, commands->help);
        printf("\n%s COMMAND --help tells the options. Exit status: 0 done, 1 bad input or failed\n"
               "check, 2 wrong usage.\n",
               model->name);
        return;
    }
    printf("usage: %s %s", model->name, command->name);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (command->needs >> i & 1) printf(" --%s %s", rows[i].name, rows[i].operand);
    printf(" [options]\n\n%s\n\n", command->help);
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((command->needs | command->accepts | everywhere) >> i & 1) help_option(&rows[i]);
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
