/* Layers in Lua: their constructors, calls, and chains of them. */
#include <string.h>

#include "layer.h"

static Layer *to_layer(lua_State *L, int index) {
    return luaL_testudata(L, index, value_layer_meta);
}

static Layer *push_layer(lua_State *L, const LayerKind *kind, Loc loc) {
    Layer *layer = lua_newuserdatauv(L, sizeof *layer, 1);
    *layer = (Layer){.kind = kind, .loc = loc, .init = {.kind = -1}, .bias_init = {.kind = -1}};
    luaL_setmetatable(L, value_layer_meta);
    return layer;
}

static const OptionSpec init_specs[] = {
    {"weight", OPTION_INIT, false, 0, 0, {0}, NULL, "how the weight begins"},
    {"bias", OPTION_INIT, false, 0, 0, {0}, NULL, "how the bias begins"}};

/* `init`: an initialiser for the weight, or { weight = ..., bias = ... }. */
static bool read_init(const Options *o, Layer *layer, const OptionValue *value) {
    lua_State *L = o->L;
    if (!value->stack) return true;
    Init *one = init_at(L, value->stack), *target[2] = {&layer->init, &layer->bias_init};
    if (one) {
        layer->init = *one;
        return true;
    }
    OptionValue values[2];
    Options init = *o;
    init.what = "init";
    init.call = options_loc(o, "init");
    init.place =
        place_inside(place_of_key(place_of_call(front_of(L), o->call, o->what, "init"), "init"));
    bool ok = options_read(&init, value->stack, init_specs, 2, values);
    for (int i = 0; i < 2; i++) {
        if (!values[i].stack) continue;
        one = init_at(L, values[i].stack);
        if (one) *target[i] = *one;
        if (!one) {
            diag_error(front_of(L)->diag, options_loc(&init, init_specs[i].name),
                       "init: %s wants an initialiser such as nn.zeros, got %s", init_specs[i].name,
                       value_words(L, values[i].stack));
            ok = false;
        }
    }
    return ok;
}

/* The index of the option `tie`; 0: the kind has none. */
static int tie_option(const LayerKind *kind) {
    for (int i = 1; i < kind->n_specs; i++)
        if (!strcmp(kind->specs[i].name, "tie")) return i;
    return 0;
}

/* The options of the kind for the table at `index`. If that has `tie`, no other option is required,
 * as the size is that of the other layer. */
static const OptionSpec *specs_for(lua_State *L, const LayerKind *kind, int index) {
    if (!tie_option(kind) || !lua_istable(L, index)) return kind->specs;
    lua_pushliteral(L, "tie");
    const bool tied = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
    if (!tied) return kind->specs;
    OptionSpec *specs = ARENA_ARRAY(front_of(L)->arena, OptionSpec, kind->n_specs);
    memcpy(specs, kind->specs, sizeof *specs * (size_t)kind->n_specs);
    for (int i = 0; i < kind->n_specs; i++) specs[i].required = false;
    return specs;
}

/* `tie`: another layer, which lives as long as this one. */
static bool read_tie(const Options *o, Layer *layer, int index, const OptionValue *value) {
    lua_State *L = o->L;
    if (!value->stack || value_is_poison(L, value->stack)) return !value->stack;
    Layer *owner = to_layer(L, value->stack);
    if (!owner || !owner->loc.line) {
        diag_error(front_of(L)->diag, options_loc(o, "tie"),
                   "%s: tie wants a layer whose weight it is to have, too, got %s", o->what,
                   value_words(L, value->stack));
        return false;
    }
    layer->tied = owner;
    lua_pushvalue(L, value->stack);
    lua_setiuservalue(L, index, 1);
    return true;
}

/* What nn.defaults says in a file. */
typedef struct DefaultInit {
    const char *file;
    Init init;
} DefaultInit;

/* What weights of linear and convolution layers of the file begin with if these do not say it. */
static Init default_init(lua_State *L, const char *file) {
    const Front *f = front_of(L);
    for (int i = f->n_defaults - 1; i >= 0; i--)
        if (!strcmp(f->defaults[i].file, file)) return f->defaults[i].init;
    return (Init){.kind = -1};
}

static const OptionSpec defaults_specs[] = {
    {"init",
     OPTION_INIT,
     true,
     0,
     0,
     {0},
     NULL,
     "how weights of linear and convolution layers of this file begin"}};

/* nn.defaults { init = nn.kaiming_normal } */
static int defaults(lua_State *L) {
    Front *f = front_of(L);
    OptionValue v;
    lua_settop(L, 1);
    const Options o = options_of_call(L, "defaults");
    if (!options_read(&o, 1, defaults_specs, 1, &v)) return 0;
    const Init *init = init_at(L, v.stack);
    if (!init) {
        diag_error(f->diag, options_loc(&o, "init"),
                   "defaults: init wants an initialiser such as nn.kaiming_normal, got %s",
                   value_words(L, v.stack));
        return 0;
    }
    const DefaultInit one = {o.call.file, *init};
    ARENA_PUSH(f->arena, f->defaults, f->n_defaults, f->cap_defaults, one);
    return 0;
}

/* The layer of the kind with the options at `index` (none or nil: all defaults), on the stack. */
static Layer *construct(lua_State *L, const LayerKind *kind, int index) {
    Options o = options_of_call(L, kind->name);
    OptionValue values[MAX_LAYER_OPTIONS];
    bool ok = options_read(&o, index, specs_for(L, kind, index), kind->n_specs, values);
    Layer *layer = push_layer(L, kind, o.call);
    int top = lua_gettop(L);
    memcpy(layer->options, values, sizeof *values * (size_t)kind->n_specs);
    if (kind->named) {
        const Loc loc = values[0].text ? options_loc(&o, "name") : o.call;
        int *number = &front_of(L)->unnamed[kind - front_of(L)->layer_kinds];
        layer->name = values[0].text;
        ok = name_layer(L, kind->name, number, &layer->name, loc) && ok;
    }
    if (kind->init) ok = read_init(&o, layer, &values[kind->init]) && ok;
    if (op_is(kind->op, TRAIT_CONTRACTION) && layer->init.kind < 0)
        layer->init = default_init(L, layer->loc.file);
    const int tie = tie_option(kind);
    if (tie) ok = read_tie(&o, layer, top, &values[tie]) && ok;
    layer->poisoned = !ok;
    lua_settop(L, top);
    return layer;
}

static int apply(lua_State *L, Layer *layer, Node *x, Loc here) {
    Front *f = front_of(L);
    const Loc loc = layer->loc;
    int errors = diag_errors(f->diag);
    Node *y = layer->kind->apply(L, layer, x, loc);
    if (!layer->first_use.line) layer->first_use = here;
    layer->applications++;
    if (diag_errors(f->diag) > errors && (here.line != loc.line || here.file != loc.file))
        diag_note(f->diag, here, "applied here");
    value_push_node(L, y);
    return 1;
}

/* nn.conv2d { ... }, nn.relu(x): options give a layer, a node gives the value of a layer with all
 * defaults. */
static int word_call(lua_State *L, const LayerKind *kind) {
    Node *x = lua_gettop(L) == 2 ? value_node(L, 2) : NULL;
    const bool options = kind->n_specs && (lua_isnoneornil(L, 2) || lua_istable(L, 2));
    if (!x && !value_is_poison(L, 2) && (options || layer_needs_options(kind))) {
        lua_settop(L, 2);
        construct(L, kind, 2);
        return 1;
    }
    if (x && !layer_needs_options(kind)) return apply(L, construct(L, kind, 3), x, front_here(L));
    if (value_is_poison(L, 2)) return value_push_poison(L);
    const char *got = lua_gettop(L) > 2 ? "more" : value_words(L, 2), *name = kind->name;
    Diag *diag = front_of(L)->diag;
    if (x && kind->n_specs)
        diag_error(diag, front_here(L),
                   "%s: is called on options and gives a layer: nn.%s { %s = ... }(x)", name, name,
                   options_example(kind->specs, kind->n_specs));
    else if (kind->n_specs)
        diag_error(diag, front_here(L),
                   "%s: is called on one node or on options { %s = ... }, got %s", name,
                   options_example(kind->specs, kind->n_specs), got);
    else if (lua_isnoneornil(L, 2) || lua_istable(L, 2))
        diag_error(diag, front_here(L),
                   "%s: is called on one node, got %s; it has no options, so the layer is just "
                   "nn.%s",
                   name, got, name);
    else
        diag_error(diag, front_here(L), "%s: is called on one node, got %s", name, got);
    return value_push_poison(L);
}

static int layer_call(lua_State *L) {
    Layer *layer = to_layer(L, 1);
    if (!layer->loc.line) return word_call(L, layer->kind);
    if (value_is_poison(L, 2) || layer->poisoned) return value_push_poison(L);
    Node *x = lua_gettop(L) == 2 ? value_node(L, 2) : NULL;
    if (x) return apply(L, layer, x, front_here(L));
    diag_error(front_of(L)->diag, front_here(L), "%s: is called on one node, got %s",
               layer->kind->name, lua_gettop(L) > 2 ? "more" : value_words(L, 2));
    return value_push_poison(L);
}

/* The function that nn.sequential returns; the upvalue is the list. */
static int chain(lua_State *L) {
    lua_Integer n = (lua_Integer)lua_rawlen(L, lua_upvalueindex(1));
    if (lua_gettop(L) != 1 || !value_node(L, 1)) {
        diag_error(front_of(L)->diag, front_here(L), "sequential: is called on one node, got %s",
                   lua_gettop(L) > 1 ? "more" : value_words(L, 1));
        return value_push_poison(L);
    }
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, lua_upvalueindex(1), i);
        lua_insert(L, 1);
        lua_call(L, 1, 1);
        if (value_node(L, 1)) continue;
        diag_error(front_of(L)->diag, front_here(L), "sequential: element %d gave %s, not a node",
                   (int)i, value_words(L, 1));
        return value_push_poison(L);
    }
    return 1;
}

static int sequential(lua_State *L) {
    Front *f = front_of(L);
    front_count_call(L);
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) {
        if (!value_is_poison(L, 1))
            diag_error(f->diag, front_here(L),
                       "sequential: wants a table of layers and functions, got %s",
                       value_words(L, 1));
        return value_push_poison(L);
    }
    if (!table_check_list(L, 1, front_here(L), "sequential")) return value_push_poison(L);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1), kept = 0;
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        if (to_layer(L, -1) || lua_isfunction(L, -1) || value_is_poison(L, -1)) {
            lua_rawseti(L, 2, ++kept);
            continue;
        }
        front_check_mistakes(L);
        diag_error(f->diag, front_here(L),
                   "sequential: element %d is %s; layers and functions can be chained", (int)i,
                   value_words(L, -1));
        lua_pop(L, 1);
    }
    lua_pushcclosure(L, chain, 1);
    return 1;
}

static int layer_tostring(lua_State *L) {
    const Layer *layer = to_layer(L, 1);
    if (layer->name)
        lua_pushfstring(L, "layer %s \"%s\"", layer->kind->name, layer->name);
    else
        lua_pushfstring(L, "layer %s", layer->kind->name);
    return 1;
}

void construct_register(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__call", layer_call}, {"__tostring", layer_tostring}, {NULL, NULL}};
    luaL_newmetatable(L, value_layer_meta);
    luaL_setfuncs(L, methods, 0);
    lua_pushliteral(L, "layer");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "layer");
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
    Front *f = front_of(L);
    f->layer_kinds = layer_kinds(f->arena, &f->n_layer_kinds);
    f->unnamed = ARENA_ARRAY(f->arena, int, f->n_layer_kinds);
    for (int i = 0; i < f->n_layer_kinds; i++) {
        push_layer(L, &f->layer_kinds[i], (Loc){"", 0});
        const LayerKind *kind = &f->layer_kinds[i];
        const bool value = !layer_needs_options(kind);
        word_set(L, &(Word){.name = kind->name,
                            .arguments = value ? NULL : "",
                            .result = "nn.Layer",
                            .help = kind->help,
                            .specs = kind->specs,
                            .n_specs = kind->n_specs,
                            .also = value ? "fun(x: nn.Node): nn.Node" : NULL,
                            .value = value});
    }
    word_class(L, "nn.Inits", init_specs, 2, NULL);
    static const Word words[] = {{.name = "defaults",
                                  .function = defaults,
                                  .arguments = "",
                                  .result = "nil",
                                  .specs = defaults_specs,
                                  .n_specs = 1,
                                  .help = "the initialiser of layers made later in this file"},
                                 {.name = "sequential",
                                  .function = sequential,
                                  .arguments = "list: (nn.Layer|fun(x: nn.Node): nn.Node)[]",
                                  .result = "fun(x: nn.Node): nn.Node",
                                  .help = "a chain of layers and functions"},
                                 {0}};
    word_add(L, words);
}
