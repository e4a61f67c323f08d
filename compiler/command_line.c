/* Reads nngen's command line, and derives the names of the files to be written. */
#define _XOPEN_SOURCE 700

#include "command_line.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/clean.h"
#include "../common/cli.h"
#include "lua/frontend.h"
#include "output.h"
#include "version.h"

enum { COMPILE = 1, BUILD = 2, BOTH = COMPILE | BUILD };

/* In the order of Task. */
static const CliCommand commands[] = {
    {.name = "", .operand = "ARCH.lua", .help = "write the C of an architecture"},
    {.name = "build",
     .operand = "ARCH.lua",
     .help = "make a program of it, which bears the name of the file, or a library"},
    {.name = "data",
     .operand = "SOURCE...",
     .repeats = true,
     .program = "nngen-data",
     .help = "make a data file of images, tables, text, arrays or sound; see nngen data --help"},
};

#define OPTION(id, ...) OPTION_##id,
typedef enum OptionId {
#include "options.def"
    OPTION_COUNT
} OptionId;
#undef OPTION

#define PASS(name, ...) #name "|"
#define AGAIN(...)
static const char passes[] =
#include "pipeline.def"
    ;
static const char passes_or_all[] =
#include "pipeline.def"
    "all";
#undef AGAIN
#undef PASS

#define ISA(name) #name ","
static const char isa_help[] = "instruction sets: "
#include "isa/isas.def"
                               "portable (all)";
#undef ISA

#define OPTION(id, name_, operand_, choices_, taken_, help_)                                       \
    {.name = name_,                                                                                \
     .operand = operand_,                                                                          \
     .choices = choices_,                                                                          \
     .taken = taken_,                                                                              \
     .other = OPTION_##id == OPTION_OUTPUT ? BUILD : 0,                                            \
     .other_help = "write to FILE instead of the name of ARCH.lua without .lua",                   \
     .repeats = OPTION_##id == OPTION_DEFINE,                                                      \
     .help = help_},
static const CliOption rows[OPTION_COUNT] = {
#include "options.def"
};
#undef OPTION

static const CliVariable environment[] = {
    {"CC", "the C compiler that build runs, with its options; else clang, gcc or cc"},
    {"CFLAGS", "further options for it"},
    {"LDFLAGS", "further options for it, in front of the libraries"},
    {"NNGEN_HOME", "the folder with include, lib and share in which build looks for nngen's files"},
    {"TMPDIR", "the folder for what build gives the compiler; /tmp if not set"},
    {NULL, NULL},
};

static const Cli cli = {
    .program = "nngen",
    .summary = "Compiles a description of a neural network to C",
    .version = NNGEN_VERSION,
    .environment = environment,
    .commands = commands,
    .options = rows,
    .n_commands = sizeof commands / sizeof *commands,
    .n_options = OPTION_COUNT,
};

__attribute__((format(printf, 2, 3))) static _Noreturn void usage(Arena *arena, const char *format,
                                                                  ...) {
    va_list args;
    va_start(args, format);
    const char *words = arena_vprintf(arena, format, args);
    va_end(args);
    char clean[600];
    clean_text(clean, sizeof clean, words, strlen(words));
    fprintf(stderr, "nngen: error: %s\nnngen: see nngen --help\n", clean);
    exit(2);
}

/* "avx512, avx2, portable". */
static const char *all_names(Arena *arena) {
    const char *names = all_isas[0]->name;
    for (int i = 1; all_isas[i]; i++)
        names = arena_printf(arena, "%s, %s", names, all_isas[i]->name);
    return names;
}

static void read_isas(Unit *u, const char *list) {
    Options *o = &u->options;
    bool wanted[ISA_COUNT] = {false};
    char *save = NULL;
    for (char *name = strtok_r(arena_strdup(u->arena, list), ",", &save); name;
         name = strtok_r(NULL, ",", &save)) {
        const Isa *isa = isa_by_name(name);
        if (!isa)
            usage(u->arena, "unknown instruction set %s; there are %s", name, all_names(u->arena));
        for (int i = 0; all_isas[i]; i++) wanted[i] = wanted[i] || all_isas[i] == isa;
    }
    int n = 0;
    for (int i = 0; all_isas[i]; i++)
        if (wanted[i]) o->isas[n++] = all_isas[i];
    o->isas[n] = NULL;
    if (!n) usage(u->arena, "--isa: at least one instruction set wanted, not \"%s\"", list);
}

static void read_define(Unit *u, const char *text) {
    Options *o = &u->options;
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) usage(u->arena, "-D: NAME=VALUE wanted, not \"%s\"", text);
    char *name = arena_strdup(u->arena, text);
    name[equals - text] = '\0';
    for (int i = 0; i < o->n_defines; i++)
        if (strcmp(o->defines[i].name, name) == 0)
            usage(u->arena, "-D %s: given twice, as %s and as %s", name, o->defines[i].value,
                  equals + 1);
    ARENA_PUSH(u->arena, o->defines, o->n_defines, o->cap_defines,
               ((Define){name, name + (equals - text) + 1}));
}

static void read_argument(Unit *u, const CliArgument *argument) {
    Options *o = &u->options;
    switch ((OptionId)argument->option) {
    case OPTION_OUTPUT:
        o->output = argument->text;
        break;
    case OPTION_SHARED:
        o->shared = true;
        break;
    case OPTION_DEPFILE:
        o->depfile = argument->text;
        break;
    case OPTION_DEFINE:
        read_define(u, argument->text);
        break;
    case OPTION_ISA:
        read_isas(u, argument->text);
        break;
    case OPTION_OPTIMIZE:
        o->optimize = argument->number == 0;
        break;
    case OPTION_WINOGRAD:
        o->winograd = argument->number == 0;
        break;
    case OPTION_INFERENCE:
        o->inference = true;
        break;
    case OPTION_WEIGHTS:
        o->weights = argument->text;
        break;
    case OPTION_EMIT:
        o->emit = (EmitKind)argument->number;
        break;
    case OPTION_DUMP:
        o->dump = argument->text;
        break;
    case OPTION_STOP:
        o->stop = argument->text;
        break;
    case OPTION_TIME_PASSES:
        o->time_passes = true;
        break;
    case OPTION_HELP:
    case OPTION_VERSION:
    case OPTION_COUNT:
        break;
    }
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    if (stat(a, &x) != 0 || stat(b, &y) != 0) return strcmp(a, b) == 0;
    return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* aux.h for aux.c, where that is a file. */
static const char *header_of(Arena *arena, const char *output) {
    const size_t n = strlen(output);
    if (n < 3 || strcmp(output + n - 2, ".c") != 0 || output[n - 3] == '/' ||
        !output_is_file(output))
        return NULL;
    return arena_printf(arena, "%.*s.h", (int)n - 2, output);
}

/* The names of the product and of the files beside it. */
static void settle_output(Unit *u) {
    Options *o = &u->options;
    const bool is_c = o->emit == EMIT_C && !o->stop;
    if (!o->output && is_c && isatty(STDOUT_FILENO))
        usage(u->arena, "C is not for the terminal: -o FILE.c writes a file, -o - shows it here, "
                        "--emit=summary tells what the network is");
    if (o->output && strcmp(o->output, "-") == 0) o->output = NULL;
    if (o->depfile && !o->output) usage(u->arena, "--depfile needs -o FILE");
    if (o->weights && !is_c)
        usage(u->arena, "--weights goes with C, which --emit and --stop replace");
    if (!o->output) return;
    if (same_file(o->input, o->output))
        usage(u->arena, "-o %s would replace the architecture file", o->output);
    if (is_c) o->header = header_of(u->arena, o->output);
    const char *base = o->header ? strrchr(o->header, '/') : NULL;
    if (o->header && strcmp(base ? base + 1 : o->header, "model.h") == 0)
        usage(u->arena,
              "-o %s: the header beside it would be another model.h than the one that it "
              "includes; give it another name",
              o->output);
    if (o->depfile && (same_file(o->depfile, o->input) || same_file(o->depfile, o->output) ||
                       (o->header && same_file(o->depfile, o->header))))
        usage(u->arena, "--depfile %s is a file that is read or written already", o->depfile);
}

/* net for folder/net.lua, or net.so. */
static void settle_built(Unit *u) {
    Options *o = &u->options;
    const char *slash = strrchr(o->input, '/'), *base = slash ? slash + 1 : o->input;
    const size_t n = strlen(base);
    const bool lua = n > 4 && strcmp(base + n - 4, ".lua") == 0;
    if (!o->output)
        o->output =
            arena_printf(u->arena, "%.*s%s", (int)(lua ? n - 4 : n), base, o->shared ? ".so" : "");
    if (strcmp(o->output, "-") == 0) usage(u->arena, "build writes a file: -o FILE");
    const size_t m = strlen(o->output);
    if (m > 2 && o->output[m - 2] == '.' && strchr("ch", o->output[m - 1]))
        usage(
            u->arena,
            "build -o %s: build makes a program or a library, which is no C file; nngen -o FILE.c "
            "%s writes the C",
            o->output, o->input);
    if (same_file(o->input, o->output))
        usage(u->arena, "%s would replace the architecture file; give another name with -o",
              o->output);
}

static void show_help(Unit *u, const CliArguments *line, const char *page) {
    if (!strcmp(page, "luals")) {
        if (types_write(u->arena, u->diag, stdout)) return;
        fputs("nngen: error: memory is exhausted\n", stderr);
        exit(1);
    }
    if (*page)
        cli_page(&cli, page, stdout);
    else
        cli_help(&cli, line->command, stdout);
}

Task command_line(Unit *u, int argc, char **argv) {
    Options *o = &u->options;
    if (argc > 1 && strcmp(argv[1], commands[TASK_DATA].name) == 0) return TASK_DATA;
    CliArguments line = {.list = ARENA_ARRAY(u->arena, CliArgument, argc),
                         .operands = ARENA_ARRAY(u->arena, const char *, argc)};
    const bool right = cli_parse(&cli, argc, argv, &line);
    if (line.command == TASK_DATA && !(line.given >> OPTION_HELP & 1))
        usage(u->arena, "data is the first word: nngen data SOURCE... -o F.safetensors");
    if (!right) usage(u->arena, "%s", line.problem);
    for (int i = 0; i < line.n; i++)
        if (line.list[i].option == OPTION_HELP) {
            show_help(u, &line, line.list[i].text);
            return TASK_NOTHING;
        }
    if (line.given >> OPTION_VERSION & 1) {
        puts("nngen " NNGEN_VERSION);
        return TASK_NOTHING;
    }
    o->optimize = o->winograd = true;
    for (int i = 0; all_isas[i]; i++) o->isas[i] = all_isas[i];
    o->input = line.operand;
    for (int i = 0; i < line.n; i++) read_argument(u, &line.list[i]);
    if (line.command == TASK_BUILD)
        settle_built(u);
    else
        settle_output(u);
    return (Task)line.command;
}
