/* Nodes as Lua values: operators, shape, text. */
#include <math.h>
#include <string.h>

#include "front.h"

const char node_meta[] = "nn.node", layer_meta[] = "nn.layer", init_meta[] = "nn.init",
           optimizer_meta[] = "nn.optimizer", model_meta[] = "nn.model";

void push_node(lua_State *L, Node *node) {
    *(Node **)lua_newuserdatauv(L, sizeof node, 0) = node;
    luaL_setmetatable(L, node_meta);
}

Node *to_node(lua_State *L, int index) {
    Node **box = luaL_testudata(L, index, node_meta);
    return box ? *box : NULL;
}

Node *number_node(lua_State *L, double value) {
    Front *f = front_of(L);
    if (!isfinite(value)) {
        diag_error(f->diag, front_here(L), "a number must be finite, got %g", value);
        return graph_error_node(f->graph, front_here(L));
    }
    return graph_add(f->graph, &op_number, front_here(L), NULL, 0, NULL, &value);
}

const char *value_words(lua_State *L, int index) {
    if (luaL_testudata(L, index, node_meta)) return "a node";
    if (luaL_testudata(L, index, layer_meta)) return "a layer";
    if (luaL_testudata(L, index, init_meta)) return "an initialiser";
    if (luaL_testudata(L, index, optimizer_meta)) return "an optimizer";
    if (luaL_testudata(L, index, model_meta)) return "a model";
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return "nothing";
    case LUA_TBOOLEAN:
        return "a boolean";
    case LUA_TNUMBER:
        return "a number";
    case LUA_TSTRING:
        return "a string";
    case LUA_TTABLE:
        return "a table";
    case LUA_TFUNCTION:
        return "a function";
    default:
        return luaL_typename(L, index);
    }
}

Node *check_node(lua_State *L, int index, const char *what) {
    Front *f = front_of(L);
    Node *node = to_node(L, index);
    if (node) return node;
    if (lua_type(L, index) == LUA_TNUMBER) return number_node(L, lua_tonumber(L, index));
    diag_error(f->diag, front_here(L), "%s: wants a node, got %s", what, value_words(L, index));
    return graph_error_node(f->graph, front_here(L));
}

bool check_name(lua_State *L, Loc loc, const char *what, const char *name) {
    size_t n = strlen(name);
    if (n >= 1 && n <= MAX_NAME &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n)
        return true;
    diag_error(front_of(L)->diag, loc,
               "%s must have 1 to %d letters, digits, `_` and `-`, got \"%.80s\"", what, MAX_NAME,
               name);
    return false;
}

static int operate(lua_State *L, const Op *op, int n_in) {
    Front *f = front_of(L);
    Node *in[2];
    for (int i = 0; i < n_in; i++) in[i] = check_node(L, i + 1, op->name);
    push_node(L, graph_add(f->graph, op, front_here(L), NULL, n_in, in, NULL));
    return 1;
}

static int node_add(lua_State *L) {
    return operate(L, &op_add, 2);
}
static int node_sub(lua_State *L) {
    return operate(L, &op_sub, 2);
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

static int node_index(lua_State *L) {
    Node *n = to_node(L, 1);
    const char *key = lua_tostring(L, 2);
    if (key && !strcmp(key, "shape")) {
        lua_newtable(L);
        for (int i = 0; n && n->type.kind != KIND_ERROR && i < n->type.shape.rank; i++) {
            lua_pushinteger(L, n->type.shape.dim[i]);
            lua_rawseti(L, -2, i + 1);
        }
        return 1;
    }
    return luaL_error(L, "a node has no `%s`; there is `shape`", key ? key : "?");
}

static int node_tostring(lua_State *L) {
    Front *f = front_of(L);
    Node *n = to_node(L, 1);
    if (!n) return luaL_error(L, "not a node");
    lua_pushfstring(L, "node %s %s", node_words(f->graph, n), shape_text(f->arena, n->type.shape));
    return 1;
}

void register_nodes(lua_State *L) {
    static const luaL_Reg methods[] = {{"__add", node_add},           {"__sub", node_sub},
                                       {"__mul", node_mul},           {"__div", node_div},
                                       {"__unm", node_unm},           {"__index", node_index},
                                       {"__tostring", node_tostring}, {NULL, NULL}};
    luaL_newmetatable(L, node_meta);
    luaL_setfuncs(L, methods, 0);
    lua_pushstring(L, "node");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
