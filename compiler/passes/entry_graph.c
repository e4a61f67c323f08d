/* Makes true: every node of the entry's graph is needed by the entry; what is drawn, dropout and
 * augmentation, and statistics of the batch are in training only, running ones elsewhere. How:
 * copies nodes, leaving that out, keeps the entry's roots, drops what they do not reach. Leaves to
 * others: everything else. */
#include "entry_graph.h"

#include "../ops/ops.h"

static Node *mapped(Node **map, const Node *node) {
    return node ? map[node->id] : NULL;
}

Graph *entry_graph(const Graph *graph, EntryKind kind, int phase) {
    Arena *arena = graph->arena;
    Graph *g = graph_new(arena, graph->diag);
    g->name = graph->name;
    g->data = graph->data;
    g->fields = graph->fields;
    g->n_fields = graph->n_fields;
    Node **map = ARENA_ARRAY(arena, Node *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *from = graph->nodes[i];
        const bool still = kind != ENTRY_TRAIN && op_draws_in_training(from->op, &from->attrs);
        if (still && op_is(from->op, TRAIT_RANDOM | TRAIT_MOVES)) {
            map[i] = map[from->in[0]->id];
            continue;
        }
        if (from->op == &op_tracked) {
            map[i] = map[from->in[kind != ENTRY_TRAIN]->id];
            continue;
        }
        Node *node = ARENA_NEW(arena, Node);
        *node = *from;
        node->id = g->n_nodes;
        if (still) { /* attention */
            node->attrs = attrs_copy(arena, node->op, &from->attrs);
            node_set(node, "p", 0);
        }
        node->in = ARENA_ARRAY(arena, Node *, from->n_in);
        for (int j = 0; j < from->n_in; j++) node->in[j] = map[from->in[j]->id];
        ARENA_PUSH(arena, g->nodes, g->n_nodes, g->cap_nodes, node);
        map[i] = node;
    }
    if (kind == ENTRY_TRAIN || kind == ENTRY_EVALUATE) {
        g->n_phases = 1;
        g->phases = ARENA_NEW(arena, Phase);
        Phase *p = g->phases;
        *p = graph->phases[phase];
        p->loss = mapped(map, p->loss);
        p->optimizer.lr = mapped(map, p->optimizer.lr);
        p->groups = ARENA_ARRAY(arena, Optimizer, p->n_groups);
        for (int i = 0; i < p->n_groups; i++) {
            p->groups[i] = graph->phases[phase].groups[i];
            p->groups[i].lr = mapped(map, p->groups[i].lr);
        }
        p->frozen = NULL;
        p->n_frozen = 0;
        Trained *trained = ARENA_ARRAY(arena, Trained, p->n_trained);
        for (int i = 0; i < p->n_trained; i++)
            trained[i] = (Trained){mapped(map, p->trained[i].param),
                                   mapped(map, p->trained[i].gradient), p->trained[i].group};
        p->trained = trained;
        Assigned *assigned = ARENA_ARRAY(arena, Assigned, p->n_assigned);
        for (int i = 0; i < p->n_assigned; i++)
            assigned[i] =
                (Assigned){mapped(map, p->assigned[i].state), mapped(map, p->assigned[i].value)};
        p->assigned = assigned;
        p->members = p->member = p->turn = 0;
        if (kind == ENTRY_EVALUATE) p->n_trained = p->n_assigned = 0;
    }
    if (kind == ENTRY_EVALUATE) {
        g->metrics = ARENA_ARRAY(arena, Named, graph->n_metrics);
        g->n_metrics = graph->n_metrics;
        for (int i = 0; i < g->n_metrics; i++)
            g->metrics[i] = (Named){.name = graph->metrics[i].name,
                                    .node = mapped(map, graph_metric(graph, i, phase))};
    }
    if (kind != ENTRY_TRAIN) {
        g->predictions = ARENA_ARRAY(arena, Named, graph->n_predictions);
        g->n_predictions = graph->n_predictions;
        for (int i = 0; i < g->n_predictions; i++)
            g->predictions[i] = (Named){.name = graph->predictions[i].name,
                                        .node = mapped(map, graph->predictions[i].node)};
    }
    graph_rewrite(g, ARENA_ARRAY(arena, Node *, g->n_nodes));
    return g;
}
