/* Makes true: no batch norm by running statistics follows a convolution or a linear layer that
 * nothing else uses. How: with a = weight / sqrt(variance + eps) the layer has the weight w a and
 * the bias (bias - mean) a + bias of the norm, in place of its own. A reshape between the two, as
 * of signals, stays. Leaves to others: how the folded weights are made when parameters were set. */
#include "fold.h"

#include "../ops/ops.h"

enum { X, MEAN, VARIANCE, WEIGHT, BIAS };

static void count_use(void *context, Node **root) {
    int *uses = context;
    uses[(*root)->id]++;
}

/* The layer whose outputs are the channels of the norm, which alone uses them, or NULL. */
static Node *layer_before(const Node *norm, const int *uses) {
    Node *y = norm->in[X];
    if (y->op == &op_reshape && uses[y->id] == 1 &&
        y->in[0]->type.shape.dim[0] == y->type.shape.dim[0])
        y = y->in[0];
    const bool vector = y->type.shape.rank == 1;
    const bool folds = y->op == &op_conv2d || (y->op == &op_linear && vector);
    return folds && uses[y->id] == 1 ? y : NULL;
}

static Node *folded(Graph *g, const Node *norm, const Node *layer) {
    const char *name = arena_printf(g->arena, "%s.%s", layer->name, norm->name);
    Node *of_weight[] = {layer->in[1], norm->in[VARIANCE], norm->in[WEIGHT]};
    Node *of_bias[] = {norm->in[MEAN], norm->in[VARIANCE], norm->in[WEIGHT], norm->in[BIAS],
                       layer->n_in > 2 ? layer->in[2] : NULL};
    Node *in[] = {layer->in[0],
                  graph_add(g, &op_folded_weight, norm->loc,
                            arena_printf(g->arena, "%s.weight", name), 3, of_weight, &norm->attrs),
                  graph_add(g, &op_folded_bias, norm->loc, arena_printf(g->arena, "%s.bias", name),
                            of_bias[4] ? 5 : 4, of_bias, &norm->attrs)};
    Node *y = graph_add(g, layer->op, layer->loc, layer->name, 3, in, &layer->attrs);
    Node *between = norm->in[X];
    if (between == layer) return y;
    return graph_add(g, between->op, between->loc, between->name, 1, &y, &between->attrs);
}

void fold(Graph *g) {
    const int n = g->n_nodes;
    int *uses = ARENA_ARRAY(g->arena, int, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < g->nodes[i]->n_in; j++) uses[g->nodes[i]->in[j]->id]++;
    graph_each_root(g, count_use, uses);
    Node **replacement = ARENA_ARRAY(g->arena, Node *, 5 * n);
    bool any = false;
    for (int i = 0; i < n; i++) {
        const Node *norm = g->nodes[i];
        if (norm->op != &op_batch_norm || norm->in[MEAN]->op != &op_state) continue;
        const Node *layer = layer_before(norm, uses);
        if (!layer) continue;
        replacement[i] = folded(g, norm, layer);
        any = true;
    }
    if (any) graph_rewrite(g, replacement);
}
