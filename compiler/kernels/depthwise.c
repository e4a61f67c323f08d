/* Depthwise convolutions, whose outputs have a channel each, their input gradients and transposed
 * ones. A lane is a channel: no value is broadcast, a register of inputs meets that of weights of a
 * tap. Columns that read the same taps are straight code, a tile at a time: a row of taps stays in
 * registers, each input is loaded once for all columns that it meets. Wide kernels loop over taps.
 *
 * Rows of outputs are the outer loop, so that rows of inputs are read from the nearest cache by
 * all rows of the kernel: of wide rows as many channels at a time as stay there. Sums begin with
 * the bias and add kernel rows, then kernel columns. */
#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "contract.h"
#include "contraction.h"

/* Floats of inputs that stay in the first-level cache beside outputs. */
enum { NEAR_FLOATS = 6144, MOST_COLUMNS = 16 };

static bool fits(const Node *node) {
    return (node->op == &op_conv2d || node->op == &op_conv2d_dgrad ||
            node->op == &op_conv_transpose2d) &&
           conv_is_depthwise(node);
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = lower_backward(l, node, node->in[0]);
    read_param(l, k, "w", node->in[1]);
    add_bias(l, k);
    make_value(l, node);
}

static void set_geometry(Nest *n) {
    n->in = n->k->in;
    n->out = n->k->out;
    n->pool_h = n->pool_w = n->reduced = 1;
    n->bias = n->k->node->n_in > 2;
    contract_axes(n);
}

/* Columns of a tile: their sums, a row of weights and an input are in registers. */
static int most_columns(const Nest *n) {
    const int rows = n->isa->registers / isa_vectors(n->isa);
    int most = rows - n->x.taps - 2;
    if (most > MOST_COLUMNS) most = MOST_COLUMNS;
    if (most < rows / 2) most = rows / 2;
    if (most > n->x.e) most -= most % n->x.e;
    return most < n->x.out ? most : n->x.out;
}

/* Columns of equal tiles, whole strides of an input gradient. */
static int tile_width(const Nest *n) {
    const int most = most_columns(n), tiles = (n->x.out + most - 1) / most;
    const int width = (n->x.out + tiles - 1) / tiles;
    return n->x.e > 1 ? round_up(width, n->x.e) : width;
}

/* What the columns from x0 on read of place `p` is loaded, and multiplied for each. */
static void build_place(Loops *l, const Nest *n, int x0, int columns, int p) {
    bool met = false;
    for (int q = 0; q < columns; q++)
        for (int t = 0; t < n->x.taps; t++) {
            int at;
            if (!axis_reads(&n->x, x0 + q, t, &at) || at != p) continue;
            for (int v = 0; v < isa_vectors(n->isa) && !met; v++)
                l_flow(l, "const V x%d_%d = V_LOAD(xr + %d);", p, v,
                       p * n->in.cs + v * n->isa->width);
            met = true;
            for (int v = 0; v < isa_vectors(n->isa); v++)
                l_flow(l, "a%d_%d = V_FMA(x%d_%d, w%d_%d, a%d_%d);", q, v, p, v, t, v, q, v);
        }
}

/* Rows of taps for the columns from x0 on, inputs in the order of taps. */
static void build_straight_taps(Loops *l, const Nest *n, const char *x, int x0, int columns) {
    contract_kernel_rows(l, n, x);
    for (int t = 0; t < n->x.taps; t++) {
        bool used = false;
        int at;
        for (int q = 0; q < columns; q++) used = used || axis_reads(&n->x, x0 + q, t, &at);
        for (int v = 0; v < isa_vectors(n->isa) && used; v++)
            l_flow(l, "const V w%d_%d = V_LOAD(wr + %d);", t, v, t * LANES + v * n->isa->width);
    }
    for (int i = 0; i < n->x.in; i++)
        build_place(l, n, x0, columns, n->x.b > 0 ? i : n->x.in - 1 - i);
    l_close(l);
}

static bool meets_input(const Nest *n, int x0, int columns) {
    int p;
    for (int q = 0; q < columns; q++)
        for (int t = 0; t < n->x.taps; t++)
            if (axis_reads(&n->x, x0 + q, t, &p)) return true;
    return false;
}

static void end_tile(Loops *l, const Nest *n, int columns, const char *ox) {
    contract_output_place(l, n, ox);
    contract_rows(l, n, (Tile){columns, 1, 0}, columns, 1);
}

static void build_straight(Loops *l, const Nest *n) {
    for (int x0 = 0, x1; x0 < n->x.out; x0 = x1) {
        const int columns = n->x.out - x0 < n->columns ? n->x.out - x0 : n->columns;
        x1 = axis_alike(&n->x, x0, columns);
        const char *x, *ox = contract_open_columns(l, n, x0, x1, columns, &x);
        contract_sums(l, n, (Tile){columns, 1, 0});
        if (meets_input(n, x0, columns)) build_straight_taps(l, n, x, x0, columns);
        end_tile(l, n, columns, ox);
        l_close(l);
    }
}

/* A tile of `columns` columns from ox on, which read inside with all taps, or one that may not. */
static void build_looped_tile(Loops *l, const Nest *n, int columns, bool inside) {
    const Axis *x = &n->x;
    contract_sums(l, n, (Tile){columns, 1, 0});
    contract_kernel_rows(l, n, "xs");
    l_open(l, "for (int kx = 0; kx < %d; kx++)", x->taps);
    l_line(l, "const int ix = ox * %d + kx * %d + %d;", x->a, x->b, x->c);
    if (!inside)
        l_line(l,
               x->e > 1 ? "if (ix < 0 || ix >= %d || ix %% %d) continue;"
                        : "if (ix < 0 || ix >= %d) continue;",
               x->in * x->e, x->e);
    l_line(l, "const float *xk = xr + ix / %d * %d;", x->e, n->in.cs);
    for (int v = 0; v < isa_vectors(n->isa); v++)
        l_flow(l, "const V w%d = V_LOAD(wr + kx * 16 + %d);", v, v * n->isa->width);
    for (int q = 0; q < columns; q++)
        for (int v = 0; v < isa_vectors(n->isa); v++)
            l_flow(l, "a%d_%d = V_FMA(V_LOAD(xk + %d), w%d, a%d_%d);", q, v,
                   q * x->a * n->in.cs + v * n->isa->width, v, q, v);
    l_close(l);
    l_close(l);
    end_tile(l, n, columns, "ox");
}

static void build_looped(Loops *l, const Nest *n) {
    Inner inner = axis_inner(&n->x, 1, 0);
    const int length = inner.to - inner.from;
    const int columns = length < n->columns ? length : n->columns;
    if (n->x.e > 1 || columns < 2) inner = (Inner){0};
    const int others = n->x.out - (inner.to - inner.from);
    if (inner.to > inner.from) {
        l_open(l, "for (int i = %d; i < %d; i += %d)", inner.from, inner.to, columns);
        /* The last tile may do a few columns again. */
        if (length % columns)
            l_line(l, "const int ox = i < %d ? i : %d;", inner.to - columns, inner.to - columns);
        else
            l_line(l, "const int ox = i;");
        build_looped_tile(l, n, columns, true);
        l_close(l);
    }
    if (!others) return;
    l_open(l, "for (int i = 0; i < %d; i++)", others);
    l_line(l, "const int ox = i < %d ? i : i + %d;", inner.from, inner.to - inner.from);
    build_looped_tile(l, n, 1, false);
    l_close(l);
}

/* Blocks of channels whose rows of inputs stay near, a divisor of all. */
static int near_blocks(const Nest *n) {
    const int blocks = n->in.cs / LANES;
    int near = NEAR_FLOATS / (n->y.taps * n->in.W * LANES);
    if (near < 1) near = 1;
    if (near > blocks) near = blocks;
    while (blocks % near) near--;
    return near;
}

static void build_nest(Loops *l, Nest *n, bool straight) {
    const int near = near_blocks(n) * LANES;
    contract_define_rows(l, n);
    l_open(l, "for (int s = 0; s < n; s++)");
    if (near < n->in.cs) l_open(l, "for (int c0 = 0; c0 < %d; c0 += %d)", n->in.cs, near);
    if (n->y.out > 1) l_open(l, "for (int oy = 0; oy < %d; oy++)", n->y.out);
    if (near < n->in.cs)
        l_open(l, "for (int c = c0; c < c0 + %d; c += 16)", near);
    else
        l_open(l, "for (int c = 0; c < %d; c += 16)", near);
    l_line(l, "const float *xs = x + s * %d + c, *wp = w + c * %d;", n->in.stride,
           n->y.taps * n->x.taps);
    if (straight)
        build_straight(l, n);
    else
        build_looped(l, n);
    l_close(l);
    if (n->y.out > 1) l_close(l);
    if (near < n->in.cs) l_close(l);
    l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    Nest n = {.k = k, .isa = l->isa, .arena = l->arena};
    set_geometry(&n);
    n.columns = tile_width(&n);
    if (n.x.taps <= MAX_STEPS) {
        Loops *draft = loops_new(l->arena, k, l->isa);
        build_nest(draft, &n, true);
        if (tile_fits_budget(loops_lines(draft))) {
            *l = *draft;
            return;
        }
    }
    build_nest(l, &n, false);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    Nest n = {.k = k, .isa = isa, .arena = arena};
    set_geometry(&n);
    return arena_printf(arena,
                        "Tile: at most %d columns of 16 channels: their sums, a row of weights and "
                        "an input are in registers.\nRows of outputs go one after the other, %d "
                        "channels at a time, whose rows of inputs stay in the first-level cache.",
                        tile_width(&n), near_blocks(&n) * LANES);
}

const Family family_depthwise = {
    .name = "depthwise",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
    .reason = reason,
};
