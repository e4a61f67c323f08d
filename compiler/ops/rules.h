/* Helpers that several ops' rules share. */
#ifndef NNGEN_OPS_RULES_H
#define NNGEN_OPS_RULES_H

#include "ops.h"

/* Types. */
Type type_sample(Shape shape);
Type type_param(Shape shape);
/* Of elements of x, real values or class indices, in another shape. */
Type type_moved(const Node *x, Shape shape);
Type type_of_kind(Kind kind);
Shape shape_of(int rank, int a, int b, int c);

/* Reports unless operand `i` is a real sample of rank `rank` (-1: any). */
bool want_sample(Graph *graph, const Node *node, int i, int rank, const char *shape_words);
/* Reports unless operand `i` is a sample, real or of class indices. */
bool want_values(Graph *graph, const Node *node, int i);
/* Reports unless operand `i` is a parameter of rank `rank`. */
bool want_param(Graph *graph, const Node *node, int i, int rank);
/* Reports unless operand `i` is a parameter of `count` elements, one for each output. */
bool want_bias(Graph *graph, const Node *node, int i, int count);
/* Reports unless operands `i` and `j` have equal shapes. */
bool want_same(Graph *graph, const Node *node, int i, int j);

/* Reports unless the last operand is a number: the gradient of a loss that arrives from above. */
bool want_upstream(Graph *graph, const Node *node);
/* Reports unless operands `i` and `j`, which broadcast where files are read, have equal shapes. */
bool want_fitting(Graph *graph, const Node *node, int i, int j);

/* Attributes that state the member `shape` of T: its rank, with that preset, and its sizes. */
#define SHAPE_ATTRS(T, preset)                                                                     \
    MEMBER(T, shape.rank, "rank", 0, MAX_RANK, preset),                                            \
        MEMBER(T, shape.dim[0], "d0", 0, MAX_DIM, 0),                                              \
        MEMBER(T, shape.dim[1], "d1", 0, MAX_DIM, 0),                                              \
        MEMBER(T, shape.dim[2], "d2", 0, MAX_DIM, 0), MEMBER(T, shape.dim[3], "d3", 0, MAX_DIM, 0)
/* Sets the shape that attributes state; reports sizes below 1. */
bool stated_shape(Graph *graph, const Node *node, Shape stated, Shape *shape);

/* Shape rule of ops whose operands, one or two, are real samples of one shape, and so the value. */
bool elementwise_shape(Graph *graph, Node *node);

/* Reference of ops that keep their operand's elements, in their order. */
void copy_value(const Env *env, const Node *node, const double *const *in, double *out);

/* grad.c: adds a node with the forward node's name and place. */
Node *grad_node(Gradient *g, const Op *op, int n_in, Node *const *in, const Attrs *attrs);
Node *grad_unary(Gradient *g, const Op *op, Node *a);
Node *grad_binary(Gradient *g, const Op *op, Node *a, Node *b);
Node *grad_number(Gradient *g, double value);
/* reshape.c */
Node *grad_reshape(Gradient *g, Node *x, Shape shape);

/* reduce.c: ops over axes, which the attributes name as those of a sum do. */
enum { REDUCTION_ATTRS = 2 };
extern const AttrSpec reduction_attrs[REDUCTION_ATTRS];
/* Reports unless a value of `rank` axes has those of the attribute. */
bool want_reduced_axes(Graph *graph, const Node *node, int rank);
/* Shape rule: that of the operand, reduced as the attributes say. */
bool reduction_shape(Graph *graph, Node *node);
/* Op.along: the axis itself, unless it is reduced. */
int reduction_along(const Node *node, int operand, int axis);
/* A shape of the larger side without the axes, or with one place in each of them. */
Shape reduced_shape(const Node *node, Shape s, bool keep);
/* Each element `k` of the larger side, of shape `s`, belongs to one element of the smaller side:
 * the number of that element. */
int64_t left_element(const Node *node, Shape s, int64_t k);
/* A value of the smaller side over the axes of the first operand. */
Node *grad_spread(Gradient *g, Node *dy);

/* Elements of all values of an operand or result: batch included for samples. */
int64_t all_elements(const Env *env, const Node *node);

/* Value of operand `i` at the flat index `k` of the node's elements. */
double broadcast(const Node *node, const double *const *in, int i, int64_t k);

/* A sum over samples and places, so far: rounded to float if Env.rounding is set. Terms may be many
 * and nearly equal, so that their roundings add up instead of cancelling. */
static inline double partial_sum(const Env *env, double sum) {
    return env->rounding > 0 ? (double)(float)sum : sum;
}

/* A value within a rule that many elements have in common, such as a mean: rounded to float if
 * Env.rounding is set, as generated code has it. Its rounding does not average out over them. */
static inline double common_value(const Env *env, double value) {
    return env->rounding > 0 ? (double)(float)(value * env->rounding) / env->rounding : value;
}

/* A value within a rule from which most may be taken away next: if Env.rounding is set, with the
 * error of an approximated function, 4 half units of a float (Veltkamp's splitting, to 22 bits). */
static inline double inner_value(const Env *env, double value) {
    if (!(env->rounding > 0)) return value;
    const double scaled = value * env->rounding, high = scaled * (0x1p31 + 1);
    return (high - (high - scaled)) / env->rounding;
}

/* dropout.c: attributes of ops that draw as dropout does, with a chance of that preset. `at` is
 * empty, or where T has its DropoutAttrs: `drop.`. */
#define DROPOUT_ATTRS(T, at, preset)                                                               \
    MEMBER(T, at p, "p", 0, 1, preset), MEMBER(T, at stream, "stream", 0, UINT32_MAX, 0),          \
        MEMBER(T, at application, "application", 0, 1e9, 0),                                       \
        MEMBER(T, at channels, "channels", 0, MAX_DIM, 0),                                         \
        MEMBER(T, at height, "height", 0, MAX_DIM, 0),                                             \
        MEMBER(T, at width, "width", 0, MAX_DIM, 0),                                               \
        MEMBER(T, at application_step, "application_step", -1e9, 1e9, 0)
/* Sets what decisions of a node with such attributes are numbered by. */
void dropout_set_places(Node *node, int channels, int height, int width);
/* What dropout multiplies decision number `element` of `elements` of a sample by: 0 or 1 / (1 - p).
 */
double dropout_factor(const Env *env, const Node *node, int sample, int64_t elements,
                      int64_t element);

/* Places of a window or kernel along one direction: how many fit. */
int window_count(int size, int kernel, int stride, int pad, int dilation);

/* The unit for distances from ties: the largest magnitude of `count` values, 0 if margins are not
 * asked for.
 */
double tie_scale(const Env *env, const double *values, int64_t count);

/* Notes the distance from a tie of the decision at `place`, one of the sample's; returns whether it
 * is to be turned. */
bool decision_turns(const Env *env, int64_t sample, int64_t place, double distance, double scale);

/* Fills the samples of the table entry's two members. */
#define SAMPLES(list) .samples = (list), .n_samples = COUNT_OF(list)
/* Attributes of an OpSample, in the order of the op's table; those left out are 0. */
#define WITH(...) .attr = {__VA_ARGS__}, .has_attr = true

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

#endif
