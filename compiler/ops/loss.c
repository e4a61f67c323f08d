/* Losses: means over the batch (and over the elements of a sample, but for cross-entropy). */
#include <math.h>

#include "../graph/cut.h"
#include "rules.h"

static bool loss_result(Node *n) {
    n->type = type_of_kind(KIND_SCALAR);
    return true;
}

static bool want_logits(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 1, "(N), one number a class")) return false;
    if (n->in[1]->type.kind != KIND_SAMPLE || !n->in[1]->type.classes ||
        n->in[1]->type.shape.rank != 0)
        return op_error(g, n, 1, "wants a label");
    if (n->in[1]->op != &op_label) return op_error(g, n, 1, "wants a label from the data");
    if (n->in[1]->type.classes != n->in[0]->type.shape.dim[0])
        return op_error(g, n, 0, "wants (%d), one number for each class of label \"%s\"",
                        n->in[1]->type.classes, n->in[1]->name ? n->in[1]->name : "");
    return true;
}

static bool cross_entropy_shape(Graph *g, Node *n) {
    return want_logits(g, n) && loss_result(n);
}

static bool cross_entropy_grad_shape(Graph *g, Node *n) {
    if (!want_logits(g, n) || !want_upstream(g, n)) return false;
    n->type = n->in[0]->type;
    return true;
}

static bool want_regression(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    const Type *t = &n->in[1]->type;
    if (t->kind == KIND_SCHEDULE) return true;
    return want_sample(g, n, 1, -1, "real targets per sample, or a number") &&
           want_same(g, n, 0, 1);
}

static bool regression_shape(Graph *g, Node *n) {
    return want_regression(g, n) && loss_result(n);
}

static bool regression_grad_shape(Graph *g, Node *n) {
    if (!want_regression(g, n) || !want_upstream(g, n)) return false;
    n->type = n->in[0]->type;
    return true;
}

static bool bce_target_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample") || !want_upstream(g, n)) return false;
    n->type = n->in[0]->type;
    return true;
}

static double most(const double *z, int64_t N) {
    double top = z[0];
    for (int64_t i = 1; i < N; i++) top = fmax(top, z[i]);
    return top;
}

/* Of exponentials, in which `top` is 1. */
static double sum_below(const double *z, int64_t N, double top) {
    double sum = 0;
    for (int64_t i = 0; i < N; i++) sum += exp(z[i] - top);
    return sum;
}

static void cross_entropy_value(const Env *env, const Node *n, const double *const *in,
                                double *out) {
    int64_t N = n->in[0]->type.shape.dim[0];
    double sum = 0;
    for (int b = 0; b < env->batch; b++) {
        const double *z = in[0] + b * N, top = most(z, N);
        sum += inner_value(env, top + log(sum_below(z, N, top))) - z[(int64_t)in[1][b]];
    }
    *out = sum / env->batch;
}

static void cross_entropy_grad_value(const Env *env, const Node *n, const double *const *in,
                                     double *out) {
    int64_t N = n->type.shape.dim[0];
    for (int b = 0; b < env->batch; b++) {
        const double *z = in[0] + b * N, top = most(z, N), whole = sum_below(z, N, top);
        for (int64_t i = 0; i < N; i++) {
            double wanted = i == (int64_t)in[1][b];
            const double p = inner_value(env, cut(exp(z[i] - top)) / whole);
            out[b * N + i] = (p - wanted) * in[2][0] / env->batch;
        }
    }
}

static void cross_entropy_gradient(Gradient *g) {
    Node *in[3] = {g->node->in[0], g->node->in[1], g->dy};
    if (g->wanted[0]) g->dx[0] = grad_node(g, &op_cross_entropy_grad, 3, in, NULL);
}

#define REGRESSION(name_, expression)                                                              \
    static void name_##_value(const Env *env, const Node *n, const double *const *in,              \
                              double *out) {                                                       \
        int64_t count = all_elements(env, n->in[0]);                                               \
        double sum = 0;                                                                            \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double x = in[0][k], t = broadcast(n, in, 1, k);                                 \
            sum += (expression);                                                                   \
        }                                                                                          \
        *out = sum / (double)count;                                                                \
    }
REGRESSION(mse, (x - t) * (x - t))
REGRESSION(bce_with_logits, fmax(x, 0) - x * t + log1p(exp(-fabs(x))))

#define REGRESSION_GRAD(name_, expression)                                                         \
    static void name_##_value(const Env *env, const Node *n, const double *const *in,              \
                              double *out) {                                                       \
        int64_t count = all_elements(env, n);                                                      \
        const double g = in[n->n_in - 1][0] / (double)count;                                       \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double x = in[0][k], t = n->n_in > 2 ? broadcast(n, in, 1, k) : 0;               \
            (void)t;                                                                               \
            out[k] = (expression);                                                                 \
        }                                                                                          \
    }
REGRESSION_GRAD(mse_grad, 2 * (x - t) * g)
REGRESSION_GRAD(bce_grad, (1 / (1 + exp(-x)) - t) * g)
REGRESSION_GRAD(bce_target_grad, -(x *g))

static void mse_gradient(Gradient *g) {
    Node *in[3] = {g->node->in[0], g->node->in[1], g->dy};
    Node *dx = grad_node(g, &op_mse_grad, 3, in, NULL);
    g->dx[0] = dx;
    if (g->wanted[1]) g->dx[1] = grad_unary(g, &op_neg, dx);
}

static void bce_gradient(Gradient *g) {
    Node *in[3] = {g->node->in[0], g->node->in[1], g->dy};
    Node *target[2] = {g->node->in[0], g->dy};
    if (g->wanted[0]) g->dx[0] = grad_node(g, &op_bce_grad, 3, in, NULL);
    if (g->wanted[1]) g->dx[1] = grad_node(g, &op_bce_target_grad, 2, target, NULL);
}

static const OpSample ce_samples[] = {{.inputs = "S(10) L10"},
                                      {.inputs = "S(2) L2"},
                                      {.inputs = "S(37) L37"},
                                      {.inputs = "S(48) L48"}};
static const OpSample ce_grad_samples[] = {
    {.inputs = "S(10) L10 E()"}, {.inputs = "S(37) L37 E()"}, {.inputs = "S(16) L16 X()"}};
static const OpSample re_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"}, {.inputs = "S(37) E()"},
                                      {.inputs = "S(16) S(16)"},       {.inputs = "S(1) S(1)"},
                                      {.inputs = "S(7,20) S(7,20)"},   {.inputs = "S() S()"}};
static const OpSample re_grad_samples[] = {{.inputs = "S(3,5,4) S(3,5,4) E()"},
                                           {.inputs = "S(37) E() E()"},
                                           {.inputs = "S(16) S(16) X()"},
                                           {.inputs = "S(7,20) S(7,20) E()"}};
static const OpSample target_samples[] = {{.inputs = "S(3,5,4) E()"}, {.inputs = "S(37) X()"}};

#define LOSS(name_, words, shape_, gradient_, samples_)                                            \
    const Op op_##name_ = {.name = #name_,                                                         \
                           .help = words,                                                          \
                           .min_in = 2,                                                            \
                           .max_in = 2,                                                            \
                           .shape = shape_,                                                        \
                           .gradient = gradient_,                                                  \
                           .reference = name_##_value,                                             \
                           SAMPLES(samples_),                                                      \
                           .function = true,                                                       \
                           .traits = TRAIT_LOSS,                                                   \
                           .lost_bits = 2};
#define LOSS_GRAD(name_, operands, shape_, samples_)                                               \
    const Op op_##name_ = {.name = #name_,                                                         \
                           .help = "gradient of a loss",                                           \
                           .min_in = operands,                                                     \
                           .max_in = operands,                                                     \
                           .shape = shape_,                                                        \
                           .reference = name_##_value,                                             \
                           SAMPLES(samples_),                                                      \
                           .backward_only = true,                                                  \
                           .traits = TRAIT_LOSS_GRADIENT,                                          \
                           .lost_bits = 2};
LOSS(cross_entropy, "cross-entropy of softmax, mean", cross_entropy_shape, cross_entropy_gradient,
     ce_samples)
LOSS(mse, "squared error, mean", regression_shape, mse_gradient, re_samples)
LOSS(bce_with_logits, "binary cross-entropy of sigmoid, mean", regression_shape, bce_gradient,
     re_samples)
LOSS_GRAD(cross_entropy_grad, 3, cross_entropy_grad_shape, ce_grad_samples)
LOSS_GRAD(mse_grad, 3, regression_grad_shape, re_grad_samples)
LOSS_GRAD(bce_grad, 3, regression_grad_shape, re_grad_samples)
LOSS_GRAD(bce_target_grad, 2, bce_target_grad_shape, target_samples)
