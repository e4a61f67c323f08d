#ifndef NNGEN_EMIT_DOT_H
#define NNGEN_EMIT_DOT_H

#include "../graph/graph.h"

/* The graph that the user wrote, without gradients, in Graphviz' language: fields and schedules as
 * ellipses, parameters as shapes in their layer's box, losses, metrics and predictions marked. */
const char *emit_dot(Arena *arena, const Graph *graph);

#endif
