/* Transposed copies of weights: inputs in lanes, for input gradients. Squares of 16 inputs by 16
 * outputs are turned in registers; layers with groups go weight by weight. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "family.h"

/* Declares `name`: how many of 16 rows from `at` on there are, of `all`. */
static const char *part(Loops *l, const char *name, int all, const char *at) {
    if (all % LANES == 0) return "16";
    l_line(l, "const int %s = %d - %s < 16 ? %d - %s : 16;", name, all, at, all, at);
    return name;
}

static void build_squares(Loops *l, const Derived *d, bool linear) {
    const ParamPlace *p = d->param;
    int taps = p->kh * p->kw, in_blocks = round_up(p->in, LANES) / LANES;
    int out_blocks = round_up(p->out, LANES) / LANES;
    l_open(l, "for (int b = first; b < last; b++)");
    if (linear) {
        l_line(l, "const int tap = b / %d, c = b %% %d * 16;", in_blocks, in_blocks);
    } else {
        l_line(l, "const int c = b * 16;");
        l_open(l, "for (int tap = 0; tap < %d; tap++)", taps);
    }
    l_open(l, "for (int o = 0; o < %d; o++)", out_blocks);
    l_line(l, "const float *from = w + ((o * %d + tap) * %d + c) * 16;", taps, p->in);
    if (linear)
        l_line(l, "float *to = t + (b * %d + o * 16) * 16;", p->out);
    else
        l_line(l, "float *to = t + ((b * %d + tap) * %d + o * 16) * 16;", taps, p->out);
    const char *rows = part(l, "rows", p->in, "c"), *columns = part(l, "columns", p->out, "o * 16");
    if (p->in % LANES == 0 && p->out % LANES == 0)
        l_line(l, "TRANSPOSE(from, 16, to, 16);");
    else
        l_line(l, "TRANSPOSE_PART(from, %s, to, %s);", rows, columns);
    l_close(l);
    if (!linear) l_close(l);
    l_close(l);
}

/* The weight of input c = 16 b + i and output o is zero where o's group does not use c. */
static void build_groups(Loops *l, const Derived *d) {
    const ParamPlace *p = d->param;
    int og = p->out / p->groups, ig = p->in / p->groups, count = d->block_out;
    l_open(l, "for (int b = first; b < last; b++)");
    l_line(l, "const int begin = nn_begin(%d, %d, %d, %d, b);", p->in, p->out, p->groups, count);
    /* nn_begin leaves room for the block's outputs. */
    l_given(l, "begin", "0", arena_printf(l->arena, "%d", p->out - count));
    l_open(l, "for (int y = 0; y < %d; y++)", p->kh);
    l_open(l, "for (int x = 0; x < %d; x++)", p->kw);
    l_open(l, "for (int o = begin; o < begin + %d; o++)", count);
    l_line(l, "float *to = t + (((b * %d + y) * %d + x) * %d + o - begin) * 16;", p->kh, p->kw,
           count);
    l_line(l, "const int stored = nn_begin(%d, %d, %d, %d, o / 16);", p->out, p->in, p->groups,
           p->block_in);
    l_line(l, "const float *from = w + ((o / 16 * %d + y) * %d + x) * %d + o %% 16;", p->kh, p->kw,
           p->block_in * LANES);
    l_open(l, "for (int i = 0; i < 16; i++)");
    l_line(l, "const int c = b * 16 + i;");
    l_line(l, "to[i] = 0.0f;");
    l_open(l, "if (c < %d && c / %d == o / %d)", p->in, ig, og);
    /* A block stores the inputs of its outputs' groups. */
    l_line(l, "const int at = c - stored;");
    l_given(l, "at", "0", arena_printf(l->arena, "%d", p->block_in - 1));
    l_line(l, "to[i] = from[at * 16];");
    l_close(l);
    l_close(l);
    l_close(l);
    l_close(l);
    l_close(l);
    l_close(l);
}

static void build_by_output(Loops *l, const Derived *d) {
    const ParamPlace *p = d->param;
    int taps = p->kh * p->kw;
    bool whole = p->in % LANES == 0 && p->out % LANES == 0;
    if (!whole) l_line(l, "float square[256];");
    l_open(l, "for (int b = first; b < last; b++)");
    if (!whole) l_line(l, "const int rows = %d - b * 16 < 16 ? %d - b * 16 : 16;", p->in, p->in);
    l_open(l, "for (int tap = 0; tap < %d; tap++)", taps);
    l_open(l, "for (int o = 0; o < %d; o += 16)", p->out);
    l_line(l, "const float *from = w + ((o / 16 * %d + tap) * %d + b * 16) * 16;", taps, p->in);
    l_line(l, "float *to = t + ((b * %d + o) * %d + tap) * 16;", p->out, taps);
    if (whole) {
        l_line(l, "TRANSPOSE(from, 16, to, %d);", taps * LANES);
    } else {
        l_line(l, "TRANSPOSE_PART(from, rows, square, 16);");
        l_line(
            l,
            "for (int i = 0; i < 16 && o + i < %d; i++) STORE(to + i * %d, LOAD(square + i * 16));",
            p->out, taps * LANES);
    }
    l_close(l);
    l_close(l);
    l_close(l);
}

static void build_conv(Loops *l, const Derived *d) {
    if (d->param->groups > 1)
        build_groups(l, d);
    else
        build_squares(l, d, false);
}

static void build_linear(Loops *l, const Derived *d) {
    build_squares(l, d, true);
}

const DerivedKind derived_transposed_conv = {.name = "transposed", .build = build_conv};
const DerivedKind derived_by_output = {.name = "by_output", .build = build_by_output};
const DerivedKind derived_transposed_linear = {.name = "transposed", .build = build_linear};
