/* Input gradient of a convolution through the max-pool on it. For each window a list of the output
 * channels that are alive, in order of the winner's place; an item adds its gradient times the
 * channel's weights, [ky][kx] with input channels in lanes, to the patch that the winner read. The
 * accumulators are the places that a row of a window's winners can reach. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "contraction.h"
#include "pointwise.h"
#include "pool.h"
#include "pooled.h"

enum { MAX_REACH = 14 }; /* accumulators in a row: the smallest instruction set has 16 registers */

static bool fits(const Node *node) {
    if (node->op != &op_conv2d_dgrad || !pooled_fits(node)) return false;
    Pooled p = pooled_sizes(node);
    return pooled_reach(&p) <= MAX_REACH;
}

/* Floats of scratch memory: one sample's gradient for 16 channels with its padding, list, starts.
 */
static int area(const Pooled *p) {
    return p->padded[0] * p->padded[1] * LANES;
}

static int list_floats(const Kernel *k, const Pooled *p) {
    return pooled_samples(p) * p->windows[0] * p->windows[1] * k->in.C + LANES;
}

static int starts(const Pooled *p) {
    return pooled_samples(p) * p->windows[0] * p->windows[1] * p->places + 1;
}

static int64_t scratch(const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    return (int64_t)area(&p) + 2 * list_floats(k, &p) + starts(&p);
}

/* Items are at most all channels of the windows so far: each has one winner. */
static void build_lists(Loops *l, const Kernel *k, const Pooled *p) {
    const int windows = p->windows[0] * p->windows[1];
    l_line(l, "int items = 0, next = 0;");
    l_open(l, "for (int s = s0; s < s1; s++)");
    l_open(l, "for (int q = 0; q < %d; q++)", windows);
    l_open(l, "for (int k = 0; k < %d; k++)", p->places);
    /* One for each turn. */
    l_given(l, "next", "0", arena_printf(l->arena, "%d", starts(p) - 2));
    l_line(l, "start[next] = items;");
    l_line(l, "next++;");
    l_open(l, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    l_line(l, "const int o = s * %d + q * %d + c;", k->in.stride, k->in.cs);
    l_line(l, "const F16 g = KEEP(IEQ(LOAD_BYTES(winner + o), ISET((uint32_t)k)), LOAD(x + o));");
    l_given(l, "items", "0", arena_printf(l->arena, "%d", list_floats(k, p) - LANES));
    l_line(l,
           "items += COMPRESS(list + items, from + items, NONZERO(g), g, IMUL(IADD(IOTA(), "
           "ISET((uint32_t)c)), ISET(%d)));",
           p->taps[0] * p->taps[1] * LANES);
    for (int i = 0; i < 4; i++) l_close(l);
    l_given(l, "next", "0", arena_printf(l->arena, "%d", starts(p) - 1));
    l_line(l, "start[next] = items;");
}

/* `rows` kernel rows for the winners of a row of the window: one list after the other. */
static void build_kernel_rows(Loops *l, const Kernel *k, const Pooled *p, int rows) {
    int columns = pooled_reach(p), row = p->padded[1] * LANES;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            l_flow(l, "V a%d_%d = V_LOAD(to + %d);", y, x, y * p->dilation[0] * row + x * LANES);
    for (int kx = 0; kx < p->window[1]; kx++) {
        l_line(l, "const int end%d = row[%d];", kx, kx + 1);
        l_given(l, arena_printf(l->arena, "end%d", kx), "0",
                arena_printf(l->arena, "%d", list_floats(k, p) - LANES));
        l_open(l, "for (int i = row[%d]; i < end%d; i++)", kx, kx);
        /* What build_lists stored: numbers of items, offsets of channels. */
        l_given(l, "i", "0", arena_printf(l->arena, "end%d - 1", kx));
        l_line(l, "const V g = V_SET(list[i]);");
        l_line(l, "const int channel = from[i];");
        l_given(l, "channel", "0",
                arena_printf(l->arena, "%d", (k->in.C - 1) * p->taps[0] * p->taps[1] * LANES));
        l_line(l, "const float *wt = wv + channel;");
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < p->taps[1]; x++) {
                int column = kx * p->stride[1] + x * p->dilation[1];
                l_flow(l, "a%d_%d = V_FMA(g, V_LOAD(wt + %d), a%d_%d);", y, column,
                       (y * p->taps[1] + x) * LANES, y, column);
            }
        l_close(l);
    }
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            l_flow(l, "V_STORE(to + %d, a%d_%d);", y * p->dilation[0] * row + x * LANES, y, x);
}

static void build_windows(Loops *l, const Kernel *k, const Pooled *p) {
    int windows = p->windows[0] * p->windows[1], rows = (l->isa->registers - 2) / pooled_reach(p);
    l_open(l, "for (int q = 0; q < %d; q++)", windows);
    l_open(l, "for (int wy = 0; wy < %d; wy++)", p->window[0]);
    l_line(l, "const int32_t *row = start + ((s - s0) * %d + q) * %d + wy * %d;", windows,
           p->places, p->window[1]);
    l_line(l, "if (row[0] == row[%d]) continue;", p->window[1]);
    l_open(l, "for (int v = 0; v < 16; v += %d)", l->isa->width);
    if (rows > p->taps[0]) rows = p->taps[0];
    const int rest = p->taps[0] % rows, full = p->taps[0] - rest;
    const int down = p->dilation[0] * p->padded[1] * LANES, row_weights = p->taps[1] * LANES;
    const char *base = pooled_base(l->arena, p, LANES);
    const int window_row = p->stride[0] * p->padded[1] * LANES;
    if (full > rows)
        l_open(l, "for (int y = 0; y < %d; y += %d)", full, rows);
    else
        l_open(l, "%s", "");
    const char *weights = full > rows ? arena_printf(l->arena, " + y * %d", row_weights) : "";
    const char *place = full > rows ? arena_printf(l->arena, " + y * %d", down) : "";
    l_line(l, "const float *wv = wb + v%s;", weights);
    l_line(l, "float *to = area + %s + wy * %d + v%s;", base, window_row, place);
    build_kernel_rows(l, k, p, rows);
    l_close(l);
    if (rest) {
        l_open(l, "%s", "");
        l_line(l, "const float *wv = wb + v + %d;", full * row_weights);
        l_line(l, "float *to = area + %s + wy * %d + v + %d;", base, window_row, full * down);
        build_kernel_rows(l, k, p, rest);
        l_close(l);
    }
    for (int i = 0; i < 3; i++) l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    Pooled p = pooled_sizes(k->node);
    int samples = pooled_samples(&p), list = list_floats(k, &p);
    pooled_build_base(l, &p, LANES);
    l_line(l, "float *area = scratch, *list = area + %d;", area(&p));
    l_line(l, "int32_t *from = (int32_t *)(void *)(list + %d), *start = from + %d;", list, list);
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    l_line(l, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    build_lists(l, k, &p);
    l_open(l, "for (int c = 0; c < %d; c += 16)", k->out.cs);
    l_line(l, "const float *wb = w + c * %d;", p.taps[0] * p.taps[1] * k->in.C);
    l_open(l, "for (int s = s0; s < s1; s++)");
    l_line(l, "NN_ZERO(area, %zu);", (size_t)area(&p) * sizeof(float));
    build_windows(l, k, &p);
    l_open(l, "for (int y = 0; y < %d; y++)", k->out.H);
    l_open(l, "for (int px = 0; px < %d; px++)", k->out.W);
    l_line(l, "const int e = (y * %d + px) * %d + c, o = s * %d + e;", k->out.W, k->out.cs,
           k->out.stride);
    const char *head = arena_printf(l->arena, "LOAD(area + ((y + %d) * %d + px + %d) * 16)",
                                    p.pad[0], p.padded[1], p.pad[1]);
    l_lines(l, row_text(k, l->arena, head, (Site){"o", "s", "e", "c"}));
    for (int i = 0; i < 5; i++) l_close(l);
}

static const char *reason(Arena *arena, const Kernel *k, const Isa *isa) {
    const Pooled p = pooled_sizes(k->node);
    (void)isa;
    return arena_printf(
        arena,
        "Tile: the %d places of a row that the winners of a window can reach, as sums in "
        "registers; "
        "what the pool let\nthrough is collected in lists first, the rest is never multiplied.",
        pooled_reach(&p));
}

static void lower(Lowering *l, Node *node) {
    const Node *pooled = storage_of(l, node->in[0]);
    Kernel *k = lower_backward(l, node, pooled->in[1]);
    read_derived(l, k, "w", transposed_weight(l, node, &derived_by_output));
    lower_operand(l, k, "winner", pool_winner(l, pooled), NULL, false);
    make_value(l, node);
}

const Family family_pooled_dgrad = {
    .name = "input gradient through pool",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
    .scratch = scratch,
    .reason = reason,
    .shortcut = true,
    .through_pool = true,
};
