/* Shared by the writer and the reader of a graph's text. */
#ifndef NNGEN_GRAPH_TEXT_H
#define NNGEN_GRAPH_TEXT_H

#include "graph.h"

/* "sample(32,12,12)", "sample()[10]" for an index of ten classes. */
const char *type_text(Arena *arena, Type type);

#endif
