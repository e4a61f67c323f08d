#include "isa.h"
#include "x86.h"

extern const char embedded_avx512[];

const Isa isa_avx512 = {
    .name = "avx512",
    .suffix = "_avx512",
    .machine = X86_MACHINE,
    .header = X86_HEADER,
    .supported = "__builtin_cpu_supports(\"avx512f\") && __builtin_cpu_supports(\"avx512bw\") && "
                 "__builtin_cpu_supports(\"avx512vl\") && __builtin_cpu_supports(\"avx512dq\")",
    .width = 16,
    .registers = 32,
    .memory_operands = true,
    .max_rows = 13,
    .tile_blocks = 2,
    .vocabulary = embedded_avx512,
};
