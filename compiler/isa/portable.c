#include "isa.h"

/* Vectors of four in the compilers' vector extension, so that any machine runs it; a fused
 * multiply-add is a call of fmaf where the machine has none. max and min are written out with x86's
 * operand order: of unordered operands the second one results. */
extern const char embedded_portable[];

const Isa isa_portable = {
    .name = "portable",
    .suffix = "_portable",
    .target = NULL,
    .supported = "true",
    .width = 4,
    .registers = 16,
    .max_rows = 2,
    .tile_blocks = 1,
    .vocabulary = embedded_portable,
};
