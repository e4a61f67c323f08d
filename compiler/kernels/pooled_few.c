/* Weight gradient of a convolution of few channels through the max-pool on it: lanes are output
 * channels, accumulators are kernel places and input channels, and every window adds its gradient
 * times what its winner read.
 *
 * A winner differs from lane to lane. Where a window has two rows and what it reads fits in rows of
 * four floats, the lanes pick their value from two such rows in a register. Else the gradient is
 * split by winner, and each value that the window reads meets every part of it. */
#include "../ops/ops.h"
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

/* Places of a row that a window's winners read with the kernel. */
static int reach(const Pooled *p) {
    return (p->taps[1] - 1) * p->dilation[1] + 1 + (p->window[1] - 1) * p->stride[1];
}

static bool picks(const Kernel *k, const Pooled *p) {
    return k->in.cs == 1 && p->window[0] == 2 && reach(p) <= PICK_COLUMNS &&
           p->taps[0] * p->taps[1] <= 9;
}

/* Opens the loops over the block's windows: q, patch, o. */
static void open_windows(Writer *w, const Kernel *k, const Pooled *p) {
    Arena *arena = arena_new();
    const char *base = pooled_base(arena, p, k->in.cs);
    int sample = pooled_padded(p) ? p->padded[0] * p->padded[1] * k->in.cs : k->in.stride;
    w_line(w, "for (int s = s0; s < s1; s++)");
    w_open(w, "for (int q = 0; q < %d; q++)", p->windows[0] * p->windows[1]);
    w_line(w, "const float *patch = xs + (s - s0) * %d + %s;", sample, base);
    w_line(w, "const int o = s * %d + q * %d + c + v;", k->out.stride, k->out.cs);
    w_line(w, "const V g = V_LOAD(dy + o);");
    w_line(w, "const VI won = V_BYTES(winner + o);");
    arena_free(arena);
}

/* The first block of samples starts from zero unless another kernel wrote to the gradient. */
static void write_start(Writer *w, const Kernel *k, int a) {
    w_flow(w, k->adds ? "V a%d = V_LOAD(to + %d);" : "V a%d = s0 > 0 ? V_LOAD(to + %d) : V_ZERO();",
           a, a * LANES);
}

static void write_picks(Writer *w, const Kernel *k, const Pooled *p) {
    int taps = p->taps[0] * p->taps[1], row = p->padded[1];
    for (int t = 0; t < taps; t++) write_start(w, k, t);
    open_windows(w, k, p);
    /* From the number in the window to that in two rows of four. */
    if (p->window[1] == 2 && p->stride[1] == 1) {
        w_line(w, "const VI at = V_IPLUS(won, V_IAND(won, 2));");
    } else {
        w_line(w, "VI at = V_ISET(0);");
        for (int i = 1; i < p->places; i++)
            w_line(w, "at = V_ISELECT(won, %d, %d, at);", i,
                   i / p->window[1] * PICK_COLUMNS + i % p->window[1] * p->stride[1]);
    }
    for (int x = 1; x < p->taps[1]; x++)
        w_line(w, "const VI at%d = V_IADD(at, %d);", x, x * p->dilation[1]);
    for (int y = 0; y < p->taps[0]; y++) {
        w_open(w, "%s", "");
        w_line(w, "const VT rows = V_ROWS(patch + %d, patch + %d);", y * p->dilation[0] * row,
               (y * p->dilation[0] + p->stride[0]) * row);
        for (int x = 0; x < p->taps[1]; x++) {
            int t = y * p->taps[1] + x;
            if (x)
                w_line(w, "a%d = V_FMA(V_PICK(rows, at%d), g, a%d);", t, x, t);
            else
                w_line(w, "a%d = V_FMA(V_PICK(rows, at), g, a%d);", t, t);
        }
        w_close(w);
    }
    w_close(w);
    for (int t = 0; t < taps; t++) w_line(w, "V_STORE(to + %d, a%d);", t * LANES, t);
}

/* Accumulators [first, last) of kernel places times channels. */
static void write_split(Writer *w, const Kernel *k, const Pooled *p, int first, int last) {
    int cs = k->in.cs, channels = k->in.C, row = p->padded[1] * cs;
    Arena *arena = arena_new();
    w_open(w, "%s", "");
    for (int a = first; a < last; a++) write_start(w, k, a);
    open_windows(w, k, p);
    for (int i = 0; i < p->places; i++) w_line(w, "const V g%d = V_KEEP(won, %d, g);", i, i);
    int height = (p->taps[0] - 1) * p->dilation[0] + 1 + (p->window[0] - 1) * p->stride[0];
    for (int y = 0; y < height; y++)
        for (int x = 0; x < reach(p); x++)
            for (int c = 0; c < channels; c++) {
                char *line = NULL;
                for (int i = 0; i < p->places; i++) {
                    int ty = y - i / p->window[1] * p->stride[0];
                    int tx = x - i % p->window[1] * p->stride[1];
                    if (ty < 0 || tx < 0 || ty % p->dilation[0] || tx % p->dilation[1]) continue;
                    ty /= p->dilation[0];
                    tx /= p->dilation[1];
                    int a = (ty * p->taps[1] + tx) * channels + c;
                    if (ty >= p->taps[0] || tx >= p->taps[1] || a < first || a >= last) continue;
                    if (!line)
                        line = arena_printf(arena, "{ const V f = V_SET(patch[%d]);",
                                            y * row + x * cs + c);
                    line = arena_printf(arena, "%s a%d = V_FMA(f, g%d, a%d);", line, a, i, a);
                }
                if (line) w_flow(w, "%s }", line);
            }
    w_close(w);
    for (int a = first; a < last; a++) w_flow(w, "V_STORE(to + %d, a%d);", a * LANES, a);
    w_close(w);
    arena_free(arena);
}

/* The same for `taps` taps of a kernel row, from `to` on: the places of a window are a loop. */
static void write_row_taps(Writer *w, const Kernel *k, const Pooled *p, int taps) {
    int channels = k->in.C;
    for (int a = 0; a < taps * channels; a++) write_start(w, k, a);
    open_windows(w, k, p);
    w_line(w, "patch += ky * %d + kx * %d;", p->dilation[0] * p->padded[1] * k->in.cs,
           p->dilation[1] * k->in.cs);
    w_open(w, "for (int i = 0; i < %d; i++)", p->places);
    w_line(w, "const float *f = patch + place[i];");
    w_line(w, "const V part = V_KEEP(won, i, g);");
    for (int a = 0; a < taps * channels; a++)
        w_flow(w, "a%d = V_FMA(V_SET(f[%d]), part, a%d);", a,
               a / channels * p->dilation[1] * k->in.cs + a % channels, a);
    w_close(w);
    w_close(w);
    for (int a = 0; a < taps * channels; a++) w_flow(w, "V_STORE(to + %d, a%d);", a * LANES, a);
    w_line(w, "to += %d;", taps * channels * LANES);
}

/* Kernel rows are a loop, and so are as many of their taps at a time as the registers hold. */
static void write_looped(Writer *w, const Kernel *k, const Pooled *p, const Isa *isa) {
    int most = (isa->registers - 2) / k->in.C, groups = (p->taps[1] + most - 1) / most;
    int taps = (p->taps[1] + groups - 1) / groups, rest = p->taps[1] % taps;
    w_open(w, "for (int ky = 0; ky < %d; ky++)", p->taps[0]);
    w_line(w, "int kx = 0;");
    w_open(w, "for (; kx + %d <= %d; kx += %d)", taps, p->taps[1], taps);
    write_row_taps(w, k, p, taps);
    w_close(w);
    if (rest) {
        w_open(w, "%s", "");
        write_row_taps(w, k, p, rest);
        w_close(w);
    }
    w_close(w);
}

/* The table of pooled_place(). */
static void write_places(Writer *w, const Kernel *k, const Pooled *p) {
    Arena *arena = arena_new();
    const char *list = "";
    for (int i = 0; i < p->places; i++)
        list = arena_printf(arena, "%s%s%d", list, i ? ", " : "", pooled_place(p, i) * k->in.cs);
    w_line(w, "static const int place[%d] = {%s};", p->places, list);
    arena_free(arena);
}

static void write_all(Writer *w, const Kernel *k, const Pooled *p, const Isa *isa, bool looped) {
    int sums = p->taps[0] * p->taps[1] * k->in.C, samples = pooled_samples(p);
    pooled_write_base(w, p, k->in.cs);
    if (looped) write_places(w, k, p);
    if (pooled_padded(p)) {
        w_line(w, "float *input = scratch;");
        w_line(w, "NN_ZERO(input, %zu);", (size_t)pooled_border_floats(k, p) * sizeof(float));
    }
    w_open(w, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    w_line(w, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    if (pooled_padded(p))
        pooled_write_border(w, k, p);
    else
        w_line(w, "const float *xs = x + s0 * %d;", k->in.stride);
    w_line(w, "for (int c = 0; c < %d; c += 16)", round_up(k->out.C, LANES));
    w_open(w, "for (int v = 0; v < 16; v += %d)", isa->width);
    w_line(w, "float *to = dw + c * %d + v;", sums);
    if (picks(k, p)) {
        write_picks(w, k, p);
    } else if (looped) {
        write_looped(w, k, p, isa);
    } else {
        int most = isa->registers - p->places - 1, passes = (sums + most - 1) / most;
        for (int i = 0; i < passes; i++)
            write_split(w, k, p, sums * i / passes, sums * (i + 1) / passes);
    }
    w_close(w);
    w_close(w);
}

/* Straight code for all taps of the kernel, where that is short. */
static void write(Writer *w, const Kernel *k, const Isa *isa) {
    Pooled p = pooled_sizes(k->node);
    Arena *arena = arena_new();
    Writer *draft = writer_new(arena);
    bool looped =
        !picks(k, &p) && (p.places > MAX_STEPS || p.taps[0] * p.taps[1] * k->in.C > MAX_FMAS);
    if (!looped) write_all(draft, k, &p, isa, false);
    if (looped || !tile_fits_budget(draft))
        write_all(w, k, &p, isa, true);
    else
        w_lines_of(w, draft);
    arena_free(arena);
}

const Family family_pooled_few = {
    .name = "weight gradient through pool, few channels",
    .fits = fits,
    .write = write,
    .scratch = scratch,
    .shortcut = true,
};
