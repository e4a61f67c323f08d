#include <math.h>
#include <string.h>

#include "op.h"

static void verify_node(Graph *g, int i) {
    Node *n = g->nodes[i];
    if (n->id != i) bug("node %d has id %d", i, n->id);
    if (n->type.kind == KIND_ERROR) bug("node %d (%s) is an error node", i, n->op->name);
    for (int j = 0; j < n->n_in; j++)
        if (n->in[j]->id >= i || g->nodes[n->in[j]->id] != n->in[j])
            bug("node %d (%s): operand %d does not precede it", i, n->op->name, j);
    for (int j = 0; j < n->op->n_attrs; j++)
        if (!(n->attr[j] >= n->op->attrs[j].low && n->attr[j] <= n->op->attrs[j].high))
            bug("node %d (%s): attribute %s is out of range", i, n->op->name, n->op->attrs[j].name);
    Node copy = *n;
    copy.type = (Type){0};
    if (!n->op->shape(g, &copy)) bug("node %d (%s): its operands do not fit", i, n->op->name);
    if (copy.type.kind != n->type.kind || !shape_equal(copy.type.shape, n->type.shape) ||
        copy.type.classes != n->type.classes)
        bug("node %d (%s): its type is not what its operands give", i, n->op->name);
}

static void verify_root(Graph *g, const Node *n, const char *what, bool kind_fits) {
    if (n->id < 0 || n->id >= g->n_nodes || g->nodes[n->id] != n)
        bug("%s is not a node of the graph", what);
    if (!kind_fits) bug("%s (node %d, %s) is of the wrong kind", what, n->id, n->op->name);
}

void graph_verify(Graph *g) {
    for (int i = 0; i < g->n_nodes; i++) verify_node(g, i);
    for (int i = 0; i < g->n_phases; i++) {
        const Phase *p = &g->phases[i];
        verify_root(g, p->loss, "a loss", p->loss->type.kind == KIND_SCALAR);
        verify_root(g, p->optimizer.lr, "a learning rate",
                    p->optimizer.lr->type.kind == KIND_SCHEDULE);
        for (int j = 0; j < p->n_frozen; j++)
            verify_root(g, p->frozen[j], "a frozen parameter",
                        !strcmp(p->frozen[j]->op->name, "param"));
        for (int j = 0; j < p->n_trained; j++) {
            const Node *param = p->trained[j].param, *gradient = p->trained[j].gradient;
            verify_root(g, param, "a trained parameter", !strcmp(param->op->name, "param"));
            if (!gradient) continue;
            verify_root(g, gradient, "a gradient", gradient->type.kind == KIND_PARAM);
            if (!shape_equal(gradient->type.shape, param->type.shape))
                bug("the gradient of %s has another shape", param->name);
            for (int k = 0; k < p->n_frozen; k++)
                if (p->frozen[k] == param) bug("%s is frozen and trained", param->name);
        }
    }
    for (int i = 0; i < g->n_metrics; i++) {
        const Node *m = g->metrics[i].node;
        verify_root(g, m, "a metric",
                    m->type.kind == KIND_SCALAR ||
                        (m->type.kind == KIND_SAMPLE && m->type.shape.rank == 0));
    }
    for (int i = 0; i < g->n_predictions; i++)
        verify_root(g, g->predictions[i].node, "a prediction",
                    g->predictions[i].node->type.kind == KIND_SAMPLE);
}
