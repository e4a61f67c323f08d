/* `nngen build`: runs the C compiler on generated code and the runtime, and replaces the output
 * last. */
#define _XOPEN_SOURCE 700

#include "build.h"

#include <errno.h>
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
#ifndef NNGEN_MPI_LIBRARIES
#define NNGEN_MPI_LIBRARIES "" /* files, between semicolons */
#endif

/* Files for the compiler alone. */
typedef struct Scratch {
    const char *folder;        /* also the compiler's own $TMPDIR */
    const char *model, *other; /* the generated C; the main file, or the list of exported symbols */
    const char *made;          /* beside the file that is to be replaced */
} Scratch;

static bool open_scratch(const Unit *u, Scratch *s) {
    const Options *o = &u->options;
    s->folder = scratch_open(u->arena);
    if (!s->folder) return false;
    s->model = arena_printf(u->arena, "%s/%s.c", s->folder, u->graph->name);
    s->other = arena_printf(u->arena, "%s/nngen.%s", s->folder, o->shared ? "map" : "main.c");
    const char *symbol = emit_symbol(u->arena, u->graph);
    const char *model = u->product;
    /* A name that is the same for all libraries, for programs that load one at run time. */
    if (o->shared)
        model =
            arena_printf(u->arena, "%s\nconst NnModel *const nngen_model = &%s;\n", model, symbol);
    const char *other =
        o->shared ? arena_printf(u->arena, "{ global: nngen_model; %s; local: *; };\n", symbol)
                  : emit_main(u->plan);
    return scratch_write(s->model, model) && scratch_write(s->other, other);
}

static void close_scratch(const Scratch *s) {
    if (s->made) remove(s->made);
    if (s->folder) scratch_close(s->folder);
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

/* The library by which programs work together, if the MPI is still there that it was made for;
 * NULL: programs are made without. */
static const char *mpi_library(const Unit *u) {
    static const char *const places[] = {"lib/libnngen_mpi.a", "libnngen_mpi.a", NULL};
    const char *at = NNGEN_MPI_LIBRARIES;
    if (!*at) return NULL;
    for (size_t length; *at; at += length + (at[length] == ';')) {
        length = strcspn(at, ";");
        if (access(arena_printf(u->arena, "%.*s", (int)length, at), R_OK) != 0) return NULL;
    }
    return nngen_found(u->arena, places);
}

/* The command line; false, with a message, if something of it is missing. */
static bool make_words(const Unit *u, const Scratch *s, Words *words) {
    static const char *const main_file[] = {"share/nngen/main.c", NULL};
    /* Installed, and in the folder where nngen was built. */
    static const char *const libraries[][3] = {
        {"lib/libnngen_runtime.a", "libnngen_runtime.a", NULL},
        {"lib/libnngraph.a", "libnngraph.a", NULL},
    };
    const char *mpi = u->options.shared ? NULL : mpi_library(u);
    if (!words_compiler(words) || !words_headers(words)) return false;
    words_split(words, "-O2");
    if (u->options.shared) {
        words_split(words, "-fPIC -shared");
        words_add(words, arena_printf(u->arena, "-Wl,--version-script=%s", s->other));
    } else {
        const char *main_c = nngen_file(u->arena, main_file);
        if (!main_c) return false;
        words_add(words, "-DNDEBUG");
        if (mpi) words_add(words, "-DNN_MPI");
        words_add(words, arena_printf(u->arena, "-I%s",
                                      path_folder(u->arena, path_folder(u->arena, main_c))));
        words_add(words, s->other);
    }
    words_split(words, getenv("CFLAGS"));
    words_add(words, s->model);
    words_split(words, getenv("LDFLAGS"));
    if (mpi) words_add(words, mpi);
    for (int i = 0; i < 2 && !u->options.shared; i++) {
        const char *library = nngen_file(u->arena, libraries[i]);
        if (!library) return false;
        words_add(words, library);
    }
    for (const char *at = mpi ? NNGEN_MPI_LIBRARIES : ""; *at;
         at += strcspn(at, ";"), at += *at == ';')
        words_add(words, arena_printf(u->arena, "%.*s", (int)strcspn(at, ";"), at));
    words_split(words, u->options.shared ? "-lm" : NNGEN_LINK_FLAGS);
    words_add(words, "-o");
    words_add(words, s->made);
    return true;
}

static bool run(const Unit *u, const Scratch *s, const char *name) {
    Words words = {.arena = u->arena};
    if (!make_words(u, s, &words)) return false;
    if (run_words(&words)) return rename(s->made, name) == 0 || scratch_failed(u->options.output);
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
