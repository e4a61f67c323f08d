/* `nngen build`: runs the C compiler on generated code and the runtime, and replaces the output
 * last. */
#define _XOPEN_SOURCE 700

#include "build.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit/emit.h"
#include "toolchain.h"

#ifndef NNGEN_LINK_FLAGS
#define NNGEN_LINK_FLAGS "" /* a build without the runtime */
#endif

/* Files for the compiler alone. */
typedef struct Scratch {
    const char *folder;        /* also the compiler's own $TMPDIR */
    const char *model, *other; /* the generated C; the main file, or the list of exported symbols */
    const char *made;          /* beside the file that is to be replaced */
} Scratch;

static bool failed(const char *path) {
    fprintf(stderr, "nngen: error: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

static bool write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok || failed(path);
}

static bool open_scratch(const Unit *u, Scratch *s) {
    const Options *o = &u->options;
    const char *temporary = getenv("TMPDIR");
    char *folder =
        arena_printf(u->arena, "%s/nngen-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) return failed(folder);
    s->folder = folder;
    if (setenv("TMPDIR", folder, 1) != 0) return failed(folder);
    s->model = arena_printf(u->arena, "%s/%s.c", folder, u->graph->name);
    s->other = arena_printf(u->arena, "%s/nngen.%s", folder, o->shared ? "map" : "main.c");
    const char *other = o->shared ? arena_printf(u->arena, "{ global: %s; local: *; };\n",
                                                 emit_symbol(u->arena, u->graph))
                                  : emit_main(u->plan);
    return write_text(s->model, u->product) && write_text(s->other, other);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place) {
    (void)info, (void)type, (void)place;
    return remove(path), 0; /* go on */
}

static void close_scratch(const Scratch *s) {
    if (s->made) remove(s->made);
    if (s->folder) nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Follows links of the output's path. Returns NULL, with a message, if it is no regular file. */
static const char *destination(Arena *arena, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) return path;
    if (!S_ISREG(info.st_mode)) {
        fprintf(stderr, "nngen: error: %s is there and is no file; -o FILE gives another name\n",
                path);
        return NULL;
    }
    char *real = realpath(path, NULL);
    const char *name = real ? arena_strdup(arena, real) : path;
    free(real);
    return name;
}

/* The folder that a file lies in. */
static const char *folder_of(Arena *arena, const char *path) {
    return arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));
}

/* The command line; false, with a message, if something of it is missing. */
static bool make_words(const Unit *u, const Scratch *s, Words *words) {
    static const char *const header[] = {"include/nngen/model.h", NULL};
    static const char *const main_file[] = {"share/nngen/main.c", NULL};
    /* Installed, and in the folder where nngen was built. */
    static const char *const libraries[][3] = {
        {"lib/libnngen_runtime.a", "libnngen_runtime.a", NULL},
        {"lib/libnngraph.a", "libnngraph.a", NULL},
    };
    if (!words_compiler(words)) return false;
    const char *model_h = nngen_file(u->arena, header);
    if (!model_h) return false;
    words_split(words, "-std=c11 -O2 -ffp-contract=off");
    words_add(words, arena_printf(u->arena, "-I%s", folder_of(u->arena, model_h)));
    if (u->options.shared) {
        words_split(words, "-fPIC -shared");
        words_add(words, arena_printf(u->arena, "-Wl,--version-script=%s", s->other));
    } else {
        const char *main_c = nngen_file(u->arena, main_file);
        if (!main_c) return false;
        words_add(words, "-DNDEBUG");
        words_add(words,
                  arena_printf(u->arena, "-I%s", folder_of(u->arena, folder_of(u->arena, main_c))));
        words_add(words, s->other);
    }
    words_split(words, getenv("CFLAGS"));
    words_add(words, s->model);
    words_split(words, getenv("LDFLAGS"));
    for (int i = 0; i < 2 && !u->options.shared; i++) {
        const char *library = nngen_file(u->arena, libraries[i]);
        if (!library) return false;
        words_add(words, library);
    }
    words_split(words, u->options.shared ? "-lm" : NNGEN_LINK_FLAGS);
    words_add(words, "-o");
    words_add(words, s->made);
    return true;
}

static bool run(const Unit *u, const Scratch *s, const char *name) {
    Words words = {.arena = u->arena};
    if (!make_words(u, s, &words)) return false;
    if (run_words(&words)) return rename(s->made, name) == 0 || failed(u->options.output);
    if (signal_held()) return false;
    fprintf(
        stderr,
        "nngen: error: %s did not make %s, as it says above; CC=... names another compiler, and "
        "nngen -o FILE.c %s writes the C%s\n",
        words.list[0], u->options.output, u->options.input,
        u->options.shared ? ""
                          : "; a program also needs Jansson and zlib (Debian: apt install "
                            "libjansson-dev zlib1g-dev)");
    return false;
}

bool build(const Unit *u) {
    Scratch s = {NULL, NULL, NULL, NULL};
    const char *name = destination(u->arena, u->options.output);
    if (!name) return false;
    s.made = arena_printf(u->arena, "%s.tmp.%ld", name, (long)getpid());
    hold_signals();
    const bool ok = open_scratch(u, &s) && run(u, &s, name);
    close_scratch(&s);
    release_signals();
    return ok;
}
