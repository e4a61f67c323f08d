/* Winograd's minimal filtering F(4x4, 3x3) for 3x3 convolutions (A. Lavin, S. Gray, Fast Algorithms
 * for Convolutional Neural Networks, 2015): a tile of 4x4 outputs takes 36 multiplications for each
 * pair of channels instead of 144. Y = A' [(G g G') . (B' d B)] A with the points 0, 1, -1, 2, -2.
 *
 * Input patches are transformed (lanes are input channels), 36 matrix products run on them with the
 * register tiles of every contraction (lanes are output channels, rows are tiles of outputs), the
 * products are transformed back, and bias and fused nodes follow. An input gradient is the same of
 * the output gradient, with weights turned around. Transformed weights are a derived copy. The
 * choice depends on shapes alone: that copy is rebuilt after every update in any case, and then a
 * single tile takes about as long as the direct way, two take two thirds of its time or less. */
#include "../loops/loops.h"
#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "../plan/params.h"
#include "contraction.h"
#include "pointwise.h"
#include "pool.h"
#include "reason.h"
#include "tile.h"

enum {
    PRODUCTS = 36, /* 6x6 places of a transformed patch */
    GROUP = 12,  /* tiles of outputs at a time: their patches and products stay in the second-level
                    cache; a multiple of every instruction set's rows */
    SKEW = LANES /* floats between the matrices, which would else lie 4 KiB apart */
};

typedef struct Shapes {
    Layout in, out; /* out: before a fused pool */
    int pad[2], tiles[2], blocks;
    int64_t weights, patches, products; /* floats from one of the 36 matrices to the next */
} Shapes;

static Shapes shapes_of(const Kernel *k) {
    Shapes s = {.in = k->in, .out = k->out};
    if (k->pool) {
        s.out.H = k->node->type.shape.dim[1];
        s.out.W = k->node->type.shape.dim[2];
    }
    const Conv conv = conv_of(k->node);
    for (int i = 0; i < 2; i++)
        s.pad[i] = k->node->op == &op_conv2d ? conv.pad[i] : 2 - conv.pad[i];
    s.tiles[0] = (s.out.H + 3) / 4;
    s.tiles[1] = (s.out.W + 3) / 4;
    s.blocks = s.out.cs / LANES;
    s.weights = (int64_t)s.blocks * s.in.C * LANES + SKEW;
    s.patches = (int64_t)GROUP * s.in.cs + SKEW;
    s.products = (int64_t)GROUP * s.out.cs + SKEW;
    return s;
}

/* Costs in multiply-adds of a register: a place of the transforms takes about 8 a channel. */
static bool fits(const Node *node) {
    if (node->op != &op_conv2d && node->op != &op_conv2d_dgrad) return false;
    const Conv c = conv_of(node);
    if (c.groups != 1) return false;
    Shape x = node->in[0]->type.shape, y = node->type.shape;
    for (int i = 0; i < 2; i++)
        if (c.kernel[i] != 3 || c.stride[i] != 1 || c.dilation[i] != 1 || c.pad[i] > 2)
            return false;
    if (x.dim[0] < LANES || y.dim[0] < LANES) return false;
    if (is_field(node->in[0])) return false;
    double tiles = ((y.dim[1] + 3) / 4) * ((y.dim[2] + 3) / 4), pairs = (double)x.dim[0] * y.dim[0];
    double direct = 9.0 * pairs * y.dim[1] * y.dim[2];
    double winograd = tiles * (double)PRODUCTS * (pairs + 8.0 * (x.dim[0] + y.dim[0]));
    return 1.2 * winograd < direct;
}

static int64_t scratch(const Kernel *k) {
    Shapes s = shapes_of(k);
    return PRODUCTS * (s.patches + s.products);
}

static int64_t matrix_floats(int out, int in) {
    return (int64_t)round_up(out, LANES) * in + SKEW;
}

static int64_t weight_floats(const ParamPlace *p, bool transposed) {
    return PRODUCTS * (transposed ? matrix_floats(p->in, p->out) : matrix_floats(p->out, p->in));
}

static const DerivedKind derived_winograd, derived_winograd_transposed;

static Derived *derived_weight(Lowering *l, const Node *node) {
    const bool transposed = node->op == &op_conv2d_dgrad;
    const ParamPlace *p = param_place(l->plan, node->in[1]);
    Derived *d =
        derived_copy(l->plan, transposed ? &derived_winograd_transposed : &derived_winograd, p);
    if (d->value) return d;
    d->blocks = round_up(transposed ? p->in : p->out, LANES) / LANES;
    derived_store(l->plan, d, weight_floats(p, transposed));
    return d;
}

static void lower(Lowering *l, Node *node) {
    const bool forward = node->op == &op_conv2d;
    Kernel *k = forward ? lower_forward(l, node) : lower_backward(l, node, node->in[0]);
    read_derived(l, k, "u", derived_weight(l, node));
    if (forward) add_bias(l, k);
    make_value(l, node);
}

/* A pool whose windows are whole in a tile of 4x4 outputs. */
static bool joins(const Node *root, const Node *node) {
    if (!pool_follows_conv(root, node)) return false;
    const PoolAttrs *p = ATTRS(node, PoolAttrs);
    return 4 % p->kernel[0] == 0 && 4 % p->kernel[1] == 0;
}

/* The rows of G applied to three rows g0, g1, g2. */
static const char *const weight_rows[6] = {
    "ROUNDED(MUL(g0, SET(0.25f)))",
    "ROUNDED(MUL(ADD(ADD(g0, g2), g1), SET(-1.0f / 6.0f)))",
    "ROUNDED(MUL(SUB(g1, ADD(g0, g2)), SET(1.0f / 6.0f)))",
    "ROUNDED(MUL(FMA(g1, SET(2.0f), FMA(g2, SET(4.0f), g0)), SET(1.0f / 24.0f)))",
    "ROUNDED(MUL(FMA(g1, SET(-2.0f), FMA(g2, SET(4.0f), g0)), SET(1.0f / 24.0f)))",
    "g2"};

/* G g G' of the nine rows `from` + (3 y + x) * `step` floats for each turn of the loop, stored at
 * `to`. Two rows of the result at a time, those that share terms: twelve matrices lie in as many
 * pages, and processors know the addresses of about sixteen for stores. */
static void build_weight_transforms(Loops *l, const char *loop, const char *from, int step,
                                    const char *to, long long matrix) {
    static const int pairs[3][2] = {{0, 5}, {1, 2}, {3, 4}};
    for (int pair = 0; pair < 3; pair++) {
        const int *rows = pairs[pair];
        l_open(l, "%s", loop);
        l_line(l, "const float *from = %s;", from);
        l_line(l, "float *to = %s + %lld;", to, 6 * rows[0] * matrix);
        l_line(l, "float half[96];");
        l_open(l, "for (int x = 0; x < 3; x++)");
        for (int y = 0; y < 3; y++)
            if (pair || y != 1)
                l_line(l, "const F16 g%d = LOAD(from + (%d + x) * %d);", y, 3 * y, step);
        l_line(l, "STORE(half + x * 16, %s);", weight_rows[rows[0]]);
        l_line(l, "STORE(half + (3 + x) * 16, %s);", weight_rows[rows[1]]);
        l_close(l);
        l_open(l, "for (int row = 0; row < 6; row += 3, to += %lld)",
               6 * (rows[1] - rows[0]) * matrix);
        for (int x = 0; x < 3; x++)
            l_line(l, "const F16 g%d = LOAD(half + (row + %d) * 16);", x, x);
        for (int x = 0; x < 6; x++) l_line(l, "STORE(to + %lld, %s);", x * matrix, weight_rows[x]);
        l_close(l);
        l_close(l);
    }
}

static void build_weights(Loops *l, const Derived *d) {
    const ParamPlace *p = d->param;
    l_open(l, "for (int b = first; b < last; b++)");
    build_weight_transforms(l, arena_printf(l->arena, "for (int i = 0; i < %d; i++)", p->in),
                            arena_printf(l->arena, "w + (b * %d + i) * 16", 9 * p->in),
                            p->in * LANES, arena_printf(l->arena, "t + (b * %d + i) * 16", p->in),
                            matrix_floats(p->out, p->in));
    l_close(l);
}

/* Inputs in lanes, taps in reverse. */
static void build_transposed(Loops *l, const Derived *d) {
    const ParamPlace *p = d->param;
    /* [tap][output][16 inputs] */
    l_line(l, "float squares[2304];");
    l_open(l, "for (int b = first; b < last; b++)");
    l_open(l, "for (int o = 0; o < %d; o += 16)", p->out);
    if (p->in % LANES)
        l_line(l, "const int rows = %d - b * 16 < 16 ? %d - b * 16 : 16;", p->in, p->in);
    l_open(l, "for (int tap = 0; tap < 9; tap++)");
    l_line(l, "const float *from = w + ((o / 16 * 9 + 8 - tap) * %d + b * 16) * 16;", p->in);
    l_line(l, p->in % LANES ? "TRANSPOSE_PART(from, rows, squares + tap * 256, 16);"
                            : "TRANSPOSE(from, 16, squares + tap * 256, 16);");
    l_close(l);
    const char *loop = "for (int i = 0; i < 16; i++)";
    if (p->out % LANES)
        loop = arena_printf(l->arena, "for (int i = 0; i < 16 && o + i < %d; i++)", p->out);
    build_weight_transforms(l, loop, "squares + i * 16", 256,
                            arena_printf(l->arena, "t + (b * %d + o + i) * 16", p->out),
                            matrix_floats(p->in, p->out));
    l_close(l);
    l_close(l);
}

/* B' applied to six rows `from` + i * `step` floats, stored at `to` + i * `stride`. */
static void build_patch_step(Loops *l, const char *from, int step, const char *to,
                             long long stride) {
    for (int i = 0; i < 6; i++) l_line(l, "const F16 x%d = LOAD(%s + %d);", i, from, i * step);
    l_line(l, "const F16 four = SET(4.0f), two = SET(2.0f);");
    l_line(l, "const F16 even = FMA(NEG(four), x2, x4), odd = FMA(NEG(four), x1, x3);");
    l_line(l, "const F16 near = SUB(x4, x2), far = SUB(x3, x1);");
    static const char *const rows[6] = {"FMA(four, x0, FMA(SET(-5.0f), x2, x4))",
                                        "ADD(even, odd)",
                                        "SUB(even, odd)",
                                        "FMA(two, far, near)",
                                        "FMA(NEG(two), far, near)",
                                        "FMA(four, x1, FMA(SET(-5.0f), x3, x5))"};
    for (int i = 0; i < 6; i++) l_line(l, "STORE(%s + %lld, %s);", to, i * stride, rows[i]);
}

/* Declares where tile number t of the chunk lies: s, ty, tx. */
static void build_tile_place(Loops *l, const Shapes *s) {
    int tiles = s->tiles[0] * s->tiles[1];
    l_line(l, "const int s = t / %d, ty = t %% %d / %d, tx = t %% %d;", tiles, tiles, s->tiles[1],
           s->tiles[1]);
}

/* Half of the transform, of the 6x6 places from `from` on, which are so many floats apart. */
static void build_half(Loops *l, const char *from, int right, int down) {
    l_open(l, "for (int j = 0; j < 6; j++)");
    build_patch_step(l, arena_printf(l->arena, "%s + j * %d", from, right), down, "half + j * 16",
                     96);
    l_close(l);
}

/* A patch that crosses the border, with zeros outside the input. */
static void build_edge(Loops *l, const Shapes *s) {
    l_line(l, "float edge[%d];", PRODUCTS * LANES);
    l_open(l, "for (int i = 0; i < 6; i++)");
    l_open(l, "for (int j = 0; j < 6; j++)");
    l_line(l, "const int y = top + i, px = left + j;");
    l_line(l, "const bool in = y >= 0 && y < %d && px >= 0 && px < %d;", s->in.H, s->in.W);
    l_line(l,
           "STORE(edge + (i * 6 + j) * 16, in ? LOAD(x + s * %d + (y * %d + px) * %d + c) : "
           "SET(0.0f));",
           s->in.stride, s->in.W, s->in.cs);
    l_close(l);
    l_close(l);
    build_half(l, "edge", LANES, 6 * LANES);
}

/* Patches of tiles [t0, t1), zero outside the input. */
static void build_patches(Loops *l, const Shapes *s) {
    const int row = s->in.W * s->in.cs;
    const bool all = !s->pad[0] && !s->pad[1] && s->out.H % 4 == 0 && s->out.W % 4 == 0;
    const bool none = s->in.H < 6 || s->in.W < 6; /* of the patches lie inside */
    l_open(l, "for (int t = t0; t < t1; t++)");
    build_tile_place(l, s);
    l_line(l, "const int top = ty * 4 - %d, left = tx * 4 - %d;", s->pad[0], s->pad[1]);
    if (!all && !none)
        l_line(l, "const bool inside = top >= 0 && left >= 0 && top <= %d && left <= %d;",
               s->in.H - 6, s->in.W - 6);
    l_open(l, "for (int c = 0; c < %d; c += 16)", s->in.cs);
    l_line(l, "float half[%d];", PRODUCTS * LANES);
    if (!none) {
        l_open(l, all ? "%s" : "%sif (inside)", "");
        l_line(l, "const float *from = x + s * %d + (top * %d + left) * %d + c;", s->in.stride,
               s->in.W, s->in.cs);
        build_half(l, "from", s->in.cs, row);
        l_close(l);
    }
    if (!all) {
        l_open(l, none ? "%s" : "%sif (!inside)", "");
        build_edge(l, s);
        l_close(l);
    }
    l_open(l, "for (int i = 0; i < 6; i++)");
    l_line(l, "float *to = patches + i * %lld + (t - t0) * %d + c;", (long long)(6 * s->patches),
           s->in.cs);
    build_patch_step(l, "half + i * 96", LANES, "to", s->patches);
    l_close(l);
    l_close(l);
    l_close(l);
}

/* `rows` rows from r on for a run of panels. */
static void build_tile_products(Loops *l, const Shapes *s, Panels panels, int rows) {
    const Isa *isa = l->isa;
    Tile tile = panels.tile;
    tile.rows = rows;
    if (panels.last - panels.first > tile.blocks) {
        l_open(l, "for (int p = %d; p < %d; p += %d)", panels.first, panels.last, tile.blocks);
    } else {
        l_open(l, "%s", "");
        l_line(l, "const int p = %d;", panels.first);
    }
    l_line(l, "const float *row = from + r * %d, *wp = we + p * %d;", s->in.cs, s->in.C * LANES);
    l_line(l, "float *to = into + r * %d + p * 16;", s->out.cs);
    const char **start = ARENA_ARRAY(l->arena, const char *, tile_vectors(isa, tile));
    int *at = ARENA_ARRAY(l->arena, int, rows);
    for (int i = 0; i < tile_vectors(isa, tile); i++) start[i] = "V_ZERO()";
    for (int r = 0; r < rows; r++) at[r] = r * s->in.cs;
    Body body = {.run = MAX_STEPS};
    tile_declare(l, tile, start);
    tile_run(l, tile, (Reduction){"row", "wp", (int64_t)s->in.C * LANES, at, (1ull << rows) - 1},
             s->in.C, &body);
    for (int r = 0; r < rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            l_flow(l, "STORE(to + %d, %s);", r * s->out.cs + b * LANES,
                   tile_row(l->arena, isa, tile, r, b));
    l_close(l);
}

static int panel_blocks(const Isa *isa, const Shapes *s) {
    return s->blocks < isa->tile_blocks ? 1 : isa->tile_blocks;
}

/* Rows of a tile: the most that the registers hold and GROUP is a multiple of. */
static int product_rows(const Isa *isa, int vectors) {
    int rows = GROUP;
    while (rows > 1 && (GROUP % rows || rows * vectors + vectors + 1 > isa->registers)) rows--;
    return rows;
}

/* Products of tiles from r on, `rows` of them over `blocks` blocks at once. */
static void build_tail(Loops *l, const Shapes *s, int rows, int blocks, const char *from,
                       const char *condition) {
    Panels panels[MAX_PANELS];
    int n = tile_panels(l->isa, s->out.C, 1, blocks < s->blocks ? blocks : s->blocks, panels);
    l_open(l, "if (%s)", condition);
    l_line(l, "const int r = %s;", from);
    /* Whole tiles of the group lie before r, and it has room for one more. */
    l_given(l, "r", "0", arena_printf(l->arena, "%d", GROUP - rows));
    for (int i = 0; i < n; i++) build_tile_products(l, s, panels[i], rows);
    l_close(l);
}

/* The 36 matrix products. High tiles as long as they are nearly full, the rest half as high or two
 * high and over more blocks at once, which hides the latency. */
static void build_products(Loops *l, const Shapes *s) {
    const Isa *isa = l->isa;
    Panels panels[MAX_PANELS];
    int blocks = panel_blocks(isa, s), runs = tile_panels(isa, s->out.C, 1, blocks, panels);
    int vectors = blocks * isa_vectors(isa), rows = product_rows(isa, vectors), half = rows / 2;
    int wide = isa->registers * 3 / 4 / (2 * isa_vectors(isa));
    if (wide > tile_short_blocks(isa, 2)) wide = tile_short_blocks(isa, 2);
    bool has_half =
        half > 2 && (half + 1) * 2 * vectors + 1 <= isa->registers && s->blocks > blocks;
    bool has_two = wide > blocks && rows > 2;
    l_line(l, "const int count = t1 - t0;");
    l_given(l, "count", "1", arena_printf(l->arena, "%d", GROUP)); /* t0 is a tile */
    l_line(l, "const int high = (count + %d) / %d * %d;",
           rows - 1 - (has_half ? half : 0) - (has_two ? 2 : 0), rows, rows);
    if (has_half)
        l_line(l, "const int low = count - high > %d ? high + %d : high;", has_two ? 2 : 0, half);
    const char *low = has_half ? "low" : "high";
    l_open(l, "for (int e = 0; e < %d; e++)", PRODUCTS);
    l_line(l, "const float *from = patches + e * %lld, *we = u + e * %lld;", (long long)s->patches,
           (long long)s->weights);
    l_line(l, "float *into = products + e * %lld;", (long long)s->products);
    for (int i = 0; i < runs; i++) {
        int height = product_rows(isa, tile_vectors(isa, panels[i].tile));
        l_open(l, "for (int r = 0; r < high; r += %d)", height);
        build_tile_products(l, s, panels[i], height);
        l_close(l);
    }
    if (has_half) build_tail(l, s, half, 2 * blocks, "high", "low > high");
    if (has_two) build_tail(l, s, 2, wide, low, has_half ? "count > low" : "count > high");
    l_close(l);
}

/* A' applied to six rows `from` + i * `step` floats, stored at `to` + i * `stride`. */
static void build_output_step(Loops *l, const char *from, long long step, const char *to,
                              int stride, const char *bias) {
    for (int i = 0; i < 6; i++) l_line(l, "const F16 m%d = LOAD(%s + %lld);", i, from, i * step);
    l_line(l, "const F16 p = ADD(m1, m2), q = SUB(m1, m2), r = ADD(m3, m4), z = SUB(m3, m4);");
    static const char *const rows[4] = {"ADD(ADD(m0, p), r)", "FMA(z, SET(2.0f), q)",
                                        "FMA(r, SET(4.0f), p)", "ADD(FMA(z, SET(8.0f), q), m5)"};
    for (int i = 0; i < 4; i++) {
        const char *row = bias ? arena_printf(l->arena, "ADD(%s, %s)", rows[i], bias) : rows[i];
        l_line(l, "STORE(%s + %d, %s);", to, i * stride, row);
    }
}

/* What follows the convolution, for a tile's 4x4 outputs in y[place][16]. */
static void build_rest(Loops *l, const Kernel *k, const Shapes *s) {
    static const PoolAttrs none = {{1, 1}, {1, 1}, {0}, {0}};
    const PoolAttrs *pool = k->pool ? ATTRS(k->pool, PoolAttrs) : &none;
    const int kh = pool->kernel[0], kw = pool->kernel[1];
    l_open(l, "for (int i = 0; i < %d; i++)", 4 / kh);
    l_open(l, "for (int j = 0; j < %d; j++)", 4 / kw);
    l_line(l, "const int oy = ty * %d + i, ox = tx * %d + j;", 4 / kh, 4 / kw);
    if (s->out.H % 4 || s->out.W % 4)
        l_line(l, "if (oy >= %d || ox >= %d) continue;", k->out.H, k->out.W);
    l_line(l, "const int e = (oy * %d + ox) * %d + c, o = s * %d + e;", k->out.W, k->out.cs,
           k->out.stride);
    Site site = {"o", "s", "e", "c"};
    if (k->pool) {
        const char **places = ARENA_ARRAY(l->arena, const char *, kh *kw);
        for (int n = 0; n < kh * kw; n++)
            places[n] = arena_printf(l->arena, "LOAD(y + ((i * %d + %d) * 4 + j * %d + %d) * 16)",
                                     kh, n / kw, kw, n % kw);
        l_lines(l, pool_window_text(k, l->arena, places, kh * kw, "o"));
        l_lines(l, row_text(k, l->arena, "h", site));
    } else {
        l_lines(l, row_text(k, l->arena, "LOAD(y + (i * 4 + j) * 16)", site));
    }
    l_close(l);
    l_close(l);
}

static void build_outputs(Loops *l, const Kernel *k, const Shapes *s) {
    l_open(l, "for (int t = t0; t < t1; t++)");
    build_tile_place(l, s);
    l_open(l, "for (int c = 0; c < %d; c += 16)", s->out.cs);
    l_line(l, "const float *from = products + (t - t0) * %d + c;", s->out.cs);
    l_line(l, "float half[384];");
    l_line(l, "float y[256];");
    if (k->node->n_in > 2) l_line(l, "const F16 b = LOAD(bias + c);");
    l_open(l, "for (int j = 0; j < 6; j++)");
    build_output_step(l, arena_printf(l->arena, "from + j * %lld", (long long)s->products),
                      6 * s->products, "half + j * 16", 96, NULL);
    l_close(l);
    l_open(l, "for (int i = 0; i < 4; i++)");
    build_output_step(l, "half + i * 96", 16, "y + i * 64", 16, k->node->n_in > 2 ? "b" : NULL);
    l_close(l);
    build_rest(l, k, s);
    l_close(l);
    l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    const Shapes s = shapes_of(k);
    l_line(l, "const int tiles = n * %d;", s.tiles[0] * s.tiles[1]);
    l_line(l, "float *patches = scratch, *products = scratch + %lld;",
           (long long)(PRODUCTS * s.patches));
    l_open(l, "for (int t0 = 0; t0 < tiles; t0 += %d)", GROUP);
    l_line(l, "const int t1 = tiles < t0 + %d ? tiles : t0 + %d;", GROUP, GROUP);
    build_patches(l, &s);
    build_products(l, &s);
    build_outputs(l, k, &s);
    l_close(l);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    const Shapes s = shapes_of(k);
    Panels panels[MAX_PANELS];
    const int runs = tile_panels(isa, s.out.C, 1, panel_blocks(isa, &s), panels);
    return arena_printf(
        arena,
        "Tile: 4x4 outputs, whose %d products do the work of 144; %d such tiles at a time, so that "
        "their patches and products\nstay in the second-level cache. Rows of a product are tiles "
        "of "
        "outputs, as many as the %d registers hold with weights.\n%s.",
        PRODUCTS, GROUP, isa->registers, reason_panels(arena, isa, s.out.C, panels, runs));
}

const Family family_winograd = {
    .name = "Winograd contract",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .joins = joins,
    .build = build,
    .scratch = scratch,
    .shortcut = true,
    .winograd = true,
    .reason = reason,
};
static const DerivedKind derived_winograd = {.name = "winograd", .build = build_weights};
static const DerivedKind derived_winograd_transposed = {.name = "winograd_transposed",
                                                        .build = build_transposed};
