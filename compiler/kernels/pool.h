#ifndef NNGEN_KERNELS_POOL_H
#define NNGEN_KERNELS_POOL_H

#include "family.h"

/* Type of the winners that a max_pool2d node keeps for its gradient: bytes where the window has at
 * most 256 places. */
Element pool_winner_element(const Node *pool);

#endif
