/* Lion: X. Chen et al., Symbolic discovery of optimization algorithms, 2023. Steps of one size
 * against the sign of a mean that looks one gradient ahead; weights decay by themselves. */
#include "optimizers.h"

enum { BETA1, BETA2, WEIGHT_DECAY };

static const char *const *moments(const Optimizer *o) {
    static const char *const names[] = {"exp_avg", NULL};
    (void)o;
    return names;
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    const double beta1 = o->option[BETA1], beta2 = o->option[BETA2];
    const double ahead = beta1 * *m[0] + (1 - beta1) * g;
    (void)step;
    *p -= lr * ((ahead > 0) - (ahead < 0) + o->option[WEIGHT_DECAY] * *p);
    *m[0] = cut(beta2 * *m[0] + (1 - beta2) * g);
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

static bool scales(const Optimizer *o) {
    return o->option[WEIGHT_DECAY] != 0;
}

/* What is neither above nor below zero stays: 0, or a NaN. */
static void update(Writer *w, const Optimizer *o) {
    w_line(w, "const F16 m = LOAD(s0 + i), zero = SET(0.0f);");
    w_line(w, "const F16 ahead = FMA(SET(k[0]), m, ROUNDED(MUL(SET(k[1]), d)));");
    w_line(w, "const F16 fall = SELECT(GT(zero, ahead), SET(-1.0f), ahead);");
    w_line(w, "const F16 sign = SELECT(GT(ahead, zero), SET(1.0f), fall);");
    w_line(w, "STORE(s0 + i, CUT(FMA(SET(k[2]), m, ROUNDED(MUL(SET(k[3]), d)))));");
    if (o->option[WEIGHT_DECAY] != 0)
        w_line(w, "const F16 x = ROUNDED(MUL(SET(k[7]), LOAD(p + i)));");
    else
        w_line(w, "const F16 x = LOAD(p + i);");
    store_parameter(w, o->option[WEIGHT_DECAY], "FMA(SET(k[6]), sign, x)");
}

static void factors(Writer *w, const Optimizer *o) {
    mean_factors(w, o->option[BETA1], o->option[BETA2]);
    w_line(w, "k[6] = (float)-lr;");
    w_line(w, "k[7] = (float)nn_difference(1.0, nn_product(lr, %.17g));", o->option[WEIGHT_DECAY]);
}

static const OptimizerOption options[] = {
    [BETA1] = REAL_OPTION("beta1", 0, 1, 0.9, "share of the mean in the step's direction"),
    [BETA2] = REAL_OPTION("beta2", 0, 1, 0.99, "share of the mean of gradients that stays"),
    [WEIGHT_DECAY] =
        WEIGHT_DECAY_OPTION(0, "times lr: the share of the parameter that a step takes away"),
};

const OptimizerKind optimizer_lion = {
    .name = "lion",
    .help = "steps of one size, by the sign of a mean of gradients",
    .lr = 1e-4,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .moments = moments,
    .reference = reference,
    .scales = scales,
    .update = update,
    .factors = factors,
};
