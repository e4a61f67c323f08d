#ifndef NNGEN_PASSES_SPLIT_H
#define NNGEN_PASSES_SPLIT_H

#include "../plan/plan.h"

/* A plan for a differentiated graph: fields, and an entry with a
 * graph of its own for every entry point (see entry_graph). With `inference` prediction is the only
 * one. Returns NULL, with an error, if they are too large together. */
Plan *split(Graph *graph, bool inference);

/* bug() unless the entry's graph has the roots of its kind and no others, and every node is needed
 * for one; nothing is drawn outside training. */
void split_verify(const Entry *entry);

#endif
