#include "isa.h"

/* A row F16 is two registers. MAX and MIN have x86's operand order: of unordered operands the
 * second one results. */
extern const char embedded_avx2[];

const Isa isa_avx2 = {
    .name = "avx2",
    .suffix = "_avx2",
    .target = "avx2,fma",
    .supported = "__builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\")",
    .width = 8,
    .registers = 16,
    .max_rows = 6,
    .tile_blocks = 1,
    .vocabulary = embedded_avx2,
};
