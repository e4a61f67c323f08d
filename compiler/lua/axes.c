/* Functions of nodes that take axes, which are counted as in PyTorch with the batch in front: the
 * first axis of a sample is 1, the last one -1. */
#include <math.h>

#include "front.h"

int axes_one(lua_State *L, int index, const char *what, Loc loc, Shape s) {
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

bool axes_at(lua_State *L, int index, const char *what, Loc loc, Shape s, unsigned *axes) {
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
        const int axis = axes_one(L, -1, what, loc, s);
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
        attr[HOT_AXIS] = axes_one(L, v[0].stack, what, options_loc(&o, "axis"), s);
        if (attr[HOT_AXIS] == 0) return value_push_poison(L);
    }
    value_push_node(L, front_add_node(L, &op_one_hot, o.call, NULL, 1, &x, attr));
    return 1;
}

void axes_register(lua_State *L) {
    lua_pushcfunction(L, one_hot);
    lua_setfield(L, -2, "one_hot");
    for (int i = 0; i < (int)(sizeof sums / sizeof *sums); i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, sum, 1);
        lua_setfield(L, -2, sums[i]->name);
    }
}
