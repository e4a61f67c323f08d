/* The invariants of graph.h. The first one that fails ends the program: a mistake of nngen's. */
#include <string.h>

#include "op.h"

static void verify_node(Graph *g, int i) {
    Node *n = g->nodes[i];
    if (n->id != i) node_bug(n, "is at place %d", i);
    if (n->type.kind == KIND_ERROR) node_bug(n, "is an error node");
    for (int j = 0; j < n->n_in; j++)
        if (n->in[j]->id >= i || g->nodes[n->in[j]->id] != n->in[j])
            node_bug(n, "operand %d does not precede it", j);
    if (n->n_in < n->op->min_in || (n->op->max_in >= 0 && n->n_in > n->op->max_in))
        node_bug(n, "has %d operands", n->n_in);
    if (n->op->attrs_type != n->attrs.type) node_bug(n, "has the attributes of another op");
    for (int j = 0; j < n->op->n_attrs; j++) {
        const AttrSpec *spec = &n->op->attrs[j];
        const double value = attr_get(n->op, j, n->attrs.values);
        if (!(value >= spec->low && value <= spec->high))
            node_bug(n, "attribute %s is out of range", spec->name);
    }
    Node copy = *n;
    copy.type = (Type){0};
    if (!graph_type(g, &copy)) node_bug(n, "its operands do not fit");
    if (copy.type.kind != n->type.kind || !shape_equal(copy.type.shape, n->type.shape) ||
        copy.type.classes != n->type.classes || copy.type.parts != n->type.parts)
        node_bug(n, "its type is not what its operands give");
}

static void verify_root(Graph *g, const Node *n, const char *what, bool kind_fits) {
    if (n->id < 0 || n->id >= g->n_nodes || g->nodes[n->id] != n)
        bug("%s is not a node of the graph", what);
    if (!kind_fits) node_bug(n, "%s is of the wrong kind", what);
}

static void verify_assigned(Graph *g, const Phase *p) {
    for (int j = 0; j < p->n_assigned; j++) {
        const Node *state = p->assigned[j].state, *value = p->assigned[j].value;
        verify_root(g, state, "an assigned state", node_is(state, "state"));
        if (j && p->assigned[j - 1].state->id >= state->id)
            bug("assigned state %s is out of order", state->name);
        verify_root(g, value, "a state's next value",
                    value->type.kind == KIND_PARAM && value->n_in > 0);
        if (!shape_equal(value->type.shape, state->type.shape))
            bug("the next value of %s has another shape", state->name);
    }
}

static void verify_phase(Graph *g, const Phase *p) {
    verify_root(g, p->loss, "a loss", p->loss->type.kind == KIND_SCALAR);
    verify_root(g, p->optimizer.lr, "a learning rate", p->optimizer.lr->type.kind == KIND_SCHEDULE);
    for (int j = 0; j < p->n_groups; j++) {
        const Optimizer *o = &p->groups[j];
        verify_root(g, o->lr, "a group's learning rate", o->lr->type.kind == KIND_SCHEDULE);
        if (o->kind != p->optimizer.kind) bug("group %d has another kind of optimizer", j + 1);
    }
    for (int j = 0; j < p->n_frozen; j++)
        verify_root(g, p->frozen[j], "a frozen parameter", node_is_tensor(p->frozen[j]));
    for (int j = 0; j < p->n_trained; j++) {
        const Node *param = p->trained[j].param, *gradient = p->trained[j].gradient;
        verify_root(g, param, "a trained parameter", node_is(param, "param"));
        if (j && p->trained[j - 1].param->id >= param->id)
            bug("trained parameter %s is out of order", param->name);
        for (int k = 0; k < p->n_frozen; k++)
            if (p->frozen[k] == param) bug("%s is frozen and trained", param->name);
        if (p->trained[j].group < 0 || p->trained[j].group > p->n_groups)
            bug("%s is in group %d", param->name, p->trained[j].group);
        if (!gradient) continue;
        verify_root(g, gradient, "a gradient", gradient->type.kind == KIND_PARAM);
        if (!shape_equal(gradient->type.shape, param->type.shape))
            bug("the gradient of %s has another shape", param->name);
    }
    verify_assigned(g, p);
}

/* Members of nn.alternate lie side by side. */
static void verify_turns(const Graph *g) {
    for (int i = 0; i < g->n_phases; i++) {
        const Phase *p = &g->phases[i];
        const int first = i - p->member;
        if (!p->members && (p->member || p->turn)) bug("phase %d takes turns with none", i + 1);
        if (p->members && (p->turn < 1 || p->member < 0 || p->member >= p->members || first < 0 ||
                           first + p->members > g->n_phases))
            bug("phase %d is no member of those that take turns", i + 1);
        for (int j = first; p->members && j < i; j++)
            if (g->phases[j].members != p->members || g->phases[j].member != j - first)
                bug("phases %d and %d take no turns", j + 1, i + 1);
    }
}

static bool is_metric(const Node *n) {
    return n->type.kind == KIND_SCALAR || n->type.kind == KIND_SPLIT;
}

static void verify_order(const Named *list, int n, const char *what) {
    for (int i = 1; i < n; i++)
        if (strcmp(list[i - 1].name, list[i].name) >= 0)
            bug("%s \"%s\" is out of order", what, list[i].name);
}

void graph_verify(Graph *g) {
    for (int i = 0; i < g->n_nodes; i++) verify_node(g, i);
    for (int i = 0; i < g->n_phases; i++) verify_phase(g, &g->phases[i]);
    verify_turns(g);
    for (int i = 0; i < g->n_metrics; i++)
        verify_root(g, g->metrics[i].node, "a metric", is_metric(g->metrics[i].node));
    for (int i = 0; i < g->n_predictions; i++)
        verify_root(g, g->predictions[i].node, "a prediction",
                    g->predictions[i].node->type.kind == KIND_SAMPLE);
    verify_order(g->metrics, g->n_metrics, "metric");
    verify_order(g->predictions, g->n_predictions, "prediction");
}
