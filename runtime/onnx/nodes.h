/* The graph of a model's predictions as ONNX nodes. */
#ifndef NN_RUNTIME_ONNX_NODES_H
#define NN_RUNTIME_ONNX_NODES_H

#include "../../compiler/graph/op.h"
#include "builder.h"

typedef struct Translation {
    Builder *b;
    const Graph *graph;
    /* Elements of a parameter or state, [count]. */
    const float *(*values)(void *arg, const Node *param);
    /* Adds the input of a field, of the field's name; returns the name of the value that the
     * network takes. */
    const char *(*input)(void *arg, const Node *field);
    void *arg;
    const char *refused; /* why an op cannot be translated; NULL: all can */
    const char **names;  /* by node id: of the value; NULL: not translated yet */
    const char *field;   /* an input; NULL: there is none */
    const char *samples; /* a list of one number, that of samples; NULL: nobody has asked */
} Translation;

/* Adds inputs, nodes and outputs for what the graph's predictions are made of. A value of samples
 * has an axis for them in front; class indices are INT64. Where an op cannot be translated
 * `refused` is set, and what was added is of no use. */
void translate_predictions(Translation *t);

#endif
