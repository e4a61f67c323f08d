/* Words that several families use to give the reason for their tiles: Family.reason. */
#ifndef NNGEN_KERNELS_REASON_H
#define NNGEN_KERNELS_REASON_H

#include "tile.h"

/* "Tile: at most 6 rows x 2 registers of 8 outputs: ...", a sentence of two lines. */
const char *reason_tile(Arena *arena, const Isa *isa, int rows, int vectors);

/* "40 outputs in 2 panels of 2 registers, then 1 panel of 1 register": the runs of panels that
 * tile_panels made of `lanes` outputs. */
const char *reason_panels(Arena *arena, const Isa *isa, int lanes, const Panels *panels, int runs);

#endif
