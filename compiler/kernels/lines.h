/* Lines that kernels of several families have. */
#ifndef NNGEN_KERNELS_LINES_H
#define NNGEN_KERNELS_LINES_H

#include "../loops/loops.h"
#include "../plan/plan.h"

/* Clears what the kernel has of a value in memory: the operand `param`, which has that layout. */
void zero_samples(Loops *l, const char *param, Layout layout);

/* Clears the gradient of a parameter, the operand `param`, unless the kernel adds to it. */
void zero_gradient(Loops *l, const Kernel *k, const char *param);

/* The row from channel c on of values that have so many, its lanes after the last one zero. */
const char *clean_row(Arena *arena, const char *row, int channels);

#endif
