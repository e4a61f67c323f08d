/* Values of an architecture file in C: nodes, the poison that stands for a mistake, and the words
 * in which messages speak of a value. */
#include <math.h>

#include "front.h"

const char value_node_meta[] = "nn.node", value_layer_meta[] = "nn.layer",
           value_init_meta[] = "nn.init", value_optimizer_meta[] = "nn.optimizer",
           value_model_meta[] = "nn.model", value_turns_meta[] = "nn.alternate";

void value_push_node(lua_State *L, Node *node) {
    *(Node **)lua_newuserdatauv(L, sizeof node, 0) = node;
    luaL_setmetatable(L, value_node_meta);
}

Node *value_node(lua_State *L, int index) {
    Node **box = luaL_testudata(L, index, value_node_meta);
    return box ? *box : NULL;
}

int value_push_poison(lua_State *L) {
    value_push_node(L, front_poison(L));
    return 1;
}

bool value_is_poison(lua_State *L, int index) {
    const Node *n = value_node(L, index);
    return n && n->type.kind == KIND_ERROR;
}

const char *value_number_words(Arena *arena, double value) {
    if (isfinite(value)) return arena_printf(arena, "%.10g", value);
    return isnan(value) ? "0/0" : value > 0 ? "1/0" : "-1/0";
}

const char *value_words(lua_State *L, int index) {
    Front *f = front_of(L);
    const Node *node = value_node(L, index);
    if (node && node->type.kind == KIND_SCHEDULE) return "a schedule";
    if (node && node->type.kind == KIND_SCALAR) return "a loss";
    if (node && node->type.kind == KIND_SPLIT) return "a number of the whole split";
    if (node && node->type.kind == KIND_SAMPLE && !node->type.classes)
        return arena_printf(f->arena, "a node of shape %s", shape_text(f->arena, node->type.shape));
    if (node) return "a node";
    if (luaL_testudata(L, index, value_layer_meta)) return "a layer";
    if (luaL_testudata(L, index, value_init_meta)) return "an initialiser";
    if (luaL_testudata(L, index, value_optimizer_meta)) return "an optimizer";
    if (luaL_testudata(L, index, value_model_meta)) return "a model";
    if (luaL_testudata(L, index, value_turns_meta)) return "nn.alternate";
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return "nothing";
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TNUMBER:
        return arena_printf(f->arena, "the number %s",
                            value_number_words(f->arena, lua_tonumber(L, index)));
    case LUA_TSTRING:
        return arena_printf(f->arena, "the string \"%.40s\"", lua_tostring(L, index));
    case LUA_TTABLE:
        return "a table";
    case LUA_TFUNCTION:
        return "a function";
    default:
        return "an error";
    }
}

const char *value_plain_words(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TNUMBER) return value_words(L, index);
    return value_number_words(front_of(L)->arena, lua_tonumber(L, index));
}

Node *value_number(lua_State *L, double value) {
    if (isfinite(value))
        return front_add_node(L, &op_number, front_here(L), NULL, 0, NULL,
                              ATTRS_WITH(NumberAttrs, value));
    Front *f = front_of(L);
    diag_error(f->diag, front_here(L), "a number must be finite, got %s",
               value_number_words(f->arena, value));
    return front_poison(L);
}

Node *value_check_node(lua_State *L, int index, const char *what) {
    Node *node = value_node(L, index);
    if (node) return node;
    if (lua_type(L, index) == LUA_TNUMBER) return value_number(L, lua_tonumber(L, index));
    diag_error(front_of(L)->diag, front_here(L), "%s: wants a node, got %s", what,
               value_words(L, index));
    return front_poison(L);
}

bool value_mistake(lua_State *L, const char *what, Node *x, const char *format, ...) {
    const Op named = {.name = what};
    const Node probe = {.op = &named, .loc = front_here(L), .n_in = 1, .in = &x};
    va_list args;
    va_start(args, format);
    const char *words = arena_vprintf(front_of(L)->arena, format, args);
    va_end(args);
    return op_error(front_of(L)->graph, &probe, 0, "%s", words);
}

Node *value_of_batch(lua_State *L, Node *x) {
    const Type *t = &x->type;
    if (t->kind != KIND_SAMPLE || t->classes || shape_count(t->shape) != 1) return x;
    return front_add_node(L, &op_batch_mean, front_here(L), NULL, 1, &x, NULL);
}
