/* The graph of a model, computed in double precision. With reference.c and check.c the only part of
 * the runtime that knows the compiler's graph. */
#ifndef NN_RUNTIME_REFERENCE_H
#define NN_RUNTIME_REFERENCE_H

#include "../compiler/graph/interpreter.h"
#include "engine.h"

/* What one run of the interpreter found; all of it lives in `arena`. */
typedef struct Reference {
    Arena *arena;
    double **values; /* per node; NULL where not computed */
    bool *near_tie;  /* per sample: a decision lies within `tie` of one */
    const Graph *graph;
    Env env;
    Node **wanted; /* what was asked for */
    int n_wanted;
    double **rounded[4]; /* `values` with roundings, each time others; NULL until asked for */
} Reference;

/* Everything that a phase computes in `call`, on the fields that the engine points to and the
 * parameters of its state. `tie` is relative to a tensor's largest value. The caller frees the
 * arena. */
Reference reference_run(const Graph *graph, Engine *engine, const NnCall *call, double tie);

/* How far rounding the value of every node to float takes the values of `node`, one of those that
 * were asked for: the largest change of an element over a few ways to round, relative to the
 * largest value. */
double reference_rounding(Reference *reference, const Node *node);

#endif
