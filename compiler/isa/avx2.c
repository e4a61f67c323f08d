#include "isa.h"
#include "x86.h"

extern const char embedded_avx2[];

const Isa isa_avx2 = {
    .name = "avx2",
    .suffix = "_avx2",
    .machine = X86_MACHINE,
    .header = X86_HEADER,
    .supported = "__builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\")",
    .width = 8,
    .registers = 16,
    .memory_operands = true,
    .max_rows = 6,
    .tile_blocks = 1,
    .vocabulary = embedded_avx2,
};
