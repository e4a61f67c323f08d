/* Stacks and their parts share memory: what makes a value writes it into its part of the stack, and
 * a part is read where it lies. Copied is only what has a place already, or another layout. */
#include "../ops/ops.h"
#include "lowering.h"

/* Brings the value to its part of the stack. */
static void bring(Lowering *l, Node *value, Buffer *stack, int part) {
    Buffer *b = l->buffer[value->id];
    const bool same_layout = layout_equal(l->value[value->id].layout, stack->layout);
    const bool field = is_field(value);
    if (!field && same_layout && !b->whole) {
        b->whole = stack;
        b->part = part;
        return;
    }
    Buffer *to = part_buffer(l, stack, part);
    if (field && same_layout) {
        pack_field(l, value, to, "packed");
        return;
    }
    Buffer *from = lower_value(l, value);
    const Family *family = l->plan->role[same_layout ? ROLE_STACK : ROLE_RELAYOUT];
    Kernel *k = new_kernel(l, family, value, "stack");
    k->in = l->value[value->id].layout;
    k->out = stack->layout;
    lower_operand(l, k, "x", from, value, false);
    lower_operand(l, k, "y", to, NULL, true);
}

static void lower_stack(Lowering *l, Node *node) {
    if (is_field(node)) return;
    Buffer *stack = make_value(l, node);
    for (int i = 0; i < node->n_in; i++) bring(l, storage_of(l, node->in[i]), stack, i);
}

static void lower_part(Lowering *l, Node *node) {
    Buffer *whole = lower_value(l, node->in[0]);
    l->buffer[node->id] = part_buffer(l, whole, ATTRS(node, PartAttrs)->index);
}

void lower_access(Lowering *l, Node *node) {
    if (node->op == &op_stack)
        lower_stack(l, node);
    else
        lower_part(l, node);
}
