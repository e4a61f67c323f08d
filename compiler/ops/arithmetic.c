/* + - * / and negation: on numbers, and element by element on samples and parameters' gradients. A
 * schedule goes with anything. */
#include "rules.h"

static bool arithmetic_shape(Graph *g, Node *n) {
    const Type *a = &n->in[0]->type, *b = n->n_in > 1 ? &n->in[1]->type : a;
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i]->type.classes)
            return op_error(g, n, i, "class indices cannot be calculated with");
    const Type *wide = a->kind >= b->kind ? a : b, *narrow = a->kind >= b->kind ? b : a;
    int narrow_at = a->kind >= b->kind ? 1 : 0;
    if (wide->kind == KIND_SPLIT && !kind_is_number(narrow->kind))
        return op_error(g, n, narrow_at,
                        "a number of the whole split goes with others of it and with losses, as in "
                        "nn.overall(t ^ 2) - nn.overall(t) ^ 2, not with values per sample");
    if (wide->kind == KIND_SCALAR && !kind_is_number(narrow->kind))
        return op_error(g, n, narrow_at,
                        "a loss is one number for the batch, it cannot be combined with values per "
                        "sample; nn.mean(x) makes one value of them");
    if (!kind_is_number(narrow->kind) && narrow->kind != wide->kind)
        return op_error(g, n, narrow_at, "wants operands of one kind");
    if (narrow->kind == wide->kind && n->n_in > 1 && !want_fitting(g, n, 0, 1)) return false;
    n->type = *wide;
    return true;
}

#define ARITHMETIC(op_name, expression)                                                            \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        int64_t count = all_elements(env, n);                                                      \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double a = broadcast(n, in, 0, k), b = n->n_in > 1 ? broadcast(n, in, 1, k) : 0; \
            (void)b;                                                                               \
            out[k] = (expression);                                                                 \
        }                                                                                          \
    }
ARITHMETIC(add, a + b)
ARITHMETIC(sub, a - b)
ARITHMETIC(mul, (a) * (b))
ARITHMETIC(div, a / b)
ARITHMETIC(neg, -a)

static void add_gradient(Gradient *g) {
    g->dx[0] = g->dx[1] = g->dy;
}

static void sub_gradient(Gradient *g) {
    g->dx[0] = g->dy;
    if (g->wanted[1]) g->dx[1] = grad_unary(g, &op_neg, g->dy);
}

static void mul_gradient(Gradient *g) {
    if (g->wanted[0]) g->dx[0] = grad_binary(g, &op_mul, g->dy, g->node->in[1]);
    if (g->wanted[1]) g->dx[1] = grad_binary(g, &op_mul, g->dy, g->node->in[0]);
}

/* d(a / b) = dy / b, -(a / b) * dy / b */
static void div_gradient(Gradient *g) {
    Node *part = grad_binary(g, &op_div, g->dy, g->node->in[1]);
    g->dx[0] = part;
    if (g->wanted[1]) g->dx[1] = grad_unary(g, &op_neg, grad_binary(g, &op_mul, part, g->out));
}

static void neg_gradient(Gradient *g) {
    g->dx[0] = grad_unary(g, &op_neg, g->dy);
}

static const OpSample binary_samples[] = {
    {.inputs = "S(3,5,4) S(3,5,4)"}, {.inputs = "S(37) E()"},       {.inputs = "E() S(16,2,2)"},
    {.inputs = "P(5,3) P(5,3)"},     {.inputs = "S(7,20) S(7,20)"}, {.inputs = "S() S()"},
    {.inputs = "X() X()"},           {.inputs = "X() E()"},         {.inputs = "O() O()"},
    {.inputs = "O() E()"},           {.inputs = "E() E()"}};
static const OpSample unary_samples[] = {{.inputs = "S(3,5,4)"},
                                         {.inputs = "S(37)"},
                                         {.inputs = "X()"},
                                         {.inputs = "O()"},
                                         {.inputs = "E()"}};

#define ARITHMETIC_OP(op_name, its_onnx, operands, words, its_row, its_zeros, text, its_samples,   \
                      ...)                                                                         \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = operands,                                                   \
                             .max_in = operands,                                                   \
                             .shape = arithmetic_shape,                                            \
                             .gradient = op_name##_gradient,                                       \
                             .reference = op_name##_value,                                         \
                             SAMPLES(its_samples),                                                 \
                             .constant = true,                                                     \
                             .row = its_row,                                                       \
                             .zeros = its_zeros,                                                   \
                             .number = text,                                                       \
                             __VA_ARGS__};
ARITHMETIC_OP(add, "Add", 2, "sum", "ADD(%a, %b)", ZEROS_OF_SAMPLES, "%s + %s", binary_samples,
              .neutral_in = 1 << 0 | 1 << 1, .neutral = 0)
ARITHMETIC_OP(sub, "Sub", 2, "difference", "SUB(%a, %b)", ZEROS_OF_SAMPLES, "%s - %s",
              binary_samples, .neutral_in = 1 << 1, .neutral = 0)
ARITHMETIC_OP(mul, "Mul", 2, "product", "ROUNDED(MUL(%a, %b))", ZEROS_KEPT, "nn_product(%s, %s)",
              binary_samples, .neutral_in = 1 << 0 | 1 << 1, .neutral = 1)
ARITHMETIC_OP(div, "Div", 2, "quotient", "DIV(%a, %b)", ZEROS_LOST, "%s / %s", binary_samples,
              .neutral_in = 1 << 1, .neutral = 1)
ARITHMETIC_OP(neg, "Neg", 1, "negation", "NEG(%a)", ZEROS_KEPT, "-%s", unary_samples,
              .neutral_in = 0)
