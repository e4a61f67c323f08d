/* Invariants of kernels, their order and their memory: see verify.h. */
#include "verify.h"

#include <string.h>

#include "order.h"

/* bug() about a kernel: with its node, if it has one. */
#define kernel_bug(kernel, format, ...)                                                            \
    do {                                                                                           \
        if ((kernel)->node)                                                                        \
            node_bug((kernel)->node, "kernel %s: " format, (kernel)->name, __VA_ARGS__);           \
        bug("kernel %s: " format, (kernel)->name, __VA_ARGS__);                                    \
    } while (0)

static bool is_gradient(const Node *node) {
    return op_is(node->op, TRAIT_PARAM_GRADIENT);
}

static void verify_computed(const Entry *e) {
    for (int i = 0; i < e->graph->n_nodes; i++) {
        const Node *node = e->graph->nodes[i];
        if (!e->values[i].family) continue;
        int kernels = 0;
        for (int j = 0; j < e->n_kernels; j++)
            kernels +=
                e->kernels[j]->family->role == ROLE_NODE && kernel_computes(e->kernels[j], node);
        /* Equal terms of a gradient have a kernel each. */
        if (is_gradient(node) ? !kernels : kernels != 1)
            node_bug(node, "K1: %d kernels of %s compute it", kernels, e->name);
    }
}

static void verify_operand(const Entry *e, const Kernel *k, const Operand *o) {
    const Buffer *b = o->buffer, *whole = b->whole ? b->whole : b;
    if (o->written &&
        (b->space == SPACE_FIELD || b->space == SPACE_STATE || b->space == SPACE_BATCH))
        kernel_bug(k, "K2: %s: writes %s", e->name, b->name);
    if (b->space == SPACE_OUTPUT && !o->written)
        kernel_bug(k, "K2: %s: reads an output, %s", e->name, b->name);
    if (b->space != SPACE_SAMPLE) return;
    if (b->whole && (whole->whole || b->part >= whole->parts || b->size != whole->size))
        kernel_bug(k, "K3: %s: %s is no part of %s", e->name, b->name, whole->name);
    if (k->parts != (b->whole ? 1 : b->parts))
        kernel_bug(k, "K3: %s: uses %s of %d parts", e->name, b->name, b->parts);
    if (b->element == ELEMENT_FLOAT ? b->size != b->layout.stride : b->size * 4 < b->layout.stride)
        kernel_bug(k, "K4: %s: %s has %lld floats, its layout %d", e->name, b->name,
                   (long long)b->size, b->layout.stride);
}

static int writers(const Entry *e, const Buffer *b) {
    int n = 0;
    for (int i = 0; i < e->n_kernels; i++)
        for (int o = 0; o < e->kernels[i]->n_operands; o++)
            n += e->kernels[i]->operands[o].written && e->kernels[i]->operands[o].buffer == b;
    return n;
}

static void verify_buffers(const Entry *e) {
    int sums = 0;
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *b = e->buffers[i];
        sums += b->space == SPACE_SUM;
        if ((b->space == SPACE_SUM || b->space == SPACE_PARTIAL || b->space == SPACE_OUTPUT) &&
            writers(e, b) != 1)
            bug("K5: %s: %d kernels write %s", e->name, writers(e, b), b->name);
    }
    if (sums != e->n_sums) bug("K5: %s: %d sums of %d", e->name, sums, e->n_sums);
}

static void verify_gradients(const Plan *plan, const Entry *e) {
    if (e->kind != ENTRY_TRAIN) return; /* the graph of predictions has no phase */
    const Phase *phase = &e->graph->phases[0];
    for (int i = 0; i < phase->n_trained; i++) {
        const Node *param = phase->trained[i].param;
        if (!phase->trained[i].gradient) continue;
        const int place = plan_param(plan, param->name);
        const Buffer *b = NULL;
        for (int j = 0; j < e->n_buffers; j++)
            if (e->buffers[j]->space == SPACE_GRADIENT && e->buffers[j]->node == param)
                b = e->buffers[j];
        if (!b || !writers(e, b)) node_bug(param, "K6: %s: no kernel writes its gradient", e->name);
        if (b->offset != plan->phases[e->phase].gradient_of[place] ||
            b->size != plan->params[place].value->size)
            node_bug(param, "K6: %s: its gradient is in the wrong place", e->name);
    }
}

void plan_verify_kernels(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->n_kernels; j++)
            for (int o = 0; o < e->kernels[j]->n_operands; o++)
                verify_operand(e, e->kernels[j], &e->kernels[j]->operands[o]);
        verify_buffers(e);
        if (!e->graph) continue;
        verify_computed(e);
        verify_gradients(plan, e);
    }
}

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

static void verify_flow(const Entry *e, const Kernel *k) {
    for (int j = 0; j < k->n_operands; j++) {
        const Operand *o = &k->operands[j];
        const Buffer *b = o->buffer, *whole = b->whole ? b->whole : b;
        if (b->space != SPACE_SAMPLE) continue;
        for (int part = 0; part < whole->parts; part++)
            if ((!b->whole || b->part == part) &&
                !is_written(e, whole, part, k->index + o->written))
                kernel_bug(k, "O2: %s: reads %s before it is written", e->name, b->name);
    }
    for (int j = 0; j < k->n_args; j++)
        for (int n = 0; n < e->n_numbers; n++)
            if (e->numbers[n].node == k->args[j].node && e->numbers[n].stage >= k->stage)
                kernel_bug(k, "O3: %s: needs the number %s before it is known", e->name,
                           e->numbers[n].name);
}

static void verify_adds(const Entry *e, const Kernel *k) {
    const Buffer *to = kernel_gradient(k);
    if (!to) return;
    bool later = false;
    for (int i = 0; i < k->index; i++) later = later || kernel_gradient(e->kernels[i]) == to;
    if (k->adds != later || k->stage != e->stages - 1)
        kernel_bug(k, "O4: %s: %s %s in stage %d", e->name, k->adds ? "adds to" : "sets", to->name,
                   k->stage);
}

void plan_verify_order(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->n_kernels; j++) {
            const Kernel *k = e->kernels[j];
            if (k->index != j || (j && e->kernels[j - 1]->stage > k->stage))
                kernel_bug(k, "O1: %s: is at place %d, has index %d, stage %d", e->name, j,
                           k->index, k->stage);
            verify_flow(e, k);
            verify_adds(e, k);
        }
    }
}

static void verify_lifetimes(const Entry *e, const Kernel *k) {
    for (int i = 0; i < k->n_operands; i++) {
        const Buffer *b = k->operands[i].buffer, *whole = b->whole ? b->whole : b;
        if (b->space == SPACE_SAMPLE && (whole->first > k->index || whole->last < k->index))
            kernel_bug(k, "P1: %s: uses %s outside its lifetime", e->name, b->name);
    }
    const int64_t scratch = k->family && k->family->scratch ? k->family->scratch(k) : 0;
    if (scratch > e->scratch_floats)
        kernel_bug(k, "P4: %s: needs %lld floats of scratch memory, there are %lld", e->name,
                   (long long)scratch, (long long)e->scratch_floats);
}

static void verify_area(const Entry *e) {
    for (int i = 0; i < e->n_buffers; i++) {
        const Buffer *a = e->buffers[i];
        if (!buffer_placed(a)) continue;
        if (a->offset % LANES || a->size % LANES || a->offset < 0 ||
            a->offset + buffer_room(a) > e->sample_floats)
            bug("P1: %s: %s is not aligned, or outside the area", e->name, a->name);
        for (int j = 0; j < i; j++) {
            const Buffer *b = e->buffers[j];
            if (!buffer_placed(b)) continue;
            bool alive = a->first <= b->last && b->first <= a->last;
            if (alive && a->offset < b->offset + buffer_room(b) &&
                b->offset < a->offset + buffer_room(a))
                bug("P2: %s: %s and %s overlap", e->name, a->name, b->name);
        }
    }
}

static void verify_state(const Plan *plan) {
    int64_t end = plan->param_floats + plan->normal_floats;
    for (int i = 0; i < plan->n_derived; i++) {
        const Buffer *b = plan->derived[i]->value;
        if (!b || b->offset != end || b->size % LANES)
            node_bug(plan->derived[i]->param->node, "P3: its copy %s is in the wrong place",
                     plan->derived[i]->name);
        end += b->size;
    }
    if (plan->average_offset >= 0) {
        if (plan->average_offset != end)
            bug("P3: averages are at %lld", (long long)plan->average_offset);
        end += plan->param_floats;
    }
    if (plan->moment_offset != end) bug("P3: moments are at %lld", (long long)plan->moment_offset);
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (e->kind != ENTRY_TRAIN) continue;
        const PhasePlan *phase = &plan->phases[e->phase], *other = phase - 1;
        if (phase->moments + phase_floats(plan, e->phase) > plan->state_floats)
            bug("P3: %s: its moments do not fit into the state", e->name);
        const int64_t begin = plan->graph->phases[e->phase].member
                                  ? other->moments + phase_floats(plan, e->phase - 1)
                                  : end;
        if (phase->moments != begin) bug("P3: %s: its moments are elsewhere", e->name);
    }
}

void plan_verify_places(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->n_kernels; j++) verify_lifetimes(e, e->kernels[j]);
        verify_area(e);
    }
    verify_state(plan);
}
