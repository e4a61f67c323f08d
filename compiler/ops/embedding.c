/* Embeddings: of each class index a row of a table, num rows of dim values. */
#include <string.h>

#include "rules.h"

static bool want_indices(Graph *g, const Node *n) {
    const Type *t = &n->in[0]->type;
    if (t->kind != KIND_SAMPLE || !t->classes)
        return op_error(g, n, 0, "wants a label, or other class indices per sample");
    return t->shape.rank < MAX_RANK ||
           op_error(g, n, 0, "adds an axis to the %s of its input, and %d are possible",
                    shape_text(g->arena, t->shape), MAX_RANK);
}

static bool embedding_shape(Graph *g, Node *n) {
    if (!want_indices(g, n) || !want_param(g, n, 1, 2)) return false;
    const Shape *w = &n->in[1]->type.shape;
    if (w->dim[0] < n->in[0]->type.classes)
        return op_error(g, n, 0, "has %d rows, its input %d classes", w->dim[0],
                        n->in[0]->type.classes);
    Shape s = n->in[0]->type.shape;
    s.dim[s.rank++] = w->dim[1];
    n->type = type_sample(s);
    return true;
}

static void embedding_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t dim = n->in[1]->type.shape.dim[1], count = all_elements(env, n) / dim;
    for (int64_t i = 0; i < count; i++)
        memcpy(out + i * dim, in[1] + (int64_t)in[0][i] * dim, sizeof *out * (size_t)dim);
}

static int embedding_along(const Node *n, int operand, int axis) {
    return axis < n->in[operand]->type.shape.rank ? axis : ALONG_ALL;
}

static void embedding_gradient(Gradient *g) {
    Node *in[2] = {g->node->in[0], g->dy};
    g->dx[1] = grad_node(g, &op_embedding_grad, 2, in,
                         ATTRS_WITH(EmbeddingAttrs, ATTRS(g->node, EmbeddingAttrs)->padding,
                                    .num = g->node->in[1]->type.shape.dim[0]));
}

static bool grad_shape(Graph *g, Node *n) {
    if (!want_indices(g, n) || !want_sample(g, n, 1, -1, "the gradient of an embedding"))
        return false;
    const Shape dy = n->in[1]->type.shape, t = n->in[0]->type.shape;
    if (dy.rank != t.rank + 1 || shape_count(dy) != shape_count(t) * dy.dim[dy.rank - 1])
        return op_error(g, n, 1, "wants a row for each index");
    n->type = type_param(shape_of(2, ATTRS(n, EmbeddingAttrs)->num, dy.dim[dy.rank - 1], 0));
    return true;
}

static void grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape s = n->type.shape;
    const int64_t dim = s.dim[1], count = env->batch * shape_count(n->in[0]->type.shape);
    memset(out, 0, sizeof *out * (size_t)shape_count(s));
    for (int64_t i = 0; i < count; i++) {
        if (in[0][i] == ATTRS(n, EmbeddingAttrs)->padding) continue;
        double *row = out + (int64_t)in[0][i] * dim;
        for (int64_t k = 0; k < dim; k++) row[k] = partial_sum(env, row[k] + in[1][i * dim + k]);
    }
}

static const AttrSpec attrs[] = {MEMBER(EmbeddingAttrs, padding, "padding", -1, MAX_DIM, -1)};
static const AttrSpec grad_attrs[] = {MEMBER(EmbeddingAttrs, padding, "padding", -1, MAX_DIM, -1),
                                      MEMBER(EmbeddingAttrs, num, "num", 1, MAX_DIM, 1)};
static const OpSample samples[] = {{.inputs = "L7 P(7,16)"},
                                   {.inputs = "L5(9) P(6,37)"},
                                   {.inputs = "L20(33) P(20,48)"},
                                   {.inputs = "L3(2,4) P(3,5)"},
                                   {.inputs = "L2(1) P(2,1)"}};
static const OpSample grad_samples[] = {{.inputs = "L7 S(16)", WITH(-1, 7)},
                                        {.inputs = "L5(9) S(9,37)", WITH(4, 6)},
                                        {.inputs = "L20(33) S(33,48)", WITH(-1, 20)},
                                        {.inputs = "L3(2,4) S(2,4,5)", WITH(0, 3)}};

const Op op_embedding = {.name = "embedding",
                         .help = "of each class index a row of the weight",
                         .min_in = 2,
                         .max_in = 2,
                         HAS_ATTRS(EmbeddingAttrs, attrs),
                         .shape = embedding_shape,
                         .gradient = embedding_gradient,
                         .along = embedding_along,
                         .reference = embedding_value,
                         SAMPLES(samples),
                         .traits = TRAIT_LAST_AXIS,
                         .kernel = "forward",
                         .stops = 1};
const Op op_embedding_grad = {.name = "embedding_grad",
                              .help = "gradient of embedding in its weight: a sum of rows for each "
                                      "class, none for the padding",
                              .min_in = 2,
                              .max_in = 2,
                              HAS_ATTRS(EmbeddingAttrs, grad_attrs),
                              .shape = grad_shape,
                              .reference = grad_value,
                              SAMPLES(grad_samples),
                              .backward_only = true,
                              .traits = TRAIT_PARAM_GRADIENT,
                              .kernel = "weight_grad"};
