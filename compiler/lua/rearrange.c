/* Functions of nodes that move, choose and join elements. Axes and places are counted from 1, or
 * from the end where they are negative. */
#include <math.h>
#include <string.h>

#include "front.h"

/* The first argument, a node whose value the function rearranges; NULL after a report. */
static Node *subject(lua_State *L, const char *what) {
    Node *x = value_check_node(L, 1, what);
    if (x->type.kind == KIND_ERROR) return NULL;
    if (x->type.kind == KIND_SAMPLE) return x;
    value_mistake(L, what, x, "wants values per sample");
    return NULL;
}

static Node *add(lua_State *L, const Op *op, Node *x, const Attrs *attrs) {
    return front_add_node(L, op, front_here(L), NULL, 1, &x, attrs);
}

Node *rearrange_reshape(lua_State *L, Loc loc, Node *x, Shape s) {
    return front_add_node(L, &op_reshape, loc, NULL, 1, &x,
                          ATTRS_WITH(ShapeAttrs, shape_stated(s)));
}

static Node *reshaped(lua_State *L, Node *x, Shape s) {
    return rearrange_reshape(L, front_here(L), x, s);
}

static Node *padded(lua_State *L, Loc loc, Node *x, int axis, int before, int after, double value) {
    const SliceAttrs pad = {.offset = before,
                            .size = before + x->type.shape.dim[axis - 1] + after,
                            .axis = axis,
                            .step = 1,
                            .value = value};
    return front_add_node(L, &op_pad, loc, NULL, 1, &x, ATTRS_AT(SliceAttrs, &pad));
}

Node *rearrange_pad(lua_State *L, Loc loc, Node *x, int axis, int before, int after) {
    return before || after ? padded(L, loc, x, axis, before, after, 0) : x;
}

/* `count` places of the axis (1 is the first axis), each `step` after the one before. The first is
 * `from` (0 is the first place). */
static Node *sliced(lua_State *L, Node *x, int axis, int from, int count, int step) {
    return add(L, &op_slice, x, ATTRS_WITH(SliceAttrs, from, count, .axis = axis, .step = step));
}

static Node *joined(lua_State *L, int n, Node *const *in, int axis) {
    return front_add_node(L, &op_concat, front_here(L), NULL, n, in, ATTRS_WITH(AxisAttrs, axis));
}

static int push(lua_State *L, Node *node) {
    value_push_node(L, node);
    return 1;
}

/* Reads a whole number of at least `low`; -1 after a report. */
static int whole_at(lua_State *L, int index, const char *what, const char *word, int low) {
    const double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : -1;
    if (v >= low && v <= (double)MAX_DIM && v == floor(v)) return (int)v;
    if (!value_is_poison(L, index))
        diag_error(front_of(L)->diag, front_here(L),
                   "%s: %s wants a whole number from %d on, got %s", what, word, low,
                   value_plain_words(L, index));
    return -1;
}

/* nn.reshape { 4, -1 } in a list of layers: where the only argument is a table, pushes a function
 * of x and returns true. When that function is called, puts the table behind x, as f(x, table) has
 * them, and returns false. */
static bool later(lua_State *L, lua_CFunction f) {
    if (lua_istable(L, lua_upvalueindex(1))) {
        lua_settop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(1));
        return false;
    }
    if (!lua_istable(L, 1) || lua_gettop(L) != 1) return false;
    lua_pushcclosure(L, f, 1);
    return true;
}

/* The sizes at index 2, one of which may be -1; false after a report. */
static bool sizes_at(lua_State *L, Node *x, Shape *s) {
    Front *f = front_of(L);
    const Loc here = front_here(L);
    const bool list = lua_istable(L, 2) && lua_rawlen(L, 2) <= MAX_RANK;
    const int64_t all = shape_count(x->type.shape);
    int free = -1;
    if (!list) {
        diag_error(f->diag, here,
                   "reshape: wants a list of up to %d sizes, such as {4, -1}, got %s", MAX_RANK,
                   lua_istable(L, 2) ? arena_printf(f->arena, "one of %d", (int)lua_rawlen(L, 2))
                                     : value_words(L, 2));
        return false;
    }
    if (!table_check_list(L, 2, here, "reshape")) return false;
    *s = (Shape){(int)lua_rawlen(L, 2), {0}};
    for (int i = 0; i < s->rank; i++) {
        lua_rawgeti(L, 2, i + 1);
        const double v = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (v == -1 && free >= 0) {
            diag_error(f->diag, here, "reshape: only one size can be -1, what the others leave");
            return false;
        }
        if (v != -1 && !(v >= 1 && v <= (double)MAX_DIM && v == floor(v))) {
            if (!value_is_poison(L, -1))
                diag_error(f->diag, here,
                           "reshape: a size is a whole number from 1 on, or -1 for what the others "
                           "leave, got %s",
                           value_plain_words(L, -1));
            return false;
        }
        if (v == -1) free = i;
        s->dim[i] = v == -1 ? 1 : (int)v;
        lua_pop(L, 1);
    }
    const int64_t stated = shape_count(*s);
    if (free >= 0 && all % stated == 0) s->dim[free] = (int)(all / stated);
    if (shape_count(*s) == all) return true;
    if (free >= 0)
        diag_error(f->diag, here, "reshape: the %lld elements of %s are no multiple of %lld",
                   (long long)all, shape_text(f->arena, x->type.shape), (long long)stated);
    else
        diag_error(
            f->diag, here,
            "reshape: %s has %lld elements, %s has %lld; one size may be -1, what the others "
            "leave",
            shape_text(f->arena, x->type.shape), (long long)all, shape_text(f->arena, *s),
            (long long)stated);
    return false;
}

/* nn.reshape(x, { 4, -1 }) */
static int reshape(lua_State *L) {
    if (later(L, reshape)) return 1;
    Shape s;
    Node *x = subject(L, "reshape");
    if (!x || !sizes_at(L, x, &s)) return value_push_poison(L);
    return push(L, reshaped(L, x, s));
}

/* nn.permute(x, { 2, 1 }) */
static int permute(lua_State *L) {
    if (later(L, permute)) return 1;
    Front *f = front_of(L);
    const Loc here = front_here(L);
    Node *x = subject(L, "permute");
    if (!x) return value_push_poison(L);
    const Shape s = x->type.shape;
    PermuteAttrs order = {{0}};
    unsigned axes;
    if (!lua_istable(L, 2) || (int)lua_rawlen(L, 2) != s.rank) {
        diag_error(f->diag, here,
                   "permute: wants a list of all %d axes of %s in their new order, got %s", s.rank,
                   shape_text(f->arena, s),
                   lua_istable(L, 2) ? arena_printf(f->arena, "one of %d", (int)lua_rawlen(L, 2))
                                     : value_words(L, 2));
        return value_push_poison(L);
    }
    if (s.rank && !axes_at(L, 2, "permute", here, s, &axes)) return value_push_poison(L);
    for (int i = 0; i < s.rank; i++) {
        lua_rawgeti(L, 2, i + 1);
        order.axis[i] = axes_one(L, -1, "permute", here, s);
        lua_pop(L, 1);
    }
    return push(L, add(L, &op_permute, x, ATTRS_AT(PermuteAttrs, &order)));
}

/* nn.transpose(x, 1, 2) */
static int transpose(lua_State *L) {
    lua_settop(L, 3);
    Node *x = subject(L, "transpose");
    if (!x) return value_push_poison(L);
    const Shape s = x->type.shape;
    const int a = axes_one(L, 2, "transpose", front_here(L), s);
    const int b = a ? axes_one(L, 3, "transpose", front_here(L), s) : 0;
    if (!b) return value_push_poison(L);
    PermuteAttrs order = {{0}};
    for (int i = 0; i < s.rank; i++) order.axis[i] = i + 1 == a ? b : i + 1 == b ? a : i + 1;
    return push(L, add(L, &op_permute, x, ATTRS_AT(PermuteAttrs, &order)));
}

/* nn.flip(x, axis), also of several axes */
static int flip(lua_State *L) {
    lua_settop(L, 2);
    Node *x = subject(L, "flip");
    unsigned axes;
    if (!x || !axes_at(L, 2, "flip", front_here(L), x->type.shape, &axes))
        return value_push_poison(L);
    for (int i = 0; i < x->type.shape.rank; i++)
        if (axes >> i & 1)
            x = sliced(L, x, i + 1, x->type.shape.dim[i] - 1, x->type.shape.dim[i], -1);
    return push(L, x);
}

/* Reads a place of the axis, from 1; 0 after a report. */
static int place_at(lua_State *L, int index, const char *what, const char *word, int axis,
                    Shape s) {
    Front *f = front_of(L);
    const int size = s.dim[axis - 1];
    const double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : (double)NAN;
    if (v == floor(v) && fabs(v) >= 1 && fabs(v) <= size) return (int)v + (v > 0 ? 0 : size + 1);
    if (!value_is_poison(L, index))
        diag_error(f->diag, front_here(L),
                   "%s: axis %d of %s has the places 1 to %d, or -1 to -%d from the last, got "
                   "%s = %s",
                   what, axis, shape_text(f->arena, s), size, size, word,
                   value_plain_words(L, index));
    return 0;
}

/* nn.slice(x, axis, from, to = -1, step = 1) */
static int slice(lua_State *L) {
    Front *f = front_of(L);
    const Loc here = front_here(L);
    lua_settop(L, 5);
    Node *x = subject(L, "slice");
    if (!x) return value_push_poison(L);
    const Shape s = x->type.shape;
    const int axis = axes_one(L, 2, "slice", here, s);
    if (!axis) return value_push_poison(L);
    const int from = place_at(L, 3, "slice", "from", axis, s);
    const int to = lua_isnil(L, 4) ? s.dim[axis - 1] : place_at(L, 4, "slice", "to", axis, s);
    if (from == 0 || to == 0) return value_push_poison(L);
    const int step = lua_isnil(L, 5) ? 1 : whole_at(L, 5, "slice", "step", 1);
    if (step < 1) return value_push_poison(L);
    if (from > to) {
        diag_error(f->diag, here,
                   "slice: nothing is left of axis %d of %s from place %d to %d, both included",
                   axis, shape_text(f->arena, s), from, to);
        return value_push_poison(L);
    }
    return push(L, sliced(L, x, axis, from - 1, (to - from) / step + 1, step));
}

/* nn.select(x, axis, i): place i of the axis, which the result does not have. */
static int choose(lua_State *L) {
    lua_settop(L, 3);
    Node *x = subject(L, "select");
    if (!x) return value_push_poison(L);
    Shape s = x->type.shape;
    const int axis = axes_one(L, 2, "select", front_here(L), s);
    const int i = axis ? place_at(L, 3, "select", "i", axis, s) : 0;
    if (i == 0) return value_push_poison(L);
    x = sliced(L, x, axis, i - 1, 1, 1);
    s.rank--;
    for (int k = axis - 1; k < s.rank; k++) s.dim[k] = s.dim[k + 1];
    return push(L, reshaped(L, x, s));
}

/* nn.split(x, axis, size) returns pieces of `size` places of the axis; the last piece may be
 * smaller. nn.split(x, axis, {2, 3}) states the size of each piece. */
static int split(lua_State *L) {
    enum { MOST = 200 }; /* as many as a file has local variables */
    Front *f = front_of(L);
    lua_settop(L, 3);
    Node *x = subject(L, "split");
    const int axis = x ? axes_one(L, 2, "split", front_here(L), x->type.shape) : 0;
    if (!axis) return value_push_poison(L);
    const bool list = lua_istable(L, 3);
    if (list && !table_check_list(L, 3, front_here(L), "split")) return value_push_poison(L);
    const int whole = x->type.shape.dim[axis - 1];
    int at = 0, n = 0;
    luaL_checkstack(L, MOST + 10, "split");
    while (at < whole && n < MOST && (!list || n < (int)lua_rawlen(L, 3))) {
        if (list)
            lua_rawgeti(L, 3, n + 1);
        else
            lua_pushvalue(L, 3);
        int size = whole_at(L, -1, "split", "size", 1);
        lua_pop(L, 1);
        if (size < 0) return value_push_poison(L);
        if (!list && size > whole - at) size = whole - at;
        if (size > whole - at) break;
        value_push_node(L, sliced(L, x, axis, at, size, 1));
        at += size;
        n++;
    }
    if (at == whole && (!list || n == (int)lua_rawlen(L, 3))) return n;
    if (list)
        diag_error(f->diag, front_here(L),
                   "split: the sizes must add up to the %d places of axis %d", whole, axis);
    else
        diag_error(f->diag, front_here(L), "split: makes more than %d pieces of axis %d of %s",
                   MOST, axis, shape_text(f->arena, x->type.shape));
    return value_push_poison(L);
}

enum { MAX_PARTS = 1000 };

/* Reads the nodes of { a, b, axis = 1 } and leaves the option on the stack. Returns the number of
 * nodes, 0 after a report. */
static int read_parts(lua_State *L, const Options *o, Node *in[MAX_PARTS]) {
    const char *what = o->what;
    Front *f = front_of(L);
    if (value_is_poison(L, 1)) return 0;
    const lua_Unsigned n = lua_istable(L, 1) ? lua_rawlen(L, 1) : 0;
    if (n < 1 || n > MAX_PARTS || lua_gettop(L) != 1) {
        diag_error(f->diag, o->call, "%s: wants a table of 1 to %d nodes { a, b }, got %s", what,
                   MAX_PARTS,
                   lua_istable(L, 1) ? arena_printf(f->arena, "one of %d", (int)n)
                                     : value_words(L, 1));
        return 0;
    }
    /* But for the option the table is a list. */
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        const bool option = lua_type(L, -2) == LUA_TSTRING && !strcmp(lua_tostring(L, -2), "axis");
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        if (option)
            lua_pop(L, 2);
        else
            lua_rawset(L, 2);
    }
    if (!table_check_list(L, 2, o->call, what)) return 0;
    for (int i = 0; i < (int)n; i++) {
        lua_rawgeti(L, 1, i + 1);
        in[i] = value_check_node(L, -1, what);
        lua_pop(L, 1);
        if (in[i]->type.kind == KIND_ERROR) return 0;
    }
    lua_getfield(L, 1, "axis");
    return (int)n;
}

/* nn.concat { a, b, axis = 1 } */
static int concat(lua_State *L) {
    const Options o = options_of_call(L, "concat");
    Node *in[MAX_PARTS];
    const int n = read_parts(L, &o, in);
    if (!n) return value_push_poison(L);
    const int axis =
        lua_isnil(L, -1) ? 1 : axes_one(L, -1, o.what, options_loc(&o, "axis"), in[0]->type.shape);
    return axis ? push(L, joined(L, n, in, axis)) : value_push_poison(L);
}

/* nn.stack { a, b, axis = 1 } joins nodes of one shape along a new axis. */
static int stack(lua_State *L) {
    const Options o = options_of_call(L, "stack");
    Front *f = front_of(L);
    Node *in[MAX_PARTS];
    const int n = read_parts(L, &o, in);
    if (!n) return value_push_poison(L);
    const Shape each = in[0]->type.shape;
    Shape s = {each.rank + 1, {n}};
    for (int i = 1; i < s.rank && i < MAX_RANK; i++) s.dim[i] = each.dim[i - 1];
    if (each.rank == MAX_RANK) {
        diag_error(f->diag, o.call, "stack: values have %d axes at most, and %s has them already",
                   MAX_RANK, shape_text(f->arena, each));
        return value_push_poison(L);
    }
    for (int i = 0; i < n; i++)
        if (!shape_equal(in[i]->type.shape, each)) {
            diag_error(f->diag, o.call,
                       "stack: wants values of one shape; the first has %s, number %d has %s",
                       shape_text(f->arena, each), i + 1, shape_text(f->arena, in[i]->type.shape));
            return value_push_poison(L);
        }
    const int axis = lua_isnil(L, -1) ? 1 : axes_one(L, -1, o.what, options_loc(&o, "axis"), s);
    if (!axis) return value_push_poison(L);
    for (int i = 0; i < s.rank; i++) s.dim[i] = i + 1 == axis ? 1 : each.dim[i - (i + 1 > axis)];
    for (int i = 0; i < n; i++) in[i] = reshaped(L, in[i], s);
    return push(L, joined(L, n, in, axis));
}

enum { PADDING_MODE, PADDING_VALUE };
static const OptionSpec pad_specs[] = {
    {"mode",
     OPTION_WORD,
     false,
     0,
     0,
     {PAD_CONSTANT, 0},
     pad_modes,
     "what the new places are: a constant, mirrored, or the border's values"},
    {"value", OPTION_REAL, false, -3.4e38, 3.4e38, {0, 0}, NULL, "the constant"}};

/* nn.pad(x, axis, before, after, { mode = "constant", value = 0 }). The other modes join x with
 * slices of x: "reflect" with its neighbours of the border in reverse, "replicate" with the border.
 */
static int pad(lua_State *L) {
    const Options o = options_of_call(L, "pad");
    Front *f = front_of(L);
    OptionValue v[2];
    lua_settop(L, 5);
    Node *x = subject(L, o.what);
    const int axis = x ? axes_one(L, 2, o.what, o.call, x->type.shape) : 0;
    for (int i = 3; i <= 4 && axis; i++)
        if (lua_type(L, i) == LUA_TNUMBER && lua_tonumber(L, i) < 0) {
            diag_error(f->diag, o.call,
                       "pad: adds places, 0 or more, got %s; nn.slice takes some away",
                       value_number_words(f->arena, lua_tonumber(L, i)));
            return value_push_poison(L);
        }
    const int before = axis ? whole_at(L, 3, o.what, "before", 0) : -1;
    const int after = before < 0 ? -1 : whole_at(L, 4, o.what, "after", 0);
    if (after < 0 || !options_read(&o, 5, pad_specs, 2, v)) return value_push_poison(L);
    const int mode = (int)v[PADDING_MODE].number[0], size = x->type.shape.dim[axis - 1];
    if (mode == PAD_CONSTANT)
        return push(L, padded(L, o.call, x, axis, before, after, v[PADDING_VALUE].number[0]));
    if (v[PADDING_VALUE].given) {
        diag_error(f->diag, options_loc(&o, "value"),
                   "pad: value belongs to mode \"constant\", and the mode is \"%s\"",
                   pad_modes[mode]);
        return value_push_poison(L);
    }
    const bool reflect = mode == PAD_REFLECT;
    if (reflect && (before >= size || after >= size)) {
        diag_error(f->diag, o.call,
                   "pad: mode \"reflect\" takes at most %d places on a side of axis %d of %s, "
                   "mode \"replicate\" any number",
                   size - 1, axis, shape_text(f->arena, x->type.shape));
        return value_push_poison(L);
    }
    Node *in[3];
    int n = 0;
    if (before > 0) in[n++] = sliced(L, x, axis, reflect ? before : 0, before, reflect ? -1 : 0);
    in[n++] = x;
    if (after > 0)
        in[n++] = sliced(L, x, axis, reflect ? size - 2 : size - 1, after, reflect ? -1 : 0);
    return push(L, joined(L, n, in, axis));
}

void rearrange_register(lua_State *L) {
    static const Word words[] = {
        {.name = "reshape",
         .function = reshape,
         .arguments = "x: nn.Node, shape: integer[]",
         .result = "nn.Node",
         .also = "fun(shape: integer[]): fun(x: nn.Node): nn.Node",
         .help = "the same elements in order, in another shape; one size may be -1: what the "
                 "others leave"},
        {.name = "permute",
         .function = permute,
         .arguments = "x: nn.Node, axes: integer[]",
         .result = "nn.Node",
         .also = "fun(axes: integer[]): fun(x: nn.Node): nn.Node",
         .help = "the axes in another order"},
        {.name = "transpose",
         .function = transpose,
         .arguments = "x: nn.Node, a: integer, b: integer",
         .result = "nn.Node",
         .help = "two axes exchanged"},
        {.name = "flip",
         .function = flip,
         .arguments = "x: nn.Node, axis: integer|integer[]",
         .result = "nn.Node",
         .help = "an axis, or a list of them, turned round"},
        {.name = "slice",
         .function = slice,
         .arguments = "x: nn.Node, axis: integer, from: integer, to?: integer, step?: integer",
         .result = "nn.Node",
         .help = "places of an axis, counted from 1, from the last where negative, both included"},
        {.name = "select",
         .function = choose,
         .arguments = "x: nn.Node, axis: integer, i: integer",
         .result = "nn.Node",
         .help = "place i of an axis, without the axis"},
        {.name = "split",
         .function = split,
         .arguments = "x: nn.Node, axis: integer, size: integer|integer[]",
         .result = "nn.Node ...",
         .help = "pieces of so many places of an axis, or of the sizes of a list"},
        {.name = "concat",
         .function = concat,
         .arguments = "values: nn.Nodes",
         .result = "nn.Node",
         .help = "values one after the other along an axis, the first if left out"},
        {.name = "stack",
         .function = stack,
         .arguments = "values: nn.Nodes",
         .result = "nn.Node",
         .help = "values side by side along a new axis, the first if left out"},
        {.name = "pad",
         .function = pad,
         .arguments = "x: nn.Node, axis: integer, before: integer, after: integer",
         .result = "nn.Node",
         .specs = pad_specs,
         .n_specs = 2,
         .help = "more places on both sides of an axis"},
        {0}};
    word_add(L, words);
}
