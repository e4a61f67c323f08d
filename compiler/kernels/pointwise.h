/* Point-wise nodes: applied to rows of 16 floats in registers, behind a contraction, a pool
 * or in loops of their own. */
#ifndef NNGEN_KERNELS_POINTWISE_H
#define NNGEN_KERNELS_POINTWISE_H

#include "family.h"

/* C expressions that say which row of 16 floats is at hand. */
typedef struct Site {
    const char *offset;  /* floats from the start of the chunk's tensor */
    const char *sample;  /* index in the chunk */
    const char *element; /* floats from the start of the sample; a multiple of 16 */
    const char *channel; /* first channel of the row */
} Site;

/* Lines that compute the kernel's point-wise nodes on one row, then store every value that the
 * kernel keeps. `head` is an expression for the value of kernel->node (of the pool, if one is
 * fused), NULL for a point-wise kernel. */
const char *row_text(const Kernel *kernel, Arena *arena, const char *head, Site site);

/* The same for all rows of the result, in loops over samples s, places p and channels c; `head` may
 * name these, e and i, where the row begins in the sample and in the chunk's tensor. */
void build_all_rows(Loops *l, const Kernel *kernel, const char *head);

#endif
