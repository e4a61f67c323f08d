/* Help texts, from the tables of commands and options. */
#include "cli.h"

#include <ctype.h>

enum { COMMAND_WIDTH = 8, OPTION_WIDTH = 24 };

static void show_usage(const Cli *cli, int index, const char *before, FILE *out) {
    const CliCommand *command = &cli->commands[index];
    fprintf(out, "%s%s%s%s", before, cli->program, *command->name ? " " : "", command->name);
    for (int i = 0; i < cli->n_options; i++)
        if (cli->options[i].needed >> index & 1)
            fprintf(out, " %s %s", cli_option_text(&cli->options[i]), cli->options[i].operand);
    fprintf(out, " [options]%s%s\n", command->operand ? " " : "",
            command->operand ? command->operand : "");
}

static void show_option(const CliOption *option, int command, FILE *out) {
    char left[64];
    snprintf(left, sizeof left, "%s%s%s", cli_option_text(option), option->operand ? " " : "",
             option->operand ? option->operand : "");
    fprintf(out, "  %-*s ", OPTION_WIDTH, left);
    for (const char *c = cli_option_help(option, command); *c; c++) {
        fputc(*c, out);
        if (*c == '\n') fprintf(out, "%*s", OPTION_WIDTH + 3, "");
    }
    fputc('\n', out);
    if (!option->operand || !option->choices) return;
    fprintf(out, "%*s%s:", OPTION_WIDTH + 3, "", option->operand);
    for (const char *choice = option->choices, *next; choice; choice = next) {
        const int n = cli_choice(choice, &next);
        fprintf(out, " %.*s", n, choice);
    }
    fputc('\n', out);
}

static void show_options(const Cli *cli, int command, FILE *out) {
    fputs("\noptions:\n", out);
    for (int i = 0; i < cli->n_options; i++)
        if ((cli->options[i].taken | cli->options[i].needed) >> command & 1)
            show_option(&cli->options[i], command, out);
}

void cli_help(const Cli *cli, int command, FILE *out) {
    const bool unnamed = !*cli->commands[0].name, whole = command < 0 || (unnamed && command == 0);
    if (!whole) {
        show_usage(cli, command, "usage: ", out);
        const char *help = cli->commands[command].help;
        fprintf(out, "\n%c%s.\n", toupper((unsigned char)help[0]), help + 1);
        show_options(cli, command, out);
        return;
    }
    if (!unnamed) fprintf(out, "usage: %s COMMAND [options]\n", cli->program);
    for (int i = 0; unnamed && i < cli->n_commands; i++)
        show_usage(cli, i, i ? "       " : "usage: ", out);
    fprintf(out, "\n%s.\n", cli->summary);
    if (cli->n_commands > unnamed) fputs("\ncommands:\n", out);
    for (int i = 0; i < cli->n_commands; i++)
        if (*cli->commands[i].name)
            fprintf(out, "  %-*s %s\n", COMMAND_WIDTH, cli->commands[i].name,
                    cli->commands[i].help);
    if (unnamed) show_options(cli, 0, out);
    if (cli->n_commands > unnamed)
        fprintf(out, "\n%s COMMAND --help tells the options of a command.\n", cli->program);
    fputs(cli->n_commands > unnamed ? "" : "\n", out);
    fputs("Exit status: 0 done, 1 bad input or failed check, 2 wrong usage.\n", out);
}
