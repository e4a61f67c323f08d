/* `nngen data`: another program, as it needs libraries that the compiler does without. */
#ifndef NNGEN_DATA_H
#define NNGEN_DATA_H

#include "base/arena.h"

/* Becomes nngen-data, which lies beside nngen; argv[0] is the word `data`. Returns, with the exit
 * status, only after a message. */
int make_data(Arena *arena, char **argv);

#endif
