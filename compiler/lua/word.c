/* The words of `nn` are noted as they are made, for editors. */
#include <string.h>

#include "front.h"

void word_set(lua_State *L, const Word *word) {
    Front *f = front_of(L);
    int i = 0; /* of an op that is a function a later word may take the place */
    while (i < f->n_words && strcmp(f->words[i].name, word->name) != 0) i++;
    if (i < f->n_words)
        f->words[i] = *word;
    else
        ARENA_PUSH(f->arena, f->words, f->n_words, f->cap_words, *word);
    lua_setfield(L, -2, word->name);
}

void word_add(lua_State *L, const Word *words) {
    for (; words->name; words++) {
        lua_pushcfunction(L, words->function);
        word_set(L, words);
    }
}

void word_class(lua_State *L, const char *name, const OptionSpec *specs, int n, const char *also) {
    Front *f = front_of(L);
    const Word class = {.name = name, .specs = specs, .n_specs = n, .also = also};
    ARENA_PUSH(f->arena, f->words, f->n_words, f->cap_words, class);
}
