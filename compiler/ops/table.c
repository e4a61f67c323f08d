#include <stddef.h>

#include "ops.h"

const Op *const all_ops[] = {
#define OP(name) &op_##name,
#include "ops.def"
#undef OP
    NULL};
