/* Losses and their gradients, a sample at a time. Sums that cross lanes take one fixed tree of 16;
 * the chunk's sum over its samples is in double, in order. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "family.h"
#include "lines.h"

/* Of a value per sample as it is. */
static bool is_mean(const Node *node) {
    return node->op == &op_batch_mean || node->op == &op_overall;
}

/* Operands are x, the target where there is one, and, of a gradient, that of the loss. */
static bool has_target(const Node *node) {
    return node->n_in > (op_is(node->op, TRAIT_LOSS_GRADIENT) ? 2 : 1);
}

/* Operands of a loss or its gradient: x, then t (memory or number). */
static void add_operands(Lowering *l, Kernel *k, Node *node) {
    Node *x = storage_of(l, node->in[0]);
    k->in = l->value[x->id].layout;
    if (node->op == &op_batch_mean_grad) return;
    read_value(l, k, "x", lower_value(l, x), x);
    if (!has_target(node)) return;
    Node *t = node->in[1];
    if (t->type.kind != KIND_SAMPLE) {
        number_arg(l, k, t, "target", "(float)job->numbers.%s");
        return;
    }
    Node *at = storage_of(l, t);
    Buffer *tb;
    if (at->type.classes && is_field(at) && !at->n_in) {
        lower_operand(l, k, "t", field_buffer(l, at), NULL, false);
    } else {
        at = in_layout(l, at, k->in, &tb);
        read_value(l, k, "t", tb, at);
    }
}

/* The factor of a loss gradient: upstream / batch, and / elements for means over elements. */
static void add_factor(Lowering *l, Kernel *k, Node *node) {
    Node *g = node->in[node->n_in - 1];
    double elements = 1;
    if (node->op != &op_cross_entropy_grad) elements = (double)shape_count(node->type.shape);
    if (node->op == &op_mse_grad) elements /= 2;
    number_arg(
        l, k, g, "g",
        arena_printf(l->arena, "(float)(job->numbers.%%s / (job->samples * %.17g))", elements));
}

static void lower_loss(Lowering *l, Node *node) {
    Kernel *k = value_kernel(l, node);
    k->out = (Layout){0};
    add_operands(l, k, node);
    place_last(l, k);
    Buffer *sum = sum_buffer(l, node);
    lower_operand(l, k, "sum", sum, NULL, true);
    lower_number(l, node, sum);
}

static void lower_gradient(Lowering *l, Node *node) {
    Kernel *k = joined_kernel(l, node);
    if (k) {
        k->partner = node;
        k->out = l->value[node->id].layout;
    } else {
        k = value_kernel(l, node);
        add_operands(l, k, node);
        place_last(l, k);
    }
    add_factor(l, k, node);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}

static void lower(Lowering *l, Node *node) {
    if (op_is(node->op, TRAIT_LOSS))
        lower_loss(l, node);
    else
        lower_gradient(l, node);
}

/* Softmax and its gradient. */
static bool joins(const Node *root, const Node *node) {
    return root->op == &op_cross_entropy && node->op == &op_cross_entropy_grad &&
           root->in[0] == node->in[0] && root->in[1] == node->in[1];
}

static bool has(const Kernel *k, const char *param) {
    return kernel_operand(k, param) != NULL;
}

static bool fits_softmax(const Node *node) {
    return node->op == &op_cross_entropy || node->op == &op_cross_entropy_grad;
}

/* x: logits [n][stride]; t: labels; sum: the chunk's loss; dx: gradient, scaled by `g` = upstream /
 * B. */
static void build_softmax(Loops *l, const Kernel *k) {
    Layout x = k->in;
    int rest = x.C % LANES, whole = x.C - rest;
    if (has(k, "sum")) l_line(l, "double total = 0.0;");
    l_open(l, "for (int s = 0; s < n; s++)");
    l_line(l, "const float *z = x + s * %d;", x.stride);
    /* Lanes past the last class repeat the first logit for the maximum. */
    if (whole) {
        l_line(l, "F16 top = LOAD(z);");
        if (whole > LANES)
            l_line(l, "for (int c = 16; c < %d; c += 16) top = MAX(LOAD(z + c), top);", whole);
        if (rest)
            l_line(l, "top = MAX(SELECT(IGT(ISET(%d), IOTA()), LOAD(z + %d), SET(z[0])), top);",
                   rest, whole);
    } else {
        l_line(l, "const F16 top = SELECT(IGT(ISET(%d), IOTA()), LOAD(z), SET(z[0]));", rest);
    }
    l_line(l, "const F16 m = SET(MAX16(top));");
    l_line(l, "F16 e = SET(0.0f);");
    if (whole)
        l_line(l, "for (int c = 0; c < %d; c += 16) e = ADD(e, EXP(SUB(LOAD(z + c), m)));", whole);
    if (rest) l_line(l, "e = ADD(e, LANES(EXP(SUB(LOAD(z + %d), m)), 0, %d));", whole, rest);
    l_line(l, "const F16 total_e = SET(SUM16(e));");
    if (has(k, "sum"))
        l_line(l, "total += (double)FIRST(SUB(ADD(LOG(total_e), m), SET(z[t[s]])));");
    if (has(k, "dx")) {
        l_line(l, "const F16 scale = DIV(SET(g), total_e);");
        l_open(l, "for (int c = 0; c < %d; c += 16)", x.stride);
        l_line(l, "const F16 p = ROUNDED(MUL(CUT(EXP(SUB(LOAD(z + c), m))), scale));");
        l_line(l, "const F16 hit = KEEP(IEQ(IOTA(), ISET((uint32_t)(t[s] - c))), SET(g));");
        l_line(l,
               rest ? "STORE(dx + s * %d + c, LANES(SUB(p, hit), 0, %d - c));"
                    : "STORE(dx + s * %d + c, SUB(p, hit));",
               x.stride, x.C);
        l_close(l);
    }
    l_close(l);
    if (has(k, "sum")) l_line(l, "*sum = total;");
}

static bool fits_regression(const Node *node) {
    return node->op == &op_mse || node->op == &op_bce_with_logits || node->op == &op_mse_grad ||
           node->op == &op_bce_grad || node->op == &op_bce_target_grad || is_mean(node) ||
           node->op == &op_batch_mean_grad;
}

/* One row of a sample: x, and t from memory or a number. */
static void build_regression(Loops *l, const Kernel *k) {
    Layout x = k->in;
    const Node *node = k->node;
    const bool loss = op_is(node->op, TRAIT_LOSS);
    if (loss) l_line(l, "double total = 0.0;");
    l_open(l, "for (int s = 0; s < n; s++)");
    if (loss) l_line(l, "F16 sum_row = SET(0.0f);");
    l_open(l, "for (int p = 0; p < %d; p++)", x.H * x.W);
    l_open(l, "for (int c = 0; c < %d; c += 16)", x.cs);
    l_line(l, "const int i = s * %d + p * %d + c;", x.stride, x.cs);
    if (has(k, "x")) l_line(l, "const F16 a = LOAD(x + i);");
    if (has_target(node))
        l_line(l, has(k, "t") ? "const F16 b = LOAD(t + i);" : "const F16 b = SET(target);");
    const char *value;
    if (node->op == &op_mse || node->op == &op_mse_grad) {
        l_line(l, "const F16 d = SUB(a, b);");
        value = node->op == &op_mse ? "d" : "ROUNDED(MUL(d, SET(g)))";
    } else if (node->op == &op_bce_with_logits) {
        /* max(a, 0) - a*b + log(1 + exp(-|a|)) */
        l_line(l,
               "const F16 soft = ADD(MAX(SET(0.0f), a), LOG(ADD(SET(1.0f), EXP(NEG(ABS(a))))));");
        value = "FMA(NEG(a), b, soft)";
    } else if (node->op == &op_bce_grad) {
        value = "ROUNDED(MUL(SUB(SIGMOID(a), b), SET(g)))";
    } else if (is_mean(node)) {
        value = "a";
    } else if (node->op == &op_batch_mean_grad) {
        value = "SET(g)";
    } else {
        value = "ROUNDED(MUL(NEG(a), SET(g)))";
    }
    l_line(l, "const F16 v = %s;", clean_row(l->arena, value, x.C));
    if (node->op == &op_mse)
        l_line(l, "sum_row = FMA(v, v, sum_row);");
    else if (loss)
        l_line(l, "sum_row = ADD(sum_row, v);");
    else
        l_line(l, "STORE(dx + i, v);");
    l_close(l);
    l_close(l);
    if (loss) l_line(l, "total += (double)SUM16(sum_row);");
    l_close(l);
    if (loss) l_line(l, "*sum = total;");
}

const Family family_softmax = {
    .name = "softmax cross-entropy",
    .fits = fits_softmax,
    .lower = lower,
    .joins = joins,
    .build = build_softmax,
};
const Family family_regression = {
    .name = "regression loss",
    .fits = fits_regression,
    .lower = lower,
    .build = build_regression,
};
