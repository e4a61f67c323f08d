/* Group normalisation (Y. Wu, K. He, 2018): the channels, axis 1 of a sample, in groups of
 * neighbours: y = (x - mean) / sqrt(variance + eps) over the places of a group's channels, times a
 * weight, plus a bias for each channel. With a group for each channel it is instance normalisation
 * (D. Ulyanov, A. Vedaldi, V. Lempitsky, 2016). */
#include <math.h>
#include <string.h>

#include "rules.h"

static bool want_groups(Graph *g, const Node *n) {
    const Shape s = n->in[0]->type.shape;
    if (!want_sample(g, n, 0, s.rank > 3 ? s.rank : 3, "(C, H, W)")) return false;
    const int groups = ATTRS(n, NormAttrs)->groups;
    return s.dim[0] % groups == 0 ||
           op_error(g, n, 0, "has %d groups, which do not divide its %d channels", groups,
                    s.dim[0]);
}

static bool want_pair(Graph *g, const Node *n) {
    return want_groups(g, n) && want_sample(g, n, 1, -1, "real values per sample") &&
           want_same(g, n, 0, 1);
}

static bool norm_shape(Graph *g, Node *n) {
    if (!want_groups(g, n)) return false;
    for (int i = 1; i < n->n_in; i++)
        if (!want_bias(g, n, i, n->in[0]->type.shape.dim[0])) return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_pair(g, n) || (n->n_in > 2 && !want_bias(g, n, 2, n->in[0]->type.shape.dim[0])))
        return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_pair(g, n)) return false;
    n->type = type_param((Shape){1, {n->in[0]->type.shape.dim[0]}});
    return true;
}

/* Values of a channel, and of a group, whose channels lie one after the other. */
static int64_t places(const Node *n) {
    return shape_count(n->in[0]->type.shape) / n->in[0]->type.shape.dim[0];
}

static int64_t group_size(const Node *n) {
    return shape_count(n->in[0]->type.shape) / ATTRS(n, NormAttrs)->groups;
}

static int64_t group_count(const Env *env, const Node *n) {
    return env->batch * ATTRS(n, NormAttrs)->groups;
}

/* The channel of element k of the batch. */
static int64_t channel_of(const Node *n, int64_t k) {
    return k / places(n) % n->in[0]->type.shape.dim[0];
}

/* Mean and 1 / deviation of the group from x on. */
static void moments(const Env *env, const Node *n, const double *x, double *mean, double *scale) {
    const int64_t count = group_size(n);
    double sum = 0, square = 0;
    for (int64_t i = 0; i < count; i++) sum = partial_sum(env, sum + x[i]);
    *mean = common_value(env, sum / (double)count);
    for (int64_t i = 0; i < count; i++) {
        const double d = x[i] - *mean;
        square = partial_sum(env, square + d * d);
    }
    *scale = common_value(env, 1 / sqrt(square / (double)count + ATTRS(n, NormAttrs)->eps));
}

static void norm_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n);
    for (int64_t q = 0; q < group_count(env, n); q++) {
        double mean, scale;
        moments(env, n, in[0] + q * count, &mean, &scale);
        for (int64_t i = q * count; i < (q + 1) * count; i++) {
            const int64_t c = channel_of(n, i);
            const double weight = n->n_in > 1 ? in[1][c] : 1, bias = n->n_in > 2 ? in[2][c] : 0;
            out[i] = (in[0][i] - mean) * scale * weight + bias;
        }
    }
}

static void norm_gradient(Gradient *g) {
    const Node *n = g->node;
    Node *in[3] = {n->in[0], g->dy, n->n_in > 1 ? n->in[1] : NULL};
    if (g->wanted[0]) g->dx[0] = grad_node(g, &op_group_norm_dgrad, in[2] ? 3 : 2, in, &n->attrs);
    if (n->n_in > 1 && g->wanted[1])
        g->dx[1] = grad_node(g, &op_group_norm_wgrad, 2, in, &n->attrs);
    if (n->n_in > 2 && g->wanted[2]) g->dx[2] = grad_unary(g, &op_bias_grad, g->dy);
}

/* dx = scale (g - mean(g) - h mean(g h)), g = dy times the weight. */
static void dgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n);
    for (int64_t q = 0; q < group_count(env, n); q++) {
        double mean, scale, of_g = 0, of_gh = 0;
        moments(env, n, in[0] + q * count, &mean, &scale);
        for (int64_t i = q * count; i < (q + 1) * count; i++) {
            const double g = in[1][i] * (n->n_in > 2 ? in[2][channel_of(n, i)] : 1);
            of_g = partial_sum(env, of_g + g);
            of_gh = partial_sum(env, of_gh + g * (in[0][i] - mean) * scale);
        }
        of_g = common_value(env, of_g / (double)count);
        of_gh = common_value(env, of_gh / (double)count);
        for (int64_t i = q * count; i < (q + 1) * count; i++) {
            const double g = in[1][i] * (n->n_in > 2 ? in[2][channel_of(n, i)] : 1);
            const double h = (in[0][i] - mean) * scale;
            out[i] = scale * (g - of_g - h * of_gh);
        }
    }
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = group_size(n);
    memset(out, 0, sizeof *out * (size_t)n->type.shape.dim[0]);
    for (int64_t q = 0; q < group_count(env, n); q++) {
        double mean, scale;
        moments(env, n, in[0] + q * count, &mean, &scale);
        for (int64_t i = q * count; i < (q + 1) * count; i++) {
            double *d = out + channel_of(n, i);
            *d = partial_sum(env, *d + in[1][i] * (in[0][i] - mean) * scale);
        }
    }
}

static const AttrSpec attrs[] = {MEMBER(NormAttrs, groups, "groups", 1, MAX_DIM, 1),
                                 MEMBER(NormAttrs, eps, "eps", 1e-30, 1e30, 1e-5)};
static const OpSample samples[] = {{.inputs = "S(6,3,4) P(6) P(6)", WITH(3, 1e-5)},
                                   {.inputs = "S(48,2,2) P(48)", WITH(4, 1e-3)},
                                   {.inputs = "S(37,1,5) P(37) P(37)"},
                                   {.inputs = "S(20,3,5)", WITH(20, 1e-5)},
                                   {.inputs = "S(12,2,3,4) P(12) P(12)", WITH(6, 1e-5)}};
static const OpSample dgrad_samples[] = {{.inputs = "S(6,3,4) S(6,3,4) P(6)", WITH(3, 1e-5)},
                                         {.inputs = "S(48,2,2) S(48,2,2)", WITH(4, 1e-3)},
                                         {.inputs = "S(20,3,5) S(20,3,5) P(20)", WITH(20, 1e-5)}};
static const OpSample wgrad_samples[] = {{.inputs = "S(6,3,4) S(6,3,4)", WITH(3, 1e-5)},
                                         {.inputs = "S(48,2,2) S(48,2,2)", WITH(4, 1e-3)},
                                         {.inputs = "S(20,3,5) S(20,3,5)", WITH(20, 1e-5)}};

const Op op_group_norm = {.name = "group_norm",
                          .help = "(x - mean) / sqrt(variance + eps) over groups of channels",
                          .min_in = 1,
                          .max_in = 3,
                          HAS_ATTRS(NormAttrs, attrs),
                          .shape = norm_shape,
                          .gradient = norm_gradient,
                          .reference = norm_value,
                          SAMPLES(samples),
                          .traits = TRAIT_MAPS,
                          .kernel = "forward"};
const Op op_group_norm_dgrad = {.name = "group_norm_dgrad",
                                .help = "gradient of group_norm in its input",
                                .min_in = 2,
                                .max_in = 3,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = dgrad_shape,
                                .reference = dgrad_value,
                                SAMPLES(dgrad_samples),
                                .backward_only = true,
                                .traits = TRAIT_MAPS,
                                .kernel = "input_grad"};
const Op op_group_norm_wgrad = {.name = "group_norm_wgrad",
                                .help = "gradient of group_norm in its weight",
                                .min_in = 2,
                                .max_in = 2,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = wgrad_shape,
                                .reference = wgrad_value,
                                SAMPLES(wgrad_samples),
                                .backward_only = true,
                                .traits = TRAIT_PARAM_GRADIENT,
                                .kernel = "weight_grad"};
