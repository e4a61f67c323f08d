/* The optimizers by name. */
#ifndef NNGEN_OPTIMIZERS_OPTIMIZERS_H
#define NNGEN_OPTIMIZERS_OPTIMIZERS_H

#include "../graph/optimizer.h"

#define OPTIMIZER(name) extern const OptimizerKind optimizer_##name;
#include "optimizers.def"
#undef OPTIMIZER

/* Rows of an option table. */
#define REAL_OPTION(name_, low_, high_, preset_, help_)                                            \
    { .name = name_, .help = help_, .low = low_, .high = high_, .preset = preset_ }
#define FLAG_OPTION(name_, help_)                                                                  \
    { .name = name_, .help = help_, .high = 1, .flag = true }
#define WEIGHT_DECAY_OPTION(preset_, help_) REAL_OPTION("weight_decay", 0, 1e6, preset_, help_)

#endif
