#ifndef NNGEN_PLAN_KERNELS_H
#define NNGEN_PLAN_KERNELS_H

#include "plan.h"

/* The pass `kernels`: kernels, buffers and numbers of every entry; derived copies of weights and
 * moments complete the state. */
void plan_kernels(Plan *plan);

#endif
