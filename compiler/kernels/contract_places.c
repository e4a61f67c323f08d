/* Places and taps of a contraction: which columns of a row of outputs make a tile, and the
 * reduction over kernel rows, kernel columns and channels, in this order.
 *
 * Where that is short, the kernel columns are straight code, and columns that read other taps, as
 * those near a border do, get code of their own. Else they are a loop: columns whose taps all read
 * inside go a tile at a time, the others one by one with a look at every tap. The columns of a
 * strided input gradient fall into phases, as many as the stride, of which each reads every
 * stride-th tap. */
#include "contract.h"

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
            if (axis_reads(&n->x, x0 + q, t, &p)) return true;
    return false;
}

/* Whether there is nothing to loop over: a row of taps, always inside. */
static bool one_row(const Nest *n) {
    int p;
    return n->y.taps == 1 && n->y.in == 1 && axis_reads(&n->y, 0, 0, &p) &&
           axis_reads(&n->y, n->y.out - 1, 0, &p);
}

/* Whether some tap of some place reads outside. */
static bool leaves(const Axis *axis) {
    int p;
    for (int t = 0; t < axis->taps; t++)
        if (!axis_reads(axis, 0, t, &p) || !axis_reads(axis, axis->out - 1, t, &p)) return true;
    return false;
}

/* The row of outputs. */
static const char *row_text(const Nest *n) {
    return n->y.out > 1 ? "oy" : "0";
}

void contract_kernel_rows(Loops *l, const Nest *n, const char *x) {
    l_open(l, "for (int ky = 0; ky < %d; ky++)", n->y.taps);
    l_line(l, "const int iy = %s * %d + ky * %d + %d;", row_text(n), n->y.a, n->y.b, n->y.c);
    if (n->y.e > 1)
        l_line(l, "if (iy < 0 || iy %% %d || iy >= %d) continue;", n->y.e, n->y.in * n->y.e);
    else if (leaves(&n->y))
        l_line(l, "if (iy < 0 || iy >= %d) continue;", n->y.in);
    l_line(l, "const float *xr = %s + iy / %d * %d;", x, n->y.e, n->in.W * n->in.cs);
    l_line(l, "const float *wr = wp + ky * %d;", n->x.taps * n->reduced * LANES);
}

static uint64_t rows_mask(int rows) {
    return rows == 64 ? ~0ull : (1ull << rows) - 1;
}

/* Taps whose channels follow each other reduce as one run, if all rows read all of them. */
static bool taps_join(const Nest *n) {
    return n->x.b == 1 && n->in.cs == n->reduced;
}

static void begin_body(Nest *n) {
    n->body.steps = n->body.fmas = 0;
}

/* Remembers the straight code since the last loop began, if it is the longest. */
static void end_body(Nest *n) {
    if (n->body.steps > n->longest.steps) n->longest.steps = n->body.steps;
    if (n->body.fmas > n->longest.fmas) n->longest.fmas = n->body.fmas;
}

static void build_straight_taps(Loops *l, Nest *n, Tile tile, const char *x, int x0, int width) {
    if (!meets_input(n, x0, width)) return;
    int rows_of[MAX_TILE_ROWS];
    bool loop = !one_row(n);
    if (loop) {
        contract_kernel_rows(l, n, x);
        begin_body(n);
    }
    const char *weight = loop ? "wr" : "wp";
    uint64_t all = rows_mask(tile.rows);
    bool whole = taps_join(n);
    for (int t = 0; t < n->x.taps; t++) {
        uint64_t mask = 0;
        for (int r = 0; r < tile.rows; r++) {
            int p;
            if (axis_reads(&n->x, x0 + r % width, t, &p)) mask |= 1ull << r;
        }
        whole = whole && mask == all;
    }
    for (int t = 0; t < (whole ? 1 : n->x.taps); t++) {
        uint64_t mask = whole ? all : 0;
        for (int r = 0; r < tile.rows; r++) {
            int p, q = r % width, py = r / width % n->pool_h, s = r / width / n->pool_h;
            if (!whole && axis_reads(&n->x, x0 + q, t, &p)) mask |= 1ull << r;
            rows_of[r] = row_offset(n, s, py, x0 + q, t);
        }
        if (!mask) continue;
        Reduction r = {.x = loop ? "xr" : x,
                       .weight =
                           t ? arena_printf(n->arena, "%s + %d", weight, t * n->reduced * LANES)
                             : weight,
                       .block = n->block_weights,
                       .row = rows_of,
                       .live = mask};
        tile_run(l, tile, r, whole ? n->x.taps * n->reduced : n->reduced, &n->body);
        if (!whole && t + 1 < n->x.taps) l_line(l, "NN_ORDER();");
    }
    end_body(n);
    if (loop) l_close(l);
}

void contract_sums(Loops *l, const Nest *n, Tile tile) {
    const char *start[4 * MAX_TILE_BLOCKS];
    for (int v = 0; v < tile_vectors(n->isa, tile); v++)
        start[v] = n->bias ? arena_printf(n->arena, "V_LOAD(bias + c + %d)", v * n->isa->width)
                           : "V_ZERO()";
    tile_declare(l, tile, start);
}

void contract_output_place(Loops *l, const Nest *n, const char *ox) {
    if (n->k->pool)
        l_line(l, "const int e = (%s / %d * %d + %s / %d) * %d + c, o = s * %d + e;", row_text(n),
               n->pool_h, n->out.W / n->pool_w, ox, n->pool_w, n->out.cs, n->out.stride);
    else
        l_line(l, "const int e = (%s * %d + %s) * %d + c, o = s * %d + e;", row_text(n), n->out.W,
               ox, n->out.cs, n->out.stride);
}

/* Declares where the tile lies, before its sums if something is to be fetched meanwhile, else
 * behind them. */
static void place_tile(Loops *l, const Nest *n, Tile tile, int width, int step, const char *ox,
                       bool before) {
    if (contract_fetches(n) != before) return;
    contract_output_place(l, n, ox);
    if (before) contract_fetch(l, n, tile, width, step);
}

const char *contract_open_columns(Loops *l, const Nest *n, int x0, int x1, int width,
                                  const char **x) {
    *x = "xs";
    if (x1 - x0 <= width) {
        l_open(l, "%s", "");
        return arena_printf(n->arena, "%d", x0);
    }
    l_open(l, "for (int ox = %d; ox < %d; ox += %d)", x0, x1, width);
    l_line(l, "const float *xt = xs + (ox - %d) / %d * %d;", x0, n->x.e, n->x.a * n->in.cs);
    *x = "xt";
    return "ox";
}

/* All tiles of `width` columns from x0 to x1 (exclusive), which have the same valid taps. */
static void build_straight_columns(Loops *l, Nest *n, Tile tile, int samples, int x0, int x1,
                                   int width) {
    tile.rows = width * n->pool_h * samples;
    const char *x, *ox = contract_open_columns(l, n, x0, x1, width, &x);
    place_tile(l, n, tile, width, 1, ox, true);
    contract_sums(l, n, tile);
    build_straight_taps(l, n, tile, x, x0, width);
    place_tile(l, n, tile, width, 1, ox, false);
    contract_rows(l, n, tile, width, 1);
    l_close(l);
}

static void build_straight(Loops *l, Nest *n, Tile tile, int samples) {
    begin_body(n);
    for (int x0 = 0; x0 < n->x.out;) {
        int width = n->x.out - x0 < n->columns ? n->x.out - x0 : n->columns;
        const int x1 = axis_alike(&n->x, x0, width);
        build_straight_columns(l, n, tile, samples, x0, x1, width);
        x0 = x1;
    }
}

void contract_phases(Loops *l, const Nest *n) {
    const int phases = axis_phases(&n->x);
    int *first = ARENA_ARRAY(n->arena, int, phases), *from = ARENA_ARRAY(n->arena, int, phases),
        *to = ARENA_ARRAY(n->arena, int, phases);
    for (int i = 0; i < phases; i++) {
        const Inner inner = nest_inner(n, i);
        first[i] = axis_first_tap(&n->x, i);
        from[i] = inner.from;
        to[i] = inner.to;
    }
    l_table(l, "first_tap", first, phases);
    l_table(l, "inner_from", from, phases);
    l_table(l, "inner_to", to, phases);
}

/* Opens the loop over the columns of the tiles, and that over phases: ox, the first column. */
static void open_looped_columns(Loops *l, const Nest *n, int width) {
    const Axis *x = &n->x;
    const bool inner = n->way == COLUMNS_INNER;
    const Inner range = nest_inner(n, 0);
    const int length = range.to - range.from;
    int single = inner ? length : range.count - length;
    const char *from = arena_printf(n->arena, "%d", range.from);
    const char *to = arena_printf(n->arena, "%d", range.to);
    const char *others = arena_printf(n->arena, "%d", single);
    if (x->e > 1) {
        /* Columns phase + m * stride read every stride-th tap. */
        l_open_turns(l, "for (int phase = 0; phase < %d; phase++)", axis_phases(x));
        l_line(l,
               "const int tap = first_tap[phase], from = inner_from[phase], to = inner_to[phase];");
        if (!inner)
            l_line(l, "const int others = (%d - phase) / %d - (to - from);", x->out + x->e - 1,
                   x->e);
        from = "from";
        to = "to";
        others = "others";
        single = 0;
    }
    const char *m = "i";
    if (single == width) {
        l_open(l, "%s", "");
        m = inner ? from : range.from ? "0" : to;
    } else if (inner) {
        l_open(l, "for (int i = %s; i < %s; i += %d)", from, to, width);
        /* The last tile may begin earlier and do a few columns again. */
        if (single % width || x->e > 1)
            m = arena_printf(n->arena, "(i < %s - %d ? i : %s - %d)", to, width, to, width);
    } else {
        l_open(l, "for (int i = 0; i < %s; i += %d)", others, width);
        if (x->e > 1 || length > 0)
            m = arena_printf(n->arena, "(i < %s ? i : i + (%s - %s))", from, to, from);
    }
    l_line(l, "const int ox = %s%s * %d;", x->e > 1 ? "phase + " : "", m, x->e);
}

/* The taps of a row for tiles of `width` columns from ox on. Columns that are not inner look at
 * every tap, the columns of a window one by one. */
static void build_looped_taps(Loops *l, Nest *n, Tile tile, int width) {
    const Axis *x = &n->x;
    const bool inner = n->way == COLUMNS_INNER, loop = !one_row(n), windows = !inner && width > 1;
    int rows_of[MAX_TILE_ROWS];
    for (int r = 0; r < tile.rows; r++)
        rows_of[r] = r / width / n->pool_h * n->in.stride +
                     r / width % n->pool_h * n->y.a * n->in.W * n->in.cs +
                     r % width * (x->e > 1 ? 1 : x->a) * n->in.cs;
    if (loop) contract_kernel_rows(l, n, "xs");
    const char *row = loop ? "xr" : "xs", *weight = loop ? "wr" : "wp";
    Reduction r = {"xk", "wk", n->block_weights, rows_of, rows_mask(tile.rows)};
    if (inner && taps_join(n) && x->e == 1) {
        l_line(l, "const float *xk = %s + (ox * %d + %d) * %d, *wk = %s;", row, x->a, x->c,
               n->in.cs, weight);
        tile_run(l, tile, r, x->taps * n->reduced, &n->body);
    } else {
        l_open(l, "for (int kx = %s; kx < %d; kx += %d)", x->e > 1 ? "tap" : "0", x->taps,
               axis_tap_step(x));
        l_line(l, "const int ix = ox * %d + kx * %d + %d;", x->a, x->b, x->c);
        if (!inner && !windows) l_line(l, "if (ix < 0 || ix >= %d) continue;", x->in * x->e);
        l_line(l, "const float *wk = %s + kx * %d;", weight, n->reduced * LANES);
        for (int q = 0; q < (windows ? width : 1); q++) {
            if (windows) {
                l_open(l, "if (ix >= %d && ix < %d)", -q * x->a, x->in - q * x->a);
                r.live = 0;
                for (int i = 0; i < tile.rows; i++)
                    if (i % width == q) r.live |= 1ull << i;
            }
            l_line(l, "const float *xk = %s + ix / %d * %d;", row, x->e, n->in.cs);
            tile_run(l, tile, r, n->reduced, &n->body);
            if (windows) l_close(l);
        }
        l_close(l);
    }
    if (loop) l_close(l);
}

static void build_looped(Loops *l, Nest *n, Tile tile, int samples) {
    int width = n->way == COLUMNS_INNER ? n->columns : n->pool_w;
    tile.rows = width * n->pool_h * samples;
    open_looped_columns(l, n, width);
    place_tile(l, n, tile, width, n->x.e, "ox", true);
    contract_sums(l, n, tile);
    build_looped_taps(l, n, tile, width);
    place_tile(l, n, tile, width, n->x.e, "ox", false);
    contract_rows(l, n, tile, width, n->x.e);
    l_close(l);
    if (n->x.e > 1) l_close(l);
}

void contract_places(Loops *l, Nest *n, Tile tile, int samples) {
    l_line(l, "const float *xs = x + s * %d%s;", n->in.stride, n->groups > 1 ? " + c0" : "");
    bool rows = n->y.out > 1;
    if (rows) l_open(l, "for (int oy = 0; oy < %d; oy += %d)", n->y.out, n->pool_h);
    if (n->way == COLUMNS_STRAIGHT)
        build_straight(l, n, tile, samples);
    else
        build_looped(l, n, tile, samples);
    if (rows) l_close(l);
}
