/* The register tile that all dense contractions share: `rows` broadcast values times `vectors`
 * registers of outputs, in named accumulators a<row>_<vector>. */
#ifndef NNGEN_KERNELS_TILE_H
#define NNGEN_KERNELS_TILE_H

#include <stdint.h>

#include "family.h"

/* Size of a tile: `blocks` blocks of 16 outputs. */
typedef struct Tile {
    int rows, blocks;
} Tile;

/* Declares the accumulators. `start[v]` is the expression that vector v of every row starts from.
 */
void tile_declare(Writer *w, const Isa *isa, Tile tile, const char *const *start);

/* One reduction step: loads one register of each vector from `weight[block]` + step and multiplies
 * it with the broadcast value of each row that `live` has (bit per row): x[row_offset[row] + step].
 */
void tile_step(Writer *w, const Isa *isa, Tile tile, const char *const *weight, const char *x,
               const int *row_offset, uint64_t live, const char *weight_step, const char *x_step);

/* The steps of a reduction of `length` steps whose operands lie next to each other: a rolled loop
 * of bodies within the budget (at most 8 steps and 256 multiply-adds), or straight code when short.
 */
void tile_run(Writer *w, const Isa *isa, Tile tile, const char *const *weight, const char *x,
              const int *row_offset, uint64_t live, int length);

/* `ROW(a0_0, a0_1)`: the 16 outputs of a block for one row. */
const char *tile_row(Arena *arena, const Isa *isa, int row, int block);

#endif
