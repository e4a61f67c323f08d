/* Losses, their gradients, and the sums that they leave. */
#include "../../ops/ops.h"
#include "lowering.h"

/* Operands of a loss or its gradient: x, then t (memory or number). */
static void loss_operands(Lowering *l, Kernel *k, Node *node) {
    Node *x = l->storage[node->in[0]->id];
    Buffer *xb = lower_value(l, x);
    k->in = l->layout[x->id];
    lower_operand(l, k, "x", xb, is_field(x) ? NULL : x, false);
    if (node->op == &op_bce_target_grad) return;
    Node *t = node->in[1];
    if (t->type.kind != KIND_SAMPLE) {
        number_arg(l, k, t, "target", "(float)job->numbers.%s");
        return;
    }
    Buffer *tb;
    Node *at = l->storage[t->id];
    if (at->type.classes && is_field(at))
        lower_operand(l, k, "t", field_buffer(l, at), NULL, false);
    else {
        at = in_layout(l, at, k->in, &tb);
        lower_operand(l, k, "t", tb, at && is_field(at) ? NULL : at, false);
    }
}

/* The factor of a loss gradient: upstream / batch, and / elements for means over elements. */
static void gradient_factor(Lowering *l, Kernel *k, Node *node) {
    Node *g = node->in[node->n_in - 1];
    double elements = 1;
    if (node->op != &op_cross_entropy_grad) elements = (double)shape_count(node->type.shape);
    if (node->op == &op_mse_grad) elements /= 2;
    number_arg(
        l, k, g, "g",
        arena_printf(l->arena, "(float)(job->numbers.%%s / (job->samples * %.17g))", elements));
}

void lower_loss(Lowering *l, Node *node) {
    Kernel *k = node_kernel(l, node);
    k->out = (Layout){0};
    loss_operands(l, k, node);
    place_last(l, k);
    Buffer *sum = sum_buffer(l, node);
    lower_operand(l, k, "sum", sum, NULL, true);
    lower_number(l, node, k->stage, sum);
}

void lower_loss_grad(Lowering *l, Node *node) {
    Node *g = node->in[node->n_in - 1];
    /* Softmax and its gradient share the kernel where the factor is known before the step. */
    for (int i = 0;
         node->op == &op_cross_entropy_grad && l->stage[g->id] < 0 && i < l->entry->n_kernels;
         i++) {
        Kernel *k = l->entry->kernels[i];
        if (k->node->op != &op_cross_entropy || k->partner || k->node->in[0] != node->in[0] ||
            k->node->in[1] != node->in[1])
            continue;
        k->partner = node;
        k->out = l->layout[node->id];
        l->kernel[node->id] = k;
        gradient_factor(l, k, node);
        lower_operand(l, k, "dx", make_value(l, node), node, true);
        return;
    }
    Kernel *k = node_kernel(l, node);
    loss_operands(l, k, node);
    place_last(l, k);
    gradient_factor(l, k, node);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}
