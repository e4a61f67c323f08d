/* Pools: a max-pool keeps the number of the winner of each window where a gradient asks for it. */
#include "../../kernels/pool.h"

#include <string.h>

#include "../../ops/ops.h"
#include "lowering.h"

/* Whether the gradient goes to the winners of the pool, or of a part of them. */
static bool is_gradient(const Lowering *l, const Node *pool, const Node *node) {
    if (node->op != &op_max_pool2d_grad || pool->op != &op_max_pool2d) return false;
    const Node *x = l->storage[pool->in[0]->id], *of = l->storage[node->in[0]->id];
    bool same = of == x || (of->op == &op_part && l->storage[of->in[0]->id] == x);
    return same && !memcmp(node->attr, pool->attr, sizeof(double) * (POOL_PAD_W + 1));
}

void lower_pool(Lowering *l, Node *node) {
    bool max = node->op == &op_max_pool2d, fused = max && fuse_pool(l, node);
    Kernel *k = l->kernel[node->id];
    if (!fused) {
        Node *x = l->storage[node->in[0]->id];
        Buffer *b = lower_value(l, x);
        k = node_kernel(l, node);
        k->in = l->layout[x->id];
        lower_operand(l, k, "x", b, is_field(x) ? NULL : x, false);
    }
    make_value(l, node);
    bool gradient = false;
    for (int i = node->id; i < l->graph->n_nodes; i++)
        gradient = gradient || is_gradient(l, node, l->graph->nodes[i]);
    if (gradient) {
        Layout v = l->layout[node->id];
        Buffer *w = sample_buffer(l, "winner", node, v);
        w->element = pool_winner_element(node);
        w->size = w->element == ELEMENT_BYTE ? round_up(v.stride, 4 * LANES) / 4 : v.stride;
        l->winner[node->id] = w;
        lower_operand(l, k, "winner", w, NULL, true);
    }
}

Buffer *pool_winner(Lowering *l, const Node *gradient) {
    for (int i = 0; i < gradient->id; i++) {
        const Node *pool = l->graph->nodes[i], *of = gradient->in[0];
        if (!is_gradient(l, pool, gradient)) continue;
        Buffer *all = l->winner[pool->id];
        return all->parts == gradient->type.parts
                   ? all
                   : part_buffer(l, all, (int)l->storage[of->id]->attr[PART_INDEX]);
    }
    bug("max_pool2d_grad without its pool");
}

/* Whether all users take the gradient behind the pool in its place. */
static bool absorbed(const Lowering *l, const Node *node) {
    for (Node **u = l->users[node->id]; *u; u++)
        if (!takes_pooled(family_of(l->plan, *u))) return false;
    return true;
}

void lower_pool_grad(Lowering *l, Node *node) {
    bool max = node->op == &op_max_pool2d_grad;
    if (max && absorbed(l, node)) return;
    Node *dy = l->storage[node->in[max ? 1 : 0]->id];
    Buffer *b = lower_value(l, dy);
    Kernel *k = node_kernel(l, node);
    k->in = l->layout[dy->id];
    lower_operand(l, k, "dy", b, dy, false);
    if (max) lower_operand(l, k, "winner", pool_winner(l, node), NULL, false);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}
