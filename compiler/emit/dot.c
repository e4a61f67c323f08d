/* Draws the graph in the language of Graphviz. */
#include "dot.h"

#include "../base/writer.h"
#include "../graph/double.h"
#include "../graph/op.h"

/* The roots that users wrote, without gradients. */
static void mark(void *context, Node **root) {
    bool *reached = context;
    if ((*root)->type.kind != KIND_PARAM) reached[(*root)->id] = true;
}

/* Marks the nodes that a loss, learning rate, metric or prediction needs. */
static bool *shown_nodes(Arena *arena, const Graph *g) {
    bool *shown = ARENA_ARRAY(arena, bool, g->n_nodes + 1);
    graph_each_root((Graph *)(uintptr_t)g, mark, shown);
    for (int i = g->n_nodes - 1; i >= 0; i--)
        for (int j = 0; shown[i] && j < g->nodes[i]->n_in; j++)
            shown[g->nodes[i]->in[j]->id] = true;
    return shown;
}

/* Parameters stand in the boxes of their layers: "conv2d conv1\n(32, 12, 12)\n32x1x3x3, 32". */
static const char *label(Arena *arena, const Node *n) {
    if (n->op == op_by_name("number")) return double_text(arena, node_attr(n, "value"));
    const char *text = n->op->name;
    if (n->name) text = arena_printf(arena, "%s %s", text, n->name);
    if (n->type.kind == KIND_SAMPLE && !n->type.classes)
        text = arena_printf(arena, "%s\\n%s", text, shape_text(arena, n->type.shape));
    if (n->type.classes) text = arena_printf(arena, "%s\\n%d classes", text, n->type.classes);
    const char *between = "\\nweights ";
    for (int i = 0; i < n->n_in; i++) {
        if (n->in[i]->op != op_by_name("param")) continue;
        text =
            arena_printf(arena, "%s%s%s", text, between, shape_text(arena, n->in[i]->type.shape));
        between = ", ";
    }
    return text;
}

static void root(Writer *w, const char *what, const char *name, int i, const Node *node) {
    w_line(w, "%s%d [label=\"%s %s\", shape=plaintext];", what, i, what, name);
    w_line(w, "n%d -> %s%d;", node->id, what, i);
}

const char *emit_dot(Arena *arena, const Graph *g) {
    Writer *w = writer_new(arena);
    const bool *shown = shown_nodes(arena, g);
    w_open(w, "digraph \"%s\"", g->name);
    w_line(w, "node [shape=box, fontname=\"sans-serif\"];");
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        if (!shown[i] || n->type.kind == KIND_PARAM) continue;
        w_line(w, "n%d [label=\"%s\"%s];", i, label(arena, n), n->n_in ? "" : ", shape=ellipse");
        for (int j = 0; j < n->n_in; j++)
            if (n->in[j]->type.kind != KIND_PARAM) w_line(w, "n%d -> n%d;", n->in[j]->id, i);
    }
    for (int i = 0; i < g->n_phases; i++) {
        root(w, "loss", arena_printf(arena, "of phase %d", i + 1), i, g->phases[i].loss);
        root(w, "lr", arena_printf(arena, "of phase %d", i + 1), i, g->phases[i].optimizer.lr);
    }
    for (int i = 0; i < g->n_metrics; i++)
        root(w, "metric", g->metrics[i].name, i, g->metrics[i].node);
    for (int i = 0; i < g->n_predictions; i++)
        root(w, "prediction", g->predictions[i].name, i, g->predictions[i].node);
    w_close(w);
    return writer_text(w);
}
