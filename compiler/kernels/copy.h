#ifndef NNGEN_KERNELS_COPY_H
#define NNGEN_KERNELS_COPY_H

#include "../plan/lowering.h"
#include "family.h"

/* The argument for an operand that is a number. */
#define COPY_NUMBER "number"

/* Family.lower of plain loops: operands `x`, or `x0`, `x1`, ...; the result is `y`. */
void copy_lower(Lowering *l, Node *node);

#endif
