/* GELU, x times the normal distribution's Phi(x) (D. Hendrycks, K. Gimpel, 2016), and its tanh
 * form. */
#include <math.h>

#include "rules.h"

enum { NONE, TANH };

static const double root_2_pi = 0.79788456080286535588; /* sqrt(2 / pi) */

static double gelu(double x, int form) {
    if (form == NONE) return 0.5 * x * erfc(-x / sqrt(2));
    return 0.5 * x * (1 + tanh(root_2_pi * (x + 0.044715 * x * x * x)));
}

static double slope(double x, int form) {
    if (form == NONE) return 0.5 * erfc(-x / sqrt(2)) + 0.5 * root_2_pi * x * exp(-x * x / 2);
    const double t = tanh(root_2_pi * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root_2_pi * (1 + 3 * 0.044715 * x * x);
}

static void gelu_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++) out[k] = gelu(in[0][k], ATTRS(n, GeluAttrs)->approximate);
}

static void gelu_grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++)
        out[k] = in[1][k] * slope(in[0][k], ATTRS(n, GeluAttrs)->approximate);
}

static void gelu_gradient(Gradient *g) {
    Node *in[2] = {g->node->in[0], g->dy};
    g->dx[0] = grad_node(g, &op_gelu_grad, 2, in, &g->node->attrs);
}

static const char *const forms[] = {"none", "tanh", NULL};
static const AttrSpec attrs[] = {
    MEMBER_OF_WORDS(GeluAttrs, approximate, "approximate", TANH, NONE, forms)};
static const OpSample samples[] = {{.inputs = "S(3,5,4)"},
                                   {.inputs = "S(37)", WITH(TANH)},
                                   {.inputs = "S(32,3,3)", WITH(TANH)},
                                   {.inputs = "S(1)"}};
static const OpSample grad_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"},
                                        {.inputs = "S(37) S(37)", WITH(TANH)}};

const Op op_gelu = {.name = "gelu",
                    .onnx = "Gelu",
                    .help = "x times Phi(x), the normal distribution",
                    .min_in = 1,
                    .max_in = 1,
                    HAS_ATTRS(GeluAttrs, attrs),
                    .attr_help = {"none: exact; or by a tanh"},
                    .shape = elementwise_shape,
                    .gradient = gelu_gradient,
                    .reference = gelu_value,
                    SAMPLES(samples),
                    .layer = true,
                    .row = "GELU_%w(%a)",
                    .lost_bits = 4,
                    .zeros = ZEROS_KEPT};
const Op op_gelu_grad = {.name = "gelu_grad",
                         .help = "gradient of gelu, from its operand",
                         .min_in = 2,
                         .max_in = 2,
                         HAS_ATTRS(GeluAttrs, attrs),
                         .shape = elementwise_shape,
                         .reference = gelu_grad_value,
                         SAMPLES(grad_samples),
                         .backward_only = true,
                         .row = "ROUNDED(MUL(%b, GELU_%w_SLOPE(%a)))",
                         .lost_bits = 4,
                         .zeros = ZEROS_KEPT};
