/* A C text cut into its definitions, so that a program gets only the definitions that it uses, as a
 * linker takes members of a library. */
#ifndef NNGEN_BASE_SNIPPETS_H
#define NNGEN_BASE_SNIPPETS_H

#include "writer.h"

/* A macro, type, constant or function, with the comment before it. */
typedef struct Snippet {
    const char *name;
    size_t length;    /* of the name */
    const char *text; /* `size` bytes, whole lines */
    size_t size;
    bool macro;  /* defined by #define */
    bool spaced; /* an empty line stands before it */
    bool used;
} Snippet;

typedef struct Snippets {
    Snippet *list; /* in the order of the text */
    int n, cap;
    int *index, slots; /* hash table of numbers in the list, -1 for none */
} Snippets;

/* Adds the definitions of a text of clang-format's form: a definition begins in the first column,
 * a line that continues it does not, unless it is inside brackets or between #if and #endif, which
 * have one name. A macro that makes definitions takes their name first. Comments before an empty
 * line belong to nothing and are left out. The text stays the caller's and has to live as long. */
void snippets_add(Snippets *snippets, Arena *arena, const char *text);

/* Marks each definition whose name the code uses (comments and strings do not count), then each one
 * that a marked definition uses. */
void snippets_use(Snippets *snippets, const char *code);

/* Writes the used ones in their order, with the empty lines between them. */
void snippets_write(Writer *w, const Snippets *snippets);

#endif
