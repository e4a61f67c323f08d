/* The reference: runs a graph in double precision, op by op, with Op.reference. */
#ifndef NNGEN_GRAPH_INTERPRETER_H
#define NNGEN_GRAPH_INTERPRETER_H

#include "op.h"

/* Values of all nodes that the wanted ones need; `values[id]` is [part][batch][elements] for
 * KIND_SAMPLE, [elements] else, NULL where not computed; a run that `env->stop` ends early leaves
 * more of them. On entry the values of fields (input, label, target) and parameters that are needed
 * must be set; bug() names one that is missing. Arrays made here live in `arena`. */
void interpret(Arena *arena, const Graph *graph, const Env *env, Node *const *wanted, int n_wanted,
               double **values);

enum { ROUNDED_RUNS = 16 };

/* A run of everything that a phase computes: loss, learning rates, gradients, metrics, predictions,
 * next values of states. */
typedef struct Reference {
    Arena *arena; /* all of it lives there */
    const Graph *graph;
    Env env;
    double **values; /* per node; NULL where not computed */
    double tie;      /* decisions that are nearer to a tie may be turned by rounding; 0: none */
    Node **wanted;   /* nodes that were asked for: loss, learning rates, gradients, then the rest */
    int n_wanted;
    double **rounded[ROUNDED_RUNS]; /* NULL until asked for */
} Reference;

/* A run that has no values yet; the caller sets those of fields and parameters, runs it, and frees
 * the arena. */
Reference reference_new(const Graph *graph, int phase, Env env);

/* Room for `count` values of the node of that op and name; NULL if the graph has none. */
double *reference_room(Reference *reference, const char *op, const char *name, int64_t count);

void reference_run(Reference *reference);

/* `values` as they would be with the value of every node rounded to float, and values of
 * contractions and of approximated functions by as many bits more as these lose; decisions within
 * `tie` of a tie are as they are (run 0, 4 ...), those at even places turned (1), at odd ones (2),
 * all (3). */
double **reference_rounded(Reference *reference, int run);

/* The largest change of any element of `node` in those runs; `node` is one of `wanted`. A node of
 * few elements takes more runs, because a single number may change little by chance. */
double reference_rounding(Reference *reference, const Node *node);

/* One step of the optimizer on one parameter of `count` elements, PyTorch's formulas in double.
 * `step` counts from 0; `lr` is the value of the schedule; `slot[i]` are the moments in the order
 * of optimizer_slots, zero before the first step. */
void reference_update(const Optimizer *optimizer, int64_t step, double lr, int64_t count,
                      double *param, const double *gradient, double *const *slot);

/* What the bounds of a phase make of its gradient: a factor, of the sum of squares over all that it
 * trains, then an element. */
double reference_clip_factor(const Phase *phase, double squares);
double reference_clip(const Phase *phase, double factor, double gradient);

#endif
