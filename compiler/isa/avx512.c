#include "isa.h"

/* A row F16 is one register, a mask M16 a mask register. */
extern const char embedded_avx512[];

const Isa isa_avx512 = {
    .name = "avx512",
    .suffix = "_avx512",
    .target = "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,popcnt",
    .supported = "__builtin_cpu_supports(\"avx512f\") && __builtin_cpu_supports(\"avx512bw\") && "
                 "__builtin_cpu_supports(\"avx512vl\") && __builtin_cpu_supports(\"avx512dq\")",
    .width = 16,
    .registers = 32,
    .max_rows = 13,
    .tile_blocks = 2,
    .vocabulary = embedded_avx512,
};
