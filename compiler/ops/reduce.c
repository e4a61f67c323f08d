/* Sums and means over axes of a sample, values spread over axes, the mean over the batch that makes
 * a loss of a value per sample, and that over a split, which metrics are made of. */
#include <string.h>

#include "rules.h"

/* The axes that the attribute names, a bit each from the first axis on; none stands for all. */
static unsigned axes_of(const Node *n, int rank) {
    const unsigned axes = (unsigned)ATTRS(n, ReduceAttrs)->axes;
    return axes ? axes : (1u << rank) - 1;
}

bool reduces_axis(const Node *n, int rank, int axis) {
    return axes_of(n, rank) >> axis & 1;
}

bool want_reduced_axes(Graph *g, const Node *n, int rank) {
    return axes_of(n, rank) < 1u << rank || op_error(g, n, 0, "wants axes between 1 and %d", rank);
}

Shape reduced_shape(const Node *n, Shape s, bool keep) {
    Shape out = {0};
    for (int i = 0; i < s.rank; i++) {
        const bool gone = reduces_axis(n, s.rank, i);
        if (!gone || keep) out.dim[out.rank++] = gone ? 1 : s.dim[i];
    }
    return out;
}

int64_t left_element(const Node *n, Shape s, int64_t k) {
    int64_t at = 0, step = 1;
    for (int i = s.rank - 1; i >= 0; i--) {
        if (!reduces_axis(n, s.rank, i)) {
            at += k % s.dim[i] * step;
            step *= s.dim[i];
        }
        k /= s.dim[i];
    }
    return at;
}

int reduction_along(const Node *n, int operand, int axis) {
    const int rank = n->in[operand]->type.shape.rank;
    if (n->type.shape.rank == rank) return reduces_axis(n, rank, axis) ? ALONG_ALL : axis;
    for (int i = 0, left = 0; i < rank; i++)
        if (!reduces_axis(n, rank, i) && left++ == axis) return i;
    return ALONG_ALL;
}

static int64_t terms(const Node *n) {
    return shape_count(n->in[0]->type.shape) / shape_count(n->type.shape);
}

bool reduction_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample") ||
        !want_reduced_axes(g, n, n->in[0]->type.shape.rank))
        return false;
    n->type = type_sample(reduced_shape(n, n->in[0]->type.shape, ATTRS(n, ReduceAttrs)->keepdim));
    return true;
}

static void sum_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->in[0]->type.shape;
    const int64_t each = shape_count(s), left = shape_count(n->type.shape);
    memset(out, 0, sizeof *out * (size_t)(env->batch * left));
    for (int64_t k = 0; k < env->batch * each; k++) {
        double *to = out + k / each * left + left_element(n, s, k % each);
        *to = partial_sum(env, *to + in[0][k]);
    }
}

static void mean_value(const Env *env, const Node *n, const double *const *in, double *out) {
    sum_value(env, n, in, out);
    for (int64_t k = 0; k < all_elements(env, n); k++) out[k] /= (double)terms(n);
}

Node *grad_spread(Gradient *g, Node *dy) {
    Node *in[2] = {dy, g->node->in[0]};
    return grad_node(g, &op_expand, 2, in,
                     ATTRS_WITH(ReduceAttrs, .axes = ATTRS(g->node, ReduceAttrs)->axes));
}

static void sum_gradient(Gradient *g) {
    g->dx[0] = grad_spread(g, g->dy);
}

static void mean_gradient(Gradient *g) {
    Node *part = grad_number(g, 1 / (double)terms(g->node));
    g->dx[0] = grad_spread(g, grad_binary(g, &op_mul, g->dy, part));
}

/* Sizes without those of 1, which say nothing about the order of elements. */
static Shape without_ones(Shape s) {
    Shape out = {0};
    for (int i = 0; i < s.rank; i++)
        if (s.dim[i] > 1) out.dim[out.rank++] = s.dim[i];
    return out;
}

static bool expand_shape(Graph *g, Node *n) {
    for (int i = 0; i < n->n_in; i++)
        if (!want_sample(g, n, i, -1, "real values per sample")) return false;
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, ReduceAttrs)->shape, &s)) return false;
    if (n->n_in > 1) s = n->in[1]->type.shape;
    if (!want_reduced_axes(g, n, s.rank)) return false;
    const Shape left = reduced_shape(n, s, false);
    if (!shape_equal(without_ones(n->in[0]->type.shape), without_ones(left)))
        return op_error(g, n, 0, "wants %s, or that with sizes of 1", shape_text(g->arena, left));
    n->type = type_sample(s);
    return true;
}

static void expand_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->type.shape;
    const int64_t each = shape_count(s), left = shape_count(n->in[0]->type.shape);
    for (int64_t k = 0; k < env->batch * each; k++)
        out[k] = in[0][k / each * left + left_element(n, s, k % each)];
}

static int expand_along(const Node *n, int operand, int axis) {
    const Shape x = n->in[0]->type.shape, s = n->type.shape;
    if (operand > 0) return ALONG_SHAPE;
    if (reduces_axis(n, s.rank, axis)) return ALONG_WHOLE;
    int at = axis;
    for (int i = 0; x.rank < s.rank && i < axis; i++) at -= reduces_axis(n, s.rank, i);
    return at < x.rank && x.dim[at] == s.dim[axis] ? at : ALONG_ALL;
}

static void expand_gradient(Gradient *g) {
    const Shape x = g->node->in[0]->type.shape, s = g->node->type.shape;
    const ReduceAttrs *own = ATTRS(g->node, ReduceAttrs);
    Node *sum = grad_node(g, &op_sum, 1, &g->dy,
                          ATTRS_WITH(ReduceAttrs, .axes = own->axes, .keepdim = x.rank == s.rank));
    g->dx[0] = shape_equal(sum->type.shape, x) ? sum : grad_reshape(g, sum, x);
}

static bool batch_mean_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    if (shape_count(n->in[0]->type.shape) != 1)
        return op_error(g, n, 0, "wants one value per sample");
    n->type = type_of_kind(KIND_SCALAR);
    return true;
}

static void batch_mean_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)n;
    *out = 0;
    for (int b = 0; b < env->batch; b++) *out += in[0][b] / env->batch;
}

static void batch_mean_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_batch_mean_grad, g->node->in[0], g->dy);
}

static bool batch_mean_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample") || !want_upstream(g, n)) return false;
    n->type = n->in[0]->type;
    return true;
}

static void batch_mean_grad_value(const Env *env, const Node *n, const double *const *in,
                                  double *out) {
    for (int64_t k = 0; k < all_elements(env, n); k++) out[k] = in[1][0] / env->batch;
}

/* A sum of the batch by another one. */
static bool ratio_shape(Graph *g, Node *n) {
    for (int i = 0; i < 2; i++)
        if (n->in[i]->type.kind != KIND_SCALAR && n->in[i]->type.kind != KIND_SCHEDULE)
            return op_error(g, n, i, "wants numbers of the batch");
    n->type = type_of_kind(KIND_SCALAR);
    return true;
}

static void ratio_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)n;
    *out = in[1][0] != 0 ? in[0][0] / in[1][0] : 0;
}

static void ratio_gradient(Gradient *g) {
    Node *part = grad_binary(g, &op_ratio, g->dy, g->node->in[1]);
    g->dx[0] = part;
    if (g->wanted[1]) g->dx[1] = grad_unary(g, &op_neg, grad_binary(g, &op_mul, part, g->out));
}

static bool overall_shape(Graph *g, Node *n) {
    if (n->in[0]->type.kind == KIND_SCALAR)
        return op_error(g, n, -1,
                        "a loss in a metric is one of the whole split already, write it without "
                        "nn.overall");
    if (!want_sample(g, n, 0, -1, "one real value per sample")) return false;
    if (shape_count(n->in[0]->type.shape) != 1)
        return op_error(g, n, 0, "wants one value per sample, as nn.mean(x) makes it");
    n->type = type_of_kind(KIND_SPLIT);
    return true;
}

const AttrSpec reduction_attrs[REDUCTION_ATTRS] = {
    MEMBER(ReduceAttrs, axes, "axes", 0, (1 << MAX_RANK) - 1, 0),
    MEMBER(ReduceAttrs, keepdim, "keepdim", 0, 1, 0)};
static const AttrSpec expand_attrs[] = {
    MEMBER(ReduceAttrs, axes, "axes", 0, (1 << MAX_RANK) - 1, 0), SHAPE_ATTRS(ReduceAttrs, 0)};
static const OpSample sum_samples[] = {{.inputs = "S(37)"},
                                       {.inputs = "S(3,5,20)"},
                                       {.inputs = "S()"},
                                       {.inputs = "S(32,2,3)", WITH(1)},
                                       {.inputs = "S(19,4,3)", WITH(2)},
                                       {.inputs = "S(19,4,3)", WITH(4, 1)},
                                       {.inputs = "S(5,4,3)", WITH(3)},
                                       {.inputs = "S(18,4,3)", WITH(6)},
                                       {.inputs = "S(5,4,16)", WITH(5, 1)},
                                       {.inputs = "S(7,20)", WITH(1)},
                                       {.inputs = "S(7,20)", WITH(2, 1)},
                                       {.inputs = "S(1,9)", WITH(1)},
                                       {.inputs = "S(9)", WITH(1, 1)}};
static const OpSample expand_samples[] = {{.inputs = "S() S(37)"},
                                          {.inputs = "S(2,3) S(32,2,3)", WITH(1)},
                                          {.inputs = "S(19,3) S(19,4,3)", WITH(2)},
                                          {.inputs = "S(19,1,1) S(19,4,3)", WITH(6)},
                                          {.inputs = "S(3) S(5,4,3)", WITH(3)},
                                          {.inputs = "S(1,1,20) S(5,4,20)", WITH(3)},
                                          {.inputs = "S(1,20) S(7,20)", WITH(1)},
                                          {.inputs = "S(1) S(7,20)"},
                                          {.inputs = "S(7) S(7,20)", WITH(2)},
                                          {.inputs = "S(7,1)", WITH(2, 2, 7, 20)},
                                          {.inputs = "S(4,1)", WITH(5, 3, 19, 4, 3)}};
static const OpSample batch_samples[] = {{.inputs = "S()"}, {.inputs = "S(1)"}};
static const OpSample batch_grad_samples[] = {{.inputs = "S() E()"}, {.inputs = "S(1) X()"}};

#define SUM(op_name, its_onnx, words)                                                              \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = 1,                                                          \
                             .max_in = 1,                                                          \
                             HAS_ATTRS(ReduceAttrs, reduction_attrs),                              \
                             .shape = reduction_shape,                                             \
                             .along = reduction_along,                                             \
                             .gradient = op_name##_gradient,                                       \
                             .reference = op_name##_value,                                         \
                             SAMPLES(sum_samples),                                                 \
                             .function = true,                                                     \
                             .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES};
SUM(sum, "ReduceSum", "sum over axes of a sample, all of them if none is named")
SUM(mean, "ReduceMean", "mean over axes of a sample, all of them if none is named")
const Op op_expand = {.name = "expand",
                      .help = "a value spread over axes of another one's shape",
                      .min_in = 1,
                      .max_in = 2,
                      HAS_ATTRS(ReduceAttrs, expand_attrs),
                      .shape = expand_shape,
                      .gradient = expand_gradient,
                      .along = expand_along,
                      .reference = expand_value,
                      SAMPLES(expand_samples),
                      .stops = 2,
                      .traits = TRAIT_MAPS};
const Op op_batch_mean = {.name = "batch_mean",
                          .help = "mean over the batch of a value per sample",
                          .min_in = 1,
                          .max_in = 1,
                          .shape = batch_mean_shape,
                          .gradient = batch_mean_gradient,
                          .reference = batch_mean_value,
                          SAMPLES(batch_samples),
                          .traits = TRAIT_LOSS};
const Op op_batch_mean_grad = {.name = "batch_mean_grad",
                               .help = "gradient of batch_mean: the share of each sample",
                               .min_in = 2,
                               .max_in = 2,
                               .shape = batch_mean_grad_shape,
                               .reference = batch_mean_grad_value,
                               SAMPLES(batch_grad_samples),
                               .backward_only = true,
                               .traits = TRAIT_LOSS_GRADIENT};
static const OpSample ratio_samples[] = {{.inputs = "X() X()"}, {.inputs = "X() E()"}};
const Op op_ratio = {.name = "ratio",
                     .help = "a quotient of numbers of the batch, 0 where the divisor is 0",
                     .min_in = 2,
                     .max_in = 2,
                     .shape = ratio_shape,
                     .gradient = ratio_gradient,
                     .reference = ratio_value,
                     SAMPLES(ratio_samples),
                     .number = "nn_ratio(%s, %s)"};
const Op op_overall = {.name = "overall",
                       .help = "mean of a value per sample over the whole split",
                       .min_in = 1,
                       .max_in = 1,
                       .shape = overall_shape,
                       .reference = batch_mean_value,
                       SAMPLES(batch_samples),
                       .function = true,
                       .traits = TRAIT_LOSS};
