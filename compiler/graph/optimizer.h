/* What an optimizer is: one constant table entry, written in one file of compiler/optimizers.
 *
 * An optimizer updates one parameter from its gradient and moments, element by element. Its names,
 * defaults and formulas are PyTorch's. */
#ifndef NNGEN_GRAPH_OPTIMIZER_H
#define NNGEN_GRAPH_OPTIMIZER_H

#include "../base/writer.h"
#include "graph.h"

enum { MAX_MOMENTS = 3 };

/* A number, or a flag whose value is 0 or 1. */
typedef struct OptimizerOption {
    const char *name;
    const char *help; /* one line */
    double low, high; /* both allowed */
    double preset;
    bool flag;
} OptimizerOption;

struct OptimizerKind {
    const char *name;
    const char *help; /* one line */
    double lr;        /* the default */
    const OptimizerOption *options;
    int n_options; /* at most MAX_OPTIMIZER_OPTIONS */
    /* Names of the moments that it keeps, as PyTorch calls them ("exp_avg"); NULL-terminated. */
    const char *const *(*moments)(const Optimizer *o);
    /* Checks options together, where their ranges do not suffice: returns the words of a mistake
     * and sets the option that it is about, or returns NULL. May be NULL. */
    const char *(*mistake)(const Optimizer *o, const char **option);
    /* One step in double, as naively as possible, of one element: its parameter *p, gradient g and
     * moments *m[0], ...; zero before the first step. */
    void (*reference)(const Optimizer *o, int64_t step, double lr, double *p, double g,
                      double *const *m);
    /* The same as lines of a loop program (compiler/loops/loops.h), for a row of 16 elements from i
     * on: `d` is a variable with the gradient, p + i the parameters, s0 + i, s1 + i, ... the
     * moments, k the factors. Products are ROUNDED, so that no compiler can contract them with an
     * addition. Roots are exact. Division takes as long as a root, so quotients are multiply-adds.
     * Moments and decaying parameters are cut as docs/numbers.md says. */
    void (*update)(Writer *w, const Optimizer *o);
    /* Whether a step multiplies the parameter before it adds to it. NULL: it does not. */
    bool (*scales)(const Optimizer *o);
    /* Lines of a loop program that set `float k[8]` for a step, from `double lr` and `int64_t
     * step`: computed in double, once, and rounded. */
    void (*factors)(Writer *w, const Optimizer *o);
};

/* Names of the moments that an optimizer keeps, as PyTorch calls them ("exp_avg", "exp_avg_sq");
 * NULL-terminated, at most MAX_MOMENTS. */
const char *const *optimizer_slots(const Optimizer *optimizer);

/* Those that the optimizers of a phase keep, each once. */
const char *const *phase_slots(Arena *arena, const Phase *phase);

/* For each moment of an optimizer its place in such a list. */
void slots_of(const char *const *slots, const Optimizer *optimizer, int *places);

/* All optimizers (the list is compiler/optimizers/optimizers.def); NULL-terminated. */
extern const OptimizerKind *const all_optimizers[];

/* The optimizer with its defaults, without a learning rate. */
Optimizer optimizer_new(const OptimizerKind *kind);

/* The same with some options: "momentum=0.9 nesterov=1". */
Optimizer optimizer_with(const OptimizerKind *kind, const char *options);

/* The option of that name; bug() if the optimizer has none. */
double *optimizer_option(Optimizer *o, const char *name);

#endif
