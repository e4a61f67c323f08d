/* Operands of contractions: Family.lower of the families that compute them, and its pieces. */
#ifndef NNGEN_KERNELS_CONTRACTION_H
#define NNGEN_KERNELS_CONTRACTION_H

#include "../plan/lowering.h"
#include "family.h"

/* A kernel for a layer, or an input gradient, that reads `x`: what the node's first operand is to a
 * contraction; or the gradient `dy`. Weights, bias and winners come after. */
Kernel *lower_forward(Lowering *l, Node *node);
Kernel *lower_backward(Lowering *l, Node *node, Node *dy);

/* The operand `bias` of a layer that has one. */
void add_bias(Lowering *l, Kernel *k);

/* A copy of a weight as an operand. */
void read_derived(Lowering *l, Kernel *k, const char *param, const Derived *derived);

/* The copy of a weight for the input gradient `dgrad`, of one of the kinds with inputs in lanes. */
Derived *transposed_weight(Lowering *l, const Node *dgrad, const DerivedKind *kind);

/* Linear layers, convolutions, their input gradients. */
void contract_lower(Lowering *l, Node *node);

/* Gradients of weights, of weights from the pooled gradient and the winners, of biases. */
void wgrad_lower(Lowering *l, Node *node);
void pooled_wgrad_lower(Lowering *l, Node *node);
void bias_grad_lower(Lowering *l, Node *node);

#endif
