/* Nodes that gradient rules make. */
#include "rules.h"

Node *grad_node(Gradient *g, const Op *op, int n_in, Node *const *in, const Attrs *attrs) {
    return graph_add(g->graph, op, g->node->loc, g->node->name, n_in, in, attrs);
}

Node *grad_unary(Gradient *g, const Op *op, Node *a) {
    return grad_node(g, op, 1, &a, NULL);
}

Node *grad_binary(Gradient *g, const Op *op, Node *a, Node *b) {
    Node *in[2] = {a, b};
    return grad_node(g, op, 2, in, NULL);
}

Node *grad_number(Gradient *g, double value) {
    return graph_add(g->graph, &op_number, g->node->loc, NULL, 0, NULL,
                     ATTRS_WITH(NumberAttrs, value));
}
