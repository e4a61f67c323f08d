/* Flatten, concatenate, and the ops of their gradients. */
#include <string.h>

#include "rules.h"

static bool flatten_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    n->type = type_sample(shape_of(1, (int)shape_count(n->in[0]->type.shape), 0, 0));
    return true;
}

static void copy_value(const Env *env, const Node *n, const double *const *in, double *out) {
    memcpy(out, in[0], sizeof *out * (size_t)all_elements(env, n));
}

static void flatten_gradient(Gradient *g) {
    g->dx[0] = grad_reshape(g, g->dy, g->node->in[0]->type.shape);
}

static bool reshape_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    Shape s = {(int)n->attr[SHAPE_RANK], {0}};
    for (int i = 0; i < s.rank; i++) s.dim[i] = (int)n->attr[SHAPE_DIM0 + i];
    if (shape_count(s) != shape_count(n->in[0]->type.shape))
        return op_error(g, n, 0, "wants as many elements as %s has", shape_text(g->arena, s));
    n->type = type_sample(s);
    return true;
}

static bool concat_shape(Graph *g, Node *n) {
    Shape s = n->in[0]->type.shape;
    int64_t first = 0;
    for (int i = 0; i < n->n_in; i++) {
        if (!want_sample(g, n, i, -1, "(N) or (C, H, W)")) return false;
        Shape x = n->in[i]->type.shape;
        if (x.rank != s.rank || x.rank == 0 ||
            (x.rank > 1 && memcmp(x.dim + 1, s.dim + 1, sizeof(int) * 2) != 0))
            return op_error(g, n, i,
                            "wants operands that differ in the first size only; the first has %s",
                            shape_text(g->arena, s));
        first += x.dim[0];
    }
    if (first > MAX_DIM) return op_error(g, n, -1, "makes more than %d features", MAX_DIM);
    s.dim[0] = (int)first;
    n->type = type_sample(s);
    return true;
}

static void concat_value(const Env *env, const Node *n, const double *const *in, double *out) {
    for (int b = 0; b < env->batch; b++)
        for (int i = 0; i < n->n_in; i++) {
            int64_t each = shape_count(n->in[i]->type.shape);
            memcpy(out, in[i] + b * each, sizeof *out * (size_t)each);
            out += each;
        }
}

static void concat_gradient(Gradient *g) {
    int offset = 0;
    for (int i = 0; i < g->node->n_in; i++) {
        int count = g->node->in[i]->type.shape.dim[0];
        double attr[MAX_ATTRS] = {offset, count};
        if (g->wanted[i]) g->dx[i] = grad_node(g, &op_slice, 1, &g->dy, attr);
        offset += count;
    }
}

static bool slice_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "(N) or (C, H, W)")) return false;
    Shape s = n->in[0]->type.shape;
    if (!s.rank || n->attr[SLICE_OFFSET] + n->attr[SLICE_COUNT] > s.dim[0])
        return op_error(g, n, 0, "wants %g features", n->attr[SLICE_OFFSET] + n->attr[SLICE_COUNT]);
    s.dim[0] = (int)n->attr[SLICE_COUNT];
    n->type = type_sample(s);
    return true;
}

static void slice_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t from = shape_count(n->in[0]->type.shape), to = shape_count(n->type.shape);
    int64_t place = to / n->type.shape.dim[0], offset = (int64_t)n->attr[SLICE_OFFSET] * place;
    for (int b = 0; b < env->batch; b++)
        memcpy(out + b * to, in[0] + b * from + offset, sizeof *out * (size_t)to);
}

static const AttrSpec shape_attrs[] = {{"rank", ATTR_INT, 0, 3, 1, NULL},
                                       {"d0", ATTR_INT, 0, MAX_DIM, 0, NULL},
                                       {"d1", ATTR_INT, 0, MAX_DIM, 0, NULL},
                                       {"d2", ATTR_INT, 0, MAX_DIM, 0, NULL}};
static const AttrSpec slice_attrs[] = {{"offset", ATTR_INT, 0, MAX_DIM, 0, NULL},
                                       {"count", ATTR_INT, 1, MAX_DIM, 1, NULL}};
static const OpSample flatten_samples[] = {
    {.inputs = "S(3,5,4)"}, {.inputs = "S(37)"}, {.inputs = "S(32,2,2)"}};
static const OpSample concat_samples[] = {
    {.inputs = "S(5) S(37)"}, {.inputs = "S(3,4,5) S(18,4,5) S(1,4,5)"}, {.inputs = "S(84) S(84)"}};
static const OpSample reshape_samples[] = {{.inputs = "S(60)", WITH(3, 3, 5, 4)},
                                           {.inputs = "S(3,5,4)", WITH(1, 60)}};
static const OpSample slice_samples[] = {{.inputs = "S(42)", WITH(5, 37)},
                                         {.inputs = "S(22,4,5)", WITH(3, 18)}};

const Op op_flatten = {.name = "flatten",
                       .help = "(C, H, W) as a vector",
                       .min_in = 1,
                       .max_in = 1,
                       .shape = flatten_shape,
                       .gradient = flatten_gradient,
                       .reference = copy_value,
                       SAMPLES(flatten_samples),
                       .layer = true,
                       .traits = TRAIT_MAPS | TRAIT_RENAMES};
const Op op_reshape = {.name = "reshape",
                       .help = "the same elements in another shape",
                       .min_in = 1,
                       .max_in = 1,
                       .attrs = shape_attrs,
                       .n_attrs = COUNT_OF(shape_attrs),
                       .shape = reshape_shape,
                       .reference = copy_value,
                       SAMPLES(reshape_samples),
                       .backward_only = true,
                       .traits = TRAIT_MAPS | TRAIT_RENAMES};
const Op op_concat = {.name = "concat",
                      .help = "features or channels one after the other",
                      .min_in = 1,
                      .max_in = -1,
                      .shape = concat_shape,
                      .gradient = concat_gradient,
                      .reference = concat_value,
                      SAMPLES(concat_samples),
                      .function = true,
                      .traits = TRAIT_MAPS};
const Op op_slice = {.name = "slice",
                     .help = "some features or channels",
                     .min_in = 1,
                     .max_in = 1,
                     .attrs = slice_attrs,
                     .n_attrs = COUNT_OF(slice_attrs),
                     .shape = slice_shape,
                     .reference = slice_value,
                     SAMPLES(slice_samples),
                     .backward_only = true,
                     .traits = TRAIT_MAPS};
