/* What may run in registers behind a contraction, a pool or other point-wise nodes.
 *
 * A point-wise node joins the kernel that makes the latest of its operands if that value is still
 * in registers there, all other operands exist before that kernel runs, layouts agree, and numbers
 * that it needs are known. A max-pool joins a convolution when its windows do not overlap, the
 * values before it are monotone functions of the sum, and nothing else reads them. */
#include <string.h>

#include "../../kernels/pointwise.h"
#include "../../ops/ops.h"
#include "lowering.h"

/* Operands, or arguments, of a kernel that fusion makes: with more, their pointers and numbers
 * spill in every row. */
enum { MOST_POINTERS = 24 };

bool lower_precedes(const Lowering *l, const Node *node, const Kernel *k) {
    const Kernel *maker = l->kernel[l->storage[node->id]->id];
    if (!maker) return false; /* a field that is not packed yet */
    if (maker->stage != k->stage) return maker->stage < k->stage;
    return maker->index < k->index;
}

static bool in_kernel(const Kernel *k, const Node *node) {
    if (node == k->node || node == k->pool) return true;
    for (int i = 0; i < k->n_fused; i++)
        if (k->fused[i] == node) return true;
    return false;
}

/* Behind a fused pool only the pooled value and what follows is left. */
static bool reachable(const Kernel *k, const Node *node) {
    if (!in_kernel(k, node)) return false;
    if (!k->pool || node == k->pool) return true;
    for (int i = k->pool_after; i < k->n_fused; i++)
        if (k->fused[i] == node) return true;
    return false;
}

bool fuse_pointwise(Lowering *l, Node *node) {
    if (!l->plan->optimize) return false;
    Kernel *k = NULL;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        Kernel *maker = l->kernel[l->storage[node->in[i]->id]->id];
        if (!maker) continue;
        if (!k || lower_precedes(l, l->storage[node->in[i]->id], k) == false) k = maker;
    }
    if (!k || !k->family->fuses) return false;
    if (k->parts != node->type.parts) return false;
    /* Two reads more, and every value in registers may yet have to be stored, winners too. */
    if (k->n_operands + 2 + k->n_fused + 4 > MOST_POINTERS || k->n_args + 4 > MOST_POINTERS)
        return false;
    for (int i = 0; i < node->n_in; i++) {
        Node *in = node->in[i];
        if (in->type.kind == KIND_SAMPLE) {
            Node *at = l->storage[in->id];
            if (!layout_equal(l->layout[at->id], l->layout[node->id])) return false;
            if (!reachable(k, at) && (in_kernel(k, at) || !lower_precedes(l, at, k))) return false;
        } else if (l->stage[in->id] >= k->stage) {
            return false;
        }
    }
    add_fused(l, k, node);
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        Node *at = l->storage[node->in[i]->id];
        if (!in_kernel(k, at)) lower_operand(l, k, NULL, lower_value(l, at), at, false);
    }
    lower_pointwise_args(l, k, node);
    l->kernel[node->id] = k;
    return true;
}

static bool only_pooled(const Lowering *l, const Kernel *k, const Node *value, const Node *pool) {
    for (Node **u = l->users[value->id]; *u; u++) {
        if (*u == pool || in_kernel(k, *u)) continue;
        if ((*u)->op == &op_max_pool2d_grad && l->storage[(*u)->in[0]->id] == value) continue;
        return false;
    }
    for (int i = 0; i < l->graph->n_predictions; i++)
        if (l->graph->predictions[i].node == value) return false;
    return true;
}

bool fuse_pool(Lowering *l, Node *node) {
    Node *x = l->storage[node->in[0]->id];
    Kernel *k = l->kernel[x->id];
    if (!l->plan->optimize) return false;
    if (!k || k->pool || k->node->op != &op_conv2d || node->op != &op_max_pool2d) return false;
    if (k->family == &family_winograd ? !winograd_pools(node) : k->node->attr[CONV_PAD_H] != 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (node->attr[POOL_KERNEL_H + i] != node->attr[POOL_STRIDE_H + i] ||
            node->attr[POOL_PAD_H + i] != 0 || node->attr[POOL_KERNEL_H + i] > 3)
            return false;
    if (x != (k->n_fused ? k->fused[k->n_fused - 1] : k->node)) return false;
    if (!only_pooled(l, k, k->node, node)) return false;
    for (int i = 0; i < k->n_fused; i++)
        if (!is_monotone(k->fused[i]) || !only_pooled(l, k, k->fused[i], node)) return false;
    k->pool = node;
    k->pool_after = k->n_fused;
    k->out = l->layout[node->id];
    l->kernel[node->id] = k;
    return true;
}
