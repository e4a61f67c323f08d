/* Batch normalisation (S. Ioffe, C. Szegedy, 2015): each channel, axis 1 of a sample, by mean and
 * variance over the batch and all places: y = (x - mean) / sqrt(variance + eps), times a weight,
 * plus a bias. The moments are operands, so a layer that normalises by its running statistics is
 * the same op. `tracked` is what knows the difference: the batch's moments in training, running
 * ones in evaluation; passes put one of the two in its place. */
#include <math.h>
#include <string.h>

#include "rules.h"

/* Operands of batch_norm and of its gradients. */
enum { X, MEAN, VARIANCE, WEIGHT, BIAS };
enum { DY = 1, OF_MEAN, OF_VARIANCE, SUM, DOT, BY };

/* Axis 1 is one of channels; the others are places. */
static int channels(const Node *x) {
    return x->type.shape.dim[0];
}

static int64_t places(const Node *x) {
    return shape_count(x->type.shape) / channels(x);
}

static bool want_channels(Graph *g, const Node *n, int i) {
    const Type *t = &n->in[i]->type;
    if (t->kind == KIND_SAMPLE && !t->classes && t->shape.rank > 0) return true;
    return op_error(g, n, i, "wants real values with channels, (N), (C, L) or (C, H, W)");
}

/* One value for each channel, or a plain number for all. */
static bool want_vector(Graph *g, const Node *n, int i, bool number) {
    const Type *t = &n->in[i]->type;
    if (number && n->in[i]->op == &op_number) return true;
    if (t->kind == KIND_PARAM && t->shape.rank == 1 && t->shape.dim[0] == channels(n->in[0]))
        return true;
    return op_error(g, n, i, "wants a value for each of %d channels", channels(n->in[0]));
}

static double at(const Node *n, const double *const *in, int i, int64_t c) {
    return in[i][n->in[i]->type.kind == KIND_PARAM ? c : 0];
}

/* The channel of element k of the batch. */
static int64_t channel_of(const Node *x, int64_t k) {
    return k / places(x) % channels(x);
}

static double values_of(const Env *env, const Node *x) {
    return (double)(env->batch * places(x));
}

static bool moment_shape(Graph *g, Node *n) {
    if (!want_channels(g, n, X) || (n->n_in > 1 && !want_vector(g, n, MEAN, false))) return false;
    n->type = type_param((Shape){1, {channels(n->in[X])}});
    return true;
}

/* Sums are of x less the channel's mean in the first sample, as in generated code: where the mean
 * of all is near zero their roundings are all of its error. */
static void mean_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Node *x = n->in[X];
    const int64_t each = places(x);
    for (int64_t c = 0; c < channels(x); c++) {
        double shift = 0, sum = 0;
        for (int64_t p = 0; p < each; p++) shift += in[X][c * each + p] / (double)each;
        for (int64_t b = 0; b < env->batch; b++)
            for (int64_t p = 0; p < each; p++) {
                const double value = in[X][(b * channels(x) + c) * each + p];
                sum = partial_sum(env, sum + (value - shift));
            }
        out[c] = sum / values_of(env, x) + shift;
    }
}

static void variance_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Node *x = n->in[X];
    memset(out, 0, sizeof *out * (size_t)channels(x));
    for (int64_t k = 0; k < all_elements(env, x); k++) {
        const int64_t c = channel_of(x, k);
        const double d = in[X][k] - in[MEAN][c];
        out[c] = partial_sum(env, out[c] + d * d);
    }
    for (int c = 0; c < channels(x); c++) out[c] /= values_of(env, x);
}

static bool same_params(Graph *g, Node *n) {
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i]->type.kind != KIND_PARAM)
            return op_error(g, n, i, "wants one tensor for the batch");
    if (n->n_in > 1 && !want_same(g, n, 0, 1)) return false;
    n->type = n->in[0]->type;
    return true;
}

/* The third operand, the state that counts, has no part in the value. */
static void tracked_value(const Env *env, const Node *n, const double *const *in, double *out) {
    memcpy(out, in[env->evaluates], sizeof *out * (size_t)node_count(n));
}

static void blend_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const double momentum = ATTRS(n, BlendAttrs)->momentum;
    const double count = (double)env->batch * ATTRS(n, BlendAttrs)->places;
    const double unbiased = count > 0 ? count / (count - 1) : 1;
    for (int64_t c = 0; c < node_count(n); c++)
        out[c] = (1 - momentum) * in[0][c] + momentum * unbiased * in[1][c];
}

static void count_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)n;
    out[0] = in[0][0] + 1;
}

/* weight / deviation, one number for each channel. */
static double factor(const Env *env, double weight, double variance, double eps) {
    return common_value(env, weight / sqrt(variance + eps));
}

static bool norm_shape(Graph *g, Node *n) {
    if (!want_channels(g, n, X)) return false;
    for (int i = MEAN; i <= BIAS; i++)
        if (!want_vector(g, n, i, i >= WEIGHT)) return false;
    n->type = n->in[X]->type;
    return true;
}

static void norm_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Node *x = n->in[X];
    for (int64_t k = 0; k < all_elements(env, n); k++) {
        const int64_t c = channel_of(x, k);
        const double a =
            factor(env, at(n, in, WEIGHT, c), in[VARIANCE][c], ATTRS(n, NormAttrs)->eps);
        out[k] = (in[X][k] - in[MEAN][c]) * a + at(n, in, BIAS, c);
    }
}

/* Moments of the batch depend on x: two sums over the batch say how. They are the gradients of bias
 * and weight, too. */
static void norm_gradient(Gradient *g) {
    const Node *n = g->node;
    const bool of_batch = n->in[MEAN]->op == &op_tracked;
    Node *pair[] = {n->in[X], g->dy, n->in[MEAN], n->in[VARIANCE]};
    Node *scaled[] = {g->dy, n->in[VARIANCE], n->in[WEIGHT]};
    Node *dot = NULL, *sum = NULL;
    if (g->wanted[WEIGHT] || (g->wanted[X] && of_batch))
        dot = grad_node(g, &op_batch_norm_wgrad, 4, pair, &n->attrs);
    if (g->wanted[BIAS] || (g->wanted[X] && of_batch))
        sum = grad_node(g, &op_batch_norm_bgrad, 4, pair, &n->attrs);
    if (g->wanted[WEIGHT]) g->dx[WEIGHT] = dot;
    if (g->wanted[BIAS]) g->dx[BIAS] = sum;
    if (!g->wanted[X]) return;
    Node *all[] = {n->in[X], g->dy, n->in[MEAN], n->in[VARIANCE], sum, dot, n->in[WEIGHT]};
    g->dx[X] = of_batch ? grad_node(g, &op_batch_norm_dgrad, 7, all, &n->attrs)
                        : grad_node(g, &op_batch_norm_scale, 3, scaled, &n->attrs);
}

static bool want_pair(Graph *g, const Node *n) {
    return want_channels(g, n, X) && want_channels(g, n, DY) && want_same(g, n, X, DY) &&
           want_vector(g, n, OF_MEAN, false) && want_vector(g, n, OF_VARIANCE, false);
}

static bool sum_shape(Graph *g, Node *n) {
    if (!want_pair(g, n)) return false;
    n->type = type_param((Shape){1, {channels(n->in[X])}});
    return true;
}

static double normal(const Node *n, const double *const *in, int64_t k, int64_t c) {
    return (in[X][k] - in[OF_MEAN][c]) / sqrt(in[OF_VARIANCE][c] + ATTRS(n, NormAttrs)->eps);
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    memset(out, 0, sizeof *out * (size_t)node_count(n));
    for (int64_t k = 0; k < all_elements(env, n->in[X]); k++) {
        const int64_t c = channel_of(n->in[X], k);
        out[c] = partial_sum(env, out[c] + in[DY][k] * normal(n, in, k, c));
    }
}

static void bgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    memset(out, 0, sizeof *out * (size_t)node_count(n));
    for (int64_t k = 0; k < all_elements(env, n->in[X]); k++) {
        const int64_t c = channel_of(n->in[X], k);
        out[c] = partial_sum(env, out[c] + in[DY][k]);
    }
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_pair(g, n)) return false;
    for (int i = SUM; i <= BY; i++)
        if (!want_vector(g, n, i, i == BY)) return false;
    n->type = n->in[X]->type;
    return true;
}

/* dx = weight / deviation (dy - mean(dy) - h mean(dy h)). */
static void dgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const double count = values_of(env, n->in[X]);
    for (int64_t k = 0; k < all_elements(env, n); k++) {
        const int64_t c = channel_of(n->in[X], k);
        const double from_moments = in[SUM][c] + normal(n, in, k, c) * in[DOT][c];
        out[k] = factor(env, at(n, in, BY, c), in[OF_VARIANCE][c], ATTRS(n, NormAttrs)->eps) *
                 (in[DY][k] - from_moments / count);
    }
}

static bool scale_shape(Graph *g, Node *n) {
    if (!want_channels(g, n, 0) || !want_vector(g, n, 1, false) || !want_vector(g, n, 2, true))
        return false;
    n->type = n->in[0]->type;
    return true;
}

static void scale_value(const Env *env, const Node *n, const double *const *in, double *out) {
    for (int64_t k = 0; k < all_elements(env, n); k++) {
        const int64_t c = channel_of(n->in[0], k);
        out[k] = in[0][k] * factor(env, at(n, in, 2, c), in[1][c], ATTRS(n, NormAttrs)->eps);
    }
}

/* A layer's weight and bias after which the norm has nothing left to do. */
enum { LAYER_WEIGHT, OF_CHANNELS, TIMES };            /* folded_weight */
enum { MEANS, VARIANCES, FACTORS, PLUS, LAYER_BIAS }; /* folded_bias */

static bool want_param_of(Graph *g, const Node *n, int i, int count, bool number) {
    if (number && n->in[i]->op == &op_number) return true;
    return want_bias(g, n, i, count);
}

static bool folded_weight_shape(Graph *g, Node *n) {
    const Type *w = &n->in[LAYER_WEIGHT]->type;
    if (w->kind != KIND_PARAM || w->shape.rank < 2)
        return op_error(g, n, LAYER_WEIGHT, "wants the weight of a layer");
    if (!want_param_of(g, n, OF_CHANNELS, w->shape.dim[0], false) ||
        !want_param_of(g, n, TIMES, w->shape.dim[0], true))
        return false;
    n->type = type_param(w->shape);
    return true;
}

static void folded_weight_value(const Env *env, const Node *n, const double *const *in,
                                double *out) {
    const int64_t count = node_count(n), each = count / n->type.shape.dim[0];
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = i / each;
        out[i] = in[LAYER_WEIGHT][i] *
                 factor(env, at(n, in, TIMES, c), in[OF_CHANNELS][c], ATTRS(n, NormAttrs)->eps);
    }
}

static bool folded_bias_shape(Graph *g, Node *n) {
    if (!want_param(g, n, MEANS, 1)) return false;
    for (int i = VARIANCES; i < n->n_in; i++)
        if (!want_param_of(g, n, i, n->in[MEANS]->type.shape.dim[0], i == FACTORS || i == PLUS))
            return false;
    n->type = n->in[MEANS]->type;
    return true;
}

static void folded_bias_value(const Env *env, const Node *n, const double *const *in, double *out) {
    for (int64_t c = 0; c < node_count(n); c++) {
        const double a =
            factor(env, at(n, in, FACTORS, c), in[VARIANCES][c], ATTRS(n, NormAttrs)->eps);
        const double bias = n->n_in > LAYER_BIAS ? in[LAYER_BIAS][c] : 0;
        out[c] = (bias - in[MEANS][c]) * a + at(n, in, PLUS, c);
    }
}

static const AttrSpec attrs[] = {MEMBER(NormAttrs, eps, "eps", 1e-30, 1e30, 1e-5)};
static const AttrSpec blend_attrs[] = {MEMBER(BlendAttrs, momentum, "momentum", 0, 1, 0.1),
                                       MEMBER(BlendAttrs, places, "places", 0, MAX_DIM, 0)};
static const OpSample mean_samples[] = {
    {.inputs = "S(7)"}, {.inputs = "S(48,5)"}, {.inputs = "S(3,4,5)"}};
static const OpSample variance_samples[] = {
    {.inputs = "S(7) P(7)"}, {.inputs = "S(48,5) P(48)"}, {.inputs = "S(3,4,5) P(3)"}};
static const OpSample pair_samples[] = {{.inputs = "P(7) P(7)"}, {.inputs = "P(48) P(48)"}};
static const OpSample blend_samples[] = {{.inputs = "P(7) P(7)"},
                                         {.inputs = "P(48) P(48)", WITH(0.5, 5)}};
static const OpSample count_samples[] = {{.inputs = "P()"}};
static const OpSample folded_weight_samples[] = {{.inputs = "P(7,5) P(7) P(7)"},
                                                 {.inputs = "P(48,3,2,2) P(48) P(48)", WITH(1e-3)}};
static const OpSample folded_bias_samples[] = {
    {.inputs = "P(7) P(7) P(7) P(7)"}, {.inputs = "P(48) P(48) P(48) P(48) P(48)", WITH(1e-3)}};
static const OpSample samples[] = {{.inputs = "S(7) P(7) P(7) P(7) P(7)"},
                                   {.inputs = "S(48,5) P(48) P(48) P(48) P(48)", WITH(1e-3)},
                                   {.inputs = "S(16,3,4) P(16) P(16) P(16) P(16)"},
                                   {.inputs = "S(37,5,4) P(37) P(37) P(37) P(37)"}};
static const OpSample sum_samples[] = {{.inputs = "S(7) S(7) P(7) P(7)"},
                                       {.inputs = "S(48,5) S(48,5) P(48) P(48)", WITH(1e-3)},
                                       {.inputs = "S(83,5,4) S(83,5,4) P(83) P(83)"}};
static const OpSample dgrad_samples[] = {
    {.inputs = "S(7) S(7) P(7) P(7) P(7) P(7) P(7)"},
    {.inputs = "S(48,5) S(48,5) P(48) P(48) P(48) P(48) P(48)", WITH(1e-3)},
    {.inputs = "S(37,5,4) S(37,5,4) P(37) P(37) P(37) P(37) P(37)"}};
static const OpSample scale_samples[] = {{.inputs = "S(7) P(7) P(7)"},
                                         {.inputs = "S(48,5) P(48) P(48)", WITH(1e-3)},
                                         {.inputs = "S(37,5,4) P(37) P(37)"}};

const Op op_channel_mean = {.name = "channel_mean",
                            .help = "of each channel over batch and places",
                            .min_in = 1,
                            .max_in = 1,
                            .shape = moment_shape,
                            .reference = mean_value,
                            SAMPLES(mean_samples),
                            .traits = TRAIT_BATCH_SUM,
                            .lost_bits = 2 /* by sums in float */};
const Op op_channel_variance = {.name = "channel_variance",
                                .help = "of each channel over batch and places, given the mean",
                                .min_in = 2,
                                .max_in = 2,
                                .shape = moment_shape,
                                .reference = variance_value,
                                SAMPLES(variance_samples),
                                .traits = TRAIT_BATCH_SUM,
                                .lost_bits = 2};
const Op op_tracked = {.name = "tracked",
                       .help = "the first operand in training, the second, a state that is to "
                               "follow it, in evaluation; the third, a state, counts the uses",
                       .min_in = 2,
                       .max_in = 3,
                       HAS_ATTRS(BlendAttrs, blend_attrs),
                       .shape = same_params,
                       .reference = tracked_value,
                       SAMPLES(pair_samples),
                       .stops = 7};
const Op op_blend = {.name = "blend",
                     .help = "a state moved by a share of the new value; of places > 0 the new one "
                             "is a variance, made unbiased",
                     .min_in = 2,
                     .max_in = 2,
                     HAS_ATTRS(BlendAttrs, blend_attrs),
                     .shape = same_params,
                     .reference = blend_value,
                     SAMPLES(blend_samples)};
const Op op_count = {.name = "count",
                     .help = "one more",
                     .min_in = 1,
                     .max_in = 1,
                     .shape = same_params,
                     .reference = count_value,
                     SAMPLES(count_samples)};
const Op op_batch_norm = {.name = "batch_norm",
                          .help = "each channel by mean and variance, times weight, plus bias",
                          .min_in = 5,
                          .max_in = 5,
                          HAS_ATTRS(NormAttrs, attrs),
                          .shape = norm_shape,
                          .gradient = norm_gradient,
                          .reference = norm_value,
                          SAMPLES(samples),
                          .stops = 1 << MEAN | 1 << VARIANCE,
                          .positive = true,
                          .traits = TRAIT_CHANNELS,
                          .row = "FMA(SUB(%a, %0), %1, %2)",
                          .coefficients = "nn_norm",
                          .n_coefficients = 3,
                          .zeros = ZEROS_KEPT};
const Op op_batch_norm_wgrad = {.name = "batch_norm_wgrad",
                                .help = "gradient in the weight: of each channel the sum of dy h",
                                .min_in = 4,
                                .max_in = 4,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = sum_shape,
                                .reference = wgrad_value,
                                SAMPLES(sum_samples),
                                .backward_only = true,
                                .positive = true,
                                .traits = TRAIT_PARAM_GRADIENT | TRAIT_BATCH_SUM};
const Op op_batch_norm_bgrad = {.name = "batch_norm_bgrad",
                                .help = "gradient in the bias: of each channel the sum of dy",
                                .min_in = 4,
                                .max_in = 4,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = sum_shape,
                                .reference = bgrad_value,
                                SAMPLES(sum_samples),
                                .backward_only = true,
                                .positive = true,
                                .traits = TRAIT_PARAM_GRADIENT | TRAIT_BATCH_SUM};
const Op op_batch_norm_dgrad = {.name = "batch_norm_dgrad",
                                .help = "gradient in x where the moments are those of x",
                                .min_in = 7,
                                .max_in = 7,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = dgrad_shape,
                                .reference = dgrad_value,
                                SAMPLES(dgrad_samples),
                                .backward_only = true,
                                .positive = true,
                                .traits = TRAIT_CHANNELS,
                                .row = "FMA(%b, %1, FMA(SUB(%a, %0), %2, %3))",
                                .coefficients = "nn_norm_gradient",
                                .n_coefficients = 4,
                                .zeros = ZEROS_KEPT};
const Op op_batch_norm_scale = {.name = "batch_norm_scale",
                                .help = "gradient in x where the moments are given",
                                .min_in = 3,
                                .max_in = 3,
                                HAS_ATTRS(NormAttrs, attrs),
                                .shape = scale_shape,
                                .reference = scale_value,
                                SAMPLES(scale_samples),
                                .backward_only = true,
                                .positive = true,
                                .traits = TRAIT_CHANNELS,
                                .row = "ROUNDED(MUL(%a, %0))",
                                .coefficients = "nn_norm_scale",
                                .n_coefficients = 1,
                                .zeros = ZEROS_KEPT};
const Op op_folded_weight = {.name = "folded_weight",
                             .help = "the weight of a layer that a batch norm is folded into",
                             .min_in = 3,
                             .max_in = 3,
                             HAS_ATTRS(NormAttrs, attrs),
                             .shape = folded_weight_shape,
                             .reference = folded_weight_value,
                             SAMPLES(folded_weight_samples),
                             .backward_only = true,
                             .positive = true};
const Op op_folded_bias = {.name = "folded_bias",
                           .help = "its bias",
                           .min_in = 4,
                           .max_in = 5,
                           HAS_ATTRS(NormAttrs, attrs),
                           .shape = folded_bias_shape,
                           .reference = folded_bias_value,
                           SAMPLES(folded_bias_samples),
                           .backward_only = true,
                           .positive = true};
