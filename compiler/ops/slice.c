/* Joining along an axis, places of an axis, and values put at such places: pad and slice are each
 * other's gradients. */
#include <math.h>
#include <string.h>

#include "rules.h"

/* Elements of a sample as [outer][size of the axis][inner]. */
typedef struct Along {
    int axis; /* from 0 */
    int64_t outer, size, inner;
} Along;

static Along along(Shape s, int axis) {
    const int at = axis - 1;
    const int64_t size = s.dim[at], inner = shape_inner(s, at);
    return (Along){at, shape_count(s) / (size * inner), size, inner};
}

static bool want_axis(Graph *g, const Node *n, int i, int axis) {
    if (!want_values(g, n, i)) return false;
    return axis <= n->in[i]->type.shape.rank || op_error(g, n, i, "wants an axis %d", axis);
}

static bool concat_shape(Graph *g, Node *n) {
    Shape s = n->in[0]->type.shape;
    const int axis = ATTRS(n, AxisAttrs)->axis - 1;
    int64_t size = 0;
    for (int i = 0; i < n->n_in; i++) {
        if (!want_axis(g, n, i, axis + 1)) return false;
        Shape x = n->in[i]->type.shape;
        size += x.dim[axis];
        s.dim[axis] = x.dim[axis];
        if (n->in[i]->type.classes != n->in[0]->type.classes)
            return op_error(g, n, i,
                            n->in[0]->type.classes
                                ? "wants class indices of %d classes, as the first"
                                : "wants real values, as the first",
                            n->in[0]->type.classes);
        if (!shape_equal(x, s))
            return op_error(g, n, i, "wants operands that differ in axis %d only; the first has %s",
                            axis + 1, shape_text(g->arena, n->in[0]->type.shape));
    }
    if (size > MAX_DIM) return op_error(g, n, -1, "makes an axis of more than %d places", MAX_DIM);
    s.dim[axis] = (int)size;
    n->type = type_moved(n->in[0], s);
    return true;
}

static void concat_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Along whole = along(n->type.shape, ATTRS(n, AxisAttrs)->axis);
    for (int64_t b = 0; b < env->batch * whole.outer; b++)
        for (int i = 0; i < n->n_in; i++) {
            const Along a = along(n->in[i]->type.shape, ATTRS(n, AxisAttrs)->axis);
            const int64_t each = a.size * a.inner;
            memcpy(out, in[i] + b * each, sizeof *out * (size_t)each);
            out += each;
        }
}

static void concat_gradient(Gradient *g) {
    SliceAttrs part = {.axis = ATTRS(g->node, AxisAttrs)->axis, .step = 1};
    for (int i = 0; i < g->node->n_in; i++) {
        part.count = g->node->in[i]->type.shape.dim[part.axis - 1];
        if (g->wanted[i])
            g->dx[i] = grad_node(g, &op_slice, 1, &g->dy, ATTRS_AT(SliceAttrs, &part));
        part.offset += part.count;
    }
}

/* The places of an axis that a slice reads, or where a pad puts its operand's: from the offset on,
 * each step-th of `size`. Reports unless all of them exist. */
static bool want_places(Graph *g, const Node *n, int count, int size) {
    const SliceAttrs *s = ATTRS(n, SliceAttrs);
    const int64_t first = s->offset, last = first + (count - 1) * (int64_t)s->step;
    return (first >= 0 && first < size && last >= 0 && last < size) ||
           op_error(g, n, 0, "wants the places %lld to %lld, from 0, of axis %d, which has %d",
                    (long long)first, (long long)last, s->axis, size);
}

static bool slice_shape(Graph *g, Node *n) {
    const SliceAttrs *slice = ATTRS(n, SliceAttrs);
    if (!want_axis(g, n, 0, slice->axis)) return false;
    Shape s = n->in[0]->type.shape;
    int *size = &s.dim[slice->axis - 1];
    if (!want_places(g, n, slice->count, *size)) return false;
    *size = slice->count;
    n->type = type_moved(n->in[0], s);
    return true;
}

/* Copies the values of a slice to it from the whole, or from it to the whole. */
static void copy_slice(const Env *env, const Node *n, Shape whole, Shape part, double *of_whole,
                       double *of_part, bool to_part) {
    const SliceAttrs *slice = ATTRS(n, SliceAttrs);
    const Along w = along(whole, slice->axis), p = along(part, slice->axis);
    for (int64_t b = 0; b < env->batch * w.outer; b++)
        for (int64_t i = 0; i < p.size; i++) {
            const int64_t place = b * w.size + slice->offset + i * slice->step;
            double *one = of_whole + place * w.inner, *two = of_part + (b * p.size + i) * p.inner;
            memcpy(to_part ? two : one, to_part ? one : two, sizeof *one * (size_t)p.inner);
        }
}

static void slice_value(const Env *env, const Node *n, const double *const *in, double *out) {
    copy_slice(env, n, n->in[0]->type.shape, n->type.shape, (double *)in[0], out, true);
}

/* What a place is read several times for adds up first. */
static void slice_gradient(Gradient *g) {
    const Node *n = g->node;
    SliceAttrs pad = *ATTRS(n, SliceAttrs);
    pad.size = n->in[0]->type.shape.dim[pad.axis - 1];
    Node *dy = g->dy;
    if (pad.step == 0)
        dy = grad_node(g, &op_sum, 1, &dy,
                       ATTRS_WITH(ReduceAttrs, .axes = 1 << (pad.axis - 1), .keepdim = true));
    g->dx[0] = grad_node(g, &op_pad, 1, &dy, ATTRS_AT(SliceAttrs, &pad));
}

static bool pad_shape(Graph *g, Node *n) {
    const SliceAttrs *pad = ATTRS(n, SliceAttrs);
    if (!want_axis(g, n, 0, pad->axis)) return false;
    Shape s = n->in[0]->type.shape;
    const int classes = n->in[0]->type.classes;
    const double value = pad->value;
    int *size = &s.dim[pad->axis - 1];
    if (pad->step == 0 && *size > 1)
        return op_error(g, n, 0, "wants one place in axis %d", pad->axis);
    if (!want_places(g, n, *size, pad->size)) return false;
    if (classes && !(value == floor(value) && value >= 0 && value < classes))
        return op_error(g, n, -1, "its value must be one of the classes 0 to %d, not %g",
                        classes - 1, value);
    *size = pad->size;
    n->type = type_moved(n->in[0], s);
    return true;
}

static void pad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t count = all_elements(env, n);
    for (int64_t k = 0; k < count; k++) out[k] = ATTRS(n, SliceAttrs)->value;
    copy_slice(env, n, n->type.shape, n->in[0]->type.shape, out, (double *)in[0], false);
}

static void pad_gradient(Gradient *g) {
    const Node *n = g->node;
    SliceAttrs slice = *ATTRS(n, SliceAttrs);
    slice.count = n->in[0]->type.shape.dim[slice.axis - 1];
    g->dx[0] = grad_node(g, &op_slice, 1, &g->dy, ATTRS_AT(SliceAttrs, &slice));
}

static int concat_along(const Node *n, int operand, int axis) {
    (void)operand;
    return axis == ATTRS(n, AxisAttrs)->axis - 1 ? ALONG_ALL : axis;
}

static int slice_along(const Node *n, int operand, int axis) {
    (void)operand;
    return axis == ATTRS(n, SliceAttrs)->axis - 1 ? ALONG_ALL : axis;
}

static const AttrSpec concat_attrs[] = {MEMBER(AxisAttrs, axis, "axis", 1, MAX_RANK, 1)};
static const AttrSpec slice_attrs[] = {MEMBER(SliceAttrs, offset, "offset", 0, MAX_DIM, 0),
                                       MEMBER(SliceAttrs, count, "count", 1, MAX_DIM, 1),
                                       MEMBER(SliceAttrs, axis, "axis", 1, MAX_RANK, 1),
                                       MEMBER(SliceAttrs, step, "step", -MAX_DIM, MAX_DIM, 1)};
static const AttrSpec pad_attrs[] = {MEMBER(SliceAttrs, offset, "offset", 0, MAX_DIM, 0),
                                     MEMBER(SliceAttrs, size, "size", 1, MAX_DIM, 1),
                                     MEMBER(SliceAttrs, axis, "axis", 1, MAX_RANK, 1),
                                     MEMBER(SliceAttrs, step, "step", -MAX_DIM, MAX_DIM, 1),
                                     MEMBER(SliceAttrs, value, "value", -3.4e38, 3.4e38, 0)};
static const OpSample concat_samples[] = {{.inputs = "S(5) S(37)"},
                                          {.inputs = "S(3,4,5) S(18,4,5) S(1,4,5)"},
                                          {.inputs = "S(84) S(84)"},
                                          {.inputs = "S(3,4,5) S(3,2,5)", WITH(2)},
                                          {.inputs = "S(18,4,2) S(18,4,1)", WITH(3)},
                                          {.inputs = "S(4,7) S(2,7)", WITH(1)},
                                          {.inputs = "S(4,7) S(4,18)", WITH(2)},
                                          {.inputs = "S(2,3,4,5) S(2,3,4,5)", WITH(2)},
                                          {.inputs = "S(3,2,1,5) S(3,2,18,5)", WITH(3)},
                                          {.inputs = "L9(5,7) L9(5,3)", WITH(2)},
                                          {.inputs = "L9(4) L9(2) L9(20)"}};
static const OpSample slice_samples[] = {
    {.inputs = "S(42)", WITH(5, 37, 1, 1)},     {.inputs = "S(22,4,5)", WITH(3, 18, 1, 1)},
    {.inputs = "S(42)", WITH(1, 20, 1, 2)},     {.inputs = "S(8,4,5)", WITH(1, 3, 1, 3)},
    {.inputs = "S(19,6,3)", WITH(2, 3, 2, 1)},  {.inputs = "S(19,3,7)", WITH(0, 3, 3, 3)},
    {.inputs = "S(9,20)", WITH(1, 4, 1, 2)},    {.inputs = "S(5,35)", WITH(3, 18, 2, 1)},
    {.inputs = "L9(12)", WITH(2, 4, 1, 3)},     {.inputs = "L9(5,7)", WITH(1, 3, 2, 2)},
    {.inputs = "L9(5,7,2)", WITH(1, 3, 2, 2)},  {.inputs = "S(37)", WITH(36, 37, 1, -1)},
    {.inputs = "S(20,4,5)", WITH(9, 5, 1, -2)}, {.inputs = "S(19,6,3)", WITH(2, 3, 3, -1)},
    {.inputs = "S(19,6,3)", WITH(5, 4, 2, 0)},  {.inputs = "S(9,20)", WITH(17, 3, 2, 0)},
    {.inputs = "S(9,20)", WITH(8, 3, 1, -3)},   {.inputs = "L9(5,7)", WITH(6, 7, 2, -1)},
    {.inputs = "S(3,4,2,5)", WITH(3, 2, 2, -2)}};
static const OpSample pad_samples[] = {
    {.inputs = "S(37)", WITH(5, 42, 1, 1)},        {.inputs = "S(18,4,5)", WITH(3, 22, 1, 1)},
    {.inputs = "S(20)", WITH(1, 42, 1, 2)},        {.inputs = "S(3,4,5)", WITH(1, 8, 1, 3)},
    {.inputs = "S(19,3,3)", WITH(2, 6, 2, 1)},     {.inputs = "S(19,3,3)", WITH(0, 7, 3, 3)},
    {.inputs = "S(4,20)", WITH(1, 9, 1, 2)},       {.inputs = "S(5,18)", WITH(3, 35, 2, 1)},
    {.inputs = "S(20)", WITH(2, 23, 1, 1, 0.5)},   {.inputs = "S(18,4,5)", WITH(1, 20, 1, 1, -2)},
    {.inputs = "S(18,4,5)", WITH(3, 5, 2, -1, 3)}, {.inputs = "S(5,18)", WITH(0, 7, 1, 1, 1.25)},
    {.inputs = "S(19,1,3)", WITH(4, 6, 2, 0)},     {.inputs = "L9(5,7)", WITH(2, 11, 2, 1, 8)},
    {.inputs = "S(3,2,2,5)", WITH(1, 4, 3, 2, 1)}};

const Op op_concat = {.name = "concat",
                      .help = "values one after the other along an axis",
                      .min_in = 1,
                      .max_in = -1,
                      HAS_ATTRS(AxisAttrs, concat_attrs),
                      .shape = concat_shape,
                      .gradient = concat_gradient,
                      .along = concat_along,
                      .reference = concat_value,
                      SAMPLES(concat_samples),
                      .function = true,
                      .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
const Op op_slice = {.name = "slice",
                     .help = "places of an axis, each step-th from the offset on",
                     .min_in = 1,
                     .max_in = 1,
                     HAS_ATTRS(SliceAttrs, slice_attrs),
                     .shape = slice_shape,
                     .gradient = slice_gradient,
                     .along = slice_along,
                     .reference = slice_value,
                     SAMPLES(slice_samples),
                     .function = true,
                     .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
const Op op_pad = {.name = "pad",
                   .help = "values at places of an axis, a constant at the others",
                   .min_in = 1,
                   .max_in = 1,
                   HAS_ATTRS(SliceAttrs, pad_attrs),
                   .shape = pad_shape,
                   .gradient = pad_gradient,
                   .along = slice_along,
                   .reference = pad_value,
                   SAMPLES(pad_samples),
                   .function = true,
                   .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_COPIES};
