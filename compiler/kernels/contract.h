/* The loop nest of contractions; see contract.c, which has its geometry and its loops over panels
 * of outputs and over samples. Places and taps: contract_places.c; what becomes of the sums:
 * contract_rows.c. */
#ifndef NNGEN_KERNELS_CONTRACT_H
#define NNGEN_KERNELS_CONTRACT_H

#include "spatial.h"
#include "tile.h"

enum { MAX_TILE_ROWS = 64, MAX_TILE_BLOCKS = 8 };

/* How the columns of a row of outputs become tiles. */
typedef enum Columns {
    COLUMNS_STRAIGHT, /* tap by tap: a piece of code for all columns that read the same taps */
    COLUMNS_INNER,    /* loops over taps: the columns whose taps all read inside, */
    COLUMNS_EDGE,     /* and all others */
} Columns;

typedef struct Nest {
    const Kernel *k;
    const Isa *isa;
    Arena *arena;
    Axis y, x;
    Layout in, out;
    int lanes_out, lanes_in, groups; /* channels in lanes and reduced, before blocking */
    int reduced;                     /* channels reduced for each block */
    int blocks;
    int vectors;           /* registers of outputs that are no padding */
    int64_t block_weights; /* floats of one block's weights */
    int pool_h, pool_w;    /* fused pool window, or 1 */
    Columns way;
    int columns; /* of outputs in a tile, but for COLUMNS_EDGE; a multiple of pool_w */
    int samples; /* in a tile */
    bool single; /* tiles of several columns are of one sample */
    bool bias;
    Body body, longest; /* straight code at hand, and the longest so far */
} Nest;

/* axis_inner of the nest, none if they are fewer than a tile's columns. */
Inner nest_inner(const Nest *n, int phase);

/* The directions of a convolution, a transposed one, or a gradient of it. */
void contract_axes(Nest *n);

/* Opens the loop over kernel rows that read inside: xr, wr. */
void contract_kernel_rows(Loops *l, const Nest *n, const char *x);

/* Declares the sums of a tile, which begin with the bias. */
void contract_sums(Loops *l, const Nest *n, Tile tile);

/* Opens the tiles of `width` columns from x0 to before x1: a loop, or a block for a single one.
 * `*x` is where the first tap of a tile's first column reads; returns that column, a C expression.
 */
const char *contract_open_columns(Loops *l, const Nest *n, int x0, int x1, int width,
                                  const char **x);

/* Declares where the tile's first output lies: e, o. */
void contract_output_place(Loops *l, const Nest *n, const char *ox);

/* Writes the places of `samples` samples from s on, those of n->way. */
void contract_places(Loops *l, Nest *n, Tile tile, int samples);

/* Tables of what phases have each of their own, for contract_places. */
void contract_phases(Loops *l, const Nest *n);

/* Defines the macro that contract_rows uses. */
void contract_define_rows(Loops *l, const Nest *n);

/* Whether what follows reads values that are far by then, as the sums of a tile take long; asks for
 * them, for a tile, before its sums. */
bool contract_fetches(const Nest *n);
void contract_fetch(Loops *l, const Nest *n, Tile tile, int width, int step);

/* Stores a tile of `width` columns that are `step` places apart: bias is in the accumulators, then
 * the fused pool and the fused nodes follow. */
void contract_rows(Loops *l, const Nest *n, Tile tile, int width, int step);

#endif
