/* The words that translations of ops are written in: names of values in, the name of a value out. A
 * value of samples has their axis in front, so axis i of a sample, from 1, is axis i in ONNX, too;
 * values that all samples share have no such axis and broadcast. */
#ifndef NN_RUNTIME_ONNX_WORDS_H
#define NN_RUNTIME_ONNX_WORDS_H

#include "nodes.h"

/* How an op becomes nodes of ONNX. */
typedef struct Maker {
    const Op *op;
    const char *(*make)(Translation *, const Node *);
} Maker;

/* Tables that end with a row of NULL: layers with parameters, windows or norms; attention and
 * recurrent layers. */
extern const Maker layer_makers[], sequence_makers[];

/* Notes why the op cannot be translated; the first reason counts. */
const char *o_refuse(Translation *t, const char *why);

/* The attribute of that name; 0 if the op has none. */
double o_attribute(const Node *node, const char *name);

bool o_has_samples(const Node *node);

/* Axes, that of samples included. */
int o_full_rank(const Node *node);

/* Whether it is stored: a parameter, a state or a constant. */
bool o_is_leaf(const Node *node);

/* A node of ONNX on n, one, two or three values. */
const char *o_node(Translation *t, const char *op, int n, const char *const *in);
const char *o_one(Translation *t, const char *op, const char *a);
const char *o_two(Translation *t, const char *op, const char *a, const char *b);
const char *o_three(Translation *t, const char *op, const char *a, const char *b, const char *c);

/* The operator of ONNX that the table of ops names, on the node's operands. */
const char *o_alike(Translation *t, const Node *node);

/* Constants: a float, a list of one whole number, `n` equal floats, a parameter in the shape
 * `dim`. */
const char *o_scalar(Translation *t, double value);
const char *o_list1(Translation *t, int64_t value);
const char *o_filled(Translation *t, int n, double value);
const char *o_parameter(Translation *t, const Node *node, int rank, const int64_t *dim);

/* To an element type of TensorProto.DataType. */
const char *o_cast(Translation *t, const char *x, int type);
const char *o_to_float(Translation *t, const char *x);

/* The value of an operand, which is translated already or stored; as a number where it is a class
 * index. */
const char *o_operand(Translation *t, const Node *node, int i);
const char *o_number_operand(Translation *t, const Node *node, int i);

/* To the sizes `dim`, behind the samples' axis if there is one; to those of the node. */
const char *o_reshape_to(Translation *t, const char *x, bool samples, int n, const int64_t *dim);
const char *o_reshape_like(Translation *t, const char *x, const Node *node);

const char *o_transpose(Translation *t, const char *x, int n, const int64_t *perm);

/* The last two axes of a value of `rank` axes, that of samples included, change places. */
const char *o_turned(Translation *t, const char *x, int rank);

#endif
