/* Numbers known before a step: constants, counters of the phase, and functions of them. */
#include <math.h>

#include "rules.h"

static bool leaf_shape(Graph *g, Node *n) {
    (void)g;
    n->type = type_of_kind(KIND_SCHEDULE);
    return true;
}

/* Of min and max users expect what has other names. */
static const char *of_values(const Op *op) {
    if (op == &op_min) return "; nn.minimum(x, y) is of values, nn.amin(x) over their axes";
    return op == &op_max ? "; nn.maximum(x, y) is of values, nn.amax(x) over their axes" : "";
}

static bool function_shape(Graph *g, Node *n) {
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i]->type.kind != KIND_SCHEDULE)
            return op_error(g, n, i, "wants numbers and schedules (epoch, epochs, step, steps)%s",
                            of_values(n->op));
    n->type = type_of_kind(KIND_SCHEDULE);
    return true;
}

static void number_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)in;
    *out = ATTRS(n, NumberAttrs)->value;
}

static const OpSample counter_samples[] = {{.inputs = ""}};
#define COUNTER(op_name, member, words)                                                            \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        (void)n, (void)in;                                                                         \
        *out = env->member;                                                                        \
    }                                                                                              \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .shape = leaf_shape,                                                  \
                             .reference = op_name##_value,                                         \
                             SAMPLES(counter_samples),                                             \
                             .constant = true,                                                     \
                             .function = true,                                                     \
                             .number = "(double)call->" #member};
COUNTER(epoch, epoch, "epoch of the phase, from 0")
COUNTER(epochs, epochs, "epochs of the phase")
COUNTER(step, step, "step of the phase, from 0")
COUNTER(steps, steps, "steps of the phase")

/* `exact`: the same bits in every C library, so that nngen may compute it. The others are left to
 * the generated code, which has its own. */
#define FUNCTION(op_name, arity, exact, expression, words, ...)                                    \
    static void op_name##_value(const Env *env, const Node *n, const double *const *in,            \
                                double *out) {                                                     \
        (void)env, (void)n;                                                                        \
        *out = (expression);                                                                       \
    }                                                                                              \
    static const OpSample op_name##_samples[] = {{.inputs = arity == 2 ? "E() E()" : "E()"}};      \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .min_in = arity,                                                      \
                             .max_in = arity,                                                      \
                             .shape = function_shape,                                              \
                             .reference = op_name##_value,                                         \
                             SAMPLES(op_name##_samples),                                           \
                             .constant = exact,                                                    \
                             .number =                                                             \
                                 arity == 2 ? "nn_" #op_name "(%s, %s)" : "nn_" #op_name "(%s)",   \
                             __VA_ARGS__};
FUNCTION(min, 2, true, in[0][0] < in[1][0] ? in[0][0] : in[1][0], "the smaller of two numbers",
         .function = true, .chains = true)
FUNCTION(max, 2, true, in[0][0] > in[1][0] ? in[0][0] : in[1][0], "the larger of two numbers",
         .function = true, .chains = true)
FUNCTION(floor, 1, true, floor(in[0][0]), "the largest whole number that is not above",
         .function = true)
FUNCTION(pow, 2, false, pow(in[0][0], in[1][0]), "a number to the power of another",
         .function = false)

static const AttrSpec number_attrs[] = {MEMBER(NumberAttrs, value, "value", -1e300, 1e300, 0)};
static const OpSample number_samples[] = {{.inputs = "", WITH(-2.5)}};
const Op op_number = {.name = "number",
                      .help = "a constant",
                      HAS_ATTRS(NumberAttrs, number_attrs),
                      .shape = leaf_shape,
                      .reference = number_value,
                      SAMPLES(number_samples),
                      .constant = true};
