/* The invariants of a plan: see plan_verify. */
#include <string.h>

#include "plan.h"

/* Whether a kernel before `end` writes the part of the buffer. */
static bool is_written(const Entry *e, const Buffer *whole, int part, int end) {
    for (int i = 0; i < end; i++)
        for (int o = 0; o < e->kernels[i]->n_operands; o++) {
            const Operand *w = &e->kernels[i]->operands[o];
            if (w->written &&
                (w->buffer == whole || (w->buffer->whole == whole && w->buffer->part == part)))
                return true;
        }
    return false;
}

static void verify_kernel(const Entry *e, const Kernel *k) {
    for (int j = 0; j < k->n_operands; j++) {
        const Operand *o = &k->operands[j];
        const Buffer *b = o->buffer, *whole = b->whole ? b->whole : b;
        if (o->written && (b->space == SPACE_FIELD || b->space == SPACE_STATE))
            bug("%s: kernel %s writes %s", e->name, k->name, b->name);
        if (b->space == SPACE_OUTPUT && !o->written)
            bug("%s: kernel %s reads an output", e->name, k->name);
        if (b->space != SPACE_SAMPLE) continue;
        if (b->whole && (whole->whole || b->part >= whole->parts || b->size != whole->size))
            bug("%s: %s is no part of %s", e->name, b->name, whole->name);
        if (k->parts != (b->whole ? 1 : b->parts))
            bug("%s: kernel %s uses %s of %d parts", e->name, k->name, b->name, b->parts);
        if (whole->first > k->index || whole->last < k->index)
            bug("%s: kernel %s uses %s outside its lifetime", e->name, k->name, b->name);
        for (int part = 0; part < whole->parts; part++)
            if ((!b->whole || b->part == part) &&
                !is_written(e, whole, part, k->index + o->written))
                bug("%s: kernel %s reads %s before it is written", e->name, k->name, b->name);
    }
}

static void verify_places(const Entry *e) {
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *a = e->buffers[i];
        if (!buffer_placed(a)) continue;
        if (a->offset % LANES || a->size % LANES) bug("%s: %s is not aligned", e->name, a->name);
        for (int j = 0; j < i; j++) {
            const Buffer *b = e->buffers[j];
            if (!buffer_placed(b)) continue;
            bool alive = a->first <= b->last && b->first <= a->last;
            if (alive && a->offset < b->offset + buffer_room(b) &&
                b->offset < a->offset + buffer_room(a))
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
