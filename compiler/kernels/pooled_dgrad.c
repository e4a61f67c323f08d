/* Input gradient of a convolution through the max-pool on it. For each window a list of the output
 * channels that are alive, in order of the winner's place; an item adds its gradient times the
 * channel's weights, [ky][kx] with input channels in lanes, to the patch that the winner read. The
 * accumulators are the places that a row of a window's winners can reach. */
#include "../ops/ops.h"
#include "pointwise.h"
#include "pooled.h"

enum { MAX_REACH = 14 }; /* accumulators in a row: the smallest instruction set has 16 registers */

/* Places in a row that the winners in a row of a window read. */
static int reach(const Pooled *p) {
    return (p->taps[1] - 1) * p->dilation[1] + 1 + (p->window[1] - 1) * p->stride[1];
}

static bool fits(const Node *node) {
    if (node->op != &op_conv2d_dgrad || !pooled_fits(node)) return false;
    Pooled p = pooled_sizes(node);
    return reach(&p) <= MAX_REACH;
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

static void write_lists(Writer *w, const Kernel *k, const Pooled *p) {
    w_line(w, "int items = 0, next = 0;");
    w_line(w, "for (int s = s0; s < s1; s++)");
    w_line(w, "for (int q = 0; q < %d; q++)", p->windows[0] * p->windows[1]);
    w_open(w, "for (int k = 0; k < %d; k++)", p->places);
    w_line(w, "start[next++] = items;");
    w_open(w, "for (int c = 0; c < %d; c += 16)", k->in.cs);
    w_line(w, "const int o = s * %d + q * %d + c;", k->in.stride, k->in.cs);
    w_line(w, "const F16 g = KEEP(IEQ(LOAD_BYTES(winner + o), ISET((uint32_t)k)), LOAD(x + o));");
    w_line(w,
           "items += COMPRESS(list + items, from + items, NONZERO(g), g, IMUL(IADD(IOTA(), "
           "ISET((uint32_t)c)), ISET(%d)));",
           p->taps[0] * p->taps[1] * LANES);
    w_close(w);
    w_close(w);
    w_line(w, "start[next] = items;");
}

/* `rows` kernel rows for the winners of a row of the window: one list after the other. */
static void write_kernel_rows(Writer *w, const Pooled *p, int rows) {
    int columns = reach(p), row = p->padded[1] * LANES;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            w_flow(w, "V a%d_%d = V_LOAD(to + %d);", y, x, y * p->dilation[0] * row + x * LANES);
    for (int kx = 0; kx < p->window[1]; kx++) {
        w_open(w, "for (int i = row[%d]; i < row[%d]; i++)", kx, kx + 1);
        w_line(w, "const V g = V_SET(list[i]);");
        w_line(w, "const float *wt = wv + from[i];");
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < p->taps[1]; x++) {
                int column = kx * p->stride[1] + x * p->dilation[1];
                w_flow(w, "a%d_%d = V_FMA(g, V_LOAD(wt + %d), a%d_%d);", y, column,
                       (y * p->taps[1] + x) * LANES, y, column);
            }
        w_close(w);
    }
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++)
            w_flow(w, "V_STORE(to + %d, a%d_%d);", y * p->dilation[0] * row + x * LANES, y, x);
}

static void write_windows(Writer *w, Arena *arena, const Pooled *p, const Isa *isa) {
    int windows = p->windows[0] * p->windows[1], rows = (isa->registers - 2) / reach(p);
    w_open(w, "for (int q = 0; q < %d; q++)", windows);
    w_open(w, "for (int wy = 0; wy < %d; wy++)", p->window[0]);
    w_line(w, "const int32_t *row = start + ((s - s0) * %d + q) * %d + wy * %d;", windows,
           p->places, p->window[1]);
    w_line(w, "if (row[0] == row[%d]) continue;", p->window[1]);
    w_open(w, "for (int v = 0; v < 16; v += %d)", isa->width);
    w_line(w, "const float *wv = wb + v;");
    w_line(w, "float *to = area + %s + wy * %d + v;", pooled_base(arena, p, LANES),
           p->stride[0] * p->padded[1] * LANES);
    if (rows > p->taps[0]) rows = p->taps[0];
    int rest = p->taps[0] % rows;
    if (rest || rows < p->taps[0])
        w_open(w, "for (int y = 0; y < %d; y += %d)", p->taps[0] - rest, rows);
    else
        w_open(w, "%s", "");
    write_kernel_rows(w, p, rows);
    if (rest || rows < p->taps[0]) {
        w_line(w, "to += %d;", rows * p->dilation[0] * p->padded[1] * LANES);
        w_line(w, "wv += %d;", rows * p->taps[1] * LANES);
    }
    w_close(w);
    if (rest) {
        w_open(w, "%s", "");
        write_kernel_rows(w, p, rest);
        w_close(w);
    }
    w_close(w);
    w_close(w);
    w_close(w);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    Arena *arena = arena_new();
    Pooled p = pooled_sizes(k->node);
    int samples = pooled_samples(&p), list = list_floats(k, &p);
    pooled_write_base(w, &p, LANES);
    w_line(w, "float *area = scratch, *list = area + %d;", area(&p));
    w_line(w, "int32_t *from = (int32_t *)(void *)(list + %d), *start = from + %d;", list, list);
    w_open(w, "for (int s0 = 0; s0 < n; s0 += %d)", samples);
    w_line(w, "const int s1 = n < s0 + %d ? n : s0 + %d;", samples, samples);
    write_lists(w, k, &p);
    w_open(w, "for (int c = 0; c < %d; c += 16)", k->out.cs);
    w_line(w, "const float *wb = w + c * %d;", p.taps[0] * p.taps[1] * k->in.C);
    w_open(w, "for (int s = s0; s < s1; s++)");
    w_line(w, "NN_ZERO(area, %zu);", (size_t)area(&p) * sizeof(float));
    write_windows(w, arena, &p, isa);
    w_line(w, "for (int y = 0; y < %d; y++)", k->out.H);
    w_open(w, "for (int px = 0; px < %d; px++)", k->out.W);
    w_line(w, "const int e = (y * %d + px) * %d + c, o = s * %d + e;", k->out.W, k->out.cs,
           k->out.stride);
    const char *head = arena_printf(arena, "LOAD(area + ((y + %d) * %d + px + %d) * 16)", p.pad[0],
                                    p.padded[1], p.pad[1]);
    w_line(w, "%s", row_text(k, arena, head, (Site){"o", "s", "e", "c"}));
    w_close(w);
    w_close(w);
    w_close(w);
    w_close(w);
    arena_free(arena);
}

const Family family_pooled_dgrad = {
    .name = "input gradient through pool",
    .fits = fits,
    .fuses = true,
    .write = write,
    .scratch = scratch,
    .shortcut = true,
};
