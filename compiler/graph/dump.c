/* The text form of a graph; parse.c reads it back. A line a node:
 *   %12 = conv2d(%3, %1, %2) stride_h=1 ... : sample(32,12,12) "conv1" @"trunk.lua":7
 * (the place in the source only in graph_dump_placed); before them what is said of fields:
 *   normal "image" scale=1 bytes=0 mean=train deviation=2:0.5,0.25
 *   array "y" windows=1 offset=1 "text"
 *   ignored "kind" value=-100
 *   classes "kind" "cat" "dog"
 * after a constant its values, elements %12 1 0x1.8p+0 -inf; after all a line a phase, frozen
 * parameter, trained parameter, assigned state, metric and prediction. */
#include <math.h>
#include <string.h>

#include "../base/writer.h"
#include "double.h"
#include "op.h"
#include "optimizer.h"
#include "text.h"

const char *type_text(Arena *arena, Type t) {
    static const char *const kinds[] = {"error", "schedule", "param", "sample", "scalar", "split"};
    const bool once = t.kind == KIND_SAMPLE && t.once;
    const char *text = arena_printf(arena, "%s(", once ? "once" : kinds[t.kind]);
    for (int i = 0; i < t.shape.rank; i++)
        text = arena_printf(arena, "%s%s%d", text, i ? "," : "", t.shape.dim[i]);
    text = arena_printf(arena, "%s)", text);
    if (t.classes) text = arena_printf(arena, "%s[%d]", text, t.classes);
    return t.parts > 1 ? arena_printf(arena, "%s*%d", text, t.parts) : text;
}

static void dump_node(Writer *w, Arena *a, const Node *n, bool places) {
    w_raw(w, arena_printf(a, "%%%d = %s(", n->id, n->op->name));
    for (int i = 0; i < n->n_in; i++)
        w_raw(w, arena_printf(a, "%s%%%d", i ? ", " : "", n->in[i]->id));
    w_raw(w, ")");
    for (int i = 0; i < n->op->n_attrs; i++)
        w_raw(w, arena_printf(a, " %s=%s", n->op->attrs[i].name,
                              double_text(a, attr_get(n->op, i, n->attrs.values))));
    w_raw(w, arena_printf(a, " : %s", type_text(a, n->type)));
    if (n->name) w_raw(w, arena_printf(a, " \"%s\"", n->name));
    if (places && n->loc.line > 0) {
        /* The base name alone: the text does not depend on the folder of the file. */
        const char *slash = strrchr(n->loc.file, '/'), *file = slash ? slash + 1 : n->loc.file;
        if (!file[strcspn(file, "\"\\\n")])
            w_raw(w, arena_printf(a, " @\"%s\":%d", file, n->loc.line));
    }
    w_raw(w, "\n");
    if (!n->elements) return;
    w_raw(w, arena_printf(a, "elements %%%d", n->id));
    for (int64_t i = 0; i < node_count(n); i++) {
        const double v = n->elements[i];
        w_raw(w, isfinite(v) ? arena_printf(a, " %s", double_text(a, v))
                 : v > 0     ? " inf"
                             : " -inf");
    }
    w_raw(w, "\n");
}

/* Characters that end a line or a string are written as %22. */
static const char *escaped(Arena *a, const char *text) {
    char *out = ARENA_ARRAY(a, char, 3 * strlen(text) + 1), *to = out;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < ' ' || *c == '"' || *c == '%')
            to += snprintf(to, 4, "%%%02x", *c);
        else
            *to++ = (char)*c;
    *to = '\0';
    return out;
}

static const char *per_channel(Arena *a, const PerChannel *p) {
    if (p->measured) return "train";
    Writer *list = writer_new(a);
    w_raw(list, arena_printf(a, "%d:", p->n));
    for (int i = 0; i < p->n; i++)
        w_raw(list, arena_printf(a, "%s%s", i ? "," : "", double_text(a, p->values[i])));
    return writer_text(list);
}

static void dump_field(Writer *w, Arena *a, const FieldData *f) {
    if (f->normalised)
        w_line(w, "normal \"%s\" scale=%s bytes=%d mean=%s deviation=%s", f->name,
               double_text(a, f->scale), f->bytes, per_channel(a, &f->mean),
               per_channel(a, &f->deviation));
    if (f->array || f->windows)
        w_line(w, "array \"%s\" windows=%d offset=%d \"%s\"", f->name, f->windows, f->offset,
               f->array ? f->array : "");
    if (f->ignores) w_line(w, "ignored \"%s\" value=%d", f->name, f->ignored);
    if (!f->n_classes) return;
    w_raw(w, arena_printf(a, "classes \"%s\"", f->name));
    for (int i = 0; i < f->n_classes; i++)
        w_raw(w, arena_printf(a, " \"%s\"", escaped(a, f->classes[i])));
    w_raw(w, "\n");
}

static const char *optimizer_text(Arena *a, const Optimizer *o) {
    const char *text = arena_printf(a, "lr=%%%d optimizer=%s", o->lr->id, o->kind->name);
    for (int i = 0; i < o->kind->n_options; i++)
        text = arena_printf(a, "%s %s=%s", text, o->kind->options[i].name,
                            double_text(a, o->option[i]));
    return text;
}

static void dump_phase(Writer *w, Arena *a, const Phase *p, int index) {
    w_line(w, "phase %d epochs=%d batch=%d shuffle=%d loss=%%%d %s", index + 1, p->epochs, p->batch,
           p->shuffle, p->loss->id, optimizer_text(a, &p->optimizer));
    for (int i = 0; i < p->n_groups; i++) w_line(w, "group %s", optimizer_text(a, &p->groups[i]));
    if (p->accumulate || p->ema != 0)
        w_line(w, "averaged accumulate=%d ema=%s", p->accumulate, double_text(a, p->ema));
    if (p->clip_norm != 0 || p->clip_value != 0)
        w_line(w, "clipped norm=%s value=%s", double_text(a, p->clip_norm),
               double_text(a, p->clip_value));
    if (p->steps || p->eval_every || p->eval_samples || p->drop_last)
        w_line(w, "counted steps=%d eval_every=%d eval_samples=%d drop_last=%d", p->steps,
               p->eval_every, p->eval_samples, p->drop_last);
    if (p->keep_best || p->monitor || p->patience || p->min_delta != 0)
        w_line(w, "judged best=%d patience=%d min_delta=%s monitor=\"%s\"", p->keep_best,
               p->patience, double_text(a, p->min_delta), p->monitor ? p->monitor : "");
    if (p->members)
        w_line(w, "turns steps=%d member=%d members=%d", p->turn, p->member, p->members);
    for (int i = 0; i < p->n_frozen; i++) w_line(w, "frozen %%%d", p->frozen[i]->id);
    for (int i = 0; i < p->n_trained; i++) {
        const Trained *t = &p->trained[i];
        w_line(w, "trained %%%d gradient=%s%s", t->param->id,
               t->gradient ? arena_printf(a, "%%%d", t->gradient->id) : "none",
               t->group ? arena_printf(a, " group=%d", t->group) : "");
    }
    for (int i = 0; i < p->n_assigned; i++)
        w_line(w, "assigned %%%d value=%%%d", p->assigned[i].state->id, p->assigned[i].value->id);
}

static const char *dump(Arena *arena, const Graph *g, bool places) {
    Writer *w = writer_new(arena);
    w_line(w, "model \"%s\"", g->name ? g->name : "");
    if (g->data) w_line(w, "data \"%s\"", g->data);
    for (int i = 0; i < g->n_fields; i++) dump_field(w, arena, &g->fields[i]);
    for (int i = 0; i < g->n_nodes; i++) dump_node(w, arena, g->nodes[i], places);
    for (int i = 0; i < g->n_phases; i++) dump_phase(w, arena, &g->phases[i], i);
    for (int i = 0; i < g->n_metrics; i++)
        w_line(w, "metric \"%s\" %%%d%s", g->metrics[i].name, g->metrics[i].node->id,
               g->metrics[i].member ? arena_printf(arena, " member=%d", g->metrics[i].member) : "");
    for (int i = 0; i < g->n_predictions; i++)
        w_line(w, "predict \"%s\" %%%d", g->predictions[i].name, g->predictions[i].node->id);
    return writer_text(w);
}

const char *graph_dump(Arena *arena, const Graph *graph) {
    return dump(arena, graph, false);
}

const char *graph_dump_placed(Arena *arena, const Graph *graph) {
    return dump(arena, graph, true);
}
