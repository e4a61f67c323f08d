/* A kernel family: one way of computing a group of nodes. Each is one file of this folder, a line
 * of families.c. */
#ifndef NNGEN_KERNELS_FAMILY_H
#define NNGEN_KERNELS_FAMILY_H

#include "../isa/isa.h"
#include "../plan/plan.h"

/* All families; the first that fits a node computes it. NULL-terminated. */
extern const Family *const all_families[];

/* The update of parameters by an optimizer: not chosen by a node. Its function has the parameters
 *   float *p, const float *g, const float *h, float *s0, s1, s2 (as many as moments), int n,
 *   const float *k
 * for n rows of 16 parameters, gradients g + h (h NULL: g alone), moments; factors. */
extern const Family family_update;

/* Gradients of a convolution that take the gradient behind the max-pool on it: see pooled.h. */
extern const Family family_pooled_wgrad, family_pooled_few, family_pooled_dgrad;

/* Whether the family is one of these. */
bool takes_pooled(const Family *family);

/* For input gradients: [blocks of 16 inputs][kh][kw][out][16]; for linear layers
 * [kh * kw][blocks of 16 inputs][out][16], the elements of one sample of the input in lanes. */
extern const DerivedKind derived_transposed_conv, derived_transposed_linear;

/* For input gradients through a pool: [blocks of 16 inputs][out][kh][kw][16]; one group. */
extern const DerivedKind derived_by_output;

/* Convolutions and their input gradients by Winograd's algorithm, where it pays. */
extern const Family family_winograd;

/* For Winograd convolutions: [36 places][blocks of 16 outputs][in][16], with room between the
 * places; transposed, for their input gradients: [36 places][blocks of 16 inputs][out][16]. */
extern const DerivedKind derived_winograd, derived_winograd_transposed;
int64_t winograd_weight_floats(const ParamPlace *param, bool transposed);

/* Whether a Winograd convolution can compute the max-pool behind it. */
bool winograd_pools(const Node *pool);

/* Whether contractions read a value without padding: a field, or fields stacked. */
bool is_unpadded(const Node *value);

/* The parameter name of the operand that holds `node`, or bug(). */
const char *kernel_param(const Kernel *kernel, const Node *node);

#endif
