/* Decisions for predictions and metrics. No gradient flows through them. */
#include <math.h>

#include "rules.h"

static bool argmax_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    const Shape s = n->in[0]->type.shape;
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    if (axis >= s.rank) return op_error(g, n, 0, "wants an axis %d", axis + 1);
    Shape out = {0};
    for (int i = 0; i < s.rank; i++)
        if (i != axis) out.dim[out.rank++] = s.dim[i];
    n->type = type_sample(out);
    n->type.classes = s.dim[axis];
    return true;
}

static void argmax_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->in[0]->type.shape;
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    const int64_t N = s.dim[axis], inner = shape_inner(s, axis), each = shape_count(n->type.shape);
    const double scale = tie_scale(env, in[0], N * all_elements(env, n));
    for (int64_t k = 0; k < all_elements(env, n); k++) {
        const double *x = in[0] + k / inner * N * inner + k % inner;
        int64_t best = 0, second = -1;
        for (int64_t i = 1; i < N; i++)
            if (x[i * inner] > x[best * inner] || (isnan(x[i * inner]) && !isnan(x[best * inner])))
                best = i;
        for (int64_t i = 0; i < N; i++)
            if (x[i * inner] < x[best * inner] && (second < 0 || x[i * inner] > x[second * inner]))
                second = i;
        if (second >= 0 &&
            decision_turns(env, k / each, k, x[best * inner] - x[second * inner], scale))
            best = second;
        out[k] = isfinite(x[best * inner]) ? (double)best : NAN;
    }
}

/* Of samples, labels and numbers; of numbers alone a number. 1 or 0 of a comparison may be compared
 * with a label of two classes. */
static bool compare_shape(Graph *g, Node *n) {
    for (int i = 0; i < 2; i++)
        if (n->in[i]->type.kind != KIND_SAMPLE && n->in[i]->type.kind != KIND_SCHEDULE)
            return op_error(g, n, i, "wants values per sample, or numbers");
    const Type *a = &n->in[0]->type, *b = &n->in[1]->type;
    if (a->kind == KIND_SCHEDULE && b->kind == KIND_SCHEDULE) {
        n->type = type_of_kind(KIND_SCHEDULE);
        return true;
    }
    if (a->kind == b->kind && !want_fitting(g, n, 0, 1)) return false;
    if (a->classes && b->classes && a->classes != b->classes)
        return op_error(g, n, 1, "wants equal numbers of classes, %d on one side", a->classes);
    n->type = type_sample(a->kind == KIND_SAMPLE ? a->shape : b->shape);
    return true;
}

/* The largest magnitude of the operands, for distances from ties. Numbers have none: they are
 * doubles on both sides. */
static double compared_scale(const Env *env, const Node *n, const double *const *in) {
    double scale = 0;
    for (int i = 0; i < 2 && n->type.kind == KIND_SAMPLE; i++) {
        const bool number = n->in[i]->type.kind == KIND_SCHEDULE;
        scale = fmax(scale, tie_scale(env, in[i], number ? 1 : all_elements(env, n)));
    }
    return scale;
}

static const OpSample compare_samples[] = {{.inputs = "S(37) S(37)"},       {.inputs = "L10 L10"},
                                           {.inputs = "L5(3,4) L5(3,4)"},   {.inputs = "L5(7) E()"},
                                           {.inputs = "S(3,2,5) S(3,2,5)"}, {.inputs = "S(37) E()"},
                                           {.inputs = "L10 E()"},           {.inputs = "E() E()"}};
#define COMPARE(name_, its_onnx, operator, words, its_row, its_zeros)                              \
    static void name_##_value(const Env *env, const Node *n, const double *const *in,              \
                              double *out) {                                                       \
        const int64_t count = all_elements(env, n), each = shape_count(n->type.shape);             \
        const double scale = compared_scale(env, n, in);                                           \
        for (int64_t k = 0; k < count; k++) {                                                      \
            const double x = broadcast(n, in, 0, k), y = broadcast(n, in, 1, k);                   \
            out[k] = (x operator y) != decision_turns(env, k / each, k, x - y, scale);             \
        }                                                                                          \
    }                                                                                              \
    const Op op_##name_ = {.name = #name_,                                                         \
                           .help = words,                                                          \
                           .onnx = its_onnx,                                                       \
                           .min_in = 2,                                                            \
                           .max_in = 2,                                                            \
                           .shape = compare_shape,                                                 \
                           .reference = name_##_value,                                             \
                           SAMPLES(compare_samples),                                               \
                           .function = true,                                                       \
                           .stops = ~0u,                                                           \
                           .constant = true,                                                       \
                           .number = "(double)(%s " #operator" %s)",                               \
                           .traits = TRAIT_COMPARISON,                                             \
                           .row = its_row,                                                         \
                           .zeros = its_zeros};
COMPARE(equal, "Equal", ==, "1 where equal, else 0", "EQUAL(%a, %b)", ZEROS_LOST)
COMPARE(less, "Less", <, "1 where less, else 0", "KEEP(GT(%b, %a), SET(1.0f))", ZEROS_OF_SAMPLES)
COMPARE(less_equal, "LessOrEqual", <=, "1 where not greater, else 0",
        "SELECT(GT(%b, %a), SET(1.0f), EQUAL(%a, %b))", ZEROS_LOST)
COMPARE(greater, "Greater", >, "1 where greater, else 0", "KEEP(GT(%a, %b), SET(1.0f))",
        ZEROS_OF_SAMPLES)
COMPARE(greater_equal, "GreaterOrEqual", >=, "1 where not less, else 0",
        "SELECT(GT(%a, %b), SET(1.0f), EQUAL(%a, %b))", ZEROS_LOST)

static bool one_hot_shape(Graph *g, Node *n) {
    const Type *t = &n->in[0]->type;
    if (t->kind != KIND_SAMPLE || !t->classes)
        return op_error(g, n, 0, "wants a label, or other class indices per sample");
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    if (t->shape.rank == MAX_RANK || axis > t->shape.rank)
        return op_error(g, n, 0, "has no room for the classes in axis %d", axis + 1);
    Shape s = {.rank = t->shape.rank + 1};
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = i == axis ? t->classes : t->shape.dim[i - (i > axis)];
    n->type = type_sample(s);
    return true;
}

static void one_hot_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->type.shape;
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    const int64_t classes = s.dim[axis], inner = shape_inner(s, axis), count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++)
        out[k] = in[0][k / (classes * inner) * inner + k % inner] == (double)(k / inner % classes);
}

static int argmax_along(const Node *n, int operand, int axis) {
    (void)operand;
    return axis + (axis >= ATTRS(n, AxisAttrs)->axis - 1);
}

static int one_hot_along(const Node *n, int operand, int axis) {
    const int classes = ATTRS(n, AxisAttrs)->axis - 1;
    (void)operand;
    return axis == classes ? ALONG_ALL : axis - (axis > classes);
}

static const AttrSpec argmax_attrs[] = {MEMBER(AxisAttrs, axis, "axis", 1, MAX_RANK, 1)};
static const OpSample argmax_samples[] = {{.inputs = "S(10)"},
                                          {.inputs = "S(37)"},
                                          {.inputs = "S(1)"},
                                          {.inputs = "S(7,20)", WITH(2)},
                                          {.inputs = "S(7,20)"},
                                          {.inputs = "S(19,4,3)"},
                                          {.inputs = "S(5,4,3)", WITH(2)},
                                          {.inputs = "S(5,4,3)", WITH(3)}};
const Op op_argmax = {
    .name = "argmax",
    .help = "index of the largest, the first of equal ones; NaN where that is not finite",
    .min_in = 1,
    .max_in = 1,
    HAS_ATTRS(AxisAttrs, argmax_attrs),
    .shape = argmax_shape,
    .along = argmax_along,
    .reference = argmax_value,
    SAMPLES(argmax_samples),
    .function = true};

static const AttrSpec one_hot_attrs[] = {MEMBER(AxisAttrs, axis, "axis", 1, MAX_RANK, 1)};
static const OpSample one_hot_samples[] = {{.inputs = "L10"},
                                           {.inputs = "L37"},
                                           {.inputs = "L1"},
                                           {.inputs = "L5(7)", WITH(2)},
                                           {.inputs = "L20(3,4)", WITH(1)},
                                           {.inputs = "L3(2,4)", WITH(2)}};
const Op op_one_hot = {.name = "one_hot",
                       .help = "a value for each class: 1 for the class of the index, else 0",
                       .min_in = 1,
                       .max_in = 1,
                       HAS_ATTRS(AxisAttrs, one_hot_attrs),
                       .shape = one_hot_shape,
                       .along = one_hot_along,
                       .reference = one_hot_value,
                       SAMPLES(one_hot_samples),
                       .function = true,
                       .stops = ~0u};
