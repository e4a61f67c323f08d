/* The files that a compilation makes: all of them, complete, or none. */
#ifndef NNGEN_OUTPUT_H
#define NNGEN_OUTPUT_H

#include "base/arena.h"

#include <stdbool.h>

typedef struct Output {
    const char *path; /* links are followed */
    const char *text;
    const char *ours; /* NULL, or what a file that is there must have in it to be replaced */
} Output;

/* Whether nngen would write a file of its own at the path, and so may write others beside it: a
 * regular file, or none yet. What is none (a terminal, /dev/null) is written to, not replaced. */
bool output_is_file(const char *path);

/* Writes the outputs under temporary names, and gives them theirs when all are complete: a failure
 * leaves what was there, and a message. */
bool outputs_write(Arena *arena, const Output *outputs, int n);

#endif
