#include "geometry.h"

#include <string.h>

Shape conv_weight(Shape w) {
    return w.rank == 3 ? (Shape){4, {w.dim[0], w.dim[1], 1, w.dim[2]}} : w;
}

Conv conv_of(const Node *n) {
    /* The gradient of the weight has its shape. */
    const Shape w = conv_weight((n->type.kind == KIND_PARAM ? n->type : n->in[1]->type).shape);
    const ConvAttrs *attrs = ATTRS(n, ConvAttrs);
    Conv c = {.groups = attrs->groups};
    for (int i = 0; i < 2; i++) {
        c.kernel[i] = w.dim[2 + i];
        c.stride[i] = attrs->stride[i];
        c.pad[i] = attrs->pad[i];
        c.dilation[i] = attrs->dilation[i];
    }
    return c;
}

bool conv_is_depthwise(const Node *n) {
    const Shape y = (n->type.kind == KIND_PARAM ? n->in[1]->type : n->type).shape;
    const int groups = ATTRS(n, ConvAttrs)->groups;
    return groups > 1 && groups == n->in[0]->type.shape.dim[0] && groups == y.dim[0];
}

bool pool_is_apart(const PoolAttrs *p) {
    for (int i = 0; i < 2; i++)
        if (p->kernel[i] != p->stride[i] || p->pad[i] != 0) return false;
    return true;
}

bool pool_equal(const Node *a, const Node *b) {
    const PoolAttrs *p = ATTRS(a, PoolAttrs), *q = ATTRS(b, PoolAttrs);
    return !memcmp(p->kernel, q->kernel, sizeof p->kernel) &&
           !memcmp(p->stride, q->stride, sizeof p->stride) &&
           !memcmp(p->pad, q->pad, sizeof p->pad);
}
