/* The register tile that all dense contractions share: `rows` broadcast values times `vectors`
 * registers of outputs, in named accumulators a<row>_<vector>. */
#ifndef NNGEN_KERNELS_TILE_H
#define NNGEN_KERNELS_TILE_H

#include <stdint.h>

#include "../loops/loops.h"
#include "family.h"

/* Size of a tile: `blocks` blocks of 16 outputs, of which the first `vectors` registers are
 * computed (0: all); the rest are padding. */
typedef struct Tile {
    int rows, blocks, vectors;
} Tile;

/* Registers of outputs in a row of the tile. */
int tile_vectors(const Isa *isa, Tile tile);

/* Rows that a tile of so many registers in a row has at most. */
int tile_rows(const Isa *isa, int vectors);

/* Blocks in a tile of few rows at most: enough sums to hide the latency, and room for a step's
 * weights where they need registers. */
int tile_short_blocks(const Isa *isa, int rows);

/* Blocks [first, last), a tile's columns at a time. */
typedef struct Panels {
    int first, last;
    Tile tile; /* rows 0 */
} Panels;

enum { MAX_PANELS = 3 };

/* The tile of blocks [first, first + blocks) of `lanes` outputs. */
Tile tile_columns(const Isa *isa, int lanes, int first, int blocks);

/* Cuts `lanes` outputs into runs of panels of equal width, `blocks` blocks where possible: most of
 * them, what is left, and the block that ends with padding, together with the one before it where a
 * single register would wait for its latency. Blocks of a convolution with groups read other inputs
 * and stay alone. Returns the number of runs. */
int tile_panels(const Isa *isa, int lanes, int groups, int blocks, Panels panels[MAX_PANELS]);

/* Declares the accumulators. `start[v]` is the expression that vector v of every row starts from.
 */
void tile_declare(Loops *l, Tile tile, const char *const *start);

/* What a reduction reads: row r of the tile the values from x[row[r]] on, block b the weights from
 * weight[b * block] on, 16 for each value. All text is C; `live` has a bit for each row that takes
 * part. */
typedef struct Reduction {
    const char *x, *weight;
    int64_t block; /* floats from one block's weights to the next one's */
    const int *row;
    uint64_t live;
} Reduction;

/* Step `j` of a reduction: multiplies a register of each vector of weights with the broadcast value
 * of each live row. */
void tile_step(Loops *l, Tile tile, Reduction r, int j);

/* Straight code: how many steps of a sum and multiply-adds of registers it has, and how many steps
 * a run may add. These and a kernel's lines have a budget: long code compiles slowly and leaves
 * registers and instruction cache. */
typedef struct Body {
    int run, steps, fmas;
} Body;
enum { MAX_STEPS = 8, MAX_FMAS = 256, MAX_LINES = 400 };

/* Whether the body of a kernel is short enough. */
bool tile_fits_budget(int lines);

/* The steps of a reduction of `length` steps whose operands lie next to each other: a rolled loop
 * of bodies within the budget, or straight code when short, which is added to `body`. */
void tile_run(Loops *l, Tile tile, Reduction r, int length, Body *body);

/* `ROW(a0_0, a0_1)`: the 16 outputs of a block for one row, zero where they are padding. */
const char *tile_row(Arena *arena, const Isa *isa, Tile tile, int row, int block);

#endif
