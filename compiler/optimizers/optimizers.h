/* The optimizers by name. */
#ifndef NNGEN_OPTIMIZERS_OPTIMIZERS_H
#define NNGEN_OPTIMIZERS_OPTIMIZERS_H

#include "../graph/cut.h"
#include "../graph/optimizer.h"

#define OPTIMIZER(name) extern const OptimizerKind optimizer_##name;
#include "optimizers.def"
#undef OPTIMIZER

/* Stores the value as the row of parameters; where weights decay, those below 2^-63 are gone. */
static inline void store_parameter(Writer *w, double weight_decay, const char *value) {
    w_line(w, weight_decay != 0 ? "STORE(p + i, CUT(%s));" : "STORE(p + i, %s);", value);
}

/* Rows of an option table. */
#define REAL_OPTION(name_, low_, high_, preset_, help_)                                            \
    { .name = name_, .help = help_, .low = low_, .high = high_, .preset = preset_ }
#define FLAG_OPTION(name_, help_)                                                                  \
    { .name = name_, .help = help_, .high = 1, .flag = true }
#define WEIGHT_DECAY_OPTION(preset_, help_) REAL_OPTION("weight_decay", 0, 1e6, preset_, help_)

#endif
