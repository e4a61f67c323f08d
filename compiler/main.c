/* nngen: architecture file in, C out. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline.h"
#include "version.h"

static void help(FILE *out) {
    fputs("usage: nngen [options] ARCH.lua > FILE.c\n"
          "Compiles a description of a neural network to C.\n\n"
          "  -o FILE              write to FILE instead of standard output\n"
          "  -D NAME=VALUE        value of nn.param(\"NAME\", ...)\n"
          "  --isa=LIST           instruction sets: avx512,avx2,portable (default: all)\n"
          "  --optimize=on|off    make fast code; off leaves out all that only serves speed\n"
          "                       (default: on)\n"
          "  --winograd=on|off    use Winograd convolutions where they pay (default: on)\n"
          "  --inference          only what prediction needs\n"
          "  --emit=KIND          c, summary, graph, dot, plan or main (default: c)\n"
          "  --dump=PASS|all      show the result of a pass on standard error\n"
          "  --stop=PASS          end after a pass and write its result\n"
          "  --time-passes        show how long each pass took\n"
          "  --help, --version\n\npasses:",
          out);
    for (int i = 0; pipeline_passes[i]; i++) fprintf(out, " %s", pipeline_passes[i]);
    fputc('\n', out);
}

static _Noreturn void usage(const char *format, const char *a, const char *b) {
    fputs("nngen: error: ", stderr);
    fprintf(stderr, format, a, b);
    fputs("\nTry `nngen --help`.\n", stderr);
    exit(2);
}

static const char *const long_options[] = {
    "--isa",  "--optimize", "--winograd",    "--inference", "--emit", "--dump",
    "--stop", "--help",     "--time-passes", "--version",   NULL};

/* The value of `--name=value` or `--name value`; NULL if the argument is another option. */
static const char *value_of(const char *name, int argc, char **argv, int *i) {
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0) return NULL;
    if (argv[*i][n] == '=') return argv[*i] + n + 1;
    if (argv[*i][n]) return NULL;
    if (*i + 1 >= argc) usage("%s needs a value", name, "");
    return argv[++*i];
}

static void parse_isas(Options *o, const char *list) {
    bool wanted[8] = {false};
    char *copy = strdup(list), *save = NULL;
    if (!copy) exit(1);
    for (char *name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        const Isa *isa = isa_by_name(name);
        if (!isa) usage("unknown instruction set `%s`; there are avx512, avx2, portable", name, "");
        for (int i = 0; all_isas[i]; i++) wanted[i] = wanted[i] || all_isas[i] == isa;
    }
    free(copy);
    int n = 0;
    for (int i = 0; all_isas[i]; i++)
        if (wanted[i]) o->isas[n++] = all_isas[i];
    o->isas[n] = NULL;
    if (!n) usage("--isa needs at least one instruction set", "", "");
}

static EmitKind parse_emit(const char *kind) {
    static const char *const kinds[] = {"c", "summary", "graph", "dot", "plan", "main"};
    for (int i = 0; i < 6; i++)
        if (!strcmp(kind, kinds[i])) return (EmitKind)i;
    usage("unknown kind `%s` to emit; there are c, summary, graph, dot, plan, main", kind, "");
}

static const char *pass_name(const char *option, const char *name) {
    if (!strcmp(name, "all") && !strcmp(option, "--dump")) return name;
    for (int i = 0; pipeline_passes[i]; i++)
        if (!strcmp(name, pipeline_passes[i])) return name;
    usage("%s: unknown pass `%s`", option, name);
}

static bool on_or_off(const char *option, const char *value) {
    bool on = !strcmp(value, "on");
    if (!on && strcmp(value, "off") != 0) usage("%s is on or off, not `%s`", option, value);
    return on;
}

static void parse_define(Unit *u, const char *text) {
    const char *eq = strchr(text, '=');
    if (!eq || eq == text) usage("-D wants NAME=VALUE, got `%s`", text, "");
    char *name = arena_strdup(u->arena, text);
    name[eq - text] = '\0';
    Options *o = &u->options;
    Define *grown = ARENA_ARRAY(u->arena, Define, o->n_defines + 1);
    if (o->n_defines) memcpy(grown, o->defines, sizeof *grown * (size_t)o->n_defines);
    grown[o->n_defines++] = (Define){name, name + (eq - text) + 1};
    o->defines = grown;
}

static void parse(Unit *u, int argc, char **argv) {
    Options *o = &u->options;
    const char *v;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (a[0] != '-' || !a[1]) {
            if (o->input) usage("two architecture files: `%s` and `%s`", o->input, a);
            o->input = a;
        } else if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
            help(stdout);
            exit(0);
        } else if (!strcmp(a, "--version")) {
            puts("nngen " NNGEN_VERSION);
            exit(0);
        } else if (!strcmp(a, "--time-passes")) {
            o->time_passes = true;
        } else if (!strcmp(a, "--inference")) {
            o->inference = true;
        } else if (!strncmp(a, "-o", 2)) {
            if (!a[2] && i + 1 >= argc) usage("-o needs a file name", "", "");
            o->output = a[2] ? a + 2 : argv[++i];
        } else if (!strncmp(a, "-D", 2)) {
            if (!a[2] && i + 1 >= argc) usage("-D needs NAME=VALUE", "", "");
            parse_define(u, a[2] ? a + 2 : argv[++i]);
        } else if ((v = value_of("--isa", argc, argv, &i))) {
            parse_isas(o, v);
        } else if ((v = value_of("--winograd", argc, argv, &i))) {
            o->winograd = on_or_off("--winograd", v);
        } else if ((v = value_of("--optimize", argc, argv, &i))) {
            o->optimize = on_or_off("--optimize", v);
        } else if ((v = value_of("--emit", argc, argv, &i))) {
            o->emit = parse_emit(v);
        } else if ((v = value_of("--dump", argc, argv, &i))) {
            o->dump = pass_name("--dump", v);
        } else if ((v = value_of("--stop", argc, argv, &i))) {
            o->stop = pass_name("--stop", v);
        } else {
            const char *near = nearest_name(a, long_options);
            if (near) usage("unknown option `%s`; did you mean `%s`?", a, near);
            usage("unknown option `%s`", a, "");
        }
    }
    if (!o->input) usage("no architecture file", "", "");
    struct stat in, out;
    if (o->output && stat(o->input, &in) == 0 && stat(o->output, &out) == 0 &&
        S_ISREG(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        usage("-o %s would replace the architecture file", o->output, "");
}

/* Writes to a temporary name beside the file, so that a failure leaves what was there. A link stays
 * one, and what is no file (a terminal, /dev/null) is written to, not replaced. */
static bool write_file(Arena *arena, const char *path, const char *text) {
    struct stat info;
    const bool exists = stat(path, &info) == 0, device = exists && !S_ISREG(info.st_mode);
    if (!exists && lstat(path, &info) == 0) {
        fprintf(
            stderr,
            "nngen: error: %s is a link to what is not there; remove it, or make a file where it "
            "leads\n",
            path);
        return false;
    }
    char *real = exists ? realpath(path, NULL) : NULL;
    const char *name = real ? arena_strdup(arena, real) : path;
    free(real);
    const char *written = name;
    FILE *f = device ? fopen(name, "w") : NULL;
    for (int serial = 0; !device && !f && (serial == 0 || errno == EEXIST); serial++) {
        written = arena_printf(arena, "%s.tmp.%ld-%d", name, (long)getpid(), serial);
        f = fopen(written, "wx"); /* not through a link that someone put there */
    }
    if (f && exists && !device) (void)fchmod(fileno(f), info.st_mode & 07777);
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    ok = ok && (device || rename(written, name) == 0);
    if (ok) return true;
    fprintf(stderr, "nngen: error: cannot write %s: %s\n", path, strerror(errno));
    if (f && !device) remove(written);
    return false;
}

int main(int argc, char **argv) {
    Unit u = {.arena = arena_new()};
    u.diag = diag_new(u.arena);
    u.options.optimize = u.options.winograd = true;
    for (int i = 0; all_isas[i]; i++) u.options.isas[i] = all_isas[i];
    parse(&u, argc, argv);
    bool ok = pipeline_run(&u);
    diag_print(u.diag, stderr);
    if (ok && u.options.output) {
        ok = write_file(u.arena, u.options.output, u.product);
    } else if (ok) {
        ok = fputs(u.product, stdout) >= 0 && fflush(stdout) == 0;
        if (!ok)
            fprintf(stderr, "nngen: error: cannot write to standard output: %s\n", strerror(errno));
    }
    arena_free(u.arena);
    return ok ? 0 : 1;
}
