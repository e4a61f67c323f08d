#include "isa.h"

extern const char embedded_neon[];

const Isa isa_neon = {
    .name = "neon",
    .suffix = "_neon",
    .machine = "defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)",
    .header = "<arm_neon.h>",
    .supported = "true",
    .width = 4,
    .registers = 32,
    .max_rows = 6,
    .tile_blocks = 1,
    .vocabulary = embedded_neon,
};
