/* How weights lie in memory, for every kernel that touches them. */
#ifndef NNGEN_KERNELS_WEIGHTS_H
#define NNGEN_KERNELS_WEIGHTS_H

#include "../plan/plan.h"

/* The input channels that a block of 16 output channels of a grouped layer needs: from `begin`,
 * `count` of them, the same count for every block. A block that spans groups stores the channels of
 * all of them, zeros where an output does not use one; groups that neither divide 16 nor are
 * multiples of it store all channels. Works in both directions: for input gradients swap `out`,
 * `in`. */
void block_range(int out, int in, int groups, int block, int *begin, int *count);

/* The same as a C expression of the block number `block`, in an int context. */
const char *block_begin_text(Arena *arena, int out, int in, int groups, const char *block);

/* Whether blocks hold zeros for channels that their outputs do not use. */
bool block_mixes_groups(int out, int groups);

#endif
