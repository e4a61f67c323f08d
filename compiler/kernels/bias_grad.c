/* Bias gradients: the sum of the output gradient over samples and places, in order, added to the
 * chunk's gradient. The places of a sample are summed by themselves, so that rounding grows with
 * samples + places, not with their product. Up to four blocks of channels at a time hide the
 * latency of the additions. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "contraction.h"

static bool fits(const Node *node) {
    return node->op == &op_bias_grad;
}

static void build_blocks(Loops *l, const Kernel *k, const char *c, int blocks) {
    for (int b = 0; b < blocks; b++)
        if (k->adds)
            l_line(l, "F16 a%d = LOAD(db + %s + %d);", b, c, b * LANES);
        else
            l_line(l, "F16 a%d = SET(0.0f);", b);
    l_open(l, "for (int s = 0; s < n; s++)");
    bool places = k->in.H * k->in.W > 1;
    l_line(l, "const float *g = dy + s * %d + %s;", k->in.stride, c);
    if (places) {
        for (int b = 0; b < blocks; b++) l_line(l, "F16 t%d = LOAD(g + %d);", b, b * LANES);
        l_line(l, "g += %d;", k->in.cs);
        l_open(l, "for (int p = 1; p < %d; p++, g += %d)", k->in.H * k->in.W, k->in.cs);
        for (int b = 0; b < blocks; b++)
            l_line(l, "t%d = ADD(t%d, LOAD(g + %d));", b, b, b * LANES);
        l_close(l);
        for (int b = 0; b < blocks; b++) l_line(l, "a%d = ADD(a%d, t%d);", b, b, b);
    } else {
        for (int b = 0; b < blocks; b++)
            l_line(l, "a%d = ADD(a%d, LOAD(g + %d));", b, b, b * LANES);
    }
    l_close(l);
    for (int b = 0; b < blocks; b++) l_line(l, "STORE(db + %s + %d, a%d);", c, b * LANES, b);
}

static void build(Loops *l, const Kernel *k) {
    int blocks = k->in.cs / LANES, full = blocks / 4 * 4;
    if (full) {
        l_open(l, "for (int c = 0; c < %d; c += 64)", full * LANES);
        build_blocks(l, k, "c", 4);
        l_close(l);
    }
    if (blocks > full) {
        l_open(l, "%s", "");
        l_line(l, "const int c = %d;", full * LANES);
        build_blocks(l, k, "c", blocks - full);
        l_close(l);
    }
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    (void)arena, (void)k, (void)isa;
    return "Tile: up to 4 rows of 16 outputs: so many sums hide the latency of additions.";
}

const Family family_bias_grad = {
    .name = "bias gradient",
    .fits = fits,
    .lower = bias_grad_lower,
    .build = build,
    .reason = reason,
};
