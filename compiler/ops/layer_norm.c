/* Layer normalisation (J. L. Ba, J. R. Kiros, G. E. Hinton, 2016): over the last axes of a sample,
 * y = (x - mean) / sqrt(variance + eps), times a weight, plus a bias for each element of these
 * axes. Root mean square normalisation (B. Zhang, R. Sennrich, 2019) is the same with 0 for the
 * mean: y = x / sqrt(mean(x x) + eps), times a weight. */
#include <math.h>
#include <string.h>

#include "rules.h"

/* The axes that are normalised, as a shape. */
static Shape norm_axes(const Node *n) {
    return shape_last(n->in[0]->type.shape, ATTRS(n, NormAttrs)->axes);
}

static bool want_axes(Graph *g, const Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    const int axes = ATTRS(n, NormAttrs)->axes, rank = n->in[0]->type.shape.rank;
    return axes <= rank || op_error(g, n, 0, "normalises over the last %d ax%ss, its input has %d",
                                    axes, axes == 1 ? "i" : "e", rank);
}

static bool want_weight(Graph *g, const Node *n, int i) {
    const Shape s = norm_axes(n);
    if (n->in[i]->type.kind == KIND_PARAM && shape_equal(n->in[i]->type.shape, s)) return true;
    return op_error(g, n, i, "wants a parameter %s", shape_text(g->arena, s));
}

static bool norm_shape(Graph *g, Node *n) {
    if (!want_axes(g, n)) return false;
    for (int i = 1; i < n->n_in; i++)
        if (!want_weight(g, n, i)) return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

bool norm_is_centred(const Node *n) {
    return n->op != &op_rms_norm && n->op != &op_rms_norm_dgrad && n->op != &op_rms_norm_wgrad;
}

/* Mean and 1 / deviation of the `count` values from x on. */
static void moments(const Env *env, const Node *n, const double *x, int64_t count, double *mean,
                    double *scale) {
    const double eps = ATTRS(n, NormAttrs)->eps;
    double sum = 0, square = 0;
    for (int64_t i = 0; i < count && norm_is_centred(n); i++) sum = partial_sum(env, sum + x[i]);
    *mean = common_value(env, sum / (double)count);
    for (int64_t i = 0; i < count; i++) {
        const double d = x[i] - *mean;
        square = partial_sum(env, square + d * d);
    }
    *scale = common_value(env, 1 / sqrt(square / (double)count + eps));
}

/* Elements that are normalised together, and how many such groups there are in the batch. */
static int64_t group_size(const Node *n) {
    return shape_count(norm_axes(n));
}

static int64_t group_count(const Env *env, const Node *n) {
    return env->batch * shape_count(n->in[0]->type.shape) / group_size(n);
}

static void norm_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n), groups = group_count(env, n);
    for (int64_t q = 0; q < groups; q++) {
        double mean, scale;
        moments(env, n, in[0] + q * count, count, &mean, &scale);
        for (int64_t i = 0; i < count; i++) {
            const double h = (in[0][q * count + i] - mean) * scale;
            out[q * count + i] = h * (n->n_in > 1 ? in[1][i] : 1) + (n->n_in > 2 ? in[2][i] : 0);
        }
    }
}

static void norm_gradient(Gradient *g) {
    const Node *n = g->node;
    const bool rms = !norm_is_centred(n);
    const Op *dgrad = rms ? &op_rms_norm_dgrad : &op_layer_norm_dgrad;
    const Op *wgrad = rms ? &op_rms_norm_wgrad : &op_layer_norm_wgrad;
    Node *in[3] = {n->in[0], g->dy, n->n_in > 1 ? n->in[1] : NULL};
    if (g->wanted[0]) g->dx[0] = grad_node(g, dgrad, in[2] ? 3 : 2, in, &n->attrs);
    if (n->n_in > 1 && g->wanted[1]) g->dx[1] = grad_node(g, wgrad, 2, in, &n->attrs);
    if (n->n_in > 2 && g->wanted[2]) g->dx[2] = grad_node(g, &op_last_sum, 1, &g->dy, &n->attrs);
}

/* x and dy. */
static bool want_pair(Graph *g, const Node *n) {
    return want_axes(g, n) && want_sample(g, n, 1, -1, "real values per sample") &&
           want_same(g, n, 0, 1);
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_pair(g, n) || (n->n_in > 2 && !want_weight(g, n, 2))) return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

/* dx = scale (g - mean(g) - h mean(g h)), g = dy times the weight; without mean(g) where the mean
 * of x is not taken away. */
static void dgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n), groups = group_count(env, n);
    for (int64_t q = 0; q < groups; q++) {
        const double *x = in[0] + q * count, *dy = in[1] + q * count;
        double mean, scale, of_g = 0, of_gh = 0;
        moments(env, n, x, count, &mean, &scale);
        for (int64_t i = 0; i < count; i++) {
            const double g = dy[i] * (n->n_in > 2 ? in[2][i] : 1);
            if (norm_is_centred(n)) of_g = partial_sum(env, of_g + g);
            of_gh = partial_sum(env, of_gh + g * (x[i] - mean) * scale);
        }
        of_g = common_value(env, of_g / (double)count);
        of_gh = common_value(env, of_gh / (double)count);
        for (int64_t i = 0; i < count; i++) {
            const double g = dy[i] * (n->n_in > 2 ? in[2][i] : 1), h = (x[i] - mean) * scale;
            out[q * count + i] = scale * (g - of_g - h * of_gh);
        }
    }
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_pair(g, n)) return false;
    n->type = type_param(norm_axes(n));
    return true;
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n), groups = group_count(env, n);
    memset(out, 0, sizeof *out * (size_t)count);
    for (int64_t q = 0; q < groups; q++) {
        const double *x = in[0] + q * count, *dy = in[1] + q * count;
        double mean, scale;
        moments(env, n, x, count, &mean, &scale);
        for (int64_t i = 0; i < count; i++)
            out[i] = partial_sum(env, out[i] + dy[i] * (x[i] - mean) * scale);
    }
}

static bool sum_shape(Graph *g, Node *n) {
    if (!want_axes(g, n)) return false;
    n->type = type_param(norm_axes(n));
    return true;
}

static void sum_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n), groups = group_count(env, n);
    memset(out, 0, sizeof *out * (size_t)count);
    for (int64_t q = 0; q < groups; q++)
        for (int64_t i = 0; i < count; i++)
            out[i] = partial_sum(env, out[i] + in[0][q * count + i]);
}

static const AttrSpec attrs[] = {MEMBER(NormAttrs, axes, "axes", 1, MAX_RANK, 1),
                                 MEMBER(NormAttrs, eps, "eps", 1e-30, 1e30, 1e-5)};
static const AttrSpec rms_attrs[] = {MEMBER(NormAttrs, axes, "axes", 1, MAX_RANK, 1),
                                     MEMBER(NormAttrs, eps, "eps", 1e-30, 1e30, 1.1920929e-7)};
static const OpSample rms_samples[] = {{.inputs = "S(7) P(7)"},
                                       {.inputs = "S(48)", WITH(1, 1e-3)},
                                       {.inputs = "S(3,5,20) P(20)"},
                                       {.inputs = "S(7,37) P(37)"}};
static const OpSample samples[] = {{.inputs = "S(7) P(7) P(7)"},
                                   {.inputs = "S(48) P(48)", WITH(1, 1e-3)},
                                   {.inputs = "S(37)"},
                                   {.inputs = "S(3,5,20) P(20) P(20)"},
                                   {.inputs = "S(7,20) P(20) P(20)"},
                                   {.inputs = "S(3,4,5) P(4,5) P(4,5)", WITH(2, 1e-5)},
                                   {.inputs = "S(5,3,16) P(5,3,16) P(5,3,16)", WITH(3, 1e-5)},
                                   {.inputs = "S(2,3,2,5) P(2,3,2,5) P(2,3,2,5)", WITH(4, 1e-5)}};
static const OpSample dgrad_samples[] = {{.inputs = "S(7) S(7) P(7)"},
                                         {.inputs = "S(48) S(48)", WITH(1, 1e-3)},
                                         {.inputs = "S(3,4,5) S(3,4,5) P(4,5)", WITH(2, 1e-5)}};
static const OpSample wgrad_samples[] = {{.inputs = "S(7) S(7)"},
                                         {.inputs = "S(48) S(48)", WITH(1, 1e-3)},
                                         {.inputs = "S(3,4,5) S(3,4,5)", WITH(2, 1e-5)}};
static const OpSample sum_samples[] = {
    {.inputs = "S(7)"}, {.inputs = "S(3,5,20)"}, {.inputs = "S(3,4,5)", WITH(2, 1e-5)}};

/* A place of an axis before the normalised ones is normalised by itself. */
static int norm_along(const Node *n, int operand, int axis) {
    return axis < n->in[operand]->type.shape.rank - ATTRS(n, NormAttrs)->axes ? axis : ALONG_ALL;
}

/* A normalisation and its gradients in the input and in the weight. */
#define NORM(op_name, operands, words, its_attrs, its_samples)                                     \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .min_in = 1,                                                          \
                             .max_in = operands,                                                   \
                             HAS_ATTRS(NormAttrs, its_attrs),                                      \
                             .shape = norm_shape,                                                  \
                             .along = norm_along,                                                  \
                             .gradient = norm_gradient,                                            \
                             .reference = norm_value,                                              \
                             SAMPLES(its_samples),                                                 \
                             .traits = TRAIT_MAPS | TRAIT_LAST_AXIS,                               \
                             .kernel = "forward"};                                                 \
    const Op op_##op_name##_dgrad = {.name = #op_name "_dgrad",                                    \
                                     .help = "gradient of " #op_name " in its input",              \
                                     .min_in = 2,                                                  \
                                     .max_in = 3,                                                  \
                                     HAS_ATTRS(NormAttrs, its_attrs),                              \
                                     .shape = dgrad_shape,                                         \
                                     .reference = dgrad_value,                                     \
                                     SAMPLES(dgrad_samples),                                       \
                                     .backward_only = true,                                        \
                                     .traits = TRAIT_MAPS | TRAIT_LAST_AXIS,                       \
                                     .kernel = "input_grad"};                                      \
    const Op op_##op_name##_wgrad = {.name = #op_name "_wgrad",                                    \
                                     .help = "gradient of " #op_name " in its weight",             \
                                     .min_in = 2,                                                  \
                                     .max_in = 2,                                                  \
                                     HAS_ATTRS(NormAttrs, its_attrs),                              \
                                     .shape = wgrad_shape,                                         \
                                     .reference = wgrad_value,                                     \
                                     SAMPLES(wgrad_samples),                                       \
                                     .backward_only = true,                                        \
                                     .traits = TRAIT_PARAM_GRADIENT,                               \
                                     .kernel = "weight_grad"};
NORM(layer_norm, 3, "(x - mean) / sqrt(variance + eps) over the last axes", attrs, samples)
NORM(rms_norm, 2, "x / sqrt(mean(x x) + eps) over the last axes", rms_attrs, rms_samples)
const Op op_last_sum = {.name = "last_sum",
                        .help = "sum over batch and all but the last axes",
                        .min_in = 1,
                        .max_in = 1,
                        HAS_ATTRS(NormAttrs, attrs),
                        .shape = sum_shape,
                        .reference = sum_value,
                        SAMPLES(sum_samples),
                        .backward_only = true,
                        .traits = TRAIT_PARAM_GRADIENT,
                        .kernel = "bias_grad"};
