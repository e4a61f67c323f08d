/* Command lines: a table says which commands and options a program has; from it lines are read and
 * help is written, alike for nngen and the programs that it makes. */
#ifndef COMMON_CLI_H
#define COMMON_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_MAX_OPTIONS = 64, CLI_MAX_COMMANDS = 32 };

/* `--name operand` or `--name=operand`; a name of one letter takes one dash, too, `-o operand` or
 * `-ooperand`. After `help` and `version` nothing is missing. */
typedef struct CliOption {
    const char *name;    /* without dashes */
    const char *operand; /* what help calls it; NULL: a flag */
    const char *choices; /* "on|off": choices for the operand, or for a flag after `=`; NULL: those
                            of an operand with a | in it, else anything */
    int64_t low, high;   /* a whole number in this range; high 0: a text */
    unsigned taken, needed; /* bits 1 << command: commands that may have it, and must have it */
    bool repeats;           /* may be given more than once */
    const char *help;       /* lines */
    unsigned other;         /* bits 1 << command: commands to which it means something else, */
    const char *other_help; /* as this help explains */
} CliOption;

typedef struct CliCommand {
    const char *name;    /* "" for the first: the action where no command is named */
    const char *operand; /* the one word that it needs besides options; NULL: none */
    bool repeats;        /* it takes several such words, files of any kind */
    const char *program; /* that does it, with options and completions of its own; NULL: this one */
    const char *help;    /* a sentence without its full stop */
} CliCommand;

/* A variable of the environment. */
typedef struct CliVariable {
    const char *name, *help;
} CliVariable;

typedef struct Cli {
    const char *program;            /* as users call it */
    const char *summary;            /* a sentence without its full stop */
    const char *version;            /* of nngen */
    const CliVariable *environment; /* ends with a row without a name */
    const CliCommand *commands;
    const CliOption *options;
    int n_commands, n_options;
} Cli;

typedef struct CliArgument {
    int option;
    const char *text; /* "" of a flag without value */
    int64_t number;   /* of a number; of a choice its index */
} CliArgument;

/* A command line, read. Texts are those of argv. */
typedef struct CliArguments {
    int command;           /* -1: none was named, which --help and --version excuse */
    const char *operand;   /* the first, if there are several */
    const char **operands; /* all of them, where a command takes several; the caller gives room for
                              argc */
    int n_operands;
    CliArgument *list; /* the options in order; the caller gives room for argc */
    int n;
    uint64_t given;    /* bits 1 << option */
    char problem[512]; /* the mistake, if there is one; quotes words as they were typed */
} CliArguments;

/* Reads a line. `--` ends the options; what follows is no command, unless one must be named. False,
 * with arguments->problem, if it is wrong. */
bool cli_parse(const Cli *cli, int argc, char **argv, CliArguments *arguments);

/* The option's name with its dashes; the fourth next call overwrites it. */
const char *cli_option_text(const CliOption *option);

/* Whether a command may have the option. */
bool cli_takes(const CliOption *option, int command);

/* What the option means to a command; -1: to those without a meaning of their own. */
const char *cli_option_help(const CliOption *option, int command);

/* Length of the first of several choices; *next is the following one, NULL after the last. */
int cli_choice(const char *choices, const char **next);

/* The choices for the operand, or NULL: anything. */
const char *cli_choices(const CliOption *option);

/* Help for a command, or with -1 for the program. */
void cli_help(const Cli *cli, int command, FILE *out);

/* Further texts made from the tables, as hidden choices of --help. */
#define CLI_PAGES "man|bash|zsh|fish"

/* A page for man, or the completion for a shell; `kind` is one of CLI_PAGES. */
void cli_page(const Cli *cli, const char *kind, FILE *out);

/* The page for man, for cli_page. */
void cli_man(const Cli *cli, FILE *out);

#endif
