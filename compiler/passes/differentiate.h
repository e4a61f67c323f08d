#ifndef NNGEN_PASSES_DIFFERENTIATE_H
#define NNGEN_PASSES_DIFFERENTIATE_H

#include "../graph/graph.h"

/* For each phase: finds the parameters that its loss reaches and the phase does not freeze, and
 * builds the gradient of the loss in each by reverse-mode differentiation, pruned to the nodes that
 * lie between a trained parameter and the loss. Fills Phase.trained. A loss that depends on a
 * parameter only through an op without gradient (argmax), or that trains nothing, is an error of
 * the user. Returns false if it reported one. */
bool differentiate(Graph *graph);

/* bug() unless every phase trains something and has the gradient of all that it trains. */
void differentiate_verify(const Graph *graph);

#endif
