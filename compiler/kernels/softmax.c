/* Softmax and its kin over axes of a sample: passes over the elements of a group, which find the
 * largest value, then the sum of exponentials below it, then the results. Lanes that stay are
 * groups of their own, whose places are added in order; lanes that are summed take part as in a sum
 * over axes. */
#include "../plan/lowering.h"
#include "axes.h"
#include "lines.h"
#include "pointwise.h"

/* The loops over groups, and where those over the elements of one lead. */
typedef struct Groups {
    Axes axes;
    Layout x;
    const char *at, *to; /* of a group, on the side of x and on the smaller one */
    int outer, inner;    /* open loops */
} Groups;

static bool makes_rows(const Node *node) {
    return node->op == &op_softmax || node->op == &op_log_softmax;
}

static void lower(Lowering *l, Node *node) {
    const Layout layout =
        makes_rows(node) ? l->value[node->id].layout : l->value[node->in[0]->id].layout;
    Buffer *b;
    Node *x = in_layout(l, node->in[0], layout, &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    read_value(l, k, "x", b, x);
    Buffer *y = make_value(l, node);
    if (!makes_rows(node)) lower_operand(l, k, "y", y, node, true);
}

static Groups open_groups(Loops *l, const Kernel *k) {
    const Node *node = k->node, *x = node->in[0];
    Groups v = {.x = k->in};
    /* The smaller side of a softmax is not stored. */
    const Shape small = makes_rows(node) ? x->type.shape : node->type.shape;
    v.axes = axes_of(node, x->type.shape, k->in, small, k->out);
    l_open(l, "for (int s = 0; s < n; s++)");
    v.outer = axes_open(l, &v.axes, true, NULL, &v.at, &v.to) + 1;
    if (v.axes.lanes.kept) {
        l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
        v.outer++;
    }
    return v;
}

/* Opens the loops over the elements of a group; `e` and `i` are where a row of 16 is in the sample,
 * and in x. */
static void open_elements(Loops *l, Groups *v) {
    const char *at, *none;
    v->inner = axes_open(l, &v->axes, false, NULL, &at, &none);
    if (!v->axes.lanes.kept) {
        l_open(l, "for (int c = 0; c < %d; c += 16)", v->x.cs);
        v->inner++;
    }
    l_line(l, "const int e = c%s%s, i = s * %d + e;", v->at, at, v->x.stride);
}

/* Declares `m`, the largest value of a group, or the smallest negated; `x`: what is compared. */
static void declare_most(Loops *l, Groups *v, const char *x, bool keep_nan) {
    const bool summed = !v->axes.lanes.kept;
    l_line(l, "F16 top = NEG(SET(__builtin_inff()));");
    open_elements(l, v);
    if (summed && v->x.C % LANES) /* lanes that belong to no element */
        l_line(l,
               "const F16 a = SELECT(IGT(ISET((uint32_t)(%d - c)), IOTA()), %s, NEG(SET("
               "__builtin_inff())));",
               v->x.C, x);
    else
        l_line(l, "const F16 a = %s;", x);
    l_line(l, keep_nan ? "top = SELECT(WINS(a, top), a, top);" : "top = MAX(a, top);");
    axes_close(l, v->inner);
    if (!summed) {
        l_line(l, "const F16 m = top;");
    } else if (keep_nan) {
        /* Zero, or NaN where a lane is one: it would get lost among the others. */
        l_line(l, "const F16 odd = SELECT(NONZERO(EQUAL(top, top)), SET(0.0f), top);");
        l_line(l, "const F16 m = ADD(SET(MAX16(top)), SET(SUM16(odd)));");
    } else {
        l_line(l, "const F16 m = SET(MAX16(top));");
    }
}

/* Declares `total`, the sum of the exponentials below m. */
static void declare_total(Loops *l, Groups *v) {
    const bool summed = !v->axes.lanes.kept;
    const char *e = "EXP(SUB(LOAD(x + i), m))";
    l_line(l, "F16 sum = SET(0.0f);");
    open_elements(l, v);
    l_line(l, "sum = ADD(sum, %s);", summed ? clean_row(l->arena, e, v->x.C) : e);
    axes_close(l, v->inner);
    l_line(l, summed ? "const F16 total = SET(SUM16(sum));" : "const F16 total = sum;");
}

/* The value of a group. */
static void store(Loops *l, const Kernel *k, const Groups *v, const char *value) {
    if (v->axes.lanes.kept)
        l_line(l, "STORE(y + s * %d%s + c, %s);", k->out.stride, v->to,
               clean_row(l->arena, value, v->x.C));
    else
        l_line(l, "y[s * %d%s] = FIRST(%s);", k->out.stride, v->to, value);
}

static void build(Loops *l, const Kernel *k) {
    const Op *op = k->node->op;
    const bool rows = makes_rows(k->node);
    /* Places beside the results, and lanes of single floats. */
    if (!rows) zero_samples(l, "y", k->out);
    Groups v = open_groups(l, k);
    const bool extreme = op == &op_amax || op == &op_amin;
    declare_most(l, &v, op == &op_amin ? "NEG(LOAD(x + i))" : "LOAD(x + i)", extreme);
    if (!extreme) declare_total(l, &v);
    if (!rows)
        store(l, k, &v, op == &op_amax ? "m" : op == &op_amin ? "NEG(m)" : "ADD(LOG(total), m)");
    if (op == &op_softmax) l_line(l, "const F16 scale = DIV(SET(1.0f), total);");
    if (op == &op_log_softmax) l_line(l, "const F16 log_total = LOG(total);");
    if (rows) {
        open_elements(l, &v);
        const char *value = op == &op_softmax ? "ROUNDED(MUL(CUT(EXP(SUB(LOAD(x + i), m))), scale))"
                                              : "SUB(SUB(LOAD(x + i), m), log_total)";
        l_lines(l, row_text(k, l->arena, clean_row(l->arena, value, v.x.C),
                            (Site){"i", "s", "e", "c"}));
        axes_close(l, v.inner);
    }
    axes_close(l, v.outer);
}

static bool fits_groups(const Node *node) {
    return node->op == &op_amax || node->op == &op_amin || node->op == &op_logsumexp;
}

const Family family_softmax_over_axes = {
    .name = "softmax over axes",
    .fits = makes_rows,
    .lower = lower,
    .fuses = true,
    .build = build,
};
const Family family_most_over_axes = {
    .name = "extreme over axes",
    .fits = fits_groups,
    .lower = lower,
    .build = build,
};
