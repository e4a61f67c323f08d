/* One op on leaves with given values, for tests of what ops mean. */
#ifndef NNGEN_TESTS_SINGLE_H
#define NNGEN_TESTS_SINGLE_H

#include <math.h>

#include "../attrs.h"
#include "../suite.h"
#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"
#include "samples.h"

enum { MAX_BATCH = 64 };

static Arena *arena;
static Diag *diag;
static Graph *graph;
static Env env;
static double margin[MAX_BATCH]; /* of each sample's decisions */
static const Loc nowhere = {"", 0};

static void begin(void) {
    arena = arena_new();
    diag = diag_new(arena);
    graph = graph_new(arena, diag);
    env = sample_env(1);
    env.margin = margin;
    for (int i = 0; i < MAX_BATCH; i++) margin[i] = INFINITY;
}

static void end(void) {
    arena_free(arena);
}

static inline Node *sample(int rank, int a, int b, int c) {
    return sample_leaf(graph,
                       (Type){.kind = KIND_SAMPLE, .shape = {rank, {a, b, c, 0}}, .parts = 1}, "x");
}

static inline Node *label(int classes) {
    return sample_leaf(graph, (Type){.kind = KIND_SAMPLE, .classes = classes, .parts = 1}, "label");
}

static inline Node *number(double value) {
    return graph_add(graph, &op_number, nowhere, NULL, 0, NULL, ATTRS_WITH(NumberAttrs, value));
}

static inline Node *add(const Op *op, const double *attr, int n, Node *a, Node *b, Node *c) {
    return graph_add(graph, op, nowhere, NULL, n, (Node *[]){a, b, c}, listed(arena, op, attr));
}

/* The value of a node whose operands are leaves with these values. */
static inline double *run(Node *n, double *a, double *b) {
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    if (a) values[n->in[0]->id] = a;
    if (b) values[n->in[1]->id] = b;
    interpret(arena, graph, &env, &n, 1, values);
    return values[n->id];
}

#define RUN(n, ...) run((n), (double[]){__VA_ARGS__}, NULL)
#define expect(found, ...)                                                                         \
    expect_values((found), sizeof((double[]){__VA_ARGS__}) / sizeof(double),                       \
                  (double[]){__VA_ARGS__})

static inline void expect_values(const double *found, size_t n, const double *wanted) {
    for (size_t i = 0; i < n; i++) {
        if (isnan(wanted[i]))
            ck_assert_msg(isnan(found[i]), "element %d is %g, not NaN", (int)i, found[i]);
        else
            ck_assert_double_eq_tol(found[i], wanted[i], 1e-12);
    }
}

#endif
