#include "isa.h"

extern const char embedded_avx512[];

const Isa isa_avx512 = {
    .name = "avx512",
    .suffix = "_avx512",
    .machine = "NN_X86",
    .supported = "__builtin_cpu_supports(\"avx512f\") && __builtin_cpu_supports(\"avx512bw\") && "
                 "__builtin_cpu_supports(\"avx512vl\") && __builtin_cpu_supports(\"avx512dq\")",
    .width = 16,
    .registers = 32,
    .max_rows = 13,
    .tile_blocks = 2,
    .vocabulary = embedded_avx512,
};
