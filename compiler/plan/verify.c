#include <string.h>

#include "plan.h"

static void verify_kernel(const Entry *e, const Kernel *k) {
    for (int j = 0; j < k->n_operands; j++) {
        const Buffer *b = k->operands[j].buffer;
        if (k->operands[j].written && (b->space == SPACE_FIELD || b->space == SPACE_STATE))
            bug("%s: kernel %s writes %s", e->name, k->name, b->name);
        if (b->space == SPACE_OUTPUT && !k->operands[j].written)
            bug("%s: kernel %s reads an output", e->name, k->name);
        if (b->space != SPACE_SAMPLE) continue;
        if (b->first > k->index || b->last < k->index)
            bug("%s: kernel %s uses %s outside its lifetime", e->name, k->name, b->name);
        bool written = false;
        for (int i = 0; i <= k->index && !written; i++)
            for (int o = 0; o < e->kernels[i]->n_operands; o++)
                written = written || (e->kernels[i]->operands[o].buffer == b &&
                                      e->kernels[i]->operands[o].written &&
                                      (i < k->index || k->operands[j].written));
        if (!written) bug("%s: kernel %s reads %s before it is written", e->name, k->name, b->name);
    }
}

static void verify_places(const Entry *e) {
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *a = e->buffers[i];
        if (a->space != SPACE_SAMPLE || a->first < 0) continue;
        if (a->offset % LANES || a->size % LANES) bug("%s: %s is not aligned", e->name, a->name);
        for (int j = 0; j < i; j++) {
            const Buffer *b = e->buffers[j];
            if (b->space != SPACE_SAMPLE || b->first < 0) continue;
            bool alive = a->first <= b->last && b->first <= a->last;
            if (alive && a->offset < b->offset + b->size && b->offset < a->offset + a->size)
                bug("%s: %s and %s overlap", e->name, a->name, b->name);
        }
    }
}

/* Ranges cover the trained parameters and nothing else. */
static void verify_ranges(const Plan *plan, int phase) {
    const PhasePlan *pp = &plan->phases[phase];
    int64_t covered = 0, trained = 0;
    for (int i = 0; i < pp->n_ranges; i++) covered += pp->ranges[i].count;
    for (int i = 0; i < plan->n_params; i++) {
        const Buffer *b = plan->params[i].value;
        bool in_range = false;
        for (int r = 0; r < pp->n_ranges; r++)
            in_range = in_range || (b->offset < pp->ranges[r].param + pp->ranges[r].count &&
                                    pp->ranges[r].param < b->offset + b->size);
        if (in_range != (pp->gradient_of[i] >= 0))
            bug("phase %d: %s is %s", phase + 1, b->name,
                in_range ? "frozen but updated" : "not updated");
        if (in_range) trained += b->size;
    }
    if (covered != trained)
        bug("phase %d: ranges cover %lld floats of %lld", phase + 1, (long long)covered,
            (long long)trained);
}

void plan_verify(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->n_kernels; j++) {
            if (e->kernels[j]->index != j)
                bug("%s: kernel %s has a wrong index", e->name, e->kernels[j]->name);
            verify_kernel(e, e->kernels[j]);
        }
        verify_places(e);
    }
    for (int i = 0; i < plan->graph->n_phases; i++) verify_ranges(plan, i);
}
