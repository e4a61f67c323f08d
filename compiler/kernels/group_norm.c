/* Group normalisation and its gradients, with channels in lanes. The places of each channel are
 * added in order, then the channels of a group. What a group has in common, its mean for example,
 * lies in scratch memory as a row of channels, so that loops over places need not know groups. Mean
 * and deviation are computed anew in the gradients: a sample is in the caches for all passes. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "lines.h"
#include "pointwise.h"

/* Rows of scratch memory, each of all channels. */
enum { MEAN, SCALE, OF_G, OF_GH, N_ROWS };

static int64_t scratch(const Kernel *k) {
    return (int64_t)k->in.cs * (k->node->op == &op_group_norm_dgrad ? N_ROWS : OF_G);
}

static bool has_operand(const Kernel *k, int i) {
    return k->node->n_in > i;
}

static void lower(Lowering *l, Node *node) {
    const bool forward = !node->op->backward_only;
    Buffer *x, *dy = NULL;
    Node *at = in_channels(l, node->in[0], &x);
    Node *dy_at = forward ? NULL : in_channels(l, node->in[1], &dy);
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
    Buffer *x, *dy;
    Node *at = in_channels(l, node->in[0], &x);
    Node *dy_at = in_channels(l, node->in[1], &dy);
    Kernel *k = node_kernel(l, node);
    k->in = k->out = dy->layout;
    read_value(l, k, "x", x, at);
    read_value(l, k, "dy", dy, dy_at);
    lower_operand(l, k, "dw", l->gradient, NULL, true);
}

static void open_channels(Loops *l, const Layout *in) {
    l_open(l, "for (int c = 0; c < %d; c += 16)", in->cs);
}

/* Opens the loop over the places of a row of channels; `e` is where the place has it in the sample,
 * `i` in the tensor. */
static void open_places(Loops *l, const Layout *in) {
    l_open(l, "for (int p = 0; p < %d; p++)", in->H * in->W);
    l_line(l, "const int e = p * %d + c, i = s * %d + e;", in->cs, in->stride);
}

/* Puts what a group has in common in the place of its channels' sums: `value`, of the mean m of the
 * group's values. */
static void join(Loops *l, const Kernel *k, int row, const char *value) {
    const Layout *in = &k->in;
    const int groups = node_int(k->node, "groups"), size = in->C / groups, at = row * in->cs;
    const char *mean = arena_printf(l->arena, "ROUNDED(MUL(t, SET((float)%.17g)))",
                                    1.0 / ((double)size * in->H * in->W));
    if (size == 1) {
        open_channels(l, in);
        l_line(l, "const F16 t = LOAD(scratch + %d + c);", at);
        l_line(l, "const F16 m = %s;", mean);
        l_line(l, "STORE(scratch + %d + c, %s);", at, value);
        l_close(l);
        return;
    }
    l_open(l, "for (int q = 0; q < %d; q++)", groups);
    l_line(l, "F16 t = SET(0.0f);");
    l_open(l, "for (int j = 0; j < %d; j++)", size);
    l_line(l, "t = ADD(t, SET(scratch[%d + q * %d + j]));", at, size);
    l_close(l);
    l_line(l, "const F16 m = %s;", mean);
    l_line(l, "const float v = FIRST(%s);", value);
    l_open(l, "for (int j = 0; j < %d; j++)", size);
    l_line(l, "scratch[%d + q * %d + j] = v;", at, size);
    l_close(l);
    l_close(l);
}

/* Fills the rows `mean` and `scale`, one over the deviation, for the groups of sample s. */
static void write_moments(Loops *l, const Kernel *k) {
    const Layout *in = &k->in;
    open_channels(l, in);
    l_line(l, "F16 sum = SET(0.0f);");
    open_places(l, in);
    l_line(l, "sum = ADD(sum, LOAD(x + i));");
    l_close(l);
    l_line(l, "STORE(scratch + c, sum);");
    l_close(l);
    join(l, k, MEAN, "m");
    open_channels(l, in);
    l_line(l, "const F16 mean = LOAD(scratch + c);");
    l_line(l, "F16 square = SET(0.0f);");
    open_places(l, in);
    l_line(l, "const F16 d = SUB(LOAD(x + i), mean);");
    l_line(l, "square = FMA(d, d, square);");
    l_close(l);
    l_line(l, "STORE(scratch + %d + c, square);", SCALE * in->cs);
    l_close(l);
    join(l, k, SCALE,
         arena_printf(l->arena, "DIV(SET(1.0f), SQRT(ADD(m, SET((float)%.17g))))",
                      node_attr(k->node, "eps")));
}

/* Opens the loop over rows of channels, with what they need for NORMAL. */
static void open_rows(Loops *l, const Kernel *k) {
    open_channels(l, &k->in);
    l_line(l, "const F16 mean = LOAD(scratch + c), scale = LOAD(scratch + %d + c);",
           SCALE * k->in.cs);
}

#define NORMAL "ROUNDED(MUL(SUB(LOAD(x + i), mean), scale))"

static void build(Loops *l, const Kernel *k) {
    const char *value = has_operand(k, 2)   ? "FMA(" NORMAL ", weight, LOAD(bias + c))"
                        : has_operand(k, 1) ? "ROUNDED(MUL(" NORMAL ", weight))"
                                            : NORMAL;
    l_open(l, "for (int s = 0; s < n; s++)");
    write_moments(l, k);
    open_rows(l, k);
    if (has_operand(k, 1)) l_line(l, "const F16 weight = LOAD(w + c);");
    open_places(l, &k->in);
    l_lines(l,
            row_text(k, l->arena, clean_row(l->arena, value, k->in.C), (Site){"i", "s", "e", "c"}));
    l_close(l);
    l_close(l);
    l_close(l);
}

static void build_input_gradient(Loops *l, const Kernel *k) {
    const int cs = k->in.cs;
    const bool weighted = has_operand(k, 2);
    const char *g = weighted ? "ROUNDED(MUL(LOAD(dy + i), weight))" : "LOAD(dy + i)";
    l_open(l, "for (int s = 0; s < n; s++)");
    write_moments(l, k);
    open_rows(l, k);
    if (weighted) l_line(l, "const F16 weight = LOAD(w + c);");
    l_line(l, "F16 sum_g = SET(0.0f), sum_gh = SET(0.0f);");
    open_places(l, &k->in);
    l_line(l, "const F16 g = %s;", g);
    l_line(l, "sum_g = ADD(sum_g, g);");
    l_line(l, "sum_gh = FMA(g, %s, sum_gh);", NORMAL);
    l_close(l);
    l_line(l, "STORE(scratch + %d + c, sum_g);", OF_G * cs);
    l_line(l, "STORE(scratch + %d + c, sum_gh);", OF_GH * cs);
    l_close(l);
    join(l, k, OF_G, "m");
    join(l, k, OF_GH, "m");
    open_rows(l, k);
    if (weighted) l_line(l, "const F16 weight = LOAD(w + c);");
    l_line(l, "const F16 of_g = LOAD(scratch + %d + c), of_gh = LOAD(scratch + %d + c);", OF_G * cs,
           OF_GH * cs);
    open_places(l, &k->in);
    l_line(l, "const F16 g = SUB(%s, of_g);", g);
    l_line(l, "const F16 d = ROUNDED(MUL(scale, FMA(NEG(%s), of_gh, g)));", NORMAL);
    l_line(l, "STORE(dx + i, %s);", clean_row(l->arena, "d", k->in.C));
    l_close(l);
    l_close(l);
    l_close(l);
}

static void build_parameter_gradient(Loops *l, const Kernel *k) {
    zero_gradient(l, k, "dw");
    l_open(l, "for (int s = 0; s < n; s++)");
    write_moments(l, k);
    open_rows(l, k);
    l_line(l, "F16 t = SET(0.0f);");
    open_places(l, &k->in);
    l_line(l, "t = FMA(LOAD(dy + i), %s, t);", NORMAL);
    l_close(l);
    l_line(l, "STORE(dw + c, ADD(LOAD(dw + c), t));");
    l_close(l);
    l_close(l);
}

static bool fits(const Node *node) {
    return node->op == &op_group_norm;
}

static bool fits_input_gradient(const Node *node) {
    return node->op == &op_group_norm_dgrad;
}

static bool fits_parameter_gradient(const Node *node) {
    return node->op == &op_group_norm_wgrad;
}

const Family family_group_norm = {
    .name = "group normalisation",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .scratch = scratch,
    .build = build,
};
const Family family_group_norm_dgrad = {
    .name = "group normalisation's input gradient",
    .fits = fits_input_gradient,
    .lower = lower,
    .scratch = scratch,
    .build = build_input_gradient,
};
const Family family_group_norm_wgrad = {
    .name = "group normalisation's weight gradient",
    .fits = fits_parameter_gradient,
    .lower = lower_gradient,
    .scratch = scratch,
    .build = build_parameter_gradient,
};
