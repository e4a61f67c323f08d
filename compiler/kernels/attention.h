/* What the kernels of attention share, over a whole sequence and of one more place. */
#ifndef NNGEN_KERNELS_ATTENTION_H
#define NNGEN_KERNELS_ATTENTION_H

#include "../ops/attention.h"
#include "../plan/lowering.h"

/* The kernel of the node, which reads its operands: `query`, `key` and `value`, or `x` for all of
 * them; of a gradient `dy`, too. */
Kernel *attention_kernel(Lowering *l, Node *node);

/* The name of the operand (ATTENTION_Q ...) in such a kernel. */
const char *attention_param(const Attention *a, int operand);

/* A C expression: where operand `param` has the rows of head `h` of sample `s`; they are `*place`
 * floats apart. `operand` is ATTENTION_Q ..., or ATTENTION_OPERANDS for a result or its gradient.
 */
const char *attention_head(Arena *arena, const Kernel *k, const Attention *a, int operand,
                           const char *param, int *place);

#endif
