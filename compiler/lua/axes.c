/* Functions of nodes that take axes, which are counted as in PyTorch with the batch in front: the
 * first axis of a sample is 1, the last one -1. */
#include <math.h>
#include <string.h>

#include "front.h"

/* Reads one axis, from 1; 0 after a report. */
static int axis_at(lua_State *L, int index, const char *what, Loc loc, Shape s) {
    Front *f = front_of(L);
    const double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : (double)NAN;
    if (value_is_poison(L, index)) return 0;
    if (v != floor(v)) {
        diag_error(f->diag, loc, "%s: axis wants a whole number or a list of them, got %s", what,
                   lua_type(L, index) == LUA_TNUMBER ? value_number_words(f->arena, v)
                                                     : value_words(L, index));
        return 0;
    }
    if (fabs(v) >= 1 && fabs(v) <= s.rank) return v > 0 ? (int)v : s.rank + 1 + (int)v;
    diag_error(f->diag, loc, "%s: %s, got axis %s", what,
               s.rank ? arena_printf(f->arena,
                                     "the axes of %s are 1 to %d, or -1 to -%d from the last%s",
                                     shape_text(f->arena, s), s.rank, s.rank,
                                     v == 0 ? ", 0 being the batch" : "")
                      : "a value of shape () has no axes",
               value_number_words(f->arena, v));
    return 0;
}

/* An axis or a list of them as bits; false after a report. */
static bool axes_at(lua_State *L, int index, const char *what, Loc loc, Shape s, unsigned *axes) {
    const bool list = lua_istable(L, index);
    const int n = list ? (int)lua_rawlen(L, index) : 1;
    *axes = 0;
    if (list && !n) {
        diag_error(front_of(L)->diag, loc, "%s: the list of axes is empty", what);
        return false;
    }
    if (list && !table_check_list(L, index, loc, what)) return false;
    for (int i = 1; i <= n; i++) {
        if (list)
            lua_rawgeti(L, index, i);
        else
            lua_pushvalue(L, index);
        const int axis = axis_at(L, -1, what, loc, s);
        lua_pop(L, 1);
        if (!axis) return false;
        if (*axes >> (axis - 1) & 1) {
            diag_error(front_of(L)->diag, loc, "%s: axis %d is named twice", what, axis);
            return false;
        }
        *axes |= 1u << (axis - 1);
    }
    return true;
}

enum { SUM_AXIS, SUM_KEEPDIM };
static const OptionSpec sum_specs[] = {{"axis", OPTION_ANY, false, 0, 0, {0}, NULL},
                                       {"keepdim", OPTION_BOOL, false, 0, 1, {0}, NULL}};
static const Op *const sums[] = {&op_sum, &op_mean};

/* nn.sum(x), nn.sum(x, { axis = 1 }); nn.sum { axis = 1 } is a function of x. Upvalues: the index
 * in `sums`, and the options where they were given first. */
static int sum(lua_State *L) {
    const Op *op = sums[lua_tointeger(L, lua_upvalueindex(1))];
    OptionValue v[2];
    if (lua_istable(L, 1) && lua_gettop(L) == 1) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        lua_pushcclosure(L, sum, 2);
        return 1;
    }
    if (lua_istable(L, lua_upvalueindex(2))) {
        lua_settop(L, 1);
        lua_pushvalue(L, lua_upvalueindex(2));
    }
    lua_settop(L, 2);
    const Options o = options_of_call(L, op->name);
    Node *x = value_check_node(L, 1, op->name);
    const Shape s = x->type.shape;
    unsigned axes = 0;
    if (!options_read(&o, 2, sum_specs, 2, v) || x->type.kind == KIND_ERROR)
        return value_push_poison(L);
    if (v[SUM_AXIS].given &&
        !axes_at(L, v[SUM_AXIS].stack, op->name, options_loc(&o, "axis"), s, &axes))
        return value_push_poison(L);
    if (axes == (1u << s.rank) - 1) axes = 0;
    const double attr[MAX_ATTRS] = {
        [REDUCE_AXES] = axes, [REDUCE_KEEPDIM] = v[SUM_KEEPDIM].number[0]};
    value_push_node(L, front_add_node(L, op, o.call, NULL, 1, &x, attr));
    return 1;
}

/* nn.concat { a, b, axis = 1 } */
static int concat(lua_State *L) {
    enum { MAX_PARTS = 1000 };
    static const char what[] = "concat";
    Front *f = front_of(L);
    const Options o = options_of_call(L, what);
    if (value_is_poison(L, 1)) return value_push_poison(L);
    const lua_Unsigned n = lua_istable(L, 1) ? lua_rawlen(L, 1) : 0;
    if (n < 1 || n > MAX_PARTS || lua_gettop(L) != 1) {
        diag_error(
            f->diag, o.call, "concat: wants a table of 1 to %d nodes { a, b }, got %s", MAX_PARTS,
            lua_istable(L, 1) ? arena_printf(f->arena, "one of %d", (int)n) : value_words(L, 1));
        return value_push_poison(L);
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
    if (!table_check_list(L, 2, o.call, what)) return value_push_poison(L);
    Node *in[MAX_PARTS];
    for (int i = 0; i < (int)n; i++) {
        lua_rawgeti(L, 1, i + 1);
        in[i] = value_check_node(L, -1, what);
        lua_pop(L, 1);
    }
    double attr[MAX_ATTRS] = {[CONCAT_AXIS] = 1};
    lua_getfield(L, 1, "axis");
    if (!lua_isnil(L, -1) && in[0]->type.kind != KIND_ERROR) {
        attr[CONCAT_AXIS] = axis_at(L, -1, what, options_loc(&o, "axis"), in[0]->type.shape);
        if (attr[CONCAT_AXIS] == 0) return value_push_poison(L);
    }
    value_push_node(L, front_add_node(L, &op_concat, o.call, NULL, (int)n, in, attr));
    return 1;
}

/* Reads a place of the axis, from 1, or from the end where it is negative; 0 after a report. */
static double place_at(lua_State *L, int index, const char *word, int axis, Shape s) {
    Front *f = front_of(L);
    const int size = s.dim[axis - 1];
    const double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : (double)NAN;
    if (v == floor(v) && fabs(v) >= 1 && fabs(v) <= size) return v > 0 ? v : size + 1 + v;
    if (!value_is_poison(L, index))
        diag_error(f->diag, front_here(L),
                   "slice: axis %d of %s has the places 1 to %d, or -1 to -%d from the last, got "
                   "%s = %s",
                   axis, shape_text(f->arena, s), size, size, word,
                   lua_type(L, index) == LUA_TNUMBER ? value_number_words(f->arena, v)
                                                     : value_words(L, index));
    return 0;
}

/* nn.slice(x, axis, from, to = -1, step = 1) */
static int slice(lua_State *L) {
    Front *f = front_of(L);
    const Loc here = front_here(L);
    lua_settop(L, 5);
    Node *x = value_check_node(L, 1, "slice");
    if (x->type.kind == KIND_ERROR) return value_push_poison(L);
    const Shape s = x->type.shape;
    const int axis = axis_at(L, 2, "slice", here, s);
    if (!axis) return value_push_poison(L);
    const double from = place_at(L, 3, "from", axis, s);
    const double to = lua_isnil(L, 4) ? s.dim[axis - 1] : place_at(L, 4, "to", axis, s);
    if (from == 0 || to == 0) return value_push_poison(L);
    const double step = lua_isnil(L, 5)                 ? 1
                        : lua_type(L, 5) == LUA_TNUMBER ? lua_tonumber(L, 5)
                                                        : (double)NAN;
    if (!(step >= 1 && step <= MAX_DIM && step == floor(step))) {
        if (!value_is_poison(L, 5))
            diag_error(f->diag, here, "slice: step wants a whole number from 1 on, got %s",
                       lua_type(L, 5) == LUA_TNUMBER ? value_number_words(f->arena, step)
                                                     : value_words(L, 5));
        return value_push_poison(L);
    }
    if (from > to) {
        diag_error(f->diag, here,
                   "slice: nothing is left of axis %d of %s from place %g to %g, both included",
                   axis, shape_text(f->arena, s), from, to);
        return value_push_poison(L);
    }
    const double attr[MAX_ATTRS] = {[SLICE_OFFSET] = from - 1,
                                    [SLICE_COUNT] = floor((to - from) / step) + 1,
                                    [SLICE_AXIS] = axis,
                                    [SLICE_STEP] = step};
    value_push_node(L, front_add_node(L, &op_slice, here, NULL, 1, &x, attr));
    return 1;
}

static const OptionSpec hot_specs[] = {{"axis", OPTION_ANY, false, 0, 0, {0}, NULL}};

/* nn.one_hot(label, { axis = -1 }): the axis of the classes in the result. */
static int one_hot(lua_State *L) {
    static const char what[] = "one_hot";
    OptionValue v[1];
    lua_settop(L, 2);
    const Options o = options_of_call(L, what);
    Node *x = value_check_node(L, 1, what);
    if (!options_read(&o, 2, hot_specs, 1, v)) return value_push_poison(L);
    Shape s = x->type.shape;
    if (s.rank < MAX_RANK) s.dim[s.rank++] = x->type.classes;
    double attr[MAX_ATTRS] = {[HOT_AXIS] = s.rank};
    if (v[0].given && x->type.classes) {
        attr[HOT_AXIS] = axis_at(L, v[0].stack, what, options_loc(&o, "axis"), s);
        if (attr[HOT_AXIS] == 0) return value_push_poison(L);
    }
    value_push_node(L, front_add_node(L, &op_one_hot, o.call, NULL, 1, &x, attr));
    return 1;
}

void axes_register(lua_State *L) {
    static const luaL_Reg words[] = {
        {"concat", concat}, {"slice", slice}, {"one_hot", one_hot}, {NULL, NULL}};
    luaL_setfuncs(L, words, 0);
    for (int i = 0; i < (int)(sizeof sums / sizeof *sums); i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, sum, 1);
        lua_setfield(L, -2, sums[i]->name);
    }
}
