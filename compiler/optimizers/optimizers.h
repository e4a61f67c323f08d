/* The optimizers by name. */
#ifndef NNGEN_OPTIMIZERS_OPTIMIZERS_H
#define NNGEN_OPTIMIZERS_OPTIMIZERS_H

#include "../graph/cut.h"
#include "../graph/optimizer.h"

#define OPTIMIZER(name) extern const OptimizerKind optimizer_##name;
#include "optimizers.def"
#undef OPTIMIZER

/* Declares x, the row of parameters; weights that decay add their share k[7] to the gradient. */
static inline void load_parameter(Writer *w, double weight_decay) {
    w_line(w, "const F16 x = LOAD(p + i);");
    if (weight_decay != 0) w_line(w, "d = FMA(SET(k[7]), x, d);");
}

/* Stores the value as the row of parameters; where weights decay, those below 2^-63 are gone. */
static inline void store_parameter(Writer *w, double weight_decay, const char *value) {
    w_line(w, weight_decay != 0 ? "STORE(p + i, CUT(%s));" : "STORE(p + i, %s);", value);
}

/* Factors k[0] to k[3] of two running means: the share of the first that stays and that of the
 * gradient, and the same of the second. */
static inline void mean_factors(Writer *w, double stays, double second_stays) {
    w_line(w, "k[0] = (float)%.17g;", stays);
    w_line(w, "k[1] = (float)%.17g;", 1 - stays);
    w_line(w, "k[2] = (float)%.17g;", second_stays);
    w_line(w, "k[3] = (float)%.17g;", 1 - second_stays);
}

/* Rows of an option table. */
#define REAL_OPTION(name_, low_, high_, preset_, help_)                                            \
    { .name = name_, .help = help_, .low = low_, .high = high_, .preset = preset_ }
#define FLAG_OPTION(name_, help_)                                                                  \
    { .name = name_, .help = help_, .high = 1, .flag = true }
#define WEIGHT_DECAY_OPTION(preset_, help_) REAL_OPTION("weight_decay", 0, 1e6, preset_, help_)

#endif
