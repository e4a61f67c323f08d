/* Compiled code and the double-precision interpreter, side by side. With check.c the only part of
 * the runtime that knows the compiler's graph. */
#ifndef NN_RUNTIME_CHECK_H
#define NN_RUNTIME_CHECK_H

#include "../compiler/graph/interpreter.h"
#include "engine.h"

/* Everything that a phase computes in `call`, on the fields that the engine points to and the
 * parameters of its state. `tie` is relative to a tensor's largest value. The caller frees the
 * arena. */
Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call, double tie);

/* The largest error of a kind. */
typedef struct Worst {
    double error;
    char name[128]; /* of the tensor; "" while all is exact */
} Worst;

/* Notes an error; NaN counts as infinite. */
void worst_note(Worst *worst, double error, const char *what, const char *name);

/* Largest difference relative to the largest magnitude of `wanted`: 0 if both are zero throughout,
 * infinite if only `wanted` is, or if a value is not finite. For updates, with `before` not NULL,
 * relative to the largest movement from there to `wanted`, less what rounding a value to float may
 * cost. */
double relative_error(const float *found, const double *wanted, const float *before, int64_t count);

#endif
