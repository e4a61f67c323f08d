/* Helpers that the rules of several ops share: types, what operands must be, ties. */
#include "rules.h"

#include <math.h>
#include <string.h>

Type type_sample(Shape shape) {
    return (Type){.kind = KIND_SAMPLE, .shape = shape};
}
Type type_moved(const Node *x, Shape shape) {
    return (Type){.kind = KIND_SAMPLE, .shape = shape, .classes = x->type.classes};
}
Type type_param(Shape shape) {
    return (Type){.kind = KIND_PARAM, .shape = shape};
}
Type type_of_kind(Kind kind) {
    return (Type){.kind = kind};
}
Shape shape_of(int rank, int a, int b, int c) {
    return (Shape){rank, {a, b, c, 0}};
}

bool want_sample(Graph *graph, const Node *node, int i, int rank, const char *shape_words) {
    const Type *t = &node->in[i]->type;
    if (t->kind == KIND_SAMPLE && !t->classes && (rank < 0 || t->shape.rank == rank)) return true;
    return op_error(graph, node, i, "wants %s", shape_words);
}

bool want_values(Graph *graph, const Node *node, int i) {
    return node->in[i]->type.kind == KIND_SAMPLE ||
           op_error(graph, node, i, "wants values per sample");
}

bool want_param(Graph *graph, const Node *node, int i, int rank) {
    const Type *t = &node->in[i]->type;
    if (t->kind == KIND_PARAM && t->shape.rank == rank) return true;
    return op_error(graph, node, i, "wants a parameter of %d dimensions", rank);
}

bool want_bias(Graph *graph, const Node *node, int i, int count) {
    if (!want_param(graph, node, i, 1)) return false;
    if (node->in[i]->type.shape.dim[0] == count) return true;
    return op_error(graph, node, i, "wants a bias for each of %d outputs", count);
}

bool want_same(Graph *graph, const Node *node, int i, int j) {
    if (shape_equal(node->in[i]->type.shape, node->in[j]->type.shape)) return true;
    return op_error(graph, node, j, "wants equal shapes, %s on one side",
                    shape_text(graph->arena, node->in[i]->type.shape));
}

bool want_fitting(Graph *graph, const Node *node, int i, int j) {
    if (shape_equal(node->in[i]->type.shape, node->in[j]->type.shape)) return true;
    return op_error(graph, node, j,
                    "wants sizes that are equal from the last axis on, or 1; the other side has %s",
                    shape_text(graph->arena, node->in[i]->type.shape));
}

bool want_upstream(Graph *graph, const Node *node) {
    const Kind kind = node->in[node->n_in - 1]->type.kind;
    if (kind == KIND_SCHEDULE || kind == KIND_SCALAR) return true;
    return op_error(graph, node, node->n_in - 1, "wants a number");
}

bool elementwise_shape(Graph *g, Node *n) {
    for (int i = 0; i < n->n_in; i++)
        if (!want_sample(g, n, i, -1, "real values per sample")) return false;
    if (n->n_in > 1 && !want_same(g, n, 0, 1)) return false;
    n->type = n->in[0]->type;
    return true;
}

void copy_value(const Env *env, const Node *node, const double *const *in, double *out) {
    memcpy(out, in[0], sizeof *out * (size_t)all_elements(env, node));
}

int64_t all_elements(const Env *env, const Node *node) {
    return shape_count(node->type.shape) * (node->type.kind == KIND_SAMPLE ? env->batch : 1);
}

double broadcast(const Node *node, const double *const *in, int i, int64_t k) {
    return kind_is_number(node->in[i]->type.kind) ? in[i][0] : in[i][k];
}

int window_count(int size, int kernel, int stride, int pad, int dilation) {
    int64_t room = size + 2 * (int64_t)pad - (int64_t)dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : (int)(room / stride + 1);
}

double tie_scale(const Env *env, const double *values, int64_t count) {
    double largest = 0;
    if (!env->margin && env->turn <= 0) return 0;
    for (int64_t k = 0; k < count; k++) largest = fmax(largest, fabs(values[k]));
    return largest;
}

bool decision_turns(const Env *env, int64_t sample, int64_t place, double distance, double scale) {
    if (distance == 0 || scale == 0) return false;
    const double margin = fabs(distance) / scale;
    if (env->margin) env->margin[sample] = fmin(env->margin[sample], margin);
    return margin <= env->turn && (env->turned >> (place & 1) & 1);
}
