/* Places and taps of a contraction: which columns of a row of outputs make a tile, and the
 * reduction over kernel rows, kernel columns and channels, in this order.
 *
 * Where that is short, the kernel columns are straight code, and columns that read other taps, as
 * those near a border do, get code of their own. Else they are a loop: columns whose taps all read
 * inside go a tile at a time, the others one by one with a look at every tap. The columns of a
 * strided input gradient fall into phases, as many as the stride, of which each reads every
 * stride-th tap. */
#include "contract.h"

static bool same_validity(const Nest *n, int x0, int x1, int width) {
    Inner inner = axis_inner(&n->x, 1, 0);
    if (n->x.e == 1 && x0 >= inner.from && x1 + width <= inner.to) return true;
    for (int t = 0; t < n->x.taps; t++)
        for (int q = 0; q < width; q++) {
            int p;
            if (axis_reads(&n->x, x0 + q, t, &p) != axis_reads(&n->x, x1 + q, t, &p)) return false;
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

/* Opens the loop over kernel rows: xr, wr. */
static void open_kernel_rows(Writer *w, const Nest *n, const char *x) {
    w_open(w, "for (int ky = 0; ky < %d; ky++)", n->y.taps);
    w_line(w, "const int iy = %s * %d + ky * %d + %d;", row_text(n), n->y.a, n->y.b, n->y.c);
    if (n->y.e > 1)
        w_line(w, "if (iy < 0 || iy %% %d || iy / %d >= %d) continue;", n->y.e, n->y.e, n->y.in);
    else if (leaves(&n->y))
        w_line(w, "if (iy < 0 || iy >= %d) continue;", n->y.in);
    w_line(w, "const float *xr = %s + iy%s * %d;", x,
           n->y.e > 1 ? arena_printf(n->arena, " / %d", n->y.e) : "", n->in.W * n->in.cs);
    w_line(w, "const float *wr = wp + ky * %d;", n->x.taps * n->reduced * LANES);
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

static void write_straight_taps(Writer *w, Nest *n, Tile tile, const char *x, int x0, int width) {
    if (!meets_input(n, x0, width)) {
        w_line(w, "(void)%s, (void)wp; /* only padding */", x);
        return;
    }
    int rows_of[MAX_TILE_ROWS];
    bool loop = !one_row(n);
    if (loop) {
        open_kernel_rows(w, n, x);
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
        tile_run((Code){.text = w}, n->isa, tile, r, whole ? n->x.taps * n->reduced : n->reduced,
                 &n->body);
        if (!whole && t + 1 < n->x.taps) w_line(w, "NN_ORDER();");
    }
    end_body(n);
    if (loop) w_close(w);
}

static void declare_sums(Writer *w, const Nest *n, Tile tile) {
    const char *start[4 * MAX_TILE_BLOCKS];
    for (int v = 0; v < tile.vectors; v++)
        start[v] = n->bias ? arena_printf(n->arena, "V_LOAD(bias + c + %d)", v * n->isa->width)
                           : "V_ZERO()";
    tile_declare((Code){.text = w}, n->isa, tile, start);
}

/* Declares where the tile's first output lies: e, o. */
static void write_output_place(Writer *w, const Nest *n, const char *ox) {
    if (n->k->pool)
        w_line(w, "const int e = (%s / %d * %d + %s / %d) * %d + c, o = s * %d + e;", row_text(n),
               n->pool_h, n->out.W / n->pool_w, ox, n->pool_w, n->out.cs, n->out.stride);
    else
        w_line(w, "const int e = (%s * %d + %s) * %d + c, o = s * %d + e;", row_text(n), n->out.W,
               ox, n->out.cs, n->out.stride);
}

/* All tiles of `width` columns from x0 to x1 (exclusive), which have the same valid taps. */
static void write_straight_columns(Writer *w, Nest *n, Tile tile, int samples, int x0, int x1,
                                   int width) {
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
    if (loop) w_line(w, "const float *xt = xs%s;", column);
    declare_sums(w, n, tile);
    write_straight_taps(w, n, tile, loop ? "xt" : "xs", x0, width);
    write_output_place(w, n, loop ? "ox" : arena_printf(n->arena, "%d", x0));
    contract_rows(w, n, tile, width, 1);
    w_close(w);
}

static void write_straight(Writer *w, Nest *n, Tile tile, int samples) {
    begin_body(n);
    for (int x0 = 0; x0 < n->x.out;) {
        int width = n->x.out - x0 < n->columns ? n->x.out - x0 : n->columns, x1 = x0 + width;
        while (x1 + width <= n->x.out && same_validity(n, x0, x1, width)) x1 += width;
        write_straight_columns(w, n, tile, samples, x0, x1, width);
        x0 = x1;
    }
}

/* Opens the loop over the columns of the tiles, and that over phases: ox, the first column. */
static void open_looped_columns(Writer *w, const Nest *n, int width) {
    const Axis *x = &n->x;
    bool inner = n->way == COLUMNS_INNER;
    Inner range = axis_inner(x, n->pool_w, 0);
    if (range.to - range.from < n->columns) range.from = range.to = 0;
    const char *from = arena_printf(n->arena, "%d", range.from);
    const char *to = arena_printf(n->arena, "%d", range.to);
    int single = inner ? range.to - range.from : range.count - (range.to - range.from);
    if (x->e > 1) {
        /* Columns phase + m * stride read the taps from `tap` on. */
        w_open(w, "for (int phase = 0; phase < %d; phase++)", x->e < x->out ? x->e : x->out);
        w_line(w, "int tap = 0;");
        w_line(w, "while (tap < %d && (phase + tap * %d + %d) %% %d) tap++;", x->taps, x->b, x->c,
               x->e);
        w_line(w, "const int count = (%d - phase) / %d;", x->out + x->e - 1, x->e);
        w_line(w, "const int last = tap + (%d - tap) / %d * %d;", x->taps - 1, axis_tap_step(x),
               axis_tap_step(x));
        w_line(
            w,
            "const int high = (phase + tap * %d + %d) / %d, low = (phase + last * %d + %d) / %d;",
            x->b, x->c, x->e, x->b, x->c, x->e);
        w_line(w, "int from = tap < %d && low < 0 ? -low : 0;", x->taps);
        w_line(w, "int to = tap < %d && high > %d - count ? %d - high : count;", x->taps, x->in,
               x->in);
        w_line(w, "if (to - from < %d) from = to = 0;", n->columns);
        from = "from";
        to = "to";
        single = 0;
    }
    const char *m = "i";
    if (single == width) {
        w_open(w, "%s", "");
        m = inner ? from : range.from ? "0" : to;
    } else if (inner) {
        w_open(w, "for (int i = %s; i < %s; i += %d)", from, to, width);
        /* The last tile may begin earlier and do a few columns again. */
        if (single % width || x->e > 1)
            m = arena_printf(n->arena, "(i + %d <= %s ? i : %s - %d)", width, to, to, width);
    } else {
        w_open(w, "for (int i = 0; i < %s; i += %d)",
               x->e > 1 ? "count - (to - from)" : arena_printf(n->arena, "%d", single), width);
        if (x->e > 1 || range.to > range.from)
            m = arena_printf(n->arena, "(i < %s ? i : i + (%s - %s))", from, to, from);
    }
    if (x->e > 1)
        w_line(w, "const int ox = phase + %s * %d;", m, x->e);
    else
        w_line(w, "const int ox = %s;", m);
}

/* The place that tap `kx` of column ox reads. */
static const char *place_text(const Nest *n, const char *kx) {
    const char *sum =
        arena_printf(n->arena, "(ox * %d + %s * %d + %d)", n->x.a, kx, n->x.b, n->x.c);
    return n->x.e > 1 ? arena_printf(n->arena, "%s / %d", sum, n->x.e) : sum;
}

/* Declares the taps of column ox, or of its window, that read inside: from kx0 to before kx1. */
static void write_tap_range(Writer *w, const Nest *n) {
    int last = (n->pool_w - 1) * n->x.a;
    const char *inside[2];
    for (int i = 0; i < 2; i++) {
        const char *kx = i ? "kx1" : "kx0", *place = place_text(n, kx);
        inside[i] = arena_printf(n->arena, "%s < %d && %s(%s >= %d && %s < %d)", kx, n->x.taps,
                                 i ? "" : "!", place, -last, place, n->x.in);
    }
    int step = axis_tap_step(&n->x);
    w_line(w, "int kx0 = %s;", n->x.e > 1 ? "tap" : "0");
    w_line(w, "while (%s) kx0 += %d;", inside[0], step);
    w_line(w, "int kx1 = kx0;");
    w_line(w, "while (%s) kx1 += %d;", inside[1], step);
}

/* The taps of a row for tiles of `width` columns from ox on. A window that crosses the border looks
 * at every column for every tap. */
static void write_looped_taps(Writer *w, Nest *n, Tile tile, int width) {
    const Axis *x = &n->x;
    bool inner = n->way == COLUMNS_INNER, loop = !one_row(n);
    bool windows = !inner && width > 1, whole = taps_join(n) && x->e == 1 && !windows;
    int rows_of[MAX_TILE_ROWS], step = axis_tap_step(x);
    for (int r = 0; r < tile.rows; r++)
        rows_of[r] = r / width / n->pool_h * n->in.stride +
                     r / width % n->pool_h * n->y.a * n->in.W * n->in.cs +
                     r % width * (x->e > 1 ? 1 : x->a) * n->in.cs;
    if (!inner) write_tap_range(w, n);
    if (loop) open_kernel_rows(w, n, "xs");
    const char *row = loop ? "xr" : "xs", *weight = loop ? "wr" : "wp";
    const char *from = !inner ? "kx0" : x->e > 1 ? "tap" : "0";
    const char *to = !inner ? "kx1" : arena_printf(n->arena, "%d", x->taps);
    Reduction r = {"xk", "wk", n->block_weights, rows_of, rows_mask(tile.rows)};
    if (whole) {
        w_line(w, "const float *xk = %s + %s * %d, *wk = %s + %s * %d;", row, place_text(n, from),
               n->in.cs, weight, from, n->reduced * LANES);
        if (inner)
            tile_run((Code){.text = w}, n->isa, tile, r, x->taps * n->reduced, &n->body);
        else
            tile_loop((Code){.text = w}, n->isa, tile, r,
                      arena_printf(n->arena, "(kx1 - kx0) * %d", n->reduced),
                      n->reduced % 2 ? 1 : 2);
    } else {
        w_open(w, "for (int kx = %s; kx < %s; kx += %d)", from, to, step);
        w_line(w, "const int ix = %s;", place_text(n, "kx"));
        w_line(w, "const float *wk = %s + kx * %d;", weight, n->reduced * LANES);
        for (int q = 0; q < (windows ? width : 1); q++) {
            if (windows) {
                w_open(w, "if (ix >= %d && ix < %d)", -q * x->a, x->in - q * x->a);
                r.live = 0;
                for (int i = 0; i < tile.rows; i++)
                    if (i % width == q) r.live |= 1ull << i;
            }
            w_line(w, "const float *xk = %s + ix * %d;", row, n->in.cs);
            tile_run((Code){.text = w}, n->isa, tile, r, n->reduced, &n->body);
            if (windows) w_close(w);
        }
        w_close(w);
    }
    if (loop) w_close(w);
}

static void write_looped(Writer *w, Nest *n, Tile tile, int samples) {
    int width = n->way == COLUMNS_INNER ? n->columns : n->pool_w;
    tile.rows = width * n->pool_h * samples;
    open_looped_columns(w, n, width);
    declare_sums(w, n, tile);
    write_looped_taps(w, n, tile, width);
    write_output_place(w, n, "ox");
    contract_rows(w, n, tile, width, n->x.e);
    w_close(w);
    if (n->x.e > 1) w_close(w);
}

void contract_places(Writer *w, Nest *n, Tile tile, int samples) {
    w_line(w, "const float *xs = x + s * %d%s;", n->in.stride, n->groups > 1 ? " + c0" : "");
    bool rows = n->y.out > 1;
    if (rows) w_open(w, "for (int oy = 0; oy < %d; oy += %d)", n->y.out, n->pool_h);
    if (n->way == COLUMNS_STRAIGHT)
        write_straight(w, n, tile, samples);
    else
        write_looped(w, n, tile, samples);
    if (rows) w_close(w);
}
