/* Transposed copies of weights: inputs in lanes, for input gradients. Squares of 16 inputs by 16
 * outputs are turned in registers; layers with groups go weight by weight. */
#include "../ops/ops.h"
#include "family.h"

static void write_squares(Writer *w, const Derived *d, bool linear) {
    const ParamPlace *p = d->param;
    int taps = p->kh * p->kw, in_blocks = round_up(p->in, LANES) / LANES;
    int out_blocks = round_up(p->out, LANES) / LANES;
    w_open(w, "for (int b = first; b < last; b++)");
    if (linear)
        w_line(w, "const int tap = b / %d, c = b %% %d * 16;", in_blocks, in_blocks);
    else
        w_line(w, "const int c = b * 16;");
    if (!linear) w_line(w, "for (int tap = 0; tap < %d; tap++)", taps);
    w_open(w, "for (int o = 0; o < %d; o++)", out_blocks);
    w_line(w, "const float *from = w + ((o * %d + tap) * %d + c) * 16;", taps, p->in);
    if (linear)
        w_line(w, "float *to = t + (b * %d + o * 16) * 16;", p->out);
    else
        w_line(w, "float *to = t + ((b * %d + tap) * %d + o * 16) * 16;", taps, p->out);
    const char *rows = p->in % LANES == 0 ? "16" : NULL,
               *columns = p->out % LANES == 0 ? "16" : NULL;
    if (!rows) w_line(w, "const int rows = %d - c < 16 ? %d - c : 16;", p->in, p->in);
    if (!columns)
        w_line(w, "const int columns = %d - o * 16 < 16 ? %d - o * 16 : 16;", p->out, p->out);
    if (rows && columns)
        w_line(w, "TRANSPOSE(from, 16, to, 16);");
    else
        w_line(w, "TRANSPOSE_PART(from, %s, to, %s);", rows ? rows : "rows",
               columns ? columns : "columns");
    w_close(w);
    w_close(w);
}

/* The weight of input c = 16 b + i and output o is zero where o's group does not use c. */
static void write_groups(Writer *w, const Derived *d) {
    const ParamPlace *p = d->param;
    int og = p->out / p->groups, ig = p->in / p->groups;
    w_open(w, "for (int b = first; b < last; b++)");
    w_line(w, "const int begin = nn_begin(%d, %d, %d, %d, b);", p->in, p->out, p->groups,
           d->block_out);
    w_line(w, "float *to = t + b * %d;", p->kh * p->kw * d->block_out * LANES);
    w_line(w, "for (int y = 0; y < %d; y++)", p->kh);
    w_line(w, "for (int x = 0; x < %d; x++)", p->kw);
    w_open(w, "for (int o = begin; o < begin + %d; o++, to += 16)", d->block_out);
    w_open(w, "for (int i = 0; i < 16; i++)");
    w_line(w, "const int c = b * 16 + i;");
    w_line(w, "static const NnPlace place = {0, 0, %d, %d, %d, %d, %d, %d};", p->out, p->in, p->kh,
           p->kw, p->groups, p->block_in);
    w_line(w, "to[i] = c < %d && c / %d == o / %d ? w[nn_at(&place, o, c %% %d, y, x)] : 0.0f;",
           p->in, ig, og, ig);
    w_close(w);
    w_close(w);
    w_close(w);
}

static void write_by_output(Writer *w, const Derived *d, const Isa *isa) {
    (void)isa;
    const ParamPlace *p = d->param;
    int taps = p->kh * p->kw;
    bool whole = p->in % LANES == 0 && p->out % LANES == 0;
    if (!whole) w_line(w, "float square[256];");
    w_open(w, "for (int b = first; b < last; b++)");
    if (!whole) w_line(w, "const int rows = %d - b * 16 < 16 ? %d - b * 16 : 16;", p->in, p->in);
    w_line(w, "for (int tap = 0; tap < %d; tap++)", taps);
    w_open(w, "for (int o = 0; o < %d; o += 16)", p->out);
    w_line(w, "const float *from = w + ((o / 16 * %d + tap) * %d + b * 16) * 16;", taps, p->in);
    w_line(w, "float *to = t + ((b * %d + o) * %d + tap) * 16;", p->out, taps);
    if (whole) {
        w_line(w, "TRANSPOSE(from, 16, to, %d);", taps * LANES);
    } else {
        w_line(w, "TRANSPOSE_PART(from, rows, square, 16);");
        w_line(w, "for (int i = 0; i < 16 && o + i < %d; i++)", p->out);
        w_line(w, "    STORE(to + i * %d, LOAD(square + i * 16));", taps * LANES);
    }
    w_close(w);
    w_close(w);
}

static void write_conv(Writer *w, const Derived *d, const Isa *isa) {
    (void)isa;
    if (d->param->groups > 1)
        write_groups(w, d);
    else
        write_squares(w, d, false);
}

static void write_linear(Writer *w, const Derived *d, const Isa *isa) {
    (void)isa;
    write_squares(w, d, true);
}

const DerivedKind derived_transposed_conv = {"transposed", write_conv};
const DerivedKind derived_by_output = {"by_output", write_by_output};
const DerivedKind derived_transposed_linear = {"transposed", write_linear};
