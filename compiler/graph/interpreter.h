/* The reference: runs a graph in double precision, op by op, with Op.reference. */
#ifndef NNGEN_GRAPH_INTERPRETER_H
#define NNGEN_GRAPH_INTERPRETER_H

#include "op.h"

/* Values of all nodes that the wanted ones need; `values[id]` is [part][batch][elements] for
 * KIND_SAMPLE, [elements] else, NULL where not computed. On entry the values of fields (input,
 * label, target) and parameters that are needed must be set; bug() names one that is missing.
 * Arrays made here live in `arena`. */
void interpret(Arena *arena, const Graph *graph, const Env *env, Node *const *wanted, int n_wanted,
               double **values);

/* A run of everything that a phase computes: loss, learning rate, gradients, metrics, predictions.
 */
typedef struct Reference {
    Arena *arena; /* all of it lives there */
    const Graph *graph;
    Env env;
    double **values; /* per node; NULL where not computed */
    bool *near_tie;  /* per sample: a decision lies within `env.tie` of one */
    Node **wanted;   /* what is asked for: loss, learning rate, gradients, then the rest */
    int n_wanted;
    double **rounded[4]; /* `values` with roundings, each time others; NULL until asked for */
} Reference;

/* A run that has no values yet; the caller sets those of fields and parameters, runs it, and frees
 * the arena. */
Reference reference_new(const Graph *graph, int phase, Env env);

/* Room for `count` values of the node of that op and name; NULL if the graph has none. */
double *reference_room(Reference *reference, const char *op, const char *name, int64_t count);

void reference_run(Reference *reference);

/* How far rounding the value of every node to float, and those of contractions to as much less as
 * their sums lose, takes the values of `node`, one of those that were asked for: the largest change
 * of an element over a few ways to round, relative to the largest value. */
double reference_rounding(Reference *reference, const Node *node);

/* One step of the optimizer on one parameter of `count` elements, PyTorch's formulas in double.
 * `step` counts from 0; `lr` is the value of the schedule; `slot[i]` are the moments in the order
 * of optimizer_slots, zero before the first step. */
void reference_update(const Optimizer *optimizer, int64_t step, double lr, int64_t count,
                      double *param, const double *gradient, double *const *slot);

/* Names of the moments that an optimizer keeps, as PyTorch calls them ("exp_avg", "exp_avg_sq");
 * NULL-terminated, at most 3. */
const char *const *optimizer_slots(const Optimizer *optimizer);

#endif
