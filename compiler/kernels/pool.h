#ifndef NNGEN_KERNELS_POOL_H
#define NNGEN_KERNELS_POOL_H

#include "../plan/lowering.h"
#include "family.h"

/* Whether the node is a max-pool of up to 3x3 places that do not overlap, and the root a
 * convolution. */
bool pool_follows_conv(const Node *root, const Node *node);

/* The winners that the pool of a max_pool2d_grad node kept. */
Buffer *pool_winner(Lowering *l, const Node *gradient);

/* Lines that declare `h`, the largest of `count` values of a window given as expressions, the first
 * of equal ones, and store its number at `offset` where the kernel keeps winners. */
const char *pool_window_text(const Kernel *kernel, Arena *arena, const char *const *values,
                             int count, const char *offset);

#endif
