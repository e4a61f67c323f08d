/* RMSprop: torch.optim.RMSprop. */
#include <math.h>

#include "optimizers.h"

enum { ALPHA, EPS, WEIGHT_DECAY, MOMENTUM, CENTERED };

static const char *const *moments(const Optimizer *o) {
    static const char *const plain[] = {"square_avg", NULL},
                             *const m[] = {"square_avg", "momentum_buffer", NULL},
                             *const c[] = {"square_avg", "grad_avg", NULL},
                             *const mc[] = {"square_avg", "momentum_buffer", "grad_avg", NULL};
    const bool centered = o->option[CENTERED] != 0;
    if (o->option[MOMENTUM] != 0) return centered ? mc : m;
    return centered ? c : plain;
}

/* Place of grad_avg among the moments. */
static int mean_of(const Optimizer *o) {
    return o->option[MOMENTUM] != 0 ? 2 : 1;
}

static void reference(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m) {
    const double alpha = o->option[ALPHA];
    (void)step;
    g += o->option[WEIGHT_DECAY] * *p;
    *m[0] = mean_square(alpha, *m[0], g);
    double root = *m[0];
    if (o->option[CENTERED] != 0) {
        double *mean = m[mean_of(o)];
        *mean = cut(alpha * *mean + (1 - alpha) * g);
        /* Moments that come from floats may have a mean above the root. */
        root = fmax(root - *mean * *mean, 0);
    }
    g /= sqrt(root) + o->option[EPS];
    if (o->option[MOMENTUM] != 0) g = *m[1] = cut(o->option[MOMENTUM] * *m[1] + g);
    *p -= lr * g;
    if (o->option[WEIGHT_DECAY] != 0) *p = cut(*p);
}

static void update(Writer *w, const Optimizer *o) {
    load_parameter(w, o->option[WEIGHT_DECAY]);
    w_line(w, "const F16 v = MEAN_SQUARE(LOAD(s0 + i), d, k[2], k[3]);");
    w_line(w, "STORE(s0 + i, v);");
    if (o->option[CENTERED] != 0) {
        const int a = mean_of(o);
        w_line(w, "const F16 a = CUT(FMA(SET(k[2]), LOAD(s%d + i), ROUNDED(MUL(SET(k[3]), d))));",
               a);
        w_line(w, "STORE(s%d + i, a);", a);
        w_line(w, "const F16 root = ADD(SQRT(MAX(SET(0.0f), FMA(NEG(a), a, v))), SET(k[5]));");
    } else {
        w_line(w, "const F16 root = ADD(SQRT(v), SET(k[5]));");
    }
    w_line(w, "d = QUOTIENT(d, root);");
    if (o->option[MOMENTUM] != 0) {
        w_line(w, "d = CUT(FMA(SET(k[0]), LOAD(s1 + i), d));");
        w_line(w, "STORE(s1 + i, d);");
    }
    store_parameter(w, o->option[WEIGHT_DECAY], "FMA(SET(k[6]), d, x)");
}

static void factors(Writer *w, const Optimizer *o) {
    w_line(w, "k[0] = (float)%.17g;", o->option[MOMENTUM]);
    w_line(w, "k[2] = (float)%.17g;", o->option[ALPHA]);
    w_line(w, "k[3] = (float)%.17g;", 1 - o->option[ALPHA]);
    w_line(w, "k[5] = (float)%.17g;", o->option[EPS]);
    w_line(w, "k[6] = (float)-lr;");
    w_line(w, "k[7] = (float)%.17g;", o->option[WEIGHT_DECAY]);
}

static const OptimizerOption options[] = {
    [ALPHA] = REAL_OPTION("alpha", 0, 1, 0.99, "share of the mean of squares that stays"),
    [EPS] = REAL_OPTION("eps", 0, 1, 1e-8, "added to the root of the mean of squares"),
    [WEIGHT_DECAY] = WEIGHT_DECAY_OPTION(0, "times the parameter, added to its gradient"),
    [MOMENTUM] = REAL_OPTION("momentum", 0, 1, 0, "share of the last step's direction that stays"),
    [CENTERED] = FLAG_OPTION("centered", "take the variance in place of the mean of squares"),
};

const OptimizerKind optimizer_rmsprop = {
    .name = "rmsprop",
    .help = "steps divided by the root of the mean of squared gradients, without correction",
    .lr = 1e-2,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .moments = moments,
    .reference = reference,
    .update = update,
    .factors = factors,
};
