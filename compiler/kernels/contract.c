/* Contractions whose outputs are places x channels: linear and conv2d forward and their input
 * gradients. Implicit GEMM over channels-last tensors: an output channel is a lane, its places are
 * rows of a register tile, the reduction runs over kernel rows, kernel columns and channels in this
 * order for every tile shape and instruction set.
 *
 * All four are one loop nest. Output place o and tap k read the place (o*a + k*b + c) / e, if that
 * is whole and inside: forward a = stride, b = dilation, c = -padding, e = 1; an input gradient
 * reads the output gradient with a = 1, b = -dilation, c = padding, e = stride. A linear layer is a
 * convolution whose kernel covers its input. */
#include <stdlib.h>
#include <string.h>

#include "../ops/ops.h"
#include "pointwise.h"
#include "pool.h"
#include "tile.h"
#include "weights.h"

enum { MAX_TILE_ROWS = 64, MAX_TILE_BLOCKS = 8 };

/* One spatial direction. */
typedef struct Axis {
    int in, taps, out; /* places read, kernel size, places computed */
    int a, b, c, e;
} Axis;

typedef struct Nest {
    const Kernel *k;
    const Isa *isa;
    Arena *arena;
    Axis y, x;
    Layout in, out;
    int lanes_out, lanes_in, groups; /* channels in lanes and reduced, before blocking */
    int reduced;                     /* channels reduced for each block */
    int blocks;
    int vectors;           /* registers of outputs that are no padding */
    int64_t block_weights; /* floats of one block's weights */
    int pool_h, pool_w;    /* fused pool window, or 1 */
    int columns;           /* of outputs in a tile; a multiple of pool_w */
    int samples;           /* in a tile */
    bool bias;
} Nest;

static bool fits(const Node *node) {
    return node->op == &op_linear || node->op == &op_conv2d || node->op == &op_linear_dgrad ||
           node->op == &op_conv2d_dgrad;
}

static int attr_int(const Node *node, int i) {
    return (int)node->attr[i];
}

static void set_axes(Nest *n) {
    const Node *node = n->k->node;
    bool forward = node->op == &op_conv2d;
    const Node *weight = node->in[1];
    Axis *axis[2] = {&n->y, &n->x};
    for (int i = 0; i < 2; i++) {
        int stride = attr_int(node, CONV_STRIDE_H + i), pad = attr_int(node, CONV_PAD_H + i),
            dilation = attr_int(node, CONV_DIL_H + i);
        *axis[i] = (Axis){.in = i ? n->in.W : n->in.H,
                          .taps = weight->type.shape.dim[2 + i],
                          .out = i ? n->out.W : n->out.H,
                          .a = forward ? stride : 1,
                          .b = forward ? dilation : -dilation,
                          .c = forward ? -pad : pad,
                          .e = forward ? 1 : stride};
    }
}

/* Geometry of the kernel's node. `n->out` counts the places before a fused pool. */
static void set_geometry(Nest *n) {
    const Kernel *k = n->k;
    const Node *node = k->node;
    n->in = k->in;
    n->out = k->out;
    n->groups = 1;
    n->pool_h = n->pool_w = 1;
    if (k->pool) {
        n->pool_h = attr_int(k->pool, POOL_KERNEL_H);
        n->pool_w = attr_int(k->pool, POOL_KERNEL_W);
        n->out.H *= n->pool_h;
        n->out.W *= n->pool_w;
    }
    if (node->op == &op_linear) {
        n->y = (Axis){n->in.H, n->in.H, 1, 1, 1, 0, 1};
        n->x = (Axis){n->in.W, n->in.W, 1, 1, 1, 0, 1};
        n->lanes_out = n->out.C;
        n->lanes_in = n->in.C;
    } else if (node->op == &op_linear_dgrad) {
        /* The lanes run over a whole sample of the input, padding included. */
        n->y = n->x = (Axis){1, 1, 1, 1, 1, 0, 1};
        n->lanes_out = n->out.H * n->out.W * n->out.cs;
        n->lanes_in = n->in.C;
        n->out = (Layout){n->lanes_out, 1, 1, n->lanes_out, n->out.stride};
    } else {
        set_axes(n);
        n->groups = attr_int(node, CONV_GROUPS);
        n->lanes_out = n->out.C;
        n->lanes_in = n->in.C;
    }
    n->reduced = block_channels(n->lanes_out, n->lanes_in, n->groups);
    n->blocks = round_up(n->lanes_out, LANES) / LANES;
    n->vectors = (n->lanes_out + n->isa->width - 1) / n->isa->width;
    n->block_weights = (int64_t)n->y.taps * n->x.taps * n->reduced * LANES;
    n->bias = (node->op == &op_linear || node->op == &op_conv2d) && node->n_in > 2;
    /* Taps and channels that lie next to each other reduce as one run. */
    if (node->op == &op_linear && n->in.cs == n->in.C) {
        n->reduced *= n->in.H * n->in.W;
        n->in = (Layout){n->reduced, 1, 1, n->reduced, n->in.stride};
        n->y = n->x = (Axis){1, 1, 1, 1, 1, 0, 1};
    }
}

/* Whether column x, tap t reads a place inside, and which. */
static bool source(const Axis *axis, int x, int t, int *place) {
    int at = x * axis->a + t * axis->b + axis->c;
    if (at < 0 || at % axis->e != 0 || at / axis->e >= axis->in) return false;
    *place = at / axis->e;
    return true;
}

/* Cost of a tile in half cycles of the two multiply-add pipes: short tiles wait for latency. */
static double tile_cost(int rows, int vectors) {
    double fmas = rows * vectors;
    return (fmas > 10 ? fmas : 10) + 0.3 * (rows + vectors);
}

/* Cost of a row of outputs of one sample, for tiles of so many columns and samples. A tap takes
 * part with the rows that it reads inside the input. What several samples read of the input, in
 * rows as high as the kernel, may be more than the first-level cache holds. */
static double row_cost(const Nest *n, int columns, int samples, int vectors) {
    enum { NEAR_FLOATS = 8192 };
    double cost = 0;
    int place;
    for (int x = 0; x < n->x.out; x += columns)
        for (int t = 0; t < n->x.taps; t++) {
            int live = 0;
            for (int q = x; q < x + columns && q < n->x.out; q++)
                live += source(&n->x, q, t, &place);
            if (live) cost += tile_cost(live * samples * n->pool_h, vectors);
        }
    bool far = samples > 1 && samples * n->y.taps * n->in.W * n->in.cs > NEAR_FLOATS;
    return cost / samples * (far ? 1.15 : 1);
}

static void choose_tile(Nest *n, Tile tile) {
    int vectors = tile.vectors, rows = tile_rows(n->isa, vectors);
    /* Finding winners and what follows take registers while the sums are still there. */
    if (n->k->pool && rows * vectors > n->isa->registers / 2)
        rows = n->isa->registers / 2 / vectors;
    int most = rows / n->pool_h;
    if (most < n->pool_w) most = n->pool_w;
    double best = 0;
    n->columns = n->pool_w;
    for (int columns = n->pool_w; columns <= most; columns += n->pool_w) {
        if (columns > n->x.out && columns > n->pool_w) break;
        if (columns % n->x.e != 0 && columns < n->x.out) continue;
        int samples = n->k->pool ? 1 : most / columns;
        if (samples < 1) samples = 1;
        double cost = row_cost(n, columns, samples, vectors);
        if (best == 0 || cost <= best) {
            best = cost;
            n->columns = columns;
            n->samples = samples;
        }
    }
    if (best == 0) { /* a strided input gradient whose stride exceeds the tile */
        n->columns = n->x.e < n->x.out ? n->x.e : n->x.out;
        n->samples = 1;
    }
}

/* Whether some tap of some place reads outside. */
static bool leaves(const Axis *axis) {
    int p;
    for (int t = 0; t < axis->taps; t++)
        if (!source(axis, 0, t, &p) || !source(axis, axis->out - 1, t, &p)) return true;
    return false;
}

static bool same_validity(const Nest *n, int x0, int x1, int width) {
    for (int t = 0; t < n->x.taps; t++)
        for (int q = 0; q < width; q++) {
            int p;
            if (source(&n->x, x0 + q, t, &p) != source(&n->x, x1 + q, t, &p)) return false;
        }
    return true;
}

/* Floats from the tile's pointer to what row (sample, py, q) reads at tap 0 of the row of taps, for
 * columns from x0. The number may lie before the row: only valid taps are read. */
static int row_offset(const Nest *n, int sample, int py, int x, int tap) {
    int at = x * n->x.a + tap * n->x.b + n->x.c;
    int place = at >= 0 ? at / n->x.e : -((-at + n->x.e - 1) / n->x.e);
    return sample * n->in.stride + py * n->y.a * n->in.W * n->in.cs + place * n->in.cs;
}

/* Whether any tap of the columns from x0 on lies in the input. */
static bool meets_input(const Nest *n, int x0, int width) {
    int p;
    for (int t = 0; t < n->x.taps; t++)
        for (int q = 0; q < width; q++)
            if (source(&n->x, x0 + q, t, &p)) return true;
    return false;
}

static void write_reduction(Writer *w, Nest *n, Tile tile, int x0, int width) {
    if (!meets_input(n, x0, width)) {
        w_line(w, "(void)xt, (void)wp; /* only padding */");
        return;
    }
    int rows_of[MAX_TILE_ROWS];
    bool one_row = n->y.taps == 1 && n->y.in == 1 && !leaves(&n->y);
    if (!one_row) {
        w_open(w, "for (int ky = 0; ky < %d; ky++)", n->y.taps);
        w_line(w, "const int iy = oy * %d + ky * %d + %d;", n->y.a, n->y.b, n->y.c);
        if (n->y.e > 1)
            w_line(w, "if (iy < 0 || iy %% %d || iy / %d >= %d) continue;", n->y.e, n->y.e,
                   n->y.in);
        else if (leaves(&n->y))
            w_line(w, "if (iy < 0 || iy >= %d) continue;", n->y.in);
        w_line(w, "const float *xr = xt + iy%s * %d;",
               n->y.e > 1 ? arena_printf(n->arena, " / %d", n->y.e) : "", n->in.W * n->in.cs);
        w_line(w, "const float *wr = wp + ky * %d;", n->x.taps * n->reduced * LANES);
    }
    const char *weight = one_row ? "wp" : "wr";
    uint64_t all = tile.rows == 64 ? ~0ull : (1ull << tile.rows) - 1;
    bool whole = n->x.b == 1 && n->in.cs == n->reduced && n->x.taps <= 64;
    for (int t = 0; t < n->x.taps; t++) {
        uint64_t mask = 0;
        for (int r = 0; r < tile.rows; r++) {
            int p;
            if (source(&n->x, x0 + r % width, t, &p)) mask |= 1ull << r;
        }
        whole = whole && mask == all;
    }
    for (int t = 0; t < (whole ? 1 : n->x.taps); t++) {
        uint64_t mask = whole ? all : 0;
        for (int r = 0; r < tile.rows; r++) {
            int p, q = r % width, py = r / width % n->pool_h, s = r / width / n->pool_h;
            if (!whole && source(&n->x, x0 + q, t, &p)) mask |= 1ull << r;
            rows_of[r] = row_offset(n, s, py, x0 + q, t);
        }
        if (!mask) continue;
        Reduction r = {.x = one_row ? "xt" : "xr",
                       .weight =
                           t ? arena_printf(n->arena, "%s + %d", weight, t * n->reduced * LANES)
                             : weight,
                       .block = n->block_weights,
                       .row = rows_of,
                       .live = mask};
        tile_run(w, n->isa, tile, r, whole ? n->x.taps * n->reduced : n->reduced);
        if (!whole && t + 1 < n->x.taps) w_line(w, "NN_ORDER();");
    }
    if (!one_row) w_close(w);
}

/* A row of 16 channels of the tile: row `r`, whose place is `at` floats from the tile's and whose
 * sample `sample` from the tile's; block at `lane`. All C expressions. */
static void write_tile_row(Writer *w, const Nest *n, const char *head, const char *at,
                           const char *sample, const char *lane) {
    Arena *a = n->arena;
    /* The lanes of a linear input gradient run over places, too. */
    const char *channel = arena_printf(a, "c + %s", lane);
    if (n->k->out.cs != n->out.cs) channel = arena_printf(a, "(%s) %% %d", channel, n->k->out.cs);
    Site site = {arena_printf(a, "o + %s * %d + %s + %s", sample, n->out.stride, at, lane),
                 arena_printf(a, "s + %s", sample), arena_printf(a, "(e + %s + %s)", at, lane),
                 channel};
    write_row(w, n->k, a, head, site);
}

/* What follows is long code: better a loop over rows in memory than a copy for every row. */
static bool is_long(const Kernel *k) {
    for (int i = 0; i < k->n_fused; i++)
        if (k->fused[i]->op == &op_dropout || k->fused[i]->op == &op_dropout2d ||
            k->fused[i]->op == &op_tanh || k->fused[i]->op == &op_sigmoid)
            return true;
    return k->n_fused > 4;
}

/* Stores a tile: bias is in the accumulators, then the fused nodes, row by row of 16 channels. */
static void write_rows(Writer *w, const Nest *n, Tile tile, int width) {
    Arena *a = n->arena;
    int wide = tile.blocks * LANES;
    if (tile.rows * tile.blocks <= 2 || !is_long(n->k)) {
        for (int r = 0; r < tile.rows; r++)
            for (int b = 0; b < tile.blocks; b++) {
                w_open(w, "%s", "");
                write_tile_row(w, n, tile_row(a, n->isa, tile, r, b),
                               arena_printf(a, "%d", r % width * n->out.cs),
                               arena_printf(a, "%d", r / width), arena_printf(a, "%d", b * LANES));
                w_close(w);
            }
        return;
    }
    w_line(w, "float rows[%d];", tile.rows * wide);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            w_line(w, "STORE(rows + %d, %s);", r * wide + b * LANES,
                   tile_row(a, n->isa, tile, r, b));
    w_line(w, "for (int r = 0; r < %d; r++)", tile.rows);
    w_open(w, "for (int b = 0; b < %d; b += 16)", wide);
    const char *at = width > 1 ? arena_printf(a, "r %% %d * %d", width, n->out.cs) : "0";
    const char *sample = width == 1 ? "r" : arena_printf(a, "r / %d", width);
    write_tile_row(w, n, arena_printf(a, "LOAD(rows + r * %d + b)", wide), at, sample, "b");
    w_close(w);
}

/* As write_rows, but of each pool window only the largest place goes on. */
static void write_windows(Writer *w, const Nest *n, Tile tile, int width) {
    const char *values[MAX_TILE_ROWS];
    for (int window = 0; window < width / n->pool_w; window++)
        for (int b = 0; b < tile.blocks; b++) {
            int at = window * n->out.cs + b * LANES;
            const char *offset = arena_printf(n->arena, "o + %d", at);
            for (int i = 0; i < n->pool_h * n->pool_w; i++) {
                int row = i / n->pool_w * width + window * n->pool_w + i % n->pool_w;
                values[i] = tile_row(n->arena, n->isa, tile, row, b);
            }
            w_open(w, "%s", "");
            pool_write_window(w, n->k, values, n->pool_h * n->pool_w, offset);
            write_row(w, n->k, n->arena, "h",
                      (Site){offset, "s", arena_printf(n->arena, "(e + %d)", at),
                             arena_printf(n->arena, "c + %d", b * LANES)});
            w_close(w);
        }
}

/* All tiles of `width` columns from x0 to x1 (exclusive), which have the same valid taps. */
static void write_columns(Writer *w, Nest *n, Tile tile, int samples, int x0, int x1, int width) {
    tile.rows = width * n->pool_h * samples;
    bool loop = x1 - x0 > width;
    if (loop)
        w_open(w, "for (int ox = %d; ox < %d; ox += %d)", x0, x1, width);
    else
        w_open(w, "%s", "");
    int step = n->x.a * n->in.cs;
    const char *column = "";
    if (loop && x0)
        column = arena_printf(n->arena, " + (ox - %d)%s * %d", x0,
                              n->x.e > 1 ? arena_printf(n->arena, " / %d", n->x.e) : "", step);
    else if (loop)
        column = arena_printf(n->arena, " + ox%s * %d",
                              n->x.e > 1 ? arena_printf(n->arena, " / %d", n->x.e) : "", step);
    w_line(w, "const float *xt = xs%s;", column);
    const char *start[4 * MAX_TILE_BLOCKS];
    for (int v = 0; v < tile.vectors; v++)
        start[v] = n->bias ? arena_printf(n->arena, "V_LOAD(bias + c + %d)", v * n->isa->width)
                           : "V_ZERO()";
    tile_declare(w, n->isa, tile, start);
    write_reduction(w, n, tile, x0, width);
    const char *ox = loop ? "ox" : arena_printf(n->arena, "%d", x0);
    int places = n->out.W / n->pool_w;
    if (n->k->pool)
        w_line(w, "const int e = (oy / %d * %d + %s / %d) * %d + c, o = s * %d + e;", n->pool_h,
               places, ox, n->pool_w, n->out.cs, n->out.stride);
    else
        w_line(w, "const int e = (oy * %d + %s) * %d + c, o = s * %d + e;", n->out.W, ox, n->out.cs,
               n->out.stride);
    if (n->k->pool)
        write_windows(w, n, tile, width);
    else
        write_rows(w, n, tile, width);
    w_close(w);
}

/* The places of `samples` samples from s on. */
static void write_places(Writer *w, Nest *n, Tile tile, int samples) {
    w_line(w, "const float *xs = x + s * %d%s;", n->in.stride, n->groups > 1 ? " + c0" : "");
    bool rows = n->y.out > 1;
    if (rows)
        w_open(w, "for (int oy = 0; oy < %d; oy += %d)", n->y.out, n->pool_h);
    else
        w_line(w, "const int oy = 0;");
    for (int x0 = 0; x0 < n->x.out;) {
        int width = n->x.out - x0 < n->columns ? n->x.out - x0 : n->columns, x1 = x0 + width;
        while (x1 + width <= n->x.out && same_validity(n, x0, x1, width)) x1 += width;
        write_columns(w, n, tile, samples, x0, x1, width);
        x0 = x1;
    }
    if (rows) w_close(w);
}

/* Samples from s to before `end`, `samples` at a time. */
static void write_samples(Writer *w, Nest *n, Tile tile, int samples, const char *end) {
    w_open(w, "for (; s + %d <= %s; s += %d)", samples, end, samples);
    write_places(w, n, tile, samples);
    w_close(w);
}

/* Opens the loop over panels: p, c, wp. */
static void open_panels(Writer *w, Nest *n, Panels panels) {
    if (panels.last - panels.first > panels.tile.blocks)
        w_open(w, "for (int p = %d; p < %d; p += %d)", panels.first, panels.last,
               panels.tile.blocks);
    else {
        w_open(w, "%s", "");
        w_line(w, "const int p = %d;", panels.first);
    }
    w_line(w, "const int c = p * 16;");
    w_line(w, "const float *wp = w + p * %lld;", (long long)n->block_weights);
    if (n->groups > 1)
        w_line(w, "const int c0 = %s;",
               block_begin_text(n->arena, n->lanes_out, n->lanes_in, n->groups, "p"));
}

static void write_panels(Writer *w, Nest *n, Panels panels) {
    choose_tile(n, panels.tile);
    open_panels(w, n, panels);
    w_line(w, "int s = 0;");
    /* Few tails keep the code short: half a tile, then single samples. */
    write_samples(w, n, panels.tile, n->samples, "n");
    if (n->samples >= 4) write_samples(w, n, panels.tile, n->samples / 2, "n");
    if (n->samples >= 2) write_samples(w, n, panels.tile, 1, "n");
    w_close(w);
}

/* Panels of one place a sample: tiles of two heights that cover the samples before `done`. Tiles
 * that are higher or lower than those that made `done` may leave a few, which go one by one. */
static void write_tall(Writer *w, Nest *n, Panels panels, int tail) {
    int rows = tile_rows(n->isa, panels.tile.vectors);
    bool usual = rows == n->isa->max_rows;
    open_panels(w, n, panels);
    w_line(w, "int s = 0;");
    if (!usual) w_line(w, "const int lower = nn_shorter(done, %d, %d) * %d;", rows, tail, rows - 1);
    write_samples(w, n, panels.tile, rows - 1, usual ? "shorter" : "lower");
    write_samples(w, n, panels.tile, rows, "done");
    if (!usual) write_samples(w, n, panels.tile, 1, "done");
    w_close(w);
}

/* The samples that are left, or all of a small batch: short tiles over many blocks, so that there
 * are enough accumulators to hide the latency. */
static void write_short(Writer *w, Nest *n, int rows, int tail) {
    const Isa *isa = n->isa;
    int most = tile_rows(isa, 1) / (rows * isa_vectors(isa));
    if (most < 1) most = 1;
    if (most > MAX_TILE_BLOCKS) most = MAX_TILE_BLOCKS;
    int count = (n->blocks + most - 1) / most, blocks = (n->blocks + count - 1) / count;
    int full = n->blocks / blocks * blocks;
    if (n->vectors % isa_vectors(isa) && full == n->blocks) full -= blocks;
    Panels panels[2] = {{0, full, tile_columns(isa, n->lanes_out, 0, blocks)},
                        {full, n->blocks, tile_columns(isa, n->lanes_out, full, n->blocks - full)}};
    w_open(w, "if ((n - done) & %d)", rows);
    w_line(w, "const int s = done + ((n - done) & %d);", 2 * (tail - rows));
    for (int i = 0; i < 2; i++) {
        if (panels[i].first == panels[i].last) continue;
        open_panels(w, n, panels[i]);
        write_places(w, n, panels[i].tile, rows);
        w_close(w);
    }
    w_close(w);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena_new()};
    set_geometry(&n);
    int blocks = n.blocks < isa->tile_blocks ? 1 : isa->tile_blocks;
    Panels panels[MAX_PANELS];
    int runs = tile_panels(isa, n.lanes_out, n.groups, blocks, panels), rows = isa->max_rows;
    bool one_place = n.y.out == 1 && n.x.out == 1 && n.groups == 1 && !k->pool;
    int tail = 1; /* the highest short tile: a power of two */
    while (2 * tail < rows) tail *= 2;
    n.columns = 1;
    if (one_place) {
        w_line(w, "const int shorter = nn_shorter(n, %d, %d) * %d;", rows, tail, rows - 1);
        w_line(w, "const int done = shorter + (n - shorter) / %d * %d;", rows, rows);
    }
    for (int i = 0; i < runs; i++)
        if (one_place)
            write_tall(w, &n, panels[i], tail);
        else
            write_panels(w, &n, panels[i]);
    for (int r = tail; one_place && rows > 2 && r > 0; r /= 2) write_short(w, &n, r, tail);
    arena_free(n.arena);
}

const Family family_contract = {
    .name = "contract",
    .fits = fits,
    .fuses = true,
    .write = write,
};
