/* Upsampling: each place of the larger image is made of one place of the smaller, or of four.
 * Lanes are channels. The gradient adds to the places of the smaller image, place after place of
 * the larger one. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "family.h"
#include "lines.h"

static bool fits(const Node *node) {
    return node->op == &op_upsample || node->op == &op_upsample_grad;
}

static void lower(Lowering *l, Node *node) {
    Buffer *b;
    Node *x = in_channels(l, node->in[0], &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    read_value(l, k, "x", b, x);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

/* Declares, for the place `o` of the larger image along a direction, `<v>0`, the place of the
 * smaller one, and for bilinear `<v>1`, the next place, and `<v>w`, its weight. */
static void declare_source(Loops *l, const Node *node, char v, const char *o, int scale, int size) {
    if (ATTRS(node, UpsampleAttrs)->mode == UPSAMPLE_NEAREST) {
        l_line(l, "const int %c0 = %s / %d;", v, o, scale);
        return;
    }
    l_line(l, "const int %ct = %s * 2 < %d ? 0 : %s * 2 - %d;", v, o, scale - 1, o, scale - 1);
    const char *name = arena_printf(l->arena, "%ct", v);
    /* Twice a place of the larger image, less what the condition is about. */
    l_given(l, name, "0", arena_printf(l->arena, "%d", 2 * (size * scale - 1) - (scale - 1)));
    l_line(l, "const int %c0 = %ct / %d;", v, v, 2 * scale);
    l_line(l, "const int %c1 = %c0 + 1 < %d ? %c0 + 1 : %d;", v, v, size, v, size - 1);
    /* The last place is its own next one. */
    l_given(l, arena_printf(l->arena, "%c1", v), "0", arena_printf(l->arena, "%d", size - 1));
    l_line(l, "const float %cw = (float)(%ct %% %d) / (float)%d;", v, v, 2 * scale, 2 * scale);
}

static const char *source_text(Loops *l, Layout small, const char *pointer, int y, int x) {
    return arena_printf(l->arena, "%s + s * %d + y%d * %d + x%d * %d + c", pointer, small.stride, y,
                        small.W * small.cs, x, small.cs);
}

static void build(Loops *l, const Kernel *k) {
    const Node *node = k->node;
    const bool forward = !node->op->backward_only,
               nearest = ATTRS(node, UpsampleAttrs)->mode == UPSAMPLE_NEAREST;
    const Layout small = forward ? k->in : k->out, large = forward ? k->out : k->in;
    if (!forward) zero_samples(l, "y", small);
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int oy = 0; oy < %d; oy++)", large.H);
    declare_source(l, node, 'y', "oy", ATTRS(node, UpsampleAttrs)->scale[0], small.H);
    l_open(l, "for (int ox = 0; ox < %d; ox++)", large.W);
    declare_source(l, node, 'x', "ox", ATTRS(node, UpsampleAttrs)->scale[1], small.W);
    l_open(l, "for (int c = 0; c < %d; c += 16)", large.cs);
    const char *o = arena_printf(l->arena, "s * %d + oy * %d + ox * %d + c", large.stride,
                                 large.W * large.cs, large.cs);
    if (forward && nearest) {
        l_line(l, "STORE(y + %s, LOAD(%s));", o, source_text(l, small, "x", 0, 0));
    } else if (forward) {
        for (int i = 0; i < 2; i++) {
            l_line(l, "const F16 left%d = LOAD(%s);", i, source_text(l, small, "x", i, 0));
            l_line(l, "const F16 row%d = FMA(SET(xw), SUB(LOAD(%s), left%d), left%d);", i,
                   source_text(l, small, "x", i, 1), i, i);
        }
        l_line(l, "STORE(y + %s, FMA(SET(yw), SUB(row1, row0), row0));", o);
    } else if (nearest) {
        const char *at = source_text(l, small, "y", 0, 0);
        l_line(l, "STORE(%s, ADD(LOAD(%s), LOAD(x + %s)));", at, at, o);
    } else {
        l_line(l, "const F16 g = LOAD(x + %s);", o);
        for (int i = 0; i < 4; i++) {
            const char *at = source_text(l, small, "y", i / 2, i % 2);
            l_line(l, "STORE(%s, FMA(MUL(SET(%s), SET(%s)), g, LOAD(%s)));", at,
                   i / 2 ? "yw" : "1.0f - yw", i % 2 ? "xw" : "1.0f - xw", at);
        }
    }
    for (int i = 0; i < 4; i++) l_close(l);
}

const Family family_upsample = {.name = "upsample", .fits = fits, .lower = lower, .build = build};
