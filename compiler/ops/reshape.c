/* The same elements in another shape: flatten, reshape. */
#include "rules.h"

static bool flatten_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    n->type = type_sample(shape_of(1, (int)shape_count(n->in[0]->type.shape), 0, 0));
    return true;
}

Node *grad_reshape(Gradient *g, Node *x, Shape s) {
    return grad_node(g, &op_reshape, 1, &x, ATTRS_WITH(ShapeAttrs, shape_stated(s)));
}

static void reshape_gradient(Gradient *g) {
    g->dx[0] = grad_reshape(g, g->dy, g->node->in[0]->type.shape);
}

static bool reshape_shape(Graph *g, Node *n) {
    Shape s;
    if (!want_values(g, n, 0) || !stated_shape(g, n, ATTRS(n, ShapeAttrs)->shape, &s)) return false;
    if (shape_count(s) != shape_count(n->in[0]->type.shape))
        return op_error(g, n, 0, "wants as many elements as %s has", shape_text(g->arena, s));
    n->type = type_moved(n->in[0], s);
    return true;
}

/* An axis that the operand has, too, with as many places before it. */
static int reshape_along(const Node *n, int operand, int axis) {
    const Shape x = n->in[operand]->type.shape, s = n->type.shape;
    int64_t before = 1, own = 1;
    for (int i = 0; i < axis; i++) before *= s.dim[i];
    for (int i = 0; i < x.rank; own *= x.dim[i++])
        if (own == before && x.dim[i] == s.dim[axis]) return i;
    return ALONG_ALL;
}

static const AttrSpec shape_attrs[] = {SHAPE_ATTRS(ShapeAttrs, 1)};
static const OpSample flatten_samples[] = {{.inputs = "S(3,5,4)"},
                                           {.inputs = "S(37)"},
                                           {.inputs = "S(32,2,2)"},
                                           {.inputs = "S(7,20)"},
                                           {.inputs = "S()"}};
static const OpSample reshape_samples[] = {
    {.inputs = "S(60)", WITH(3, 3, 5, 4)},    {.inputs = "S(3,5,4)", WITH(1, 60)},
    {.inputs = "S(140)", WITH(2, 7, 20)},     {.inputs = "S(7,20)", WITH(3, 2, 5, 14)},
    {.inputs = "S(18,1,4)", WITH(2, 18, 4)},  {.inputs = "S(18,4)", WITH(3, 18, 4, 1)},
    {.inputs = "S(1,4,18)", WITH(2, 4, 18)},  {.inputs = "S(6,4,5)", WITH(4, 3, 2, 4, 5)},
    {.inputs = "S(3,2,4,5)", WITH(2, 6, 20)}, {.inputs = "S(1)", WITH(0)},
    {.inputs = "L9(12)", WITH(2, 3, 4)},      {.inputs = "L9(5,1)", WITH(1, 5)}};

const Op op_flatten = {.name = "flatten",
                       .help = "(C, H, W) as a vector",
                       .min_in = 1,
                       .max_in = 1,
                       .shape = flatten_shape,
                       .gradient = reshape_gradient,
                       .reference = copy_value,
                       SAMPLES(flatten_samples),
                       .layer = true,
                       .traits = TRAIT_MAPS | TRAIT_RENAMES};
const Op op_reshape = {.name = "reshape",
                       .help = "the same elements in another shape",
                       .min_in = 1,
                       .max_in = 1,
                       HAS_ATTRS(ShapeAttrs, shape_attrs),
                       .shape = reshape_shape,
                       .gradient = reshape_gradient,
                       .along = reshape_along,
                       .reference = copy_value,
                       SAMPLES(reshape_samples),
                       .function = true,
                       .traits = TRAIT_MAPS | TRAIT_RENAMES};
