/* Sums over the batch that batch normalisation needs: a chunk's part of each, with channels in
 * lanes. The places of a sample are added up by themselves, in order, then samples, in order.
 *   moments   rows `shift`, `sum` and `square`: the mean of the chunk's first sample; the sums of
 *             x - shift and of its square. So no variance is the difference of large numbers.
 *   gradients rows `db` and `dw`: the sums of dy and of dy (x - mean), which is multiplied by one
 *             over the deviation at the end. Terms have both signs and cancel, so the places of
 *             each line of an image are added up by themselves, then lines: that rounds less.
 * Samples are the outer loop: a sample stays in the caches for all of its channels. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "family.h"

static bool fits_moments(const Node *node) {
    return node->op == &op_channel_mean || node->op == &op_channel_variance;
}

static bool fits_sums(const Node *node) {
    return node->op == &op_batch_norm_wgrad || node->op == &op_batch_norm_bgrad;
}

/* The kernel of both moments, made for the mean. */
static void lower_moments(Lowering *l, Node *node) {
    if (node->op == &op_channel_variance) {
        l->kernel[node->in[1]->id]->partner = node;
        return;
    }
    Buffer *x;
    Node *at = in_channels(l, node->in[0], &x);
    Kernel *k = node_kernel(l, node);
    l->kernel[node->id] = k;
    k->in = k->out = x->layout;
    read_value(l, k, "x", x, at);
    l->partial[node->id] = partial_buffer(l, node, 3 * (int64_t)x->layout.cs);
    lower_operand(l, k, "sums", l->partial[node->id], NULL, true);
}

/* The kernel that adds up the other one of the pair, from the same operands. */
static Kernel *pair_kernel(const Lowering *l, const Node *node) {
    for (int i = 0; i < l->entry->n_kernels; i++) {
        Kernel *k = l->entry->kernels[i];
        if (k->family != l->value[node->id].family || k->partner) continue;
        bool same = k->node->op != node->op;
        for (int j = 0; j < node->n_in; j++) same = same && k->node->in[j] == node->in[j];
        if (same) return k;
    }
    return NULL;
}

static void lower_sums(Lowering *l, Node *node) {
    const bool weight = node->op == &op_batch_norm_wgrad;
    Kernel *k = pair_kernel(l, node);
    if (k) {
        k->partner = node;
    } else {
        Buffer *x, *dy;
        Node *at[2] = {in_channels(l, node->in[0], &x), in_channels(l, node->in[1], &dy)};
        k = node_kernel(l, node);
        k->in = k->out = dy->layout;
        read_value(l, k, "x", x, at[0]);
        read_value(l, k, "dy", dy, at[1]);
        lower_operand(l, k, "mean", tensor_buffer(l, node->in[2]), NULL, false);
        lower_operand(l, k, "variance", tensor_buffer(l, node->in[3]), NULL, false);
    }
    l->kernel[node->id] = k;
    l->partial[node->id] = partial_buffer(l, node, k->in.cs);
    lower_operand(l, k, weight ? "dw" : "db", l->partial[node->id], NULL, true);
}

/* Opens the loops over samples and rows of channels. */
static void open_samples(Loops *l, const Layout *in) {
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int c = 0; c < %d; c += 16)", in->cs);
}

/* Opens the loop over so many places of a sample; `i` is where the place has the row of channels.
 */
static void open_places(Loops *l, const Layout *in, int places, const char *before) {
    l_open(l, "for (int p = 0; p < %d; p++)", places);
    l_line(l, "const int i = s * %d + %sp * %d + c;", in->stride, before, in->cs);
}

static void build_moments(Loops *l, const Kernel *k) {
    const Layout *in = &k->in;
    const int places = in->H * in->W, sum = in->cs, square = 2 * in->cs;
    l_open(l, "for (int c = 0; c < %d; c += 16)", in->cs);
    l_line(l, "F16 t = SET(0.0f);");
    l_open(l, "for (int p = 0; p < %d; p++)", places);
    l_line(l, "t = ADD(t, LOAD(x + p * %d + c));", in->cs);
    l_close(l);
    l_line(l, "STORE(sums + c, ROUNDED(MUL(t, SET((float)%.17g))));", 1.0 / places);
    l_line(l, "STORE(sums + %d + c, SET(0.0f));", sum);
    l_line(l, "STORE(sums + %d + c, SET(0.0f));", square);
    l_close(l);
    open_samples(l, in);
    l_line(l, "const F16 shift = LOAD(sums + c);");
    l_line(l, "F16 t = SET(0.0f), u = SET(0.0f);");
    open_places(l, in, places, "");
    l_line(l, "const F16 d = SUB(LOAD(x + i), shift);");
    l_line(l, "t = ADD(t, d);");
    l_line(l, "u = FMA(d, d, u);");
    l_close(l);
    l_line(l, "STORE(sums + %d + c, ADD(LOAD(sums + %d + c), t));", sum, sum);
    l_line(l, "STORE(sums + %d + c, ADD(LOAD(sums + %d + c), u));", square, square);
    l_close(l);
    l_close(l);
}

static void build_sums(Loops *l, const Kernel *k) {
    const Layout *in = &k->in;
    const bool dw = kernel_operand(k, "dw"), db = kernel_operand(k, "db");
    l_open(l, "for (int c = 0; c < %d; c += 16)", in->cs);
    if (dw) l_line(l, "STORE(dw + c, SET(0.0f));");
    if (db) l_line(l, "STORE(db + c, SET(0.0f));");
    l_close(l);
    open_samples(l, in);
    if (dw) l_line(l, "const F16 m = LOAD(mean + c);");
    if (dw) l_line(l, "F16 t = SET(0.0f);");
    if (db) l_line(l, "F16 u = SET(0.0f);");
    l_open(l, "for (int h = 0; h < %d; h++)", in->H);
    if (dw) l_line(l, "F16 tr = SET(0.0f);");
    if (db) l_line(l, "F16 ur = SET(0.0f);");
    open_places(l, in, in->W, arena_printf(l->arena, "h * %d + ", in->W * in->cs));
    l_line(l, "const F16 g = LOAD(dy + i);");
    if (dw) l_line(l, "tr = FMA(g, SUB(LOAD(x + i), m), tr);");
    if (db) l_line(l, "ur = ADD(ur, g);");
    l_close(l);
    if (dw) l_line(l, "t = ADD(t, tr);");
    if (db) l_line(l, "u = ADD(u, ur);");
    l_close(l);
    if (dw) l_line(l, "STORE(dw + c, ADD(LOAD(dw + c), t));");
    if (db) l_line(l, "STORE(db + c, ADD(LOAD(db + c), u));");
    l_close(l);
    l_close(l);
    if (!dw) return;
    l_open(l, "for (int c = 0; c < %d; c += 16)", in->cs);
    l_line(l, "const F16 scale = DIV(SET(1.0f), SQRT(ADD(LOAD(variance + c), SET((float)%.17g))));",
           node_attr(k->node, "eps"));
    l_line(l, "STORE(dw + c, ROUNDED(MUL(scale, LOAD(dw + c))));");
    l_close(l);
}

static void build_add(Loops *l, const Kernel *k) {
    l_open(l, "for (int i = 0; i < %lld; i += 16)", (long long)k->operands[1].buffer->size);
    l_line(l, k->adds ? "STORE(d + i, ADD(LOAD(d + i), LOAD(sum + i)));"
                      : "STORE(d + i, LOAD(sum + i));");
    l_close(l);
}

const Family family_channel_moments = {
    .name = "moments of channels",
    .fits = fits_moments,
    .lower = lower_moments,
    .build = build_moments,
};
const Family family_batch_norm_sums = {
    .name = "batch normalisation's sums",
    .fits = fits_sums,
    .lower = lower_sums,
    .build = build_sums,
};
const Family family_add = {.name = "add", .role = ROLE_ADD, .build = build_add};
