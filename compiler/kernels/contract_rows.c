/* What becomes of a contraction's sums: the max-pool and the point-wise nodes that run behind it in
 * registers, row by row of 16 channels. The code is written once, as a macro. */
#include <string.h>

#include "../ops/ops.h"
#include "contract.h"
#include "pointwise.h"
#include "pool.h"

/* FOLLOW(sums, sample, at, lane): a row whose sample is `sample` behind the tile's, whose place is
 * `at` floats from the tile's, and whose channels begin `lane` behind c. */
static void define_follow(Loops *l, const Nest *n) {
    /* The lanes of a linear input gradient run over places, too. */
    const char *channel = "c + lane";
    if (n->k->out.cs != n->out.cs)
        channel = arena_printf(n->arena, "(c + lane) %% %d", n->k->out.cs);
    const Site site = {arena_printf(n->arena, "o + sample * %d + at + lane", n->out.stride),
                       "s + sample", "e + at + lane", channel};
    l_open(l, "#define FOLLOW(F16 sums, int sample, int at, int lane)");
    l_lines(l, row_text(n->k, n->arena, "sums", site));
    l_close(l);
}

/* WINDOW(at, lane, v0, v1, ...): of the pool window whose places are v0, v1 ... only the largest
 * goes on. */
static void define_window(Loops *l, const Nest *n) {
    const int places = n->pool_h * n->pool_w;
    const char **values = ARENA_ARRAY(n->arena, const char *, places);
    const char *head = "#define WINDOW(int at, int lane";
    for (int i = 0; i < places; i++) {
        values[i] = arena_printf(n->arena, "v%d", i);
        head = arena_printf(n->arena, "%s, F16 v%d", head, i);
    }
    l_open(l, "%s)", head);
    l_lines(l, pool_window_text(n->k, n->arena, values, places, "o + at + lane"));
    l_lines(l, row_text(n->k, n->arena, "h",
                        (Site){"o + at + lane", "s", "e + at + lane", "c + lane"}));
    l_close(l);
}

void contract_define_rows(Loops *l, const Nest *n) {
    if (n->k->pool)
        define_window(l, n);
    else
        define_follow(l, n);
}

/* What follows is long code: better a loop over rows in memory than a copy for every row. */
static bool is_long(const Kernel *k) {
    for (int i = 0; i < k->n_fused; i++)
        if (k->fused[i]->op == &op_dropout || k->fused[i]->op == &op_dropout2d ||
            k->fused[i]->op == &op_tanh || k->fused[i]->op == &op_sigmoid)
            return true;
    /* GELU alone: with others behind it, a copy for every row measures faster. */
    return k->n_fused > 4 || (k->n_fused == 1 && k->fused[0]->op == &op_gelu);
}

static void build_rows(Loops *l, const Nest *n, Tile tile, int width, int step) {
    Arena *a = n->arena;
    int wide = tile.blocks * LANES;
    if (tile.rows * tile.blocks <= 2 || !is_long(n->k)) {
        for (int r = 0; r < tile.rows; r++)
            for (int b = 0; b < tile.blocks; b++)
                l_flow(l, "FOLLOW(%s, %d, %d, %d);", tile_row(a, n->isa, tile, r, b), r / width,
                       r % width * step * n->out.cs, b * LANES);
        return;
    }
    l_line(l, "float rows[%d];", tile.rows * wide);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            l_flow(l, "STORE(rows + %d, %s);", r * wide + b * LANES,
                   tile_row(a, n->isa, tile, r, b));
    const char *at = width > 1 ? arena_printf(a, "r %% %d * %d", width, step * n->out.cs) : "0";
    const char *sample = width == 1 ? "r" : arena_printf(a, "r / %d", width);
    l_open(l, "for (int r = 0; r < %d; r++)", tile.rows);
    l_line(l, "for (int b = 0; b < %d; b += 16) FOLLOW(LOAD(rows + r * %d + b), %s, %s, b);", wide,
           wide, sample, at);
    l_close(l);
}

static void build_windows(Loops *l, const Nest *n, Tile tile, int width) {
    for (int window = 0; window < width / n->pool_w; window++)
        for (int b = 0; b < tile.blocks; b++) {
            const char *values = "";
            for (int i = 0; i < n->pool_h * n->pool_w; i++) {
                int row = i / n->pool_w * width + window * n->pool_w + i % n->pool_w;
                values = arena_printf(n->arena, "%s, %s", values,
                                      tile_row(n->arena, n->isa, tile, row, b));
            }
            l_flow(l, "WINDOW(%d, %d%s);", window * n->out.cs, b * LANES, values);
        }
}

/* Number i of the values that what follows reads; NULL: there are no more. */
static const Operand *far_operand(const Kernel *k, int i) {
    for (int j = 0; j < k->n_operands; j++) {
        const Operand *x = &k->operands[j];
        const bool follows = !x->written && x->value && strcmp(x->param, "x") != 0 &&
                             x->buffer->space == SPACE_SAMPLE &&
                             x->buffer->element == ELEMENT_FLOAT;
        if (follows && i-- == 0) return x;
    }
    return NULL;
}

bool contract_fetches(const Nest *n) {
    enum { FAR_FLOATS = 8192 };
    return !n->k->pool && n->k->in.W > 1 && n->out.stride >= FAR_FLOATS && far_operand(n->k, 0);
}

void contract_fetch(Loops *l, const Nest *n, Tile tile, int width, int step) {
    const Operand *x;
    for (int i = 0; (x = far_operand(n->k, i)); i++)
        for (int b = 0; b < tile.blocks; b++)
            for (int first = 0; first < tile.rows; first += width)
                l_line(l, "for (int r = 0; r < %d; r++) NN_FETCH(%s + o + r * %d + %d);", width,
                       x->param, step * n->out.cs, first / width * n->out.stride + b * LANES);
}

void contract_rows(Loops *l, const Nest *n, Tile tile, int width, int step) {
    if (n->k->pool)
        build_windows(l, n, tile, width);
    else
        build_rows(l, n, tile, width, step);
}
