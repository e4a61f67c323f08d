/* Reads the command line of a program; the table of its commands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/cli.h"
#include "../common/nearest.h"
#include "commands.h"
#include "schedule.h"
#include "team.h"

#define COMMAND(id, ...) id = 1 << COMMAND_##id,
enum {
#include "commands.def"
    ALL = (1 << COMMAND_COUNT) - 1,
    DATA_USERS = TRAIN | EVAL | PREDICT | GRAD | BENCH
};
#undef COMMAND

#define COMMAND(id, name, needs_phase, shared, help) {COMMAND_##id, #name, needs_phase, shared},
static const Command commands[] = {
#include "commands.def"
};
#undef COMMAND
#define COMMAND(id, name_, needs_phase, shared, help_) {.name = #name_, .help = help_},
static const CliCommand command_rows[] = {
#include "commands.def"
};
#undef COMMAND

#define EXACT ((INT64_C(1) << 53) - 1) /* for readers of JSON that know only doubles */
#define OPTION(id, name_, operand_, low_, high_, preset_, taken_, needed_, help_)                  \
    {.name = name_,                                                                                \
     .operand = operand_,                                                                          \
     .choices = OPTION_##id == OPTION_HELP ? CLI_PAGES : NULL,                                     \
     .low = low_,                                                                                  \
     .high = high_,                                                                                \
     .repeats = OPTION_##id == OPTION_MAP,                                                         \
     .taken = taken_,                                                                              \
     .needed = needed_,                                                                            \
     .other = OPTION_##id == OPTION_LOAD   ? TRAIN                                                 \
              : OPTION_##id == OPTION_PLOT ? EVAL                                                  \
                                           : 0,                                                    \
     .other_help = OPTION_##id == OPTION_LOAD                                                      \
                       ? "begin with these parameters, of PyTorch too, or of a checkpoint"         \
                       : "draw what --confusion counts",                                           \
     .help = help_},
static const CliOption rows[OPTION_COUNT] = {
#include "options.def"
};
#undef OPTION
#define OPTION(id, name_, operand_, low_, high_, preset_, ...) preset_,
static const int64_t presets[OPTION_COUNT] = {
#include "options.def"
};
#undef OPTION
_Static_assert((int)OPTION_COUNT <= (int)CLI_MAX_OPTIONS, "options have their bits in one word");

/* Options whose operand is a real number. A preset below the range: as the architecture says. */
static const struct {
    OptionId id;
    double low, high, preset;
} reals[] = {{OPTION_LR_SCALE, 1e-30, 1e30, 1},
             {OPTION_MIN_DELTA, 0, 1e30, -1},
             {OPTION_TEMPERATURE, 0, 1000, 1},
             {OPTION_VAL_SPLIT, 0, 1, -1},
             {OPTION_TEST_SPLIT, 0, 1, -1}};
enum { REALS = sizeof reals / sizeof *reals };

void options_default(Options *options) {
    *options = (Options){.split = SPLIT_TEST};
    memcpy(options->number, presets, sizeof presets);
    for (int i = 0; i < REALS; i++) options->real[reals[i].id] = reals[i].preset;
}

/* The real numbers among the options that were given. */
static Status read_reals(Options *options) {
    for (int i = 0; i < REALS; i++) {
        const char *text = options->text[reals[i].id];
        char *end;
        if (!text) continue;
        const double value = strtod(text, &end);
        if (*end || end == text || !(value >= reals[i].low && value <= reals[i].high))
            return usage_problem("--%s: number from %g to %g wanted, not \"%s\"",
                                 option_name(reals[i].id), reals[i].low, reals[i].high, text);
        options->real[reals[i].id] = value;
    }
    return STATUS_OK;
}

const char *option_name(OptionId id) {
    return rows[id].name;
}

bool option_takes(OptionId id, int64_t number) {
    return number == presets[id] || (number >= rows[id].low && number <= rows[id].high);
}

static const CliVariable environment[] = {
    {"NNGEN_DATA", "the data, where --data does not name them"},
    {NULL, NULL},
};

static Cli command_line(const NnModel *model) {
    return (Cli){
        .program = model->name,
        .summary = model->source ? format_text("The neural network %s, made by nngen %s from %s",
                                               model->name, model->version, model->source)
                                 : "A program that nngen made of a neural network",
        .version = model->version,
        .environment = environment,
        .commands = command_rows,
        .n_commands = COMMAND_COUNT,
        .options = rows,
        .n_options = OPTION_COUNT,
    };
}

static bool has_code(const NnModel *model, const char *isa) {
    for (int i = 0; i < model->n_codes; i++)
        if (strcmp(model->codes[i].isa, isa) == 0) return true;
    return false;
}

static Status unknown_isa(const NnModel *model, const char *isa) {
    const char **names = allocate((size_t)model->n_codes + 1, sizeof *names);
    const char *list = "";
    for (int i = 0; i < model->n_codes; i++) {
        names[i] = model->codes[i].isa;
        list = format_text("%s%s%s", list, i ? ", " : "", names[i]);
    }
    const char *near = nearest_name(isa, names);
    return near ? usage_problem("unknown --isa %s; did you mean %s?", isa, near)
                : usage_problem("unknown --isa %s; the program has %s", isa, list);
}

/* Checks limits that the model sets. */
static Status check_values(Options *options, const NnModel *model) {
    const char *isa = options->text[OPTION_ISA];
    if (isa && !has_code(model, isa)) return unknown_isa(model, isa);
    int64_t phase = options->number[OPTION_PHASE];
    if (option_given(options, OPTION_PHASE) && phase > model->n_phases)
        return usage_problem("--phase: the model has %d", model->n_phases);
    if (option_given(options, OPTION_MEMBER) && phase <= model->n_phases &&
        options->number[OPTION_MEMBER] > schedule_members(&model->phases[phase - 1]))
        return usage_problem("--member: phase %" PRId64 " has %d", phase,
                             schedule_members(&model->phases[phase - 1]));
    /* How many epochs a phase has that counts steps, the data decide. */
    const int epochs = phase <= model->n_phases ? model->phases[phase - 1].epochs : 0;
    if (option_given(options, OPTION_EPOCH) && epochs > 0 &&
        options->number[OPTION_EPOCH] >= epochs)
        return usage_problem("--epoch: phase %" PRId64 " has epochs 0 to %d", phase, epochs - 1);
    if (option_given(options, OPTION_LOAD_PARTIAL) && !options->text[OPTION_LOAD])
        return usage_problem("--load-partial goes with --load");
    if (options->command->id == COMMAND_EVAL && options->text[OPTION_PLOT] &&
        !option_given(options, OPTION_CONFUSION))
        return usage_problem("--plot of eval goes with --confusion");
    if (option_given(options, OPTION_CHECKPOINT_EVERY) && !options->text[OPTION_SAVE])
        return usage_problem("--checkpoint-every goes with --save, beside which checkpoints are");
    if (options->command->id == COMMAND_EXPORT && !options->text[OPTION_C] &&
        !options->text[OPTION_ONNX])
        return usage_problem("export: --c or --onnx is missing");
    static const OptionId lengths[] = {OPTION_EPOCHS, OPTION_STEPS};
    for (int i = 0; i < 2; i++)
        if (option_given(options, lengths[i]) && options->number[lengths[i]] < model->n_phases)
            return usage_problem("--%s: each of the %d phases needs at least one",
                                 option_name(lengths[i]), model->n_phases);
    return STATUS_OK;
}

Status options_parse(Options *options, const NnModel *model, int argc, char **argv) {
    const Cli cli = command_line(model);
    CliArguments line = {.list = allocate((size_t)argc, sizeof *line.list)};
    options_default(options);
    options->program = argv[0];
    if (!cli_parse(&cli, argc, argv, &line)) return usage_problem("%s", line.problem);
    options->given = line.given;
    for (int i = 0; i < line.n; i++) {
        const CliArgument *argument = &line.list[i];
        const char **text = &options->text[argument->option];
        *text = *text && rows[argument->option].repeats
                    ? format_text("%s,%s", *text, argument->text)
                    : argument->text;
        if (rows[argument->option].high > 0) options->number[argument->option] = argument->number;
        if (argument->option == OPTION_SPLIT) options->split = (SplitId)argument->number;
    }
    if (line.command < 0) return STATUS_OK;
    options->command = &commands[line.command];
    const Status status = read_reals(options);
    return status == STATUS_OK ? check_values(options, model) : status;
}

static DataCut cut_of(const Options *options, OptionId id) {
    const double part = options->real[id];
    return (DataCut){part >= 0, part};
}

DataRequest options_data(const Options *options) {
    return (DataRequest){
        .source = options->text[OPTION_DATA],
        .seed = (uint64_t)options->number[OPTION_DATA_SEED],
        .pairs = (int)options->number[OPTION_PAIRS],
        .val_pairs = (int)options->number[OPTION_VAL_PAIRS],
        .test_pairs = (int)options->number[OPTION_TEST_PAIRS],
        .quiet = option_given(options, OPTION_QUIET),
        .cut = {[SPLIT_VAL] = cut_of(options, OPTION_VAL_SPLIT),
                [SPLIT_TEST] = cut_of(options, OPTION_TEST_SPLIT)},
        .cut_seed = (uint64_t)options->number[OPTION_SPLIT_SEED],
        .map = options->text[OPTION_MAP],
    };
}

void options_help(const NnModel *model, const Options *options) {
    const Cli cli = command_line(model);
    if (*options->text[OPTION_HELP])
        cli_page(&cli, options->text[OPTION_HELP], stdout);
    else
        cli_help(&cli, options->command ? (int)options->command->id : -1, stdout);
}

/* Those that decide what is computed, but for the files that are read. */
static const OptionId computing[] = {
    OPTION_DATA_SEED,     OPTION_PAIRS,      OPTION_VAL_PAIRS,  OPTION_TEST_PAIRS,
    OPTION_STEPS,         OPTION_VAL_SPLIT,  OPTION_TEST_SPLIT, OPTION_SPLIT_SEED,
    OPTION_MAP,           OPTION_EVAL_EVERY, OPTION_KEEP,       OPTION_MONITOR,
    OPTION_NO_TRAIN_EVAL, OPTION_PATIENCE,   OPTION_MIN_DELTA,  OPTION_LR_SCALE,
    OPTION_EPOCHS,        OPTION_BATCH,      OPTION_ROUNDS,     OPTION_SEED,
    OPTION_LOAD_PARTIAL,
};

uint64_t options_hash(const Options *options) {
    uint64_t hash = (uint64_t)options->command->id;
    for (size_t i = 0; i < sizeof computing / sizeof *computing; i++) {
        const OptionId id = computing[i];
        const char *text = options->text[id];
        hash = fingerprint(hash, &options->number[id], sizeof options->number[id]);
        hash = fingerprint(hash, &options->real[id], sizeof options->real[id]);
        if (text) hash = fingerprint(hash, text, strlen(text));
        hash = hash * 2 + option_given(options, id);
    }
    return hash;
}

void options_silence(Options *options) {
    static const OptionId loud[] = {OPTION_SAVE, OPTION_LOG, OPTION_PLOT, OPTION_TENSORBOARD,
                                    OPTION_JSON};
    for (size_t i = 0; i < sizeof loud / sizeof *loud; i++) {
        options->text[loud[i]] = NULL;
        options->given &= ~(UINT64_C(1) << loud[i]);
    }
    options->given |= UINT64_C(1) << OPTION_QUIET;
}
