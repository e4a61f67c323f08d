#include "geometry.h"

#include <string.h>

#include "ops.h"

Shape conv_weight(Shape w) {
    return w.rank == 3 ? (Shape){4, {w.dim[0], w.dim[1], 1, w.dim[2]}} : w;
}

Conv conv_of(const Node *n) {
    /* The gradient of the weight has its shape. */
    const Shape w = conv_weight((n->type.kind == KIND_PARAM ? n->type : n->in[1]->type).shape);
    Conv c = {.groups = (int)n->attr[CONV_GROUPS]};
    for (int i = 0; i < 2; i++) {
        c.kernel[i] = w.dim[2 + i];
        c.stride[i] = (int)n->attr[CONV_STRIDE_H + i];
        c.pad[i] = (int)n->attr[CONV_PAD_H + i];
        c.dilation[i] = (int)n->attr[CONV_DIL_H + i];
    }
    return c;
}

Pool pool_of(const Node *n) {
    Pool p = {{0}, {0}, {0}};
    for (int i = 0; i < 2; i++) {
        p.kernel[i] = (int)n->attr[POOL_KERNEL_H + i];
        p.stride[i] = (int)n->attr[POOL_STRIDE_H + i];
        p.pad[i] = (int)n->attr[POOL_PAD_H + i];
    }
    return p;
}

bool pool_is_apart(Pool p) {
    for (int i = 0; i < 2; i++)
        if (p.kernel[i] != p.stride[i] || p.pad[i] != 0) return false;
    return true;
}

bool pool_equal(const Node *a, const Node *b) {
    const Pool p = pool_of(a), q = pool_of(b);
    return !memcmp(&p, &q, sizeof p);
}
