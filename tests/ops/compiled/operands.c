/* Leaves and operands for models of samples. */
#include "operands.h"

#include <stdlib.h>

static const char *take_number(const char *text, int *number) {
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || value < 1 || value > MAX_DIM) bug("a size is missing at \"%s\"", text);
    *number = (int)value;
    return end;
}

static const char *take_shape(const char *text, Shape *shape) {
    if (*text++ != '(') bug("( is missing at \"%s\"", text - 1);
    while (*text != ')') {
        if (shape->rank == MAX_RANK) bug("more than %d sizes", MAX_RANK);
        text = take_number(text, &shape->dim[shape->rank++]);
        if (*text == ',') text++;
    }
    return text + 1;
}

static Kind kind_of(char letter) {
    switch (letter) {
    case 'S':
    case 'C':
        return KIND_SAMPLE;
    case 'P':
        return KIND_PARAM;
    case 'X':
        return KIND_SCALAR;
    case 'O':
        return KIND_SPLIT;
    case 'E':
        return KIND_SCHEDULE;
    default:
        bug("unknown operand %c", letter);
    }
}

int operand_types(const OpSample *sample, Type types[MAX_OPERAND_TYPES]) {
    int n = 0;
    for (const char *at = sample->inputs; *at; n++) {
        if (n == MAX_OPERAND_TYPES) bug("too many operands in \"%s\"", sample->inputs);
        types[n] = (Type){.kind = KIND_SAMPLE};
        if (*at == 'L') {
            at = take_number(at + 1, &types[n].classes);
            if (*at == '(') at = take_shape(at, &types[n].shape);
        } else {
            types[n].kind = kind_of(*at);
            types[n].once = *at == 'C';
            at = take_shape(at + 1, &types[n].shape);
            types[n].parts = 1;
            if (*at == '*') at = take_number(at + 1, &types[n].parts);
        }
        while (*at == ' ') at++;
    }
    return n;
}

static Node *leaf(Graph *g, const Op *op, const char *name, const Attrs *attrs) {
    const char *copy = name ? arena_strdup(g->arena, name) : NULL;
    return graph_add(g, op, (Loc){"", 0}, copy, 0, NULL, attrs);
}

Node *field_leaf(Graph *graph, const Op *op, const char *name, Shape shape) {
    return leaf(graph, op, name, ATTRS_WITH(ShapeAttrs, shape_stated(shape)));
}

Node *label_leaf(Graph *graph, const char *name, int classes, Shape shape) {
    return leaf(graph, &op_label, name, ATTRS_WITH(LabelAttrs, classes, shape_stated(shape)));
}

static Node *uniform_leaf(Graph *graph, const char *name, Shape shape, double low, double high) {
    const ParamAttrs attrs = {
        .shape = shape_stated(shape), .init = INIT_UNIFORM, .a = low, .b = high};
    return leaf(graph, &op_param, name, ATTRS_AT(ParamAttrs, &attrs));
}

Node *param_leaf(Graph *graph, const char *name, Shape shape, double bound) {
    return uniform_leaf(graph, name, shape, -bound, bound);
}

Node *positive_leaf(Graph *graph, const char *name, Shape shape) {
    return uniform_leaf(graph, name, shape, 0.5, 1.5);
}

Node *number_leaf(Graph *graph, double value) {
    return leaf(graph, &op_number, NULL, ATTRS_WITH(NumberAttrs, value));
}

Node *unary(Graph *graph, const Op *op, Node *a) {
    return graph_add(graph, op, (Loc){"", 0}, NULL, 1, &a, NULL);
}

Node *binary(Graph *graph, const Op *op, Node *a, Node *b) {
    Node *in[2] = {a, b};
    return graph_add(graph, op, (Loc){"", 0}, NULL, 2, in, NULL);
}
