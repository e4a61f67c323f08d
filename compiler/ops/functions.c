/* Functions element by element: of samples, and some of numbers too. Gradients are written with
 * what exists, or with an op of the operand and its gradient. */
#include <math.h>

#include "rules.h"

/* Real values per sample; where the op says how, numbers as well: those of the batch if their
 * gradient is one, too. */
static bool function_shape(Graph *g, Node *n) {
    const Kind kind = n->in[0]->type.kind;
    const bool angle = n->op == &op_cos || n->op == &op_sin;
    const bool number = angle ? kind == KIND_SCHEDULE : kind_is_number(kind);
    if (n->op->number && number) {
        n->type = type_of_kind(kind);
        return true;
    }
    return elementwise_shape(g, n);
}

/* x, or its mirror image if the decision on which side of a kink it lies is to be turned. */
static double side(const Env *env, int64_t sample, int64_t k, double x, double kink, double scale) {
    return decision_turns(env, sample, k, x - kink, scale) ? 2 * kink - x : x;
}

/* a: the operand; b: the gradient, for gradients; AT(kink): the operand as seen from a kink. */
#define VALUE(op_name, expression)                                                                 \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        const int64_t count = all_elements(env, n), each = shape_count(n->type.shape);             \
        const double scale = tie_scale(env, in[0], count);                                         \
        (void)each, (void)scale;                                                                   \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double a = in[0][k], b = n->n_in > 1 ? in[1][k] : 0;                             \
            (void)b;                                                                               \
            out[k] = (expression);                                                                 \
        }                                                                                          \
    }
#define AT(kink) side(env, k / each, k, a, kink, scale)
#define ALPHA ATTRS(n, EluAttrs)->alpha
#define LOW ATTRS(n, ClampAttrs)->low
#define HIGH ATTRS(n, ClampAttrs)->high

static double mish_slope(double a) {
    const double t = tanh(log1p(exp(a))), s = 1 / (1 + exp(-a));
    return t + a * s * (1 - t * t);
}

VALUE(exp, exp(a))
VALUE(log, log(a))
VALUE(sqrt, sqrt(a))
VALUE(abs, fabs(a))
VALUE(sin, sin(a))
VALUE(cos, cos(a))
VALUE(silu, a / (1 + exp(-a)))
VALUE(softplus, fmax(a, 0) + log1p(exp(-fabs(a))))
VALUE(sign, (AT(0) > 0) - (AT(0) < 0))
VALUE(relu6, fmin(fmax(a, 0), 6))
VALUE(relu6_grad, AT(0) > 0 && AT(6) < 6 ? b : 0)
VALUE(elu, a > 0 ? a : ALPHA * expm1(a))
VALUE(elu_grad, AT(0) > 0 ? b : b * ALPHA * exp(fmin(a, 0)))
VALUE(mish, a *tanh(log1p(exp(a))))
VALUE(mish_grad, b *mish_slope(a))
VALUE(hardswish, a *fmin(fmax(a + 3, 0), 6) / 6)
VALUE(hardswish_grad, AT(-3) <= -3 ? 0 : AT(3) >= 3 ? b : b * (a / 3 + 0.5))
VALUE(hardsigmoid, fmin(fmax(a + 3, 0), 6) / 6)
VALUE(hardsigmoid_grad, AT(-3) > -3 && AT(3) < 3 ? b / 6 : 0)
VALUE(clamp, fmin(fmax(a, LOW), HIGH))
VALUE(clamp_grad, AT(LOW) >= LOW && AT(HIGH) <= HIGH ? b : 0)

static void exp_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_mul, g->dy, g->out);
}

static void log_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_div, g->dy, g->node->in[0]);
}

static void sqrt_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_div, grad_binary(g, &op_mul, g->dy, grad_number(g, 0.5)), g->out);
}

static void abs_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_mul, g->dy, grad_unary(g, &op_sign, g->node->in[0]));
}

static void sin_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_mul, g->dy, grad_unary(g, &op_cos, g->node->in[0]));
}

static void cos_gradient(Gradient *g) {
    Node *slope = grad_unary(g, &op_neg, grad_unary(g, &op_sin, g->node->in[0]));
    g->dx[0] = grad_binary(g, &op_mul, g->dy, slope);
}

/* s + x s (1 - s) is y + s (1 - y) for y = x s. */
static void silu_gradient(Gradient *g) {
    Node *s = grad_unary(g, &op_sigmoid, g->node->in[0]);
    Node *rest = grad_binary(g, &op_mul, s, grad_binary(g, &op_sub, grad_number(g, 1), g->out));
    g->dx[0] = grad_binary(g, &op_mul, g->dy, grad_binary(g, &op_add, g->out, rest));
}

static void softplus_gradient(Gradient *g) {
    g->dx[0] = grad_binary(g, &op_mul, g->dy, grad_unary(g, &op_sigmoid, g->node->in[0]));
}

/* By an op of the operand and the gradient. */
#define GRADIENT(op_name)                                                                          \
    static void op_name##_gradient(Gradient *g) {                                                  \
        Node *in[2] = {g->node->in[0], g->dy};                                                     \
        g->dx[0] = grad_node(g, &op_##op_name##_grad, 2, in, &g->node->attrs);                     \
    }
GRADIENT(relu6)
GRADIENT(elu)
GRADIENT(mish)
GRADIENT(hardswish)
GRADIENT(hardsigmoid)
GRADIENT(clamp)

static const OpSample samples[] = {{.inputs = "S(3,5,4)"}, {.inputs = "S(37)"}, {.inputs = "S(1)"}};
static const OpSample number_samples[] = {{.inputs = "S(3,5,4)"},
                                          {.inputs = "S(37)"},
                                          {.inputs = "E()"},
                                          {.inputs = "X()"},
                                          {.inputs = "O()"}};
static const OpSample angle_samples[] = {
    {.inputs = "S(3,5,4)"}, {.inputs = "S(37)"}, {.inputs = "E()"}};
static const OpSample grad_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"}, {.inputs = "S(37) S(37)"}};

#define FUNCTION(op_name, its_onnx, words, its_row, its_zeros, its_samples, ...)                   \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = 1,                                                          \
                             .max_in = 1,                                                          \
                             .shape = function_shape,                                              \
                             .reference = op_name##_value,                                         \
                             SAMPLES(its_samples),                                                 \
                             .row = its_row,                                                       \
                             .zeros = its_zeros,                                                   \
                             __VA_ARGS__};
FUNCTION(exp, "Exp", "exponential", "EXP(%a)", ZEROS_LOST, number_samples, .gradient = exp_gradient,
         .function = true, .monotone = true, .lost_bits = 2, .number = "nn_exp(%s)")
FUNCTION(log, "Log", "natural logarithm", "LOG_ALL(%a)", ZEROS_LOST, number_samples,
         .gradient = log_gradient, .function = true, .monotone = true, .lost_bits = 2,
         .positive = true, .number = "nn_log(%s)")
FUNCTION(sqrt, "Sqrt", "square root", "SQRT(%a)", ZEROS_KEPT, number_samples,
         .gradient = sqrt_gradient, .function = true, .monotone = true, .positive = true,
         .number = "nn_sqrt(%s)")
FUNCTION(abs, "Abs", "absolute value", "ABS(%a)", ZEROS_KEPT, samples, .gradient = abs_gradient,
         .function = true)
FUNCTION(sin, "Sin", "sine, in radians", "SIN(%a)", ZEROS_KEPT, angle_samples,
         .gradient = sin_gradient, .function = true, .lost_bits = 2, .number = "nn_sin(%s)")
FUNCTION(cos, "Cos", "cosine, in radians", "COS(%a)", ZEROS_LOST, angle_samples,
         .gradient = cos_gradient, .function = true, .lost_bits = 2, .number = "nn_cos(%s)")
FUNCTION(silu, NULL, "x * sigmoid(x)", "ROUNDED(MUL(%a, SIGMOID(%a)))", ZEROS_KEPT, samples,
         .gradient = silu_gradient, .layer = true, .lost_bits = 3)
FUNCTION(softplus, "Softplus", "log(1 + exp(x))", "SOFTPLUS(%a)", ZEROS_LOST, samples,
         .gradient = softplus_gradient, .layer = true, .monotone = true, .lost_bits = 2)
FUNCTION(sign, NULL, "1, 0 or -1 by the sign",
         "SUB(KEEP(GT(%a, SET(0.0f)), SET(1.0f)), KEEP(GT(SET(0.0f), %a), SET(1.0f)))", ZEROS_KEPT,
         samples, .backward_only = true)

/* Layers, and their gradients in terms of the operand. */
#define LAYER(op_name, its_onnx, words, its_row, grad_row, its_zeros, ...)                         \
    FUNCTION(op_name, its_onnx, words, its_row, its_zeros, samples,                                \
             .gradient = op_name##_gradient, .layer = true, __VA_ARGS__)                           \
    const Op op_##op_name##_grad = {.name = #op_name "_grad",                                      \
                                    .help = "gradient of " #op_name ", from its operand",          \
                                    .min_in = 2,                                                   \
                                    .max_in = 2,                                                   \
                                    .shape = elementwise_shape,                                    \
                                    .reference = op_name##_grad_value,                             \
                                    SAMPLES(grad_samples),                                         \
                                    .backward_only = true,                                         \
                                    .row = grad_row,                                               \
                                    .zeros = ZEROS_KEPT,                                           \
                                    __VA_ARGS__};
static const AttrSpec elu_attrs[] = {MEMBER(EluAttrs, alpha, "alpha", 0, 1e6, 1)};
static const AttrSpec clamp_attrs[] = {MEMBER(ClampAttrs, low, "low", -3.4e38, 3.4e38, -3.4e38),
                                       MEMBER(ClampAttrs, high, "high", -3.4e38, 3.4e38, 3.4e38)};
LAYER(relu6, NULL, "min(max(x, 0), 6)", "MIN(SET(6.0f), MAX(SET(0.0f), %a))",
      "KEEP(GT(%a, SET(0.0f)), KEEP(GT(SET(6.0f), %a), %b))", ZEROS_KEPT, .n_attrs = 0)
LAYER(elu, "Elu", "x, or alpha * (exp(x) - 1) where x < 0",
      "SELECT(GT(%a, SET(0.0f)), %a, ROUNDED(MUL(SET(%p), SUB(EXP(MIN(SET(0.0f), %a)), "
      "SET(1.0f)))))",
      "SELECT(GT(%a, SET(0.0f)), %b, ROUNDED(MUL(%b, ROUNDED(MUL(SET(%p), EXP(MIN(SET(0.0f), "
      "%a)))))))",
      ZEROS_KEPT, .lost_bits = 2, HAS_ATTRS(EluAttrs, elu_attrs),
      .attr_help = {"what large negative values approach, with a minus"})
LAYER(mish, "Mish", "x * tanh(log(1 + exp(x)))", "MISH(%a)", "ROUNDED(MUL(%b, MISH_SLOPE(%a)))",
      ZEROS_KEPT, .lost_bits = 3)
LAYER(hardswish, "HardSwish", "x * min(max(x + 3, 0), 6) / 6",
      "ROUNDED(MUL(%a, ROUNDED(MUL(MIN(SET(6.0f), MAX(SET(0.0f), ADD(%a, SET(3.0f)))), "
      "SET(1.0f / 6.0f)))))",
      "SELECT(GT(SET(3.0f), %a), KEEP(GT(%a, SET(-3.0f)), ROUNDED(MUL(%b, FMA(%a, SET(1.0f / "
      "3.0f), SET(0.5f))))), %b)",
      ZEROS_KEPT, .n_attrs = 0)
LAYER(hardsigmoid, "HardSigmoid", "min(max(x + 3, 0), 6) / 6",
      "ROUNDED(MUL(MIN(SET(6.0f), MAX(SET(0.0f), ADD(%a, SET(3.0f)))), SET(1.0f / 6.0f)))",
      "KEEP(GT(%a, SET(-3.0f)), KEEP(GT(SET(3.0f), %a), ROUNDED(MUL(%b, SET(1.0f / 6.0f)))))",
      ZEROS_LOST, .n_attrs = 0)

const Op op_clamp = {.name = "clamp",
                     .help = "min(max(x, low), high)",
                     .min_in = 1,
                     .max_in = 1,
                     HAS_ATTRS(ClampAttrs, clamp_attrs),
                     .shape = elementwise_shape,
                     .gradient = clamp_gradient,
                     .reference = clamp_value,
                     .samples = (const OpSample[]){{.inputs = "S(3,5,4)", WITH(-1, 0.7)},
                                                   {.inputs = "S(37)", WITH(0.6, 3.4e38)}},
                     .n_samples = 2,
                     .row = "MIN(SET(%q), MAX(SET(%p), %a))",
                     .zeros = ZEROS_LOST};
const Op op_clamp_grad = {.name = "clamp_grad",
                          .help = "gradient of clamp, from its operand",
                          .min_in = 2,
                          .max_in = 2,
                          HAS_ATTRS(ClampAttrs, clamp_attrs),
                          .shape = elementwise_shape,
                          .reference = clamp_grad_value,
                          .samples =
                              (const OpSample[]){{.inputs = "S(3,5,4) S(3,5,4)", WITH(-1, 0.7)},
                                                 {.inputs = "S(37) S(37)", WITH(0.6, 3.4e38)}},
                          .n_samples = 2,
                          .backward_only = true,
                          .row = "SELECT(GT(SET(%p), %a), SET(0.0f), SELECT(GT(%a, SET(%q)), "
                                 "SET(0.0f), %b))",
                          .zeros = ZEROS_LOST};
