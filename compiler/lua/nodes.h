/* Nodes of the ops that functions and losses are made of, at the place of the call. */
#ifndef NNGEN_LUA_NODES_H
#define NNGEN_LUA_NODES_H

#include "front.h"

#define ONE(op)                                                                                    \
    static inline Node *n_##op(lua_State *L, Node *x) {                                            \
        return front_add_node(L, &op_##op, front_here(L), NULL, 1, &x, NULL);                      \
    }
#define TWO(op)                                                                                    \
    static inline Node *n_##op(lua_State *L, Node *a, Node *b) {                                   \
        return front_add_node(L, &op_##op, front_here(L), NULL, 2, (Node *[]){a, b}, NULL);        \
    }
ONE(abs)
ONE(batch_mean)
ONE(exp)
ONE(log)
ONE(neg)
ONE(softplus)
ONE(sqrt)
TWO(add)
TWO(div)
TWO(equal)
TWO(greater)
TWO(less)
TWO(minimum)
TWO(mul)
TWO(pow)
TWO(ratio)
TWO(sub)
#undef ONE
#undef TWO

static inline Node *n_clamp(lua_State *L, Node *x, double low, double high) {
    return front_add_node(L, &op_clamp, front_here(L), NULL, 1, &x,
                          ATTRS_WITH(ClampAttrs, low, high));
}

/* a where the mask is not 0, else b. */
static inline Node *n_where(lua_State *L, Node *mask, Node *a, Node *b) {
    return front_add_node(L, &op_where, front_here(L), NULL, 3, (Node *[]){mask, a, b}, NULL);
}

/* The sum over axes, all of them with 0. */
static inline Node *n_sum(lua_State *L, Node *x, int axes, bool keep) {
    return front_add_node(L, &op_sum, front_here(L), NULL, 1, &x,
                          ATTRS_WITH(ReduceAttrs, .axes = axes, .keepdim = keep));
}

#endif
