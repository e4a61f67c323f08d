/* Choices between values, element by element: the larger, the smaller, the one that a mask says;
 * and values through which no gradient flows. */
#include <math.h>

#include "rules.h"

static const OpSample pair_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"}, {.inputs = "S(37) S(37)"}};

/* Samples of one shape, or schedules with them; schedules alone where the op takes them. */
static bool choice_shape(Graph *g, Node *n) {
    int wide = -1;
    for (int i = 0; i < n->n_in; i++) {
        const Type *t = &n->in[i]->type;
        if (t->classes) return op_error(g, n, i, "class indices cannot be calculated with");
        if (t->kind != KIND_SAMPLE && t->kind != KIND_SCHEDULE)
            return op_error(g, n, i, "wants values per sample, or numbers");
        if (t->kind != KIND_SAMPLE) continue;
        if (wide >= 0 && !want_fitting(g, n, wide, i)) return false;
        wide = i;
    }
    if (wide < 0 && !n->op->number)
        return op_error(g, n, 0, "wants values per sample; nn.%s is for numbers and schedules",
                        n->op == &op_maximum ? "max" : "min");
    n->type = wide < 0 ? type_of_kind(KIND_SCHEDULE) : n->in[wide]->type;
    return true;
}

/* dy times the mask of a comparison of the operands, half of it where they are equal. */
static Node *masked(Gradient *g, const Op *comparison, int first) {
    Node *a = g->node->in[first], *b = g->node->in[1 - first];
    Node *half = grad_binary(g, &op_mul, grad_binary(g, &op_equal, a, b), grad_number(g, 0.5));
    return grad_binary(g, &op_mul, g->dy,
                       grad_binary(g, &op_add, grad_binary(g, comparison, a, b), half));
}

#define EXTREME(op_name, better, comparison)                                                       \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        const int64_t count = all_elements(env, n), each = shape_count(n->type.shape);             \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double a = broadcast(n, in, 0, k), b = broadcast(n, in, 1, k);                   \
            const bool turns = decision_turns(env, k / each, k, a - b, fmax(fabs(a), fabs(b)));    \
            out[k] = isnan(a) || (a better b) != turns ? a : b;                                    \
        }                                                                                          \
    }                                                                                              \
    static void op_name##_gradient(Gradient *g) {                                                  \
        for (int i = 0; i < 2; i++)                                                                \
            if (g->wanted[i]) g->dx[i] = masked(g, &comparison, i);                                \
    }
EXTREME(maximum, >, op_greater)
EXTREME(minimum, <, op_less)

static void where_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++)
        out[k] = broadcast(n, in, broadcast(n, in, 0, k) != 0 ? 1 : 2, k);
}

static void where_gradient(Gradient *g) {
    Node *mask = g->node->in[0], *zero = grad_number(g, 0);
    Node *in[2][3] = {{mask, g->dy, zero}, {mask, zero, g->dy}};
    for (int i = 0; i < 2; i++)
        if (g->wanted[1 + i]) g->dx[1 + i] = grad_node(g, &op_where, 3, in[i], NULL);
}

#define EXTREME_OP(op_name, its_onnx, words, its_row)                                              \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .onnx = its_onnx,                                                     \
                             .min_in = 2,                                                          \
                             .max_in = 2,                                                          \
                             .shape = choice_shape,                                                \
                             .gradient = op_name##_gradient,                                       \
                             .reference = op_name##_value,                                         \
                             SAMPLES(pair_samples),                                                \
                             .function = true,                                                     \
                             .row = its_row,                                                       \
                             .zeros = ZEROS_OF_SAMPLES};
EXTREME_OP(maximum, "Max", "the larger, element by element", "SELECT(WINS(%a, %b), %a, %b)")
EXTREME_OP(minimum, "Min", "the smaller, element by element",
           "NEG(SELECT(WINS(NEG(%a), NEG(%b)), NEG(%a), NEG(%b)))")

static const OpSample where_samples[] = {{.inputs = "S(3,5,4) S(3,5,4) S(3,5,4)"},
                                         {.inputs = "S(37) S(37) E()"},
                                         {.inputs = "S(37) E() S(37)"},
                                         {.inputs = "E() E() E()"}};
const Op op_where = {.name = "where",
                     .help = "b where the mask is 0, else a",
                     .min_in = 3,
                     .max_in = 3,
                     .shape = choice_shape,
                     .gradient = where_gradient,
                     .reference = where_value,
                     SAMPLES(where_samples),
                     .function = true,
                     .stops = 1,
                     .constant = true,
                     .number = "%s != 0.0 ? %s : %s",
                     .row = "SELECT(NONZERO(%a), %b, %x)",
                     .zeros = ZEROS_OF_SAMPLES};

static const OpSample detach_samples[] = {{.inputs = "S(3,5,4)"}, {.inputs = "S(37)"}};
const Op op_detach = {.name = "detach",
                      .help = "the value, through which no gradient flows",
                      .min_in = 1,
                      .max_in = 1,
                      .shape = elementwise_shape,
                      .reference = copy_value,
                      SAMPLES(detach_samples),
                      .function = true,
                      .stops = ~0u,
                      .traits = TRAIT_RENAMES};
