/* The graph of a model's predictions as ONNX nodes. */
#ifndef NN_RUNTIME_ONNX_NODES_H
#define NN_RUNTIME_ONNX_NODES_H

#include "../../compiler/graph/op.h"
#include "builder.h"

typedef struct Translation {
    Builder *b;
    const Graph *graph;
    const char **names; /* by node id: of the value; NULL: not translated */
    /* Elements of a parameter or state, [count]. */
    const float *(*values)(void *arg, const Node *param);
    void *arg;
    const char
        *samples; /* a list of one number, that of samples; NULL: none of their nodes has asked */
    const char *refused; /* why an op cannot be translated; NULL: all can */
} Translation;

/* The value's name, after what it is made of is translated; NULL, and `refused` is set, where that
 * cannot be. A value of samples has an axis for them in front; class indices are INT64. Names of
 * fields are there already. */
const char *translate(Translation *t, const Node *node);

#endif
