/* Another order of axes. */
#include "rules.h"

int permuted_axis(const Node *n, int axis) {
    return ATTRS(n, PermuteAttrs)->axis[axis] - 1;
}

static bool permute_shape(Graph *g, Node *n) {
    if (!want_values(g, n, 0)) return false;
    const Shape x = n->in[0]->type.shape;
    Shape s = {.rank = x.rank};
    unsigned seen = 0;
    for (int i = 0; i < MAX_RANK; i++) {
        const int axis = permuted_axis(n, i);
        if (i < x.rank ? axis < 0 || axis >= x.rank || seen >> axis & 1 : axis >= 0)
            return op_error(g, n, 0, "wants each of the axes 1 to %d once", x.rank);
        if (i >= x.rank) continue;
        seen |= 1u << axis;
        s.dim[i] = x.dim[axis];
    }
    n->type = type_moved(n->in[0], s);
    return true;
}

static void permute_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->type.shape, x = n->in[0]->type.shape;
    const int64_t each = shape_count(s);
    for (int64_t k = 0; k < env->batch * each; k++) {
        int64_t rest = k % each, from = 0;
        for (int i = s.rank - 1; i >= 0; i--) {
            from += rest % s.dim[i] * shape_inner(x, permuted_axis(n, i));
            rest /= s.dim[i];
        }
        out[k] = in[0][k / each * each + from];
    }
}

static int permute_along(const Node *n, int operand, int axis) {
    (void)operand;
    return permuted_axis(n, axis);
}

static void permute_gradient(Gradient *g) {
    PermuteAttrs back = {{0}};
    for (int i = 0; i < g->node->type.shape.rank; i++) back.axis[permuted_axis(g->node, i)] = i + 1;
    g->dx[0] = grad_node(g, &op_permute, 1, &g->dy, ATTRS_AT(PermuteAttrs, &back));
}

static const AttrSpec permute_attrs[] = {MEMBER(PermuteAttrs, axis[0], "a1", 0, MAX_RANK, 0),
                                         MEMBER(PermuteAttrs, axis[1], "a2", 0, MAX_RANK, 0),
                                         MEMBER(PermuteAttrs, axis[2], "a3", 0, MAX_RANK, 0),
                                         MEMBER(PermuteAttrs, axis[3], "a4", 0, MAX_RANK, 0)};
static const OpSample permute_samples[] = {
    {.inputs = "S(7,20)", WITH(2, 1)},           {.inputs = "S(32,16)", WITH(2, 1)},
    {.inputs = "S(3,5,20)", WITH(3, 1, 2)},      {.inputs = "S(3,5,20)", WITH(2, 3, 1)},
    {.inputs = "S(18,4,5)", WITH(1, 3, 2)},      {.inputs = "S(18,4,5)", WITH(2, 1, 3)},
    {.inputs = "S(5,4,18)", WITH(3, 2, 1)},      {.inputs = "S(3,2,4,5)", WITH(1, 3, 2, 4)},
    {.inputs = "S(2,3,4,17)", WITH(4, 2, 3, 1)}, {.inputs = "L9(5,7)", WITH(2, 1)},
    {.inputs = "L9(2,3,4)", WITH(3, 1, 2)}};

const Op op_permute = {.name = "permute",
                       .help = "the axes in another order",
                       .min_in = 1,
                       .max_in = 1,
                       HAS_ATTRS(PermuteAttrs, permute_attrs),
                       .shape = permute_shape,
                       .gradient = permute_gradient,
                       .along = permute_along,
                       .reference = permute_value,
                       SAMPLES(permute_samples),
                       .function = true,
                       .traits = TRAIT_MAPS | TRAIT_COPIES};
