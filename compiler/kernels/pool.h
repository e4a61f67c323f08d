#ifndef NNGEN_KERNELS_POOL_H
#define NNGEN_KERNELS_POOL_H

#include "../plan/lowering.h"
#include "family.h"

/* The winners that the pool of a max_pool2d_grad node kept. */
Buffer *pool_winner(Lowering *l, const Node *gradient);

/* Type of the winners that a max_pool2d node keeps for its gradient: bytes where the window has at
 * most 256 places. */
Element pool_winner_element(const Node *pool);

/* Lines that declare `h`, the largest of `count` values of a window given as expressions, the first
 * of equal ones, and store its number at `offset` where the kernel keeps winners. */
const char *pool_window_text(const Kernel *kernel, Arena *arena, const char *const *values,
                             int count, const char *offset);

#endif
