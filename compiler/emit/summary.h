#ifndef NNGEN_EMIT_SUMMARY_H
#define NNGEN_EMIT_SUMMARY_H

#include "../graph/graph.h"

/* A table for people: layers with shapes, parameters (shared ones counted once) and work, then
 * totals, what each phase trains, and memory of the parameters. */
const char *emit_summary(Arena *arena, const Graph *graph);

#endif
