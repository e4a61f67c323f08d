/* What becomes of a contraction's sums: the max-pool and the point-wise nodes that run behind it in
 * registers, row by row of 16 channels. It is told once, as a macro of the kernel. */
#include <string.h>

#include "../ops/ops.h"
#include "contract.h"
#include "pointwise.h"
#include "pool.h"

/* A macro of several statements. */
static void write_macro(Writer *w, const char *head, const char *body) {
    w_line(w, "#define %s { \\", head);
    for (const char *end; (end = strchr(body, '\n')); body = end + 1)
        w_line(w, "%.*s \\", (int)(end - body), body);
    w_line(w, "}");
}

/* FOLLOW(sums, sample, at, lane): a row whose sample is `sample` behind the tile's, whose place is
 * `at` floats from the tile's, and whose channels begin `lane` behind c. */
static void define_follow(Writer *w, const Nest *n) {
    Arena *a = arena_new();
    Writer *body = writer_new(a);
    /* The lanes of a linear input gradient run over places, too. */
    const char *channel = "c + (lane)";
    if (n->k->out.cs != n->out.cs) channel = arena_printf(a, "(%s) %% %d", channel, n->k->out.cs);
    Site site = {arena_printf(a, "o + (sample) * %d + (at) + (lane)", n->out.stride),
                 "s + (sample)", "(e + (at) + (lane))", channel};
    w_indent(body, 1);
    w_line(body, "%s", row_text(n->k, a, "sums", site));
    write_macro(w, "FOLLOW(sums, sample, at, lane)", writer_text(body));
    arena_free(a);
}

/* WINDOW(at, lane, v0, v1, ...): of the pool window whose places are v0, v1 ... only the largest
 * goes on. */
static void define_window(Writer *w, const Nest *n) {
    Arena *a = arena_new();
    Writer *body = writer_new(a);
    int places = n->pool_h * n->pool_w;
    const char **values = ARENA_ARRAY(a, const char *, places);
    const char *head = "WINDOW(at, lane";
    for (int i = 0; i < places; i++) {
        values[i] = arena_printf(a, "v%d", i);
        head = arena_printf(a, "%s, v%d", head, i);
    }
    w_indent(body, 1);
    w_line(body, "%s", pool_window_text(n->k, a, values, places, "o + (at) + (lane)"));
    w_line(body, "%s",
           row_text(n->k, a, "h",
                    (Site){"o + (at) + (lane)", "s", "(e + (at) + (lane))", "c + (lane)"}));
    write_macro(w, arena_printf(a, "%s)", head), writer_text(body));
    arena_free(a);
}

void contract_open_rows(Writer *w, const Nest *n) {
    if (n->k->pool)
        define_window(w, n);
    else
        define_follow(w, n);
}

void contract_close_rows(Writer *w, const Nest *n) {
    w_line(w, n->k->pool ? "#undef WINDOW" : "#undef FOLLOW");
}

/* What follows is long code: better a loop over rows in memory than a copy for every row. */
static bool is_long(const Kernel *k) {
    for (int i = 0; i < k->n_fused; i++)
        if (k->fused[i]->op == &op_dropout || k->fused[i]->op == &op_dropout2d ||
            k->fused[i]->op == &op_tanh || k->fused[i]->op == &op_sigmoid)
            return true;
    return k->n_fused > 4;
}

static void write_rows(Writer *w, const Nest *n, Tile tile, int width, int step) {
    Arena *a = n->arena;
    int wide = tile.blocks * LANES;
    if (tile.rows * tile.blocks <= 2 || !is_long(n->k)) {
        for (int r = 0; r < tile.rows; r++)
            for (int b = 0; b < tile.blocks; b++)
                w_flow(w, "FOLLOW(%s, %d, %d, %d)", tile_row(a, n->isa, tile, r, b), r / width,
                       r % width * step * n->out.cs, b * LANES);
        return;
    }
    w_line(w, "float rows[%d];", tile.rows * wide);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            w_flow(w, "STORE(rows + %d, %s);", r * wide + b * LANES,
                   tile_row(a, n->isa, tile, r, b));
    const char *at = width > 1 ? arena_printf(a, "r %% %d * %d", width, step * n->out.cs) : "0";
    const char *sample = width == 1 ? "r" : arena_printf(a, "r / %d", width);
    w_line(w, "for (int r = 0; r < %d; r++)", tile.rows);
    w_line(w, "    for (int b = 0; b < %d; b += 16) FOLLOW(LOAD(rows + r * %d + b), %s, %s, b)",
           wide, wide, sample, at);
}

static void write_windows(Writer *w, const Nest *n, Tile tile, int width) {
    for (int window = 0; window < width / n->pool_w; window++)
        for (int b = 0; b < tile.blocks; b++) {
            const char *values = "";
            for (int i = 0; i < n->pool_h * n->pool_w; i++) {
                int row = i / n->pool_w * width + window * n->pool_w + i % n->pool_w;
                values = arena_printf(n->arena, "%s, %s", values,
                                      tile_row(n->arena, n->isa, tile, row, b));
            }
            w_flow(w, "WINDOW(%d, %d%s)", window * n->out.cs, b * LANES, values);
        }
}

void contract_rows(Writer *w, const Nest *n, Tile tile, int width, int step) {
    if (n->k->pool)
        write_windows(w, n, tile, width);
    else
        write_rows(w, n, tile, width, step);
}
