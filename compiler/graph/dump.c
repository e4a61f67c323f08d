/* The text form of a graph; parse.c reads it back. A line a node:
 *   %12 = conv2d(%3, %1, %2) stride_h=1 ... : sample(32,12,12) "conv1"
 * then a line a phase, trained parameter, metric and prediction. Numbers are hexadecimal floats
 * where decimals would lose bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/writer.h"
#include "interpreter.h"
#include "op.h"

static const char *number(Arena *arena, double v) {
    const char *text = arena_printf(arena, "%.15g", v);
    if (v == floor(v) && fabs(v) < 1e15) return text;
    return strtod(text, NULL) == v ? text : arena_printf(arena, "%a", v);
}

static const char *const kinds[] = {"error", "schedule", "param", "sample", "scalar"};

static const char *type_text(Arena *arena, Type t) {
    const char *text = arena_printf(arena, "%s(", kinds[t.kind]);
    for (int i = 0; i < t.shape.rank; i++)
        text = arena_printf(arena, "%s%s%d", text, i ? "," : "", t.shape.dim[i]);
    return t.classes ? arena_printf(arena, "%s)[%d]", text, t.classes)
                     : arena_printf(arena, "%s)", text);
}

static void dump_node(Writer *w, Arena *a, const Node *n) {
    const char *text = arena_printf(a, "%%%d = %s(", n->id, n->op->name);
    for (int i = 0; i < n->n_in; i++)
        text = arena_printf(a, "%s%s%%%d", text, i ? ", " : "", n->in[i]->id);
    text = arena_printf(a, "%s)", text);
    for (int i = 0; i < n->op->n_attrs; i++)
        text = arena_printf(a, "%s %s=%s", text, n->op->attrs[i].name, number(a, n->attr[i]));
    text = arena_printf(a, "%s : %s", text, type_text(a, n->type));
    w_line(w, n->name ? "%s \"%s\"" : "%s", text, n->name);
}

static const char *const optimizers[] = {"sgd", "adam", "adamw", "rmsprop"};

static void dump_phase(Writer *w, Arena *a, const Phase *p, int index) {
    const Optimizer *o = &p->optimizer;
    w_line(w,
           "phase %d epochs=%d batch=%d shuffle=%d loss=%%%d lr=%%%d optimizer=%s momentum=%s "
           "dampening=%s weight_decay=%s nesterov=%d centered=%d beta1=%s beta2=%s eps=%s alpha=%s",
           index + 1, p->epochs, p->batch, p->shuffle, p->loss->id, o->lr->id, optimizers[o->kind],
           number(a, o->momentum), number(a, o->dampening), number(a, o->weight_decay), o->nesterov,
           o->centered, number(a, o->beta1), number(a, o->beta2), number(a, o->eps),
           number(a, o->alpha));
    for (int i = 0; i < p->n_frozen; i++) w_line(w, "frozen %%%d", p->frozen[i]->id);
    for (int i = 0; i < p->n_trained; i++)
        w_line(w, "trained %%%d gradient=%%%d", p->trained[i].param->id,
               p->trained[i].gradient ? p->trained[i].gradient->id : -1);
}

const char *graph_dump(Arena *arena, const Graph *g) {
    Writer *w = writer_new(arena);
    w_line(w, "model \"%s\"", g->name ? g->name : "");
    if (g->data) w_line(w, "data \"%s\"", g->data);
    for (int i = 0; i < g->n_nodes; i++) dump_node(w, arena, g->nodes[i]);
    for (int i = 0; i < g->n_phases; i++) dump_phase(w, arena, &g->phases[i], i);
    for (int i = 0; i < g->n_metrics; i++)
        w_line(w, "metric \"%s\" %%%d", g->metrics[i].name, g->metrics[i].node->id);
    for (int i = 0; i < g->n_predictions; i++)
        w_line(w, "predict \"%s\" %%%d", g->predictions[i].name, g->predictions[i].node->id);
    return writer_text(w);
}
