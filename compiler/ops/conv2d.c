/* Convolutions (cross-correlations, as in PyTorch): weight (out, in / groups, kh, kw), or (out, in
 * / groups, k) of signals, which are images of one row. */
#include <string.h>

#include "geometry.h"
#include "rules.h"

/* Sizes of one convolution, for each of its three ops: y from x. */
typedef struct Sizes {
    int B, C, H, W, O, OH, OW;
    Conv c;
} Sizes;

static Sizes sizes_of(const Env *env, const Node *n, Shape x, Shape y) {
    return (Sizes){env->batch, x.dim[0], x.dim[1], x.dim[2],
                   y.dim[0],   y.dim[1], y.dim[2], conv_of(n)};
}

static int out_size(const Node *n, int axis, int size, int kernel) {
    return window_count(size, kernel, ATTRS(n, ConvAttrs)->stride[axis],
                        ATTRS(n, ConvAttrs)->pad[axis], ATTRS(n, ConvAttrs)->dilation[axis]);
}

/* Reports unless operand 1 is the weight of a convolution. */
static bool want_weight(Graph *g, const Node *n) {
    return want_param(g, n, 1, n->in[1]->type.shape.rank == 3 ? 3 : 4);
}

static bool conv2d_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)") || !want_weight(g, n)) return false;
    Shape x = n->in[0]->type.shape, w = conv_weight(n->in[1]->type.shape);
    int groups = ATTRS(n, ConvAttrs)->groups;
    if (x.dim[0] % groups || w.dim[0] % groups)
        return op_error(g, n, 0,
                        "groups (%d) must divide input channels (%d) and output channels (%d)",
                        groups, x.dim[0], w.dim[0]);
    if (w.dim[1] * groups != x.dim[0])
        return op_error(g, n, 0, "wants %d channels, as its weights have", w.dim[1] * groups);
    if (n->n_in > 2 && !want_bias(g, n, 2, w.dim[0])) return false;
    int oh = out_size(n, 0, x.dim[1], w.dim[2]), ow = out_size(n, 1, x.dim[2], w.dim[3]);
    if (oh < 1 || ow < 1)
        return op_error(g, n, 0, "its kernel (%d, %d) is larger than its padded input", w.dim[2],
                        w.dim[3]);
    n->type = type_sample(shape_of(3, w.dim[0], oh, ow));
    return true;
}

/* Outputs along one direction whose tap at `offset` lies in the input: first .. end-1. */
typedef struct Reach {
    int first, end;
} Reach;

static Reach reach(int out, int in, int stride, int offset) {
    Reach r = {0, out};
    while (r.first < out && r.first * stride + offset < 0) r.first++;
    while (r.end > r.first && (r.end - 1) * stride + offset >= in) r.end--;
    return r;
}

/* Calls `body` for every (tap, sample, output, input) that meet: the definition of a convolution.
 * Places come last, so that the inner loop goes along rows of x and y. */
#define EACH_PRODUCT(c, body)                                                                      \
    for (int ky = 0; ky < (c).c.kernel[0]; ky++)                                                   \
        for (int kx = 0; kx < (c).c.kernel[1]; kx++) {                                             \
            const int dy = ky * (c).c.dilation[0] - (c).c.pad[0],                                  \
                      dx = kx * (c).c.dilation[1] - (c).c.pad[1];                                  \
            const Reach rows = reach((c).OH, (c).H, (c).c.stride[0], dy);                          \
            const Reach columns = reach((c).OW, (c).W, (c).c.stride[1], dx);                       \
            for (int b = 0; b < (c).B; b++)                                                        \
                for (int o = 0; o < (c).O; o++)                                                    \
                    for (int i = 0; i < (c).C / (c).c.groups; i++) {                               \
                        const int ci = o / ((c).O / (c).c.groups) * ((c).C / (c).c.groups) + i;    \
                        const int64_t wi =                                                         \
                            (((int64_t)o * ((c).C / (c).c.groups) + i) * (c).c.kernel[0] + ky) *   \
                                (c).c.kernel[1] +                                                  \
                            kx;                                                                    \
                        for (int oy = rows.first; oy < rows.end; oy++) {                           \
                            const int64_t iy = oy * (c).c.stride[0] + dy;                          \
                            const int64_t x0 =                                                     \
                                (((int64_t)b * (c).C + ci) * (c).H + iy) * (c).W + dx;             \
                            const int64_t y0 = (((int64_t)b * (c).O + o) * (c).OH + oy) * (c).OW;  \
                            for (int ox = columns.first; ox < columns.end; ox++) {                 \
                                const int64_t xi = x0 + ox * (c).c.stride[1], yi = y0 + ox;        \
                                body;                                                              \
                            }                                                                      \
                        }                                                                          \
                    }                                                                              \
        }

/* Where the sums of a result begin: at its channel's bias, or 0. */
static void set_bias(const Env *env, const Node *n, const double *const *in, double *out) {
    const int channels = n->type.shape.dim[0];
    const int64_t places = shape_inner(n->type.shape, 0);
    for (int64_t k = 0; k < all_elements(env, n); k++)
        out[k] = n->n_in > 2 ? in[2][k / places % channels] : 0;
}

static void conv2d_value(const Env *env, const Node *n, const double *const *in,
                         double *restrict out) {
    const Sizes c = sizes_of(env, n, n->in[0]->type.shape, n->type.shape);
    set_bias(env, n, in, out);
    EACH_PRODUCT(c, out[yi] += in[0][xi] * in[1][wi])
}

/* The gradient in the weight of a convolution of x whose value has the gradient dy. */
static Node *weight_gradient(Gradient *g, Node *x, Node *dy) {
    const Shape w = g->node->in[1]->type.shape;
    ConvAttrs attrs = *ATTRS(g->node, ConvAttrs);
    attrs.extra[0] = w.rank == 3 ? 0 : w.dim[2];
    attrs.extra[1] = w.dim[w.rank - 1];
    Node *in[2] = {x, dy};
    return grad_node(g, &op_conv2d_wgrad, 2, in, ATTRS_AT(ConvAttrs, &attrs));
}

static void conv2d_gradient(Gradient *g) {
    const Node *n = g->node;
    if (g->wanted[0]) {
        ConvAttrs attrs = *ATTRS(n, ConvAttrs);
        for (int i = 0; i < 2; i++) attrs.extra[i] = n->in[0]->type.shape.dim[1 + i];
        Node *in[2] = {g->dy, n->in[1]};
        g->dx[0] = grad_node(g, &op_conv2d_dgrad, 2, in, ATTRS_AT(ConvAttrs, &attrs));
    }
    if (g->wanted[1]) g->dx[1] = weight_gradient(g, n->in[0], g->dy);
    if (n->n_in > 2 && g->wanted[2]) g->dx[2] = grad_unary(g, &op_bias_grad, g->dy);
}

/* Reports unless operand `i` has the shape of the convolution of x by w. */
static bool want_convolved(Graph *g, const Node *n, int i, Shape x, Shape w) {
    Shape y = shape_of(3, w.dim[0], out_size(n, 0, x.dim[1], w.dim[2]),
                       out_size(n, 1, x.dim[2], w.dim[3]));
    if (shape_equal(y, n->in[i]->type.shape)) return true;
    return op_error(g, n, i, "wants %s", shape_text(g->arena, y));
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)") || !want_weight(g, n)) return false;
    Shape w = conv_weight(n->in[1]->type.shape);
    Shape x = shape_of(3, w.dim[1] * ATTRS(n, ConvAttrs)->groups, ATTRS(n, ConvAttrs)->extra[0],
                       ATTRS(n, ConvAttrs)->extra[1]);
    n->type = type_sample(x);
    return want_convolved(g, n, 0, x, w);
}

static void dgrad_value(const Env *env, const Node *n, const double *const *in,
                        double *restrict out) {
    const Sizes c = sizes_of(env, n, n->type.shape, n->in[0]->type.shape);
    set_bias(env, n, in, out);
    EACH_PRODUCT(c, out[xi] += in[0][yi] * in[1][wi])
}

static bool transpose_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)") || !want_param(g, n, 1, 4)) return false;
    const Shape w = n->in[1]->type.shape;
    if (w.dim[0] != n->in[0]->type.shape.dim[0])
        return op_error(g, n, 0, "wants %d channels, as its weights have", w.dim[0]);
    return dgrad_shape(g, n) && (n->n_in < 3 || want_bias(g, n, 2, n->type.shape.dim[0]));
}

/* What is the output of the convolution behind it is the input here. */
static void transpose_gradient(Gradient *g) {
    const Node *n = g->node;
    if (g->wanted[1]) g->dx[1] = weight_gradient(g, g->dy, n->in[0]);
    if (g->wanted[0]) {
        Node *in[2] = {g->dy, n->in[1]};
        g->dx[0] = grad_node(g, &op_conv2d, 2, in, &n->attrs);
    }
    if (n->n_in > 2 && g->wanted[2]) g->dx[2] = grad_unary(g, &op_bias_grad, g->dy);
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)") || !want_sample(g, n, 1, 3, "(C, H, W)"))
        return false;
    Shape x = n->in[0]->type.shape;
    const int out = n->in[1]->type.shape.dim[0], in = x.dim[0] / ATTRS(n, ConvAttrs)->groups;
    const int kh = ATTRS(n, ConvAttrs)->extra[0], kw = ATTRS(n, ConvAttrs)->extra[1];
    const Shape w = kh ? (Shape){4, {out, in, kh, kw}} : (Shape){3, {out, in, kw}};
    n->type = type_param(w);
    return want_convolved(g, n, 1, x, conv_weight(w));
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in,
                        double *restrict out) {
    const Sizes c = sizes_of(env, n, n->in[0]->type.shape, n->in[1]->type.shape);
    memset(out, 0, sizeof *out * (size_t)shape_count(n->type.shape));
    EACH_PRODUCT(c, out[wi] = partial_sum(env, out[wi] + in[0][xi] * in[1][yi]))
}

/* Every weight meets every place of the output once. */
static int64_t flops_of(Shape weight, Shape y) {
    return 2 * shape_count(weight) * y.dim[1] * y.dim[2];
}
static int64_t conv_flops(const Node *n) {
    return flops_of(n->in[1]->type.shape, n->type.shape);
}
static int64_t dgrad_flops(const Node *n) {
    return flops_of(n->in[1]->type.shape, n->in[0]->type.shape);
}
static int64_t wgrad_flops(const Node *n) {
    return flops_of(n->type.shape, n->in[1]->type.shape);
}

#define CONV_ATTRS                                                                                 \
    MEMBER(ConvAttrs, stride[0], "stride_h", 1, MAX_DIM, 1),                                       \
        MEMBER(ConvAttrs, stride[1], "stride_w", 1, MAX_DIM, 1),                                   \
        MEMBER(ConvAttrs, pad[0], "padding_h", 0, MAX_DIM, 0),                                     \
        MEMBER(ConvAttrs, pad[1], "padding_w", 0, MAX_DIM, 0),                                     \
        MEMBER(ConvAttrs, dilation[0], "dilation_h", 1, MAX_DIM, 1),                               \
        MEMBER(ConvAttrs, dilation[1], "dilation_w", 1, MAX_DIM, 1),                               \
        MEMBER(ConvAttrs, groups, "groups", 1, MAX_DIM, 1)
static const AttrSpec conv_attrs[] = {CONV_ATTRS};
static const AttrSpec dgrad_attrs[] = {CONV_ATTRS,
                                       MEMBER(ConvAttrs, extra[0], "in_h", 1, MAX_DIM, 1),
                                       MEMBER(ConvAttrs, extra[1], "in_w", 1, MAX_DIM, 1)};
static const AttrSpec wgrad_attrs[] = {CONV_ATTRS,
                                       MEMBER(ConvAttrs, extra[0], "kernel_h", 0, MAX_DIM, 1),
                                       MEMBER(ConvAttrs, extra[1], "kernel_w", 1, MAX_DIM, 1)};

static const OpSample conv_samples[] = {
    {.inputs = "S(3,8,8) P(5,3,3,3) P(5)"},
    {.inputs = "S(1,14,14) P(32,1,3,3) P(32)"},
    {.inputs = "S(17,7,9) P(33,17,3,3) P(33)", WITH(1, 1, 1, 1, 1, 1, 1)},
    {.inputs = "S(3,11,10) P(20,3,5,5)", WITH(2, 2, 2, 2, 1, 1, 1)},
    {.inputs = "S(4,9,9) P(6,4,3,2) P(6)", WITH(2, 3, 1, 0, 2, 1, 1)},
    {.inputs = "S(8,6,6) P(8,1,3,3) P(8)", WITH(1, 1, 1, 1, 1, 1, 8)},
    {.inputs = "S(32,5,5) P(64,16,3,3) P(64)", WITH(1, 1, 1, 1, 1, 1, 2)},
    {.inputs = "S(6,5,5) P(15,2,1,1) P(15)", WITH(1, 1, 0, 0, 1, 1, 3)},
    {.inputs = "S(2,1,13) P(3,2,1,4)", WITH(1, 3, 0, 2, 1, 2, 1)},
    {.inputs = "S(2,2,2) P(3,2,3,3) P(3)", WITH(1, 2, 3, 2, 1, 1, 1)},
    {.inputs = "S(4,1,1) P(32,4,3,3) P(32)", WITH(1, 1, 1, 1, 1, 1, 1)},
    {.inputs = "S(9,5,5) P(18,1,3,3) P(18)", WITH(1, 1, 1, 1, 1, 1, 9)},
    {.inputs = "S(51,3,4) P(34,3,1,2)", WITH(1, 1, 0, 0, 1, 1, 17)},
    {.inputs = "S(3,1,2) P(17,3,1,1)", WITH(1, 2, 1, 1, 1, 1, 1)},
    {.inputs = "S(16,4,4) P(16,16,1,1) P(16)"},
    {.inputs = "S(5,1,19) P(18,5,4) P(18)", WITH(1, 2, 0, 3, 1, 2, 1)},
    {.inputs = "S(32,1,40) P(16,32,3)", WITH(1, 1, 0, 1, 1, 1, 1)},
    {.inputs = "S(6,1,9) P(6,1,3) P(6)", WITH(1, 1, 0, 0, 1, 1, 6)},
    {.inputs = "S(40,9,9) P(40,1,3,3) P(40)", WITH(2, 2, 1, 1, 1, 1, 40)},
    {.inputs = "S(80,4,35) P(80,1,5,5)", WITH(1, 1, 2, 2, 1, 1, 80)},
    {.inputs = "S(24,9,11) P(24,1,3,3)", WITH(1, 1, 2, 2, 2, 2, 24)},
    {.inputs = "S(17,3,30) P(17,1,1,9) P(17)", WITH(1, 1, 0, 4, 1, 1, 17)},
    {.inputs = "S(16,6,13) P(16,1,11,11)", WITH(1, 2, 5, 5, 1, 1, 16)},
    {.inputs = "S(32,2,2) P(32,1,2,2)", WITH(3, 3, 1, 1, 1, 1, 32)}};
static const OpSample dgrad_samples[] = {
    {.inputs = "S(5,6,6) P(5,3,3,3)", WITH(1, 1, 0, 0, 1, 1, 1, 8, 8)},
    {.inputs = "S(33,7,9) P(33,17,3,3)", WITH(1, 1, 1, 1, 1, 1, 1, 7, 9)},
    {.inputs = "S(20,6,5) P(20,3,5,5)", WITH(2, 2, 2, 2, 1, 1, 1, 11, 10)},
    {.inputs = "S(6,4,3) P(6,4,3,2)", WITH(2, 3, 1, 0, 2, 1, 1, 9, 9)},
    {.inputs = "S(8,6,6) P(8,1,3,3)", WITH(1, 1, 1, 1, 1, 1, 8, 6, 6)},
    {.inputs = "S(64,5,5) P(64,16,3,3)", WITH(1, 1, 1, 1, 1, 1, 2, 5, 5)},
    {.inputs = "S(32,1,1) P(32,4,3,3)", WITH(1, 1, 1, 1, 1, 1, 1, 1, 1)},
    {.inputs = "S(18,5,5) P(18,1,3,3)", WITH(1, 1, 1, 1, 1, 1, 9, 5, 5)},
    {.inputs = "S(34,3,3) P(34,3,1,2)", WITH(1, 1, 0, 0, 1, 1, 17, 3, 4)},
    {.inputs = "S(17,3,2) P(17,3,1,1)", WITH(1, 2, 1, 1, 1, 1, 1, 1, 2)},
    {.inputs = "S(5,2,2) P(5,20,2,2)", WITH(4, 7, 0, 0, 1, 1, 1, 7, 11)},
    {.inputs = "S(18,1,10) P(18,5,4)", WITH(1, 2, 0, 3, 1, 2, 1, 1, 19)},
    {.inputs = "S(40,5,5) P(40,1,3,3)", WITH(2, 2, 1, 1, 1, 1, 40, 9, 9)},
    {.inputs = "S(80,4,35) P(80,1,5,5)", WITH(1, 1, 2, 2, 1, 1, 80, 4, 35)},
    {.inputs = "S(24,9,11) P(24,1,3,3)", WITH(1, 1, 2, 2, 2, 2, 24, 9, 11)},
    {.inputs = "S(17,3,30) P(17,1,1,9)", WITH(1, 1, 0, 4, 1, 1, 17, 3, 30)},
    {.inputs = "S(16,6,7) P(16,1,11,11)", WITH(1, 2, 5, 5, 1, 1, 16, 6, 13)},
    {.inputs = "S(32,1,1) P(32,1,2,2)", WITH(3, 3, 1, 1, 1, 1, 32, 2, 2)}};
static const OpSample transpose_samples[] = {
    {.inputs = "S(5,6,6) P(5,3,3,3) P(3)", WITH(1, 1, 0, 0, 1, 1, 1, 8, 8)},
    {.inputs = "S(20,4,3) P(20,17,2,2) P(17)", WITH(2, 2, 0, 0, 1, 1, 1, 8, 6)},
    {.inputs = "S(16,3,4) P(16,32,3,3) P(32)", WITH(2, 2, 1, 1, 1, 1, 1, 6, 8)},
    {.inputs = "S(6,4,3) P(6,4,3,2)", WITH(2, 3, 1, 0, 2, 1, 1, 9, 9)},
    {.inputs = "S(8,6,6) P(8,1,3,3) P(8)", WITH(1, 1, 1, 1, 1, 1, 8, 6, 6)},
    {.inputs = "S(32,3,3) P(32,16,3,3) P(32)", WITH(1, 1, 1, 1, 1, 1, 2, 3, 3)},
    {.inputs = "S(5,2,2) P(5,20,2,2) P(20)", WITH(4, 7, 0, 0, 1, 1, 1, 7, 11)},
    {.inputs = "S(20,5,4) P(20,1,4,3) P(20)", WITH(2, 3, 1, 1, 1, 1, 20, 10, 10)}};
static const OpSample wgrad_samples[] = {
    {.inputs = "S(3,8,8) S(5,6,6)", WITH(1, 1, 0, 0, 1, 1, 1, 3, 3)},
    {.inputs = "S(17,7,9) S(33,7,9)", WITH(1, 1, 1, 1, 1, 1, 1, 3, 3)},
    {.inputs = "S(3,11,10) S(20,6,5)", WITH(2, 2, 2, 2, 1, 1, 1, 5, 5)},
    {.inputs = "S(4,9,9) S(6,4,3)", WITH(2, 3, 1, 0, 2, 1, 1, 3, 2)},
    {.inputs = "S(8,6,6) S(8,6,6)", WITH(1, 1, 1, 1, 1, 1, 8, 3, 3)},
    {.inputs = "S(32,5,5) S(64,5,5)", WITH(1, 1, 1, 1, 1, 1, 2, 3, 3)},
    {.inputs = "S(4,1,1) S(32,1,1)", WITH(1, 1, 1, 1, 1, 1, 1, 3, 3)},
    {.inputs = "S(6,1,5) S(20,1,5)", WITH(1, 1, 1, 1, 1, 1, 1, 3, 3)},
    {.inputs = "S(9,5,5) S(18,5,5)", WITH(1, 1, 1, 1, 1, 1, 9, 3, 3)},
    {.inputs = "S(51,3,4) S(34,3,3)", WITH(1, 1, 0, 0, 1, 1, 17, 1, 2)},
    {.inputs = "S(3,1,2) S(17,3,2)", WITH(1, 2, 1, 1, 1, 1, 1, 1, 1)},
    {.inputs = "S(20,7,11) S(5,2,2)", WITH(4, 7, 0, 0, 1, 1, 1, 2, 2)},
    {.inputs = "S(5,1,19) S(18,1,10)", WITH(1, 2, 0, 3, 1, 2, 1, 0, 4)},
    {.inputs = "S(40,9,9) S(40,5,5)", WITH(2, 2, 1, 1, 1, 1, 40, 3, 3)},
    {.inputs = "S(80,20,35) S(80,20,35)", WITH(1, 1, 2, 2, 1, 1, 80, 5, 5)},
    {.inputs = "S(24,9,11) S(24,9,11)", WITH(1, 1, 2, 2, 2, 2, 24, 3, 3)},
    {.inputs = "S(17,3,30) S(17,3,30)", WITH(1, 1, 0, 4, 1, 1, 17, 1, 9)},
    {.inputs = "S(16,6,13) S(16,6,7)", WITH(1, 2, 5, 5, 1, 1, 16, 11, 11)},
    {.inputs = "S(32,2,2) S(32,1,1)", WITH(3, 3, 1, 1, 1, 1, 32, 2, 2)}};

const Op op_conv2d = {.name = "conv2d",
                      .help = "convolution",
                      .min_in = 2,
                      .max_in = 3,
                      HAS_ATTRS(ConvAttrs, conv_attrs),
                      .shape = conv2d_shape,
                      .gradient = conv2d_gradient,
                      .reference = conv2d_value,
                      .flops = conv_flops,
                      SAMPLES(conv_samples),
                      .traits = TRAIT_CONTRACTION,
                      .kernel = "forward"};
const Op op_conv2d_dgrad = {.name = "conv2d_dgrad",
                            .help = "gradient of conv2d in its input",
                            .min_in = 2,
                            .max_in = 2,
                            HAS_ATTRS(ConvAttrs, dgrad_attrs),
                            .shape = dgrad_shape,
                            .reference = dgrad_value,
                            .flops = dgrad_flops,
                            SAMPLES(dgrad_samples),
                            .backward_only = true,
                            .traits = TRAIT_CONTRACTION,
                            .kernel = "input_grad"};
const Op op_conv_transpose2d = {.name = "conv_transpose2d",
                                .help = "transposed convolution",
                                .min_in = 2,
                                .max_in = 3,
                                HAS_ATTRS(ConvAttrs, dgrad_attrs),
                                .shape = transpose_shape,
                                .gradient = transpose_gradient,
                                .reference = dgrad_value,
                                .flops = dgrad_flops,
                                SAMPLES(transpose_samples),
                                .traits = TRAIT_CONTRACTION,
                                .kernel = "forward"};
const Op op_conv2d_wgrad = {.name = "conv2d_wgrad",
                            .help = "gradient of conv2d in its weight",
                            .min_in = 2,
                            .max_in = 2,
                            HAS_ATTRS(ConvAttrs, wgrad_attrs),
                            .shape = wgrad_shape,
                            .reference = wgrad_value,
                            .flops = wgrad_flops,
                            SAMPLES(wgrad_samples),
                            .backward_only = true,
                            .traits = TRAIT_PARAM_GRADIENT,
                            .kernel = "weight_grad"};
