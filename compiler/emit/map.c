/* Maps of memory for readers: tables of the state and of each entry's work area. */
#include "parts.h"

enum { WIDTH = 34 }; /* of a name's column */

static void row(Writer *w, long long offset, long long floats, const char *name, const char *what) {
    if (*what)
        w_line(w, " * %10lld %10lld  %-*s %s", offset, floats, WIDTH, name, what);
    else
        w_line(w, " * %10lld %10lld  %s", offset, floats, name);
}

/* "phase 2", or "phase 2, member 1". */
static const char *phase_words(const Emission *em, int phase) {
    const Graph *g = em->plan->graph;
    const char *text = arena_printf(em->arena, "phase %d", graph_phase_number(g, phase) + 1);
    if (!g->phases[phase].members) return text;
    return arena_printf(em->arena, "%s, member %d", text, g->phases[phase].member + 1);
}

void emit_state_map(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    w_line(w, "/* The state, in floats: offset, size, what lies there.");
    for (int i = 0; i < p->n_params; i++) {
        const ParamPlace *q = &p->params[i];
        row(w, (long long)q->value->offset, (long long)q->value->size, q->node->name,
            emit_place(em->arena, q->node->loc));
    }
    for (int i = 0; i < p->n_fields; i++) {
        const FieldNormal *n = &p->field_normals[i];
        if (n->moments)
            row(w, (long long)n->offset, (long long)field_normal_floats(n), p->fields[i]->name,
                n->table ? "its means and deviations, doubles, and what bytes become"
                         : "its means and deviations, doubles");
    }
    for (int i = 0; i < p->n_derived; i++) {
        const Derived *d = p->derived[i];
        row(w, (long long)d->value->offset, (long long)d->value->size, d->value->name,
            arena_printf(em->arena, "made of %s by %s", d->param->node->name,
                         d->kind->build ? arena_printf(em->arena, "w_%s", d->name) : "nn_prepare"));
    }
    if (p->average_offset >= 0)
        row(w, (long long)p->average_offset, (long long)p->param_floats, "averages",
            "of parameters, which lie as these do");
    for (int i = 0; i < p->graph->n_phases && !em->info->inference; i++) {
        const PhasePlan *phase = &p->phases[i];
        if (p->graph->phases[i].accumulate > 1)
            row(w, (long long)(phase->moments + phase->slots * phase->gradient_floats),
                (long long)phase->gradient_floats,
                arena_printf(em->arena, "sum of %s", phase_words(em, i)),
                "of the gradients of an update's batches");
        for (int s = 0; s < phase->slots; s++)
            row(w, (long long)(phase->moments + s * phase->gradient_floats),
                (long long)phase->gradient_floats,
                arena_printf(em->arena, "%s of %s", phase->slot_names[s], phase_words(em, i)),
                p->graph->phases[i].members
                    ? "of what it trains, as gradients lie"
                    : "of what it trains, as gradients lie; phases share the place");
    }
    w_line(w, " * %10lld in all */", (long long)p->state_floats);
}

static void write_gradients(Emission *em, const Entry *e) {
    const PhasePlan *phase = &em->plan->phases[e->phase];
    w_line(em->w, " * gradients: rows x %lld, as many rows as NnTree says. In a row:",
           (long long)e->gradient_floats);
    for (int i = 0; i < em->plan->n_params; i++)
        if (phase->gradient_of[i] >= 0)
            row(em->w, (long long)phase->gradient_of[i], (long long)em->plan->params[i].value->size,
                arena_printf(em->arena, "d_%s",
                             emit_identifier(em->arena, em->plan->params[i].node->name)),
                "");
}

static void write_activations(Emission *em, const Entry *e) {
    const ValueNames names = emit_values(em, e);
    const char *const *kernels = emit_kernel_names(em->arena, e);
    w_line(
        em->w,
        " * areas: %s x capacity samples x %lld, the values of a chunk: offset and size for each "
        "sample, and the",
        e->stages > 1 ? "chunks" : "tasks", (long long)e->sample_floats);
    w_line(em->w, " *   first and the last kernel that works on them");
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *b = e->buffers[i];
        if (!buffer_placed(b)) continue;
        row(em->w, (long long)b->offset, (long long)buffer_room(b), emit_value_name(names, b),
            arena_printf(em->arena, "%d %s .. %d %s", b->first, kernels[b->first], b->last,
                         kernels[b->last]));
    }
}

static void write_space(Arena *arena, Writer *w, const Entry *e, BufferSpace space,
                        ValueNames names) {
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *b = e->buffers[i];
        if (b->space == space)
            row(w, (long long)b->offset, (long long)b->size, emit_value_name(names, b),
                emit_place(arena, b->node->loc));
    }
}

void emit_work_map(Emission *em, const Entry *e) {
    const ValueNames names = emit_values(em, e);
    Writer *w = em->w;
    w_line(w, "/* The work area, in floats, one after the other:");
    w_line(w, " * sums: chunks x %d, %d doubles each, of a chunk's samples",
           round_up(2 * e->n_sums, LANES), e->n_sums);
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *b = e->buffers[i];
        if (b->space == SPACE_SUM)
            w_line(w, " * %10lld             %-*s %s", (long long)b->offset, WIDTH,
                   emit_value_name(names, b), emit_place(em->arena, b->node->loc));
    }
    if (e->kind == ENTRY_TRAIN) write_gradients(em, e);
    write_activations(em, e);
    w_line(w, " * scratch: tasks x %lld, for one kernel at a time", (long long)e->scratch_floats);
    w_line(w,
           " * rooms: tasks x capacity samples x %lld, for fields that are not floats and int32_t "
           "already%s",
           (long long)entry_field_floats(e, NULL), emit_has_tensors(e) ? "" : " */");
    if (!emit_has_tensors(e)) return;
    w_line(w, " * tensors: %lld, of the batch", (long long)e->tensor_floats);
    write_space(em->arena, w, e, SPACE_BATCH, names);
    w_line(w, " * parts: chunks x %lld, of a chunk's samples", (long long)e->partial_floats);
    write_space(em->arena, w, e, SPACE_PARTIAL, names);
    w_line(w, " */");
}
