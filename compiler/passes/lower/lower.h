#ifndef NNGEN_PASSES_LOWER_H
#define NNGEN_PASSES_LOWER_H

#include "../../plan/plan.h"

/* Lowers every entry's graph to kernels, buffers and numbers and completes the state: derived
 * copies of weights and moments. Reports to graph->diag what a plan cannot hold. */
void lower(Plan *plan);

#endif
