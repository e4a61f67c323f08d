/* Stages and the order of kernels. */
#ifndef NNGEN_PLAN_ORDER_H
#define NNGEN_PLAN_ORDER_H

#include "plan.h"

/* The pass `stages`: when each value appears. Samples wait for numbers that are sums over the whole
 * batch: they are of the stage after the one that makes the sum. */
void plan_stages(Plan *plan);

/* The pass `order`: sorts kernels by stage, and says which add to gradients that others began. */
void plan_order(Plan *plan);

/* The gradient of a parameter that the kernel writes, or NULL. */
const Buffer *kernel_gradient(const Kernel *kernel);

#endif
