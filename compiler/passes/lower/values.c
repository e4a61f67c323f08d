/* Where values lie while kernels are made: buffers, operands, and copies in another layout. */
#include <string.h>

#include "../../kernels/copy.h"
#include "../../ops/ops.h"
#include "lowering.h"

Buffer *new_buffer(Lowering *l, BufferSpace space, const char *name, const Node *node) {
    Buffer *b = ARENA_NEW(l->arena, Buffer);
    b->name = name;
    b->space = space;
    b->node = node;
    b->first = b->last = -1;
    ARENA_PUSH(l->arena, l->entry->buffers, l->entry->n_buffers, l->entry->cap_buffers, b);
    return b;
}

Buffer *sample_buffer(Lowering *l, const char *name, const Node *node, Layout layout) {
    Buffer *b = new_buffer(l, SPACE_SAMPLE, name, node);
    b->layout = layout;
    b->size = layout.stride;
    return b;
}

Buffer *sum_buffer(Lowering *l, const Node *node) {
    Buffer *b = new_buffer(l, SPACE_SUM, "sum", node);
    b->element = ELEMENT_DOUBLE;
    b->offset = l->entry->n_sums++;
    return b;
}

bool is_field(const Node *node) {
    return node->op == &op_input || node->op == &op_label || node->op == &op_target;
}

Buffer *field_buffer(Lowering *l, Node *node) {
    for (int i = 0; i < l->entry->n_buffers; i++)
        if (l->entry->buffers[i]->space == SPACE_FIELD && l->entry->buffers[i]->node == node)
            return l->entry->buffers[i];
    Buffer *b = new_buffer(l, SPACE_FIELD, identifier(l->arena, node->name), node);
    Layout v = l->layout[node->id];
    b->layout = (Layout){v.C, v.H, v.W, v.C, v.C * v.H * v.W};
    b->size = b->layout.stride;
    b->element = node->type.classes ? ELEMENT_INT : ELEMENT_FLOAT;
    int index = 0;
    while (index < l->plan->n_fields && strcmp(l->plan->fields[index]->name, node->name) != 0)
        index++;
    if (index == l->plan->n_fields) bug("field %s is not in the plan", node->name);
    b->offset = index;
    if (l->entry->kind == ENTRY_PREDICT) l->plan->field_predicts[index] = true;
    return b;
}

static Buffer *packed(Lowering *l, Node *node, Layout layout, const char *kind) {
    Kernel *k = new_kernel(l, &family_pack, node,
                           arena_printf(l->arena, "%s_%s", identifier(l->arena, node->name), kind));
    Buffer *field = field_buffer(l, node);
    Buffer *b = sample_buffer(l, arena_printf(l->arena, "%s.%s", node->name, kind), node, layout);
    k->in = field->layout;
    k->out = layout;
    lower_operand(l, k, "x", field, NULL, false);
    lower_operand(l, k, "y", b, NULL, true);
    return b;
}

Buffer *lower_value(Lowering *l, Node *node) {
    node = l->storage[node->id];
    if (!is_field(node)) return l->buffer[node->id];
    if (node->type.classes) return field_buffer(l, node);
    if (!l->buffer[node->id]) {
        l->buffer[node->id] = packed(l, node, l->layout[node->id], "packed");
        l->kernel[node->id] = l->entry->kernels[l->entry->n_kernels - 1];
    }
    return l->buffer[node->id];
}

/* Contractions broadcast single floats, so they read a field where it lies if its places are in
 * order, else a dense channels-last copy. */
Buffer *contraction_input(Lowering *l, Node *node) {
    node = l->storage[node->id];
    if (!is_field(node)) return l->buffer[node->id];
    Layout v = l->layout[node->id];
    if (v.C == 1 || v.H * v.W == 1) return field_buffer(l, node);
    if (!l->dense[node->id]) {
        Layout dense = {v.C, v.H, v.W, v.C, round_up(v.C * v.H * v.W, LANES)};
        l->dense[node->id] = packed(l, node, dense, "dense");
    }
    return l->dense[node->id];
}

/* The value in the layout that a user needs, copied if it has another one. */
Node *in_layout(Lowering *l, Node *node, Layout layout, Buffer **buffer) {
    Node *at = l->storage[node->id];
    if (layout_equal(l->layout[at->id], layout)) {
        *buffer = lower_value(l, at);
        return at;
    }
    Buffer *from = lower_value(l, at);
    Kernel *k = new_kernel(l, &family_relayout, at, "relayout");
    *buffer = sample_buffer(l, "relayout", at, layout);
    k->in = l->layout[at->id];
    k->out = layout;
    lower_operand(l, k, "x", from, at, false);
    lower_operand(l, k, "y", *buffer, NULL, true);
    return NULL;
}

Buffer *make_value(Lowering *l, Node *node) {
    Buffer *b = sample_buffer(
        l,
        node->name ? arena_printf(l->arena, "%s.%s", node->name, node->op->name) : node->op->name,
        node, l->layout[node->id]);
    l->buffer[node->id] = b;
    return b;
}
