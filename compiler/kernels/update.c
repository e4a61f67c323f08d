/* Optimizer updates over runs of the parameter arena, PyTorch's formulas. The sum of the chunks'
 * gradients, in order, is part of the pass. Roots are exact; a divider would take as long as them,
 * so quotients are multiply-adds. The factors of a step are computed in double, once, and rounded.
 */
#include "../graph/interpreter.h"
#include "family.h"

static bool never(const Node *node) {
    (void)node;
    return false;
}

/* k[0..]: see write_factors. */
static void write_adam(Writer *w, const Optimizer *o, bool decoupled) {
    if (o->weight_decay != 0 && !decoupled) w_line(w, "d = FMA(SET(k[7]), x, d);");
    w_line(w, "const F16 m = FMA(SET(k[0]), LOAD(s0 + i), ROUNDED(MUL(SET(k[1]), d)));");
    w_line(
        w,
        "const F16 v = FMA(SET(k[2]), LOAD(s1 + i), ROUNDED(MUL(SET(k[3]), ROUNDED(MUL(d, d)))));");
    w_line(w, "STORE(s0 + i, m);");
    w_line(w, "STORE(s1 + i, v);");
    if (decoupled) w_line(w, "x = ROUNDED(MUL(SET(k[7]), x));");
    w_line(w, "const F16 root = FMA(SQRT(v), SET(k[4]), SET(k[5]));");
    w_line(w, "STORE(p + i, FMA(SET(k[6]), QUOTIENT(m, root), x));");
}

static void write_sgd(Writer *w, const Optimizer *o) {
    if (o->weight_decay != 0) w_line(w, "d = FMA(SET(k[7]), x, d);");
    if (o->momentum != 0) {
        w_line(w, "const F16 m = FMA(SET(k[0]), LOAD(s0 + i), ROUNDED(MUL(SET(k[1]), d)));");
        w_line(w, "STORE(s0 + i, m);");
        w_line(w, o->nesterov ? "d = FMA(SET(k[0]), m, d);" : "d = m;");
    }
    w_line(w, "STORE(p + i, FMA(SET(k[6]), d, x));");
}

static int slot_of(const Optimizer *o, const char *name) {
    const char *const *s = optimizer_slots(o);
    for (int i = 0; s[i]; i++) {
        int j = 0;
        while (name[j] && s[i][j] == name[j]) j++;
        if (!name[j] && !s[i][j]) return i;
    }
    bug("the optimizer has no moment %s", name);
}

static void write_rmsprop(Writer *w, const Optimizer *o) {
    int v = slot_of(o, "square_avg");
    if (o->weight_decay != 0) w_line(w, "d = FMA(SET(k[7]), x, d);");
    w_line(
        w,
        "const F16 v = FMA(SET(k[2]), LOAD(s%d + i), ROUNDED(MUL(SET(k[3]), ROUNDED(MUL(d, d)))));",
        v);
    w_line(w, "STORE(s%d + i, v);", v);
    if (o->centered) {
        int a = slot_of(o, "grad_avg");
        w_line(w, "const F16 a = FMA(SET(k[2]), LOAD(s%d + i), ROUNDED(MUL(SET(k[3]), d)));", a);
        w_line(w, "STORE(s%d + i, a);", a);
        w_line(w, "const F16 root = ADD(SQRT(MAX(SET(0.0f), FMA(NEG(a), a, v))), SET(k[5]));");
    } else {
        w_line(w, "const F16 root = ADD(SQRT(v), SET(k[5]));");
    }
    w_line(w, "d = QUOTIENT(d, root);");
    if (o->momentum != 0) {
        int m = slot_of(o, "momentum_buffer");
        w_line(w, "d = FMA(SET(k[0]), LOAD(s%d + i), d);", m);
        w_line(w, "STORE(s%d + i, d);", m);
    }
    w_line(w, "STORE(p + i, FMA(SET(k[6]), d, x));");
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    const Optimizer *o = k->optimizer;
    w_open(w, "for (int i = 0; i < n; i += 16)");
    w_line(w, "F16 d = LOAD(g + i);");
    w_line(w, "for (int c = 1; c < chunks; c++) d = ADD(d, LOAD(g + (size_t)c * stride + i));");
    bool rewrites = o->kind == OPTIMIZER_ADAMW;
    w_line(w, rewrites ? "F16 x = LOAD(p + i);" : "const F16 x = LOAD(p + i);");
    switch (o->kind) {
    case OPTIMIZER_SGD:
        write_sgd(w, o);
        break;
    case OPTIMIZER_ADAM:
        write_adam(w, o, false);
        break;
    case OPTIMIZER_ADAMW:
        write_adam(w, o, true);
        break;
    case OPTIMIZER_RMSPROP:
        write_rmsprop(w, o);
        break;
    case OPTIMIZER_COUNT:
        bug("no such optimizer");
    }
    w_close(w);
}

static void write_factors(Writer *w, const Kernel *k) {
    const Optimizer *o = k->optimizer;
    bool adam = o->kind == OPTIMIZER_ADAM || o->kind == OPTIMIZER_ADAMW;
    if (adam) {
        w_line(w, "const double c1 = nn_difference(1.0, nn_power(%.17g, step + 1));", o->beta1);
        w_line(w, "const double c2 = nn_difference(1.0, nn_power(%.17g, step + 1));", o->beta2);
        w_line(w, "k[0] = (float)%.17g;", o->beta1);
        w_line(w, "k[1] = (float)%.17g;", 1 - o->beta1);
        w_line(w, "k[2] = (float)%.17g;", o->beta2);
        w_line(w, "k[3] = (float)%.17g;", 1 - o->beta2);
        w_line(w, "k[4] = (float)(1.0 / nn_root(c2));");
        w_line(w, "k[6] = (float)(-lr / c1);");
    } else {
        w_line(w, "k[0] = (float)%.17g;", o->momentum);
        if (o->kind == OPTIMIZER_SGD)
            w_line(w, "k[1] = step == 0 ? 1.0f : (float)%.17g;", 1 - o->dampening);
        else
            w_line(w, "k[1] = 1.0f;");
        w_line(w, "k[2] = (float)%.17g;", o->alpha);
        w_line(w, "k[3] = (float)%.17g;", 1 - o->alpha);
        w_line(w, "k[4] = 1.0f;");
        w_line(w, "k[6] = (float)-lr;");
        w_line(w, "(void)step;");
    }
    w_line(w, "k[5] = (float)%.17g;", o->eps);
    if (o->kind == OPTIMIZER_ADAMW)
        w_line(w, "k[7] = (float)nn_difference(1.0, nn_product(lr, %.17g));", o->weight_decay);
    else
        w_line(w, "k[7] = (float)%.17g;", o->weight_decay);
}

const Family family_update = {
    .name = "update",
    .fits = never,
    .write = write,
    .write_factors = write_factors,
};
