/* The command line of nngen data. */
#ifndef CONVERT_OPTIONS_H
#define CONVERT_OPTIONS_H

#include "../runtime/cut.h"
#include "columns.h"
#include "reader.h"

#define EXACT ((INT64_C(1) << 53) - 1)
#define OPTION(id, ...) OPTION_##id,
typedef enum OptionId {
#include "options.def"
    OPTION_COUNT
} OptionId;
#undef OPTION

typedef struct Names {
    const char **list;
    int n;
    size_t room;
} Names;

#define TAKES(id) (UINT64_C(1) << OPTION_##id)

typedef struct Options {
    uint64_t given; /* bits 1 << OptionId */
    const char **sources;
    int n_sources;
    const char *output, *like;
    const Reader *as; /* NULL: to be found out */
    CutRequest cut;
    int width, height; /* of --resize, else 0 */
    bool gray;
    int mel;                    /* bands; 0: none */
    int64_t samples;            /* of each sound; 0: as many as it has */
    Names columns[COLUMN_USES]; /* that are named for a use */
    bool missing_error;         /* no cell may be empty */
    bool quiet;
    bool nothing; /* help or the version was asked for, and shown */
} Options;

/* Reads the line; sources and texts are argv's. STATUS_USAGE after a message. */
Status options_parse(Options *options, int argc, char **argv);

/* Whether the reader takes all options that were given; a message if not. */
bool options_suit(const Options *options, const Reader *reader);

#endif
