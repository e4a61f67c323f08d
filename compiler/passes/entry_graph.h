#ifndef NNGEN_PASSES_ENTRY_GRAPH_H
#define NNGEN_PASSES_ENTRY_GRAPH_H

#include "../plan/plan.h"

/* The part of a differentiated graph that one entry point computes, as a graph of its own in the
 * same arena: for training the loss of the phase and its gradients; for evaluation that loss,
 * metrics and predictions; for prediction the predictions. Evaluation and prediction have no
 * dropout. The result has one phase (none for prediction) and is simplified. */
Graph *entry_graph(const Graph *graph, EntryKind kind, int phase);

#endif
