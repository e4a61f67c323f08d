/* Weight gradients of depthwise convolutions: a lane is a channel, the sums of a row of taps stay
 * in registers, for as many blocks of channels at once as hide the latency of additions. They go on
 * over samples and output places in order; between rows of taps they are in memory, which rounds
 * nothing. A few rows of outputs at a time, so that all rows of taps read them from the nearest
 * cache. Wide kernels go tap by tap. */
#include "../graph/layers.h"
#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "contract.h"
#include "contraction.h"
#include "lines.h"

/* Floats of inputs and output gradients that stay in the first-level cache; sums at a time. */
enum { NEAR_FLOATS = 8192, SUMS = 10, MOST_COLUMNS = 4 };

static bool fits(const Node *node) {
    return node->op == &op_conv2d_wgrad && conv_is_depthwise(node);
}

static void lower(Lowering *l, Node *node) {
    Buffer *x, *dy;
    Node *at[2] = {in_channels(l, node->in[0], &x), in_channels(l, node->in[1], &dy)};
    Kernel *k = node_kernel(l, node);
    k->flops = node_flops(node);
    k->in = x->layout;
    k->out = dy->layout;
    read_value(l, k, "x", x, at[0]);
    read_value(l, k, "dy", dy, at[1]);
    lower_operand(l, k, "dw", l->gradient, NULL, true);
}

/* Register v of the channels at hand, in floats from the first. */
static int register_at(const Nest *n, int v) {
    return v * n->isa->width;
}

/* The columns from x0 on for one register of channels. */
static void build_columns(Loops *l, const Nest *n, int v, int x0, int columns) {
    for (int q = 0; q < columns; q++) {
        bool met = false;
        for (int t = 0; t < n->x.taps; t++) {
            int p, before;
            if (!axis_reads(&n->x, x0 + q, t, &p)) continue;
            if (!met)
                l_flow(l, "const V g%d_%d = V_LOAD(gt + %d);", q, v,
                       q * n->out.cs + register_at(n, v));
            met = true;
            bool loaded = false;
            for (int i = 0; i < q * n->x.taps + t && !loaded; i++)
                loaded =
                    axis_reads(&n->x, x0 + i / n->x.taps, i % n->x.taps, &before) && before == p;
            if (!loaded)
                l_flow(l, "const V x%d_%d = V_LOAD(xt + %d);", p, v,
                       p * n->in.cs + register_at(n, v));
            l_flow(l, "a%d_%d = V_FMA(x%d_%d, g%d_%d, a%d_%d);", t, v, p, v, q, v, t, v);
        }
    }
}

/* A row of outputs, with the sums of a row of taps. */
static void build_row(Loops *l, const Nest *n, int vectors) {
    for (int x0 = 0, x1; x0 < n->x.out; x0 = x1) {
        const int columns = n->x.out - x0 < n->columns ? n->x.out - x0 : n->columns;
        x1 = axis_alike(&n->x, x0, columns);
        /* A loop even of one turn: it is a straight body of its own. */
        l_open(l, "for (int ox = %d; ox < %d; ox += %d)", x0, x1, columns);
        l_line(l, "const float *xt = xr + (ox - %d) * %d, *gt = gr + ox * %d;", x0,
               n->x.a * n->in.cs, n->out.cs);
        for (int v = 0; v < vectors; v++) build_columns(l, n, v, x0, columns);
        l_close(l);
    }
}

/* The same for tap kx alone. */
static void build_tap(Loops *l, const Nest *n, int vectors) {
    l_open(l, "for (int ox = x_from[kx]; ox < x_to[kx]; ox++)");
    l_line(l, "const int ix = ox * %d + kx * %d + %d;", n->x.a, n->x.b, n->x.c);
    /* What the tables say: the tap reads inside. */
    l_given(l, "ix", "0", arena_printf(n->arena, "%d", n->x.in - 1));
    l_line(l, "const float *xt = xr + ix * %d, *gt = gr + ox * %d;", n->in.cs, n->out.cs);
    for (int v = 0; v < vectors; v++)
        l_flow(l, "a0_%d = V_FMA(V_LOAD(xt + %d), V_LOAD(gt + %d), a0_%d);", v, register_at(n, v),
               register_at(n, v), v);
    l_close(l);
}

/* Whether the sums of a row of taps fit registers, beside an input and a gradient. */
static bool may_be_straight(const Nest *n) {
    return n->x.taps <= MAX_STEPS && n->x.taps * isa_vectors(n->isa) + 2 <= n->isa->registers;
}

/* Blocks of channels at once: enough sums to hide the latency, and room for what they add. */
static int most_blocks(const Nest *n, bool straight) {
    const int taps = (straight ? n->x.taps : 1) * isa_vectors(n->isa), blocks = n->in.cs / LANES;
    int most = (SUMS + taps - 1) / taps;
    while (most > 1 && most * taps + 2 > n->isa->registers) most--;
    return most < blocks ? most : blocks;
}

/* Rows of outputs at a time. */
static int near_rows(const Nest *n) {
    const int row = (n->y.a * n->in.W + n->out.W) * most_blocks(n, may_be_straight(n)) * LANES;
    const int near = NEAR_FLOATS / row > 1 ? NEAR_FLOATS / row : 1;
    const int parts = (n->y.out + near - 1) / near;
    return (n->y.out + parts - 1) / parts;
}

/* The rows of outputs that row ky of taps reads inside with. */
static void open_rows(Loops *l, const Nest *n) {
    const bool all = axis_always_inside(&n->y);
    const int rows = near_rows(n);
    const char *from = all ? "0" : "y_from[ky]";
    const char *to = all ? arena_printf(n->arena, "%d", n->y.out) : "y_to[ky]";
    if (rows < n->y.out) {
        l_line(l, "const int end = y0 + %d < %s ? y0 + %d : %s;", rows, to, rows, to);
        l_line(l, all ? "const int begin = y0;" : "const int begin = y0 > %s ? y0 : %s;", from,
               from);
        from = "begin";
        to = "end";
    }
    l_open(l, "for (int oy = %s; oy < %s; oy++)", from, to);
    l_line(l, "const int iy = oy * %d + ky * %d + %d;", n->y.a, n->y.b, n->y.c);
    /* What the tables say: the row reads inside. */
    if (!all) l_given(l, "iy", "0", arena_printf(n->arena, "%d", n->y.in - 1));
    l_line(l, "const float *xr = x + s * %d + iy * %d + c, *gr = dy + s * %d + oy * %d + c;",
           n->in.stride, n->in.W * n->in.cs, n->out.stride, n->out.W * n->out.cs);
}

/* `blocks` blocks of channels from c on: rows of taps, one after the other. */
static void build_blocks(Loops *l, const Nest *n, int blocks, bool straight) {
    const int per_block = isa_vectors(n->isa), vectors = blocks * per_block;
    const int taps = straight ? n->x.taps : 1, block = n->y.taps * n->x.taps * LANES;
    l_open(l, "for (int ky = 0; ky < %d; ky++)", n->y.taps);
    if (!straight) l_open(l, "for (int kx = 0; kx < %d; kx++)", n->x.taps);
    l_line(l, "float *d = dw + c * %d + ky * %d%s;", n->y.taps * n->x.taps, n->x.taps * LANES,
           straight ? "" : " + kx * 16");
    for (int t = 0; t < taps; t++)
        for (int v = 0; v < vectors; v++)
            l_flow(l, "V a%d_%d = V_LOAD(d + %d);", t, v,
                   v / per_block * block + t * LANES + v % per_block * n->isa->width);
    open_rows(l, n);
    if (straight)
        build_row(l, n, vectors);
    else
        build_tap(l, n, vectors);
    l_close(l);
    for (int t = 0; t < taps; t++)
        for (int v = 0; v < vectors; v++)
            l_flow(l, "V_STORE(d + %d, a%d_%d);",
                   v / per_block * block + t * LANES + v % per_block * n->isa->width, t, v);
    if (!straight) l_close(l);
    l_close(l);
}

static void build_nest(Loops *l, const Nest *n, bool straight) {
    const int most = most_blocks(n, straight), blocks = n->in.cs / LANES, full = blocks / most;
    const int rows = near_rows(n);
    if (!axis_always_inside(&n->y)) axis_tables(l, &n->y, "y");
    if (!straight) axis_tables(l, &n->x, "x");
    zero_gradient(l, n->k, "dw");
    l_open(l, "for (int s = 0; s < n; s++)");
    if (rows < n->y.out) l_open(l, "for (int y0 = 0; y0 < %d; y0 += %d)", n->y.out, rows);
    l_open(l, "for (int c = 0; c < %d; c += %d)", full * most * LANES, most * LANES);
    build_blocks(l, n, most, straight);
    l_close(l);
    if (full * most < blocks) {
        l_open(l, "%s", "");
        l_line(l, "const int c = %d;", full * most * LANES);
        build_blocks(l, n, blocks - full * most, straight);
        l_close(l);
    }
    if (rows < n->y.out) l_close(l);
    l_close(l);
}

static void set_geometry(Nest *n) {
    n->in = n->k->in;
    n->out = n->k->out;
    contract_axes(n);
}

static void build(Loops *l, const Kernel *k) {
    Nest n = {.k = k, .isa = l->isa, .arena = l->arena};
    set_geometry(&n);
    for (n.columns = may_be_straight(&n) ? MOST_COLUMNS : 0; n.columns > 0; n.columns /= 2) {
        Loops *draft = loops_new(l->arena, k, l->isa);
        build_nest(draft, &n, true);
        if (!tile_fits_budget(loops_lines(draft))) continue;
        *l = *draft;
        return;
    }
    build_nest(l, &n, false);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena};
    set_geometry(&n);
    return arena_printf(
        arena,
        "Tile: a row of taps x at most %d channels, enough sums to hide the latency "
        "of additions.\n%d rows of outputs at a time stay in the first-level cache "
        "while all rows of taps read them.",
        most_blocks(&n, may_be_straight(&n)) * LANES, near_rows(&n));
}

const Family family_depthwise_wgrad = {
    .name = "depthwise weight gradient",
    .fits = fits,
    .lower = lower,
    .build = build,
    .reason = reason,
};
