/* The command line of a model program. */
#ifndef NN_RUNTIME_OPTIONS_H
#define NN_RUNTIME_OPTIONS_H

#include <stdint.h>

#include "dataset.h"

typedef enum OptionId {
    OPTION_DATA,
    OPTION_DATA_SEED,
    OPTION_PAIRS,
    OPTION_VAL_PAIRS,
    OPTION_TEST_PAIRS,
    OPTION_EPOCHS,
    OPTION_BATCH,
    OPTION_ROUNDS,
    OPTION_SEED,
    OPTION_SAVE,
    OPTION_RESUME,
    OPTION_LOG,
    OPTION_LOAD,
    OPTION_SPLIT,
    OPTION_PREDICTIONS,
    OPTION_OUT,
    OPTION_PHASE,
    OPTION_EPOCH,
    OPTION_ISA,
    OPTION_THREADS,
    OPTION_QUIET,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
} OptionId;

typedef struct Options Options;

/* A command of the program. */
typedef struct Command {
    const char *name;
    const char *help;        /* one line */
    uint32_t accepts, needs; /* bits 1 << OptionId */
    Status (*run)(const NnModel *model, const Options *options);
} Command;

/* Texts point into argv. Numbers not given have the defaults of options_default. */
struct Options {
    const Command *command; /* NULL: only --help or --version */
    uint32_t given;         /* bits 1 << OptionId */
    const char *text[OPTION_COUNT];
    int64_t number[OPTION_COUNT];
    SplitId split;
    int64_t stop_after; /* tests: training behaves after that many steps as on Ctrl-C; 0: never */
};

/* What holds without any option: numbers and their limits are in the table in options.c. Epochs
 * and batch 0: as the architecture says; threads 0: all processors. */
void options_default(Options *options);

/* Reads a command line. `commands` ends with a row without name. STATUS_USAGE, with a message, if
 * it is wrong; bounds that depend on the model are checked too. */
Status options_parse(Options *options, const NnModel *model, const Command *commands, int argc,
                     char **argv);

static inline bool option_given(const Options *options, OptionId id) {
    return (options->given >> id & 1) != 0;
}

/* Help for the program (command NULL) or for a command, on standard output. */
void options_help(const NnModel *model, const Command *commands, const Command *command);

/* The name among `n` (each `stride` bytes after the other, a char pointer first) that `name` was
 * probably meant to be; NULL if none is near. */
const char *nearest_of(const char *name, const void *first, size_t n, size_t stride);

/* The data that the options ask for, without any split wanted. */
DataRequest options_data(const Options *options);

#endif
