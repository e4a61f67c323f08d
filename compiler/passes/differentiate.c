/* Makes true: every phase knows the parameters that it trains, and for each the node of the
 * gradient; the states that it assigns, and their next values. How: reverse mode over the nodes
 * between a trained parameter and the loss; gradients of several uses are added in the order of the
 * uses, last first. A state moves once for each use that the loss reaches, in their order. Leaves
 * to others: the nodes that rules built and nothing needed are dropped here, all other
 * simplification is the simplify pass's.
 */
#include "differentiate.h"

#include <string.h>

#include "../ops/ops.h"

/* Per forward node of one phase. */
typedef struct Reverse {
    Graph *g;
    const Phase *phase;
    int n;         /* forward nodes */
    bool *active;  /* depends on a parameter that may be trained */
    bool *reached; /* the loss depends on it */
    Node **dy;     /* gradient of the loss in it, NULL where none arrived yet */
} Reverse;

static bool is_frozen(const Phase *p, const Node *param) {
    for (int i = 0; i < p->n_frozen; i++)
        if (p->frozen[i] == param) return true;
    return false;
}

static bool stops(const Op *op, int operand) {
    return op->stops >> operand & 1;
}

static void mark(Reverse *r) {
    r->reached[r->phase->loss->id] = true;
    for (int i = r->n - 1; i >= 0; i--)
        for (int j = 0; r->reached[i] && j < r->g->nodes[i]->n_in; j++)
            r->reached[r->g->nodes[i]->in[j]->id] = true;
    for (int i = 0; i < r->n; i++) {
        const Node *n = r->g->nodes[i];
        r->active[i] = n->op == &op_param && !is_frozen(r->phase, n);
        for (int j = 0; j < n->n_in; j++)
            r->active[i] = r->active[i] || (!stops(n->op, j) && r->active[n->in[j]->id]);
    }
}

static void push(Reverse *r, Node *to, Node *gradient) {
    Node **at = &r->dy[to->id];
    if (!*at) {
        *at = gradient;
        return;
    }
    Node *in[2] = {*at, gradient};
    *at = graph_add(r->g, &op_add, to->loc, to->name, 2, in, NULL);
}

static bool backward(Reverse *r, Node *n) {
    bool *wanted = ARENA_ARRAY(r->g->arena, bool, n->n_in + 1);
    Node **dx = ARENA_ARRAY(r->g->arena, Node *, n->n_in + 1);
    bool any = false;
    for (int i = 0; i < n->n_in; i++)
        any = (wanted[i] = !stops(n->op, i) && r->active[n->in[i]->id]) || any;
    if (!any) return true;
    if (!n->op->gradient)
        return op_error(
            r->g, n, -1,
            "has no gradient, so a loss cannot depend on it; use it in metrics and predict");
    Gradient g = {r->g, n, n, r->dy[n->id], wanted, dx};
    n->op->gradient(&g);
    for (int i = 0; i < n->n_in; i++)
        if (wanted[i] && dx[i]) push(r, n->in[i], dx[i]);
    return true;
}

/* A node of the loss through which nothing flows to a parameter that may be trained, or NULL. */
static const Node *stopping(const Reverse *r) {
    for (int i = 0; i < r->n; i++) {
        const Node *n = r->g->nodes[i];
        for (int j = 0; r->reached[i] && j < n->n_in; j++)
            if (stops(n->op, j) && (r->active[n->in[j]->id] || n->in[j]->op == &op_argmax))
                return n;
    }
    return NULL;
}

/* Collects the parameters that the phase trains: those with a gradient. */
static bool collect(const Reverse *r, Phase *p) {
    bool has_params = false;
    const Trained *grouped = p->trained;
    const int n_grouped = p->n_trained;
    int next = 0;
    p->trained = ARENA_ARRAY(r->g->arena, Trained, r->n);
    p->n_trained = 0;
    for (int i = 0; i < r->n; i++) {
        Node *n = r->g->nodes[i];
        if (n->op != &op_param || !r->reached[i]) continue;
        has_params = true;
        while (next < n_grouped && grouped[next].param->id < i) next++;
        const int group = next < n_grouped && grouped[next].param == n ? grouped[next].group : 0;
        if (r->dy[i]) p->trained[p->n_trained++] = (Trained){n, r->dy[i], group};
    }
    if (p->n_trained) return true;
    const Node *stop = stopping(r);
    diag_error(r->g->diag, p->loc, "this %s trains nothing: %s",
               p->members ? "member of nn.alternate" : "phase",
               !has_params ? "its loss depends on no parameter"
               : stop      ? arena_printf(r->g->arena, "no gradient flows through %s (line %d)",
                                          node_words(r->g, stop), stop->loc.line)
                           : "every parameter that its loss reaches is frozen");
    return false;
}

/* Moves the state on from the value that the phase has given it so far. */
static void assign(Graph *g, Phase *p, Node *state, const Op *op, Node *batch, const Attrs *attrs) {
    int at = 0;
    while (at < p->n_assigned && p->assigned[at].state->id < state->id) at++;
    if (at == p->n_assigned || p->assigned[at].state != state) {
        for (int i = p->n_assigned++; i > at; i--) p->assigned[i] = p->assigned[i - 1];
        p->assigned[at] = (Assigned){state, state};
    }
    Node *in[2] = {p->assigned[at].value, batch};
    p->assigned[at].value = graph_add(g, op, state->loc, state->name, batch ? 2 : 1, in, attrs);
}

static void assign_states(const Reverse *r, Phase *p) {
    p->assigned = ARENA_ARRAY(r->g->arena, Assigned, r->n);
    p->n_assigned = 0;
    for (int i = 0; i < r->n; i++) {
        const Node *n = r->g->nodes[i];
        if (!r->reached[i] || n->op != &op_tracked) continue;
        assign(r->g, p, n->in[1], &op_blend, n->in[0], &n->attrs);
        if (n->n_in > 2) assign(r->g, p, n->in[2], &op_count, NULL, NULL);
    }
}

/* Whether the phase, and each one that takes turns with it, freezes the tensor. */
static bool stays(const Phase *p, const Node *tensor) {
    const Phase *first = p - p->member;
    for (int i = 0; i < phase_members(p); i++)
        if (!is_frozen(&first[i], tensor)) return false;
    return true;
}

/* Whether a layer of running statistics is frozen: all of its parameters are, or without any the
 * statistics. A layer that another member of nn.alternate trains behaves as in training. */
static bool keeps_running(const Phase *p, const Node *norm) {
    int params = 0, frozen = 0;
    for (int i = 3; i < norm->n_in; i++) {
        params += norm->in[i]->op == &op_param;
        frozen += norm->in[i]->op == &op_param && stays(p, norm->in[i]);
    }
    return params ? frozen == params : stays(p, norm->in[1]->in[1]);
}

/* The loss of a phase in which some layers keep their running statistics: they normalise by these,
 * so the phase has nodes of its own. */
static Node *with_running(Graph *g, const Phase *p) {
    const int n = g->n_nodes;
    bool *reached = ARENA_ARRAY(g->arena, bool, n), any = false;
    Node **map = ARENA_ARRAY(g->arena, Node *, n);
    reached[p->loss->id] = true;
    for (int i = n - 1; i >= 0; i--) {
        const Node *node = g->nodes[i];
        for (int j = 0; reached[i] && j < node->n_in; j++) reached[node->in[j]->id] = true;
        if (!reached[i] || node->op != &op_batch_norm || node->in[1]->op != &op_tracked) continue;
        if (!keeps_running(p, node)) continue;
        any = true;
        for (int j = 1; j < 3; j++) map[node->in[j]->id] = node->in[j]->in[1];
    }
    if (!any) return p->loss;
    for (int i = 0; i < n; i++) {
        Node *node = g->nodes[i];
        if (!reached[i] || map[i]) continue;
        map[i] = node;
        if (!node->n_in) continue;
        Node **in = ARENA_ARRAY(g->arena, Node *, node->n_in);
        for (int j = 0; j < node->n_in; j++) in[j] = map[node->in[j]->id];
        map[i] = graph_add(g, node->op, node->loc, node->name, node->n_in, in, &node->attrs);
    }
    return map[p->loss->id];
}

static bool differentiate_phase(Graph *g, Phase *p, int n_forward) {
    Reverse r = {.g = g, .phase = p, .n = n_forward};
    r.active = ARENA_ARRAY(g->arena, bool, n_forward);
    r.reached = ARENA_ARRAY(g->arena, bool, n_forward);
    r.dy = ARENA_ARRAY(g->arena, Node *, n_forward);
    mark(&r);
    r.dy[p->loss->id] = graph_add(g, &op_number, p->loc, NULL, 0, NULL, ATTRS_WITH(NumberAttrs, 1));
    bool ok = true;
    for (int i = n_forward - 1; i >= 0; i--) {
        Node *n = g->nodes[i];
        if (n->n_in && r.dy[i] && r.reached[i] && r.active[i]) ok = backward(&r, n) && ok;
    }
    assign_states(&r, p);
    return ok && collect(&r, p);
}

bool differentiate(Graph *graph) {
    for (int i = 0; i < graph->n_phases; i++)
        graph->phases[i].loss = with_running(graph, &graph->phases[i]);
    const int n = graph->n_nodes;
    bool ok = true;
    for (int i = 0; i < graph->n_phases; i++)
        ok = differentiate_phase(graph, &graph->phases[i], n) && ok;
    if (ok) graph_rewrite(graph, NULL);
    return ok;
}

void differentiate_verify(const Graph *graph) {
    for (int i = 0; i < graph->n_phases; i++) {
        const Phase *p = &graph->phases[i];
        if (!p->n_trained) bug("phase %d trains nothing", i + 1);
        for (int j = 0; j < p->n_trained; j++)
            if (!p->trained[j].gradient)
                node_bug(p->trained[j].param, "phase %d has no gradient of it", i + 1);
    }
}
