/* How weights lie in memory, for every kernel that touches them. */
#ifndef NNGEN_KERNELS_WEIGHTS_H
#define NNGEN_KERNELS_WEIGHTS_H

#include "../plan/plan.h"

/* The first of a block's channels (see block_channels) as a C expression of the block number
 * `block`, in an int context. */
const char *block_begin_text(Arena *arena, int out, int in, int groups, const char *block);

/* Whether blocks hold zeros for channels that their outputs do not use. */
bool block_mixes_groups(int out, int groups);

#endif
