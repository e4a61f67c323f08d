/* Sums over axes, and values spread over axes: loops over the places and rows of the larger side,
 * whose floats and those of the smaller side lie at fixed steps for each axis.
 *
 * Where the axis in lanes stays, a lane is a sum of its own: places along the last axis that is
 * summed are added in order, then these sums, so that rounding grows with the axes' sizes, not with
 * their product. Where it is summed, lane l adds the elements l, l + 16, ... of each row, row after
 * row; then the tree of 16. */
#include "../plan/lowering.h"
#include "axes.h"
#include "lines.h"
#include "pointwise.h"

static Axes sum_axes(const Kernel *k) {
    const Node *x = k->node->in[0];
    return axes_of(k->node, x->type.shape, k->in, k->node->type.shape, k->out);
}

static void lower_sum(Lowering *l, Node *node) {
    Buffer *b;
    Node *x = in_layout(l, node->in[0], l->value[node->in[0]->id].layout, &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    read_value(l, k, "x", b, x);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

/* What becomes of a sum: a mean is multiplied by its share. */
static const char *result(Arena *arena, const Node *node, const char *sum) {
    if (node->op != &op_mean) return sum;
    const int64_t n = shape_count(node->in[0]->type.shape) / shape_count(node->type.shape);
    return arena_printf(arena, "ROUNDED(MUL(%s, SET((float)%.17g)))", sum, 1 / (double)n);
}

static void build_sum(Loops *l, const Kernel *k) {
    const Axes v = sum_axes(k);
    const char *at, *to, *inner, *none;
    if (!v.lanes.kept) zero_samples(l, "y", k->out);
    l_open(l, "for (int s = 0; s < n; s++)");
    const int outer = axes_open(l, &v, true, NULL, &at, &to);
    if (v.lanes.kept) l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    l_line(l, "F16 sum = SET(0.0f);");
    const char *row = v.lanes.kept ? "F16 row = SET(0.0f);" : NULL;
    const int loops = axes_open(l, &v, false, row, &inner, &none);
    const bool rows = row && loops > 1;
    if (!v.lanes.kept) l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    const char *to_sum = rows ? "row" : "sum";
    l_line(l, "%s = ADD(%s, LOAD(x + s * %d%s%s + c));", to_sum, to_sum, k->in.stride, at, inner);
    if (!v.lanes.kept) l_close(l);
    if (rows) {
        l_close(l);
        l_line(l, "sum = ADD(sum, row);");
    }
    axes_close(l, loops - rows);
    if (v.lanes.kept) {
        l_line(l, "STORE(y + s * %d%s + c, %s);", k->out.stride, to,
               result(l->arena, k->node, "sum"));
        l_close(l);
    } else {
        l_line(l, "y[s * %d%s] = FIRST(%s);", k->out.stride, to,
               result(l->arena, k->node, "SET(SUM16(sum))"));
    }
    axes_close(l, outer);
    l_close(l);
}

static Axes expand_axes(const Kernel *k) {
    const Node *x = k->node->in[0];
    return axes_of(k->node, k->node->type.shape, k->out, x->type.shape, k->in);
}

static void lower_expand(Lowering *l, Node *node) {
    const Layout out = l->value[node->id].layout;
    const Node *x = node->in[0];
    const int rank = node->type.shape.rank, lanes = out.last ? rank - 1 : 0;
    /* Rows are read as rows where the axis in lanes is kept; else a float by itself. */
    const bool rows = rank && !reduces_axis(node, rank, lanes);
    const Layout want =
        layout_of_shape(x->type.shape, rows ? out.last : l->value[x->id].layout.last);
    Buffer *b;
    Node *at = in_layout(l, node->in[0], want, &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    read_value(l, k, "x", b, at);
    make_value(l, node);
}

static void build_expand(Loops *l, const Kernel *k) {
    const Axes v = expand_axes(k);
    const char *kept, *from, *at, *none;
    l_open(l, "for (int s = 0; s < n; s++)");
    const int outer = axes_open(l, &v, true, NULL, &kept, &from);
    if (!v.lanes.kept) l_line(l, "const float v = x[s * %d%s];", k->in.stride, from);
    const int inner = axes_open(l, &v, false, NULL, &at, &none);
    l_open(l, "for (int c = 0; c < %d; c += 16)", k->out.cs);
    l_line(l, "const int e = c%s%s, i = s * %d + e;", kept, at, k->out.stride);
    const char *value = v.lanes.kept
                            ? arena_printf(l->arena, "LOAD(x + s * %d%s + c)", k->in.stride, from)
                            : clean_row(l->arena, "SET(v)", k->out.C);
    l_lines(l, row_text(k, l->arena, value, (Site){"i", "s", "e", "c"}));
    l_close(l);
    axes_close(l, inner + outer);
    l_close(l);
}

static bool fits_sum(const Node *node) {
    return node->op == &op_sum || node->op == &op_mean;
}

static bool fits_expand(const Node *node) {
    return node->op == &op_expand;
}

const Family family_sum_over_axes = {
    .name = "sum over axes",
    .fits = fits_sum,
    .lower = lower_sum,
    .build = build_sum,
};
const Family family_expand = {
    .name = "expand",
    .fits = fits_expand,
    .lower = lower_expand,
    .fuses = true,
    .build = build_expand,
};
