/* Completions: the words that a shell offers after those typed so far. */
#include <ctype.h>
#include <string.h>

#include "cli.h"

/* An operand that is a file's name: FILE, D, or one that shows how files are called, F.csv. */
static bool is_file(const CliOption *option) {
    return option->operand && option->high == 0 && !cli_choices(option) &&
           (strcmp(option->operand, "FILE") == 0 || strcmp(option->operand, "D") == 0 ||
            strchr(option->operand, '.'));
}

/* Pattern of the files that the words of a command may be; "": it takes none. */
static const char *files_of(const CliCommand *command) {
    if (!command->operand) return "";
    return command->repeats ? "*" : strstr(command->operand, ".lua") ? "*.lua" : "";
}

/* A help's lines as one, `escaped` characters with `escape` in front of them. */
static void one_line(const char *help, const char *escaped, const char *escape, FILE *out) {
    for (const char *c = help; *c; c++) {
        if (strchr(escaped, *c)) fputs(escape, out);
        fputc(*c == '\n' ? ' ' : *c, out);
    }
}

static void choices(const CliOption *option, FILE *out) {
    for (const char *choice = cli_choices(option), *next; choice; choice = next) {
        const int n = cli_choice(choice, &next);
        fprintf(out, "%.*s%s", n, choice, next ? " " : "");
    }
}

static bool has_names(const Cli *cli) {
    return cli->n_commands > 1 || *cli->commands[0].name;
}

static void command_names(const Cli *cli, const char *between, FILE *out) {
    bool first = true;
    for (int i = 0; i < cli->n_commands; i++) {
        if (!*cli->commands[i].name) continue;
        fprintf(out, "%s%s", first ? "" : between, cli->commands[i].name);
        first = false;
    }
}

/* Options of a command, or with -1 all that some command takes. */
static void option_names(const Cli *cli, int command, FILE *out) {
    for (int i = 0; i < cli->n_options; i++)
        if (command < 0 || cli_takes(&cli->options[i], command))
            fprintf(out, "%s%s", i ? " " : "", cli_option_text(&cli->options[i]));
}

/* A name that shells allow for functions. */
static void identifier(const char *name, FILE *out) {
    fputc('_', out);
    for (; *name; name++) fputc(isalnum((unsigned char)*name) ? *name : '_', out);
}

static void bash_values(const Cli *cli, FILE *out) {
    fputs("    case $previous in\n", out);
    for (int i = 0; i < cli->n_options; i++) {
        const CliOption *option = &cli->options[i];
        if (!option->operand) continue;
        fprintf(out, "    %s)", cli_option_text(option));
        if (cli_choices(option)) {
            fputs(" mapfile -t COMPREPLY < <(compgen -W '", out);
            choices(option, out);
            fputs("' -- \"$current\");", out);
        } else if (is_file(option)) {
            fputs(" compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\");",
                  out);
        }
        fputs(" return ;;\n", out);
    }
    fputs("    esac\n", out);
}

/* What another program does, that program completes. */
static void bash_others(const Cli *cli, FILE *out) {
    for (int i = 0; i < cli->n_commands; i++) {
        const CliCommand *command = &cli->commands[i];
        if (!command->program) continue;
        fprintf(
            out,
            "    if [[ ${COMP_WORDS[1]} == %s && $COMP_CWORD -gt 1 ]]; then\n        declare -F ",
            command->name);
        identifier(command->program, out);
        fprintf(out,
                " >/dev/null || _completion_loader %s\n"
                "        COMP_WORDS=(%s \"${COMP_WORDS[@]:2}\")\n"
                "        COMP_CWORD=$((COMP_CWORD - 1))\n        ",
                command->program, command->program);
        identifier(command->program, out);
        fputs("\n        return\n    fi\n", out);
    }
}

static void bash(const Cli *cli, FILE *out) {
    fprintf(out, "# bash completion for %s\n", cli->program);
    identifier(cli->program, out);
    fputs("() {\n", out);
    bash_others(cli, out);
    fputs("    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command= options= words= word files=\n"
          "    COMPREPLY=()\n"
          "    # bash takes --name=value for three words.\n"
          "    if [[ $current == = ]]; then current=\n"
          "    elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi\n",
          out);
    bash_values(cli, out);
    if (has_names(cli)) {
        fputs("    for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n        case $word in ",
              out);
        command_names(cli, " | ", out);
        fputs(") command=$word; break ;; esac\n    done\n", out);
    }
    fputs("    case $command in\n", out);
    for (int i = 0; i < cli->n_commands; i++) {
        if (!*cli->commands[i].name) continue;
        fprintf(out, "    %s) options='", cli->commands[i].name);
        option_names(cli, i, out);
        fprintf(out, "' files='%s' ;;\n", files_of(&cli->commands[i]));
    }
    fputs("    *) options='", out);
    option_names(cli, *cli->commands[0].name ? -1 : 0, out);
    fputs("' words='", out);
    command_names(cli, " ", out);
    fprintf(out, "' files='%s' ;;\n    esac\n", files_of(&cli->commands[0]));
    fputs("    if [[ $current == -* ]]; then words=$options; fi\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    if [[ $files && $current != -* ]]; then\n"
          "        compopt -o filenames\n"
          "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(\n"
          "            compgen -f -X \"!$files\" -- \"$current\"; compgen -d -- \"$current\")\n"
          "    fi\n",
          out);
    fputs("}\ncomplete -F ", out);
    identifier(cli->program, out);
    fprintf(out, " %s\n", cli->program);
}

/* A help inside single quotes, for zsh's _arguments and _describe. */
static void zsh_words(const char *help, FILE *out) {
    for (const char *c = help; *c; c++) {
        if (*c == '\'')
            fputs("'\\''", out);
        else if (*c == '\n')
            fputc(' ', out);
        else
            fprintf(out, "%s%c", strchr("[]:\\", *c) ? "\\" : "", *c);
    }
}

static void zsh_option(const CliOption *option, int command, FILE *out) {
    const bool word = option->name[1] != '\0';
    fprintf(out, "      '%s%s%s[", option->repeats ? "*" : "", cli_option_text(option),
            !option->operand ? ""
            : word           ? "="
                             : "+");
    zsh_words(cli_option_help(option, command), out);
    fputc(']', out);
    if (option->operand) {
        fputc(':', out);
        zsh_words(option->operand, out);
        fputc(':', out);
        if (cli_choices(option)) {
            fputc('(', out);
            choices(option, out);
            fputc(')', out);
        } else if (is_file(option)) {
            fputs("_files", out);
        }
    }
    fputs("' \\\n", out);
}

/* What the words besides options may be; command -1: none is named yet. */
static void zsh_words_of(const Cli *cli, int command, bool named, FILE *out) {
    const CliCommand *row = command >= 0 ? &cli->commands[command] : NULL;
    const char *files = row ? files_of(row) : "";
    const bool many = row && row->repeats;
    if (named) fputs("      '1:command:'", out);
    if (named && *files) fputs(" \\\n", out);
    if (!named && has_names(cli))
        fprintf(out, "      '1: :{_describe command commands%s%s%s}'",
                *files ? "; _files -g \"" : "", files, *files ? "\"" : "");
    else if (*files)
        fprintf(out, "      '%s:%s:_files -g \"%s\"'",
                many    ? "*"
                : named ? "2"
                        : "1",
                row->operand, files);
}

/* The same for zsh. */
static void zsh_other(const CliCommand *command, FILE *out) {
    fprintf(out, "  (%s)\n    words=(%s \"${(@)words[3,-1]}\")\n    (( CURRENT-- ))\n    _%s ;;\n",
            command->name, command->program, command->program);
}

static void zsh(const Cli *cli, FILE *out) {
    const bool unnamed = !*cli->commands[0].name;
    fprintf(out, "#compdef %s\nlocal -a commands\nlocal command= word\ncommands=(\n", cli->program);
    for (int i = unnamed; i < cli->n_commands; i++) {
        fprintf(out, "  '%s:", cli->commands[i].name);
        zsh_words(cli->commands[i].help, out);
        fputs("'\n", out);
    }
    fputs(")\n", out);
    if (has_names(cli)) {
        fputs("for word in ${words[2,CURRENT-1]}; do\n  case $word in (", out);
        command_names(cli, "|", out);
        fputs(") command=$word; break ;; esac\ndone\n", out);
    }
    fputs("case $command in\n", out);
    for (int i = cli->n_commands - 1; i >= -!unnamed; i--) {
        const bool named = i >= unnamed;
        if (i >= 0 && cli->commands[i].program) {
            zsh_other(&cli->commands[i], out);
            continue;
        }
        fprintf(out, "  (%s)\n    _arguments -s \\\n", named ? cli->commands[i].name : "*");
        for (int k = 0; k < cli->n_options; k++)
            if (i < 0 || cli_takes(&cli->options[k], i)) zsh_option(&cli->options[k], i, out);
        zsh_words_of(cli, i, named, out);
        fputs(" ;;\n", out);
    }
    fputs("esac\n", out);
}

static void fish(const Cli *cli, FILE *out) {
    const unsigned all = (1U << cli->n_commands) - 1;
    fprintf(out, "# fish completion for %s\ncomplete -c %s -%c\n", cli->program, cli->program,
            cli->commands[0].repeats ? 'F' : 'f');
    for (int i = 0; i < cli->n_commands; i++) {
        const CliCommand *command = &cli->commands[i];
        if (!*command->name) continue;
        fprintf(out, "complete -c %s -n __fish_use_subcommand -a %s -d '", cli->program,
                command->name);
        one_line(command->help, "'\\", "\\", out);
        fputs("'\n", out);
        if (command->program)
            fprintf(out,
                    "complete -c %s -n '__fish_seen_subcommand_from %s' -F -a '(complete -C "
                    "(string replace -r \"^\\S+\\s+%s\" %s -- (commandline -cp)))'\n",
                    cli->program, command->name, command->name, command->program);
    }
    if (strcmp(files_of(&cli->commands[0]), "*.lua") == 0)
        fprintf(out, "complete -c %s -a '(__fish_complete_suffix .lua)'\n", cli->program);
    for (int i = 0; i < cli->n_options; i++) {
        const CliOption *option = &cli->options[i];
        const unsigned bits = option->taken | option->needed;
        fprintf(out, "complete -c %s", cli->program);
        if (bits != all && bits != 0) {
            /* If the nameless command takes it, it is offered unless a command that does not take
             * it was seen. */
            const bool unnamed = (bits & 1) && !*cli->commands[0].name;
            fprintf(out, " -n '%s__fish_seen_subcommand_from", unnamed ? "not " : "");
            for (int k = 0; k < cli->n_commands; k++)
                if (*cli->commands[k].name && (bits >> k & 1) != unnamed)
                    fprintf(out, " %s", cli->commands[k].name);
            fputc('\'', out);
        }
        fprintf(out, " -%c %s", option->name[1] ? 'l' : 's', option->name);
        if (cli_choices(option) && option->operand) {
            fputs(" -x -a '", out);
            choices(option, out);
            fputc('\'', out);
        } else if (option->operand) {
            fputs(is_file(option) ? " -r -F" : " -x", out);
        }
        fputs(" -d '", out);
        one_line(option->help, "'\\", "\\", out);
        fputs("'\n", out);
    }
}

void cli_page(const Cli *cli, const char *kind, FILE *out) {
    if (strcmp(kind, "man") == 0) cli_man(cli, out);
    if (strcmp(kind, "bash") == 0) bash(cli, out);
    if (strcmp(kind, "zsh") == 0) zsh(cli, out);
    if (strcmp(kind, "fish") == 0) fish(cli, out);
}
