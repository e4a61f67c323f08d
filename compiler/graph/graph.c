/* Building a graph, and rewriting it: replacing nodes, dropping dead ones, renumbering. */
#include "graph.h"

#include <math.h>
#include <string.h>

#include "op.h"

enum { MAX_NODES = 100000 };

Graph *graph_new(Arena *arena, Diag *diag) {
    Graph *g = ARENA_NEW(arena, Graph);
    g->arena = arena;
    g->diag = diag;
    return g;
}

static Node *append(Graph *g, const Op *op, Loc loc, const char *name, int n_in, Node *const *in) {
    Node *n = ARENA_NEW(g->arena, Node);
    n->id = g->n_nodes;
    n->op = op;
    n->n_in = n_in;
    n->in = ARENA_ARRAY(g->arena, Node *, n_in);
    if (n_in) memcpy(n->in, in, sizeof *in * (size_t)n_in);
    n->name = name;
    n->loc = loc.file ? loc : (Loc){"", 0};
    if (g->n_nodes == MAX_NODES)
        diag_error(g->diag, n->loc, "the graph has more than %d nodes", MAX_NODES);
    ARENA_PUSH(g->arena, g->nodes, g->n_nodes, g->cap_nodes, n);
    return n;
}

/* An attribute out of its range is the user's mistake. */
static bool attributes_fit(Graph *g, const Node *n) {
    for (int i = 0; i < n->op->n_attrs; i++) {
        const AttrSpec *spec = &n->op->attrs[i];
        const double v = attr_get(n->op, i, n->attrs.values);
        if (!(v >= spec->low && v <= spec->high))
            return op_error(g, n, -1, "%s must be between %g and %g, got %g", spec->name, spec->low,
                            spec->high, v);
    }
    return true;
}

/* Keeps element numbers within an int, whatever the file asks for. */
static bool size_fits(Graph *g, const Node *n) {
    double count = 1;
    for (int i = 0; i < n->type.shape.rank; i++) count *= n->type.shape.dim[i];
    bool sample = n->type.kind == KIND_SAMPLE;
    int most = sample ? MAX_SAMPLE : MAX_PARAM;
    if (count <= most) return true;
    return op_error(g, n, -1, "makes %.10g values%s; at most %d are possible", count,
                    sample ? " a sample" : "", most);
}

static bool arity_fits(Graph *g, const Node *n) {
    int low = n->op->min_in, high = n->op->max_in;
    if (n->n_in >= low && (high < 0 || n->n_in <= high)) return true;
    const char *more = high < 0      ? " or more"
                       : high == low ? ""
                                     : arena_printf(g->arena, " to %d", high);
    return op_error(g, n, -1, "wants %d%s operand%s, got %d", low, more,
                    low == 1 && high == 1 ? "" : "s", n->n_in);
}

bool graph_type(Graph *graph, Node *node) {
    if (!node->op->shape(graph, node)) return false;
    if (node->op->restacks) return true;
    int parts = 0;
    bool shared = false, own = false;
    for (int i = 0; i < node->n_in; i++) {
        const Type *t = &node->in[i]->type;
        if (t->kind != KIND_SAMPLE) continue;
        if (parts && t->parts != parts) return op_error(graph, node, i, "wants equal parts");
        parts = t->parts;
        *(t->once ? &shared : &own) = true;
    }
    if (shared && own)
        return op_error(graph, node, -1, "wants values of one kind, per sample or shared by all");
    if (node->type.kind == KIND_SAMPLE && !node->op->respreads) node->type.once = shared;
    if (parts > 1 && (node->type.kind == KIND_SCALAR || node->type.kind == KIND_SPLIT))
        return op_error(graph, node, -1, "is a mean over the batch, not over parts");
    if (node->type.kind == KIND_SAMPLE) node->type.parts = parts ? parts : 1;
    return true;
}

Node *graph_add(Graph *graph, const Op *op, Loc loc, const char *name, int n_in, Node *const *in,
                const Attrs *attrs) {
    Node *n = append(graph, op, loc, name, n_in, in);
    n->type.kind = KIND_ERROR;
    n->attrs = attrs_copy(graph->arena, op, attrs);
    for (int i = 0; i < n_in; i++)
        if (in[i]->type.kind == KIND_ERROR) return n;
    if (!arity_fits(graph, n) || !attributes_fit(graph, n)) return n;
    Type error = n->type;
    n->type = (Type){0};
    if (!graph_type(graph, n) || !size_fits(graph, n)) n->type = error;
    return n;
}

Node *graph_error_node(Graph *graph, Loc loc) {
    static const Op mistake = {.name = "mistake"};
    Node *n = append(graph, &mistake, loc, NULL, 0, NULL);
    n->type.kind = KIND_ERROR;
    return n;
}

FieldData *graph_field(const Graph *graph, const char *name) {
    for (int i = 0; i < graph->n_fields; i++)
        if (!strcmp(graph->fields[i].name, name)) return &graph->fields[i];
    return NULL;
}

int field_moments(const FieldData *field, Shape shape, int *run) {
    *run = shape.rank == 3 ? shape.dim[1] * shape.dim[2] : 1;
    if (field->bytes || shape.rank == 0) return 1;
    return shape.dim[shape.rank == 3 ? 0 : shape.rank - 1];
}

void graph_zero_row(Graph *g, const char *param, int row) {
    const ZeroRow zero = {param, row};
    ARENA_PUSH(g->arena, g->zero_rows, g->n_zero_rows, g->cap_zero_rows, zero);
}

void graph_tie(Graph *g, const char *name, const char *param) {
    const Tie tie = {name, param};
    ARENA_PUSH(g->arena, g->ties, g->n_ties, g->cap_ties, tie);
}

int graph_phase_number(const Graph *graph, int phase) {
    int number = 0;
    for (int i = 0; i < phase; i++) number += graph->phases[i].member == 0;
    return number - (graph->phases[phase].member > 0);
}

Node *graph_metric(const Graph *graph, int m, int phase) {
    const Named *metric = &graph->metrics[m];
    const Phase *first = &graph->phases[phase] - graph->phases[phase].member;
    return metric->member && metric->member <= first->members ? first[metric->member - 1].loss
                                                              : metric->node;
}

Node **graph_nodes_of(const Graph *graph, const char *op_name, int *count) {
    int n = 0;
    Node **list = ARENA_ARRAY(graph->arena, Node *, graph->n_nodes + 1);
    for (int i = 0; i < graph->n_nodes; i++)
        if (node_is(graph->nodes[i], op_name)) list[n++] = graph->nodes[i];
    *count = n;
    return list;
}

Node **graph_tensors(const Graph *graph, int *count) {
    Node **list = ARENA_ARRAY(graph->arena, Node *, graph->n_nodes + 1);
    *count = 0;
    for (int i = 0; i < graph->n_nodes; i++)
        if (node_is_tensor(graph->nodes[i])) list[(*count)++] = graph->nodes[i];
    return list;
}

void graph_each_root(Graph *g, void (*visit)(void *context, Node **root), void *context) {
    for (int i = 0; i < g->n_phases; i++) {
        Phase *p = &g->phases[i];
        if (p->loss) visit(context, &p->loss);
        if (p->optimizer.lr) visit(context, &p->optimizer.lr);
        for (int j = 0; j < p->n_groups; j++) visit(context, &p->groups[j].lr);
        for (int j = 0; j < p->n_frozen; j++) visit(context, &p->frozen[j]);
        for (int j = 0; j < p->n_trained; j++) {
            visit(context, &p->trained[j].param);
            if (p->trained[j].gradient) visit(context, &p->trained[j].gradient);
        }
        for (int j = 0; j < p->n_assigned; j++) {
            visit(context, &p->assigned[j].state);
            visit(context, &p->assigned[j].value);
        }
    }
    for (int i = 0; i < g->n_metrics; i++) visit(context, &g->metrics[i].node);
    for (int i = 0; i < g->n_predictions; i++) visit(context, &g->predictions[i].node);
}

typedef struct Rewrite {
    Node **replacement;
    Node **order; /* reached nodes, operands first */
    bool *done;
    int n;
} Rewrite;

static Node *stand_in(const Rewrite *r, Node *n) {
    while (r->replacement && r->replacement[n->id] && r->replacement[n->id] != n)
        n = r->replacement[n->id];
    return n;
}

/* Depth is bounded by the longest chain of operands; an explicit stack keeps deep graphs safe. */
static void reach(Rewrite *r, Arena *arena, Node *root) {
    typedef struct Frame {
        Node *node;
        int next;
    } Frame;
    Frame *stack = NULL;
    int n = 0, cap = 0;
    if (r->done[root->id]) return;
    r->done[root->id] = true;
    Frame first = {root, 0};
    ARENA_PUSH(arena, stack, n, cap, first);
    while (n) {
        Frame *f = &stack[n - 1];
        if (f->next == f->node->n_in) {
            r->order[r->n++] = f->node;
            n--;
            continue;
        }
        Node *in = f->node->in[f->next] = stand_in(r, f->node->in[f->next]);
        f->next++;
        if (r->done[in->id]) continue;
        r->done[in->id] = true;
        Frame next = {in, 0};
        ARENA_PUSH(arena, stack, n, cap, next);
    }
}

static void replace_root(void *context, Node **root) {
    *root = stand_in(context, *root);
}

typedef struct Reach {
    Rewrite *r;
    Arena *arena;
} Reach;

static void reach_root(void *context, Node **root) {
    Reach *reached = context;
    reach(reached->r, reached->arena, *root);
}

/* Nodes that are kept stay in the order they had, as far as operands allow: parameters and fields
 * keep their order, which files and tables show. */
void graph_rewrite(Graph *g, Node **replacement) {
    Rewrite r = {replacement, ARENA_ARRAY(g->arena, Node *, g->n_nodes),
                 ARENA_ARRAY(g->arena, bool, g->n_nodes), 0};
    graph_each_root(g, replace_root, &r);
    Reach all = {&r, g->arena};
    graph_each_root(g, reach_root, &all);
    /* Take the nodes in order of id where all operands are placed already; the rest, whose operands
     * are replacements with higher ids, follow in the order of the search. */
    bool *reached = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    bool *placed = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    for (int i = 0; i < r.n; i++) reached[r.order[i]->id] = true;
    Node **nodes = ARENA_ARRAY(g->arena, Node *, r.n);
    int n = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        Node *node = g->nodes[i];
        bool ready = reached[i];
        for (int j = 0; j < node->n_in && ready; j++) ready = placed[node->in[j]->id];
        if (!ready) continue;
        placed[i] = true;
        nodes[n++] = node;
    }
    for (int i = 0; i < r.n; i++)
        if (!placed[r.order[i]->id]) {
            placed[r.order[i]->id] = true;
            nodes[n++] = r.order[i];
        }
    g->nodes = nodes;
    g->n_nodes = g->cap_nodes = n;
    for (int i = 0; i < n; i++) nodes[i]->id = i;
}
