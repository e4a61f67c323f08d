/* nngen --weights: compiles the model with a program that writes its state, and runs that. */
#include "weights.h"

#include <stdio.h>

#include "emit/emit.h"
#include "toolchain.h"

/* The program: compiled for one run, so without optimisation. */
static bool make_program(const Unit *u, const char *model, const char *program) {
    static const char *const sources[][2] = {{"share/nngen/constant.c", NULL},
                                             {"share/nngen/nn.c", NULL}};
    Words words = {.arena = u->arena};
    if (!words_compiler(&words) || !words_headers(&words)) return false;
    words_split(&words, "-O0 -w");
    words_add(&words,
              arena_printf(u->arena, "-DNN_MODEL_SYMBOL=%s", emit_symbol(u->arena, u->graph)));
    for (int i = 0; i < 2; i++) {
        const char *source = nngen_file(u->arena, sources[i]);
        if (!source) return false;
        words_add(&words, source);
    }
    words_add(&words, model);
    words_split(&words, "-lm -o");
    words_add(&words, program);
    if (run_words(&words)) return true;
    if (!signal_held())
        fprintf(stderr,
                "nngen: error: %s did not compile the model, as it says above, which --weights "
                "needs; CC=... names another compiler for this machine\n",
                words.list[0]);
    return false;
}

static char *read_text(Arena *arena, const char *path) {
    FILE *f = fopen(path, "r");
    const long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    char *text = size >= 0 ? arena_alloc(arena, (size_t)size + 1, 1) : NULL;
    if (text) {
        rewind(f);
        text[fread(text, 1, (size_t)size, f)] = '\0';
    }
    if (f) fclose(f);
    return text;
}

static const char *make_constant(const Unit *u, const char *folder) {
    const char *model = arena_printf(u->arena, "%s/model.c", folder);
    const char *program = arena_printf(u->arena, "%s/constant", folder);
    const char *constant = arena_printf(u->arena, "%s/constant.c", folder);
    Words words = {.arena = u->arena};
    words_add(&words, program);
    words_add(&words, u->options.weights);
    words_add(&words, constant);
    if (!scratch_write(model, u->product) || !make_program(u, model, program) || !run_words(&words))
        return NULL;
    return read_text(u->arena, constant);
}

bool weights_append(Unit *u) {
    hold_signals();
    const char *folder = scratch_open(u->arena);
    const char *constant = folder ? make_constant(u, folder) : NULL;
    if (folder) scratch_close(folder);
    release_signals();
    if (constant) u->product = arena_printf(u->arena, "%s\n%s", u->product, constant);
    return constant != NULL;
}
