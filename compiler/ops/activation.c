/* Activations, element by element, and their gradients in terms of their values. */
#include <math.h>

#include "rules.h"

#define ELEMENTWISE(op_name, expression)                                                           \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        int64_t count = all_elements(env, n);                                                      \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double a = in[0][k], b = n->n_in > 1 ? in[1][k] : 0;                             \
            (void)b;                                                                               \
            out[k] = (expression);                                                                 \
        }                                                                                          \
    }
ELEMENTWISE(tanh, tanh(a))
ELEMENTWISE(sigmoid, 1 / (1 + exp(-a)))
ELEMENTWISE(relu_grad, a > 0 ? b : 0)
ELEMENTWISE(leaky_relu_grad, a > 0 ? b : b * ATTRS(n, LeakyAttrs)->slope)
ELEMENTWISE(tanh_grad, (1 - a * a) * b)
ELEMENTWISE(sigmoid_grad, (1 - a) * a * b)

/* Decides by the sign. */
#define RECTIFIER(op_name, expression)                                                             \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        const int64_t count = all_elements(env, n), each = shape_count(n->type.shape);             \
        const double scale = tie_scale(env, in[0], count);                                         \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double x = in[0][k], a = decision_turns(env, k / each, k, x, scale) ? -x : x;    \
            out[k] = (expression);                                                                 \
        }                                                                                          \
    }
RECTIFIER(relu, a < 0 ? 0 : a)
RECTIFIER(leaky_relu, a > 0 ? a : a * ATTRS(n, LeakyAttrs)->slope)

#define GRADIENT(op_name)                                                                          \
    static void op_name##_gradient(Gradient *g) {                                                  \
        Node *in[2] = {g->out, g->dy};                                                             \
        g->dx[0] = grad_node(g, &op_##op_name##_grad, 2, in, &g->node->attrs);                     \
    }
GRADIENT(relu)
GRADIENT(leaky_relu)
GRADIENT(tanh)
GRADIENT(sigmoid)

static const AttrSpec leaky_attrs[] = {MEMBER(LeakyAttrs, slope, "slope", 0, 1, 0.01)};
static const OpSample samples[] = {{.inputs = "S(3,5,4)"},
                                   {.inputs = "S(37)"},
                                   {.inputs = "S(32,3,3)"},
                                   {.inputs = "S(1)"},
                                   {.inputs = "S(7,20)"}};
static const OpSample grad_samples[] = {
    {.inputs = "S(3,5,4) S(3,5,4)"}, {.inputs = "S(37) S(37)"}, {.inputs = "S(32,3,3) S(32,3,3)"}};
static const OpSample leaky_samples[] = {
    {.inputs = "S(3,5,4)"}, {.inputs = "S(37)", WITH(0.3)}, {.inputs = "S(16,2,2)", WITH(0)}};
static const OpSample leaky_grad_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"},
                                              {.inputs = "S(37) S(37)", WITH(0.3)}};

#define ACTIVATION(op_name, its_onnx, words, its_row, grad_row, its_zeros, its_samples,            \
                   its_grad_samples, ...)                                                          \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = 1,                                                          \
                             .max_in = 1,                                                          \
                             .shape = elementwise_shape,                                           \
                             .gradient = op_name##_gradient,                                       \
                             .reference = op_name##_value,                                         \
                             SAMPLES(its_samples),                                                 \
                             .row = its_row,                                                       \
                             .zeros = its_zeros,                                                   \
                             .monotone = true,                                                     \
                             .layer = true,                                                        \
                             __VA_ARGS__};                                                         \
    const Op op_##op_name##_grad = {.name = #op_name "_grad",                                      \
                                    .help = "gradient of " #op_name ", from its value",            \
                                    .min_in = 2,                                                   \
                                    .max_in = 2,                                                   \
                                    .shape = elementwise_shape,                                    \
                                    .reference = op_name##_grad_value,                             \
                                    SAMPLES(its_grad_samples),                                     \
                                    .backward_only = true,                                         \
                                    .traits = TRAIT_ACTIVATION_GRADIENT,                           \
                                    .row = grad_row,                                               \
                                    .zeros = ZEROS_KEPT,                                           \
                                    __VA_ARGS__};
ACTIVATION(relu, "Relu", "max(x, 0)", "RELU(%a)", "POSITIVE(%a, %b)", ZEROS_KEPT, samples,
           grad_samples, .n_attrs = 0)
ACTIVATION(leaky_relu, "LeakyRelu", "x, or slope * x where x < 0",
           "SELECT(GT(%a, SET(0.0f)), %a, ROUNDED(MUL(%a, SET(%p))))",
           "SELECT(GT(%a, SET(0.0f)), %b, ROUNDED(MUL(%b, SET(%p))))", ZEROS_KEPT, leaky_samples,
           leaky_grad_samples, HAS_ATTRS(LeakyAttrs, leaky_attrs),
           .attr_help = {"factor of negative values"})
ACTIVATION(tanh, "Tanh", "hyperbolic tangent", "TANH(%a)",
           "ROUNDED(MUL(%b, FMA(NEG(%a), %a, SET(1.0f))))", ZEROS_KEPT, samples, grad_samples,
           .lost_bits = 2)
ACTIVATION(sigmoid, "Sigmoid", "1 / (1 + exp(-x))", "SIGMOID(%a)",
           "ROUNDED(MUL(%b, ROUNDED(MUL(%a, SUB(SET(1.0f), %a)))))", ZEROS_LOST, samples,
           grad_samples, .lost_bits = 2)
