/* Stochastic gradient descent: torch.optim.SGD. */
#include "optimizers.h"

enum { MOMENTUM, DAMPENING, WEIGHT_DECAY, NESTEROV };

static const char *const *moments(const Optimizer *o) {
    static const char *const none[] = {NULL}, *const one[] = {"momentum_buffer", NULL};
    return o->option[MOMENTUM] != 0 ? one : none;
}

static const char *mistake(const Optimizer *o, const char **option) {
    if (o->option[NESTEROV] == 0 || (o->option[MOMENTUM] != 0 && o->option[DAMPENING] == 0))
        return NULL;
    *option = "nesterov";
    return "nesterov needs a momentum and no dampening";
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    const double momentum = o->option[MOMENTUM];
    g += o->option[WEIGHT_DECAY] * *p;
    if (momentum != 0) {
        *m[0] = cut(step == 0 ? g : momentum * *m[0] + (1 - o->option[DAMPENING]) * g);
        g = o->option[NESTEROV] != 0 ? g + momentum * *m[0] : *m[0];
    }
    *p -= lr * g;
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

static void update(Writer *w, const Optimizer *o) {
    load_parameter(w, o->option[WEIGHT_DECAY]);
    if (o->option[MOMENTUM] != 0) {
        w_line(w, "const F16 m = CUT(FMA(SET(k[0]), LOAD(s0 + i), ROUNDED(MUL(SET(k[1]), d))));");
        w_line(w, "STORE(s0 + i, m);");
        w_line(w, o->option[NESTEROV] != 0 ? "d = FMA(SET(k[0]), m, d);" : "d = m;");
    }
    store_parameter(w, o->option[WEIGHT_DECAY], "FMA(SET(k[6]), d, x)");
}

static void factors(Writer *w, const Optimizer *o) {
    w_line(w, "k[0] = (float)%.17g;", o->option[MOMENTUM]);
    w_line(w, "k[1] = step == 0 ? 1.0f : (float)%.17g;", 1 - o->option[DAMPENING]);
    w_line(w, "k[6] = (float)-lr;");
    w_line(w, "k[7] = (float)%.17g;", o->option[WEIGHT_DECAY]);
}

static const OptimizerOption options[] = {
    [MOMENTUM] = REAL_OPTION("momentum", 0, 1, 0, "share of the last step's direction that stays"),
    [DAMPENING] =
        REAL_OPTION("dampening", 0, 1, 0, "share of the gradient that momentum leaves out"),
    [WEIGHT_DECAY] = WEIGHT_DECAY_OPTION(0, "times the parameter, added to its gradient"),
    [NESTEROV] = FLAG_OPTION("nesterov", "look ahead by the momentum"),
};

const OptimizerKind optimizer_sgd = {
    .name = "sgd",
    .help = "gradient descent, with momentum",
    .lr = 1e-3,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .moments = moments,
    .mistake = mistake,
    .reference = reference,
    .update = update,
    .factors = factors,
};
