/* Tensors of the batch: where the job has them, what makes them between stages, and the states that
 * follow them. Entries without any have no line of it. */
#include "parts.h"

bool emit_has_tensors(const Entry *e) {
    return e->n_tensors > 0 || e->partial_floats > 0;
}

void emit_tensor_members(Writer *w, const Entry *e) {
    if (!emit_has_tensors(e)) return;
    w_line(w, "float *tensors; /* of the batch: [%lld] */", (long long)e->tensor_floats);
    w_line(w, "NnParts parts; /* what chunks leave for them: [chunks][%lld] */",
           (long long)e->partial_floats);
}

void emit_tensor_places(Writer *w, const Entry *e) {
    if (!emit_has_tensors(e)) return;
    w_line(w, "job->tensors = job->rooms + (size_t)job->tasks * job->capacity * %lld;",
           (long long)entry_field_floats(e, NULL));
    w_line(w, "job->parts = (NnParts){job->tensors + %lld, %lld, call->batch};",
           (long long)e->tensor_floats, (long long)e->partial_floats);
}

bool emit_makes_tensors(const Entry *e, int stage) {
    for (int i = 0; i < e->n_tensors; i++)
        if (e->tensors[i].stage == stage) return true;
    return false;
}

static const char *function_name(Arena *arena, const Entry *e, int stage) {
    return stage < 0 ? arena_printf(arena, "%s_tensors", e->name)
                     : arena_printf(arena, "%s_tensors_after_%d", e->name, stage);
}

void emit_tensor_functions(Emission *em, const Entry *e) {
    Writer *w = em->w;
    for (int stage = -1; stage < e->stages; stage++) {
        if (!emit_makes_tensors(e, stage)) continue;
        w_open(w, "static void %s(const struct %s_job *job)", function_name(em->arena, e, stage),
               e->name);
        for (int i = 0; i < e->n_tensors; i++)
            if (e->tensors[i].stage == stage)
                w_line(w, "%s /* %s */", e->tensors[i].text,
                       emit_placed(em->arena,
                                   e->tensors[i].node->name ? e->tensors[i].node->name
                                                            : e->tensors[i].node->op->name,
                                   e->tensors[i].node->loc));
        w_close(w);
    }
    if (!e->n_assignments) return;
    w_open(w, "static void %s_assign(const struct %s_job *job)", e->name, e->name);
    for (int i = 0; i < e->n_assignments; i++) w_line(w, "%s", e->assignments[i]);
    const Phase *phase = &e->graph->phases[0];
    for (int i = 0; i < phase->n_assigned && phase->ema > 0; i++) {
        const Plan *p = em->plan;
        const Buffer *b = p->params[plan_param(p, phase->assigned[i].state->name)].value;
        w_line(w, "NN_COPY(job->state + %lld, job->state + %lld, %lld); /* among the averages */",
               (long long)(p->average_offset + b->offset), (long long)b->offset,
               (long long)b->size * 4);
    }
    w_close(w);
}

void emit_tensor_call(Emission *em, const Entry *e, int stage, const char *job) {
    if (emit_makes_tensors(e, stage))
        w_line(em->w, "%s(%s);", function_name(em->arena, e, stage), job);
}

void emit_assignments(Writer *w, const Entry *e) {
    if (e->n_assignments) w_line(w, "if (update) %s_assign(&job);", e->name);
}
