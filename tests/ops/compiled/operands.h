/* The operands of an op's samples, and leaves of graphs. */
#ifndef TESTS_OPS_COMPILED_OPERANDS_H
#define TESTS_OPS_COMPILED_OPERANDS_H

#include "../../../compiler/ops/ops.h"

enum { MAX_OPERAND_TYPES = 8 };

/* Types of a sample's operands; returns their number. A text that is not as op.h says is bug(). */
int operand_types(const OpSample *sample, Type types[MAX_OPERAND_TYPES]);

/* Leaves. Names are copied; parameters start uniform in [-bound, bound). */
Node *field_leaf(Graph *graph, const Op *op, const char *name, Shape shape);
Node *label_leaf(Graph *graph, const char *name, int classes, Shape shape);
Node *param_leaf(Graph *graph, const char *name, Shape shape, double bound);

/* One with positive values. */
Node *positive_leaf(Graph *graph, const char *name, Shape shape);
Node *number_leaf(Graph *graph, double value);

/* A node of the op with its default attributes. */
Node *unary(Graph *graph, const Op *op, Node *a);
Node *binary(Graph *graph, const Op *op, Node *a, Node *b);

#endif
