/* Stacks and their parts share memory: what makes a value writes it into its part of the stack, and
 * a part is read where it lies. Copied is only what has a place already, or another layout. */
#include "../../kernels/copy.h"
#include "../../ops/ops.h"
#include "lowering.h"

static bool is_later(const Kernel *a, const Kernel *b) {
    return a->stage != b->stage ? a->stage > b->stage : a->index > b->index;
}

/* Brings the value to its part of the stack; returns the kernel that writes it there. */
static Kernel *bring(Lowering *l, Node *value, Buffer *stack, int part) {
    Buffer *b = l->buffer[value->id];
    bool same_layout = layout_equal(l->layout[value->id], stack->layout);
    bool field = is_field(value);
    if (!field && same_layout && !b->whole) {
        b->whole = stack;
        b->part = part;
        return l->kernel[value->id];
    }
    Buffer *to = part_buffer(l, stack, part);
    if (field && same_layout) {
        pack_field(l, value, to, "packed");
    } else {
        Buffer *from = lower_value(l, value);
        Kernel *k = new_kernel(l, same_layout ? &family_stack : &family_relayout, value, "stack");
        k->in = l->layout[value->id];
        k->out = stack->layout;
        lower_operand(l, k, "x", from, value, false);
        lower_operand(l, k, "y", to, NULL, true);
    }
    return l->entry->kernels[l->entry->n_kernels - 1];
}

void lower_stack(Lowering *l, Node *node) {
    if (is_field(node)) return;
    Buffer *stack = make_value(l, node);
    for (int i = 0; i < node->n_in; i++) {
        Kernel *k = bring(l, l->storage[node->in[i]->id], stack, i);
        if (!l->kernel[node->id] || is_later(k, l->kernel[node->id])) l->kernel[node->id] = k;
    }
}

void lower_part(Lowering *l, Node *node) {
    Node *whole = l->storage[node->in[0]->id];
    l->buffer[node->id] = part_buffer(l, lower_value(l, whole), (int)node->attr[PART_INDEX]);
    l->kernel[node->id] = l->kernel[whole->id];
}
