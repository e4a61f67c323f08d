/* The cases that ops bring along (Op.samples) as graphs with values, for tests of references and of
 * compiled code. */
#ifndef NNGEN_TESTS_SAMPLES_H
#define NNGEN_TESTS_SAMPLES_H

#include "compiler/graph/op.h"

typedef struct SampleCase {
    Graph *graph; /* without phases, metrics and predictions */
    Node *node;   /* the op on its operands; KIND_ERROR if it refuses them */
    Diag *diag;
} SampleCase;

/* Applies the op to the operands that the sample names. S and L become fields, S()*k a stack of k
 * fields, P a parameter, each called x0, x1, ... by its place among the operands; E the counters
 * epoch, epochs, step in turn; X the mean square of a field of three elements. A malformed text is
 * bug(). */
SampleCase sample_case(Arena *arena, const Op *op, const OpSample *sample);

/* A leaf with the type: an input, label, parameter; for a scalar the mean square of a field, for
 * several parts a stack of fields. `name`
 * must live as long as the graph. */
Node *sample_leaf(Graph *graph, Type type, const char *name);

/* What the reference may know of the step; all counters differ from 0 and 1, dropout is on. */
Env sample_env(int batch);

/* Array by node id: values of the fields and parameters, NULL elsewhere. Real values are distinct,
 * also as floats, with magnitudes from 0.5 to 2, so that no decision is near a tie; the same for
 * the same seed. */
double **sample_values(Arena *arena, const Graph *graph, int batch, uint64_t seed);

/* Elements of a node's value, of all samples and parts. */
int64_t sample_elements(const Node *node, int batch);

/* The same with the values of all operands; scalars and schedules are numbers like any other here.
 */
double **sample_operands(Arena *arena, const SampleCase *c, int batch, uint64_t seed);

/* Applies the op's gradient rule for all operands that have a gradient; dy is an input of that
 * name. Returns false if there are none. */
bool sample_gradient(Arena *arena, const SampleCase *c, Gradient *gradient);

/* `count` values of that kind. */
double *sample_numbers(Arena *arena, int64_t count, uint64_t seed);

/* Next number of a simple generator. */
uint64_t sample_random(uint64_t *state);

#endif
