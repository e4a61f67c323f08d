/* Products of matrices: over the last two axes of each operand, either transposed; axes before them
 * broadcast. */
#include <string.h>

#include "rules.h"

/* Rows and columns of an operand as it takes part. */
static void sides(const Node *n, int i, int *rows, int *columns) {
    const Shape s = n->in[i]->type.shape;
    const bool transposed = ATTRS(n, MatmulAttrs)->transpose[i];
    *rows = s.dim[s.rank - 2 + transposed];
    *columns = s.dim[s.rank - 1 - transposed];
}

/* Size of axis `axis` of a result of rank `rank` on operand `i`, which may lack it. */
static int before(const Node *n, int i, int rank, int axis) {
    const Shape s = n->in[i]->type.shape;
    const int at = axis - (rank - s.rank);
    return at < 0 ? 1 : s.dim[at];
}

static bool matmul_shape(Graph *g, Node *n) {
    for (int i = 0; i < 2; i++) {
        if (n->in[i]->type.shape.rank < 2)
            return op_error(g, n, i, "wants two axes or more, (rows, columns)");
        if (!want_sample(g, n, i, -1, "real values per sample")) return false;
    }
    int rows, columns, inner, terms;
    sides(n, 0, &rows, &terms);
    sides(n, 1, &inner, &columns);
    if (inner != terms)
        return op_error(g, n, 1, "wants %d rows, as the other side has columns; that is %s", terms,
                        shape_text(g->arena, n->in[0]->type.shape));
    Shape s = n->in[n->in[1]->type.shape.rank > n->in[0]->type.shape.rank]->type.shape;
    for (int axis = 0; axis < s.rank - 2; axis++) {
        const int a = before(n, 0, s.rank, axis), b = before(n, 1, s.rank, axis);
        if (a != b && a != 1 && b != 1)
            return op_error(g, n, 1,
                            "wants axes before the last two that are equal or 1; the other "
                            "side has %s",
                            shape_text(g->arena, n->in[0]->type.shape));
        s.dim[axis] = a > b ? a : b;
    }
    s.dim[s.rank - 2] = rows;
    s.dim[s.rank - 1] = columns;
    n->type = type_sample(s);
    return true;
}

int64_t matmul_block(const Node *n, int i, int64_t block) {
    const Shape s = n->type.shape;
    int64_t at = 0, size = 1;
    for (int axis = s.rank - 3; axis >= 0; axis--) {
        const int own = before(n, i, s.rank, axis);
        if (own > 1) at += block % s.dim[axis] * size;
        size *= own;
        block /= s.dim[axis];
    }
    return at;
}

static void matmul_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->type.shape, x[2] = {n->in[0]->type.shape, n->in[1]->type.shape};
    int rows, terms, inner, columns;
    sides(n, 0, &rows, &terms);
    sides(n, 1, &inner, &columns);
    const bool ta = ATTRS(n, MatmulAttrs)->transpose[0], tb = ATTRS(n, MatmulAttrs)->transpose[1];
    const int64_t blocks = shape_count(s) / ((int64_t)rows * columns);
    for (int b = 0; b < env->batch; b++)
        for (int64_t q = 0; q < blocks; q++) {
            const double *a = in[0] + b * shape_count(x[0]) + matmul_block(n, 0, q) * rows * terms;
            const double *w =
                in[1] + b * shape_count(x[1]) + matmul_block(n, 1, q) * terms * columns;
            double *y = out + b * shape_count(s) + q * rows * columns;
            for (int i = 0; i < rows; i++)
                for (int c = 0; c < columns; c++) {
                    double sum = 0;
                    for (int k = 0; k < terms; k++)
                        sum += a[ta ? k * rows + i : i * terms + k] *
                               w[tb ? c * terms + k : k * columns + c];
                    y[i * columns + c] = sum;
                }
        }
}

static Node *product(Gradient *g, Node *a, bool ta, Node *b, bool tb) {
    Node *in[2] = {a, b};
    return grad_node(g, &op_matmul, 2, in, ATTRS_WITH(MatmulAttrs, {ta, tb}));
}

/* The sum over the axes along which operand `i` was spread. */
static Node *gathered(Gradient *g, int i, Node *dx) {
    const Shape s = dx->type.shape;
    int axes = 0;
    for (int axis = 0; axis < s.rank - 2; axis++)
        if (before(g->node, i, s.rank, axis) < s.dim[axis]) axes |= 1 << axis;
    if (axes) dx = grad_node(g, &op_sum, 1, &dx, ATTRS_WITH(ReduceAttrs, .axes = axes));
    const Shape own = g->node->in[i]->type.shape;
    return shape_equal(dx->type.shape, own) ? dx : grad_reshape(g, dx, own);
}

static void matmul_gradient(Gradient *g) {
    Node *a = g->node->in[0], *b = g->node->in[1];
    const bool ta = ATTRS(g->node, MatmulAttrs)->transpose[0],
               tb = ATTRS(g->node, MatmulAttrs)->transpose[1];
    if (g->wanted[0])
        g->dx[0] =
            gathered(g, 0, ta ? product(g, b, tb, g->dy, true) : product(g, g->dy, false, b, !tb));
    if (g->wanted[1])
        g->dx[1] =
            gathered(g, 1, tb ? product(g, g->dy, true, a, ta) : product(g, a, !ta, g->dy, false));
}

static int64_t matmul_flops(const Node *n) {
    int rows, terms;
    sides(n, 0, &rows, &terms);
    return 2 * shape_count(n->type.shape) * terms;
}

static const AttrSpec attrs[] = {MEMBER(MatmulAttrs, transpose[0], "transpose_a", 0, 1, 0),
                                 MEMBER(MatmulAttrs, transpose[1], "transpose_b", 0, 1, 0)};
/* Rows of the first operand alone. */
static int matmul_along(const Node *n, int operand, int axis) {
    const int rank = n->type.shape.rank;
    if (axis != rank - 2) return ALONG_ALL;
    return operand ? ALONG_WHOLE
                   : n->in[0]->type.shape.rank - 2 + (ATTRS(n, MatmulAttrs)->transpose[0]);
}

static const OpSample samples[] = {{.inputs = "S(5,7) S(7,3)"},
                                   {.inputs = "S(7,5) S(7,37)", WITH(1, 0)},
                                   {.inputs = "S(32,16) S(48,16)", WITH(0, 1)},
                                   {.inputs = "S(20,3) S(19,20)", WITH(1, 1)},
                                   {.inputs = "S(3,5,17) S(3,17,18)"},
                                   {.inputs = "S(3,5,17) S(18,17)", WITH(0, 1)},
                                   {.inputs = "S(4,6) S(5,4,1)", WITH(1, 0)},
                                   {.inputs = "S(1,2,3) S(4,3,5)"}};

const Op op_matmul = {.name = "matmul",
                      .help = "product of the matrices that the last two axes are",
                      .min_in = 2,
                      .max_in = 2,
                      HAS_ATTRS(MatmulAttrs, attrs),
                      .shape = matmul_shape,
                      .gradient = matmul_gradient,
                      .along = matmul_along,
                      .reference = matmul_value,
                      .flops = matmul_flops,
                      SAMPLES(samples),
                      .traits = TRAIT_LAST_AXIS | TRAIT_MAPS};
