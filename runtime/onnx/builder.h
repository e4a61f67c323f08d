/* An ONNX model under construction: messages of the official schema, onnx.proto, in an arena. */
#ifndef NN_RUNTIME_ONNX_BUILDER_H
#define NN_RUNTIME_ONNX_BUILDER_H

#include "../../compiler/base/arena.h"
#include <onnx.pb-c.h>

/* Version of the operators (ai.onnx), the first with Gelu, and of the file format that goes with
 * it. */
enum { ONNX_OPSET = 20, ONNX_IR = 9 };

typedef struct Builder {
    Arena *arena;
    Onnx__NodeProto **nodes;
    Onnx__TensorProto **tensors;
    Onnx__ValueInfoProto **inputs, **outputs;
    int n_nodes, cap_nodes, n_tensors, cap_tensors, n_inputs, cap_inputs, n_outputs, cap_outputs;
} Builder;

enum { BUILDER_MAX_RANK = 6 };

/* A size of a value that the model leaves open: the number of samples. */
enum { BUILDER_SAMPLES = -1 };

/* Adds a node of one output, whose name it returns: `name`, or NULL for one of its own. Names of
 * inputs may be NULL at the places of optional ones. */
const char *builder_node(Builder *b, const char *op, const char *name, int n_in,
                         const char *const *in);

/* Attributes of the node that was added last. */
void builder_int(Builder *b, const char *name, int64_t value);
void builder_float(Builder *b, const char *name, double value);
void builder_text(Builder *b, const char *name, const char *value);
void builder_ints(Builder *b, const char *name, int n, const int64_t *values);

/* Constants, which live with the model; the name of each. `name` may be NULL. */
const char *builder_floats(Builder *b, const char *name, int rank, const int64_t *dim,
                           const float *values);
const char *builder_doubles(Builder *b, int rank, const int64_t *dim, const double *values);
const char *builder_list(Builder *b, int n, const int64_t *values);
const char *builder_whole(Builder *b, int64_t value);

/* Inputs and outputs, of an element type of TensorProto.DataType; the first size is
 * BUILDER_SAMPLES. */
void builder_input(Builder *b, const char *name, int type, int rank, const int64_t *dim);
void builder_output(Builder *b, const char *name, int type, int rank, const int64_t *dim);

/* The file: bytes that live in the arena. */
unsigned char *builder_pack(Builder *b, const char *graph, const char *producer_version,
                            size_t *size);

#endif
