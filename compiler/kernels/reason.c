#include "reason.h"

const char *reason_tile(Arena *arena, const Isa *isa, int rows, int vectors) {
    return arena_printf(
        arena,
        "Tile: at most %d row%s x %d register%s of %d outputs: of %d registers %d hold "
        "sums, the others weights and the\nvalue that meets them; a weight that is "
        "loaded serves all rows.",
        rows, rows > 1 ? "s" : "", vectors, vectors > 1 ? "s" : "", isa->width, isa->registers,
        rows * vectors);
}

const char *reason_panels(Arena *arena, const Isa *isa, int lanes, const Panels *panels, int runs) {
    const char *text = arena_printf(arena, "%d outputs in", lanes);
    for (int i = 0; i < runs; i++) {
        const int vectors = tile_vectors(isa, panels[i].tile), blocks = panels[i].tile.blocks;
        const int count = (panels[i].last - panels[i].first + blocks - 1) / blocks;
        text = arena_printf(arena, "%s%s %d panel%s of %d register%s", text, i ? ", then" : "",
                            count, count > 1 ? "s" : "", vectors, vectors > 1 ? "s" : "");
    }
    return text;
}
