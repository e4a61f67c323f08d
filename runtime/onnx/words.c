#include "words.h"

#include <string.h>

#include "../../compiler/ops/ops.h"

const char *o_refuse(Translation *t, const char *why) {
    if (!t->refused) t->refused = why;
    return "";
}

double o_attribute(const Node *node, const char *name) {
    for (int i = 0; i < node->op->n_attrs; i++)
        if (strcmp(node->op->attrs[i].name, name) == 0)
            return attr_get(node->op, i, node->attrs.values);
    return 0;
}

bool o_has_samples(const Node *node) {
    return node->type.kind == KIND_SAMPLE && !node->type.once;
}

const char *o_node(Translation *t, const char *op, int n, const char *const *in) {
    return builder_node(t->b, op, NULL, n, in);
}

const char *o_one(Translation *t, const char *op, const char *a) {
    return o_node(t, op, 1, (const char *const[]){a});
}

const char *o_two(Translation *t, const char *op, const char *a, const char *b) {
    return o_node(t, op, 2, (const char *const[]){a, b});
}

const char *o_three(Translation *t, const char *op, const char *a, const char *b, const char *c) {
    return o_node(t, op, 3, (const char *const[]){a, b, c});
}

const char *o_scalar(Translation *t, double value) {
    const float rounded = (float)value;
    return builder_floats(t->b, NULL, 0, NULL, &rounded);
}

const char *o_list1(Translation *t, int64_t value) {
    return builder_list(t->b, 1, &value);
}

const char *o_filled(Translation *t, int n, double value) {
    const int64_t dim = n;
    float *values = ARENA_ARRAY(t->b->arena, float, n);
    for (int i = 0; i < n; i++) values[i] = (float)value;
    return builder_floats(t->b, NULL, 1, &dim, values);
}

const char *o_cast(Translation *t, const char *x, int type) {
    const char *y = o_one(t, "Cast", x);
    builder_int(t->b, "to", type);
    return y;
}

const char *o_to_float(Translation *t, const char *x) {
    return o_cast(t, x, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

bool o_is_leaf(const Node *node) {
    return node->op == &op_param || node->op == &op_state || node->op == &op_tensor;
}

static const char *leaf(Translation *t, const Node *node) {
    int64_t dim[MAX_RANK];
    const Shape s = node->type.shape;
    for (int i = 0; i < s.rank; i++) dim[i] = s.dim[i];
    if (node->op != &op_tensor)
        return builder_floats(t->b, node->name, s.rank, dim, t->values(t->arg, node));
    float *values = ARENA_ARRAY(t->b->arena, float, (int)shape_count(s));
    for (int64_t i = 0; i < shape_count(s); i++) values[i] = (float)node->elements[i];
    return builder_floats(t->b, NULL, s.rank, dim, values);
}

const char *o_operand(Translation *t, const Node *node, int i) {
    const Node *x = node->in[i];
    if (!t->names[x->id] && o_is_leaf(x)) t->names[x->id] = leaf(t, x);
    return t->names[x->id];
}

const char *o_number_operand(Translation *t, const Node *node, int i) {
    const char *x = o_operand(t, node, i);
    return node->in[i]->type.classes ? o_to_float(t, x) : x;
}

const char *o_reshape_to(Translation *t, const char *x, bool samples, int n, const int64_t *dim) {
    int64_t sizes[BUILDER_MAX_RANK + 1];
    int rank = 0;
    if (samples) sizes[rank++] = 0;
    for (int i = 0; i < n; i++) sizes[rank++] = dim[i];
    return o_two(t, "Reshape", x, builder_list(t->b, rank, sizes));
}

const char *o_reshape_like(Translation *t, const char *x, const Node *node) {
    int64_t dim[MAX_RANK];
    for (int i = 0; i < node->type.shape.rank; i++) dim[i] = node->type.shape.dim[i];
    return o_reshape_to(t, x, o_has_samples(node), node->type.shape.rank, dim);
}

const char *o_transpose(Translation *t, const char *x, int n, const int64_t *perm) {
    const char *y = o_one(t, "Transpose", x);
    builder_ints(t->b, "perm", n, perm);
    return y;
}

const char *o_turned(Translation *t, const char *x, int rank) {
    int64_t perm[BUILDER_MAX_RANK];
    for (int i = 0; i < rank; i++) perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return o_transpose(t, x, rank, perm);
}

int o_full_rank(const Node *node) {
    return node->type.shape.rank + o_has_samples(node);
}

const char *o_parameter(Translation *t, const Node *node, int rank, const int64_t *dim) {
    return builder_floats(t->b, NULL, rank, dim, t->values(t->arg, node));
}

const char *o_alike(Translation *t, const Node *node) {
    const char *in[4];
    for (int i = 0; i < node->n_in && i < 4; i++) in[i] = o_number_operand(t, node, i);
    return o_node(t, node->op->onnx, node->n_in, in);
}
