#include "isa.h"

extern const char embedded_portable[];

const Isa isa_portable = {
    .name = "portable",
    .suffix = "_portable",
    .machine = NULL,
    .supported = "true",
    .width = 4,
    .registers = 16,
    .memory_operands = true,
    .max_rows = 2,
    .tile_blocks = 1,
    .vocabulary = embedded_portable,
};
