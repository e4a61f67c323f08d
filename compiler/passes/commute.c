/* clang-format off */
/* Makes true: where an activation is followed by a max-pool, backward applies the activation's
 * gradient to the pooled gradient; a ReLU's and a dropout's gradient of the same values are one node
 * that reads the dropped output; a bias gradient sums the pooled gradient.
 * How: rewrites, to a fixed point,
 *   1  act_grad(a, max_pool2d_grad(a, d))  ->  max_pool2d_grad(a, act_grad(max_pool2d(a), d))
 *   2  relu_grad(r, dropout(d))            ->  dropout_grad(dropout(r), d), with the same decisions
 *   3  bias_grad(max_pool2d_grad(a, d))    ->  bias_grad(d)
 * 1 is exact: the gradient is zero except at the winner, whose value is the pooled one. So is 2: the
 * output is positive where ReLU passed and the element was kept.
 * Leaves to others: graph_rewrite drops the nodes that are no longer used. */
/* clang-format on */
#include "commute.h"

#include <string.h>

#include "../ops/ops.h"

static bool is_activation_grad(const Node *n) {
    return op_is(n->op, TRAIT_ACTIVATION_GRADIENT);
}

static Node *find(const Graph *g, const Op *op, const Node *in, const Attrs *attrs) {
    for (int i = 0; i < g->n_nodes; i++) {
        Node *n = g->nodes[i];
        if (n->op == op && n->n_in > 0 && n->in[0] == in && attrs_equal(op, &n->attrs, attrs))
            return n;
    }
    return NULL;
}

static Node *rule(Graph *g, const Node *n) {
    if (is_activation_grad(n) && n->in[1]->op == &op_max_pool2d_grad &&
        n->in[1]->in[0] == n->in[0]) {
        const Node *unpool = n->in[1];
        Node *pool = find(g, &op_max_pool2d, n->in[0], &unpool->attrs);
        if (!pool) return NULL;
        Node *small[2] = {pool, unpool->in[1]};
        Node *d = graph_add(g, n->op, n->loc, n->name, 2, small, &n->attrs);
        Node *big[2] = {unpool->in[0], d};
        return graph_add(g, unpool->op, unpool->loc, unpool->name, 2, big, &unpool->attrs);
    }
    if (n->op == &op_relu_grad && n->in[1]->op == &op_dropout) {
        const Node *mask = n->in[1];
        Node *kept = find(g, &op_dropout, n->in[0], &mask->attrs);
        if (!kept) return NULL;
        Node *in[2] = {kept, mask->in[0]};
        return graph_add(g, &op_dropout_grad, mask->loc, mask->name, 2, in, &mask->attrs);
    }
    if (n->op == &op_bias_grad && n->in[0]->op == &op_max_pool2d_grad)
        return graph_add(g, n->op, n->loc, n->name, 1, &n->in[0]->in[1], &n->attrs);
    return NULL;
}

bool commute(Graph *graph) {
    bool changed = false;
    for (bool again = true; again;) {
        again = false;
        int n = graph->n_nodes;
        Node **replacement = ARENA_ARRAY(graph->arena, Node *, 4 * n + 4);
        for (int i = 0; i < n; i++) {
            Node *by = rule(graph, graph->nodes[i]);
            if (!by) continue;
            replacement[i] = by;
            again = changed = true;
        }
        if (again) graph_rewrite(graph, replacement);
    }
    return changed;
}
