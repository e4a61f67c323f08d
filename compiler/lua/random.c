/* Random values: nn.randn and nn.rand. Each call is one draw for each sample, which has a name. */
#include "front.h"

static const OptionSpec specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which it draws"}};
static const Op *const ops[] = {&op_randn, &op_rand};
static const char *const helps[] = {
    "normal numbers of mean 0 and deviation 1, drawn for each sample",
    "numbers from [0, 1), drawn for each sample"};
enum { RANDOM_WORDS = sizeof ops / sizeof *ops };

/* nn.randn(shape, { name = "z" }); the upvalue is the index of the op. */
static int draw(lua_State *L) {
    Front *f = front_of(L);
    const int index = (int)lua_tointeger(L, lua_upvalueindex(1));
    const Op *op = ops[index];
    const Options o = options_of_call(L, op->name);
    OptionValue v[1];
    Shape s;
    lua_settop(L, 2);
    if (value_is_poison(L, 1)) return value_push_poison(L);
    if (!table_read_shape(L, 1, 0, &s)) {
        diag_error(
            f->diag, o.call,
            "%s: is called as nn.%s(shape, { name = ... }), with the shape of one sample: up "
            "to %d whole sizes, such as {16} or {}%s%s",
            op->name, op->name, MAX_RANK, lua_istable(L, 1) ? "" : ", got ",
            lua_istable(L, 1) ? "" : value_words(L, 1));
        return value_push_poison(L);
    }
    if (!options_read(&o, 2, specs, 1, v)) return value_push_poison(L);
    const char *name = v[0].text;
    if (!name_layer(L, op->name, &f->random[index], &name, name ? options_loc(&o, "name") : o.call))
        return value_push_poison(L);
    const RandomAttrs attrs = {dropout_stream(name), shape_stated(s)};
    value_push_node(L, front_add_node(L, op, o.call, name, 0, NULL, ATTRS_AT(RandomAttrs, &attrs)));
    return 1;
}

void random_register(lua_State *L) {
    for (int i = 0; i < RANDOM_WORDS; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, draw, 1);
        word_set(L, &(Word){.name = ops[i]->name,
                            .arguments = "shape: integer[]",
                            .result = "nn.Node",
                            .help = helps[i],
                            .specs = specs,
                            .n_specs = 1});
    }
}
