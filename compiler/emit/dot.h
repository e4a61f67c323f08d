#ifndef NNGEN_EMIT_DOT_H
#define NNGEN_EMIT_DOT_H

#include "../graph/graph.h"

/* The graph in Graphviz' language: parameters as ellipses, losses, metrics and predictions marked.
 */
const char *emit_dot(Arena *arena, const Graph *graph);

#endif
