/* Makes true: every node of an entry's graph is part of a kernel, a number, or memory that it
 * shares with another node; kernels have operands, and these have buffers. How: nodes come in
 * order, so a kernel's operands exist before it; its family states them. Leaves to others: the
 * order of kernels, places of buffers. */
#include "kernels.h"

#include <string.h>

#include "../ops/ops.h"
#include "lowering.h"
#include "params.h"

/* How often the sum has the leaf: equal applications of a layer have equal terms. */
static int occurrences(const Node *sum, const Node *leaf) {
    if (sum == leaf) return 1;
    if (sum->op != &op_add) return 0;
    return occurrences(sum->in[0], leaf) + occurrences(sum->in[1], leaf);
}

static Buffer *gradient_buffer(Lowering *l, const Node *param) {
    for (int i = 0; i < l->entry->n_buffers; i++)
        if (l->entry->buffers[i]->space == SPACE_GRADIENT && l->entry->buffers[i]->node == param)
            return l->entry->buffers[i];
    Buffer *b =
        new_buffer(l, SPACE_GRADIENT, arena_printf(l->arena, "%s.grad", param->name), param);
    const int place = plan_param(l->plan, param->name);
    b->size = l->plan->params[place].value->size;
    b->offset = l->plan->phases[l->entry->phase].gradient_of[place];
    return b;
}

/* A chunk's part of a sum that other nodes read is added to the gradient by a kernel of its own. */
static void add_partial(Lowering *l, Node *node) {
    Kernel *k = new_kernel(l, l->plan->role[ROLE_ADD], node, "add_part");
    lower_operand(l, k, "sum", l->partial[node->id], NULL, false);
    lower_operand(l, k, "d", l->gradient, NULL, true);
}

/* Sums of gradients may have a term several times: each time has a kernel, which adds to the
 * gradient. */
static void lower_gradient(Lowering *l, Node *node) {
    const Phase *phase = &l->graph->phases[0];
    const bool partial = op_is(node->op, TRAIT_BATCH_SUM);
    if (partial) l->value[node->id].family->lower(l, node);
    for (int i = 0; i < phase->n_trained; i++)
        for (int n = occurrences(phase->trained[i].gradient, node); n > 0; n--) {
            l->gradient = gradient_buffer(l, phase->trained[i].param);
            if (partial)
                add_partial(l, node);
            else
                l->value[node->id].family->lower(l, node);
        }
}

static void lower_renamed(Lowering *l, Node *node) {
    if (storage_of(l, node) != node) return;
    Buffer *b;
    in_layout(l, node->in[0], l->value[node->id].layout, &b);
    l->buffer[node->id] = b;
}

static void lower_node(Lowering *l, Node *node) {
    const Family *family = l->value[node->id].family;
    if (family && op_is(node->op, TRAIT_PARAM_GRADIENT))
        lower_gradient(l, node);
    else if (family)
        family->lower(l, node);
    else if (kind_is_number(node->type.kind))
        lower_number(l, node, NULL);
    else if (op_is(node->op, TRAIT_RENAMES))
        lower_renamed(l, node);
    else if (op_is(node->op, TRAIT_ACCESS))
        lower_access(l, node);
}

/* Values in registers that a kernel elsewhere reads are stored by their kernel. */
static void store_values(Lowering *l) {
    for (int i = 0; i < l->graph->n_nodes; i++) {
        const Value *v = &l->value[i];
        if (!l->read[i] || !v->family || !l->buffer[i]) continue;
        Kernel *k = l->kernel[v->root->id];
        bool stored = false;
        for (int j = 0; j < k->n_operands; j++)
            stored = stored || (k->operands[j].written && k->operands[j].buffer == l->buffer[i]);
        if (!stored) lower_operand(l, k, NULL, l->buffer[i], l->graph->nodes[i], true);
    }
}

/* The number of a prediction among those of the model. */
static int prediction_index(const Graph *g, const char *name) {
    int i = 0;
    while (strcmp(g->predictions[i].name, name) != 0) i++;
    return i;
}

static void lower_outputs(Lowering *l) {
    const Graph *g = l->graph;
    for (int i = 0; i < g->n_predictions; i++) {
        Node *node = storage_of(l, g->predictions[i].node);
        Buffer *x = lower_value(l, node);
        Kernel *k = new_kernel(
            l, l->plan->role[ROLE_UNPACK], node,
            arena_printf(l->arena, "%s_out", identifier(l->arena, g->predictions[i].name)));
        Buffer *y = new_buffer(l, SPACE_OUTPUT, g->predictions[i].name, node);
        y->offset = prediction_index(l->plan->graph, g->predictions[i].name);
        k->in = k->out = x->layout;
        read_value(l, k, "x", x, node);
        lower_operand(l, k, "y", y, NULL, true);
    }
}

static void lower_entry(Plan *plan, Entry *entry) {
    Graph *g = entry->graph;
    const int n = g->n_nodes;
    Arena *a = plan->arena;
    Lowering l = {.plan = plan, .entry = entry, .graph = g, .arena = a, .value = entry->values};
    l.buffer = ARENA_ARRAY(a, Buffer *, n);
    l.kernel = ARENA_ARRAY(a, Kernel *, n);
    l.winner = ARENA_ARRAY(a, Buffer *, n);
    l.partial = ARENA_ARRAY(a, Buffer *, n);
    l.tensor = ARENA_ARRAY(a, Buffer *, n);
    l.dense = ARENA_ARRAY(a, Buffer *, n);
    l.read = ARENA_ARRAY(a, bool, n);
    for (int i = 0; i < n; i++) lower_node(&l, g->nodes[i]);
    lower_outputs(&l);
    assign_states(&l);
    store_values(&l);
    for (int i = 0; i < entry->n_kernels; i++) {
        Kernel *k = entry->kernels[i];
        if (k->family->scratch) k->scratch = k->family->scratch(k);
        if (k->scratch > entry->scratch_floats) entry->scratch_floats = k->scratch;
    }
    entry->scratch_floats = (entry->scratch_floats + LANES - 1) / LANES * LANES;
    if (entry->kind == ENTRY_TRAIN)
        entry->gradient_floats = plan->phases[entry->phase].gradient_floats;
    if (entry->phase >= 0) entry->loss = g->phases[0].loss;
}

/* Behind parameters and their copies: the averages of parameters, then the moments of the phase
 * that trains, or of each member of an nn.alternate. If an update has several batches, the sum of
 * their gradients follows. */
static void add_moments(Plan *plan) {
    bool averages = false;
    for (int i = 0; i < plan->graph->n_phases; i++)
        averages = averages || plan->graph->phases[i].ema > 0;
    plan->average_offset = averages ? plan->state_floats : -1;
    if (averages) plan->state_floats += plan->param_floats;
    plan->moment_offset = plan->state_floats;
    int64_t end = plan->moment_offset;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (e->kind != ENTRY_TRAIN) continue;
        if (plan->graph->phases[e->phase].member == 0) end = plan->moment_offset;
        plan->phases[e->phase].moments = end;
        end += phase_floats(plan, e->phase);
        if (end > plan->state_floats) plan->state_floats = end;
    }
}

void plan_kernels(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) lower_entry(plan, plan->entries[i]);
    add_moments(plan);
}
