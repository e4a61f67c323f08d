/* Graphs written by hand, for tests of the graph and its passes. */
#ifndef NNGEN_TESTS_GRAPHS_H
#define NNGEN_TESTS_GRAPHS_H

#include "../attrs.h"
#include "../suite.h"
#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"
#include "compiler/optimizers/optimizers.h"

static Arena *arena;
static Diag *diag;
static Graph *graph;

static void begin(void) {
    arena = arena_new();
    diag = diag_new(arena);
    graph = graph_new(arena, diag);
    graph->name = "small";
}

static void end(void) {
    arena_free(arena);
}

/* A node of up to three operands on a line of its own: its number is its id. */
static inline Node *add(const Op *op, const char *name, const double *attr, Node *a, Node *b,
                        Node *c) {
    Node *in[3] = {a, b, c};
    Loc loc = {"small.lua", graph->n_nodes};
    return graph_add(graph, op, loc, name,
                     !a   ? 0
                     : !b ? 1
                     : !c ? 2
                          : 3,
                     in, listed(arena, op, attr));
}

static inline Node *unary(const Op *op, Node *a) {
    return add(op, NULL, NULL, a, NULL, NULL);
}

static inline Node *binary(const Op *op, Node *a, Node *b) {
    return add(op, NULL, NULL, a, b, NULL);
}

static inline Node *number(double value) {
    return add(&op_number, NULL, &value, NULL, NULL, NULL);
}

static inline Node *vector(const char *name, int n) {
    return add(&op_input, name, ATTR(1, n), NULL, NULL, NULL);
}

static inline Node *weight(const char *name, int out, int in) {
    return add(&op_param, name, ATTR(2, out, in), NULL, NULL, NULL);
}

static inline Node *bias(const char *name, int n) {
    return add(&op_param, name, ATTR(1, n), NULL, NULL, NULL);
}

/* A layer without a bias. */
static inline Node *linear(const char *name, int out, Node *x) {
    Node *w = weight(arena_printf(arena, "%s.weight", name), out, x->type.shape.dim[0]);
    return add(&op_linear, name, NULL, x, w, NULL);
}

static inline Node *square(Node *x) {
    return binary(&op_mse, x, number(0));
}

/* Appends a phase that trains with plain gradient descent. */
static inline Phase *phase(Node *loss) {
    Phase *grown = ARENA_ARRAY(arena, Phase, graph->n_phases + 1);
    if (graph->n_phases) memcpy(grown, graph->phases, sizeof *grown * (size_t)graph->n_phases);
    graph->phases = grown;
    Phase *p = &grown[graph->n_phases++];
    *p = (Phase){.loc = {"small.lua", 99}, .epochs = 2, .batch = 4, .loss = loss};
    p->optimizer = optimizer_new(&optimizer_sgd);
    p->optimizer.lr = number(0.125);
    return p;
}

static inline Named *named(const char *name, Node *node) {
    Named *list = ARENA_NEW(arena, Named);
    *list = (Named){.name = name, .node = node};
    return list;
}

/* The errors reported so far, as the user sees them. */
static inline const char *errors(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diag_print(diag, out);
    fclose(out);
    const char *kept = arena_strdup(arena, text);
    free(text);
    return kept;
}

static inline int count_of(const Op *op) {
    int n;
    graph_nodes_of(graph, op->name, &n);
    return n;
}

/* Two phases of a small network with most of what a graph can have. */
static inline void build_model(void) {
    Node *x = add(&op_input, "image", ATTR(3, 2, 6, 6), NULL, NULL, NULL);
    Node *y = add(&op_label, "digit", ATTR(3), NULL, NULL, NULL);
    double uniform[MAX_ATTRS] = {4, 4, 2, 3, 3, INIT_UNIFORM, -1.0 / 3, 1.0 / 3};
    Node *w = add(&op_param, "conv.weight", uniform, NULL, NULL, NULL);
    Node *b = bias("conv.bias", 4);
    double window[MAX_ATTRS] = {1, 1, 1, 1, 1, 1, 1}, pool[MAX_ATTRS] = {2, 2, 2, 2, 0, 0};
    Node *c = unary(&op_relu, add(&op_conv2d, "conv", window, x, w, b));
    Node *p = add(&op_max_pool2d, NULL, pool, c, NULL, NULL);
    Node *d = add(&op_dropout, "drop", ATTR(0.3, 4294967295.0, 1), p, NULL, NULL);
    Node *logits = linear("out", 3, unary(&op_flatten, d));
    Node *loss = binary(&op_cross_entropy, logits, y);
    Node *fading = binary(&op_div, add(&op_epoch, NULL, NULL, NULL, NULL, NULL),
                          add(&op_epochs, NULL, NULL, NULL, NULL, NULL));
    Phase *first = phase(binary(&op_mul, fading, loss));
    first->optimizer = optimizer_new(&optimizer_adam);
    first->optimizer.lr = number(1e-3);
    Phase *second = phase(loss);
    second->shuffle = true;
    second->optimizer = optimizer_with(&optimizer_rmsprop, "centered=1");
    second->optimizer.lr = fading;
    *optimizer_option(&second->optimizer, "momentum") = 1.0 / 7;
    second->groups = ARENA_NEW(arena, Optimizer);
    second->groups[second->n_groups++] = second->optimizer;
    second->groups[0].lr = first->optimizer.lr;
    second->clip_norm = 0.25;
    second->trained = ARENA_NEW(arena, Trained);
    second->trained[second->n_trained++] = (Trained){.param = b, .group = 1};
    second->frozen = ARENA_NEW(arena, Node *);
    second->frozen[second->n_frozen++] = w;
    Node *guess = unary(&op_argmax, logits);
    graph->data = "digits";
    graph->metrics = named("accuracy", unary(&op_overall, binary(&op_equal, guess, y)));
    graph->predictions = named("digit", guess);
    graph->n_metrics = graph->n_predictions = 1;
}

#endif
