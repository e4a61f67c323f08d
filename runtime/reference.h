/* The graph of a model, computed in double precision. With reference.c and check.c the only part of
 * the runtime that knows the compiler's graph. */
#ifndef NN_RUNTIME_REFERENCE_H
#define NN_RUNTIME_REFERENCE_H

#include "../compiler/graph/interpreter.h"
#include "engine.h"

/* Everything that a phase computes in `call`, on the fields that the engine points to and the
 * parameters of its state. `tie` is relative to a tensor's largest value. The caller frees the
 * arena. */
Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call, double tie);

#endif
