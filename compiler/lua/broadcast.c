/* Values of several shapes in functions that work element by element: they broadcast as NumPy's,
 * aligned at the last axis. */
#include "front.h"

/* Widens the shape so that x fits to it; false if it does not. */
static bool widen(Shape *s, Shape x) {
    Shape out = s->rank >= x.rank ? *s : x;
    for (int i = 1; i <= out.rank; i++) {
        const int a = i <= s->rank ? s->dim[s->rank - i] : 1;
        const int b = i <= x.rank ? x.dim[x.rank - i] : 1;
        if (a != b && a != 1 && b != 1) return false;
        out.dim[out.rank - i] = a > b ? a : b;
    }
    *s = out;
    return true;
}

/* The axes of `s`, a bit each, along which x is spread. */
static unsigned spread_axes(Shape s, Shape x) {
    unsigned axes = 0;
    const int missing = s.rank - x.rank;
    for (int i = 0; i < s.rank; i++)
        if (i < missing || x.dim[i - missing] != s.dim[i]) axes |= 1u << i;
    return axes;
}

/* Class indices are repeated axis by axis. */
static Node *spread_indices(lua_State *L, Loc loc, Node *x, Shape s) {
    const unsigned axes = spread_axes(s, x->type.shape);
    Shape ones = s;
    for (int i = 0; i < s.rank; i++)
        if (axes >> i & 1) ones.dim[i] = 1;
    x = rearrange_reshape(L, loc, x, ones);
    for (int i = 0; i < s.rank; i++)
        if (ones.dim[i] < s.dim[i])
            x = front_add_node(L, &op_slice, loc, NULL, 1, &x,
                               ATTRS_WITH(SliceAttrs, .count = s.dim[i], .axis = i + 1));
    return x;
}

/* `like`: a value of that shape, or NULL. */
static Node *spread(lua_State *L, Loc loc, Node *x, Shape s, Node *like) {
    if (x->type.classes) return spread_indices(L, loc, x, s);
    const ReduceAttrs attrs = {.axes = (int)spread_axes(s, x->type.shape),
                               .shape = like ? (Shape){0} : shape_stated(s)};
    Node *in[2] = {x, like};
    return front_add_node(L, &op_expand, loc, NULL, like ? 2 : 1, in,
                          ATTRS_AT(ReduceAttrs, &attrs));
}

static void broadcast(lua_State *L, Loc loc, int n, Node **in, bool indices) {
    Shape s = {0};
    Node *like = NULL;
    for (int i = 0; i < n; i++) in[i] = shared_indices(L, in[i]);
    for (int i = 0; i < n; i++) {
        const Type *t = &in[i]->type;
        if (t->kind != KIND_SAMPLE && t->kind != KIND_SCHEDULE) return;
        if ((t->classes && !indices) || (t->kind == KIND_SAMPLE && !widen(&s, t->shape))) return;
    }
    for (int i = 0; i < n && !like; i++)
        if (in[i]->type.kind == KIND_SAMPLE && shape_equal(in[i]->type.shape, s) &&
            !in[i]->type.once && !in[i]->type.classes)
            like = in[i];
    for (int i = 0; i < n; i++)
        if (in[i]->type.kind == KIND_SAMPLE && !shape_equal(in[i]->type.shape, s))
            in[i] = spread(L, loc, in[i], s, like);
}

void broadcast_operands(lua_State *L, Loc loc, int n, Node **in) {
    broadcast(L, loc, n, in, false);
}

void broadcast_compared(lua_State *L, Loc loc, Node **in) {
    broadcast(L, loc, 2, in, true);
}
