/* Linear layers: y = W x + b, W (out, in). */
#include <string.h>

#include "rules.h"

static bool linear_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 1, "(N), a vector; use nn.flatten before it") ||
        !want_param(g, n, 1, 2))
        return false;
    const Shape *w = &n->in[1]->type.shape;
    if (w->dim[1] != n->in[0]->type.shape.dim[0])
        return op_error(g, n, 0, "wants (%d), the size of its weights' rows", w->dim[1]);
    if (n->n_in > 2 && !want_bias(g, n, 2, w->dim[0])) return false;
    n->type = type_sample(shape_of(1, w->dim[0], 0, 0));
    return true;
}

static void linear_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t N = n->in[1]->type.shape.dim[0], K = n->in[1]->type.shape.dim[1];
    for (int b = 0; b < env->batch; b++)
        for (int64_t o = 0; o < N; o++) {
            double sum = n->n_in > 2 ? in[2][o] : 0;
            for (int64_t k = 0; k < K; k++) sum += in[1][o * K + k] * in[0][b * K + k];
            out[b * N + o] = sum;
        }
}

static void linear_gradient(Gradient *g) {
    if (g->wanted[0]) g->dx[0] = grad_binary(g, &op_linear_dgrad, g->dy, g->node->in[1]);
    if (g->wanted[1]) g->dx[1] = grad_binary(g, &op_linear_wgrad, g->node->in[0], g->dy);
    if (g->node->n_in > 2 && g->wanted[2]) g->dx[2] = grad_unary(g, &op_bias_grad, g->dy);
}

static bool dgrad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 1, "(N)") || !want_param(g, n, 1, 2)) return false;
    int rows = n->in[1]->type.shape.dim[0];
    if (n->in[0]->type.shape.dim[0] != rows) return op_error(g, n, 0, "wants (%d)", rows);
    n->type = type_sample(shape_of(1, n->in[1]->type.shape.dim[1], 0, 0));
    return true;
}

static void dgrad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t N = n->in[1]->type.shape.dim[0], K = n->in[1]->type.shape.dim[1];
    for (int b = 0; b < env->batch; b++)
        for (int64_t k = 0; k < K; k++) {
            double sum = 0;
            for (int64_t o = 0; o < N; o++) sum += in[0][b * N + o] * in[1][o * K + k];
            out[b * K + k] = sum;
        }
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 1, "(N)") || !want_sample(g, n, 1, 1, "(N)")) return false;
    n->type = type_param(shape_of(2, n->in[1]->type.shape.dim[0], n->in[0]->type.shape.dim[0], 0));
    return true;
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in,
                        double *restrict out) {
    int64_t N = n->type.shape.dim[0], K = n->type.shape.dim[1];
    memset(out, 0, sizeof *out * (size_t)(N * K));
    for (int b = 0; b < env->batch; b++)
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
    int64_t N = n->type.shape.dim[0], places = shape_count(n->in[0]->type.shape) / N;
    memset(out, 0, sizeof *out * (size_t)N);
    for (int b = 0; b < env->batch; b++)
        for (int64_t o = 0; o < N; o++)
            for (int64_t p = 0; p < places; p++)
                out[o] = partial_sum(env, out[o] + in[0][(b * N + o) * places + p]);
}

/* Every weight meets every sample once. */
static int64_t weight_flops(const Node *n) {
    return 2 * shape_count(n->in[1]->type.shape);
}
static int64_t wgrad_flops(const Node *n) {
    return 2 * shape_count(n->type.shape);
}

static const OpSample linear_samples[] = {{.inputs = "S(7) P(5,7) P(5)"},
                                          {.inputs = "S(50) P(37,50)"},
                                          {.inputs = "S(32) P(48,32) P(48)"},
                                          {.inputs = "S(1) P(1,1)"}};
static const OpSample dgrad_samples[] = {
    {.inputs = "S(5) P(5,7)"}, {.inputs = "S(37) P(37,50)"}, {.inputs = "S(48) P(48,32)"}};
static const OpSample wgrad_samples[] = {
    {.inputs = "S(7) S(5)"}, {.inputs = "S(50) S(37)"}, {.inputs = "S(32) S(48)"}};
static const OpSample bias_samples[] = {
    {.inputs = "S(5)"}, {.inputs = "S(37,3,2)"}, {.inputs = "S(80,2,2)"}};

const Op op_linear = {.name = "linear",
                      .help = "W x + b",
                      .min_in = 2,
                      .max_in = 3,
                      .shape = linear_shape,
                      .gradient = linear_gradient,
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
