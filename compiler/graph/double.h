/* Doubles as text: exact both ways and the same in every locale. */
#ifndef NNGEN_GRAPH_DOUBLE_H
#define NNGEN_GRAPH_DOUBLE_H

#include "../base/arena.h"

/* Text of a finite number: "0.001" or "1e-08" where a decimal fraction of up to 15 digits reads
 * back exactly, else a hexadecimal one such as "0x1.5555555555555p-2". */
const char *double_text(Arena *arena, double value);

/* Reads such a text at `*text` and moves `*text` past it; a malformed one is bug(). */
double double_read(const char **text);

#endif
