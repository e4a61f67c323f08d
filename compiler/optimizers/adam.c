/* Adam and AdamW: torch.optim.Adam, torch.optim.AdamW. The two differ in where weights decay: in
 * the gradient, or apart from it. */
#include <math.h>

#include "optimizers.h"

enum { BETA1, BETA2, EPS, WEIGHT_DECAY, AMSGRAD };

static bool is_decoupled(const Optimizer *o) {
    return o->kind == &optimizer_adamw;
}

static const char *const *moments(const Optimizer *o) {
    static const char *const two[] = {"exp_avg", "exp_avg_sq", NULL};
    static const char *const three[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", NULL};
    return o->option[AMSGRAD] != 0 ? three : two;
}

static const char *mistake(const Optimizer *o, const char **option) {
    if (o->option[BETA1] == 1) {
        *option = "beta1";
        return "beta1 must be below 1";
    }
    *option = "beta2";
    return o->option[BETA2] == 1 ? "beta2 must be below 1" : NULL;
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    const double beta1 = o->option[BETA1], beta2 = o->option[BETA2];
    if (is_decoupled(o))
        *p *= 1 - lr * o->option[WEIGHT_DECAY];
    else
        g += o->option[WEIGHT_DECAY] * *p;
    *m[0] = cut(beta1 * *m[0] + (1 - beta1) * g);
    *m[1] = mean_square(beta2, *m[1], g);
    const double c1 = 1 - pow(beta1, (double)(step + 1)), c2 = 1 - pow(beta2, (double)(step + 1));
    if (o->option[AMSGRAD] != 0) *m[2] = fmax(*m[1], *m[2]);
    const double squares = *m[o->option[AMSGRAD] != 0 ? 2 : 1];
    *p -= lr / c1 * *m[0] / (sqrt(squares) / sqrt(c2) + o->option[EPS]);
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

static void update(Writer *w, const Optimizer *o) {
    if (is_decoupled(o))
        w_line(w, "F16 x = LOAD(p + i);");
    else
        load_parameter(w, o->option[WEIGHT_DECAY]);
    w_line(w, "const F16 m = CUT(FMA(SET(k[0]), LOAD(s0 + i), ROUNDED(MUL(SET(k[1]), d))));");
    w_line(w, "const F16 v = MEAN_SQUARE(LOAD(s1 + i), d, k[2], k[3]);");
    w_line(w, "STORE(s0 + i, m);");
    w_line(w, "STORE(s1 + i, v);");
    if (is_decoupled(o)) w_line(w, "x = ROUNDED(MUL(SET(k[7]), x));");
    if (o->option[AMSGRAD] != 0) {
        w_line(w, "const F16 most = MAX(LOAD(s2 + i), v);");
        w_line(w, "STORE(s2 + i, most);");
    }
    w_line(w, "const F16 root = FMA(SQRT(%s), SET(k[4]), SET(k[5]));",
           o->option[AMSGRAD] != 0 ? "most" : "v");
    store_parameter(w, o->option[WEIGHT_DECAY], "FMA(SET(k[6]), QUOTIENT(m, root), x)");
}

static void factors(Writer *w, const Optimizer *o) {
    const double beta1 = o->option[BETA1], beta2 = o->option[BETA2];
    w_line(w, "const double c1 = nn_difference(1.0, nn_power(%.17g, step + 1));", beta1);
    w_line(w, "const double c2 = nn_difference(1.0, nn_power(%.17g, step + 1));", beta2);
    mean_factors(w, beta1, beta2);
    w_line(w, "k[4] = (float)(1.0 / nn_root(c2));");
    w_line(w, "k[5] = (float)%.17g;", o->option[EPS]);
    w_line(w, "k[6] = (float)(-lr / c1);");
    if (is_decoupled(o))
        w_line(w, "k[7] = (float)nn_difference(1.0, nn_product(lr, %.17g));",
               o->option[WEIGHT_DECAY]);
    else
        w_line(w, "k[7] = (float)%.17g;", o->option[WEIGHT_DECAY]);
}

#define ADAM_OPTIONS(decay, decay_help)                                                            \
    {                                                                                              \
        [BETA1] = REAL_OPTION("beta1", 0, 1, 0.9, "share of the mean of gradients that stays"),    \
        [BETA2] = REAL_OPTION("beta2", 0, 1, 0.999, "share of the mean of squares that stays"),    \
        [EPS] = REAL_OPTION("eps", 0, 1, 1e-8, "added to the root of the mean of squares"),        \
        [WEIGHT_DECAY] = WEIGHT_DECAY_OPTION(decay, decay_help),                                   \
        [AMSGRAD] = FLAG_OPTION("amsgrad", "divide by the largest mean of squares so far"),        \
    }
static const OptimizerOption adam_options[] =
    ADAM_OPTIONS(0, "times the parameter, added to its gradient");
static const OptimizerOption adamw_options[] =
    ADAM_OPTIONS(0.01, "times lr: the share of the parameter that a step takes away");

#define ADAM(kind, words)                                                                          \
    const OptimizerKind optimizer_##kind = {                                                       \
        .name = #kind,                                                                             \
        .help = words,                                                                             \
        .lr = 1e-3,                                                                                \
        .options = kind##_options,                                                                 \
        .n_options = sizeof kind##_options / sizeof *kind##_options,                               \
        .moments = moments,                                                                        \
        .mistake = mistake,                                                                        \
        .reference = reference,                                                                    \
        .scales = is_decoupled,                                                                    \
        .update = update,                                                                          \
        .factors = factors,                                                                        \
    };
ADAM(adam, "steps divided by the root of the mean of squared gradients")
ADAM(adamw, "Adam whose weights decay by themselves, not by their gradient")
