/* Joining along an axis, parts of an axis, and the gradient of these. */
#include <string.h>

#include "rules.h"

/* Elements of a sample as [outer][size of the axis][inner]. */
typedef struct Along {
    int axis; /* from 0 */
    int64_t outer, size, inner;
} Along;

static Along along(Shape s, double axis) {
    const int at = (int)axis - 1;
    const int64_t size = s.dim[at], inner = shape_inner(s, at);
    return (Along){at, shape_count(s) / (size * inner), size, inner};
}

static bool want_axis(Graph *g, const Node *n, int i, double axis) {
    const bool indices = n->op == &op_slice && n->in[i]->type.classes;
    if (!indices && !want_sample(g, n, i, -1, "real values per sample")) return false;
    return axis <= n->in[i]->type.shape.rank || op_error(g, n, i, "wants an axis %g", axis);
}

static bool concat_shape(Graph *g, Node *n) {
    Shape s = n->in[0]->type.shape;
    const int axis = (int)n->attr[CONCAT_AXIS] - 1;
    int64_t size = 0;
    for (int i = 0; i < n->n_in; i++) {
        if (!want_axis(g, n, i, axis + 1)) return false;
        Shape x = n->in[i]->type.shape;
        size += x.dim[axis];
        s.dim[axis] = x.dim[axis];
        if (!shape_equal(x, s))
            return op_error(g, n, i, "wants operands that differ in axis %d only; the first has %s",
                            axis + 1, shape_text(g->arena, n->in[0]->type.shape));
    }
    if (size > MAX_DIM) return op_error(g, n, -1, "makes an axis of more than %d places", MAX_DIM);
    s.dim[axis] = (int)size;
    n->type = type_sample(s);
    return true;
}

static void concat_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Along whole = along(n->type.shape, n->attr[CONCAT_AXIS]);
    for (int64_t b = 0; b < env->batch * whole.outer; b++)
        for (int i = 0; i < n->n_in; i++) {
            const Along a = along(n->in[i]->type.shape, n->attr[CONCAT_AXIS]);
            const int64_t each = a.size * a.inner;
            memcpy(out, in[i] + b * each, sizeof *out * (size_t)each);
            out += each;
        }
}

static void concat_gradient(Gradient *g) {
    const double axis = g->node->attr[CONCAT_AXIS];
    double offset = 0;
    for (int i = 0; i < g->node->n_in; i++) {
        const double count = (double)along(g->node->in[i]->type.shape, axis).size;
        const double attr[MAX_ATTRS] = {
            [SLICE_OFFSET] = offset, [SLICE_COUNT] = count, [SLICE_AXIS] = axis, [SLICE_STEP] = 1};
        if (g->wanted[i]) g->dx[i] = grad_node(g, &op_slice, 1, &g->dy, attr);
        offset += count;
    }
}

static bool slice_shape(Graph *g, Node *n) {
    if (!want_axis(g, n, 0, n->attr[SLICE_AXIS])) return false;
    Shape s = n->in[0]->type.shape;
    const int axis = (int)n->attr[SLICE_AXIS] - 1;
    const double end = n->attr[SLICE_OFFSET] + (n->attr[SLICE_COUNT] - 1) * n->attr[SLICE_STEP] + 1;
    if (end > s.dim[axis]) return op_error(g, n, 0, "wants %g places in axis %d", end, axis + 1);
    s.dim[axis] = (int)n->attr[SLICE_COUNT];
    n->type = type_sample(s);
    n->type.classes = n->in[0]->type.classes;
    return true;
}

/* Copies the values of a slice to it from the whole, or from it to the whole. */
static void copy_slice(const Env *env, const Node *n, Shape whole, Shape part, double *of_whole,
                       double *of_part, bool to_part) {
    const Along w = along(whole, n->attr[SLICE_AXIS]), p = along(part, n->attr[SLICE_AXIS]);
    for (int64_t b = 0; b < env->batch * w.outer; b++)
        for (int64_t i = 0; i < p.size; i++) {
            const int64_t place =
                b * w.size + (int64_t)n->attr[SLICE_OFFSET] + i * (int64_t)n->attr[SLICE_STEP];
            double *one = of_whole + place * w.inner, *two = of_part + (b * p.size + i) * p.inner;
            memcpy(to_part ? two : one, to_part ? one : two, sizeof *one * (size_t)p.inner);
        }
}

static void slice_value(const Env *env, const Node *n, const double *const *in, double *out) {
    copy_slice(env, n, n->in[0]->type.shape, n->type.shape, (double *)in[0], out, true);
}

static void slice_gradient(Gradient *g) {
    const Node *n = g->node;
    const double size = (double)along(n->in[0]->type.shape, n->attr[SLICE_AXIS]).size;
    const double attr[MAX_ATTRS] = {[SLICE_OFFSET] = n->attr[SLICE_OFFSET],
                                    [SLICE_COUNT] = size,
                                    [SLICE_AXIS] = n->attr[SLICE_AXIS],
                                    [SLICE_STEP] = n->attr[SLICE_STEP]};
    g->dx[0] = grad_node(g, &op_slice_grad, 1, &g->dy, attr);
}

static bool slice_grad_shape(Graph *g, Node *n) {
    if (!want_axis(g, n, 0, n->attr[SLICE_AXIS])) return false;
    Shape s = n->in[0]->type.shape;
    int *size = &s.dim[(int)n->attr[SLICE_AXIS] - 1];
    if (n->attr[SLICE_OFFSET] + (*size - 1) * n->attr[SLICE_STEP] + 1 > n->attr[SLICE_COUNT])
        return op_error(g, n, 0, "wants a slice of %g places", n->attr[SLICE_COUNT]);
    *size = (int)n->attr[SLICE_COUNT];
    n->type = type_sample(s);
    return true;
}

static void slice_grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    copy_slice(env, n, n->type.shape, n->in[0]->type.shape, out, (double *)in[0], false);
}

static const AttrSpec concat_attrs[] = {{"axis", ATTR_INT, 1, MAX_RANK, 1, NULL}};
static const AttrSpec slice_attrs[] = {{"offset", ATTR_INT, 0, MAX_DIM, 0, NULL},
                                       {"count", ATTR_INT, 1, MAX_DIM, 1, NULL},
                                       {"axis", ATTR_INT, 1, MAX_RANK, 1, NULL},
                                       {"step", ATTR_INT, 1, MAX_DIM, 1, NULL}};
static const AttrSpec slice_grad_attrs[] = {{"offset", ATTR_INT, 0, MAX_DIM, 0, NULL},
                                            {"size", ATTR_INT, 1, MAX_DIM, 1, NULL},
                                            {"axis", ATTR_INT, 1, MAX_RANK, 1, NULL},
                                            {"step", ATTR_INT, 1, MAX_DIM, 1, NULL}};
static const OpSample concat_samples[] = {{.inputs = "S(5) S(37)"},
                                          {.inputs = "S(3,4,5) S(18,4,5) S(1,4,5)"},
                                          {.inputs = "S(84) S(84)"},
                                          {.inputs = "S(3,4,5) S(3,2,5)", WITH(2)},
                                          {.inputs = "S(18,4,2) S(18,4,1)", WITH(3)},
                                          {.inputs = "S(4,7) S(2,7)", WITH(1)},
                                          {.inputs = "S(4,7) S(4,18)", WITH(2)}};
static const OpSample slice_samples[] = {
    {.inputs = "S(42)", WITH(5, 37, 1, 1)},    {.inputs = "S(22,4,5)", WITH(3, 18, 1, 1)},
    {.inputs = "S(42)", WITH(1, 20, 1, 2)},    {.inputs = "S(8,4,5)", WITH(1, 3, 1, 3)},
    {.inputs = "S(19,6,3)", WITH(2, 3, 2, 1)}, {.inputs = "S(19,3,7)", WITH(0, 3, 3, 3)},
    {.inputs = "S(9,20)", WITH(1, 4, 1, 2)},   {.inputs = "S(5,35)", WITH(3, 18, 2, 1)},
    {.inputs = "L9(12)", WITH(2, 4, 1, 3)},    {.inputs = "L9(5,7)", WITH(1, 3, 2, 2)},
    {.inputs = "L9(5,7,2)", WITH(1, 3, 2, 2)}};
static const OpSample slice_grad_samples[] = {
    {.inputs = "S(37)", WITH(5, 42, 1, 1)},    {.inputs = "S(18,4,5)", WITH(3, 22, 1, 1)},
    {.inputs = "S(20)", WITH(1, 42, 1, 2)},    {.inputs = "S(3,4,5)", WITH(1, 8, 1, 3)},
    {.inputs = "S(19,3,3)", WITH(2, 6, 2, 1)}, {.inputs = "S(19,3,3)", WITH(0, 7, 3, 3)},
    {.inputs = "S(4,20)", WITH(1, 9, 1, 2)},   {.inputs = "S(5,18)", WITH(3, 35, 2, 1)}};

const Op op_concat = {.name = "concat",
                      .help = "values one after the other along an axis",
                      .min_in = 1,
                      .max_in = -1,
                      .attrs = concat_attrs,
                      .n_attrs = COUNT_OF(concat_attrs),
                      .shape = concat_shape,
                      .gradient = concat_gradient,
                      .reference = concat_value,
                      SAMPLES(concat_samples),
                      .function = true,
                      .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
const Op op_slice = {.name = "slice",
                     .help = "places of an axis, each step-th from the offset on",
                     .min_in = 1,
                     .max_in = 1,
                     .attrs = slice_attrs,
                     .n_attrs = COUNT_OF(slice_attrs),
                     .shape = slice_shape,
                     .gradient = slice_gradient,
                     .reference = slice_value,
                     SAMPLES(slice_samples),
                     .function = true,
                     .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
const Op op_slice_grad = {.name = "slice_grad",
                          .help = "gradient of slice: zeros around it",
                          .min_in = 1,
                          .max_in = 1,
                          .attrs = slice_grad_attrs,
                          .n_attrs = COUNT_OF(slice_grad_attrs),
                          .shape = slice_grad_shape,
                          .reference = slice_grad_value,
                          SAMPLES(slice_grad_samples),
                          .backward_only = true,
                          .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
