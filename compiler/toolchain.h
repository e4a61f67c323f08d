/* The C compiler, and the files of nngen that it needs. */
#ifndef NNGEN_TOOLCHAIN_H
#define NNGEN_TOOLCHAIN_H

#include <stdbool.h>

#include "base/arena.h"

/* A command line under construction. */
typedef struct Words {
    Arena *arena;
    const char **list; /* NULL-terminated */
    int n, cap;
} Words;

void words_add(Words *words, const char *word);

/* Adds the words of a text that blanks part; NULL has none. */
void words_split(Words *words, const char *text);

/* Adds the C compiler: $CC, which may bring options along, else the first of clang, gcc and cc that
 * is in PATH. False with a message. */
bool words_compiler(Words *words);

/* A file that came with this nngen: the first of the places that is there, below $NNGEN_HOME or the
 * folder above that of the program. `places` is NULL-terminated. NULL with a message. */
const char *nngen_file(Arena *arena, const char *const *places);

/* Runs a program without a shell. False, with a message, if it can't be started or ends badly. A
 * signal that ends nngen ends the program first: *signal is its number, or 0. */
bool run_words(const Words *words, int *signal);

#endif
