#ifndef NNGEN_KERNELS_COPY_H
#define NNGEN_KERNELS_COPY_H

#include "family.h"

/* Made by lowering, not chosen by a node: a field into a padded layout; a value into the caller's
 * order; a value into another layout of the same elements. Operands `x` and `y`. */
extern const Family family_pack, family_unpack, family_relayout;

/* A value into its part of a stack, in the same layout, where it cannot be made there. */
extern const Family family_stack;

/* The sum over the chunk of a value per sample: operands `x` and `sum`. */
extern const Family family_sum;

#endif
