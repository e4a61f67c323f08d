/* Contractions whose outputs are places x channels: linear and conv2d forward and their input
 * gradients. Implicit GEMM over channels-last tensors: an output channel is a lane, its places are
 * rows of a register tile, the reduction runs over kernel rows, kernel columns and channels in this
 * order for every tile shape and instruction set.
 *
 * All four are one loop nest. Output place o and tap k read the place (o*a + k*b + c) / e, if that
 * is whole and inside: forward a = stride, b = dilation, c = -padding, e = 1; an input gradient
 * reads the output gradient with a = 1, b = -dilation, c = padding, e = stride. A linear layer is a
 * convolution whose kernel covers its input; on a sequence its kernel is one place. */
#include "contract.h"
#include "contraction.h"
#include "pool.h"

#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "reason.h"
#include "weights.h"

static bool fits(const Node *node) {
    return node->op == &op_linear || node->op == &op_conv2d || node->op == &op_linear_dgrad ||
           node->op == &op_conv2d_dgrad || node->op == &op_conv_transpose2d;
}

void contract_axes(Nest *n) {
    const Node *node = n->k->node;
    const bool forward = node->op == &op_conv2d || node->op == &op_conv2d_wgrad;
    const Conv c = conv_of(node);
    Axis *axis[2] = {&n->y, &n->x};
    n->groups = c.groups;
    for (int i = 0; i < 2; i++)
        *axis[i] = (Axis){.in = i ? n->in.W : n->in.H,
                          .taps = c.kernel[i],
                          .out = i ? n->out.W : n->out.H,
                          .a = forward ? c.stride[i] : 1,
                          .b = forward ? c.dilation[i] : -c.dilation[i],
                          .c = forward ? -c.pad[i] : c.pad[i],
                          .e = forward ? 1 : c.stride[i]};
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
        const PoolAttrs *pool = ATTRS(k->pool, PoolAttrs);
        n->pool_h = pool->kernel[0];
        n->pool_w = pool->kernel[1];
        n->out.H *= n->pool_h;
        n->out.W *= n->pool_w;
    }
    const bool linear = node->op == &op_linear || node->op == &op_linear_dgrad;
    if (linear && is_sequence(node)) {
        n->y = (Axis){1, 1, 1, 1, 1, 0, 1};
        n->x = (Axis){n->in.W, 1, n->out.W, 1, 1, 0, 1};
        n->lanes_out = n->out.C;
        n->lanes_in = n->in.C;
    } else if (node->op == &op_linear) {
        n->y = (Axis){1, 1, 1, 1, 1, 0, 1};
        n->x = (Axis){n->in.H * n->in.W, n->in.H * n->in.W, 1, 1, 1, 0, 1};
        n->lanes_out = n->out.C;
        n->lanes_in = n->in.C;
    } else if (node->op == &op_linear_dgrad) {
        /* The lanes run over a whole sample of the input, padding included. */
        n->y = n->x = (Axis){1, 1, 1, 1, 1, 0, 1};
        n->lanes_out = n->out.H * n->out.W * n->out.cs;
        n->lanes_in = n->in.C;
        n->out = (Layout){n->lanes_out, 1, 1, n->lanes_out, n->out.stride, false};
    } else {
        contract_axes(n);
        n->lanes_out = n->out.C;
        n->lanes_in = n->in.C;
    }
    n->reduced = block_channels(n->lanes_out, n->lanes_in, n->groups);
    n->blocks = round_up(n->lanes_out, LANES) / LANES;
    n->vectors = (n->lanes_out + n->isa->width - 1) / n->isa->width;
    n->block_weights = (int64_t)n->y.taps * n->x.taps * n->reduced * LANES;
    n->bias = node->n_in > 2;
    /* Taps and channels that lie next to each other reduce as one run. */
    if (node->op == &op_linear && !is_sequence(node) && n->in.cs == n->in.C) {
        n->reduced *= n->in.H * n->in.W;
        n->in = (Layout){n->reduced, 1, 1, n->reduced, n->in.stride, false};
        n->x = (Axis){1, 1, 1, 1, 1, 0, 1};
    }
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
    enum { NEAR_FLOATS = 8192, MANY = 1024 }; /* columns that stand for all of a wide row */
    double cost = 0;
    int place;
    for (int x = 0; x < n->x.out && x < MANY; x += columns)
        for (int t = 0; t < n->x.taps; t++) {
            int live = 0;
            for (int q = x; q < x + columns && q < n->x.out; q++)
                live += axis_reads(&n->x, q, t, &place);
            if (live) cost += tile_cost(live * samples * n->pool_h, vectors);
        }
    bool far = samples > 1 && samples * n->y.taps * n->in.W * n->in.cs > NEAR_FLOATS;
    return cost / samples * (far ? 1.15 : 1);
}

/* Rows of places in a tile at most. Finding winners and what follows take registers while the sums
 * are still there. */
static int most_rows(const Nest *n, int vectors) {
    int rows = tile_rows(n->isa, vectors);
    if (n->k->pool && rows * vectors > n->isa->registers / 2)
        rows = n->isa->registers / 2 / vectors;
    int most = rows / n->pool_h;
    return most < n->pool_w ? n->pool_w : most;
}

/* Samples in a tile of so many columns, most rows in all. */
static int tile_samples(const Nest *n, int most, int columns) {
    bool one = n->single && (columns > 1 || n->way == COLUMNS_STRAIGHT);
    return one || n->k->pool || columns > most ? 1 : most / columns;
}

static void choose_straight(Nest *n, Tile tile) {
    int vectors = tile.vectors, most = most_rows(n, vectors);
    double best = 0;
    n->columns = n->pool_w;
    for (int columns = n->pool_w; columns <= most; columns += n->pool_w) {
        if (columns > n->x.out && columns > n->pool_w) break;
        if (columns % n->x.e != 0 && columns < n->x.out) continue;
        int samples = tile_samples(n, most, columns);
        double cost = row_cost(n, columns, samples, vectors);
        if (best == 0 || cost <= best) {
            best = cost;
            n->columns = columns;
            n->samples = samples;
        }
    }
}

/* Samples in a tile of a single column or window. More than hide the latency would leave more of
 * them over. */
static int edge_samples(const Nest *n, int most) {
    enum { ENOUGH = 8 };
    int samples = tile_samples(n, most, n->pool_w);
    return samples < ENOUGH ? samples : ENOUGH;
}

/* Cost of a row of outputs of one sample where taps are a loop: tiles of so many inner columns, the
 * others one by one. */
static double looped_cost(const Nest *n, int columns, int most, int vectors) {
    int samples = tile_samples(n, most, columns), alone = edge_samples(n, most);
    double inner = tile_cost(columns * samples * n->pool_h, vectors) / samples;
    double edge = tile_cost(n->pool_w * alone * n->pool_h, vectors) / alone, cost = 0;
    for (int phase = 0; phase < axis_phases(&n->x); phase++) {
        Inner r = axis_inner(&n->x, n->pool_w, phase);
        int length = r.to - r.from < columns ? 0 : r.to - r.from;
        cost += (length + columns - 1) / columns * inner + (r.count - length) / n->pool_w * edge;
    }
    return cost;
}

Inner nest_inner(const Nest *n, int phase) {
    Inner r = axis_inner(&n->x, n->pool_w, phase);
    if (r.to - r.from < n->columns) r.from = r.to = 0;
    return r;
}

/* Whether there are columns that n->way is for. */
static bool has_columns(const Nest *n) {
    if (n->way == COLUMNS_STRAIGHT) return true;
    for (int phase = 0; phase < axis_phases(&n->x); phase++) {
        Inner r = nest_inner(n, phase);
        int length = r.to - r.from;
        if (n->way == COLUMNS_INNER ? length > 0 : r.count > length) return true;
    }
    return false;
}

/* Columns in a tile of inner ones: of about equally good numbers the largest, as few samples may be
 * all there are. One alone is as well off among the others. */
static void choose_inner(Nest *n, Tile tile) {
    int most = most_rows(n, tile.vectors), longest = 0;
    for (int phase = 0; phase < axis_phases(&n->x); phase++) {
        Inner r = axis_inner(&n->x, n->pool_w, phase);
        if (r.to - r.from > longest) longest = r.to - r.from;
    }
    double best = 0;
    n->columns = n->pool_w;
    for (int columns = n->pool_w; columns <= most && columns <= longest; columns += n->pool_w) {
        double cost = looped_cost(n, columns, most, tile.vectors);
        if (best != 0 && cost > 1.15 * best) continue;
        best = best == 0 || cost < best ? cost : best;
        n->columns = columns;
    }
    n->way = COLUMNS_EDGE;
    if (n->columns == n->pool_w && has_columns(n)) n->columns = n->x.out + 1;
}

/* Samples from s to before `end`, `samples` at a time. */
static void build_samples(Loops *l, Nest *n, Tile tile, int samples, const char *end) {
    l_open(l, "for (; s + %d <= %s; s += %d)", samples, end, samples);
    contract_places(l, n, tile, samples);
    l_close(l);
}

/* Opens the loop over panels: p, c, wp. */
static void open_panels(Loops *l, Nest *n, Panels panels) {
    if (panels.last - panels.first > panels.tile.blocks)
        l_open(l, "for (int p = %d; p < %d; p += %d)", panels.first, panels.last,
               panels.tile.blocks);
    else {
        l_open(l, "%s", "");
        l_line(l, "const int p = %d;", panels.first);
    }
    l_line(l, "const int c = p * 16;");
    l_line(l, "const float *wp = w + p * %lld;", (long long)n->block_weights);
    if (n->groups > 1)
        l_line(l, "const int c0 = %s;",
               block_begin_text(n->arena, n->lanes_out, n->lanes_in, n->groups, "p"));
}

/* All samples. Few tails keep the code short: half a tile, then single samples. */
static void build_all_samples(Loops *l, Nest *n, Tile tile) {
    l_line(l, "int s = 0;");
    build_samples(l, n, tile, n->samples, "n");
    if (n->samples >= 4 && !n->single) build_samples(l, n, tile, n->samples / 2, "n");
    if (n->samples >= 2) build_samples(l, n, tile, 1, "n");
}

static void build_panels(Loops *l, Nest *n, Panels panels) {
    open_panels(l, n, panels);
    if (n->way == COLUMNS_STRAIGHT) {
        choose_straight(n, panels.tile);
        build_all_samples(l, n, panels.tile);
    } else {
        choose_inner(n, panels.tile);
        if (n->x.e > 1) contract_phases(l, n);
        int most = most_rows(n, panels.tile.vectors);
        for (n->way = COLUMNS_INNER; n->way <= COLUMNS_EDGE; n->way++) {
            if (!has_columns(n)) continue;
            n->samples =
                n->way == COLUMNS_INNER ? tile_samples(n, most, n->columns) : edge_samples(n, most);
            l_open(l, "%s", "");
            build_all_samples(l, n, panels.tile);
            l_close(l);
        }
    }
    l_close(l);
}

/* Panels of one place a sample: tiles of two heights that cover the samples before `done`. Tiles
 * that are higher or lower than those that made `done` may leave a few, which go one by one. */
static void build_tall(Loops *l, Nest *n, Panels panels, int tail) {
    int rows = tile_rows(n->isa, panels.tile.vectors);
    bool usual = rows == n->isa->max_rows;
    open_panels(l, n, panels);
    l_line(l, "int s = 0;");
    if (!usual) {
        l_line(l, "const int lower = nn_shorter(done, %d, %d) * %d;", rows, tail, rows - 1);
        l_given(l, "lower", "0", "done"); /* nn_shorter's tiles have room */
    }
    build_samples(l, n, panels.tile, rows - 1, usual ? "shorter" : "lower");
    build_samples(l, n, panels.tile, rows, "done");
    if (!usual) build_samples(l, n, panels.tile, 1, "done");
    l_close(l);
}

/* `rows` samples from s on: a short tile over many blocks, so that there are enough accumulators to
 * hide the latency. */
static void build_short(Loops *l, Nest *n, int rows) {
    const Isa *isa = n->isa;
    int most = tile_short_blocks(isa, rows);
    if (most > MAX_TILE_BLOCKS) most = MAX_TILE_BLOCKS;
    int count = (n->blocks + most - 1) / most, blocks = (n->blocks + count - 1) / count;
    int full = n->blocks / blocks * blocks;
    if (n->vectors % isa_vectors(isa) && full == n->blocks) full -= blocks;
    Panels panels[2] = {{0, full, tile_columns(isa, n->lanes_out, 0, blocks)},
                        {full, n->blocks, tile_columns(isa, n->lanes_out, full, n->blocks - full)}};
    for (int i = 0; i < 2; i++) {
        if (panels[i].first == panels[i].last) continue;
        open_panels(l, n, panels[i]);
        contract_places(l, n, panels[i].tile, rows);
        l_close(l);
    }
}

/* The samples that are left, or all of a small batch. */
static void build_left(Loops *l, Nest *n, int rows, int tail) {
    l_open(l, "if ((n - done) & %d)", rows);
    l_line(l, "const int s = done + ((n - done) & %d);", 2 * (tail - rows));
    /* s samples are done; at least `rows` are left. */
    l_given(l, "s", "0", arena_printf(n->arena, "n - %d", rows));
    build_short(l, n, rows);
    l_close(l);
}

/* Sequences of one place are values of the entry `next`, whose calls have few samples: four at a
 * time, then one by one. */
static void build_few(Loops *l, Nest *n) {
    static const int heights[] = {4, 1};
    l_line(l, "int s = 0;");
    for (int i = 0; i < 2; i++) {
        l_open(l, "for (; s + %d <= n; s += %d)", heights[i], heights[i]);
        build_short(l, n, heights[i]);
        l_close(l);
    }
}

/* Runs of panels of the kernel's outputs. */
static int nest_panels(const Nest *n, Panels panels[MAX_PANELS]) {
    int blocks = n->blocks < n->isa->tile_blocks ? 1 : n->isa->tile_blocks;
    return tile_panels(n->isa, n->lanes_out, n->groups, blocks, panels);
}

static bool is_one_place(const Nest *n) {
    return n->y.out == 1 && n->x.out == 1 && n->groups == 1 && !n->k->pool;
}

/* The nest with straight code for the kernel columns, or with loops over them. */
static void build_nest(Loops *l, Nest *n, bool looped) {
    const Isa *isa = n->isa;
    Panels panels[MAX_PANELS];
    int runs = nest_panels(n, panels), rows = isa->max_rows;
    bool one_place = is_one_place(n);
    int tail = 1; /* the highest short tile: a power of two */
    while (2 * tail < rows) tail *= 2;
    n->columns = 1;
    n->way = !looped ? COLUMNS_STRAIGHT : COLUMNS_INNER;
    if (one_place && looped && !has_columns(n)) n->way = COLUMNS_EDGE;
    contract_define_rows(l, n);
    if (one_place && is_sequence(n->k->node)) {
        build_few(l, n);
        return;
    }
    if (one_place) {
        l_line(l, "const int shorter = nn_shorter(n, %d, %d) * %d;", rows, tail, rows - 1);
        l_given(l, "shorter", "0", "n"); /* nn_shorter's tiles have room */
        l_line(l, "const int done = shorter + (n - shorter) / %d * %d;", rows, rows);
        l_given(l, "done", "0", "n"); /* tiles of the rest that are whole */
        if (looped && n->x.e > 1) contract_phases(l, n);
    }
    for (int i = 0; i < runs; i++)
        if (one_place)
            build_tall(l, n, panels[i], tail);
        else
            build_panels(l, n, panels[i]);
    for (int r = tail; one_place && rows > 2 && r > 0; r /= 2) build_left(l, n, r, tail);
}

/* Whether straight code for the kernel columns may keep to the budget. A tile of a strided input
 * gradient has columns of all phases. */
static bool may_be_straight(const Nest *n) {
    Panels panels[MAX_PANELS];
    for (int i = nest_panels(n, panels) - 1; i >= 0 && n->x.e > 1; i--) {
        int most = most_rows(n, panels[i].tile.vectors);
        if (n->x.e > most && n->x.out > most) return false;
    }
    Inner inner = axis_inner(&n->x, 1, 0);
    bool joined = n->x.b == 1 && n->x.e == 1 && n->in.cs == n->reduced && inner.to > inner.from &&
                  inner.to - inner.from == n->x.out;
    return joined || n->x.taps <= MAX_STEPS;
}

/* Sums of a tile that is one window of the fused pool, if those are more than registers, else 0. A
 * tile is no smaller. */
static int window_sums(const Nest *n) {
    Panels panels[MAX_PANELS];
    int most = 0;
    for (int i = nest_panels(n, panels) - 1; i >= 0; i--) {
        const int sums = n->pool_h * n->pool_w * panels[i].tile.vectors;
        if (sums > most) most = sums;
    }
    return n->k->pool && most > n->isa->registers ? most : 0;
}

/* Builds the nest in the first way that keeps to the budget: straight code for the kernel columns,
 * for tiles of several samples or of one; loops over them; the same with loops over all channels,
 * and with few kinds of tiles. */
static void build(Loops *l, const Kernel *k) {
    static const struct {
        bool looped, single;
        int run;
    } ways[] = {{false, false, MAX_STEPS}, {false, true, MAX_STEPS}, {true, false, MAX_STEPS},
                {false, false, 1},         {true, false, 1},         {true, true, 1}};
    Nest n = {.k = k, .isa = l->isa, .arena = l->arena};
    set_geometry(&n);
    Loops *draft = NULL;
    bool straight = may_be_straight(&n), short_enough = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && !short_enough; i++) {
        if (ways[i].looped ? straight && n.x.taps == 1 : !straight) continue;
        draft = loops_new(l->arena, k, l->isa);
        n.body.run = ways[i].run;
        n.single = ways[i].single;
        n.longest = (Body){0};
        draft->sums = window_sums(&n);
        build_nest(draft, &n, ways[i].looped);
        short_enough = n.longest.steps <= MAX_STEPS && n.longest.fmas <= MAX_FMAS &&
                       tile_fits_budget(loops_lines(draft));
    }
    *l = *draft;
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena};
    Panels panels[MAX_PANELS];
    set_geometry(&n);
    const int runs = nest_panels(&n, panels), vectors = tile_vectors(isa, panels[0].tile);
    const int rows = most_rows(&n, vectors) / n.pool_w * n.pool_w * n.pool_h;
    return arena_printf(
        arena,
        "%s\nRows are at most so many places of a row of the output, or several samples' places; "
        "of "
        "those the number that\ncosts least: short tiles wait for latency, taps outside the input "
        "take no time.\n%s.",
        reason_tile(arena, isa, rows, vectors),
        reason_panels(arena, isa, n.lanes_out, panels, runs));
}

/* A pool of small windows after a convolution without padding above and below: its tiles of rows of
 * the output are windows then. */
static bool joins(const Node *root, const Node *node) {
    return pool_follows_conv(root, node) && conv_of(root).pad[0] == 0;
}

const Family family_contract = {
    .name = "contract",
    .fits = fits,
    .lower = contract_lower,
    .fuses = true,
    .joins = joins,
    .build = build,
    .reason = reason,
};
