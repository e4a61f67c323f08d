/* How weights lie in memory, for every kernel that touches them. */
#ifndef NNGEN_KERNELS_WEIGHTS_H
#define NNGEN_KERNELS_WEIGHTS_H

#include "../plan/plan.h"

/* How many input channels a block of 16 output channels of a grouped layer needs, the same number
 * for every block. A block that spans groups stores the channels of all of them, zeros where an
 * output does not use one; groups that neither divide 16 nor are multiples of it store all
 * channels. Works in both directions: for input gradients swap `out`, `in`. */
int block_channels(int out, int in, int groups);

/* The first of these channels as a C expression of the block number `block`, in an int context. */
const char *block_begin_text(Arena *arena, int out, int in, int groups, const char *block);

/* Whether blocks hold zeros for channels that their outputs do not use. */
bool block_mixes_groups(int out, int groups);

#endif
