#include "plan.h"

#include <string.h>

#include "../graph/layers.h"
#include "lower.h"

static void find_fields(Plan *plan) {
    static const char *const ops[] = {"input", "label", "target"};
    int n = 0;
    for (int o = 0; o < 3; o++) {
        int count;
        graph_nodes_of(plan->graph, ops[o], &count);
        n += count;
    }
    plan->fields = ARENA_ARRAY(plan->arena, const Node *, n);
    plan->field_predicts = ARENA_ARRAY(plan->arena, bool, n);
    for (int i = 0; i < plan->graph->n_nodes; i++) {
        const Node *node = plan->graph->nodes[i];
        for (int o = 0; o < 3; o++)
            if (!strcmp(node->op->name, ops[o])) plan->fields[plan->n_fields++] = node;
    }
}

/* Samples that a chunk should have: enough that adding up another copy of the gradients costs
 * little beside the work on the samples, never under 24, where tiles run short. 200 comes from the
 * ratio of cache bandwidth to multiply-adds of current cores. */
static int chunk_min(const Plan *plan) {
    double params = 0, flops = 1;
    for (int i = 0; i < plan->graph->n_phases; i++) {
        params += (double)plan->phases[i].gradient_floats;
        flops += (double)plan->phases[i].flops_train;
    }
    double n = 200 * params / flops;
    return n < 24 ? 24 : n > 256 ? 256 : (int)n;
}

Plan *plan_new(Graph *graph) {
    Plan *plan = ARENA_NEW(graph->arena, Plan);
    plan->arena = graph->arena;
    plan->graph = graph;
    find_fields(plan);
    plan_params(plan);
    for (int i = 0; i < graph->n_phases; i++) {
        PhasePlan *p = &plan->phases[i];
        layers_flops(graph, i, &p->flops_forward, &p->flops_train);
        p->update = ARENA_NEW(plan->arena, Kernel);
        p->update->family = &family_update;
        p->update->name = arena_printf(plan->arena, "update_%d", i + 1);
        p->update->optimizer = &graph->phases[i].optimizer;
    }
    plan->chunk_min = chunk_min(plan);
    return plan;
}

Entry *plan_add_entry(Plan *plan, EntryKind kind, int phase, Graph *graph) {
    static const char *const names[] = {"train", "evaluate", "predict"};
    Entry *e = ARENA_NEW(plan->arena, Entry);
    e->kind = kind;
    e->phase = phase;
    e->name = phase < 0 ? names[kind] : arena_printf(plan->arena, "%s_%d", names[kind], phase + 1);
    e->graph = graph;
    ARENA_PUSH(plan->arena, plan->entries, plan->n_entries, plan->cap_entries, e);
    return e;
}

void plan_lower(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) lower_entry(plan, plan->entries[i]);
    plan->moment_offset = plan->state_floats;
    int64_t most = 0;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (e->kind != ENTRY_TRAIN) continue;
        const PhasePlan *p = &plan->phases[e->phase];
        int64_t floats = p->slots * p->gradient_floats;
        if (floats > most) most = floats;
    }
    plan->state_floats += most;
}
