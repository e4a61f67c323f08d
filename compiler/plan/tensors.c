/* Tensors of the batch: sums over all of its samples, and what is made of them outside kernels. A
 * kernel leaves a chunk's part of a sum; between two stages the parts of all chunks are added, and
 * kernels of later stages read the tensor. States get their next values at the end of a step. */
#include "../ops/ops.h"
#include "lowering.h"
#include "params.h"

static int channels_of(const Node *node) {
    return node->type.shape.rank ? node->type.shape.dim[0] : 1;
}

Buffer *partial_buffer(Lowering *l, const Node *node, int64_t size) {
    Buffer *b = new_buffer(l, SPACE_PARTIAL, "part", node);
    b->size = size;
    b->offset = l->entry->partial_floats;
    l->entry->partial_floats += size;
    return b;
}

static Buffer *batch_buffer(Lowering *l, const Node *node, int rows) {
    Buffer *b = new_buffer(l, SPACE_BATCH, "batch", node);
    b->size = (int64_t)rows * round_up(channels_of(node), LANES);
    b->offset = l->entry->tensor_floats;
    l->entry->tensor_floats += b->size;
    return b;
}

static const char *tensor_text(Arena *arena, const Buffer *b) {
    return arena_printf(arena, "job->%s + %lld", b->space == SPACE_BATCH ? "tensors" : "state",
                        (long long)b->offset);
}

static void add_tensor(Lowering *l, const Node *node, int stage, const char *text) {
    const BatchTensor tensor = {node, stage, text};
    ARENA_PUSH(l->arena, l->entry->tensors, l->entry->n_tensors, l->entry->cap_tensors, tensor);
}

static int64_t places_of(const Node *x) {
    return shape_count(x->type.shape) / channels_of(x);
}

/* A tensor that is made of the parts of all chunks. Those of a mean and of its variance are the
 * same three rows: see kernels/batch_norm.c. */
static Buffer *total(Lowering *l, const Node *node) {
    Buffer *b = batch_buffer(l, node, 1);
    const char *to = tensor_text(l->arena, b);
    const bool variance = node->op == &op_channel_variance;
    const Node *mean = variance ? node->in[1] : node;
    const char *text;
    if (op_is(node->op, TRAIT_PARAM_GRADIENT))
        text = arena_printf(l->arena, "nn_sums(&job->parts, %lld, %d, %s);",
                            (long long)l->partial[node->id]->offset, channels_of(node), to);
    else
        text = arena_printf(
            l->arena, "nn_%s(&job->parts, %lld, %lld, %d, %s);", variance ? "variances" : "means",
            (long long)l->partial[mean->id]->offset,
            (long long)places_of(node->in[0]) * node_parts(node), channels_of(node), to);
    add_tensor(l, node, l->value[node->id].stage, text);
    return b;
}

Buffer *tensor_buffer(Lowering *l, const Node *node) {
    if (!node->n_in) return param_place(l->plan, node)->value;
    if (!l->tensor[node->id]) l->tensor[node->id] = total(l, node);
    return l->tensor[node->id];
}

Buffer *make_tensor(Lowering *l, const Node *node, int rows) {
    const Node *x = node->in[0];
    const char *operands = "";
    for (int i = 1; i < node->n_in; i++) {
        if (node->in[i]->type.kind == KIND_SAMPLE) continue;
        const bool number = kind_is_number(node->in[i]->type.kind);
        operands =
            arena_printf(l->arena, "%s, %s", operands,
                         number ? "NULL" : tensor_text(l->arena, tensor_buffer(l, node->in[i])));
    }
    Buffer *b = batch_buffer(l, node, rows);
    const char *text =
        arena_printf(l->arena, "%s(%s, %d, %.17g, job->samples * %lld.0%s);",
                     node->op->coefficients, tensor_text(l->arena, b), channels_of(node),
                     node_attr(node, "eps"), (long long)places_of(x) * node_parts(node), operands);
    add_tensor(l, node, l->value[node->id].stage - 1, text);
    return b;
}

/* The steps from a state to its next value, each in place. */
static void assign(Lowering *l, const Node *state, const Node *value) {
    if (value == state) return;
    assign(l, state, value->in[0]);
    const char *to = tensor_text(l->arena, tensor_buffer(l, state)), *text;
    if (value->op == &op_count)
        text = arena_printf(l->arena, "nn_count(%s);", to);
    else
        text =
            arena_printf(l->arena, "nn_blend(%s, %s, %d, %.17g, job->samples * %.17g);", to,
                         tensor_text(l->arena, tensor_buffer(l, value->in[1])), channels_of(value),
                         node_attr(value, "momentum"), node_attr(value, "places"));
    Entry *e = l->entry;
    ARENA_PUSH(l->arena, e->assignments, e->n_assignments, e->cap_assignments, text);
}

void assign_states(Lowering *l) {
    if (l->entry->kind != ENTRY_TRAIN) return;
    const Phase *phase = &l->graph->phases[0];
    for (int i = 0; i < phase->n_assigned; i++)
        assign(l, phase->assigned[i].state, phase->assigned[i].value);
}
