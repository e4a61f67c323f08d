/* Weight gradient of a convolution through the max-pool on it. For each output channel a list of
 * the windows that are alive, with their gradient and the place that their winner reads; then every
 * item adds its gradient times the patch of the input, whose channels are lanes. Sums lie
 * [out][ky][kx][in] until the chunk is done, and are turned into the weight's layout then. */
#include "../ops/ops.h"
#include "pooled.h"

enum { MAX_BODIES = 4 }; /* straight bodies for the kernel's taps, before they become a loop */

/* Floats of the parts of scratch memory, in this order. */
typedef struct Parts {
    int sums, gradients, places, list, turned, input, item_rows, list_stride;
} Parts;

static bool fits(const Node *node) {
    if (node->op != &op_conv2d_wgrad || !pooled_fits(node)) return false;
    /* Lanes are input channels: few would leave most of them empty. Fields are not padded. */
    return node->in[0]->type.shape.dim[0] >= LANES / 2 && !is_unpadded(node->in[0]);
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

/* The block's gradients and places by window, channels in lanes. */
static void write_rows(Writer *w, Arena *arena, const Kernel *k, const Pooled *p) {
    int windows = p->windows[0] * p->windows[1], cs = k->in.cs;
    int sample = pooled_padded(p) ? p->padded[0] * p->padded[1] * cs : k->in.stride;
    w_line(w, "int items = 0;");
    w_line(w, "for (int s = s0; s < s1; s++)");
    w_open(w, "for (int q = 0; q < %d; q++, items++)", windows);
    w_line(w, "const int o = s * %d + q * %d + c;", k->out.stride, k->out.cs);
    w_line(w, "const I16 won = LOAD_BYTES(winner + o);");
    w_line(w, "I16 at = ISET(0);");
    for (int i = 1; i < p->places; i++)
        w_line(w, "at = ISELECT(IEQ(won, ISET(%d)), ISET(%d), at);", i, pooled_place(p, i) * cs);
    w_line(w, "STORE(gradients + items * 16, LOAD(dy + o));");
    w_line(w,
           "STORE(places + items * 16, AS_FLOAT(IADD(at, ISET((uint32_t)(%s + (s - s0) * %d)))));",
           pooled_base(arena, p, cs), sample);
    w_close(w);
    w_open(w, "for (int i = items; i %% 16; i++)");
    w_line(w, "STORE(gradients + i * 16, SET(0.0f));");
    w_line(w, "STORE(places + i * 16, SET(0.0f));");
    w_close(w);
}

static void write_lists(Writer *w, const Parts *q) {
    w_line(w, "int count[16] = {0};");
    w_open(w, "for (int i = 0; i < items; i += 16)");
    w_line(w, "TRANSPOSE(gradients + i * 16, 16, turned, 16);");
    w_line(w, "TRANSPOSE(places + i * 16, 16, turned + 256, 16);");
    w_open(w, "for (int t = 0; t < 16; t++)");
    w_line(w, "const F16 g = LOAD(turned + t * 16);");
    w_line(w, "const int end = t * %d + count[t];", q->list_stride);
    w_line(w, "count[t] += COMPRESS(list + end, from + end, NONZERO(g), g, AS_INT(LOAD(turned + "
              "256 + t * 16)));");
    w_close(w);
    w_close(w);
}

/* One pass over a list: vectors at `x_at[i]` floats from the item's place go to accumulators that
 * lie `sum_at[i]` floats from `sum`. */
static void write_pass(Writer *w, const int *x_at, const int *sum_at, int vectors) {
    w_open(w, "%s", "");
    for (int i = 0; i < vectors; i++) w_flow(w, "V a%d = V_ZERO();", i);
    w_open(w, "if (s0 > 0)");
    for (int i = 0; i < vectors; i++) w_flow(w, "a%d = V_LOAD(sum + %d);", i, sum_at[i]);
    w_close(w);
    w_open(w, "for (int i = 0; i < alive; i++)");
    w_line(w, "const V g = V_SET(gs[i]);");
    w_line(w, "const float *v = patch + at[i];");
    for (int i = 0; i < vectors; i++)
        w_flow(w, "a%d = V_FMA(g, V_LOAD(v + %d), a%d);", i, x_at[i], i);
    w_close(w);
    for (int i = 0; i < vectors; i++) w_flow(w, "V_STORE(sum + %d, a%d);", sum_at[i], i);
    w_close(w);
}

/* Straight passes over `taps` taps in a row of the kernel's taps from the first one of the row on.
 */
static void write_taps(Writer *w, Arena *arena, const Pooled *p, const Isa *isa, int cs, int rows,
                       int columns) {
    int per_tap = cs / isa->width, total = rows * columns * per_tap, most = isa->registers - 2;
    int *x_at = ARENA_ARRAY(arena, int, total), *sum_at = ARENA_ARRAY(arena, int, total);
    for (int i = 0; i < total; i++) {
        int tap = i / per_tap, c = i % per_tap * isa->width;
        x_at[i] =
            (tap / columns * p->dilation[0] * p->padded[1] + tap % columns * p->dilation[1]) * cs +
            c;
        sum_at[i] = tap * cs + c;
    }
    int bodies = (total + most - 1) / most;
    for (int b = 0; b < bodies; b++) {
        int first = total * b / bodies, last = total * (b + 1) / bodies;
        write_pass(w, x_at + first, sum_at + first, last - first);
    }
}

static void write_products(Writer *w, Arena *arena, const Kernel *k, const Pooled *p,
                           const Isa *isa) {
    int cs = k->in.cs, most = isa->registers - 2, per_tap = cs / isa->width;
    w_line(w, "const float *gs = list + t * %d;", parts_of(k, p).list_stride);
    w_line(w, "const int32_t *at = from + t * %d;", parts_of(k, p).list_stride);
    w_line(w, "const int alive = count[t];");
    w_line(w, "float *sum = sums + (c + t) * %d;", taps_of(p) * cs);
    w_line(w, "const float *patch = xs;");
    if (taps_of(p) * per_tap <= most) {
        write_taps(w, arena, p, isa, cs, p->taps[0], p->taps[1]);
        return;
    }
    w_open(w, "for (int ky = 0; ky < %d; ky++, patch += %d)", p->taps[0],
           p->dilation[0] * p->padded[1] * cs);
    if (p->taps[1] * per_tap <= MAX_BODIES * most) {
        write_taps(w, arena, p, isa, cs, 1, p->taps[1]);
        w_line(w, "sum += %d;", p->taps[1] * cs);
    } else {
        int step = most / (LANES / isa->width) * LANES;
        while (cs % step) step -= LANES;
        w_line(w, "for (int kx = 0; kx < %d; kx++)", p->taps[1]);
        w_open(w, "for (int j = 0; j < %d; j += %d, sum += %d)", cs, step, step);
        w_line(w, "const float *row = patch;");
        w_open(w, "%s", "");
        w_line(w, "const float *patch = row + kx * %d + j;", p->dilation[1] * cs);
        write_taps(w, arena, p, isa, step, 1, 1);
        w_close(w);
        w_close(w);
    }
    w_close(w);
}

/* Sums to the weight's layout, added to the chunk's gradient. */
static void write_flush(Writer *w, const Kernel *k, const Pooled *p) {
    int taps = taps_of(p), cs = k->in.cs, channels = k->in.C;
    w_line(w, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    w_line(w, "for (int tap = 0; tap < %d; tap++)", taps);
    w_open(w, "for (int i = 0; i < %d; i += 16)", channels);
    w_line(w, "const float *sum = sums + (c * %d + tap) * %d + i;", taps, cs);
    w_line(w, "float *to = dw + ((c / 16 * %d + tap) * %d + i) * 16;", taps, channels);
    if (channels % LANES == 0 && !k->adds) {
        w_line(w, "TRANSPOSE(sum, %d, to, 16);", taps * cs);
    } else {
        w_line(w, "TRANSPOSE(sum, %d, turned, 16);", taps * cs);
        if (channels % LANES)
            w_line(w, "const int rows = %d - i < 16 ? %d - i : 16;", channels, channels);
        w_line(w,
               k->adds ? "for (int t = 0; t < %s; t++) STORE(to + t * 16, ADD(LOAD(to + t * 16), "
                         "LOAD(turned + t * 16)));"
                       : "for (int t = 0; t < %s; t++) STORE(to + t * 16, LOAD(turned + t * 16));",
               channels % LANES ? "rows" : "16");
    }
    w_close(w);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    Arena *arena = arena_new();
    Pooled p = pooled_sizes(k->node);
    Parts q = parts_of(k, &p);
    int samples = pooled_samples(&p);
    pooled_write_base(w, &p, k->in.cs);
    w_line(w, "float *sums = scratch, *gradients = sums + %d, *places = gradients + %d;", q.sums,
           q.gradients);
    w_line(w, "float *turned = places + %d, *list = turned + %d;", q.places, 2 * q.turned);
    w_line(w, "int32_t *from = (int32_t *)(void *)(list + %d);", q.list);
    /* The first block of samples starts from zero; channels that are padding have no lists. */
    if (k->out.C % LANES)
        w_line(w, "NN_ZERO(sums + %d, %zu);", k->out.C * taps_of(&p) * k->in.cs,
               (size_t)(q.sums - k->out.C * taps_of(&p) * k->in.cs) * sizeof(float));
    if (q.input) {
        w_line(w, "float *input = list + %d;", 2 * q.list);
        w_line(w, "NN_ZERO(input, %zu);", (size_t)q.input * sizeof(float));
    }
    w_open(w, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    w_line(w, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    if (q.input)
        pooled_write_border(w, k, &p);
    else
        w_line(w, "const float *xs = x + s0 * %d;", k->in.stride);
    w_open(w, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    write_rows(w, arena, k, &p);
    write_lists(w, &q);
    w_open(w, "for (int t = 0; t < %s; t++)",
           k->out.C % LANES == 0
               ? "16"
               : arena_printf(arena, "(%d - c < 16 ? %d - c : 16)", k->out.C, k->out.C));
    write_products(w, arena, k, &p, isa);
    w_close(w);
    w_close(w);
    w_close(w);
    write_flush(w, k, &p);
    arena_free(arena);
}

const Family family_pooled_wgrad = {
    .name = "weight gradient through pool",
    .fits = fits,
    .write = write,
    .scratch = scratch,
    .shortcut = true,
};
