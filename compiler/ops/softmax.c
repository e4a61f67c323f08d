/* Softmax, its logarithm, the logarithm of the sum of exponentials, and the largest and smallest
 * values, over axes of a sample. Exponentials are those of differences to the largest value, which
 * cannot overflow; those of a softmax are cut (docs/numbers.md). */
#include <math.h>

#include "../graph/cut.h"
#include "rules.h"

/* The operands' elements of a batch that belong to one element of the smaller side. */
typedef struct Groups {
    int64_t each, left; /* elements of a sample, and groups in it */
    int64_t count;      /* groups of the batch */
    double *top, *sum;  /* of each group: the largest value, the sum of exponentials below it */
    Arena *room;
} Groups;

static int64_t group_of(const Groups *v, const Node *n, int64_t k) {
    return k / v->each * v->left + left_element(n, n->in[0]->type.shape, k % v->each);
}

static Groups groups_of(const Env *env, const Node *n, const double *x) {
    const Shape s = n->in[0]->type.shape;
    Groups v = {.each = shape_count(s), .room = arena_new()};
    v.left = shape_count(reduced_shape(n, s, false));
    v.count = env->batch * v.left;
    v.top = ARENA_ARRAY(v.room, double, v.count);
    v.sum = ARENA_ARRAY(v.room, double, v.count);
    for (int64_t q = 0; q < v.count; q++) v.top[q] = -INFINITY;
    for (int64_t k = 0; k < env->batch * v.each; k++) {
        double *top = &v.top[group_of(&v, n, k)];
        *top = fmax(*top, x[k]);
    }
    for (int64_t k = 0; k < env->batch * v.each; k++) {
        const int64_t q = group_of(&v, n, k);
        v.sum[q] += exp(x[k] - v.top[q]);
    }
    return v;
}

static void logsumexp_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Groups v = groups_of(env, n, in[0]);
    for (int64_t q = 0; q < v.count; q++) out[q] = v.top[q] + log(inner_value(env, v.sum[q]));
    arena_free(v.room);
}

static void softmax_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Groups v = groups_of(env, n, in[0]);
    for (int64_t k = 0; k < env->batch * v.each; k++) {
        const int64_t q = group_of(&v, n, k);
        out[k] = cut(exp(in[0][k] - v.top[q])) / v.sum[q];
    }
    arena_free(v.room);
}

static void log_softmax_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Groups v = groups_of(env, n, in[0]);
    for (int64_t k = 0; k < env->batch * v.each; k++) {
        const int64_t q = group_of(&v, n, k);
        out[k] = in[0][k] - v.top[q] - log(inner_value(env, v.sum[q]));
    }
    arena_free(v.room);
}

static void extreme(const Env *env, const Node *n, const double *x, double sign, double *out) {
    const Groups v = {.each = shape_count(n->in[0]->type.shape),
                      .left = shape_count(n->type.shape)};
    for (int64_t q = 0; q < env->batch * v.left; q++) out[q] = -INFINITY * sign;
    for (int64_t k = 0; k < env->batch * v.each; k++) {
        double *best = &out[group_of(&v, n, k)];
        if (x[k] * sign > *best * sign || isnan(x[k])) *best = x[k];
    }
}

static void amax_value(const Env *env, const Node *n, const double *const *in, double *out) {
    extreme(env, n, in[0], 1, out);
}

static void amin_value(const Env *env, const Node *n, const double *const *in, double *out) {
    extreme(env, n, in[0], -1, out);
}

/* x summed over the axes, and spread over them again. */
static Node *sum_along(Gradient *g, Node *x) {
    const int axes = ATTRS(g->node, ReduceAttrs)->axes;
    return grad_spread(
        g, grad_node(g, &op_sum, 1, &x, ATTRS_WITH(ReduceAttrs, .axes = axes, .keepdim = true)));
}

/* y (dy - sum of y dy) */
static void softmax_gradient(Gradient *g) {
    Node *sum = sum_along(g, grad_binary(g, &op_mul, g->out, g->dy));
    g->dx[0] = grad_binary(g, &op_mul, g->out, grad_binary(g, &op_sub, g->dy, sum));
}

static Node *softmax_of_operand(Gradient *g) {
    return grad_node(g, &op_softmax, 1, g->node->in,
                     ATTRS_WITH(ReduceAttrs, .axes = ATTRS(g->node, ReduceAttrs)->axes));
}

static void log_softmax_gradient(Gradient *g) {
    Node *share = grad_binary(g, &op_mul, softmax_of_operand(g), sum_along(g, g->dy));
    g->dx[0] = grad_binary(g, &op_sub, g->dy, share);
}

static void logsumexp_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_mul, softmax_of_operand(g), grad_spread(g, g->dy));
}

/* dy, in equal parts, where the operand has the extreme value. */
static void extreme_gradient(Gradient *g) {
    Node *hit = grad_binary(g, &op_equal, g->node->in[0], grad_spread(g, g->out));
    Node *dy = grad_binary(g, &op_div, grad_spread(g, g->dy), sum_along(g, hit));
    g->dx[0] = grad_binary(g, &op_mul, dy, hit);
}

static bool same_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample") ||
        !want_reduced_axes(g, n, n->in[0]->type.shape.rank))
        return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

static const OpSample samples[] = {{.inputs = "S(37)"},
                                   {.inputs = "S(16)", WITH(1)},
                                   {.inputs = "S(2,3,20)", WITH(4)},
                                   {.inputs = "S(19,4,3)", WITH(1)},
                                   {.inputs = "S(19,4,3)", WITH(2)},
                                   {.inputs = "S(32,2,3)", WITH(6)},
                                   {.inputs = "S(7,20)", WITH(2)},
                                   {.inputs = "S(7,20)", WITH(1)},
                                   {.inputs = "S(5,32)", WITH(2)}};
static const OpSample reduction_samples[] = {{.inputs = "S(37)"},
                                             {.inputs = "S(32,2,3)", WITH(1)},
                                             {.inputs = "S(19,4,3)", WITH(2)},
                                             {.inputs = "S(19,4,3)", WITH(4, 1)},
                                             {.inputs = "S(5,4,3)", WITH(3)},
                                             {.inputs = "S(18,4,3)", WITH(6)},
                                             {.inputs = "S(5,4,16)", WITH(5, 1)},
                                             {.inputs = "S(7,20)", WITH(1)},
                                             {.inputs = "S(7,20)", WITH(2, 1)},
                                             {.inputs = "S(9)", WITH(1, 1)}};

#define OVER_AXES(op_name, its_onnx, words, its_shape, its_gradient, its_samples, ...)             \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = 1,                                                          \
                             .max_in = 1,                                                          \
                             HAS_ATTRS(ReduceAttrs, reduction_attrs),                              \
                             .shape = its_shape,                                                   \
                             .along = reduction_along,                                             \
                             .gradient = its_gradient,                                             \
                             .reference = op_name##_value,                                         \
                             SAMPLES(its_samples),                                                 \
                             .function = true,                                                     \
                             .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES,                             \
                             __VA_ARGS__};
OVER_AXES(softmax, "Softmax", "exponentials by their sum, over axes", same_shape, softmax_gradient,
          samples, .lost_bits = 3)
OVER_AXES(log_softmax, "LogSoftmax", "logarithm of softmax", same_shape, log_softmax_gradient,
          samples, .lost_bits = 2)
OVER_AXES(logsumexp, "ReduceLogSumExp", "logarithm of the sum of exponentials, over axes",
          reduction_shape, logsumexp_gradient, reduction_samples, .lost_bits = 2)
OVER_AXES(amax, "ReduceMax", "the largest over axes; ties share the gradient", reduction_shape,
          extreme_gradient, reduction_samples, .lost_bits = 0)
OVER_AXES(amin, "ReduceMin", "the smallest over axes; ties share the gradient", reduction_shape,
          extreme_gradient, reduction_samples, .lost_bits = 0)
