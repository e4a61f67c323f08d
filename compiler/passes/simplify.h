#ifndef NNGEN_PASSES_SIMPLIFY_H
#define NNGEN_PASSES_SIMPLIFY_H

#include "../graph/graph.h"

/* Folds constants, removes identities, merges equal nodes, drops dead ones, to a fixed point. Exact
 * for finite values. Returns whether anything changed. */
bool simplify(Graph *graph);

/* bug() if two nodes of the graph are equal. */
void simplify_verify(const Graph *graph);

#endif
