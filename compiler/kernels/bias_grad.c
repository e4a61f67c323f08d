/* Bias gradients: the sum of the output gradient over samples and places, in order, added to the
 * chunk's gradient. The places of a sample are summed by themselves, so that rounding grows with
 * samples + places, not with their product. Up to four blocks of channels at a time hide the
 * latency of the additions. */
#include "../ops/ops.h"
#include "family.h"

static bool fits(const Node *node) {
    return node->op == &op_bias_grad;
}

static void write_blocks(Writer *w, const Kernel *k, const char *c, int blocks) {
    for (int b = 0; b < blocks; b++)
        if (k->adds)
            w_line(w, "F16 a%d = LOAD(db + %s + %d);", b, c, b * LANES);
        else
            w_line(w, "F16 a%d = SET(0.0f);", b);
    w_open(w, "for (int s = 0; s < n; s++)");
    bool places = k->in.H * k->in.W > 1;
    w_line(w, "const float *g = dy + s * %d + %s;", k->in.stride, c);
    if (places) {
        for (int b = 0; b < blocks; b++) w_line(w, "F16 t%d = LOAD(g + %d);", b, b * LANES);
        w_line(w, "g += %d;", k->in.cs);
        w_open(w, "for (int p = 1; p < %d; p++, g += %d)", k->in.H * k->in.W, k->in.cs);
        for (int b = 0; b < blocks; b++)
            w_line(w, "t%d = ADD(t%d, LOAD(g + %d));", b, b, b * LANES);
        w_close(w);
        for (int b = 0; b < blocks; b++) w_line(w, "a%d = ADD(a%d, t%d);", b, b, b);
    } else {
        for (int b = 0; b < blocks; b++)
            w_line(w, "a%d = ADD(a%d, LOAD(g + %d));", b, b, b * LANES);
    }
    w_close(w);
    for (int b = 0; b < blocks; b++) w_line(w, "STORE(db + %s + %d, a%d);", c, b * LANES, b);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    int blocks = k->in.cs / LANES, full = blocks / 4 * 4;
    if (full) {
        w_open(w, "for (int c = 0; c < %d; c += 64)", full * LANES);
        write_blocks(w, k, "c", 4);
        w_close(w);
    }
    if (blocks > full) {
        w_open(w, "%s", "");
        w_line(w, "const int c = %d;", full * LANES);
        write_blocks(w, k, "c", blocks - full);
        w_close(w);
    }
}

const Family family_bias_grad = {"bias gradient", fits, false, write, NULL, NULL, false};
