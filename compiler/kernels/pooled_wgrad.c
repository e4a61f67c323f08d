/* Weight gradient of a convolution through the max-pool on it. For each output channel a list of
 * the windows that are alive, with their gradient and the place that their winner reads; then every
 * item adds its gradient times the patch of the input, whose channels are lanes. Sums lie
 * [out][ky][kx][in] until the chunk is done, and are turned into the weight's layout then. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "contraction.h"
#include "pooled.h"

enum { MAX_BODIES = 4 }; /* straight bodies for the kernel's taps, before they become a loop */

/* Floats of the parts of scratch memory, in this order. */
typedef struct Parts {
    int sums, gradients, places, list, turned, input, item_rows, list_stride;
} Parts;

static bool fits(const Node *node) {
    if (node->op != &op_conv2d_wgrad || !pooled_fits(node)) return false;
    /* Lanes are input channels: few would leave most of them empty. Fields are not padded. */
    return node->in[0]->type.shape.dim[0] >= LANES / 2 && !is_field(node->in[0]);
}

static int taps_of(const Pooled *p) {
    return p->taps[0] * p->taps[1];
}

static Parts parts_of(const Kernel *k, const Pooled *p) {
    Parts q;
    int samples = pooled_samples(p);
    q.item_rows = round_up(samples * p->windows[0] * p->windows[1], LANES);
    q.list_stride = q.item_rows + LANES; /* a store of a whole row may pass the list's end */
    q.sums = round_up(k->out.C, LANES) * taps_of(p) * k->in.cs;
    q.gradients = q.places = q.item_rows * LANES;
    q.list = LANES * q.list_stride;
    q.turned = LANES * LANES;
    q.input = pooled_border_floats(k, p);
    return q;
}

static int64_t scratch(const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    Parts q = parts_of(k, &p);
    return (int64_t)q.sums + q.gradients + q.places + 2 * q.list + 2 * q.turned + q.input;
}

/* The last place that a winner's patch begins at in a sample. */
static int last_place(const Kernel *k, const Pooled *p) {
    return (pooled_window(p, p->windows[0] * p->windows[1] - 1) + pooled_place(p, p->places - 1)) *
           k->in.cs;
}

/* Floats of a sample of the input as the kernel reads it. */
static int sample_floats(const Kernel *k, const Pooled *p) {
    return pooled_padded(p) ? p->padded[0] * p->padded[1] * k->in.cs : k->in.stride;
}

/* The block's gradients and places by window, channels in lanes. */
static void build_rows(Loops *l, const Kernel *k, const Pooled *p) {
    int windows = p->windows[0] * p->windows[1], cs = k->in.cs;
    l_line(l, "const int items = (s1 - s0) * %d;", windows);
    /* A block has one sample at least. */
    l_given(l, "items", arena_printf(l->arena, "%d", windows),
            arena_printf(l->arena, "%d", pooled_samples(p) * windows));
    l_open(l, "for (int s = s0; s < s1; s++)");
    l_open(l, "for (int q = 0; q < %d; q++)", windows);
    l_line(l, "const int o = s * %d + q * %d + c, item = (s - s0) * %d + q;", k->out.stride,
           k->out.cs, windows);
    l_line(l, "const I16 won = LOAD_BYTES(winner + o);");
    l_line(l, "I16 at = ISET(0);");
    for (int i = 1; i < p->places; i++)
        l_line(l, "at = ISELECT(IEQ(won, ISET(%d)), ISET(%d), at);", i, pooled_place(p, i) * cs);
    l_line(l, "STORE(gradients + item * 16, LOAD(dy + o));");
    l_line(l,
           "STORE(places + item * 16, AS_FLOAT(IADD(at, ISET((uint32_t)(%s + (s - s0) * %d)))));",
           pooled_base(l->arena, p, cs), sample_floats(k, p));
    l_close(l);
    l_close(l);
    l_open(l, "for (int i = items; i < (items + 15) / 16 * 16; i++)");
    l_line(l, "STORE(gradients + i * 16, SET(0.0f));");
    l_line(l, "STORE(places + i * 16, SET(0.0f));");
    l_close(l);
}

static void build_lists(Loops *l, const Parts *q) {
    l_line(l, "int count[16] = {0};");
    l_open(l, "for (int i = 0; i < items; i += 16)");
    l_line(l, "TRANSPOSE(gradients + i * 16, 16, turned, 16);");
    l_line(l, "TRANSPOSE(places + i * 16, 16, turned + 256, 16);");
    l_open(l, "for (int t = 0; t < 16; t++)");
    l_line(l, "const F16 g = LOAD(turned + t * 16);");
    l_line(l, "const int before = count[t];");
    l_given(l, "before", "0", "i"); /* items that were looked at */
    l_line(l, "const int end = t * %d + before;", q->list_stride);
    l_line(l, "count[t] += COMPRESS(list + end, from + end, NONZERO(g), g, AS_INT(LOAD(turned + "
              "256 + t * 16)));");
    l_close(l);
    l_close(l);
}

/* One pass over a list: vectors at `x_at[i]` floats from the item's place go to accumulators that
 * lie `sum_at[i]` floats from `sum`. */
static void build_pass(Loops *l, const Kernel *k, const Pooled *p, const int *x_at,
                       const int *sum_at, int vectors) {
    l_open(l, "%s", "");
    for (int i = 0; i < vectors; i++) l_flow(l, "V a%d = V_ZERO();", i);
    l_open(l, "if (s0 > 0)");
    for (int i = 0; i < vectors; i++) l_flow(l, "a%d = V_LOAD(sum + %d);", i, sum_at[i]);
    l_close(l);
    l_open(l, "for (int i = 0; i < alive; i++)");
    l_line(l, "const V g = V_SET(gs[i]);");
    l_line(l, "const int place = at[i];");
    /* What build_rows computed. */
    l_given(
        l, "place", "0",
        arena_printf(l->arena, "(s1 - s0 - 1) * %d + %d", sample_floats(k, p), last_place(k, p)));
    l_line(l, "const float *v = patch + place;");
    for (int i = 0; i < vectors; i++)
        l_flow(l, "a%d = V_FMA(g, V_LOAD(v + %d), a%d);", i, x_at[i], i);
    l_close(l);
    for (int i = 0; i < vectors; i++) l_flow(l, "V_STORE(sum + %d, a%d);", sum_at[i], i);
    l_close(l);
}

/* Straight passes over `taps` taps in a row of the kernel's taps from the first one of the row on.
 */
static void build_taps(Loops *l, const Kernel *k, const Pooled *p, int cs, int rows, int columns) {
    int per_tap = cs / l->isa->width, total = rows * columns * per_tap,
        most = l->isa->registers - 2;
    int *x_at = ARENA_ARRAY(l->arena, int, total), *sum_at = ARENA_ARRAY(l->arena, int, total);
    for (int i = 0; i < total; i++) {
        int tap = i / per_tap, c = i % per_tap * l->isa->width;
        x_at[i] =
            (tap / columns * p->dilation[0] * p->padded[1] + tap % columns * p->dilation[1]) * cs +
            c;
        sum_at[i] = tap * cs + c;
    }
    int bodies = (total + most - 1) / most;
    for (int b = 0; b < bodies; b++) {
        int first = total * b / bodies, last = total * (b + 1) / bodies;
        build_pass(l, k, p, x_at + first, sum_at + first, last - first);
    }
}

static void build_products(Loops *l, const Kernel *k, const Pooled *p) {
    const Parts q = parts_of(k, p);
    int cs = k->in.cs, most = l->isa->registers - 2, per_tap = cs / l->isa->width;
    int down = p->dilation[0] * p->padded[1] * cs, right = p->dilation[1] * cs;
    l_line(l, "const float *gs = list + t * %d;", q.list_stride);
    l_line(l, "const int32_t *at = from + t * %d;", q.list_stride);
    l_line(l, "const int alive = count[t];");
    l_given(l, "alive", "0", "items");
    if (taps_of(p) * per_tap <= most) {
        l_line(l, "float *sum = sums + (c + t) * %d;", taps_of(p) * cs);
        l_line(l, "const float *patch = xs;");
        build_taps(l, k, p, cs, p->taps[0], p->taps[1]);
        return;
    }
    l_open(l, "for (int ky = 0; ky < %d; ky++)", p->taps[0]);
    if (p->taps[1] * per_tap <= MAX_BODIES * most) {
        l_line(l, "float *sum = sums + (c + t) * %d + ky * %d;", taps_of(p) * cs, p->taps[1] * cs);
        l_line(l, "const float *patch = xs + ky * %d;", down);
        build_taps(l, k, p, cs, 1, p->taps[1]);
    } else {
        int step = most / (LANES / l->isa->width) * LANES;
        while (cs % step) step -= LANES;
        l_open(l, "for (int kx = 0; kx < %d; kx++)", p->taps[1]);
        l_open(l, "for (int j = 0; j < %d; j += %d)", cs, step);
        l_line(l, "float *sum = sums + (c + t) * %d + (ky * %d + kx) * %d + j;", taps_of(p) * cs,
               p->taps[1], cs);
        l_line(l, "const float *patch = xs + ky * %d + kx * %d + j;", down, right);
        build_taps(l, k, p, step, 1, 1);
        l_close(l);
        l_close(l);
    }
    l_close(l);
}

/* Sums to the weight's layout, added to the chunk's gradient. */
static void build_flush(Loops *l, const Kernel *k, const Pooled *p) {
    int taps = taps_of(p), cs = k->in.cs, channels = k->in.C;
    l_open(l, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    l_open(l, "for (int tap = 0; tap < %d; tap++)", taps);
    l_open(l, "for (int i = 0; i < %d; i += 16)", channels);
    l_line(l, "const float *sum = sums + (c * %d + tap) * %d + i;", taps, cs);
    l_line(l, "float *to = dw + ((c / 16 * %d + tap) * %d + i) * 16;", taps, channels);
    if (channels % LANES == 0 && !k->adds) {
        l_line(l, "TRANSPOSE(sum, %d, to, 16);", taps * cs);
    } else {
        l_line(l, "TRANSPOSE(sum, %d, turned, 16);", taps * cs);
        if (channels % LANES)
            l_line(l, "const int rows = %d - i < 16 ? %d - i : 16;", channels, channels);
        l_line(l,
               k->adds ? "for (int t = 0; t < %s; t++) STORE(to + t * 16, ADD(LOAD(to + t * 16), "
                         "LOAD(turned + t * 16)));"
                       : "for (int t = 0; t < %s; t++) STORE(to + t * 16, LOAD(turned + t * 16));",
               channels % LANES ? "rows" : "16");
    }
    for (int i = 0; i < 3; i++) l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    Parts q = parts_of(k, &p);
    int samples = pooled_samples(&p);
    pooled_build_base(l, &p, k->in.cs);
    l_line(l, "float *sums = scratch, *gradients = sums + %d, *places = gradients + %d;", q.sums,
           q.gradients);
    l_line(l, "float *turned = places + %d, *list = turned + %d;", q.places, 2 * q.turned);
    l_line(l, "int32_t *from = (int32_t *)(void *)(list + %d);", q.list);
    /* The first block of samples starts from zero; channels that are padding have no lists. */
    if (k->out.C % LANES)
        l_line(l, "NN_ZERO(sums + %d, %zu);", k->out.C * taps_of(&p) * k->in.cs,
               (size_t)(q.sums - k->out.C * taps_of(&p) * k->in.cs) * sizeof(float));
    if (q.input) {
        l_line(l, "float *input = list + %d;", 2 * q.list);
        l_line(l, "NN_ZERO(input, %zu);", (size_t)q.input * sizeof(float));
    }
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    l_line(l, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    if (q.input)
        pooled_build_border(l, k, &p);
    else
        l_line(l, "const float *xs = x + s0 * %d;", k->in.stride);
    l_open(l, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    build_rows(l, k, &p);
    build_lists(l, &q);
    l_open(l, "for (int t = 0; t < %s; t++)",
           k->out.C % LANES == 0
               ? "16"
               : arena_printf(l->arena, "(%d - c < 16 ? %d - c : 16)", k->out.C, k->out.C));
    build_products(l, k, &p);
    l_close(l);
    l_close(l);
    l_close(l);
    build_flush(l, k, &p);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    const Pooled p = pooled_sizes(k->node);
    (void)isa;
    return arena_printf(
        arena,
        "Tile: sums are the %d x %d places of the kernel; 16 of %d inputs in lanes, so that an "
        "output's windows that\nare not zero go through a list, one by one.",
        p.taps[0], p.taps[1], k->in.C);
}

const Family family_pooled_wgrad = {
    .name = "weight gradient through pool",
    .fits = fits,
    .lower = pooled_wgrad_lower,
    .build = build,
    .scratch = scratch,
    .reason = reason,
    .shortcut = true,
    .through_pool = true,
};
