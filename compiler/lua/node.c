/* What a file can do with a node: arithmetic, `.shape`, `tostring`; and what to write instead where
 * Lua's operators mean nothing. */
#include <string.h>

#include "front.h"

static int operate(lua_State *L, const Op *op, int n_in) {
    Node *in[2];
    for (int i = 0; i < n_in; i++) in[i] = value_check_node(L, i + 1, op->name);
    broadcast_operands(L, front_here(L), n_in, in);
    value_push_node(L, front_add_node(L, op, front_here(L), NULL, n_in, in, NULL));
    return 1;
}

/* A value per sample that is added to a number of the batch stands for its mean. */
static int add_terms(lua_State *L, const Op *op) {
    Node *in[2];
    for (int i = 0; i < 2; i++) in[i] = value_check_node(L, i + 1, op->name);
    for (int i = 0; i < 2; i++)
        if (in[1 - i]->type.kind == KIND_SCALAR) in[i] = value_of_batch(L, in[i]);
    broadcast_operands(L, front_here(L), 2, in);
    value_push_node(L, front_add_node(L, op, front_here(L), NULL, 2, in, NULL));
    return 1;
}

static int node_add(lua_State *L) {
    return add_terms(L, &op_add);
}
static int node_sub(lua_State *L) {
    return add_terms(L, &op_sub);
}
static int node_mul(lua_State *L) {
    return operate(L, &op_mul, 2);
}
static int node_div(lua_State *L) {
    return operate(L, &op_div, 2);
}
static int node_unm(lua_State *L) {
    return operate(L, &op_neg, 1);
}

/* Operators that nodes do not have; what to do instead is the upvalue. */
static int node_operator(lua_State *L) {
    if (!value_is_poison(L, 1) && !value_is_poison(L, 2))
        diag_error(front_of(L)->diag, front_here(L), "%s", lua_tostring(L, lua_upvalueindex(1)));
    return value_push_poison(L);
}

static int node_length(lua_State *L) {
    node_operator(L);
    lua_pushinteger(L, 0);
    return 1;
}

static int node_compare(lua_State *L) {
    node_operator(L);
    lua_pushboolean(L, 0);
    return 1;
}

static int node_index(lua_State *L) {
    Node *n = value_node(L, 1);
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    if (n && key && !strcmp(key, "shape")) {
        Shape one = {3, {1, 1, 1, 0}}, shape = n->type.kind == KIND_ERROR ? one : n->type.shape;
        lua_createtable(L, shape.rank, 0);
        for (int i = 0; i < shape.rank; i++) {
            lua_pushinteger(L, shape.dim[i]);
            lua_rawseti(L, -2, i + 1);
        }
        return 1;
    }
    if (value_is_poison(L, 1)) {
        if (!key) return 0; /* so that loops over it end */
        lua_settop(L, 1);
        return 1;
    }
    diag_error(front_of(L)->diag, front_here(L), "a node has no `%.64s`; it has `shape`",
               key ? key : "[...]");
    return value_push_poison(L);
}

static int node_newindex(lua_State *L) {
    if (value_is_poison(L, 1)) return 0;
    return luaL_error(L, "a node cannot be changed");
}

static int node_call(lua_State *L) {
    if (!value_is_poison(L, 1)) {
        Front *f = front_of(L);
        diag_error(f->diag, front_here(L), "%s is a node, not a layer: it cannot be called",
                   node_words(f->graph, value_node(L, 1)));
        return value_push_poison(L);
    }
    lua_settop(L, 1);
    return 1;
}

static int node_equal(lua_State *L) {
    lua_pushboolean(L, value_node(L, 1) == value_node(L, 2));
    return 1;
}

static int node_tostring(lua_State *L) {
    const Node *n = value_node(L, 1);
    if (!n) return luaL_error(L, "not a node");
    if (n->type.kind == KIND_ERROR) {
        lua_pushliteral(L, "node with an error");
        return 1;
    }
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "node ");
    luaL_addstring(&b, n->op->name);
    if (n->name) {
        luaL_addstring(&b, " \"");
        luaL_addstring(&b, n->name);
        luaL_addchar(&b, '"');
    }
    luaL_addstring(&b, " (");
    for (int i = 0; i < n->type.shape.rank; i++) {
        lua_pushfstring(L, i ? ", %d" : "%d", n->type.shape.dim[i]);
        luaL_addvalue(&b);
    }
    luaL_addchar(&b, ')');
    luaL_pushresult(&b);
    return 1;
}

void node_register(lua_State *L) {
    static const char compared[] = "Lua cannot compare what nodes will compute; nn.less(x, y), "
                                   "nn.equal(x, y) and the like give 1 or 0 for each value";
    static const luaL_Reg methods[] = {
        {"__add", node_add},           {"__sub", node_sub},   {"__mul", node_mul},
        {"__div", node_div},           {"__unm", node_unm},   {"__pow", functions_power},
        {"__index", node_index},       {"__call", node_call}, {"__newindex", node_newindex},
        {"__tostring", node_tostring}, {"__eq", node_equal},  {NULL, NULL}};
    static const struct {
        const char *event;
        lua_CFunction function;
        const char *words;
    } others[] = {{"__mod", node_operator, "nodes have no `%`"},
                  {"__idiv", node_operator, "nodes have no `//`; there is `/`"},
                  {"__concat", node_operator, "a node is no text; tostring(x) describes it"},
                  {"__len", node_length, "a node has no length; x.shape is the list of its sizes"},
                  {"__lt", node_compare, compared},
                  {"__le", node_compare, compared}};
    luaL_newmetatable(L, value_node_meta);
    luaL_setfuncs(L, methods, 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        lua_pushstring(L, others[i].words);
        lua_pushcclosure(L, others[i].function, 1);
        lua_setfield(L, -2, others[i].event);
    }
    lua_pushliteral(L, "node");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "node"); /* in Lua's messages */
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}
