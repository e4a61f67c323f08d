#ifndef NNGEN_PASSES_NEXT_H
#define NNGEN_PASSES_NEXT_H

#include "../graph/graph.h"

/* The graph of one place of a sequence of so many places, for a graph of predictions that it may
 * change. NULL: they are not causal along the first axis of their fields, or keep nothing from
 * place to place. */
Graph *next_graph(Graph *graph, int *places);

#endif
