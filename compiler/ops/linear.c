/* Linear layers: y = W x + b, W (out, in), of a vector or of each place of a sequence (T, N). */
#include <string.h>

#include "rules.h"

/* Places of operand `i` that the weights are applied to, and features of each. */
static int64_t places(const Node *n, int i) {
    const Shape s = n->in[i]->type.shape;
    return s.rank > 1 ? s.dim[0] : 1;
}
static int features(const Node *n, int i) {
    const Shape s = n->in[i]->type.shape;
    return s.dim[s.rank - 1];
}

static bool want_features(Graph *g, const Node *n, int i) {
    const int rank = n->in[i]->type.shape.rank;
    if (rank != 1 && rank != 2)
        return op_error(g, n, i, "wants %s", rank ? LINEAR_WANTS "; " LINEAR_ADVICE : LINEAR_WANTS);
    return want_sample(g, n, i, -1, LINEAR_WANTS);
}

/* The shape of operand 0 with another number of features. */
static Type with_features(const Node *n, int count) {
    Shape s = n->in[0]->type.shape;
    s.dim[s.rank - 1] = count;
    return type_sample(s);
}

static bool linear_shape(Graph *g, Node *n) {
    if (!want_features(g, n, 0) || !want_param(g, n, 1, 2)) return false;
    const Shape *w = &n->in[1]->type.shape;
    if (w->dim[1] != features(n, 0))
        return op_error(g, n, 0, "wants (%s%d), the size of its weights' rows",
                        n->in[0]->type.shape.rank > 1 ? "T, " : "", w->dim[1]);
    if (n->n_in > 2 && !want_bias(g, n, 2, w->dim[0])) return false;
    n->type = with_features(n, w->dim[0]);
    return true;
}

static void linear_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t N = n->in[1]->type.shape.dim[0], K = n->in[1]->type.shape.dim[1];
    for (int64_t b = 0; b < env->batch * places(n, 0); b++)
        for (int64_t o = 0; o < N; o++) {
            double sum = n->n_in > 2 ? in[2][o] : 0;
            for (int64_t k = 0; k < K; k++) sum += in[1][o * K + k] * in[0][b * K + k];
            out[b * N + o] = sum;
        }
}

/* Places of a sequence have nothing to do with each other. */
static int linear_along(const Node *n, int operand, int axis) {
    (void)operand;
    return axis < n->type.shape.rank - 1 ? axis : ALONG_ALL;
}

static void linear_gradient(Gradient *g) {
    if (g->wanted[0]) g->dx[0] = grad_binary(g, &op_linear_dgrad, g->dy, g->node->in[1]);
    if (g->wanted[1]) g->dx[1] = grad_binary(g, &op_linear_wgrad, g->node->in[0], g->dy);
    if (g->node->n_in > 2 && g->wanted[2])
        g->dx[2] =
            grad_unary(g, g->node->type.shape.rank > 1 ? &op_last_sum : &op_bias_grad, g->dy);
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_features(g, n, 0) || !want_param(g, n, 1, 2)) return false;
    const int rows = n->in[1]->type.shape.dim[0];
    if (features(n, 0) != rows) return op_error(g, n, 0, "wants %d features", rows);
    n->type = with_features(n, n->in[1]->type.shape.dim[1]);
    return true;
}

static void dgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t N = n->in[1]->type.shape.dim[0], K = n->in[1]->type.shape.dim[1];
    for (int64_t b = 0; b < env->batch * places(n, 0); b++)
        for (int64_t k = 0; k < K; k++) {
            double sum = 0;
            for (int64_t o = 0; o < N; o++) sum += in[0][b * N + o] * in[1][o * K + k];
            out[b * K + k] = sum;
        }
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_features(g, n, 0) || !want_features(g, n, 1)) return false;
    if (places(n, 0) != places(n, 1) || n->in[0]->type.shape.rank != n->in[1]->type.shape.rank)
        return op_error(g, n, 1, "wants as many places as its input has");
    n->type = type_param(shape_of(2, features(n, 1), features(n, 0), 0));
    return true;
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in,
                        double *restrict out) {
    const int64_t N = n->type.shape.dim[0], K = n->type.shape.dim[1];
    memset(out, 0, sizeof *out * (size_t)(N * K));
    for (int64_t b = 0; b < env->batch * places(n, 0); b++)
        for (int64_t o = 0; o < N; o++)
            for (int64_t k = 0; k < K; k++)
                out[o * K + k] =
                    partial_sum(env, out[o * K + k] + in[1][b * N + o] * in[0][b * K + k]);
}

static bool bias_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "(N) or (C, H, W)")) return false;
    if (!n->in[0]->type.shape.rank) return op_error(g, n, 0, "wants (N) or (C, H, W)");
    n->type = type_param(shape_of(1, n->in[0]->type.shape.dim[0], 0, 0));
    return true;
}

static void bias_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t N = n->type.shape.dim[0], count = shape_count(n->in[0]->type.shape) / N;
    memset(out, 0, sizeof *out * (size_t)N);
    for (int b = 0; b < env->batch; b++)
        for (int64_t o = 0; o < N; o++)
            for (int64_t p = 0; p < count; p++)
                out[o] = partial_sum(env, out[o] + in[0][(b * N + o) * count + p]);
}

/* Every weight meets every place once. */
static int64_t weight_flops(const Node *n) {
    return 2 * shape_count(n->in[1]->type.shape) * places(n, 0);
}
static int64_t wgrad_flops(const Node *n) {
    return 2 * shape_count(n->type.shape) * places(n, 0);
}

static const OpSample linear_samples[] = {
    {.inputs = "S(7) P(5,7) P(5)"},       {.inputs = "S(50) P(37,50)"},
    {.inputs = "S(32) P(48,32) P(48)"},   {.inputs = "S(1) P(1,1)"},
    {.inputs = "S(5,7) P(3,7) P(3)"},     {.inputs = "S(1,40) P(37,40)"},
    {.inputs = "S(64,32) P(48,32) P(48)"}};
static const OpSample dgrad_samples[] = {
    {.inputs = "S(5) P(5,7)"},   {.inputs = "S(37) P(37,50)"},   {.inputs = "S(48) P(48,32)"},
    {.inputs = "S(5,3) P(3,7)"}, {.inputs = "S(1,37) P(37,40)"}, {.inputs = "S(64,48) P(48,32)"}};
static const OpSample wgrad_samples[] = {
    {.inputs = "S(7) S(5)"},     {.inputs = "S(50) S(37)"},     {.inputs = "S(32) S(48)"},
    {.inputs = "S(5,7) S(5,3)"}, {.inputs = "S(1,40) S(1,37)"}, {.inputs = "S(64,32) S(64,48)"}};
static const OpSample bias_samples[] = {
    {.inputs = "S(5)"}, {.inputs = "S(37,3,2)"}, {.inputs = "S(80,2,2)"}};

const Op op_linear = {.name = "linear",
                      .help = "W x + b",
                      .min_in = 2,
                      .max_in = 3,
                      .shape = linear_shape,
                      .gradient = linear_gradient,
                      .along = linear_along,
                      .reference = linear_value,
                      .flops = weight_flops,
                      SAMPLES(linear_samples),
                      .traits = TRAIT_CONTRACTION,
                      .kernel = "forward"};
const Op op_linear_dgrad = {.name = "linear_dgrad",
                            .help = "gradient of linear in its input",
                            .min_in = 2,
                            .max_in = 2,
                            .shape = dgrad_shape,
                            .reference = dgrad_value,
                            .flops = weight_flops,
                            SAMPLES(dgrad_samples),
                            .backward_only = true,
                            .traits = TRAIT_CONTRACTION,
                            .kernel = "input_grad"};
const Op op_linear_wgrad = {.name = "linear_wgrad",
                            .help = "gradient of linear in its weight",
                            .min_in = 2,
                            .max_in = 2,
                            .shape = wgrad_shape,
                            .reference = wgrad_value,
                            .flops = wgrad_flops,
                            SAMPLES(wgrad_samples),
                            .backward_only = true,
                            .traits = TRAIT_PARAM_GRADIENT,
                            .kernel = "weight_grad"};
const Op op_bias_grad = {.name = "bias_grad",
                         .help = "sum over batch and places",
                         .min_in = 1,
                         .max_in = 1,
                         .shape = bias_shape,
                         .reference = bias_value,
                         SAMPLES(bias_samples),
                         .backward_only = true,
                         .traits = TRAIT_PARAM_GRADIENT,
                         .kernel = "bias_grad"};
