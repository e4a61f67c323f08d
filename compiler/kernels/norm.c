/* Layer and root mean square normalisation and their gradients: with the last axis in lanes. Values
 * that are normalised together are R rows of N floats, one after the other. A sum over them: lane l
 * adds the elements l, l + 16, ... of each row, row after row; then the tree of 16. Mean and
 * deviation are computed anew in the gradients: that costs two passes over rows in the first-level
 * cache, and no memory. Weights lie as rows of N floats without padding. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "lines.h"
#include "pointwise.h"

/* How the rows of a kernel's samples are grouped. */
typedef struct Groups {
    int count; /* in a sample */
    int rows;  /* in a group */
    int n;     /* floats of a row */
    int cs, stride;
} Groups;

static Groups groups_of(const Kernel *k) {
    const Shape group = shape_last(k->node->in[0]->type.shape, node_int(k->node, "axes"));
    Groups v = {.n = k->in.C, .cs = k->in.cs, .stride = k->in.stride};
    v.rows = (int)(shape_count(group) / v.n);
    v.count = k->in.H * k->in.W / v.rows;
    return v;
}

static bool has_operand(const Kernel *k, int i) {
    return k->node->n_in > i;
}

static bool fits(const Node *node) {
    return node->op == &op_layer_norm || node->op == &op_rms_norm;
}

static void lower(Lowering *l, Node *node) {
    const bool forward = !node->op->backward_only;
    Buffer *x, *dy = NULL;
    Node *at = in_rows(l, node->in[0], &x);
    Node *dy_at = forward ? NULL : in_rows(l, node->in[1], &dy);
    Kernel *k = value_kernel(l, node);
    k->in = x->layout;
    read_value(l, k, "x", x, at);
    if (dy) read_value(l, k, "dy", dy, dy_at);
    if (has_operand(k, forward ? 1 : 2)) read_param(l, k, "w", node->in[forward ? 1 : 2]);
    if (forward && has_operand(k, 2)) read_param(l, k, "bias", node->in[2]);
    Buffer *y = make_value(l, node);
    if (!forward) lower_operand(l, k, "dx", y, node, true);
}

static void lower_gradient(Lowering *l, Node *node) {
    const bool weight = node->op != &op_last_sum;
    Buffer *x = NULL, *dy;
    Node *at = weight ? in_rows(l, node->in[0], &x) : NULL;
    Node *dy_at = in_rows(l, node->in[weight], &dy);
    Kernel *k = node_kernel(l, node);
    k->in = k->out = dy->layout;
    if (x) read_value(l, k, "x", x, at);
    read_value(l, k, "dy", dy, dy_at);
    lower_operand(l, k, weight ? "dw" : "db", l->gradient, NULL, true);
}

/* Opens the loops over groups: s, q where a sample has several; `at` is where the group begins. */
static void open_groups(Loops *l, const Groups *v) {
    l_open(l, "for (int s = 0; s < n; s++)");
    if (v->count == 1) {
        l_line(l, "const int at = s * %d;", v->stride);
        return;
    }
    l_open(l, "for (int q = 0; q < %d; q++)", v->count);
    l_line(l, "const int at = s * %d + q * %d;", v->stride, v->rows * v->cs);
}

static void close_groups(Loops *l, const Groups *v) {
    l_close(l);
    if (v->count > 1) l_close(l);
}

/* Opens the loops over rows of 16 of a group: p where it has several rows, c; `i` is where they
 * are. */
static void open_rows(Loops *l, const Groups *v) {
    if (v->rows > 1) l_open(l, "for (int p = 0; p < %d; p++)", v->rows);
    l_open(l, "for (int c = 0; c < %d; c += 16)", v->cs);
    if (v->rows > 1)
        l_line(l, "const int i = at + p * %d + c;", v->cs);
    else
        l_line(l, "const int i = at + c;");
}

static void close_rows(Loops *l, const Groups *v) {
    l_close(l);
    if (v->rows > 1) l_close(l);
}

/* Declares `name`, the sum of the group that `sum` has by lanes, divided by its elements. */
static void declare_mean(Loops *l, const Groups *v, const char *name, const char *sum) {
    l_line(l, "const F16 %s = ROUNDED(MUL(SET(SUM16(%s)), SET((float)%.17g)));", name, sum,
           1.0 / ((double)v->rows * v->n));
}

static void declare_centre(Loops *l, const Groups *v) {
    l_line(l, "F16 sum = SET(0.0f);");
    open_rows(l, v);
    l_line(l, "sum = ADD(sum, LOAD(x + i));");
    close_rows(l, v);
    declare_mean(l, v, "mean", "sum");
}

/* Declares `mean`, if it is taken away, and `scale`, one over the deviation, of the group of x. */
static void declare_moments(Loops *l, const Kernel *k, const Groups *v) {
    const bool centred = norm_is_centred(k->node);
    if (centred) declare_centre(l, v);
    l_line(l, "F16 square = SET(0.0f);");
    open_rows(l, v);
    l_line(l, "const F16 d = %s;",
           clean_row(l->arena, centred ? "SUB(LOAD(x + i), mean)" : "LOAD(x + i)", v->n));
    l_line(l, "square = FMA(d, d, square);");
    close_rows(l, v);
    declare_mean(l, v, "variance", "square");
    l_line(l, "const F16 scale = DIV(SET(1.0f), SQRT(ADD(variance, SET((float)%.17g))));",
           node_attr(k->node, "eps"));
}

static const char *normal_of(const Kernel *k) {
    return norm_is_centred(k->node) ? "ROUNDED(MUL(SUB(LOAD(x + i), mean), scale))"
                                    : "ROUNDED(MUL(LOAD(x + i), scale))";
}

static const char *weight_at(Arena *arena, const Groups *v, const char *param) {
    return arena_printf(arena, v->rows > 1 ? "LOAD(%s + p * %d + c)" : "LOAD(%s + c)", param, v->n);
}

static void build(Loops *l, const Kernel *k) {
    const Groups v = groups_of(k);
    const char *normal = normal_of(k);
    Arena *a = l->arena;
    open_groups(l, &v);
    declare_moments(l, k, &v);
    open_rows(l, &v);
    const char *value = normal;
    if (has_operand(k, 2))
        value = arena_printf(a, "FMA(%s, %s, %s)", normal, weight_at(a, &v, "w"),
                             weight_at(a, &v, "bias"));
    else if (has_operand(k, 1))
        value = arena_printf(a, "ROUNDED(MUL(%s, %s))", normal, weight_at(a, &v, "w"));
    const char *element = "c";
    if (v.rows * v.count > 1) element = arena_printf(a, "(i - s * %d)", v.stride);
    l_lines(l, row_text(k, a, clean_row(a, value, v.n), (Site){"i", "s", element, "c"}));
    close_rows(l, &v);
    close_groups(l, &v);
}

static void build_input_gradient(Loops *l, const Kernel *k) {
    const Groups v = groups_of(k);
    Arena *a = l->arena;
    const char *g = "LOAD(dy + i)";
    if (has_operand(k, 2))
        g = arena_printf(a, "ROUNDED(MUL(LOAD(dy + i), %s))", weight_at(a, &v, "w"));
    open_groups(l, &v);
    declare_moments(l, k, &v);
    const bool centred = norm_is_centred(k->node);
    const char *normal = normal_of(k);
    l_line(l, centred ? "F16 sum_g = SET(0.0f), sum_gh = SET(0.0f);" : "F16 sum_gh = SET(0.0f);");
    open_rows(l, &v);
    l_line(l, "const F16 g = %s;", g);
    if (centred) l_line(l, "sum_g = ADD(sum_g, g);");
    l_line(l, "sum_gh = FMA(g, %s, sum_gh);", normal);
    close_rows(l, &v);
    if (centred) declare_mean(l, &v, "of_g", "sum_g");
    declare_mean(l, &v, "of_gh", "sum_gh");
    open_rows(l, &v);
    l_line(l, centred ? "const F16 g = SUB(%s, of_g);" : "const F16 g = %s;", g);
    l_line(l, "const F16 d = ROUNDED(MUL(scale, FMA(NEG(%s), of_gh, g)));", normal);
    l_line(l, "STORE(dx + i, %s);", clean_row(a, "d", v.n));
    close_rows(l, &v);
    close_groups(l, &v);
}

static void build_parameter_gradient(Loops *l, const Kernel *k) {
    const Groups v = groups_of(k);
    const bool weight = k->node->op != &op_last_sum;
    const char *d = weight ? "dw" : "db", *to = weight_at(l->arena, &v, d);
    zero_gradient(l, k, d);
    open_groups(l, &v);
    if (weight) declare_moments(l, k, &v);
    open_rows(l, &v);
    l_line(l, weight ? "const F16 d = FMA(LOAD(dy + i), %s, %s);" : "const F16 d = ADD(%s, %s);",
           weight ? normal_of(k) : to, weight ? to : "LOAD(dy + i)");
    l_line(l, "STORE(%s + %s, d);", d,
           v.rows > 1 ? arena_printf(l->arena, "p * %d + c", v.n) : "c");
    close_rows(l, &v);
    close_groups(l, &v);
}

static bool fits_input_gradient(const Node *node) {
    return node->op == &op_layer_norm_dgrad || node->op == &op_rms_norm_dgrad;
}

static bool fits_parameter_gradient(const Node *node) {
    return node->op == &op_layer_norm_wgrad || node->op == &op_rms_norm_wgrad ||
           node->op == &op_last_sum;
}

const Family family_norm = {
    .name = "normalisation",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
};
const Family family_norm_dgrad = {
    .name = "normalisation's input gradient",
    .fits = fits_input_gradient,
    .lower = lower,
    .build = build_input_gradient,
};
const Family family_norm_wgrad = {
    .name = "normalisation's parameter gradient",
    .fits = fits_parameter_gradient,
    .lower = lower_gradient,
    .build = build_parameter_gradient,
};
