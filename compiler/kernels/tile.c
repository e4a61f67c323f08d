#include "tile.h"

bool tile_fits_budget(int lines) {
    enum { AROUND = 4 }; /* comment, attributes, head, end */
    return lines + AROUND <= MAX_LINES;
}

int tile_vectors(const Isa *isa, Tile tile) {
    return tile.vectors ? tile.vectors : tile.blocks * isa_vectors(isa);
}

int tile_rows(const Isa *isa, int vectors) {
    return isa->max_rows * isa->tile_blocks * isa_vectors(isa) / vectors;
}

int tile_short_blocks(const Isa *isa, int rows) {
    int vectors = tile_rows(isa, 1) / rows;
    if (!isa->memory_operands && vectors * (rows + 1) + 1 > isa->registers)
        vectors = (isa->registers - 1) / (rows + 1);
    return vectors < isa_vectors(isa) ? 1 : vectors / isa_vectors(isa);
}

Tile tile_columns(const Isa *isa, int lanes, int first, int blocks) {
    int per_block = isa_vectors(isa), most = blocks * per_block;
    int vectors = (lanes + isa->width - 1) / isa->width - first * per_block;
    return (Tile){0, blocks, vectors < most ? vectors : most};
}

int tile_panels(const Isa *isa, int lanes, int groups, int blocks, Panels panels[MAX_PANELS]) {
    if (groups > 1) blocks = 1;
    int all = round_up(lanes, LANES) / LANES;
    bool cut = round_up(lanes, isa->width) % LANES;
    int padded = !cut ? 0 : groups == 1 && isa_vectors(isa) == 2 && all > 1 ? 2 : 1;
    int ends[] = {(all - padded) / blocks * blocks, all - padded, all}, n = 0;
    /* A block that pairs leave over joins the last pair: alone it would load as much as it
     * multiplies. */
    if (blocks == 2 && ends[0] == all - 1 && all > 1) ends[0] -= 2;
    for (int i = 0, first = 0; i < MAX_PANELS; first = ends[i++]) {
        int wide = i ? ends[i] - first : blocks;
        if (ends[i] > first)
            panels[n++] = (Panels){first, ends[i], tile_columns(isa, lanes, first, wide)};
    }
    return n;
}

void tile_declare(Loops *l, Tile tile, const char *const *start) {
    const int vectors = tile_vectors(l->isa, tile);
    char *text = "const V";
    for (int v = 0; v < vectors; v++)
        text = arena_printf(l->arena, "%s%s b%d = %s", text, v ? "," : "", v, start[v]);
    l_line(l, "%s;", text);
    for (int r = 0; r < tile.rows; r++) {
        text = "V";
        for (int v = 0; v < vectors; v++)
            text = arena_printf(l->arena, "%s%s a%d_%d = b%d", text, v ? "," : "", r, v, v);
        l_flow(l, "%s;", text);
    }
}

void tile_step(Loops *l, Tile tile, Reduction r, int j) {
    const int per_block = isa_vectors(l->isa), vectors = tile_vectors(l->isa, tile);
    char *text = "const V";
    for (int v = 0; v < vectors; v++)
        text = arena_printf(
            l->arena, "%s%s w%d = V_LOAD(%s + %lld)", text, v ? "," : "", v, r.weight,
            (long long)(v / per_block * r.block + v % per_block * l->isa->width + j * LANES));
    l_open(l, "%s", "");
    l_line(l, "%s;", text);
    for (int row = 0; row < tile.rows; row++)
        if (r.live >> row & 1) l_flow(l, "MAC%d(%d, %s[%d]);", vectors, row, r.x, r.row[row] + j);
    l_close(l);
}

static void add_steps(Loops *l, Tile tile, Reduction r, int steps) {
    for (int j = 0; j < steps; j++) tile_step(l, tile, r, j);
}

/* The steps as a loop, `unroll` of them in its body, which `length` is a multiple of. */
static void add_loop(Loops *l, Tile tile, Reduction r, int length, int unroll) {
    /* Pointers that move, constant distances: with a counter as index, compilers find addresses
     * that take an addition or a longer instruction for every row. */
    l_open(l, "%s", "");
    l_line(l, "const float *xj = %s, *wj = %s;", r.x, r.weight);
    l_open(l, "for (int j = 0; j < %d; j += %d, xj += %d, wj += %d)", length, unroll, unroll,
           unroll * LANES);
    r.x = "xj";
    r.weight = "wj";
    add_steps(l, tile, r, unroll);
    l_close(l);
    l_close(l);
}

void tile_run(Loops *l, Tile tile, Reduction r, int length, Body *body) {
    int vectors = tile_vectors(l->isa, tile), rows = 0;
    for (int row = 0; row < tile.rows; row++) rows += (int)(r.live >> row & 1);
    int most = MAX_FMAS / (rows * vectors > 0 ? rows * vectors : 1);
    if (most > body->run) most = body->run;
    if (length <= most) {
        add_steps(l, tile, r, length);
        body->steps += length;
        body->fmas += length * rows * vectors;
        return;
    }
    add_loop(l, tile, r, length, length % 2 == 0 && most >= 2 ? 2 : 1);
}

const char *tile_row(Arena *arena, const Isa *isa, Tile tile, int row, int block) {
    int n = isa_vectors(isa), vectors = tile_vectors(isa, tile);
    char *text = "ROW(";
    for (int v = block * n; v < (block + 1) * n; v++) {
        const char *separator = v % n ? ", " : "";
        text = v < vectors ? arena_printf(arena, "%s%sa%d_%d", text, separator, row, v)
                           : arena_printf(arena, "%s%sV_ZERO()", text, separator);
    }
    return arena_printf(arena, "%s)", text);
}
