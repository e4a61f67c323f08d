/* Weight gradients of linear and conv2d: lanes are output channels, the rows of a register tile are
 * input channels (and kernel columns where these lie next to each other), the reduction runs over
 * samples and output places in order. Adds to the gradient of the chunk. Samples go in blocks that
 * stay in the second-level cache; the accumulators pass through memory between blocks, which rounds
 * nothing. */
#include "../loops/loops.h"
#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "../ops/recurrence.h"
#include "contraction.h"
#include "pointwise.h"
#include "reason.h"
#include "spatial.h"
#include "tile.h"
#include "weights.h"

/* Floats of a block of samples that stay in the second-level cache (a quarter of 512 KiB): the
 * whole input, which every panel of outputs reads again, and one panel of the output gradient.
 * Blocks of samples that fit the first level measure slower: their sums pass through memory too
 * often. Rows of one large sample do not, which every tap and every tile of inputs reads again: up
 * to 20 KiB of them are a block. */
enum { CACHE_FLOATS = 32768, NEAR_FLOATS = 5120 };

/* A gradient of a linear layer on whole samples that is larger than the caches: it is written once
 * for so many samples, which are packed, so many inputs and a panel of outputs at a time. In their
 * own places they are a power of two apart, often, and few of them fit a cache together. */
enum {
    LARGE_FLOATS = 524288,
    PACKED_SAMPLES = 128,
    PACKED_INPUTS = 512,
    PACKED_BLOCKS = 4,
    SKEW = 16
};

typedef struct Nest {
    const Kernel *k;
    const Isa *isa;
    Arena *arena;
    Layout x, dy;
    Axis axis[2];
    int groups, reduced, run; /* channels stored for a block; rows that lie next to each other */
    bool merged;              /* a run covers all kernel columns */
    int64_t block_weights;
    int rows;   /* of the output in a block */
    int packed; /* inputs that are packed at a time; 0: they stay where they are */
} Nest;

static bool fits(const Node *node) {
    return node->op == &op_linear_wgrad || node->op == &op_conv2d_wgrad ||
           node->op == &op_recurrence_wgrad;
}

static void set_geometry(Nest *n) {
    const Node *node = n->k->node;
    bool conv = node->op == &op_conv2d_wgrad;
    n->x = n->k->in;
    n->dy = n->k->out;
    static const Conv whole = {{1, 1}, {1, 1}, {0, 0}, {1, 1}, 1};
    Conv c = conv ? conv_of(node) : whole;
    /* A place of a recurrence meets the state before. */
    if (node->op == &op_recurrence_wgrad) c.pad[1] = recurrence_of(node).reverse ? -1 : 1;
    const bool places = conv || is_sequence(node->in[0]);
    n->groups = c.groups;
    for (int i = 0; i < 2; i++) {
        const int in = i ? n->x.W : n->x.H;
        n->axis[i] = (Axis){.in = in,
                            .taps = places ? c.kernel[i] : in,
                            .out = !places ? 1
                                   : i     ? n->dy.W
                                           : n->dy.H,
                            .a = c.stride[i],
                            .b = c.dilation[i],
                            .c = -c.pad[i],
                            .e = 1};
    }
    n->reduced = block_channels(n->dy.C, n->x.C, n->groups);
    n->block_weights = (int64_t)n->axis[0].taps * n->axis[1].taps * n->reduced * LANES;
    if (!places && n->x.cs == n->x.C) {
        n->reduced *= n->x.H * n->x.W;
        n->x = (Layout){n->reduced, 1, 1, n->reduced, n->x.stride, false};
        n->axis[0].taps = n->axis[1].taps = n->axis[0].in = n->axis[1].in = 1;
    }
    n->merged = n->axis[1].b == 1 && n->axis[1].c == 0 && n->x.cs == n->reduced;
    n->run = n->merged ? n->axis[1].taps * n->reduced : n->reduced;
}

/* Whether inputs are packed: rows of them, of a layer on whole samples. */
static bool is_packed(const Nest *n) {
    const bool single = n->axis[0].in * n->axis[1].in == 1 &&
                        n->axis[0].out * n->axis[1].out == 1 && n->groups == 1;
    const int64_t floats = (int64_t)n->run * round_up(n->dy.C, LANES);
    return single && n->axis[0].taps * n->axis[1].taps == 1 && n->run % LANES == 0 &&
           floats >= LARGE_FLOATS;
}

static int64_t scratch(const Kernel *k) {
    Nest n = {.k = k};
    set_geometry(&n);
    return is_packed(&n) ? PACKED_SAMPLES * (PACKED_INPUTS + SKEW + PACKED_BLOCKS * LANES) : 0;
}

static bool always_inside(const Nest *n, int axis) {
    return axis_always_inside(&n->axis[axis]);
}

/* A block that spans groups keeps zeros where an output does not use the channel. */
static const char *masked(const Nest *n, const char *row, int r, int b) {
    if (!block_mixes_groups(n->dy.C, n->groups)) return row;
    int og = n->dy.C / n->groups, ig = n->x.C / n->groups;
    return arena_printf(n->arena, "LANES(%s, (c0 + (j + %d) %% %d) / %d * %d - (p + %d) * 16, %d)",
                        row, r, n->reduced, ig, og, b, og);
}

static void build_tile(Loops *l, Nest *n, Tile tile, const char *x_place, const char *inside_y,
                       const char *inside_x) {
    int per_block = isa_vectors(n->isa), vectors = tile_vectors(n->isa, tile), rows[64];
    const char *start[32];
    l_line(l, "float *d = dp + j * 16;");
    for (int v = 0; v < vectors; v++) start[v] = "V_ZERO()";
    tile_declare(l, tile, start);
    if (!n->k->adds) l_open(l, n->rows < n->axis[0].out ? "if (s0 > 0 || y0 > 0)" : "if (s0 > 0)");
    for (int r = 0; r < tile.rows; r++) {
        rows[r] = r;
        for (int v = 0; v < vectors; v++)
            l_flow(l, "a%d_%d = V_LOAD(d + %lld);", r, v,
                   (long long)(v / per_block * n->block_weights + r * LANES +
                               v % per_block * n->isa->width));
    }
    if (!n->k->adds) l_close(l);
    l_open(l, n->packed ? "for (int s = 0; s < count; s++)" : "for (int s = s0; s < s1; s++)");
    /* With a single place a tap of padding alone still leaves it out. */
    bool loop_y = n->axis[0].out > 1 || !always_inside(n, 0);
    bool loop_x = n->axis[1].out > 1 || (!n->merged && !always_inside(n, 1));
    if (loop_y) l_open(l, "for (int oy = %s; oy++)", inside_y);
    /* The places at which a tap reads inside: see axis_reach. */
    const bool guard_y = loop_y && !always_inside(n, 0);
    if (guard_y && n->axis[0].taps == 1)
        l_given(l, "oy", arena_printf(l->arena, "%d", axis_reach(&n->axis[0], 0).from),
                arena_printf(l->arena, "%d", axis_reach(&n->axis[0], 0).to - 1));
    else if (guard_y)
        l_given(l, arena_printf(l->arena, "ty + oy * %d", n->axis[0].a), "0",
                arena_printf(l->arena, "%d", n->axis[0].in - 1));
    if (loop_x) l_open(l, "for (int ox = %s; ox++)", inside_x);
    if (loop_x && !n->merged && !always_inside(n, 1))
        l_given(l, arena_printf(l->arena, "tx + ox * %d", n->axis[1].a), "0",
                arena_printf(l->arena, "%d", n->axis[1].in - 1));
    l_line(l, "const float *v0 = %s + s * %d%s%s;", x_place, n->x.stride,
           loop_y ? arena_printf(n->arena, " + oy * %d", n->axis[0].a * n->x.W * n->x.cs) : "",
           loop_x ? arena_printf(n->arena, " + ox * %d", n->axis[1].a * n->x.cs) : "");
    l_line(l, "const float *g = %s + s * %d%s%s;", n->packed ? "gp" : "dy + c", n->dy.stride,
           loop_y ? arena_printf(n->arena, " + oy * %d", n->dy.W * n->dy.cs) : "",
           loop_x ? arena_printf(n->arena, " + ox * %d", n->dy.cs) : "");
    tile_step(l, tile, (Reduction){"v0", "g", LANES, rows, ~0ull}, 0);
    if (loop_x) l_close(l);
    if (loop_y) l_close(l);
    l_close(l);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            l_flow(l, "STORE(d + %lld, %s);", (long long)(b * n->block_weights + r * LANES),
                   masked(n, tile_row(n->arena, n->isa, tile, r, b), r, b));
}

/* Packs the inputs from j0 on of the samples at hand: xp. */
static void build_packed_inputs(Loops *l, const Nest *n) {
    l_line(l, "float *xp = scratch, *gp = scratch + %d;", PACKED_SAMPLES * n->x.stride);
    l_open(l, "for (int s = 0; s < count; s++)");
    l_line(l,
           "for (int j = 0; j < %d; j += 16) STORE(xp + s * %d + j, LOAD(x + (s0 + s) * %d + j0 + "
           "j));",
           n->packed, n->x.stride, n->k->in.stride);
    l_close(l);
}

/* The same for the outputs of a panel: gp. */
static void build_packed_outputs(Loops *l, const Nest *n, int blocks) {
    l_open(l, "for (int s = 0; s < count; s++)");
    for (int b = 0; b < blocks; b++)
        l_line(l, "STORE(gp + s * %d + %d, LOAD(dy + (s0 + s) * %d + c + %d));", n->dy.stride,
               b * LANES, n->k->out.stride, b * LANES);
    l_close(l);
}

/* Declares where a tap reads, from the place of the output: ty, tx, and in floats, at. Offsets
 * before the sample are only formed together with places that lead back inside. */
static void build_tap_place(Loops *l, const Nest *n, bool loop_ky, bool loop_kx) {
    if (loop_ky)
        l_line(l, "const int ty = ky * %d - %d;", n->axis[0].b, -n->axis[0].c);
    else
        l_line(l, "const int ty = %d;", n->axis[0].c);
    if (loop_kx)
        l_line(l, "const int tx = kx * %d - %d;", n->axis[1].b, -n->axis[1].c);
    else
        l_line(l, "const int tx = %d;", n->merged ? 0 : n->axis[1].c);
    l_line(l, "const int at = ty * %d + tx * %d%s;", n->x.W * n->x.cs, n->x.cs,
           n->groups > 1 ? " + c0" : "");
}

static void build_panels(Loops *l, Nest *n, Panels panels) {
    int first = panels.first, last = panels.last, blocks = panels.tile.blocks;
    bool inside_y = always_inside(n, 0), inside_x = n->merged || always_inside(n, 1);
    if (last - first > blocks)
        l_open(l, "for (int p = %d; p < %d; p += %d)", first, last, blocks);
    else {
        l_open(l, "%s", "");
        l_line(l, "const int p = %d;", first);
    }
    l_line(l, "const int c = p * 16;");
    if (n->groups > 1)
        l_line(l, "const int c0 = %s;",
               block_begin_text(n->arena, n->dy.C, n->x.C, n->groups, "p"));
    bool loop_ky = n->axis[0].taps > 1, loop_kx = !n->merged && n->axis[1].taps > 1;
    if (loop_ky) l_open(l, "for (int ky = 0; ky < %d; ky++)", n->axis[0].taps);
    if (loop_kx) l_open(l, "for (int kx = 0; kx < %d; kx++)", n->axis[1].taps);
    if (n->packed) build_packed_outputs(l, n, blocks);
    l_line(l, "float *dp = dw + p * %lld%s%s%s;", (long long)n->block_weights,
           n->packed ? " + j0 * 16" : "",
           loop_ky ? arena_printf(n->arena, " + ky * %d", n->axis[1].taps * n->reduced * LANES)
                   : "",
           loop_kx ? arena_printf(n->arena, " + kx * %d", n->reduced * LANES) : "");
    const char *place = n->packed ? "(xp + j)" : "(x + at + j)";
    if (!n->packed) build_tap_place(l, n, loop_ky, loop_kx);
    const char *y_from = inside_y ? "0" : loop_ky ? "y_from[ky]" : "y_from[0]";
    const char *y_to = inside_y  ? arena_printf(n->arena, "%d", n->axis[0].out)
                       : loop_ky ? "y_to[ky]"
                                 : "y_to[0]";
    if (n->rows < n->axis[0].out) {
        if (!inside_y) {
            l_line(l, "const int y2 = %s;", y_to);
            y_to = "y2";
        }
        l_line(l, "const int y1 = y0 + %d < %s ? y0 + %d : %s;", n->rows, y_to, n->rows, y_to);
        y_to = "y1";
        if (!inside_y) l_line(l, "const int y = y0 > %s ? y0 : %s;", y_from, y_from);
        y_from = inside_y ? "y0" : "y";
    }
    const char *y = arena_printf(n->arena, "%s; oy < %s", y_from, y_to);
    const char *x = inside_x ? arena_printf(n->arena, "0; ox < %d", n->axis[1].out)
                             : (loop_kx ? "x_from[kx]; ox < x_to[kx]" : "x_from[0]; ox < x_to[0]");
    /* Tiles of equal height, and one shorter tile where the run does not divide. */
    int most = tile_rows(n->isa, panels.tile.vectors), tiles = (n->run + most - 1) / most;
    int rows = (n->run + tiles - 1) / tiles, rest = n->run % rows;
    l_open(l, "for (int j = 0; j + %d <= %d; j += %d)", rows, n->run, rows);
    Tile tile = panels.tile;
    tile.rows = rows;
    build_tile(l, n, tile, place, y, x);
    l_close(l);
    if (rest) {
        l_open(l, "%s", "");
        l_line(l, "const int j = %d;", n->run - rest);
        tile.rows = rest;
        build_tile(l, n, tile, place, y, x);
        l_close(l);
    }
    if (loop_kx) l_close(l);
    if (loop_ky) l_close(l);
    l_close(l);
}

/* Of the tiles that need less than one load for each multiply-add, high and narrow ones read the
 * fewest lines of the cache. */
static int nest_panels(const Nest *n, Panels panels[MAX_PANELS]) {
    const Isa *isa = n->isa;
    const int blocks = round_up(n->dy.C, LANES) / LANES;
    const int wide = blocks < isa->tile_blocks || isa_vectors(isa) > 1 ? 1 : isa->tile_blocks;
    return tile_panels(isa, n->dy.C, n->groups, wide, panels);
}

/* So many inputs from j0 on of a block of samples, with all outputs. */
static void build_packed_block(Loops *l, Nest *n, int inputs) {
    Panels panels[MAX_PANELS];
    const int runs = nest_panels(n, panels);
    n->packed = n->run = inputs;
    build_packed_inputs(l, n);
    for (int i = 0; i < runs; i++) build_panels(l, n, panels[i]);
}

static void build_packed(Loops *l, Nest *n) {
    const int all = n->run, full = all / PACKED_INPUTS * PACKED_INPUTS;
    n->rows = n->axis[0].out;
    n->x.stride = PACKED_INPUTS + SKEW;
    n->dy.stride = PACKED_BLOCKS * LANES;
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", PACKED_SAMPLES);
    l_line(l, "const int s1 = n < s0 + %d ? n : s0 + %d, count = s1 - s0;", PACKED_SAMPLES,
           PACKED_SAMPLES);
    if (full) {
        l_open(l, "for (int j0 = 0; j0 < %d; j0 += %d)", full, PACKED_INPUTS);
        build_packed_block(l, n, PACKED_INPUTS);
        l_close(l);
    }
    if (full < all) {
        l_open(l, "%s", "");
        l_line(l, "const int j0 = %d;", full);
        build_packed_block(l, n, all - full);
        l_close(l);
    }
    l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    const Isa *isa = l->isa;
    Nest n = {.k = k, .isa = isa, .arena = l->arena};
    set_geometry(&n);
    if (is_packed(&n)) {
        build_packed(l, &n);
        return;
    }
    if (!always_inside(&n, 0)) axis_tables(l, &n.axis[0], "y");
    if (!n.merged && !always_inside(&n, 1)) axis_tables(l, &n.axis[1], "x");
    int panel = n.dy.H * n.dy.W * LANES * isa->tile_blocks;
    int row = n.axis[0].a * n.x.W * n.x.cs + n.dy.W * LANES;
    int parts = (n.axis[0].out * row + NEAR_FLOATS - 1) / NEAR_FLOATS;
    n.rows = (n.axis[0].out + parts - 1) / parts;
    /* Samples are summed one after the other, whatever the blocks are. */
    int block = n.rows < n.axis[0].out ? 1 : CACHE_FLOATS / (n.x.stride + panel);
    if (block < 1) block = 1;
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", block);
    l_line(l, "const int s1 = n < s0 + %d ? n : s0 + %d;", block, block);
    if (n.rows < n.axis[0].out)
        l_open(l, "for (int y0 = 0; y0 < %d; y0 += %d)", n.axis[0].out, n.rows);
    Panels panels[MAX_PANELS];
    const int runs = nest_panels(&n, panels);
    for (int i = 0; i < runs; i++) build_panels(l, &n, panels[i]);
    if (n.rows < n.axis[0].out) l_close(l);
    l_close(l);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena};
    Panels panels[MAX_PANELS];
    set_geometry(&n);
    const int runs = nest_panels(&n, panels), vectors = tile_vectors(isa, panels[0].tile);
    return arena_printf(
        arena,
        "%s\nRows are inputs of a weight, all tiles about equally high; narrow and high tiles read "
        "the input once for more.\n%s %s.",
        reason_tile(arena, isa, tile_rows(isa, vectors), vectors),
        is_packed(&n)
            ? arena_printf(arena,
                           "Up to %d samples and %d of their inputs at a time are packed: "
                           "the gradient, larger than the caches, is written once for "
                           "them.",
                           PACKED_SAMPLES, PACKED_INPUTS)
            : "Samples go in blocks that stay in the second-level cache.",
        reason_panels(arena, isa, n.dy.C, panels, runs));
}

const Family family_wgrad = {
    .name = "weight gradient",
    .fits = fits,
    .lower = wgrad_lower,
    .build = build,
    .scratch = scratch,
    .reason = reason,
};
