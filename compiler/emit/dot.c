#include "dot.h"

#include "../base/writer.h"
#include "../graph/op.h"

const char *emit_dot(Arena *arena, const Graph *g) {
    Writer *w = writer_new(arena);
    w_open(w, "digraph \"%s\"", g->name);
    w_line(w, "node [shape=box, fontname=\"sans-serif\"];");
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        w_line(w, "n%d [label=\"%s%s%s\\n%s\"%s%s];", i, n->op->name, n->name ? " " : "",
               n->name ? n->name : "", shape_text(arena, n->type.shape),
               n->type.kind == KIND_PARAM ? ", shape=ellipse" : "",
               n->op->backward_only ? ", color=gray" : "");
        for (int j = 0; j < n->n_in; j++) w_line(w, "n%d -> n%d;", n->in[j]->id, i);
    }
    for (int i = 0; i < g->n_phases; i++) {
        w_line(w, "loss%d [label=\"loss of phase %d\", shape=plaintext];", i, i + 1);
        w_line(w, "n%d -> loss%d;", g->phases[i].loss->id, i);
    }
    for (int i = 0; i < g->n_metrics; i++) {
        w_line(w, "m%d [label=\"metric %s\", shape=plaintext];", i, g->metrics[i].name);
        w_line(w, "n%d -> m%d;", g->metrics[i].node->id, i);
    }
    for (int i = 0; i < g->n_predictions; i++) {
        w_line(w, "p%d [label=\"prediction %s\", shape=plaintext];", i, g->predictions[i].name);
        w_line(w, "n%d -> p%d;", g->predictions[i].node->id, i);
    }
    w_close(w);
    return writer_text(w);
}
