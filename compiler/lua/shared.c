/* Values that all samples share: own parameters, constants. */
#include <math.h>

#include "front.h"

/* Elements of a tensor that a file writes down. */
enum { MAX_ELEMENTS = 1 << 16 };

Node *shared_tensor(lua_State *L, Loc loc, Shape s, const double *elements) {
    Node *n =
        front_add_node(L, &op_tensor, loc, NULL, 0, NULL, ATTRS_WITH(ShapeAttrs, shape_stated(s)));
    n->elements = elements;
    return n;
}

Node *shared_number(lua_State *L, double value) {
    double *element = ARENA_NEW(front_of(L)->arena, double);
    *element = value;
    return shared_tensor(L, front_here(L), (Shape){0}, element);
}

static const OptionSpec parameter_specs[] = {
    {"init", OPTION_INIT, true, 0, 0, {0}, NULL, "how it begins"}};

/* nn.parameter(name, shape, { init = nn.zeros }) */
static int parameter(lua_State *L) {
    static const char what[] = "parameter";
    Front *f = front_of(L);
    OptionValue v[1];
    Shape s;
    lua_settop(L, 3);
    const Options o = options_of_call(L, what);
    if (value_is_poison(L, 1) || value_is_poison(L, 2)) return value_push_poison(L);
    if (lua_type(L, 1) != LUA_TSTRING) {
        diag_error(f->diag, o.call,
                   "parameter: is called as nn.parameter(name, shape, { init = ... }), got %s",
                   value_words(L, 1));
        return value_push_poison(L);
    }
    const char *name = name_at(L, 1, o.call, "the name of a parameter", true);
    if (!name) return value_push_poison(L);
    if (!table_read_shape(L, 2, 0, &s)) {
        diag_error(
            f->diag, o.call,
            "parameter \"%s\": wants a shape of up to %d whole sizes, such as {16} or {}%s%s", name,
            MAX_RANK, lua_istable(L, 2) ? "" : ", got ",
            lua_istable(L, 2) ? "" : value_words(L, 2));
        return value_push_poison(L);
    }
    if (!options_read(&o, 3, parameter_specs, 1, v)) return value_push_poison(L);
    const Init *init = init_at(L, v[0].stack);
    if (!init) {
        diag_error(f->diag, options_loc(&o, "init"),
                   "parameter: init wants an initialiser such as nn.normal(0, 0.02), got %s",
                   value_words(L, v[0].stack));
        return value_push_poison(L);
    }
    if (!init_fits(L, init, options_loc(&o, "init"), what, s) ||
        !name_claim(L, name, o.call, "layers or parameters"))
        return value_push_poison(L);
    const Node *other = name_tensor(L, name);
    if (other) {
        diag_error(f->diag, o.call, "parameter: a layer has a parameter \"%s\"", name);
        diag_note(f->diag, other->loc, "the layer is here");
        return value_push_poison(L);
    }
    /* Fans as of a weight (out, in, ...), as PyTorch has them. */
    const double each = s.rank > 2 ? (double)shape_inner(s, 1) : 1;
    const double rows = s.rank ? s.dim[0] : 1, columns = s.rank > 1 ? s.dim[1] : rows;
    Node *param = init_param(L, o.call, name, s, init, columns * each, rows * each);
    value_push_node(L, front_add_node(L, &op_shared, o.call, name, 1, &param, NULL));
    return 1;
}

/* The elements of nested tables in order, whose sizes are those of `s` from axis `at` on; false
 * after a report. */
static bool read_elements(lua_State *L, int index, int at, Shape s, double **to, Loc loc) {
    Front *f = front_of(L);
    if (at == s.rank) {
        const double v = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : (double)NAN;
        if (isnan(v)) {
            if (!value_is_poison(L, index))
                diag_error(f->diag, loc, "tensor: wants numbers in %d nested tables, got %s",
                           s.rank, value_words(L, index));
            return false;
        }
        *(*to)++ = v;
        return true;
    }
    if (!lua_istable(L, index) || (int)lua_rawlen(L, index) != s.dim[at]) {
        diag_error(f->diag, loc, "tensor: axis %d has %d places in one table and %s in another",
                   at + 1, s.dim[at],
                   lua_istable(L, index) ? arena_printf(f->arena, "%d", (int)lua_rawlen(L, index))
                                         : value_words(L, index));
        return false;
    }
    luaL_checkstack(L, 4, "tensor");
    for (int i = 1; i <= s.dim[at]; i++) {
        lua_rawgeti(L, index, i);
        const bool ok = read_elements(L, lua_gettop(L), at + 1, s, to, loc);
        lua_pop(L, 1);
        if (!ok) return false;
    }
    return true;
}

/* nn.tensor({ {0, 1}, {1, 0} }) */
static int tensor(lua_State *L) {
    Front *f = front_of(L);
    const Loc here = front_here(L);
    Shape s = {0};
    front_count_call(L);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    while (s.rank < MAX_RANK && lua_istable(L, -1) && lua_rawlen(L, -1) > 0) {
        s.dim[s.rank++] = (int)lua_rawlen(L, -1);
        lua_rawgeti(L, -1, 1);
        lua_replace(L, 2);
    }
    if (value_is_poison(L, 1)) return value_push_poison(L);
    if (shape_count(s) > MAX_ELEMENTS) {
        diag_error(f->diag, here, "tensor: has more than %d elements", MAX_ELEMENTS);
        return value_push_poison(L);
    }
    double *elements = ARENA_ARRAY(f->arena, double, shape_count(s)), *to = elements;
    if (!read_elements(L, 1, 0, s, &to, here)) return value_push_poison(L);
    value_push_node(L, shared_tensor(L, here, s, elements));
    return 1;
}

Node *shared_indices(lua_State *L, Node *x) {
    const int n = x->op == &op_arange ? x->type.classes : MAX_ELEMENTS + 1;
    if (n > MAX_ELEMENTS) return x;
    double *elements = ARENA_ARRAY(front_of(L)->arena, double, n);
    for (int i = 0; i < n; i++) elements[i] = i;
    return shared_tensor(L, x->loc, (Shape){1, {n}}, elements);
}

void shared_register(lua_State *L) {
    static const Word words[] = {{.name = "parameter",
                                  .function = parameter,
                                  .arguments = "name: string, shape: integer[]",
                                  .result = "nn.Node",
                                  .specs = parameter_specs,
                                  .n_specs = 1,
                                  .help = "a trained tensor of its own, the same for all samples"},
                                 {.name = "tensor",
                                  .function = tensor,
                                  .arguments = "elements: number|table",
                                  .result = "nn.Node",
                                  .help = "a constant: a number, or nested lists of numbers"},
                                 {0}};
    word_add(L, words);
}
