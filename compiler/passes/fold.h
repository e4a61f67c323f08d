#ifndef NNGEN_PASSES_FOLD_H
#define NNGEN_PASSES_FOLD_H

#include "../graph/graph.h"

/* Folds batch norms that normalise by running statistics into the layers before them. */
void fold(Graph *graph);

#endif
