/* Reads a command line by the tables of commands and options. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

/* Records the problem; false. */
__attribute__((format(printf, 2, 3))) static bool wrong(CliArguments *a, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(a->problem, sizeof a->problem, format, args);
    va_end(args);
    return false;
}

const char *cli_option_text(const CliOption *option) {
    static char texts[4][64];
    static unsigned at;
    char *text = texts[at++ % 4];
    snprintf(text, sizeof *texts, "%s%s", option->name[1] ? "--" : "-", option->name);
    return text;
}

const char *cli_option_help(const CliOption *option, int command) {
    return command >= 0 && (option->other >> command & 1) ? option->other_help : option->help;
}

const char *cli_choices(const CliOption *option) {
    if (option->choices) return option->choices;
    return option->operand && strchr(option->operand, '|') ? option->operand : NULL;
}

int cli_choice(const char *choices, const char **next) {
    const int n = (int)strcspn(choices, "|");
    *next = choices[n] && choices[n + 1] ? choices + n + 1 : NULL;
    return n;
}

bool cli_takes(const CliOption *option, int command) {
    return (option->taken | option->needed) >> command & 1;
}

static bool ends(const CliOption *option) {
    return strcmp(option->name, "help") == 0 || strcmp(option->name, "version") == 0;
}

static bool unknown_option(const Cli *cli, CliArguments *a, const char *word) {
    const char *names[CLI_MAX_OPTIONS + 1] = {NULL};
    const char *name = word + strspn(word, "-");
    const int n = (int)strcspn(name, "="), whole = (int)(name - word) + n;
    char typed[64];
    snprintf(typed, sizeof typed, "%.*s", n, name);
    for (int i = 0; i < cli->n_options; i++) names[i] = cli->options[i].name;
    const char *near = nearest_name(typed, names);
    if (!near) return wrong(a, "unknown option %.*s", whole, word);
    return wrong(a, "unknown option %.*s; did you mean %s%s?", whole, word, near[1] ? "--" : "-",
                 near);
}

static bool take_number(const CliOption *option, CliArguments *a, const char *text, int64_t *out) {
    const char *name = cli_option_text(option), *digits = text + (*text == '-');
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*digits < '0' || *digits > '9' || *end)
        return wrong(a, "%s: whole number wanted, not \"%s\"", name, text);
    *out = value;
    if (errno != ERANGE && value >= option->low && value <= option->high) return true;
    return wrong(a, "%s: %s is out of range, %" PRId64 " to %" PRId64 " wanted", name, text,
                 option->low, option->high);
}

static bool take_choice(const CliOption *option, CliArguments *a, const char *text, int64_t *out) {
    char list[256] = "";
    size_t used = 0;
    const char *choice = cli_choices(option), *next;
    for (*out = 0; choice; choice = next, ++*out) {
        const int n = cli_choice(choice, &next);
        if (strlen(text) == (size_t)n && memcmp(text, choice, (size_t)n) == 0) return true;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s",
                                     !*out  ? ""
                                     : next ? ", "
                                            : " or ",
                                     n, choice);
    }
    return wrong(a, "%s: %s wanted, not \"%s\"", cli_option_text(option), list, text);
}

/* The option's row and where its value begins, NULL: in the next word, if at all. */
static const CliOption *find_option(const Cli *cli, const char *word, const char **value) {
    const bool is_long = word[1] == '-';
    const char *name = strcmp(word, "-h") == 0 ? "help" : word + 1 + is_long;
    const size_t n = is_long || *name == 'h' ? strcspn(name, "=") : 1;
    *value = is_long ? (name[n] ? name + n + 1 : NULL) : name[n] ? name + n : NULL;
    for (int i = 0; i < cli->n_options; i++) {
        const CliOption *option = &cli->options[i];
        if (strlen(option->name) == n && memcmp(option->name, name, n) == 0 &&
            (n == 1 || is_long || name != word + 1))
            return option;
    }
    return NULL;
}

/* Reports that a command has no such option. */
static bool foreign_option(const Cli *cli, CliArguments *a, const CliOption *option) {
    const char *name = cli->commands[a->command].name;
    const char *names[CLI_MAX_OPTIONS + 1] = {NULL};
    for (int i = 0, n = 0; i < cli->n_options; i++)
        if (cli_takes(&cli->options[i], a->command)) names[n++] = cli->options[i].name;
    const char *near = nearest_name(option->name, names);
    return wrong(a, "%s takes no %s%s%s%s%s", *name ? name : cli->program, cli_option_text(option),
                 near ? "; did you mean " : "", near && near[1] ? "--" : "", near ? near : "",
                 near ? "?" : "");
}

/* Takes the option at argv[*at] and moves *at to its last word. */
static bool take_option(const Cli *cli, CliArguments *a, int argc, char **argv, int *at) {
    const char *value;
    const CliOption *option = find_option(cli, argv[*at], &value);
    if (!option) return unknown_option(cli, a, argv[*at]);
    if (a->command >= 0 && !cli_takes(option, a->command)) return foreign_option(cli, a, option);
    const int id = (int)(option - cli->options);
    const char *name = cli_option_text(option);
    if ((a->given >> id & 1) != 0 && option->operand && !option->repeats)
        return wrong(a, "%s: given twice", name);
    a->given |= UINT64_C(1) << id;
    CliArgument *argument = &a->list[a->n++];
    *argument = (CliArgument){.option = id, .text = ""};
    if (!option->operand && !value) return true;
    if (!option->operand && !option->choices) return wrong(a, "%s: takes no value", name);
    if (option->operand && !value) value = ++*at < argc ? argv[*at] : NULL;
    if (!value) return wrong(a, "%s: %s is missing", name, option->operand);
    argument->text = value;
    if (option->high > 0) return take_number(option, a, value, &argument->number);
    if (cli_choices(option)) return take_choice(option, a, value, &argument->number);
    return *value || wrong(a, "%s: empty %s", name, option->operand);
}

static bool unknown_command(const Cli *cli, CliArguments *a, const char *word, bool sure) {
    const char *names[CLI_MAX_COMMANDS + 1] = {NULL};
    int n = 0;
    for (int i = 0; i < cli->n_commands; i++)
        if (*cli->commands[i].name) names[n++] = cli->commands[i].name;
    const char *near = nearest_name(word, names);
    if (near && strcmp(near, word) != 0)
        return wrong(a, "unknown command %s; did you mean %s?", word, near);
    return !sure || wrong(a, "unknown command %s", word);
}

/* Takes a word: a command, or the one that it works on. */
static bool take_word(const Cli *cli, CliArguments *a, const char *word, bool literal) {
    const bool named = a->command >= 0;
    if (!named && !a->operand && (!literal || *cli->commands[0].name)) {
        for (int i = 0; i < cli->n_commands; i++)
            if (*cli->commands[i].name && strcmp(cli->commands[i].name, word) == 0) {
                a->command = i;
                return true;
            }
    }
    const CliCommand *command = &cli->commands[named ? a->command : 0];
    if (!named && *command->name) return unknown_command(cli, a, word, true);
    if (!command->operand)
        return wrong(a, "\"%s\": one command at a time, and options begin with --", word);
    if (a->operand && !command->repeats)
        return (named || unknown_command(cli, a, a->operand, false)) &&
               wrong(a, "one %s at a time, not \"%s\" and \"%s\"", command->operand, a->operand,
                     word);
    if (!a->operand) a->operand = word;
    if (command->repeats) a->operands[a->n_operands++] = word;
    return true;
}

/* Whether the command has the options that it needs and no others. */
static bool check_command(const Cli *cli, CliArguments *a) {
    const CliCommand *command = &cli->commands[a->command];
    const char *name = *command->name ? command->name : cli->program;
    bool excused = false;
    for (int i = 0; i < cli->n_options; i++)
        excused = excused || ((a->given >> i & 1) != 0 && ends(&cli->options[i]));
    for (int i = 0; i < cli->n_options; i++) {
        const CliOption *option = &cli->options[i];
        const bool given = (a->given >> i & 1) != 0;
        if (given && !cli_takes(option, a->command)) return foreign_option(cli, a, option);
        if (!given && (option->needed >> a->command & 1) && !excused)
            return wrong(a, "%s needs %s %s", name, cli_option_text(option), option->operand);
    }
    return excused || !command->operand || a->operand ||
           wrong(a, "%s needs %s", name, command->operand);
}

bool cli_parse(const Cli *cli, int argc, char **argv, CliArguments *a) {
    a->command = -1;
    a->operand = NULL;
    a->n_operands = 0;
    a->n = 0;
    a->given = 0;
    *a->problem = '\0';
    bool literal = false;
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (!literal && strcmp(word, "--") == 0)
            literal = true;
        else if (!literal && word[0] == '-' && word[1] ? !take_option(cli, a, argc, argv, &at)
                                                       : !take_word(cli, a, word, literal))
            return false;
    }
    if (a->command < 0 && !*cli->commands[0].name) a->command = 0;
    if (a->command >= 0) return check_command(cli, a);
    for (int i = 0; i < a->n; i++)
        if (ends(&cli->options[a->list[i].option])) return true;
    return wrong(a, "a command is missing");
}
