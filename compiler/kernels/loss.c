/* Losses and their gradients, a sample at a time. Sums that cross lanes take one fixed tree of 16;
 * the chunk's sum over its samples is in double, in order. */
#include "../ops/ops.h"
#include "family.h"

static bool has(const Kernel *k, const char *param) {
    for (int i = 0; i < k->n_operands; i++) {
        const char *p = k->operands[i].param;
        int j = 0;
        while (p[j] && p[j] == param[j]) j++;
        if (!p[j] && !param[j]) return true;
    }
    return false;
}

static bool fits_softmax(const Node *node) {
    return node->op == &op_cross_entropy || node->op == &op_cross_entropy_grad;
}

/* x: logits [n][stride]; t: labels; sum: the chunk's loss; dx: gradient, scaled by `g` = upstream /
 * B. */
static void write_softmax(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Layout x = k->in;
    int rest = x.C % LANES, whole = x.C - rest;
    if (has(k, "sum")) w_line(w, "double total = 0.0;");
    w_open(w, "for (int s = 0; s < n; s++)");
    w_line(w, "const float *z = x + s * %d;", x.stride);
    /* Lanes past the last class repeat the first logit for the maximum. */
    if (whole) {
        w_line(w, "F16 top = LOAD(z);");
        if (whole > LANES)
            w_line(w, "for (int c = 16; c < %d; c += 16) top = MAX(LOAD(z + c), top);", whole);
        if (rest)
            w_line(w, "top = MAX(SELECT(IGT(ISET(%d), IOTA()), LOAD(z + %d), SET(z[0])), top);",
                   rest, whole);
    } else {
        w_line(w, "const F16 top = SELECT(IGT(ISET(%d), IOTA()), LOAD(z), SET(z[0]));", rest);
    }
    w_line(w, "const F16 m = SET(MAX16(top));");
    w_line(w, "F16 e = SET(0.0f);");
    if (whole)
        w_line(w, "for (int c = 0; c < %d; c += 16) e = ADD(e, EXP(SUB(LOAD(z + c), m)));", whole);
    if (rest) w_line(w, "e = ADD(e, LANES(EXP(SUB(LOAD(z + %d), m)), 0, %d));", whole, rest);
    w_line(w, "const F16 total_e = SET(SUM16(e));");
    if (has(k, "sum"))
        w_line(w, "total += (double)FIRST(SUB(ADD(LOG(total_e), m), SET(z[t[s]])));");
    if (has(k, "dx")) {
        w_line(w, "const F16 scale = DIV(SET(g), total_e);");
        w_open(w, "for (int c = 0; c < %d; c += 16)", x.stride);
        w_line(w, "const F16 p = ROUNDED(MUL(EXP(SUB(LOAD(z + c), m)), scale));");
        w_line(w, "const F16 hit = KEEP(IEQ(IOTA(), ISET((uint32_t)(t[s] - c))), SET(g));");
        w_line(w,
               rest ? "STORE(dx + s * %d + c, LANES(SUB(p, hit), 0, %d - c));"
                    : "STORE(dx + s * %d + c, SUB(p, hit));",
               x.stride, x.C);
        w_close(w);
    }
    w_close(w);
    if (has(k, "sum")) w_line(w, "*sum = total;");
}

static bool fits_regression(const Node *node) {
    return node->op == &op_mse || node->op == &op_bce_with_logits || node->op == &op_mse_grad ||
           node->op == &op_bce_grad || node->op == &op_bce_target_grad;
}

/* One row of a sample: x, and t from memory or a number. */
static void write_regression(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Layout x = k->in;
    const Node *node = k->node;
    bool loss = node->op == &op_mse || node->op == &op_bce_with_logits;
    if (loss) w_line(w, "double total = 0.0;");
    w_open(w, "for (int s = 0; s < n; s++)");
    if (loss) w_line(w, "F16 sum_row = SET(0.0f);");
    w_line(w, "for (int p = 0; p < %d; p++)", x.H * x.W);
    w_open(w, "for (int c = 0; c < %d; c += 16)", x.cs);
    w_line(w, "const int i = s * %d + p * %d + c;", x.stride, x.cs);
    w_line(w, "const F16 a = LOAD(x + i);");
    if (node->op != &op_bce_target_grad)
        w_line(w, has(k, "t") ? "const F16 b = LOAD(t + i);" : "const F16 b = SET(target);");
    const char *mask = x.C % LANES ? "LANES(%s, 0, %d - c)" : "%s";
    Arena *arena = arena_new();
    const char *value = "";
    if (node->op == &op_mse || node->op == &op_mse_grad) {
        w_line(w, "const F16 d = SUB(a, b);");
        value = node->op == &op_mse ? "d" : "ROUNDED(MUL(d, SET(g)))";
    } else if (node->op == &op_bce_with_logits) {
        /* max(a, 0) - a*b + log(1 + exp(-|a|)) */
        w_line(w,
               "const F16 soft = ADD(MAX(SET(0.0f), a), LOG(ADD(SET(1.0f), EXP(NEG(ABS(a))))));");
        value = "FMA(NEG(a), b, soft)";
    } else if (node->op == &op_bce_grad) {
        value = "ROUNDED(MUL(SUB(SIGMOID(a), b), SET(g)))";
    } else {
        value = "ROUNDED(MUL(NEG(a), SET(g)))";
    }
    const char *row = arena_printf(arena, x.C % LANES ? "LANES(%s, 0, %d - c)" : "%s", value, x.C);
    (void)mask;
    w_line(w, "const F16 v = %s;", row);
    if (node->op == &op_mse)
        w_line(w, "sum_row = FMA(v, v, sum_row);");
    else if (loss)
        w_line(w, "sum_row = ADD(sum_row, v);");
    else
        w_line(w, "STORE(dx + i, v);");
    w_close(w);
    if (loss) w_line(w, "total += (double)SUM16(sum_row);");
    w_close(w);
    if (loss) w_line(w, "*sum = total;");
    arena_free(arena);
}

const Family family_softmax = {
    .name = "softmax cross-entropy",
    .fits = fits_softmax,
    .write = write_softmax,
};
const Family family_regression = {
    .name = "regression loss",
    .fits = fits_regression,
    .write = write_regression,
};
