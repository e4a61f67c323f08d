/* Compiled code and the double-precision interpreter, side by side. Only check and info know the
 * compiler's graph. */
#ifndef NN_RUNTIME_CHECK_H
#define NN_RUNTIME_CHECK_H

#include "../compiler/graph/interpreter.h"
#include "../compiler/graph/layers.h"
#include "../compiler/graph/optimizer.h"
#include "engine.h"
#include "progress.h"

/* The largest error of a kind. */
typedef struct Worst {
    double error;
    char name[128]; /* of the tensor; "" while all is exact */
} Worst;

/* Errors of compiled code, relative to a tensor's largest value, and of steps, relative to its
 * largest movement. */
static const double value_bound = 1e-5, step_bound = 1e-4;

/* A run of `check`. */
typedef struct Checker {
    const NnModel *model;
    Graph *graph;
    Engine engine;
    void *before; /* the state before a step */
    uint64_t seed;
    uint64_t draws;    /* random samples drawn so far */
    int phase, member; /* of the model; 0 where no members take turns */
    int graph_phase;   /* the graph's, where each member counts as a phase */
    int batch;
    int64_t redrawn, tied; /* samples: drawn again for near ties, and left near one */
    int64_t drawn, to_draw;
    Progress progress;
    Worst forward, gradient, step;
    double bound;  /* of forward and gradient: the largest that an op of the graph states */
    bool together; /* in training samples depend on each other: statistics of the batch */
    bool zero;     /* a phase had no gradients to compare but zeros */
} Checker;

/* check_draw.c */

/* The graph's phase that a step of the model's phase belongs to. */
int graph_phase_of(const NnModel *model, int phase, int64_t step);

/* The reference's run of a phase in `call`, on the fields that the engine points to and the
 * parameters of its state. The caller frees the arena. */
Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call);

/* Draws a batch and gives the reference's results on it; if it evaluates, by running statistics. A
 * sample with a decision so near a tie that rounding could turn it is drawn again. After several
 * tries the draw is kept whose decisions are farthest from a tie. */
Reference draw_batch(Checker *checker, const NnCall *call, bool evaluates);

/* check_compare.c: each function notes the largest error. */

/* Notes an error; NaN counts as infinite. */
void worst_note(Worst *worst, double error, const char *what, const char *name);

/* The distance of values from the wanted ones. */
typedef struct Distance {
    double off;  /* the largest difference; infinite if a value is not finite */
    double size; /* the largest magnitude of the wanted values */
} Distance;

/* For updates, with `before` not NULL, `size` is the largest movement from there to `wanted`, and
 * an error of `rounding` times the value does not count. */
Distance distance_of(const float *found, const double *wanted, const float *before, int64_t count,
                     double rounding);

/* off / size: 0 if nothing is off, infinite if only the size is 0. */
double relative_error(Distance distance);

/* Compares the loss of a call; `what` and the phase name it. */
void check_loss(Checker *checker, const NnCall *call, Reference *reference, const char *what);

/* Makes the call and compares its metrics, sums and predictions. */
void check_outputs(Checker *checker, NnCall call, Reference *reference);

/* Compares the gradients of a call. Returns false if all of them are zero, or rounding alone: then
 * the comparison proves nothing. */
bool check_gradients(Checker *checker, const NnCall *call, Reference *reference);

/* Parameters, moments and states after the step of the call, which has left its gradients and has
 * the state before the step; the engine's is that after it. Untrained parameters must be unchanged.
 */
void check_updates(Checker *checker, const NnCall *call, Reference *reference);

#endif
