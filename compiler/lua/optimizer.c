/* Optimizers as words of the language: their options come from their table entries. */
#include <math.h>

#include "../graph/optimizer.h"
#include "front.h"

static Node *learning_rate(const Options *o, const OptionValue *value) {
    lua_State *L = o->L;
    int index = value->stack;
    if (!index) return value_number(L, value->number[0]);
    Node *lr = value_node(L, index);
    Kind kind = lr ? lr->type.kind : KIND_SCHEDULE;
    if (lua_type(L, index) == LUA_TNUMBER && isfinite(lua_tonumber(L, index)))
        return value_number(L, lua_tonumber(L, index));
    if (lr && (kind == KIND_SCHEDULE || kind == KIND_ERROR)) return lr;
    diag_error(front_of(L)->diag, options_loc(o, "lr"),
               "%s: lr wants a number or a schedule (of nn.epoch, nn.epochs, nn.step, nn.steps), "
               "got %s",
               o->what, value_words(L, index));
    return front_poison(L);
}

static void check_optimizer(const Options *options, const Optimizer *o) {
    Front *f = front_of(options->L);
    Diag *diag = f->diag;
    const Node *lr = o->lr;
    if (lr->op == &op_number && lr->type.kind == KIND_SCHEDULE && lr->attr[NUMBER_VALUE] < 0)
        diag_error(diag, options_loc(options, "lr"), "%s: lr must not be negative, got %s",
                   options->what, value_number_words(f->arena, lr->attr[NUMBER_VALUE]));
    const char *option = NULL, *words = o->kind->mistake ? o->kind->mistake(o, &option) : NULL;
    if (words) diag_error(diag, options_loc(options, option), "%s: %s", options->what, words);
}

static int make_optimizer(lua_State *L) {
    Optimizer o = {.kind = all_optimizers[lua_tointeger(L, lua_upvalueindex(1))]};
    Options options = options_of_call(L, o.kind->name);
    OptionSpec specs[1 + MAX_OPTIMIZER_OPTIONS] = {
        {.name = "lr", .type = OPTION_ANY, .preset = {o.kind->lr}}};
    OptionValue values[1 + MAX_OPTIMIZER_OPTIONS];
    for (int i = 0; i < o.kind->n_options; i++) {
        const OptimizerOption *from = &o.kind->options[i];
        specs[i + 1] = (OptionSpec){.name = from->name,
                                    .type = from->flag ? OPTION_BOOL : OPTION_REAL,
                                    .low = from->low,
                                    .high = from->high,
                                    .preset = {from->preset}};
    }
    lua_settop(L, 1);
    options_read(&options, 1, specs, 1 + o.kind->n_options, values);
    for (int i = 0; i < o.kind->n_options; i++) o.option[i] = values[i + 1].number[0];
    o.lr = learning_rate(&options, &values[0]);
    check_optimizer(&options, &o);
    *(Optimizer *)lua_newuserdatauv(L, sizeof o, 0) = o;
    luaL_setmetatable(L, value_optimizer_meta);
    return 1;
}

void optimizer_register(lua_State *L) {
    luaL_newmetatable(L, value_optimizer_meta);
    lua_pushliteral(L, "optimizer");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    for (int i = 0; all_optimizers[i]; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, make_optimizer, 1);
        lua_setfield(L, -2, all_optimizers[i]->name);
    }
}
