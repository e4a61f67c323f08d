/* Copies of weights: a function for each and instruction set, and the functions that rebuild them
 * after an update or after parameters were set. */
#include "../loops/loops.h"
#include "parts.h"

/* Condition under which a copy follows an update: that the phase trains its weight. */
static const char *trained(Emission *em, const Derived *d) {
    const Plan *p = em->plan;
    int phases = em->info->inference ? 0 : p->graph->n_phases, n = 0;
    const char *step = emit_takes_turns(em) ? "phase" : "call->phase";
    const char *text = arena_printf(em->arena, "%s < 0", step);
    if (!phases) return NULL;
    const int index = plan_param(p, d->param->node->name);
    for (int i = 0; i < phases; i++) {
        if (p->phases[i].gradient_of[index] < 0) continue;
        text = arena_printf(em->arena, "%s || %s == %d", text, step, i);
        n++;
    }
    return n == phases ? NULL : text;
}

void emit_derived(Emission *em, const Isa *isa) {
    Writer *w = em->w;
    const Plan *p = em->plan;
    for (int i = 0; i < p->n_derived; i++) {
        const Derived *d = p->derived[i];
        if (!d->kind->build) continue;
        const Node *weight = d->param->node;
        w_line(w, "/* %s: %s", emit_placed(em->arena, weight->name, weight->loc), d->kind->name);
        w_line(w, " *     w = %s, t = %s */", weight->name, d->value->name);
        w_line(w, "static __attribute__((noinline)) TARGET");
        w_open(w, "void w_%s%s(const float *restrict w, float *restrict t, int first, int last)",
               d->name, isa->suffix);
        Loops *l = loops_new_derived(em->arena, d, isa);
        d->kind->build(l, d);
        loops_verify(l);
        w_raw(w, loops_text(l));
        w_close(w);
        w_line(w, "%s", "");
    }
    w_line(w,
           "/* Rebuilds the copies of weights that the phase trains, all of them for phase -1. */");
    w_open(w, "static void nn_derive%s(void *arg, int task)", isa->suffix);
    w_line(w, "const NnCall *call = arg;");
    w_line(w, "float *state = call->state;");
    w_line(w, "const int tasks = nn_tasks(call);");
    w_line(w, "(void)state, (void)tasks, (void)task;");
    if (emit_takes_turns(em)) {
        w_line(w, "const int phase = call->phase < 0 ? -1 : %s;", emit_turn(em));
        w_line(w, "(void)phase;");
    }
    if (p->n_derived) w_line(w, "const uint64_t mode = nn_enter();");
    for (int i = 0; i < p->n_derived; i++) {
        const Derived *d = p->derived[i];
        if (!d->kind->build) continue;
        const char *condition = trained(em, d);
        w_line(
            w, "%sw_%s%s(state + %lld, state + %lld, %d * task / tasks, %d * (task + 1) / tasks);",
            condition ? arena_printf(em->arena, "if (%s) ", condition) : "", d->name, isa->suffix,
            (long long)d->param->value->offset, (long long)d->value->offset, d->blocks, d->blocks);
    }
    if (p->n_derived) w_line(w, "nn_leave(mode);");
    w_close(w);
    w_open(w, "static void nn_prepare%s(const NnCall *call)", isa->suffix);
    emit_check(em, "NN_PREPARE");
    for (int i = 0; i < p->n_fields; i++)
        if (p->field_normals[i].moments)
            w_line(w,
                   "nn_set_moments(&nn_fields[%d].normal, (float *)call->state + %lld, "
                   "nn_fields[%d].normal.mean, nn_fields[%d].normal.deviation);",
                   i, (long long)p->field_normals[i].offset, i, i);
    if (p->n_folded) {
        w_line(w, "float *state = call->state;");
        w_line(w, "const uint64_t mode = nn_enter();");
        for (int i = 0; i < p->n_derived; i++)
            if (!p->derived[i]->kind->build) w_line(w, "%s", p->derived[i]->text);
        w_line(w, "nn_leave(mode);");
    }
    w_line(w, "NnCall alone = {.state = call->state, .batch = 1, .threads = 1, .phase = -1};");
    w_line(w, "nn_derive%s(&alone, 0);", isa->suffix);
    w_close(w);
    w_line(w, "%s", "");
}
