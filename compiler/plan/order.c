#include "order.h"

static int stage_of(const Value *values, const Node *node) {
    int stage = node->type.kind == KIND_SAMPLE || op_is(node->op, TRAIT_LOSS) ? 0 : -1;
    const bool waits =
        node->type.kind == KIND_SAMPLE || op_is(node->op, TRAIT_LOSS | TRAIT_PARAM_GRADIENT);
    for (int i = 0; i < node->n_in; i++) {
        const Kind kind = node->in[i]->type.kind;
        const bool of_batch = kind_is_number(kind) || kind == KIND_PARAM;
        const int after = values[node->in[i]->id].stage + (of_batch && waits);
        if (after > stage) stage = after;
    }
    return stage;
}

void plan_stages(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->graph->n_nodes; j++)
            e->values[j].stage = stage_of(e->values, e->graph->nodes[j]);
    }
}

const Buffer *kernel_gradient(const Kernel *k) {
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].buffer->space == SPACE_GRADIENT) return k->operands[i].buffer;
    return NULL;
}

/* Gradients are made in the last stage, as nothing reads them before the update: a task then needs
 * no gradient of its own for each chunk. */
static void sort_kernels(Entry *e) {
    Kernel **sorted = e->kernels;
    int last = 0;
    for (int i = 0; i < e->n_kernels; i++)
        if (sorted[i]->stage > last) last = sorted[i]->stage;
    for (int i = 0; i < e->n_kernels; i++)
        if (kernel_gradient(sorted[i])) sorted[i]->stage = last;
    for (int i = 1; i < e->n_kernels; i++)
        for (int j = i; j > 0 && sorted[j - 1]->stage > sorted[j]->stage; j--) {
            Kernel *k = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = k;
        }
    for (int i = 0; i < e->n_kernels; i++) sorted[i]->index = i;
    e->stages = last + 1;
}

/* The first kernel that writes a gradient need not find it zero. */
static void mark_adding(Entry *e) {
    for (int i = 0; i < e->n_kernels; i++) {
        const Buffer *to = kernel_gradient(e->kernels[i]);
        for (int j = 0; to && j < i && !e->kernels[i]->adds; j++)
            e->kernels[i]->adds = kernel_gradient(e->kernels[j]) == to;
    }
}

void plan_order(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        sort_kernels(plan->entries[i]);
        mark_adding(plan->entries[i]);
    }
}
