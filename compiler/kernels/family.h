/* A kernel family: one way of computing a group of nodes. Each is one file of this folder, a line
 * of families.c. */
#ifndef NNGEN_KERNELS_FAMILY_H
#define NNGEN_KERNELS_FAMILY_H

#include "../isa/isa.h"
#include "../plan/plan.h"

/* All families; the first that fits a node computes it. NULL-terminated. */
extern const Family *const all_families[];

/* For input gradients: [blocks of 16 inputs][kh][kw][out][16]; for linear layers
 * [kh * kw][blocks of 16 inputs][out][16], the elements of one sample of the input in lanes. */
extern const DerivedKind derived_transposed_conv, derived_transposed_linear;

/* For input gradients through a pool: [blocks of 16 inputs][out][kh][kw][16]; one group. */
extern const DerivedKind derived_by_output;

#endif
