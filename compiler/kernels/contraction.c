/* Operands of contractions and of the gradients of their weights, for the families that compute
 * them. */
#include "contraction.h"

#include "../graph/layers.h"
#include "../ops/ops.h"
#include "../plan/params.h"
#include "pool.h"

/* What a layer reads, in the layout that its weight has. Returns the node whose memory it is, NULL
 * for a copy. */
static Node *layer_input(Lowering *l, Node *x, const ParamPlace *weight, Buffer **buffer) {
    Node *at = storage_of(l, x);
    const Layout v = l->value[at->id].layout;
    if (is_sequence(x) && v.last) {
        *buffer = contraction_input(l, at);
        return at;
    }
    if (is_sequence(x)) return in_rows(l, x, buffer);
    const bool conv = weight->layer && weight->layer->op != &op_linear;
    const bool matches = v.C == weight->in && v.H == weight->kh && v.W == weight->kw;
    if (!v.last && (matches || conv)) {
        *buffer = contraction_input(l, at);
        return at;
    }
    if (conv) return in_channels(l, x, buffer);
    return in_layout(l, at, layout_padded(weight->in, weight->kh, weight->kw), buffer);
}

static Kernel *contraction_kernel(Lowering *l, Node *node, Node *value, Buffer *x) {
    Kernel *k = value_kernel(l, node);
    k->in = x->layout;
    k->flops = node_flops(node);
    read_value(l, k, "x", x, value);
    return k;
}

/* The gradient of a layer's value, with its outputs in lanes. */
static Node *layer_gradient(Lowering *l, Node *dy, Buffer **buffer) {
    return is_sequence(dy) ? in_rows(l, dy, buffer) : in_channels(l, dy, buffer);
}

Kernel *lower_forward(Lowering *l, Node *node) {
    Buffer *x;
    Node *value = layer_input(l, node->in[0], param_place(l->plan, node->in[1]), &x);
    return contraction_kernel(l, node, value, x);
}

void add_bias(Lowering *l, Kernel *k) {
    if (k->node->n_in > 2) read_param(l, k, "bias", k->node->in[2]);
}

Kernel *lower_backward(Lowering *l, Node *node, Node *dy) {
    Buffer *x;
    Node *value = layer_gradient(l, dy, &x);
    return contraction_kernel(l, node, value, x);
}

void read_derived(Lowering *l, Kernel *k, const char *param, const Derived *derived) {
    lower_operand(l, k, param, derived->value, NULL, false);
}

Derived *transposed_weight(Lowering *l, const Node *dgrad, const DerivedKind *kind) {
    const ParamPlace *p = param_place(l->plan, dgrad->in[1]);
    Derived *d = derived_copy(l->plan, kind, p);
    if (d->value) return d;
    const int rows = round_up(p->in, LANES), taps = p->kh * p->kw;
    d->block_out = block_channels(p->in, p->out, p->groups);
    d->blocks = rows / LANES * (dgrad->op == &op_linear_dgrad ? taps : 1);
    derived_store(l->plan, d, (int64_t)rows * taps * d->block_out);
    return d;
}

void contract_lower(Lowering *l, Node *node) {
    Kernel *k;
    if (node->op->backward_only || node->op == &op_conv_transpose2d) {
        k = lower_backward(l, node, node->in[0]);
        const DerivedKind *kind =
            node->op == &op_linear_dgrad ? &derived_transposed_linear : &derived_transposed_conv;
        read_derived(l, k, "w", transposed_weight(l, node, kind));
    } else {
        k = lower_forward(l, node);
        read_param(l, k, "w", node->in[1]);
    }
    add_bias(l, k);
    make_value(l, node);
}

static void lower_weight_gradient(Lowering *l, Node *node, Node *dy, const Node *pooled) {
    Kernel *k = node_kernel(l, node);
    const ParamPlace *p = param_place(l->plan, l->gradient->node);
    Buffer *x;
    Node *value = layer_input(l, node->in[0], p, &x);
    Buffer *db;
    dy = layer_gradient(l, dy, &db);
    k->flops = node_flops(node);
    k->in = x->layout;
    k->out = db->layout;
    read_value(l, k, "x", x, value);
    lower_operand(l, k, "dy", db, dy, false);
    if (pooled) lower_operand(l, k, "winner", pool_winner(l, pooled), NULL, false);
    lower_operand(l, k, "dw", l->gradient, NULL, true);
    place_last(l, k);
}

void wgrad_lower(Lowering *l, Node *node) {
    lower_weight_gradient(l, node, node->in[1], NULL);
}

void pooled_wgrad_lower(Lowering *l, Node *node) {
    lower_weight_gradient(l, node, node->in[1]->in[1], node->in[1]);
}

void bias_grad_lower(Lowering *l, Node *node) {
    Kernel *k = node_kernel(l, node);
    Buffer *b;
    Node *dy = in_channels(l, node->in[0], &b);
    k->flops = node_flops(node);
    k->in = k->out = b->layout;
    lower_operand(l, k, "dy", b, dy, false);
    lower_operand(l, k, "db", l->gradient, NULL, true);
    place_last(l, k);
}
