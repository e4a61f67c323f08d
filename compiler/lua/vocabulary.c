/* The table `nn`. Its functions of nodes and of schedules come from the table of ops. */
#include <math.h>
#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

enum { MAX_ARGUMENTS = 3 };

/* The op whose function runs: its index is the upvalue. */
static const Op *called_op(lua_State *L) {
    return all_ops[lua_tointeger(L, lua_upvalueindex(1))];
}

static int push_result(lua_State *L, const Op *op, int n_in, Node *const *in) {
    value_push_node(L, front_add_node(L, op, front_here(L), NULL, n_in, in, NULL));
    return 1;
}

/* nn.mse(x, t): as many arguments as the op has operands. */
static int of_operands(lua_State *L) {
    const Op *op = called_op(L);
    Node *in[MAX_ARGUMENTS] = {NULL};
    if (lua_gettop(L) != op->min_in) {
        diag_error(front_of(L)->diag, front_here(L), "%s: wants %d argument%s, got %d", op->name,
                   op->min_in, op->min_in == 1 ? "" : "s", lua_gettop(L));
        return value_push_poison(L);
    }
    for (int i = 0; i < op->min_in; i++) {
        /* Masks put an infinity where others calculate. */
        const double v =
            op == &op_where && lua_type(L, i + 1) == LUA_TNUMBER ? lua_tonumber(L, i + 1) : 0;
        in[i] = isinf(v) ? shared_number(L, v) : value_check_node(L, i + 1, op->name);
    }
    if (op_is(op, TRAIT_COMPARISON))
        broadcast_compared(L, front_here(L), in);
    else if (op->row)
        broadcast_operands(L, front_here(L), op->min_in, in);
    return push_result(L, op, op->min_in, in);
}

/* nn.min(x, y, ...), from the left. */
static int of_two_or_more(lua_State *L) {
    const Op *op = called_op(L);
    int n = lua_gettop(L);
    if (n < 2) {
        diag_error(front_of(L)->diag, front_here(L), "%s: wants two numbers or more, got %d",
                   op->name, n);
        return value_push_poison(L);
    }
    Node *value = value_check_node(L, 1, op->name);
    for (int i = 2; i <= n; i++) {
        Node *in[2] = {value, value_check_node(L, i, op->name)};
        value = front_add_node(L, op, front_here(L), NULL, 2, in, NULL);
    }
    value_push_node(L, value);
    return 1;
}

/* Pushes the word of an op that is a function. */
static void push_word(lua_State *L, int i) {
    const Op *op = all_ops[i];
    if (!op->max_in) {
        value_push_node(L, front_add_node(L, op, (Loc){"", 0}, NULL, 0, NULL, NULL));
        return;
    }
    if (op->max_in > MAX_ARGUMENTS) bug("%s has too many operands", op->name);
    lua_pushinteger(L, i);
    lua_pushcclosure(L, op->chains ? of_two_or_more : of_operands, 1);
}

/* Names the word on top of the stack, which takes schedules where the op has a value as a number.
 */
static void note_word(lua_State *L, const Op *op) {
    static const char *const arguments[] = {NULL, "x: nn.Value", "x: nn.Value, y: nn.Value",
                                            "mask: nn.Value, a: nn.Value, b: nn.Value"};
    static const char *const numbers[] = {
        NULL, "fun(x: nn.Number): nn.Schedule", "fun(x: nn.Number, y: nn.Number): nn.Schedule",
        "fun(mask: nn.Number, a: nn.Number, b: nn.Number): nn.Schedule"};
    Word word = {.name = op->name, .help = op->help, .arguments = arguments[op->max_in]};
    const bool schedule = op->number && !op->row;
    word.result = schedule ? "nn.Schedule" : "nn.Node";
    if (op->chains) word.arguments = "a: nn.Value, b: nn.Value, ...: nn.Value";
    if (op->number && op->row) word.also = numbers[op->max_in];
    word_set(L, &word);
}

/* Reports an unknown name and suggests a similar one. */
static int unknown_word(lua_State *L) {
    enum { MAX_WORDS = 512 };
    const char *names[MAX_WORDS] = {NULL}, *key = luaL_tolstring(L, 2, NULL);
    Front *f = front_of(L);
    int n = 0;
    table_push_keys(L, 1);
    for (; n < MAX_WORDS - 1 && lua_rawgeti(L, -1, n + 1) == LUA_TSTRING; lua_pop(L, 1))
        names[n++] = lua_tostring(L, -1); /* the table keeps it alive */
    const char *near = pytorch_word(key);
    for (int i = 0; i < n && !near; i++)
        if (pytorch_same_word(key, names[i])) near = names[i];
    const bool later = !near && pytorch_only_word(key);
    if (!near) near = nearest_name(key, names);
    if (later)
        diag_error(f->diag, front_here(L), "nngen has no nn.%s yet", key);
    else if (near)
        diag_error(f->diag, front_here(L), "nn has no `%.64s`; did you mean `%s`?", key, near);
    else
        diag_error(f->diag, front_here(L), "nn has no `%.64s`", key);
    return value_push_poison(L);
}

static int read_only(lua_State *L) {
    return luaL_error(L, "nn cannot be changed");
}

void vocabulary_push(lua_State *L) {
    node_register(L);
    lua_newtable(L);
    for (int i = 0; all_ops[i]; i++) {
        /* Functions of any number of nodes have options, too: axes.c. */
        if (!all_ops[i]->function || all_ops[i]->max_in < 0) continue;
        push_word(L, i);
        note_word(L, all_ops[i]);
    }
    functions_register(L);
    axes_register(L);
    rearrange_register(L);
    attention_register(L);
    random_register(L);
    losses_register(L);
    shared_register(L);
    fields_register(L);
    construct_register(L);
    init_register(L);
    optimizer_register(L);
    train_register(L);
    model_register(L);
    lua_newtable(L);
    lua_pushcfunction(L, unknown_word);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    /* The file sees an empty table that looks words up here, so that it cannot change them. */
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, read_only);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "nn");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}
