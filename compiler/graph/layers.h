/* The layers of a model for people: summaries, tables, work. */
#ifndef NNGEN_GRAPH_LAYERS_H
#define NNGEN_GRAPH_LAYERS_H

#include "graph.h"

typedef struct LayerInfo {
    const char *name; /* of the layer, "" for ops without one */
    const char *op;   /* "conv2d" */
    Shape shape;      /* of the output */
    int64_t params;   /* 0 where an earlier row counts them */
    int64_t flops;    /* forward, per sample, dense contractions, all uses of the layer */
} LayerInfo;

/* The layers in order of first use; their number goes to `*count`. A layer used several times is
 * one row. Fields, gradients, losses and decisions are left out. Lives in the graph's arena. */
const LayerInfo *graph_layers(const Graph *graph, int *count);

/* Dense multiply-adds of a contraction times two, per sample; 0 for other nodes. */
int64_t node_flops(const Node *node);

/* FLOPs per sample that a phase (from 0) needs for its loss, and for its loss and gradients. */
void layers_flops(const Graph *graph, int phase, int64_t *forward, int64_t *train);

#endif
