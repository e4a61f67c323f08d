/* Makes true: the plan knows the fields; every entry point has a graph with only what it needs.
 * How: a copy of the graph for each entry.
 * Leaves to others: simplifying the copies, layouts, kernels. */
#include "split.h"

#include <string.h>

#include "entry_graph.h"
#include "next.h"

static void find_fields(Plan *plan) {
    static const char *const ops[] = {"input", "label", "target"};
    static const char *const kinds[] = {"NN_INPUT", "NN_LABEL", "NN_TARGET"};
    int n = 0;
    for (int o = 0; o < 3; o++) {
        int count;
        graph_nodes_of(plan->graph, ops[o], &count);
        n += count;
    }
    plan->fields = ARENA_ARRAY(plan->arena, const Node *, n);
    plan->field_kinds = ARENA_ARRAY(plan->arena, const char *, n);
    plan->field_predicts = ARENA_ARRAY(plan->arena, bool, n);
    for (int i = 0; i < plan->graph->n_nodes; i++) {
        const Node *node = plan->graph->nodes[i];
        for (int o = 0; o < 3; o++)
            if (!strcmp(node->op->name, ops[o])) {
                plan->field_kinds[plan->n_fields] = kinds[o];
                plan->fields[plan->n_fields++] = node;
            }
    }
}

static Plan *plan_new(Graph *graph) {
    Plan *plan = ARENA_NEW(graph->arena, Plan);
    plan->arena = graph->arena;
    plan->graph = graph;
    find_fields(plan);
    return plan;
}

/* Code for more nodes takes minutes and gigabytes. */
enum { MAX_ENTRY_NODES = 20000 };

/* Counts the entry's nodes; false after an error when there are too many. */
static bool add(Plan *plan, EntryKind kind, int phase, int *nodes) {
    Graph *graph = entry_graph(plan->graph, kind, phase);
    int places = 0;
    if (kind == ENTRY_NEXT) graph = next_graph(graph, &places);
    if (!graph) return true;
    plan_add_entry(plan, kind, phase, graph)->places = places;
    for (int i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i]->type.kind != KIND_SCHEDULE) ++*nodes;
    if (*nodes <= MAX_ENTRY_NODES) return true;
    const Node *last = plan->graph->nodes[plan->graph->n_nodes - 1];
    diag_error(
        plan->graph->diag, (Loc){last->loc.file, 0},
        "training, evaluation and prediction of all phases have more than %d nodes, gradients "
        "included: use fewer layers or phases",
        MAX_ENTRY_NODES);
    return false;
}

static void mark_root(void *context, Node **root) {
    bool *needed = context;
    needed[(*root)->id] = true;
}

void split_verify(const Entry *e) {
    Graph *g = e->graph;
    const bool train = e->kind == ENTRY_TRAIN, predict = e->phase < 0;
    if ((g->n_phases == 0) != predict || (g->n_metrics && e->kind != ENTRY_EVALUATE) ||
        (g->n_predictions && train))
        bug("entry %s has roots of another kind", e->name);
    Arena *room = arena_new();
    bool *needed = ARENA_ARRAY(room, bool, g->n_nodes);
    graph_each_root(g, mark_root, needed);
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const Node *node = g->nodes[i];
        if (!needed[i]) node_bug(node, "entry %s does not need it", e->name);
        if (!train && op_draws_in_training(node->op, &node->attrs))
            node_bug(node, "entry %s draws it", e->name);
        for (int j = 0; j < node->n_in; j++) needed[node->in[j]->id] = true;
    }
    arena_free(room);
}

Plan *split(Graph *graph, bool inference) {
    Plan *plan = plan_new(graph);
    int nodes = 0;
    /* Phases that take turns are evaluated together: their losses are metrics. */
    for (int i = 0; i < graph->n_phases && !inference; i++)
        if (!add(plan, ENTRY_TRAIN, i, &nodes) ||
            (graph->phases[i].member == 0 && !add(plan, ENTRY_EVALUATE, i, &nodes)))
            return NULL;
    return add(plan, ENTRY_PREDICT, -1, &nodes) && add(plan, ENTRY_NEXT, -1, &nodes) ? plan : NULL;
}
