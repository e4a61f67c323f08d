/* Rows of layers for people, and FLOPs, from the graph alone. */
#include "layers.h"

#include <string.h>

#include "op.h"

int64_t node_flops(const Node *n) {
    return n->op->flops ? n->op->flops(n) * node_parts(n) : 0;
}

static int64_t reached_flops(const Graph *g, bool *reached) {
    int64_t flops = 0;
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        if (!reached[i]) continue;
        flops += node_flops(g->nodes[i]);
        for (int j = 0; j < g->nodes[i]->n_in; j++) reached[g->nodes[i]->in[j]->id] = true;
    }
    return flops;
}

void layers_flops(const Graph *g, int phase, int64_t *forward, int64_t *train) {
    const Phase *p = &g->phases[phase];
    bool *reached = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    reached[p->loss->id] = true;
    *forward = reached_flops(g, reached);
    memset(reached, 0, sizeof *reached * (size_t)g->n_nodes);
    reached[p->loss->id] = true;
    for (int i = 0; i < p->n_trained; i++)
        if (p->trained[i].gradient) reached[p->trained[i].gradient->id] = true;
    *train = reached_flops(g, reached);
}

/* Ops that users write and that have a gradient, or are drawn; decisions have none. */
static bool is_layer(const Node *n) {
    if (op_is(n->op, TRAIT_DRAWN)) return true;
    return n->type.kind == KIND_SAMPLE && n->n_in > 0 && !n->op->backward_only && n->op->gradient;
}

/* Gradients can be made of ops that users have too: dropout, arithmetic. Forward nodes are those
 * that a loss, metric or prediction reaches. */
static void mark(void *context, Node **root) {
    bool *reached = context;
    if ((*root)->type.kind != KIND_PARAM) reached[(*root)->id] = true;
}

/* Rows of the table in the making. */
typedef struct Rows {
    LayerInfo *list;
    int *from; /* per row: the row of its first operand; below 0: an operand without a row */
    int *of;   /* per node: its row */
    int n;
} Rows;

static int operand_row(const Rows *r, const Node *n) {
    if (n->n_in == 0) return -1 - n->id;
    int row = r->of[n->in[0]->id];
    return row >= 0 ? row : -1 - n->in[0]->id;
}

/* A further use of a layer: of the same name; without one, the same op on the same row. */
static int same_layer(const Rows *r, const Node *n) {
    int from = operand_row(r, n);
    for (int i = 0; i < r->n; i++) {
        const LayerInfo *l = &r->list[i];
        if (!n->name && r->from[i] != from) continue;
        if (!strcmp(l->op, n->op->name) &&
            (n->name ? !strcmp(l->name, n->name)
                     : !*l->name && shape_equal(l->shape, n->type.shape)))
            return i;
    }
    return -1;
}

const LayerInfo *graph_layers(const Graph *g, int *count) {
    bool *reached = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    bool *counted = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    graph_each_root((Graph *)(uintptr_t)g, mark, reached);
    reached_flops(g, reached);
    Rows r = {ARENA_ARRAY(g->arena, LayerInfo, g->n_nodes + 1),
              ARENA_ARRAY(g->arena, int, g->n_nodes + 1),
              ARENA_ARRAY(g->arena, int, g->n_nodes + 1), 0};
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *node = g->nodes[i];
        r.of[i] = -1;
        if (!reached[i] || !is_layer(node)) continue;
        int at = same_layer(&r, node);
        if (at < 0) {
            at = r.n++;
            r.list[at] =
                (LayerInfo){node->name ? node->name : "", node->op->name, node->type.shape, 0, 0};
            r.from[at] = operand_row(&r, node);
        }
        r.of[i] = at;
        r.list[at].flops += node_flops(node);
        for (int j = 0; j < node->n_in; j++) {
            const Node *in = node->in[j];
            if (!node_is(in, "param") || counted[in->id]) continue;
            counted[in->id] = true;
            r.list[at].params += shape_count(in->type.shape);
        }
    }
    *count = r.n;
    return r.list;
}
