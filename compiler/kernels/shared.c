/* Values that all samples share: parameters and constants as values, a copy for each sample, and
 * the sum over samples that its gradient is. Parameters lie in the order of their axes. */
#include <string.h>

#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "lines.h"
#include "pointwise.h"

static void lower_shared_gradient(Lowering *l, Node *node) {
    Node *dy = node->in[0];
    Buffer *b;
    Node *at = in_layout(l, dy, layout_of_shape(dy->type.shape, is_sequence(dy)), &b);
    Kernel *k = node_kernel(l, node);
    k->in = k->out = b->layout;
    read_value(l, k, "x", b, at);
    lower_operand(l, k, "dw", l->gradient, NULL, true);
}

static void lower_shared(Lowering *l, Node *node) {
    if (node->op == &op_shared_grad) {
        lower_shared_gradient(l, node);
        return;
    }
    Kernel *k = value_kernel(l, node);
    k->in = k->out;
    if (node->op == &op_shared) read_param(l, k, "w", node->in[0]);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

/* The elements of a constant as bits, in their places; what lies between is zero. */
static void write_elements(Loops *l, const Kernel *k) {
    const Layout y = k->out;
    const int count = y.C * y.H * y.W;
    int *bits = ARENA_ARRAY(l->arena, int, count);
    for (int i = 0; i < count; i++) {
        const float value = (float)k->node->elements[i];
        memcpy(&bits[i], &value, sizeof value);
    }
    l_table(l, "bits", bits, count);
}

/* n is 1. */
static void build_shared(Loops *l, const Kernel *k) {
    const Layout y = k->out;
    const bool backward = k->node->op == &op_shared_grad;
    const char *at = layout_offset(l->arena, y, "i");
    if (k->node->op == &op_tensor) write_elements(l, k);
    if (backward)
        zero_gradient(l, k, "dw");
    else
        zero_samples(l, "y", y);
    l_open(l, "for (int i = 0; i < %d; i++)", y.C * y.H * y.W);
    if (backward)
        l_line(l, "dw[i] = dw[i] + x[%s];", at);
    else if (k->node->op == &op_shared)
        l_line(l, "y[%s] = w[i];", at);
    else
        l_line(l, "y[%s] = FIRST(AS_FLOAT(ISET((uint32_t)bits[i])));", at);
    l_close(l);
}

static void lower_repeat(Lowering *l, Node *node) {
    Buffer *b;
    Node *x = in_layout(l, node->in[0], l->value[node->id].layout, &b);
    Kernel *k = value_kernel(l, node);
    k->in = k->out;
    read_value(l, k, "x", b, x);
    Buffer *y = make_value(l, node);
    if (node->op == &op_sum_samples) lower_operand(l, k, "y", y, node, true);
}

static void build_repeat(Loops *l, const Kernel *k) {
    build_all_rows(l, k, "LOAD(x + e)");
}

/* Lanes are sums of their own, sample after sample. */
static void build_sum_samples(Loops *l, const Kernel *k) {
    l_open(l, "for (int e = 0; e < %d; e += 16)", k->in.stride);
    l_line(l, "F16 sum = SET(0.0f);");
    l_line(l, "for (int s = 0; s < n; s++) sum = ADD(sum, LOAD(x + s * %d + e));", k->in.stride);
    l_line(l, "STORE(y + e, sum);");
    l_close(l);
}

static bool fits_shared(const Node *node) {
    return node->op == &op_shared || node->op == &op_shared_grad || node->op == &op_tensor;
}

static bool fits_repeat(const Node *node) {
    return node->op == &op_repeat;
}

static bool fits_sum_samples(const Node *node) {
    return node->op == &op_sum_samples;
}

const Family family_shared = {
    .name = "value of a parameter",
    .fits = fits_shared,
    .lower = lower_shared,
    .build = build_shared,
};
const Family family_repeat = {
    .name = "copy for each sample",
    .fits = fits_repeat,
    .lower = lower_repeat,
    .fuses = true,
    .build = build_repeat,
};
const Family family_sum_samples = {
    .name = "sum over samples",
    .fits = fits_sum_samples,
    .lower = lower_repeat,
    .build = build_sum_samples,
};
