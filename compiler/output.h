/* The files that a compilation makes: all of them, complete, or none. */
#ifndef NNGEN_OUTPUT_H
#define NNGEN_OUTPUT_H

#include "base/arena.h"

#include <stdbool.h>

typedef struct Output {
    const char *path; /* links are followed */
    const char *text;
    const char *ours; /* NULL, or text that an existing file must contain to be replaced */
} Output;

/* Whether nngen would make a regular file at the path, and so may write others beside it: there is
 * a regular file, or none yet. Devices (a terminal, /dev/null) are written to, not replaced. */
bool output_is_file(const char *path);

/* Writes the outputs under temporary names and renames them when all are complete. A failure leaves
 * the earlier files and gives a message. */
bool outputs_write(Arena *arena, const Output *outputs, int n);

#endif
