/* NAdam: torch.optim.NAdam. Adam that looks ahead by a momentum, which grows from step to step:
 * mu(t) = beta1 (1 - 0.96^(t momentum_decay) / 2) in step t = 1, 2, ... */
#include <math.h>

#include "optimizers.h"

enum { BETA1, BETA2, EPS, WEIGHT_DECAY, MOMENTUM_DECAY };

static const char *const *moments(const Optimizer *o) {
    static const char *const names[] = {"exp_avg", "exp_avg_sq", NULL};
    (void)o;
    return names;
}

static const char *mistake(const Optimizer *o, const char **option) {
    *option = "beta2";
    return o->option[BETA2] == 1 ? "beta2 must be below 1" : NULL;
}

static double momentum(const Optimizer *o, double t) {
    return o->option[BETA1] * (1 - 0.5 * pow(0.96, t * o->option[MOMENTUM_DECAY]));
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    const double beta1 = o->option[BETA1], beta2 = o->option[BETA2];
    double product = 1;
    for (int64_t t = 1; t <= step + 1; t++) product *= momentum(o, (double)t);
    const double now = momentum(o, (double)step + 1), next = momentum(o, (double)step + 2);
    g += o->option[WEIGHT_DECAY] * *p;
    *m[0] = cut(beta1 * *m[0] + (1 - beta1) * g);
    *m[1] = mean_square(beta2, *m[1], g);
    const double root = sqrt(*m[1] / (1 - pow(beta2, (double)(step + 1)))) + o->option[EPS];
    *p -= lr * (1 - now) / (1 - product) * g / root;
    *p -= lr * next / (1 - product * next) * *m[0] / root;
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

static void update(Writer *w, const Optimizer *o) {
    w_line(w, "const F16 x = LOAD(p + i);");
    if (o->option[WEIGHT_DECAY] != 0)
        w_line(w, "d = FMA(SET((float)%.17g), x, d);", o->option[WEIGHT_DECAY]);
    w_line(w, "const F16 m = CUT(FMA(SET(k[0]), LOAD(s0 + i), ROUNDED(MUL(SET(k[1]), d))));");
    w_line(w, "const F16 v = MEAN_SQUARE(LOAD(s1 + i), d, k[2], k[3]);");
    w_line(w, "STORE(s0 + i, m);");
    w_line(w, "STORE(s1 + i, v);");
    w_line(w, "const F16 root = FMA(SQRT(v), SET(k[4]), SET(k[5]));");
    w_line(w, "d = FMA(SET(k[6]), d, ROUNDED(MUL(SET(k[7]), m)));");
    store_parameter(w, o->option[WEIGHT_DECAY], "ADD(QUOTIENT(d, root), x)");
}

/* mu(t) in a loop program, of beta1 and the text of t. */
#define MU "nn_product(%.17g, nn_difference(1.0, nn_product(0.5, nn_power(fall, %s))))"

/* The product of the momenta so far, of as many factors as it takes to make it nothing beside 1. */
static void factors(Writer *w, const Optimizer *o) {
    const double beta1 = o->option[BETA1];
    int terms = 1;
    for (double most = 1; most > 0x1p-60; terms++) most *= beta1;
    w_line(w, "const double fall = nn_pow(0.96, %.17g);", o->option[MOMENTUM_DECAY]);
    w_line(w, "double product = 1.0;");
    w_line(w,
           "for (int t = 1; t < %d; t++) product = nn_product(product, t > step + 1 ? 1.0 : " MU
           ");",
           terms + 1, beta1, "t");
    w_line(w, "const double now = " MU ";", beta1, "step + 1");
    w_line(w, "const double next = " MU ";", beta1, "step + 2");
    w_line(w, "const double c2 = nn_difference(1.0, nn_power(%.17g, step + 1));", o->option[BETA2]);
    mean_factors(w, beta1, o->option[BETA2]);
    w_line(w, "k[4] = (float)(1.0 / nn_root(c2));");
    w_line(w, "k[5] = (float)%.17g;", o->option[EPS]);
    w_line(w, "k[6] = (float)(nn_product(-lr, nn_difference(1.0, now)) / nn_difference(1.0, "
              "product));");
    w_line(w, "k[7] = (float)(nn_product(-lr, next) / nn_difference(1.0, nn_product(product, "
              "next)));");
}

static const OptimizerOption options[] = {
    [BETA1] = REAL_OPTION("beta1", 0, 0.999, 0.9, "share of the mean of gradients that stays"),
    [BETA2] = REAL_OPTION("beta2", 0, 1, 0.999, "share of the mean of squares that stays"),
    [EPS] = REAL_OPTION("eps", 0, 1, 1e-8, "added to the root of the mean of squares"),
    [WEIGHT_DECAY] = WEIGHT_DECAY_OPTION(0, "times the parameter, added to its gradient"),
    [MOMENTUM_DECAY] =
        REAL_OPTION("momentum_decay", 0, 1e3, 4e-3, "how fast the momentum grows to beta1"),
};

const OptimizerKind optimizer_nadam = {
    .name = "nadam",
    .help = "Adam that looks ahead by a growing momentum",
    .lr = 2e-3,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .moments = moments,
    .mistake = mistake,
    .reference = reference,
    .update = update,
    .factors = factors,
};
