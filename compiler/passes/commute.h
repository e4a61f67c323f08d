#ifndef NNGEN_PASSES_COMMUTE_H
#define NNGEN_PASSES_COMMUTE_H

#include "../graph/graph.h"

/* Moves gradients of activations before gradients of max-pools, so that backward needs only the
 * pooled values and the winners, and reads dropout masks from the stored output. Returns whether
 * anything changed. */
bool commute(Graph *graph);

#endif
