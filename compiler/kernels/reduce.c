/* Sums over axes, and values spread over axes: loops over the places and rows of the larger side,
 * whose floats and those of the smaller side lie at fixed steps for each axis.
 *
 * Where the axis in lanes stays, a lane is a sum of its own: places are added in order. Where it is
 * summed, lane l adds the elements l, l + 16, ... of each row, row after row; then the tree of
 * 16. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "pointwise.h"

/* An axis of the larger side: floats from one element to the next there and on the smaller side,
 * which may have it (`kept`) or not. */
typedef struct Axis {
    int size, step, small;
    bool kept;
} Axis;

typedef struct Axes {
    Axis lanes, place[MAX_RANK + 1];
    int n_places;
} Axes;

/* Gives the kept axes of the larger side their steps on the smaller one, which has them in the same
 * order, perhaps among sizes of 1. */
static void match(Axis *axis, int n, Shape small, Layout layout) {
    int step[MAX_RANK], at = 0;
    layout_steps(small, layout, step);
    for (int i = 0; i < n; i++) {
        if (!axis[i].kept) continue;
        while (small.dim[at] == 1) at++;
        axis[i].small = step[at++];
    }
}

static Axes axes_of(const Node *node, Shape large, Layout layout, Shape small, Layout of_small) {
    Axis all[MAX_RANK];
    Axes v = {.lanes = {.size = layout.C, .step = 1}};
    int step[MAX_RANK];
    layout_steps(large, layout, step);
    for (int i = 0; i < large.rank; i++)
        all[i] = (Axis){large.dim[i], step[i], 0,
                        large.dim[i] > 1 && !reduces_axis(node, large.rank, i)};
    match(all, large.rank, small, of_small);
    /* A vector may have the places of the tensor that it was made of. */
    if (large.rank == 1 && layout.H * layout.W > 1) {
        v.place[v.n_places++] = (Axis){.size = layout.H * layout.W, .step = layout.cs};
        return v;
    }
    const int lanes = layout.last ? large.rank - 1 : 0;
    for (int i = 0; i < large.rank; i++)
        if (i == lanes)
            v.lanes = all[i];
        else
            v.place[v.n_places++] = all[i];
    return v;
}

/* Opens the loops over the axes that are kept, or over the others, and writes where they lead to:
 * " + a0 * 16" and so on. Returns the number of loops. */
static int open_places(Loops *l, const Axes *v, bool kept, const char **at, const char **small) {
    int n = 0;
    *at = *small = "";
    for (int i = 0; i < v->n_places; i++) {
        const Axis *a = &v->place[i];
        if (a->kept != kept || a->size == 1) continue;
        l_open(l, "for (int a%d = 0; a%d < %d; a%d++)", i, i, a->size, i);
        *at = arena_printf(l->arena, "%s + a%d * %d", *at, i, a->step);
        if (kept) *small = arena_printf(l->arena, "%s + a%d * %d", *small, i, a->small);
        n++;
    }
    return n;
}

static void close_all(Loops *l, int n) {
    while (n--) l_close(l);
}

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
    if (!v.lanes.kept)
        l_line(l, "NN_ZERO(y, (size_t)n * %zu);", (size_t)k->out.stride * sizeof(float));
    l_open(l, "for (int s = 0; s < n; s++)");
    const int outer = open_places(l, &v, true, &at, &to);
    if (v.lanes.kept) l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    l_line(l, "F16 sum = SET(0.0f);");
    const int loops = open_places(l, &v, false, &inner, &none);
    if (!v.lanes.kept) l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    l_line(l, "sum = ADD(sum, LOAD(x + s * %d%s%s + c));", k->in.stride, at, inner);
    if (!v.lanes.kept) l_close(l);
    close_all(l, loops);
    if (v.lanes.kept) {
        l_line(l, "STORE(y + s * %d%s + c, %s);", k->out.stride, to,
               result(l->arena, k->node, "sum"));
        l_close(l);
    } else {
        l_line(l, "y[s * %d%s] = FIRST(%s);", k->out.stride, to,
               result(l->arena, k->node, "SET(SUM16(sum))"));
    }
    close_all(l, outer);
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
    const int outer = open_places(l, &v, true, &kept, &from);
    if (!v.lanes.kept) l_line(l, "const float v = x[s * %d%s];", k->in.stride, from);
    const int inner = open_places(l, &v, false, &at, &none);
    l_open(l, "for (int c = 0; c < %d; c += 16)", k->out.cs);
    l_line(l, "const int e = c%s%s, i = s * %d + e;", kept, at, k->out.stride);
    const char *value = "SET(v)";
    if (v.lanes.kept)
        value = arena_printf(l->arena, "LOAD(x + s * %d%s + c)", k->in.stride, from);
    else if (k->out.C % LANES)
        value = arena_printf(l->arena, "LANES(SET(v), 0, %d - c)", k->out.C);
    l_lines(l, row_text(k, l->arena, value, (Site){"i", "s", "e", "c"}));
    l_close(l);
    close_all(l, inner + outer);
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
