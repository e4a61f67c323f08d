/* Pages for man, from the tables of commands and options. */
#include <ctype.h>
#include <string.h>

#include "cli.h"

/* Escapes text for troff, so that no character of it is a request. */
static void text(const char *words, FILE *out) {
    for (const char *c = words; *c; c++) {
        const bool begins = c == words || c[-1] == '\n';
        if (begins && (*c == '.' || *c == '\'')) fputs("\\&", out);
        if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '-')
            fputs("\\-", out);
        else
            fputc(*c, out);
    }
}

static void words_in(const char *font, const char *words, FILE *out) {
    fprintf(out, "\\f%s", font);
    text(words, out);
    fputs("\\fR", out);
}

/* Makes a sentence: capital and full stop. */
static void sentence(const char *words, FILE *out) {
    fputc(toupper((unsigned char)*words), out);
    text(words + 1, out);
    fputs(".\n", out);
}

static void synopsis(const Cli *cli, int index, FILE *out) {
    const CliCommand *command = &cli->commands[index];
    words_in("B", cli->program, out);
    if (*command->name) {
        fputc(' ', out);
        words_in("B", command->name, out);
    }
    for (int i = 0; i < cli->n_options; i++) {
        const CliOption *option = &cli->options[i];
        if (!(option->needed >> index & 1)) continue;
        fputc(' ', out);
        words_in("B", cli_option_text(option), out);
        fputc(' ', out);
        words_in("I", option->operand, out);
    }
    fputs(" [options]", out);
    if (command->operand) {
        fputc(' ', out);
        words_in("I", command->operand, out);
    }
    fputs(index + 1 < cli->n_commands ? "\n.br\n" : "\n", out);
}

/* The commands that take an option, unless all do. */
static void takers(const Cli *cli, const CliOption *option, FILE *out) {
    const unsigned takes = option->taken | option->needed, all = (1U << cli->n_commands) - 1;
    const char *before = "Of ";
    if (takes == all || takes == 0) return;
    for (int i = 0; i < cli->n_commands; i++) {
        if (!(takes >> i & 1)) continue;
        const char *name = cli->commands[i].name;
        if (!*name) return; /* the action without a command needs no mention */
        fputs(before, out);
        words_in("B", name, out);
        before = ", ";
    }
    fputs(".\n", out);
}

static void option_entry(const Cli *cli, const CliOption *option, FILE *out) {
    fputs(".TP\n", out);
    words_in("B", cli_option_text(option), out);
    if (option->operand) {
        fputc(' ', out);
        words_in("I", option->operand, out);
    }
    fputc('\n', out);
    sentence(option->help, out);
    for (int i = 0; i < cli->n_commands; i++)
        if (option->other >> i & 1) {
            words_in("B", cli->commands[i].name, out);
            fputs(": ", out);
            text(option->other_help, out);
            fputs(".\n", out);
        }
    if (option->operand && option->choices) {
        words_in("I", option->operand, out);
        fputs(" is one of", out);
        for (const char *choice = option->choices, *next; choice; choice = next) {
            const int n = cli_choice(choice, &next);
            fprintf(out, " \\fB%.*s\\fR%s", n, choice, next ? "," : ".\n");
        }
    }
    takers(cli, option, out);
}

void cli_man(const Cli *cli, FILE *out) {
    fputs(".TH ", out);
    for (const char *c = cli->program; *c; c++) fputc(toupper((unsigned char)*c), out);
    fprintf(out, " 1 \"\" \"nngen %s\"\n.SH NAME\n", cli->version);
    text(cli->program, out);
    fputs(" \\- ", out);
    fputc(tolower((unsigned char)*cli->summary), out);
    text(cli->summary + 1, out);
    fputs("\n.SH SYNOPSIS\n", out);
    for (int i = 0; i < cli->n_commands; i++) synopsis(cli, i, out);
    fputs(".SH DESCRIPTION\n", out);
    sentence(cli->summary, out);
    for (int i = 0; i < cli->n_commands; i++) {
        if (!*cli->commands[i].name) continue;
        fputs(".TP\n", out);
        words_in("B", cli->commands[i].name, out);
        fputc('\n', out);
        sentence(cli->commands[i].help, out);
    }
    fputs(".SH OPTIONS\n", out);
    for (int i = 0; i < cli->n_options; i++) option_entry(cli, &cli->options[i], out);
    fputs(".SH EXIT STATUS\n0: done; 1: bad input or failed check; 2: wrong usage.\n", out);
    if (cli->environment[0].name) fputs(".SH ENVIRONMENT\n", out);
    for (const CliVariable *v = cli->environment; v->name; v++) {
        fputs(".TP\n", out);
        words_in("B", v->name, out);
        fputc('\n', out);
        sentence(v->help, out);
    }
}
