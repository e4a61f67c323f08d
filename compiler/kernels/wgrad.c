/* Weight gradients of linear and conv2d: lanes are output channels, the rows of a register tile are
 * input channels (and kernel columns where these lie next to each other), the reduction runs over
 * samples and output places in order. Adds to the gradient of the chunk. Samples go in blocks that
 * stay in the second-level cache; the accumulators pass through memory between blocks, which rounds
 * nothing. */
#include <string.h>

#include "../ops/ops.h"
#include "pointwise.h"
#include "tile.h"
#include "weights.h"

/* Floats of a block of samples that stay in the second-level cache (a quarter of 512 KiB): the
 * whole input, which every panel of outputs reads again, and one panel of the output gradient.
 * Blocks of samples that fit the first level measure slower: their sums pass through memory too
 * often. Rows of one large sample do not, which every tap and every tile of inputs reads again: up
 * to 20 KiB of them are a block. */
enum { CACHE_FLOATS = 32768, NEAR_FLOATS = 5120 };

typedef struct Nest {
    const Kernel *k;
    const Isa *isa;
    Arena *arena;
    Layout x, dy;
    int taps[2], stride[2], pad[2], dilation[2], in[2], out[2];
    int groups, reduced, run; /* channels stored for a block; rows that lie next to each other */
    bool merged;              /* a run covers all kernel columns */
    int64_t block_weights;
    int rows; /* of the output in a block */
} Nest;

static bool fits(const Node *node) {
    return node->op == &op_linear_wgrad || node->op == &op_conv2d_wgrad;
}

static void set_geometry(Nest *n) {
    const Node *node = n->k->node;
    bool conv = node->op == &op_conv2d_wgrad;
    n->x = n->k->in;
    n->dy = n->k->out;
    n->groups = conv ? (int)node->attr[CONV_GROUPS] : 1;
    for (int i = 0; i < 2; i++) {
        n->in[i] = i ? n->x.W : n->x.H;
        n->out[i] = conv ? (i ? n->dy.W : n->dy.H) : 1;
        n->taps[i] = conv ? node->type.shape.dim[2 + i] : n->in[i];
        n->stride[i] = conv ? (int)node->attr[CONV_STRIDE_H + i] : 1;
        n->pad[i] = conv ? (int)node->attr[CONV_PAD_H + i] : 0;
        n->dilation[i] = conv ? (int)node->attr[CONV_DIL_H + i] : 1;
    }
    n->reduced = block_channels(n->dy.C, n->x.C, n->groups);
    n->block_weights = (int64_t)n->taps[0] * n->taps[1] * n->reduced * LANES;
    if (!conv && n->x.cs == n->x.C) {
        n->reduced *= n->x.H * n->x.W;
        n->x = (Layout){n->reduced, 1, 1, n->reduced, n->x.stride};
        n->taps[0] = n->taps[1] = n->in[0] = n->in[1] = 1;
    }
    n->merged = n->dilation[1] == 1 && n->pad[1] == 0 && n->x.cs == n->reduced;
    n->run = n->merged ? n->taps[1] * n->reduced : n->reduced;
}

/* First (side 0) or one past the last (side 1) output place at which a tap reads inside. */
static int bound(const Nest *n, int axis, int tap, int side) {
    int at = tap * n->dilation[axis] - n->pad[axis], s = n->stride[axis];
    if (side == 0) return at >= 0 ? 0 : (-at + s - 1) / s;
    int last = n->in[axis] - 1 - at;
    int past = last < 0 ? 0 : last / s + 1;
    return past < n->out[axis] ? past : n->out[axis];
}

static bool always_inside(const Nest *n, int axis) {
    for (int t = 0; t < n->taps[axis]; t++)
        if (bound(n, axis, t, 0) != 0 || bound(n, axis, t, 1) != n->out[axis]) return false;
    return true;
}

static void write_bounds(Writer *w, const Nest *n, int axis, const char *name) {
    char *from = "", *to = "";
    for (int t = 0; t < n->taps[axis]; t++) {
        from = arena_printf(n->arena, "%s%s%d", from, t ? ", " : "", bound(n, axis, t, 0));
        to = arena_printf(n->arena, "%s%s%d", to, t ? ", " : "", bound(n, axis, t, 1));
    }
    w_line(w, "static const int %s_from[%d] = {%s}, %s_to[%d] = {%s};", name, n->taps[axis], from,
           name, n->taps[axis], to);
}

/* A block that spans groups keeps zeros where an output does not use the channel. */
static const char *masked(const Nest *n, const char *row, int r, int b) {
    if (!block_mixes_groups(n->dy.C, n->groups)) return row;
    int og = n->dy.C / n->groups, ig = n->x.C / n->groups;
    return arena_printf(n->arena, "LANES(%s, (c0 + (j + %d) %% %d) / %d * %d - (p + %d) * 16, %d)",
                        row, r, n->reduced, ig, og, b, og);
}

static void write_tile(Writer *w, Nest *n, Tile tile, const char *x_place, const char *inside_y,
                       const char *inside_x) {
    int per_block = isa_vectors(n->isa), vectors = tile_vectors(n->isa, tile), rows[64];
    const char *start[32];
    w_line(w, "float *d = dp + j * 16;");
    for (int v = 0; v < vectors; v++) start[v] = "V_ZERO()";
    tile_declare(w, n->isa, tile, start);
    if (!n->k->adds) w_open(w, n->rows < n->out[0] ? "if (s0 > 0 || y0 > 0)" : "if (s0 > 0)");
    for (int r = 0; r < tile.rows; r++) {
        rows[r] = r;
        char *line = "";
        for (int v = 0; v < vectors; v++)
            line = arena_printf(n->arena, "%sa%d_%d = V_LOAD(d + %lld); ", line, r, v,
                                (long long)(v / per_block * n->block_weights + r * LANES +
                                            v % per_block * n->isa->width));
        line[strlen(line) - 1] = '\0';
        w_flow(w, "%s", line);
    }
    if (!n->k->adds) w_close(w);
    w_open(w, "for (int s = s0; s < s1; s++)");
    /* With a single place a tap of padding alone still leaves it out. */
    bool loop_y = n->out[0] > 1 || !always_inside(n, 0);
    bool loop_x = n->out[1] > 1 || (!n->merged && !always_inside(n, 1));
    if (loop_y) w_open(w, "for (int oy = %s; oy++)", inside_y);
    if (loop_x) w_open(w, "for (int ox = %s; ox++)", inside_x);
    w_line(w, "const float *v0 = %s + s * %d%s%s;", x_place, n->x.stride,
           loop_y ? arena_printf(n->arena, " + oy * %d", n->stride[0] * n->x.W * n->x.cs) : "",
           loop_x ? arena_printf(n->arena, " + ox * %d", n->stride[1] * n->x.cs) : "");
    w_line(w, "const float *g = dy + c + s * %d%s%s;", n->dy.stride,
           loop_y ? arena_printf(n->arena, " + oy * %d", n->dy.W * n->dy.cs) : "",
           loop_x ? arena_printf(n->arena, " + ox * %d", n->dy.cs) : "");
    tile_step(w, n->isa, tile, (Reduction){"v0", "g", LANES, rows, ~0ull}, 0);
    if (loop_x) w_close(w);
    if (loop_y) w_close(w);
    w_close(w);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            w_flow(w, "STORE(d + %lld, %s);", (long long)(b * n->block_weights + r * LANES),
                   masked(n, tile_row(n->arena, n->isa, tile, r, b), r, b));
}

static void write_panels(Writer *w, Nest *n, Panels panels) {
    int first = panels.first, last = panels.last, blocks = panels.tile.blocks;
    bool inside_y = always_inside(n, 0), inside_x = n->merged || always_inside(n, 1);
    if (last - first > blocks)
        w_open(w, "for (int p = %d; p < %d; p += %d)", first, last, blocks);
    else {
        w_open(w, "%s", "");
        w_line(w, "const int p = %d;", first);
    }
    w_line(w, "const int c = p * 16;");
    if (n->groups > 1)
        w_line(w, "const int c0 = %s;",
               block_begin_text(n->arena, n->dy.C, n->x.C, n->groups, "p"));
    bool loop_ky = n->taps[0] > 1, loop_kx = !n->merged && n->taps[1] > 1;
    if (loop_ky) w_open(w, "for (int ky = 0; ky < %d; ky++)", n->taps[0]);
    if (loop_kx) w_open(w, "for (int kx = 0; kx < %d; kx++)", n->taps[1]);
    w_line(w, "float *dp = dw + p * %lld%s%s;", (long long)n->block_weights,
           loop_ky ? arena_printf(n->arena, " + ky * %d", n->taps[1] * n->reduced * LANES) : "",
           loop_kx ? arena_printf(n->arena, " + kx * %d", n->reduced * LANES) : "");
    int row = n->x.W * n->x.cs;
    /* Offsets before the sample are only formed together with places that lead back inside. */
    w_line(
        w, "const int at = %s%s%s;",
        loop_ky ? arena_printf(n->arena, "(ky * %d - %d) * %d", n->dilation[0], n->pad[0], row)
                : arena_printf(n->arena, "%d", -n->pad[0] * row),
        loop_kx
            ? arena_printf(n->arena, " + (kx * %d - %d) * %d", n->dilation[1], n->pad[1], n->x.cs)
            : (n->pad[1] && !n->merged ? arena_printf(n->arena, " - %d", n->pad[1] * n->x.cs) : ""),
        n->groups > 1 ? " + c0" : "");
    const char *y_from = inside_y ? "0" : loop_ky ? "y_from[ky]" : "y_from[0]";
    const char *y_to = inside_y  ? arena_printf(n->arena, "%d", n->out[0])
                       : loop_ky ? "y_to[ky]"
                                 : "y_to[0]";
    if (n->rows < n->out[0]) {
        w_line(w, "const int y1 = y0 + %d < %s ? y0 + %d : %s;", n->rows, y_to, n->rows, y_to);
        y_to = "y1";
        if (!inside_y) w_line(w, "const int y = y0 > %s ? y0 : %s;", y_from, y_from);
        y_from = inside_y ? "y0" : "y";
    }
    const char *y = arena_printf(n->arena, "%s; oy < %s", y_from, y_to);
    const char *x = inside_x ? arena_printf(n->arena, "0; ox < %d", n->out[1])
                             : (loop_kx ? "x_from[kx]; ox < x_to[kx]" : "x_from[0]; ox < x_to[0]");
    w_line(w, "int j = 0;");
    /* Tiles of equal height, and one shorter tile where the run does not divide. */
    int most = tile_rows(n->isa, panels.tile.vectors), tiles = (n->run + most - 1) / most;
    int rows = (n->run + tiles - 1) / tiles, rest = n->run % rows;
    w_open(w, "for (; j + %d <= %d; j += %d)", rows, n->run, rows);
    Tile tile = panels.tile;
    tile.rows = rows;
    write_tile(w, n, tile, "(x + at + j)", y, x);
    w_close(w);
    if (rest) {
        w_open(w, "%s", "");
        tile.rows = rest;
        write_tile(w, n, tile, "(x + at + j)", y, x);
        w_close(w);
    }
    if (loop_kx) w_close(w);
    if (loop_ky) w_close(w);
    w_close(w);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena_new()};
    set_geometry(&n);
    if (!always_inside(&n, 0)) write_bounds(w, &n, 0, "y");
    if (!n.merged && !always_inside(&n, 1)) write_bounds(w, &n, 1, "x");
    int panel = n.dy.H * n.dy.W * LANES * isa->tile_blocks;
    int row = n.stride[0] * n.x.W * n.x.cs + n.dy.W * LANES;
    int parts = (n.out[0] * row + NEAR_FLOATS - 1) / NEAR_FLOATS;
    n.rows = (n.out[0] + parts - 1) / parts;
    /* Samples are summed one after the other, whatever the blocks are. */
    int block = n.rows < n.out[0] ? 1 : CACHE_FLOATS / (n.x.stride + panel);
    if (block < 1) block = 1;
    w_open(w, "for (int s0 = 0; s0 < n; s0 += %d)", block);
    w_line(w, "const int s1 = n < s0 + %d ? n : s0 + %d;", block, block);
    if (n.rows < n.out[0]) w_open(w, "for (int y0 = 0; y0 < %d; y0 += %d)", n.out[0], n.rows);
    /* Of the tiles that need less than one load for each multiply-add, high and narrow ones read
     * the fewest lines of the cache. */
    int blocks = round_up(n.dy.C, LANES) / LANES;
    int wide = blocks < isa->tile_blocks || isa_vectors(isa) > 1 ? 1 : isa->tile_blocks;
    Panels panels[MAX_PANELS];
    int runs = tile_panels(isa, n.dy.C, n.groups, wide, panels);
    for (int i = 0; i < runs; i++) write_panels(w, &n, panels[i]);
    if (n.rows < n.out[0]) w_close(w);
    w_close(w);
    arena_free(n.arena);
}

const Family family_wgrad = {
    .name = "weight gradient",
    .fits = fits,
    .write = write,
};
