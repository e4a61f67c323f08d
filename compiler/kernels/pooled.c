#include "pooled.h"

#include "../ops/geometry.h"
#include "../ops/ops.h"

/* Items of a list that a block of samples is to give, half of them alive: about 16 for each list.
 */
enum { LIST_ITEMS = 32 };

const Node *pooled_unpool(const Node *gradient) {
    return gradient->in[gradient->op == &op_conv2d_wgrad ? 1 : 0];
}

bool pooled_fits(const Node *gradient) {
    const Node *unpool = pooled_unpool(gradient);
    if (unpool->op != &op_max_pool2d_grad || conv_of(gradient).groups != 1) return false;
    const PoolAttrs *pool = ATTRS(unpool, PoolAttrs);
    const int64_t places = (int64_t)pool->kernel[0] * pool->kernel[1];
    return pool_is_apart(pool) && places >= 4 && places <= 16;
}

Pooled pooled_sizes(const Node *gradient) {
    const Node *unpool = pooled_unpool(gradient);
    bool weights = gradient->op == &op_conv2d_wgrad;
    Shape x = weights ? gradient->in[0]->type.shape : gradient->type.shape;
    const Conv conv = conv_of(gradient);
    const PoolAttrs *pool = ATTRS(unpool, PoolAttrs);
    Pooled p;
    for (int i = 0; i < 2; i++) {
        p.window[i] = pool->kernel[i];
        p.windows[i] = unpool->in[1]->type.shape.dim[1 + i];
        p.stride[i] = conv.stride[i];
        p.dilation[i] = conv.dilation[i];
        p.pad[i] = conv.pad[i];
        p.taps[i] = conv.kernel[i];
        p.padded[i] = x.dim[1 + i] + 2 * p.pad[i];
    }
    p.places = p.window[0] * p.window[1];
    return p;
}

int pooled_place(const Pooled *p, int place) {
    return place / p->window[1] * p->stride[0] * p->padded[1] + place % p->window[1] * p->stride[1];
}

int pooled_window(const Pooled *p, int window) {
    return window / p->windows[1] * p->window[0] * p->stride[0] * p->padded[1] +
           window % p->windows[1] * p->window[1] * p->stride[1];
}

int pooled_reach(const Pooled *p) {
    return (p->taps[1] - 1) * p->dilation[1] + 1 + (p->window[1] - 1) * p->stride[1];
}

int pooled_samples(const Pooled *p) {
    int windows = p->windows[0] * p->windows[1], samples = (LIST_ITEMS + windows / 2) / windows;
    return samples < 1 ? 1 : samples;
}

static bool has_table(const Pooled *p) {
    enum { LONGEST = 256 };
    return p->windows[0] * p->windows[1] <= LONGEST;
}

const char *pooled_base(Arena *arena, const Pooled *p, int scale) {
    if (has_table(p)) return "base[q]";
    return arena_printf(arena, "(q / %d * %d + q %% %d * %d)", p->windows[1],
                        p->window[0] * p->stride[0] * p->padded[1] * scale, p->windows[1],
                        p->window[1] * p->stride[1] * scale);
}

void pooled_build_base(Loops *l, const Pooled *p, int scale) {
    if (!has_table(p)) return;
    const int n = p->windows[0] * p->windows[1];
    int *base = ARENA_ARRAY(l->arena, int, n);
    for (int i = 0; i < n; i++) base[i] = pooled_window(p, i) * scale;
    l_table(l, "base", base, n);
}

bool pooled_padded(const Pooled *p) {
    return p->pad[0] || p->pad[1];
}

int pooled_border_floats(const Kernel *k, const Pooled *p) {
    if (!pooled_padded(p)) return 0;
    return pooled_samples(p) * p->padded[0] * p->padded[1] * k->in.cs;
}

void pooled_build_border(Loops *l, const Kernel *k, const Pooled *p) {
    int row = k->in.W * k->in.cs, wide = p->padded[1] * k->in.cs;
    l_open(l, "for (int s = s0; s < s1; s++)");
    l_line(l,
           "for (int y = 0; y < %d; y++) "
           "NN_COPY(input + ((s - s0) * %d + y + %d) * %d + %d, x + s * %d + y * %d, %zu);",
           k->in.H, p->padded[0], p->pad[0], wide, p->pad[1] * k->in.cs, k->in.stride, row,
           (size_t)row * sizeof(float));
    l_close(l);
    l_line(l, "const float *xs = input;");
}
