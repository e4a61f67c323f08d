#include "product.h"

/* A tile of `tile.rows` rows from row i on. */
static void build_tile(Loops *l, const Product *p, Tile tile) {
    enum { MOST_ROWS = 64, MOST_VECTORS = 32 };
    const int vectors = tile_vectors(l->isa, tile), per_block = isa_vectors(l->isa);
    int rows[MOST_ROWS];
    const char *start[MOST_VECTORS];
    for (int v = 0; v < vectors; v++) start[v] = "V_ZERO()";
    l_line(l, "float *d = %s + i * %d + c;", p->out, p->out_row);
    tile_declare(l, tile, start);
    if (p->adds) {
        l_open(l, "if (%s)", p->adds);
        for (int r = 0; r < tile.rows; r++)
            for (int v = 0; v < vectors; v++)
                l_flow(l, "a%d_%d = V_LOAD(d + %d);", r, v,
                       r * p->out_row + v / per_block * LANES + v % per_block * l->isa->width);
        l_close(l);
    }
    for (int r = 0; r < tile.rows; r++) rows[r] = r * p->a_row;
    l_open(l, "for (int k = 0; k < %s; k++)", p->steps);
    l_line(l, "const float *ak = %s + i * %d + k * %d;", p->a, p->a_row, p->a_step);
    l_line(l, "const float *bk = %s + k * %d + c;", p->b, p->b_step);
    tile_step(l, tile, (Reduction){"ak", "bk", LANES, rows, ~0ull}, 0);
    l_close(l);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            l_flow(l, "STORE(d + %d, %s);", r * p->out_row + b * LANES,
                   tile_row(l->arena, l->isa, tile, r, b));
}

/* All rows of the panels: tiles of equal height, and one shorter tile where they do not divide. */
static void build_panels(Loops *l, const Product *p, Panels panels) {
    const int most = tile_rows(l->isa, tile_vectors(l->isa, panels.tile));
    const int tiles = (p->rows + most - 1) / most, rows = (p->rows + tiles - 1) / tiles;
    const int rest = p->rows % rows;
    Tile tile = panels.tile;
    if (panels.last - panels.first > tile.blocks) {
        l_open(l, "for (int c = %d; c < %d; c += %d)", panels.first * LANES, panels.last * LANES,
               tile.blocks * LANES);
    } else {
        l_open(l, "%s", "");
        l_line(l, "const int c = %d;", panels.first * LANES);
    }
    tile.rows = rows;
    l_open(l, "for (int i = 0; i + %d <= %d; i += %d)", rows, p->rows, rows);
    build_tile(l, p, tile);
    l_close(l);
    if (rest) {
        l_open(l, "%s", "");
        l_line(l, "const int i = %d;", p->rows - rest);
        tile.rows = rest;
        build_tile(l, p, tile);
        l_close(l);
    }
    l_close(l);
}

void product_build(Loops *l, const Product *p) {
    Panels panels[MAX_PANELS];
    const int blocks = round_up(p->lanes, LANES) / LANES;
    const int wide = blocks < l->isa->tile_blocks ? 1 : l->isa->tile_blocks;
    const int runs = tile_panels(l->isa, p->lanes, 1, wide, panels);
    for (int i = 0; i < runs; i++) build_panels(l, p, panels[i]);
}
