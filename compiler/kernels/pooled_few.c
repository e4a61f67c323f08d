/* Weight gradient of a convolution of few channels through the max-pool on it: lanes are output
 * channels, accumulators are kernel places and input channels, and every window adds its gradient
 * times what its winner read.
 *
 * A winner differs from lane to lane. Where a window has two rows and what it reads fits in rows of
 * four floats, the lanes pick their value from two such rows in a register. Else the gradient is
 * split by winner, and each value that the window reads meets every part of it. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "contraction.h"
#include "pooled.h"
#include "tile.h"

enum { MAX_PLACES = 9, PICK_COLUMNS = 4 };

static bool fits(const Node *node) {
    return node->op == &op_conv2d_wgrad && pooled_fits(node) &&
           node->in[0]->type.shape.dim[0] < LANES / 2 && pooled_sizes(node).places <= MAX_PLACES;
}

static int64_t scratch(const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    return pooled_border_floats(k, &p);
}

static bool picks(const Kernel *k, const Pooled *p) {
    return k->in.cs == 1 && p->window[0] == 2 && pooled_reach(p) <= PICK_COLUMNS &&
           p->taps[0] * p->taps[1] <= 9;
}

/* Opens the loops over the block's windows: q, patch, o. */
static void open_windows(Loops *l, const Kernel *k, const Pooled *p) {
    const char *base = pooled_base(l->arena, p, k->in.cs);
    int sample = pooled_padded(p) ? p->padded[0] * p->padded[1] * k->in.cs : k->in.stride;
    l_open(l, "for (int s = s0; s < s1; s++)");
    l_open(l, "for (int q = 0; q < %d; q++)", p->windows[0] * p->windows[1]);
    l_line(l, "const float *patch = xs + (s - s0) * %d + %s;", sample, base);
    l_line(l, "const int o = s * %d + q * %d + c + v;", k->out.stride, k->out.cs);
    l_line(l, "const V g = V_LOAD(dy + o);");
    l_line(l, "const VI won = V_BYTES(winner + o);");
}

/* The first block of samples starts from zero unless another kernel wrote to the gradient. */
static void build_start(Loops *l, const Kernel *k, int a) {
    l_flow(l, k->adds ? "V a%d = V_LOAD(to + %d);" : "V a%d = s0 > 0 ? V_LOAD(to + %d) : V_ZERO();",
           a, a * LANES);
}

static void build_picks(Loops *l, const Kernel *k, const Pooled *p) {
    int taps = p->taps[0] * p->taps[1], row = p->padded[1];
    for (int t = 0; t < taps; t++) build_start(l, k, t);
    open_windows(l, k, p);
    /* From the number in the window to that in two rows of four. */
    if (p->window[1] == 2 && p->stride[1] == 1) {
        l_line(l, "const VI at = V_IPLUS(won, V_IAND(won, 2));");
    } else {
        l_line(l, "VI at = V_ISET(0);");
        for (int i = 1; i < p->places; i++)
            l_line(l, "at = V_ISELECT(won, %d, %d, at);", i,
                   i / p->window[1] * PICK_COLUMNS + i % p->window[1] * p->stride[1]);
    }
    for (int x = 1; x < p->taps[1]; x++)
        l_line(l, "const VI at%d = V_IADD(at, %d);", x, x * p->dilation[1]);
    for (int y = 0; y < p->taps[0]; y++) {
        l_open(l, "%s", "");
        l_line(l, "const VT rows = V_ROWS(patch + %d, patch + %d);", y * p->dilation[0] * row,
               (y * p->dilation[0] + p->stride[0]) * row);
        for (int x = 0; x < p->taps[1]; x++) {
            int t = y * p->taps[1] + x;
            if (x)
                l_line(l, "a%d = V_FMA(V_PICK(rows, at%d), g, a%d);", t, x, t);
            else
                l_line(l, "a%d = V_FMA(V_PICK(rows, at), g, a%d);", t, t);
        }
        l_close(l);
    }
    l_close(l);
    l_close(l);
    for (int t = 0; t < taps; t++) l_line(l, "V_STORE(to + %d, a%d);", t * LANES, t);
}

/* Accumulators [first, last) of kernel places times channels. */
static void build_split(Loops *l, const Kernel *k, const Pooled *p, int first, int last) {
    int cs = k->in.cs, channels = k->in.C, row = p->padded[1] * cs;
    l_open(l, "%s", "");
    for (int a = first; a < last; a++) build_start(l, k, a);
    open_windows(l, k, p);
    for (int i = 0; i < p->places; i++) l_line(l, "const V g%d = V_KEEP(won, %d, g);", i, i);
    int height = (p->taps[0] - 1) * p->dilation[0] + 1 + (p->window[0] - 1) * p->stride[0];
    for (int y = 0; y < height; y++)
        for (int x = 0; x < pooled_reach(p); x++)
            for (int c = 0; c < channels; c++) {
                bool first_one = true;
                for (int i = 0; i < p->places; i++) {
                    int ty = y - i / p->window[1] * p->stride[0];
                    int tx = x - i % p->window[1] * p->stride[1];
                    if (ty < 0 || tx < 0 || ty % p->dilation[0] || tx % p->dilation[1]) continue;
                    ty /= p->dilation[0];
                    tx /= p->dilation[1];
                    int a = (ty * p->taps[1] + tx) * channels + c;
                    if (ty >= p->taps[0] || tx >= p->taps[1] || a < first || a >= last) continue;
                    int at = y * row + x * cs + c;
                    if (first_one) l_flow(l, "const V f%d = V_SET(patch[%d]);", at, at);
                    first_one = false;
                    l_flow(l, "a%d = V_FMA(f%d, g%d, a%d);", a, at, i, a);
                }
            }
    l_close(l);
    l_close(l);
    for (int a = first; a < last; a++) l_flow(l, "V_STORE(to + %d, a%d);", a * LANES, a);
    l_close(l);
}

/* The same for `taps` taps of a kernel row, from `to` on: the places of a window are a loop. */
static void build_row_taps(Loops *l, const Kernel *k, const Pooled *p, int taps) {
    int channels = k->in.C;
    l_line(l, "float *to = sums + (ky * %d + kx) * %d;", p->taps[1], channels * LANES);
    for (int a = 0; a < taps * channels; a++) build_start(l, k, a);
    open_windows(l, k, p);
    l_line(l, "patch += ky * %d + kx * %d;", p->dilation[0] * p->padded[1] * k->in.cs,
           p->dilation[1] * k->in.cs);
    l_open(l, "for (int i = 0; i < %d; i++)", p->places);
    l_line(l, "const float *f = patch + place[i];");
    l_line(l, "const V part = V_KEEP(won, i, g);");
    for (int a = 0; a < taps * channels; a++)
        l_flow(l, "a%d = V_FMA(V_SET(f[%d]), part, a%d);", a,
               a / channels * p->dilation[1] * k->in.cs + a % channels, a);
    l_close(l);
    l_close(l);
    l_close(l);
    for (int a = 0; a < taps * channels; a++) l_flow(l, "V_STORE(to + %d, a%d);", a * LANES, a);
}

/* Kernel rows are a loop, and so are as many of their taps at a time as the registers hold. */
static void build_looped(Loops *l, const Kernel *k, const Pooled *p) {
    int most = (l->isa->registers - 2) / k->in.C, groups = (p->taps[1] + most - 1) / most;
    int taps = (p->taps[1] + groups - 1) / groups, rest = p->taps[1] % taps;
    l_open(l, "for (int ky = 0; ky < %d; ky++)", p->taps[0]);
    l_open(l, "for (int kx = 0; kx + %d <= %d; kx += %d)", taps, p->taps[1], taps);
    build_row_taps(l, k, p, taps);
    l_close(l);
    if (rest) {
        l_open(l, "%s", "");
        l_line(l, "const int kx = %d;", p->taps[1] - rest);
        build_row_taps(l, k, p, rest);
        l_close(l);
    }
    l_close(l);
}

/* The table of pooled_place(). */
static void build_places(Loops *l, const Kernel *k, const Pooled *p) {
    int *place = ARENA_ARRAY(l->arena, int, p->places);
    for (int i = 0; i < p->places; i++) place[i] = pooled_place(p, i) * k->in.cs;
    l_table(l, "place", place, p->places);
}

static void build_all(Loops *l, const Kernel *k, const Pooled *p, bool looped) {
    int sums = p->taps[0] * p->taps[1] * k->in.C, samples = pooled_samples(p);
    pooled_build_base(l, p, k->in.cs);
    if (looped) build_places(l, k, p);
    if (pooled_padded(p)) {
        l_line(l, "float *input = scratch;");
        l_line(l, "NN_ZERO(input, %zu);", (size_t)pooled_border_floats(k, p) * sizeof(float));
    }
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    l_line(l, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    if (pooled_padded(p))
        pooled_build_border(l, k, p);
    else
        l_line(l, "const float *xs = x + s0 * %d;", k->in.stride);
    l_open(l, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    l_open(l, "for (int v = 0; v < 16; v += %d)", l->isa->width);
    l_line(l, "float *%s = dw + c * %d + v;", looped ? "sums" : "to", sums);
    if (picks(k, p)) {
        build_picks(l, k, p);
    } else if (looped) {
        build_looped(l, k, p);
    } else {
        int most = l->isa->registers - p->places - 1, passes = (sums + most - 1) / most;
        for (int i = 0; i < passes; i++)
            build_split(l, k, p, sums * i / passes, sums * (i + 1) / passes);
    }
    l_close(l);
    l_close(l);
    l_close(l);
}

/* Straight code for all taps of the kernel, where that is short. */
static void build(Loops *l, const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    bool looped =
        !picks(k, &p) && (p.places > MAX_STEPS || p.taps[0] * p.taps[1] * k->in.C > MAX_FMAS);
    Loops *draft = loops_new(l->arena, k, l->isa);
    if (!looped) build_all(draft, k, &p, false);
    if (looped || !tile_fits_budget(loops_lines(draft)))
        build_all(l, k, &p, true);
    else
        *l = *draft;
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    const Pooled p = pooled_sizes(k->node);
    (void)isa;
    return arena_printf(
        arena,
        "Tile: sums are the %d x %d places of the kernel times %d inputs; 16 outputs in lanes, as "
        "there are fewer inputs.\nEach window adds what its winner read.",
        p.taps[0], p.taps[1], k->in.C);
}

const Family family_pooled_few = {
    .name = "weight gradient through pool, few channels",
    .fits = fits,
    .lower = pooled_wgrad_lower,
    .build = build,
    .scratch = scratch,
    .reason = reason,
    .shortcut = true,
    .through_pool = true,
};
