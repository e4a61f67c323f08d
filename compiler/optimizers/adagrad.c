/* Adagrad: torch.optim.Adagrad. Steps divided by the root of the sum of all squares so far. */
#include <math.h>

#include "optimizers.h"

enum { LR_DECAY, EPS, WEIGHT_DECAY, INITIAL };

static const char *const *moments(const Optimizer *o) {
    static const char *const names[] = {"sum", NULL};
    (void)o;
    return names;
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    g += o->option[WEIGHT_DECAY] * *p;
    if (step == 0) *m[0] += o->option[INITIAL];
    *m[0] = fmax(0x1p-120, *m[0]) + g * g;
    *p -= lr / (1 + (double)step * o->option[LR_DECAY]) * g / (sqrt(*m[0]) + o->option[EPS]);
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

/* The sum is a mean of squares of which all stays. */
static void update(Writer *w, const Optimizer *o) {
    load_parameter(w, o->option[WEIGHT_DECAY]);
    w_line(w, "const F16 before = ADD(LOAD(s0 + i), SET(k[0]));");
    w_line(w, "const F16 v = MEAN_SQUARE(before, d, 1.0f, 1.0f);");
    w_line(w, "STORE(s0 + i, v);");
    w_line(w, "d = QUOTIENT(d, ADD(SQRT(v), SET(k[5])));");
    store_parameter(w, o->option[WEIGHT_DECAY], "FMA(SET(k[6]), d, x)");
}

static void factors(Writer *w, const Optimizer *o) {
    w_line(w, "const double decay = nn_product((double)step, %.17g);", o->option[LR_DECAY]);
    w_line(w, "k[0] = step == 0 ? (float)%.17g : 0.0f;", o->option[INITIAL]);
    w_line(w, "k[5] = (float)%.17g;", o->option[EPS]);
    w_line(w, "k[6] = (float)(-lr / (1.0 + decay));");
    w_line(w, "k[7] = (float)%.17g;", o->option[WEIGHT_DECAY]);
}

static const OptimizerOption options[] = {
    [LR_DECAY] = REAL_OPTION("lr_decay", 0, 1e6, 0, "the rate falls as 1 / (1 + step * lr_decay)"),
    [EPS] = REAL_OPTION("eps", 0, 1, 1e-10, "added to the root of the sum of squares"),
    [WEIGHT_DECAY] = WEIGHT_DECAY_OPTION(0, "times the parameter, added to its gradient"),
    [INITIAL] = REAL_OPTION("initial_accumulator_value", 0, 1e30, 0, "the sum before all squares"),
};

const OptimizerKind optimizer_adagrad = {
    .name = "adagrad",
    .help = "steps divided by the root of the sum of squared gradients",
    .lr = 1e-2,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .moments = moments,
    .reference = reference,
    .update = update,
    .factors = factors,
};
