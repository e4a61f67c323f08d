/* The table `nn` but for layers, initialisers, optimizers and the model: fields, schedules, losses,
 * decisions, nn.param. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

/* A leaf of that op and name that is there already. */
static Node *field_named(Front *f, const char *name) {
    for (int i = 0; i < f->graph->n_nodes; i++) {
        Node *n = f->graph->nodes[i];
        if ((n->op == &op_input || n->op == &op_label || n->op == &op_target) && n->name &&
            !strcmp(n->name, name))
            return n;
    }
    return NULL;
}

static int push_field(lua_State *L, const Op *op, const char *name, const double *attr) {
    Front *f = front_of(L);
    Loc here = front_here(L);
    Node *old = field_named(f, name);
    if (old &&
        (old->op != op || memcmp(old->attr, attr, sizeof(double) * (size_t)op->n_attrs) != 0)) {
        diag_error(f->diag, here, "field \"%s\" is there already, as another %s (%s:%d)", name,
                   old->op == op ? "shape" : old->op->name, old->loc.file, old->loc.line);
        push_node(L, graph_error_node(f->graph, here));
        return 1;
    }
    push_node(L, old ? old : graph_add(f->graph, op, here, name, 0, NULL, attr));
    return 1;
}

static const char *field_name(lua_State *L, const char *what) {
    Front *f = front_of(L);
    if (lua_type(L, 1) != LUA_TSTRING) {
        diag_error(f->diag, front_here(L), "%s: wants the name of a field first, got %s", what,
                   value_words(L, 1));
        return NULL;
    }
    const char *name = lua_tostring(L, 1);
    return check_name(L, front_here(L), "the name of a field", name) ? arena_strdup(f->arena, name)
                                                                     : NULL;
}

static int poison(lua_State *L) {
    Front *f = front_of(L);
    push_node(L, graph_error_node(f->graph, front_here(L)));
    return 1;
}

/* nn.input(name, {1, 14, 14}), nn.target(name, {3}) */
static int shaped_field(lua_State *L, const Op *op) {
    Front *f = front_of(L);
    const char *name = field_name(L, op->name);
    if (!name) return poison(L);
    double attr[MAX_ATTRS] = {0};
    bool ok = lua_istable(L, 2) && lua_rawlen(L, 2) >= 1 && lua_rawlen(L, 2) <= 3;
    int rank = ok ? (int)lua_rawlen(L, 2) : 0;
    attr[SHAPE_RANK] = rank;
    for (int i = 0; i < rank; i++) {
        lua_rawgeti(L, 2, i + 1);
        double v = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
        lua_pop(L, 1);
        if (!(v >= 1 && v <= MAX_DIM && v == floor(v))) ok = false;
        attr[SHAPE_DIM0 + i] = ok ? v : 1;
    }
    if (!ok) {
        diag_error(f->diag, front_here(L),
                   "%s \"%s\": wants a shape of 1 to 3 whole sizes, such as {1, 14, 14}", op->name,
                   name);
        return poison(L);
    }
    return push_field(L, op, name, attr);
}

static int nn_input(lua_State *L) {
    return shaped_field(L, &op_input);
}
static int nn_target(lua_State *L) {
    return shaped_field(L, &op_target);
}

static int nn_label(lua_State *L) {
    Front *f = front_of(L);
    const char *name = field_name(L, "label");
    if (!name) return poison(L);
    double classes = lua_type(L, 2) == LUA_TNUMBER ? lua_tonumber(L, 2) : -1;
    if (!(classes >= 1 && classes <= 1 << 20 && classes == floor(classes))) {
        diag_error(f->diag, front_here(L), "label \"%s\": wants the number of classes, got %s",
                   name, lua_type(L, 2) == LUA_TNUMBER ? lua_tostring(L, 2) : value_words(L, 2));
        return poison(L);
    }
    double attr[MAX_ATTRS] = {classes};
    return push_field(L, &op_label, name, attr);
}

/* Functions of two or one nodes; the op's index is the upvalue. */
static const Op *const functions[] = {&op_cross_entropy, &op_mse,   &op_bce_with_logits,
                                      &op_argmax,        &op_equal, &op_less_equal};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static int apply_function(lua_State *L) {
    Front *f = front_of(L);
    const Op *op = functions[lua_tointeger(L, lua_upvalueindex(1))];
    Node *in[2] = {NULL, NULL};
    if (lua_gettop(L) != op->min_in) {
        diag_error(f->diag, front_here(L), "%s: wants %d argument%s, got %d", op->name, op->min_in,
                   op->min_in == 1 ? "" : "s", lua_gettop(L));
        return poison(L);
    }
    for (int i = 0; i < op->min_in; i++) in[i] = check_node(L, i + 1, op->name);
    push_node(L, graph_add(f->graph, op, front_here(L), NULL, op->min_in, in, NULL));
    return 1;
}

static int nn_concat(lua_State *L) {
    Front *f = front_of(L);
    if (!lua_istable(L, 1) || lua_rawlen(L, 1) < 1 || lua_rawlen(L, 1) > 1000) {
        diag_error(f->diag, front_here(L), "concat: wants a table of nodes, got %s",
                   lua_istable(L, 1) ? "one without or with more than 1000" : value_words(L, 1));
        return poison(L);
    }
    int n = (int)lua_rawlen(L, 1);
    Node **in = ARENA_ARRAY(f->arena, Node *, n);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        in[i] = check_node(L, -1, "concat");
        lua_pop(L, 1);
    }
    push_node(L, graph_add(f->graph, &op_concat, front_here(L), NULL, n, in, NULL));
    return 1;
}

static int schedule_function(lua_State *L, const Op *op) {
    Front *f = front_of(L);
    int n = lua_gettop(L);
    if (n < op->min_in || (op->min_in == 1 && n > 1)) {
        diag_error(f->diag, front_here(L), "%s: wants %s, got %d", op->name,
                   op->min_in == 1 ? "one number" : "two numbers or more", n);
        return poison(L);
    }
    Node *value = check_node(L, 1, op->name);
    if (op->min_in == 1) value = graph_add(f->graph, op, front_here(L), NULL, 1, &value, NULL);
    for (int i = 2; i <= n; i++) {
        Node *in[2] = {value, check_node(L, i, op->name)};
        value = graph_add(f->graph, op, front_here(L), NULL, 2, in, NULL);
    }
    push_node(L, value);
    return 1;
}

static int nn_min(lua_State *L) {
    return schedule_function(L, &op_min);
}
static int nn_max(lua_State *L) {
    return schedule_function(L, &op_max);
}
static int nn_cos(lua_State *L) {
    return schedule_function(L, &op_cos);
}
static int nn_exp(lua_State *L) {
    return schedule_function(L, &op_exp);
}

/* nn.param(name, default): the command line's value, read as what the default is. */
static int nn_param(lua_State *L) {
    Front *f = front_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (!check_name(L, front_here(L), "the name of a parameter of the file", name)) return 0;
    luaL_checkany(L, 2);
    ARENA_PUSH(f->arena, f->param_names, f->n_param_names, f->cap_param_names,
               arena_strdup(f->arena, name));
    const char *text = NULL;
    for (int i = 0; i < f->n_defines; i++)
        if (!strcmp(f->defines[i].name, name)) {
            text = f->defines[i].value;
            f->define_used[i] = true;
        }
    lua_settop(L, 2);
    if (!text) return 1;
    bool ok = true;
    switch (lua_type(L, 2)) {
    case LUA_TNUMBER:
        ok = lua_stringtonumber(L, text) != 0;
        break;
    case LUA_TBOOLEAN:
        ok = !strcmp(text, "true") || !strcmp(text, "false");
        lua_pushboolean(L, !strcmp(text, "true"));
        break;
    case LUA_TSTRING:
        lua_pushstring(L, text);
        break;
    default:
        return luaL_error(L, "param \"%s\": the default must be a number, a string or a boolean",
                          name);
    }
    if (ok) return 1;
    diag_error(f->diag, front_here(L), "-D %s=%.100s: wants %s", name, text, value_words(L, 2));
    lua_settop(L, 2);
    return 1;
}

/* A name that is not there: say which one is near. */
static int unknown_word(lua_State *L) {
    const char *names[128] = {NULL}, *key = luaL_checkstring(L, 2);
    int n = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) && n < 127) {
        if (lua_type(L, -2) == LUA_TSTRING)
            names[n++] = arena_strdup(front_of(L)->arena, lua_tostring(L, -2));
        lua_pop(L, 1);
    }
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && strcmp(names[j - 1], names[j]) > 0; j--) {
            const char *swap = names[j];
            names[j] = names[j - 1];
            names[j - 1] = swap;
        }
    const char *near = nearest_name(key, names);
    if (near) return luaL_error(L, "nn has no `%s`; did you mean `%s`?", key, near);
    return luaL_error(L, "nn has no `%s`", key);
}

static int read_only(lua_State *L) {
    return luaL_error(L, "nn cannot be changed");
}

void vocabulary_push(lua_State *L) {
    static const luaL_Reg words[] = {
        {"input", nn_input}, {"target", nn_target}, {"label", nn_label}, {"concat", nn_concat},
        {"min", nn_min},     {"max", nn_max},       {"cos", nn_cos},     {"exp", nn_exp},
        {"param", nn_param}, {NULL, NULL}};
    static const Op *const counters[] = {&op_epoch, &op_epochs, &op_step, &op_steps};
    Front *f = front_of(L);
    register_nodes(L);
    lua_newtable(L);
    luaL_setfuncs(L, words, 0);
    for (int i = 0; i < 4; i++) {
        push_node(L, graph_add(f->graph, counters[i], (Loc){"", 0}, NULL, 0, NULL, NULL));
        lua_setfield(L, -2, counters[i]->name);
    }
    for (int i = 0; i < N_FUNCTIONS; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, apply_function, 1);
        lua_setfield(L, -2, functions[i]->name);
    }
    register_layers(L);
    register_inits(L);
    register_model(L);
    /* The file sees an empty table that looks words up here, so that it cannot change them. */
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, read_only);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, "nn");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_pushcfunction(L, unknown_word);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -3);
    lua_remove(L, -2);
}
