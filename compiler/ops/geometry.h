/* The geometry of convolutions, decoded once from a node, and of pools, which have it in their
 * attributes: for rules, passes and kernels. [0] is the direction of the height, [1] that of the
 * width. */
#ifndef NNGEN_OPS_GEOMETRY_H
#define NNGEN_OPS_GEOMETRY_H

#include "ops.h"

/* Output o reads input o * stride + tap * dilation - pad, of tap = 0 .. kernel - 1. */
typedef struct Conv {
    int kernel[2], stride[2], pad[2], dilation[2];
    int groups;
} Conv;

/* Of conv2d and its gradients. */
Conv conv_of(const Node *node);

/* Whether each output channel has an input channel of its own, the same, and there are several. */
bool conv_is_depthwise(const Node *node);

/* Sizes (out, in / groups, kh, kw) of a weight: those of signals (C, 1, L) have no kh. */
Shape conv_weight(Shape weight);

/* Whether the windows do not overlap, leave no gaps and lie inside the input. */
bool pool_is_apart(const PoolAttrs *pool);

/* Whether two pools, or a pool and a gradient, have the same windows. */
bool pool_equal(const Node *a, const Node *b);

#endif
