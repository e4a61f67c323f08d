/* Contractions and the gradients of their weights and biases. */
#include "../../graph/layers.h"
#include "../../ops/ops.h"
#include "lowering.h"

static void read_param(Lowering *l, Kernel *k, const char *param, const Node *node) {
    lower_operand(l, k, param, l->plan->params[plan_param(l->plan, node->name)].value, NULL, false);
}

void lower_contraction(Lowering *l, Node *node) {
    bool forward = node->op == &op_linear || node->op == &op_conv2d;
    Node *value = l->storage[node->in[0]->id];
    Buffer *x;
    if (node->op == &op_linear) {
        const ParamPlace *p = &l->plan->params[plan_param(l->plan, node->in[1]->name)];
        Layout v = l->layout[value->id];
        if (v.C == p->in && v.H == p->kh && v.W == p->kw)
            x = contraction_input(l, value);
        else
            value = in_layout(l, value, layout_padded(p->in, p->kh, p->kw), &x);
    } else if (family_of(l->plan, node) == &family_pooled_dgrad) {
        value = l->storage[value->in[1]->id];
        x = lower_value(l, value);
    } else {
        x = forward ? contraction_input(l, value) : lower_value(l, value);
    }
    Kernel *k = node_kernel(l, node);
    k->in = x->layout;
    k->flops = node_flops(node);
    lower_operand(l, k, "x", x, is_field(value ? value : node) ? NULL : value, false);
    if (k->family == &family_winograd)
        lower_operand(l, k, "u", plan_winograd(l->plan, node)->value, NULL, false);
    else if (forward)
        read_param(l, k, "w", node->in[1]);
    else
        lower_operand(l, k, "w", plan_transposed(l->plan, node)->value, NULL, false);
    if (forward && node->n_in > 2) read_param(l, k, "bias", node->in[2]);
    if (k->family == &family_pooled_dgrad)
        lower_operand(l, k, "winner", pool_winner(l, node->in[0]), NULL, false);
    make_value(l, node);
}

/* A leaf of the gradient of the `index`-th trained parameter. */
static void lower_gradient_leaf(Lowering *l, Node *node, int index) {
    const Phase *phase = &l->graph->phases[0];
    const Node *param = phase->trained[index].param;
    int place = plan_param(l->plan, param->name);
    Kernel *k = new_kernel(l, family_of(l->plan, node), node, kernel_name(l, node));
    k->flops = node_flops(node);
    bool bias = node->op == &op_bias_grad;
    Buffer *dw = NULL;
    for (int i = 0; i < l->entry->n_buffers && !dw; i++)
        if (l->entry->buffers[i]->space == SPACE_GRADIENT && l->entry->buffers[i]->node == param)
            dw = l->entry->buffers[i];
    if (!dw) {
        dw = new_buffer(l, SPACE_GRADIENT, arena_printf(l->arena, "%s.grad", param->name), param);
        dw->size = l->plan->params[place].value->size;
        dw->offset = l->plan->phases[l->entry->phase].gradient_of[place];
    }
    if (bias) {
        Node *dy = l->storage[node->in[0]->id];
        k->in = k->out = l->layout[dy->id];
        lower_operand(l, k, "dy", lower_value(l, dy), dy, false);
        lower_operand(l, k, "db", dw, NULL, true);
        place_last(l, k);
        return;
    }
    bool pooled = takes_pooled(k->family);
    Node *x = l->storage[node->in[0]->id];
    Node *dy = l->storage[(pooled ? node->in[1]->in[1] : node->in[1])->id];
    Buffer *xb;
    const ParamPlace *p = &l->plan->params[place];
    Layout v = l->layout[x->id];
    if (node->op == &op_conv2d_wgrad || (v.C == p->in && v.H == p->kh && v.W == p->kw))
        xb = contraction_input(l, x);
    else
        x = in_layout(l, x, layout_padded(p->in, p->kh, p->kw), &xb);
    k->in = xb->layout;
    k->out = l->layout[dy->id];
    lower_operand(l, k, "x", xb, x && is_field(x) ? NULL : x, false);
    lower_operand(l, k, "dy", lower_value(l, dy), dy, false);
    if (pooled) lower_operand(l, k, "winner", pool_winner(l, node->in[1]), NULL, false);
    lower_operand(l, k, "dw", dw, NULL, true);
    place_last(l, k);
}

/* How often the sum has the leaf: equal applications of a layer have equal terms. */
static int occurrences(const Node *sum, const Node *leaf) {
    if (sum == leaf) return 1;
    if (sum->op != &op_add) return 0;
    return occurrences(sum->in[0], leaf) + occurrences(sum->in[1], leaf);
}

void lower_gradient(Lowering *l, Node *node) {
    if (node->op == &op_add || node->op == &op_param) return;
    const Phase *phase = &l->graph->phases[0];
    for (int i = 0; i < phase->n_trained; i++)
        for (int n = occurrences(phase->trained[i].gradient, node); n > 0; n--)
            lower_gradient_leaf(l, node, i);
}
