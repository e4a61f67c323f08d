/* The table of layers, totals and phases, for --emit=summary and `info`. */
#include "summary.h"

#include <string.h>

#include "../base/writer.h"
#include "../graph/layers.h"
#include "../graph/op.h"
#include "../graph/optimizer.h"

/* 1234567 as "1,234,567". */
static const char *grouped(Arena *arena, int64_t v) {
    const char *tail = "";
    for (; v >= 1000; v /= 1000) tail = arena_printf(arena, ",%03d%s", (int)(v % 1000), tail);
    return arena_printf(arena, "%d%s", (int)v, tail);
}

static int wider(int width, const char *text) {
    int n = (int)strlen(text);
    return n > width ? n : width;
}

/* "1e-3", or that it changes. */
static const char *rate_text(Arena *arena, const Node *lr) {
    return !strcmp(lr->op->name, "number") ? arena_printf(arena, "%g", node_attr(lr, "value"))
                                           : "a schedule";
}

/* What the groups of a phase have that the phase has not, and how much they train. */
static void write_groups(Writer *w, Arena *arena, const Phase *p) {
    for (int i = 0; i < p->n_groups; i++) {
        const Optimizer *o = &p->groups[i];
        const char *options = "";
        int64_t trained = 0;
        for (int j = 0; j < p->n_trained; j++)
            if (p->trained[j].group == i + 1)
                trained += shape_count(p->trained[j].param->type.shape);
        if (o->lr != p->optimizer.lr)
            options = arena_printf(arena, ", lr %s", rate_text(arena, o->lr));
        for (int j = 0; j < o->kind->n_options; j++)
            if (o->option[j] != p->optimizer.option[j])
                options = arena_printf(arena, "%s, %s %g", options, o->kind->options[j].name,
                                       o->option[j]);
        w_line(w, "  group %d: trainable: %s%s", i + 1, grouped(arena, trained), options);
    }
}

/* A line that begins so: what a step of the phase trains, and how. */
static void write_step(Writer *w, const Graph *g, int phase, const char *begin) {
    Arena *arena = g->arena;
    const Phase *p = &g->phases[phase];
    int64_t trained = 0, forward, train;
    for (int j = 0; j < p->n_trained; j++) trained += shape_count(p->trained[j].param->type.shape);
    layers_flops(g, phase, &forward, &train);
    w_line(w, "%s, %s; trainable: %s; FLOPs per sample: %s forward, %s training", begin,
           p->optimizer.kind->name, grouped(arena, trained), grouped(arena, forward),
           grouped(arena, train));
    write_groups(w, arena, p);
    if (p->clip_norm > 0) w_line(w, "  norm of the gradient: at most %g", p->clip_norm);
    if (p->clip_value > 0) w_line(w, "  values of the gradient: at most %g", p->clip_value);
}

const char *emit_summary(Arena *arena, const Graph *g) {
    Writer *w = writer_new(arena);
    int n, n_params;
    const LayerInfo *layers = graph_layers(g, &n);
    int64_t params = 0;
    Node **list = graph_nodes_of(g, "param", &n_params);
    for (int i = 0; i < n_params; i++) params += shape_count(list[i]->type.shape);
    int name_width = 5, shape_width = 6;
    for (int i = 0; i < n; i++) {
        name_width = wider(name_width, layers[i].name);
        shape_width = wider(shape_width, shape_text(arena, layers[i].shape));
    }
    w_line(w, "model %s%s%s", g->name, g->data ? ", data " : "", g->data ? g->data : "");
    w_line(w, "%s", "");
    w_line(w, "%-*s  %-11s  %-*s  %12s  %14s", name_width, "layer", "op", shape_width, "output",
           "parameters", "FLOPs");
    for (int i = 0; i < n; i++)
        w_line(w, "%-*s  %-11s  %-*s  %12s  %14s", name_width, layers[i].name, layers[i].op,
               shape_width, shape_text(arena, layers[i].shape), grouped(arena, layers[i].params),
               grouped(arena, layers[i].flops));
    w_line(w, "%s", "");
    w_line(w, "parameters: %s (%s bytes)", grouped(arena, params), grouped(arena, params * 4));
    for (int i = 0, number = 1; i < g->n_phases; i += phase_members(&g->phases[i]), number++) {
        const Phase *p = &g->phases[i];
        const char *begin =
            arena_printf(arena, "phase %d: %d %s of batch %d", number,
                         p->steps ? p->steps : p->epochs, p->steps ? "steps" : "epochs", p->batch);
        if (p->members) w_line(w, "%s, whose members take turns", begin);
        for (int m = 0; m < phase_members(p); m++) {
            if (p->members)
                begin = arena_printf(arena, "  member %d: %d step%s", m + 1, p[m].turn,
                                     p[m].turn == 1 ? "" : "s");
            write_step(w, g, i + m, begin);
        }
        if (p->accumulate > 1) w_line(w, "  batches of an update: %d", p->accumulate);
        if (p->ema > 0) w_line(w, "  weights: averages that keep %g in a step", p->ema);
    }
    return writer_text(w);
}
