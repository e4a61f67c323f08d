#ifndef NNGEN_PASSES_COMMUTE_H
#define NNGEN_PASSES_COMMUTE_H

#include "../graph/graph.h"

/* Moves gradients of activations in front of gradients of max-pools, so that backward needs the
 * pooled values and the winners alone, and reads dropout masks off the stored output. Returns
 * whether anything changed. */
bool commute(Graph *graph);

#endif
