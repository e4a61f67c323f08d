/* Reads the command line. */
#include "options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/cli.h"
#include "grow.h"

#define READER(kind) #kind "|"
static const char kinds[] =
#include "readers.def"
    ;
#undef READER

#define OPTION(id, name_, operand_, choices_, low_, high_, repeats_, help_)                        \
    {.name = name_,                                                                                \
     .operand = operand_,                                                                          \
     .choices = choices_,                                                                          \
     .low = low_,                                                                                  \
     .high = high_,                                                                                \
     .taken = OPTION_##id != OPTION_OUTPUT,                                                        \
     .needed = OPTION_##id == OPTION_OUTPUT,                                                       \
     .repeats = repeats_,                                                                          \
     .help = help_},
static const CliOption rows[OPTION_COUNT] = {
#include "options.def"
};
#undef OPTION

static const CliCommand command = {
    .name = "", .operand = "SOURCE...", .repeats = true, .help = "make a data file"};
static const CliVariable environment[] = {{NULL, NULL}};

/* Pages and completions are of the program, help is of the command that users type. */
static Cli command_line(const char *program) {
    return (Cli){
        .program = program,
        .summary = "Makes a data file for networks of images, tables, text, arrays or sound",
        .version = NNGEN_VERSION,
        .environment = environment,
        .commands = &command,
        .options = rows,
        .n_commands = 1,
        .n_options = OPTION_COUNT,
    };
}

/* A part from 0 to below 1. */
static Status take_part(OptionId id, const char *text, double *part) {
    if (text_number(text, part) && *part >= 0 && *part < 1) return STATUS_OK;
    return usage_problem("--%s: a part from 0 to below 1 wanted, such as 0.1, not \"%s\"",
                         rows[id].name, text);
}

/* "64x48" */
static Status take_size(Options *o, const char *text) {
    enum { MOST = 8192 };
    char *end;
    const long width = strtol(text, &end, 10);
    const long height = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || width < 1 || width > MOST || height < 1 || height > MOST)
        return usage_problem("--resize: a size up to %dx%d wanted, such as 64x64, not \"%s\"", MOST,
                             MOST, text);
    o->width = (int)width;
    o->height = (int)height;
    return STATUS_OK;
}

static void name_column(Names *names, const char *name) {
    names->list = grown(names->list, (size_t)names->n, &names->room, sizeof *names->list);
    names->list[names->n++] = name;
}

static void name_columns(Names *names, const char *list) {
    while (*list) {
        const size_t n = strcspn(list, ",");
        if (n) name_column(names, format_text("%.*s", (int)n, list));
        list += n + (list[n] == ',');
    }
}

static Status take(Options *o, const CliArgument *argument) {
    const char *text = argument->text;
    switch ((OptionId)argument->option) {
    case OPTION_OUTPUT:
        o->output = text;
        break;
    case OPTION_AS:
        o->as = all_readers[argument->number];
        break;
    case OPTION_LIKE:
        o->like = text;
        break;
    case OPTION_VAL_SPLIT:
        return take_part(OPTION_VAL_SPLIT, text, &o->cut.val);
    case OPTION_TEST_SPLIT:
        return take_part(OPTION_TEST_SPLIT, text, &o->cut.test);
    case OPTION_SPLIT_SEED:
        o->cut.seed = (uint64_t)argument->number;
        break;
    case OPTION_RESIZE:
        return take_size(o, text);
    case OPTION_GRAY:
        o->gray = true;
        break;
    case OPTION_MEL:
        o->mel = (int)argument->number;
        break;
    case OPTION_SAMPLES:
        o->samples = argument->number;
        break;
    case OPTION_LABEL:
        name_column(&o->columns[COLUMN_LABEL], text);
        break;
    case OPTION_TARGET:
        name_column(&o->columns[COLUMN_TARGET], text);
        break;
    case OPTION_CATEGORICAL:
        name_columns(&o->columns[COLUMN_CATEGORICAL], text);
        break;
    case OPTION_MISSING:
        o->missing_error = argument->number == 1;
        break;
    case OPTION_QUIET:
        o->quiet = true;
        break;
    case OPTION_HELP:
    case OPTION_VERSION:
    case OPTION_COUNT:
        break;
    }
    return STATUS_OK;
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    if (stat(a, &x) != 0 || stat(b, &y) != 0) return false;
    return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static Status check(const Options *o) {
    for (int i = 0; i < o->n_sources; i++)
        if (same_file(o->sources[i], o->output))
            return usage_problem("-o %s would replace a source", o->output);
    if (o->like && same_file(o->like, o->output))
        return usage_problem("-o %s would replace the file of --like", o->output);
    if (fmax(o->cut.val, 0) + fmax(o->cut.test, 0) >= 1)
        return usage_problem("--val-split and --test-split leave nothing for training");
    return STATUS_OK;
}

static void show_help(const char *page) {
    const Cli help = command_line("nngen data"), pages = command_line("nngen-data");
    if (*page)
        cli_page(&pages, page, stdout);
    else
        cli_help(&help, -1, stdout);
}

Status options_parse(Options *o, int argc, char **argv) {
    const Cli cli = command_line("nngen data");
    CliArguments line = {.list = allocate((size_t)argc, sizeof *line.list),
                         .operands = allocate((size_t)argc, sizeof *line.operands)};
    *o = (Options){.cut = {.val = -1, .test = -1}};
    if (!cli_parse(&cli, argc, argv, &line)) return usage_problem("%s", line.problem);
    for (int i = 0; i < line.n; i++)
        if (line.list[i].option == OPTION_HELP) {
            show_help(line.list[i].text);
            o->nothing = true;
            return STATUS_OK;
        }
    if (line.given >> OPTION_VERSION & 1) {
        puts("nngen " NNGEN_VERSION);
        o->nothing = true;
        return STATUS_OK;
    }
    o->given = line.given;
    o->sources = line.operands;
    o->n_sources = line.n_operands;
    for (int i = 0; i < line.n; i++) {
        const Status status = take(o, &line.list[i]);
        if (status != STATUS_OK) return status;
    }
    return check(o);
}

bool options_suit(const Options *o, const Reader *reader) {
    uint64_t special = 0;
    for (int i = 0; all_readers[i]; i++) special |= all_readers[i]->takes;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (o->given & special & ~reader->takes & UINT64_C(1) << id)
            return problem("--%s does not go with %s", rows[id].name, reader->files);
    return true;
}
