/* The table of optimizers, from optimizers.def. */
#include <stddef.h>

#include "optimizers.h"

const OptimizerKind *const all_optimizers[] = {
#define OPTIMIZER(name) &optimizer_##name,
#include "optimizers.def"
#undef OPTIMIZER
    NULL};
