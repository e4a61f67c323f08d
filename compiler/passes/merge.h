/* A layer that is applied to several values runs once, on all of them. */
#ifndef NNGEN_PASSES_MERGE_H
#define NNGEN_PASSES_MERGE_H

#include "../graph/graph.h"

/* Returns whether anything was merged. */
bool merge(Graph *graph);

#endif
