/* What the kernels of recurrences share; see recurrence.c. */
#ifndef NNGEN_KERNELS_RECURRENCE_H
#define NNGEN_KERNELS_RECURRENCE_H

#include "../ops/recurrence.h"
#include "../plan/lowering.h"
#include "tile.h"

/* A block of samples that walks through the places together. Its rows in scratch memory, one for
 * each sample, lie close together, while those of a value are a whole sequence apart. */
typedef struct Block {
    Recurrence r;
    int all;     /* gates * units */
    int units;   /* floats of a row of units: whole rows of 16 */
    int state;   /* floats from one row of units to the next */
    int sums;    /* and of all gates, where the last unit of a gate may be the first of 16 */
    int samples; /* in the block, at most */
    int floats;  /* of scratch memory */
} Block;

Block block_of(const Node *node);

/* Family.scratch and Family.reason. */
int64_t recurrence_scratch(const Kernel *k);
const char *recurrence_reason(Arena *arena, const Kernel *k, const Isa *isa);

/* Opens the loops over blocks, with scratch memory cleared, and places: s0, count (samples in the
 * block), i (steps), t (the place). Of the scratch memory `state` and, for the cell of an lstm,
 * `memory` have a row of units for each sample, `sums` one of all gates; `row` is one such row. */
void block_open(Loops *l, const Block *b, bool backward);
void block_close(Loops *l);

/* Each row of the block gets to[lane] = start + sum of from[k] * w[k][lane], k from 0 to `length`.
 */
typedef struct BlockProduct {
    const char *from, *to; /* in scratch memory */
    int from_row, to_row;  /* floats from one row to the next */
    int lanes, length;
    bool onward;      /* starts from what `to` has */
    const char *bias; /* else from this, or from zero where it is NULL */
} BlockProduct;
void block_product(Loops *l, const BlockProduct *p);

/* Opens the loop over rows of 16 units, the last first: where units are no whole rows a gate begins
 * within the last row of the one before, which is written first. */
void block_open_units(Loops *l, const Block *b);

/* A row of units whose lanes past the last are zero. */
const char *block_clean(Arena *arena, const Block *b, const char *row);

/* Adds an operand for a sequence, with the last axis in lanes. */
void block_operand(Lowering *l, Kernel *k, const char *param, Node *node);

#endif
