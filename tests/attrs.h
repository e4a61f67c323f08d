/* Attributes as a list of numbers in the order of an op's table, as samples of ops have them. */
#ifndef NNGEN_TESTS_ATTRS_H
#define NNGEN_TESTS_ATTRS_H

#include "../compiler/graph/op.h"

#define ATTR(...) ((double[MAX_ATTRS]){__VA_ARGS__})

/* NULL, for all presets, if the list is NULL. */
static inline const Attrs *listed(Arena *arena, const Op *op, const double *list) {
    if (!list) return NULL;
    Attrs *attrs = ARENA_NEW(arena, Attrs);
    *attrs = attrs_new(arena, op);
    for (int i = 0; i < op->n_attrs; i++) attr_set(op, i, attrs->values, list[i]);
    return attrs;
}

#endif
