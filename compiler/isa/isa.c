/* The list of instruction sets, and code in their words. */
#include "isa.h"

#include <string.h>

#include "../base/snippets.h"

#define ISA(name) extern const Isa isa_##name;
#include "isas.def"
#undef ISA
extern const Isa isa_portable;
extern const char embedded_common[]; /* the same for all: exp, log, hash */

const Isa *const all_isas[ISA_COUNT + 1] = {
#define ISA(name) &isa_##name,
#include "isas.def"
#undef ISA
    &isa_portable, NULL};

const Isa *isa_by_name(const char *name) {
    for (int i = 0; all_isas[i]; i++)
        if (!strcmp(all_isas[i]->name, name)) return all_isas[i];
    return NULL;
}

void isa_write(Arena *arena, Writer *w, const Isa *isa, const char *code) {
    Snippets words = {0};
    snippets_add(&words, arena, isa->vocabulary);
    snippets_add(&words, arena, embedded_common);
    snippets_use(&words, code);
    for (int i = 0; i < words.n; i++)
        if (words.list[i].used && !words.list[i].macro)
            w_line(w, "#define %s %s%s", words.list[i].name, words.list[i].name, isa->suffix);
    w_line(w, "%s", "");
    snippets_write(w, &words);
    w_line(w, "%s", "");
    w_raw(w, code);
    for (int i = 0; i < words.n; i++)
        if (words.list[i].used) w_line(w, "#undef %s", words.list[i].name);
}
