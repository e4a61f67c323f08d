/* The command line of a model program: its commands and their options. */
#ifndef NN_RUNTIME_COMMANDS_H
#define NN_RUNTIME_COMMANDS_H

#include <stdint.h>

#include "dataset.h"
#include "program.h"

#define OPTION(id, ...) OPTION_##id,
typedef enum OptionId {
#include "options.def"
    OPTION_COUNT
} OptionId;
#undef OPTION

#define COMMAND(id, ...) COMMAND_##id,
typedef enum CommandId {
#include "commands.def"
    COMMAND_COUNT
} CommandId;
#undef COMMAND

typedef struct Command {
    CommandId id;
    const char *name;
    bool needs_phase; /* not for models that are never trained */
    bool shared;      /* several processes work on it, else the first one alone */
} Command;

/* Texts point into argv. Numbers not given have the defaults of options_default. */
typedef struct Options {
    const char *program;            /* as it was called; NULL: not known */
    const Command *command;         /* NULL: only --help or --version */
    uint64_t given;                 /* bits 1 << OptionId */
    const char *text[OPTION_COUNT]; /* NULL: not given */
    int64_t number[OPTION_COUNT];
    double real[OPTION_COUNT];
    SplitId split;
    /* For tests: training stops as on Ctrl-C after stop_after steps, and writes a checkpoint every
     * checkpoint_steps steps; 0: never. */
    int64_t stop_after, checkpoint_steps;
} Options;

/* The defaults: numbers and their limits are in options.def. Epochs
 * and batch 0: as the architecture says; threads 0: all processors. */
void options_default(Options *options);

/* Reads a command line. STATUS_USAGE, with a message, if it is wrong; bounds that depend on the
 * model are checked too. */
Status options_parse(Options *options, const NnModel *model, int argc, char **argv);

static inline bool option_given(const Options *options, OptionId id) {
    return (options->given >> id & 1) != 0;
}

/* A hash of the options that decide what a training computes: neither files, which are compared by
 * what they hold, nor those of a process of its own. */
uint64_t options_hash(const Options *options);

/* Takes away the options by which a process would write or print. */
void options_silence(Options *options);

/* Without the dashes. */
const char *option_name(OptionId id);

/* Whether the command line would take the number, or it is the default. */
bool option_takes(OptionId id, int64_t number);

/* The data that the options ask for, without any split wanted. */
DataRequest options_data(const Options *options);

/* Prints help for the command of the options, or for the program. */
void options_help(const NnModel *model, const Options *options);

/* The commands. One that returns false has written its messages. info: FLOPs are per sample and of
 * the first phase; memory is that of batches of
 * --batch samples (the largest batch of the phases) on --threads (1) threads. */
bool info_command(const NnModel *model, const Options *options);
bool eval_command(const NnModel *model, const Options *options);
bool generate_command(const NnModel *model, const Options *options);
bool export_command(const NnModel *model, const Options *options);
bool init_command(const NnModel *model, const Options *options);
bool grad_command(const NnModel *model, const Options *options);
bool check_command(const NnModel *model, const Options *options);
bool bench_command(const NnModel *model, const Options *options);

/* Round r starts from initial weights of seed + r; order and dropout masks are functions of seed +
 * r, too. A resumed training goes on with the settings of its checkpoint and gives the same bytes
 * as one that was never interrupted, or goes on longer with more --epochs.
 *
 * With --save a checkpoint is written every --checkpoint-every seconds and at the end of a round.
 * On Ctrl-C, SIGTERM, SIGHUP and SIGXCPU the step at hand is finished, weights and a checkpoint are
 * written (without --save only <model>.interrupted.safetensors), and the command succeeds. The same
 * is done when standard output or the log can no longer be written, but the command fails. */
bool train_command(const NnModel *model, const Options *options);

/* A line on standard output (or in --predictions) for each sample of --split: index, the labels
 * that the data has, predictions and, if all fields are there, metrics of that sample alone; CSV
 * with a header line, or JSON. Columns have the names of the fields, predictions (name_0, name_1,
 * ... for vectors, name_name for the name of a class) and metrics; a label named as another column
 * is called <name>_label. Without --split it is test, or the only split of data without labels.
 * Predictions that read no field need no data. */
bool predict_command(const NnModel *model, const Options *options);

#endif
