/* A program under construction: what identifiers stand for (words of the vocabulary, types, names
 * in scope), statements and memories. */
#include <string.h>

#include "../base/hash.h"
#include "build.h"

static const Word words[] = {
#define WORD(name, result, params) {#name, BASE_##result, params},
#include "words.def"
#undef WORD
};

const char *const base_names[BASE_COUNT] = {"void",    "bool",  "int",    "uint32_t", "size_t",
                                            "uint8_t", "float", "double", "F16",      "I16",
                                            "M16",     "V",     "VI",     "VT",       "NnDrop"};

Symbol *loops_symbol(Loops *l, const char *text, size_t length) {
    Symbol **slot = &l->symbols[hash_name(text, length) % SYMBOL_SLOTS];
    for (Symbol *s = *slot; s; s = s->next)
        if (s->length == length && !memcmp(s->text, text, length)) return s;
    Symbol *s = ARENA_NEW(l->arena, Symbol);
    s->length = length;
    s->text = arena_strndup(l->arena, text, length);
    s->base = BASE_COUNT;
    s->next = *slot;
    return *slot = s;
}

static Symbol *symbol_of(Loops *l, const char *text) {
    return loops_symbol(l, text, strlen(text));
}

void loops_know_words(Loops *l) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        symbol_of(l, words[i].text)->word = &words[i];
    for (int i = 0; i < BASE_COUNT; i++) symbol_of(l, base_names[i])->base = (Base)i;
    symbol_of(l, "int32_t")->base = BASE_INT;
}

Name *loops_declare(Loops *l, const char *text, LoopType type, Memory *memory) {
    Symbol *symbol = symbol_of(l, text);
    if (symbol->name && symbol->name->scope == l->n_open)
        bug("kernel %s declares %s twice", l->kernel, text);
    Name *name = ARENA_NEW(l->arena, Name);
    name->text = symbol->text;
    name->type = type;
    name->memory = memory;
    name->scope = l->n_open;
    name->symbol = symbol;
    name->outer = symbol->name;
    symbol->name = name;
    ARENA_PUSH(l->arena, l->names, l->n_names, l->cap_names, name);
    return name;
}

void loops_leave(Loops *l) {
    while (l->n_names && l->names[l->n_names - 1]->scope == l->n_open) {
        Name *name = l->names[--l->n_names];
        name->symbol->name = name->outer;
    }
    l->n_open--;
}

void loops_place_name(Loops *l, const char *text) {
    Statement *s = l->macro;
    Name *name = loops_declare(l, text, (LoopType){.base = BASE_INT, .constant = true}, NULL);
    ARENA_PUSH(l->arena, s->names, s->n_names, s->cap_names, name);
}

Statement *loops_statement(Loops *l, StatementKind kind) {
    Statement *s = ARENA_NEW(l->arena, Statement);
    s->kind = kind;
    s->line = ++l->n_lines;
    return s;
}

void loops_add(Loops *l, Statement *s) {
    l->printed = NULL;
    Statement *block = l->open[l->n_open - 1];
    ARENA_PUSH(l->arena, block->body, block->n_body, block->cap_body, s);
}

void loops_enter(Loops *l, Statement *s) {
    if (l->n_open) loops_add(l, s);
    ARENA_PUSH(l->arena, l->open, l->n_open, l->cap_open, s);
}

Memory *loops_add_memory(Loops *l, const char *name, Base base, Linear size) {
    Memory *m = ARENA_NEW(l->arena, Memory);
    m->name = name;
    m->base = base;
    m->size = size;
    m->content = (Interval){{.unbounded = true}, {.unbounded = true}};
    ARENA_PUSH(l->arena, l->memories, l->n_memories, l->cap_memories, m);
    return m;
}
