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
                   value_plain_words(L, index));
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

/* Functions over axes: how many they take, and what they do without the option. */
typedef struct OverAxes {
    const Op *op;
    bool list; /* takes several axes, and keepdim; else one axis */
    bool last; /* without the option it takes the last axis, if there are two at most; else all */
} OverAxes;
static const OverAxes over_axes[] = {{&op_sum, true, false},         {&op_mean, true, false},
                                     {&op_amax, true, false},        {&op_amin, true, false},
                                     {&op_logsumexp, true, true},    {&op_softmax, false, true},
                                     {&op_log_softmax, false, true}, {&op_argmax, false, true}};

enum { OVER_AXIS, OVER_KEEPDIM };
static const OptionSpec over_specs[] = {
    {"axis",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"integer", "integer[]", NULL},
     "the axis, or for sums and the like a list of them; the first is 1, the last -1"},
    {"keepdim", OPTION_BOOL, false, 0, 1, {0}, NULL, "whether the axes stay, with size 1"}};

/* Sets a bit for each axis that the option names. Without it the function goes over the last axis,
 * or, with no bit set, over all. Returns false after a report. */
static bool read_axes(lua_State *L, const OverAxes *f, const Options *o, const OptionValue *v,
                      Shape s, unsigned *axes) {
    *axes = 0;
    if (v->given && f->list) return axes_at(L, v->stack, o->what, options_loc(o, "axis"), s, axes);
    if (!v->given && !f->last) return true;
    if (!v->given && s.rank > 2) {
        diag_error(front_of(L)->diag, o->call,
                   "%s: a value of shape %s has several axes that may be meant: nn.%s(x, { axis = "
                   "-1 }) goes along the last one",
                   o->what, shape_text(front_of(L)->arena, s), o->what);
        return false;
    }
    if (!v->given) lua_pushinteger(L, -1);
    const int axis = axes_one(L, v->given ? v->stack : -1, o->what,
                              v->given ? options_loc(o, "axis") : o->call, s);
    if (axis) *axes = 1u << (axis - 1);
    return axis;
}

/* nn.sum(x), nn.sum(x, { axis = 1 }); nn.sum { axis = 1 } is a function of x. Upvalues: the index
 * in `over_axes`, and the options where they were given first. */
static int function_over_axes(lua_State *L) {
    const OverAxes *f = &over_axes[lua_tointeger(L, lua_upvalueindex(1))];
    const Op *op = f->op;
    OptionValue v[2];
    if (lua_istable(L, 1) && lua_gettop(L) == 1) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_pushvalue(L, 1);
        lua_pushcclosure(L, function_over_axes, 2);
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
    if (!options_read(&o, 2, over_specs, f->list ? 2 : 1, v) || x->type.kind == KIND_ERROR)
        return value_push_poison(L);
    /* Of what is no value per sample the op reports. */
    if (x->type.kind == KIND_SAMPLE && !x->type.classes &&
        !read_axes(L, f, &o, &v[OVER_AXIS], s, &axes))
        return value_push_poison(L);
    if (axes == (1u << s.rank) - 1 && op != &op_argmax) axes = 0;
    const ReduceAttrs reduce = {.axes = (int)axes,
                                .keepdim = f->list && v[OVER_KEEPDIM].number[0] != 0};
    AxisAttrs one = {1};
    while (axes >>= 1) one.axis++;
    value_push_node(L, front_add_node(L, op, o.call, NULL, 1, &x,
                                      op == &op_argmax ? ATTRS_AT(AxisAttrs, &one)
                                                       : ATTRS_AT(ReduceAttrs, &reduce)));
    return 1;
}

static const OptionSpec hot_specs[] = {
    {"axis",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"integer", NULL},
     "the axis of the classes in the result; -1, the last one, if left out"}};

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
    AxisAttrs hot = {s.rank};
    if (v[0].given && x->type.classes) {
        hot.axis = axes_one(L, v[0].stack, what, options_loc(&o, "axis"), s);
        if (hot.axis == 0) return value_push_poison(L);
    }
    value_push_node(L,
                    front_add_node(L, &op_one_hot, o.call, NULL, 1, &x, ATTRS_AT(AxisAttrs, &hot)));
    return 1;
}

void axes_register(lua_State *L) {
    lua_pushcfunction(L, one_hot);
    word_set(L, &(Word){.name = "one_hot",
                        .arguments = "label: nn.Node",
                        .result = "nn.Node",
                        .help = op_one_hot.help,
                        .specs = hot_specs,
                        .n_specs = 1});
    for (int i = 0; i < (int)(sizeof over_axes / sizeof *over_axes); i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, function_over_axes, 1);
        const char *name = over_axes[i].op->name;
        word_set(L, &(Word){.name = name,
                            .arguments = "x: nn.Node",
                            .result = "nn.Node",
                            .help = over_axes[i].op->help,
                            .specs = over_specs,
                            .n_specs = over_axes[i].list ? 2 : 1,
                            .also = arena_printf(front_of(L)->arena,
                                                 "fun(options: nn.%s.options): fun(x: nn.Node): "
                                                 "nn.Node",
                                                 name)});
    }
}
