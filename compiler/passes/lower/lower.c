/* Lowering: every node of an entry's graph becomes part of a kernel, a number, or memory that it
 * shares with another node. Nodes come in order, so a kernel's operands exist before it. */
#include "lower.h"

#include <string.h>

#include "../../kernels/copy.h"
#include "../../kernels/pointwise.h"
#include "../../kernels/pool.h"
#include "../../ops/ops.h"
#include "lowering.h"

static void lower_pointwise(Lowering *l, Node *node) {
    if (!fuse_pointwise(l, node)) {
        Buffer *in[2] = {NULL, NULL};
        Node *at[2] = {NULL, NULL};
        Layout layout = l->layout[node->id];
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i]->type.kind == KIND_SAMPLE)
                at[i] = in_layout(l, node->in[i], layout, &in[i]);
        Kernel *k = node_kernel(l, node);
        k->in = layout;
        add_fused(l, k, node);
        for (int i = 0; i < node->n_in; i++) {
            if (!in[i]) continue;
            /* A copy in another layout stands for the operand in this kernel only. */
            Node *value = at[i] ? at[i] : l->storage[node->in[i]->id];
            lower_operand(l, k, NULL, in[i], value, false);
        }
        lower_pointwise_args(l, k, node);
    }
    make_value(l, node);
}

static void lower_plain(Lowering *l, Node *node) {
    Buffer **in = ARENA_ARRAY(l->arena, Buffer *, node->n_in);
    for (int i = 0; i < node->n_in; i++) {
        Node *at = l->storage[node->in[i]->id];
        Layout layout = l->layout[at->id];
        /* Features join in plain order; channels join place by place. */
        bool vector = node->op == &op_concat && node->type.shape.rank == 1;
        if (vector) layout = layout_padded(layout.C * layout.H * layout.W, 1, 1);
        if (node->op == &op_slice && node->type.shape.rank == 1)
            layout = layout_padded(layout.C * layout.H * layout.W, 1, 1);
        /* A field lies in plain order already. */
        if (is_field(at) && (at->type.classes || (vector && !at->n_in)))
            in[i] = field_buffer(l, at);
        else
            in_layout(l, at, layout, &in[i]);
    }
    Kernel *k = node_kernel(l, node);
    k->in = in[0]->layout;
    for (int i = 0; i < node->n_in; i++) {
        Node *at = l->storage[node->in[i]->id];
        bool direct = in[i] == l->buffer[at->id] && !is_field(at);
        char *param = i || node->n_in > 1 ? arena_printf(l->arena, "x%d", i) : "x";
        add_operand(l, k, (Operand){param, in[i], false, direct ? at : NULL});
        if (direct) mark_read(l, at);
        if (l->kernel[at->id] && l->kernel[at->id]->stage > k->stage)
            k->stage = l->kernel[at->id]->stage;
    }
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

static void lower_sample(Lowering *l, Node *node) {
    if (is_field(node)) return;
    if (op_is(node->op, TRAIT_RENAMES)) {
        if (l->storage[node->id] != node) return;
        Buffer *b;
        in_layout(l, node->in[0], l->layout[node->id], &b);
        l->buffer[node->id] = b;
        l->kernel[node->id] = l->entry->kernels[l->entry->n_kernels - 1];
        return;
    }
    if (node->op == &op_stack) {
        lower_stack(l, node);
        return;
    }
    if (node->op == &op_part) {
        lower_part(l, node);
        return;
    }
    if (is_pointwise(node))
        lower_pointwise(l, node);
    else if (node->op == &op_max_pool2d || node->op == &op_avg_pool2d)
        lower_pool(l, node);
    else if (node->op == &op_max_pool2d_grad || node->op == &op_avg_pool2d_grad)
        lower_pool_grad(l, node);
    else if (op_is(node->op, TRAIT_LOSS_GRADIENT))
        lower_loss_grad(l, node);
    else if (op_is(node->op, TRAIT_CONTRACTION))
        lower_contraction(l, node);
    else
        lower_plain(l, node);
}

static void lower_node(Lowering *l, Node *node) {
    switch (node->type.kind) {
    case KIND_SCHEDULE:
        lower_number(l, node, -1, NULL);
        break;
    case KIND_PARAM:
        lower_gradient(l, node);
        break;
    case KIND_SAMPLE:
        lower_sample(l, node);
        break;
    case KIND_SCALAR:
        if (op_is(node->op, TRAIT_LOSS)) {
            lower_loss(l, node);
        } else {
            int stage = -1;
            for (int i = 0; i < node->n_in; i++)
                if (l->stage[node->in[i]->id] > stage) stage = l->stage[node->in[i]->id];
            lower_number(l, node, stage, NULL);
        }
        break;
    case KIND_ERROR:
        bug("an error node in the plan");
    }
}

/* Values in registers that a kernel elsewhere reads are stored by their kernel. */
static void store_values(Lowering *l) {
    for (int i = 0; i < l->graph->n_nodes; i++) {
        Node *node = l->graph->nodes[i];
        Kernel *k = l->kernel[i];
        if (!k || !l->read[i] || l->storage[i] != node || !l->buffer[i]) continue;
        if (op_is(node->op, TRAIT_ACCESS)) continue;
        bool stored = false;
        for (int j = 0; j < k->n_operands; j++)
            stored = stored || (k->operands[j].written && k->operands[j].buffer == l->buffer[i]);
        if (!stored) lower_operand(l, k, NULL, l->buffer[i], node, true);
    }
}

static void lower_outputs(Lowering *l) {
    const Graph *g = l->graph;
    for (int i = 0; i < g->n_metrics; i++) {
        Node *node = g->metrics[i].node;
        if (node->type.kind != KIND_SAMPLE) continue;
        Buffer *x = lower_value(l, node), *sum = sum_buffer(l, node);
        Kernel *k =
            new_kernel(l, &family_sum, node,
                       arena_printf(l->arena, "%s_mean", identifier(l->arena, g->metrics[i].name)));
        k->in = x->layout;
        lower_operand(l, k, "x", x, l->storage[node->id], false);
        lower_operand(l, k, "sum", sum, NULL, true);
        Number number = {.node = node,
                         .name = arena_printf(l->arena, "m%d", i),
                         .stage = k->stage,
                         .sum = sum,
                         .elements = 1};
        ARENA_PUSH(l->arena, l->entry->numbers, l->entry->n_numbers, l->entry->cap_numbers, number);
    }
    for (int i = 0; i < g->n_predictions; i++) {
        Node *node = l->storage[g->predictions[i].node->id];
        Buffer *x = lower_value(l, node);
        Kernel *k = new_kernel(
            l, &family_unpack, node,
            arena_printf(l->arena, "%s_out", identifier(l->arena, g->predictions[i].name)));
        Buffer *y = new_buffer(l, SPACE_OUTPUT, g->predictions[i].name, node);
        y->offset = i;
        k->in = k->out = x->layout;
        lower_operand(l, k, "x", x, is_field(node) ? NULL : node, false);
        lower_operand(l, k, "y", y, NULL, true);
    }
}

static void find_users(Lowering *l) {
    int n = l->graph->n_nodes;
    int *count = ARENA_ARRAY(l->arena, int, n);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < n && pass; i++) {
            l->users[i] = ARENA_ARRAY(l->arena, Node *, count[i] + 1);
            count[i] = 0;
        }
        for (int i = 0; i < n; i++) {
            Node *node = l->graph->nodes[i];
            if (l->storage[i] != node) continue;
            for (int j = 0; j < node->n_in; j++) {
                int at = l->storage[node->in[j]->id]->id;
                if (pass) l->users[at][count[at]] = node;
                count[at]++;
            }
        }
    }
}

static bool writes_gradient(const Kernel *k) {
    return k->operands[k->n_operands - 1].buffer->space == SPACE_GRADIENT;
}

/* Gradients are made in the last stage, as nothing reads them before the update: a task then needs
 * no gradient of its own for each chunk. */
static void sort_stages(Entry *e) {
    Kernel **sorted = e->kernels;
    int last = 0;
    for (int i = 0; i < e->n_kernels; i++)
        if (sorted[i]->stage > last) last = sorted[i]->stage;
    for (int i = 0; i < e->n_kernels; i++)
        if (writes_gradient(sorted[i])) sorted[i]->stage = last;
    for (int i = 1; i < e->n_kernels; i++)
        for (int j = i; j > 0 && sorted[j - 1]->stage > sorted[j]->stage; j--) {
            Kernel *k = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = k;
        }
    for (int i = 0; i < e->n_kernels; i++) {
        e->kernels[i]->index = i;
        if (e->kernels[i]->stage + 1 > e->stages) e->stages = e->kernels[i]->stage + 1;
    }
}

/* The first kernel that writes a gradient need not find it zero. */
static void mark_adding(Entry *e) {
    for (int i = 0; i < e->n_kernels; i++) {
        Kernel *k = e->kernels[i];
        if (!writes_gradient(k)) continue;
        const Buffer *to = k->operands[k->n_operands - 1].buffer;
        for (int j = 0; j < i && !k->adds; j++)
            k->adds = e->kernels[j]->operands[e->kernels[j]->n_operands - 1].buffer == to;
    }
}

static void lower_entry(Plan *plan, Entry *entry) {
    Graph *g = entry->graph;
    int n = g->n_nodes;
    Arena *a = plan->arena;
    Lowering l = {.plan = plan, .entry = entry, .graph = g, .arena = a};
    l.layout = ARENA_ARRAY(a, Layout, n);
    l.buffer = ARENA_ARRAY(a, Buffer *, n);
    l.kernel = ARENA_ARRAY(a, Kernel *, n);
    l.storage = ARENA_ARRAY(a, Node *, n);
    l.stage = ARENA_ARRAY(a, int, n);
    l.winner = ARENA_ARRAY(a, Buffer *, n);
    l.dense = ARENA_ARRAY(a, Buffer *, n);
    l.users = ARENA_ARRAY(a, Node **, n);
    l.read = ARENA_ARRAY(a, bool, n);
    for (int i = 0; i < n; i++) {
        Node *node = g->nodes[i];
        l.storage[i] = node;
        if (node->type.kind != KIND_SAMPLE) continue;
        l.layout[i] = value_layout(plan, node, l.layout);
        if (op_is(node->op, TRAIT_RENAMES) &&
            layout_equal(l.layout[i], l.layout[l.storage[node->in[0]->id]->id]))
            l.storage[i] = l.storage[node->in[0]->id];
    }
    find_users(&l);
    entry->stages = 1;
    for (int i = 0; i < n; i++) lower_node(&l, g->nodes[i]);
    lower_outputs(&l);
    store_values(&l);
    sort_stages(entry);
    mark_adding(entry);
    for (int i = 0; i < entry->n_kernels; i++) {
        Kernel *k = entry->kernels[i];
        if (k->family->scratch) k->scratch = k->family->scratch(k);
        if (k->scratch > entry->scratch_floats) entry->scratch_floats = k->scratch;
    }
    entry->scratch_floats = (entry->scratch_floats + LANES - 1) / LANES * LANES;
    if (entry->kind == ENTRY_TRAIN)
        entry->gradient_floats = plan->phases[entry->phase].gradient_floats;
    if (entry->kind != ENTRY_PREDICT) entry->loss = g->phases[0].loss;
}

void lower(Plan *plan) {
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
