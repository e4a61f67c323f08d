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
    if (lr->op == &op_number && lr->type.kind == KIND_SCHEDULE && ATTRS(lr, NumberAttrs)->value < 0)
        diag_error(diag, options_loc(options, "lr"), "%s: lr must not be negative, got %s",
                   options->what, value_number_words(f->arena, ATTRS(lr, NumberAttrs)->value));
    const char *option = NULL, *words = o->kind->mistake ? o->kind->mistake(o, &option) : NULL;
    if (words) diag_error(diag, options_loc(options, option), "%s: %s", options->what, words);
}

enum { MOST_SPECS = 2 + MAX_OPTIMIZER_OPTIONS };

/* The learning rate and the options of the kind, whose presets are the values of `from`. */
static int specs_of(const Optimizer *from, OptionSpec *specs) {
    static const char *const rates[] = {"number", "nn.Schedule", "nn.Node", NULL};
    const OptimizerKind *kind = from->kind;
    specs[0] = (OptionSpec){.name = "lr",
                            .type = OPTION_ANY,
                            .preset = {kind->lr},
                            .words = rates,
                            .help = "the learning rate: a number or a schedule"};
    for (int i = 0; i < kind->n_options; i++) {
        const OptimizerOption *option = &kind->options[i];
        specs[i + 1] = (OptionSpec){.name = option->name,
                                    .type = option->flag ? OPTION_BOOL : OPTION_REAL,
                                    .low = option->low,
                                    .high = option->high,
                                    .preset = {from->option[i]},
                                    .help = option->help};
    }
    return 1 + kind->n_options;
}

static const OptionSpec match_spec = {.name = "match",
                                      .type = OPTION_ANY,
                                      .required = true,
                                      .words = (const char *const[]){"string", "string[]", NULL},
                                      .help = "patterns of the parameters of the group"};
static const OptionSpec groups_spec = {
    .name = "groups", .type = OPTION_ANY, .help = "groups of parameters with options of their own"};

/* The optimizer that the values of those specs give. */
static Optimizer optimizer_of(const Options *options, const Optimizer *from,
                              const OptionValue *values) {
    Optimizer o = *from;
    for (int i = 0; i < o.kind->n_options; i++) o.option[i] = values[i + 1].number[0];
    if (!o.lr || values[0].given) o.lr = learning_rate(options, &values[0]);
    check_optimizer(options, &o);
    return o;
}

/* Reads item i (0 is the first) of the list `groups`, a table at `index` such as
 * { match = "*bias*", weight_decay = 0 }. */
static void read_group(const Options *all, Place groups, int index, int i, OptimizerValue *value) {
    const Options o = {all->L, "groups", all->call, place_of_item(groups, i)};
    OptionSpec specs[MOST_SPECS];
    OptionValue values[MOST_SPECS];
    const int n = specs_of(&value->rest, specs);
    specs[n] = match_spec;
    options_read(&o, index, specs, n + 1, values);
    if (!values[n].stack) return;
    const int to = value->n_groups++;
    value->groups[to] = optimizer_of(&o, &value->rest, values);
    value->members[to] =
        pattern_read(all->L, values[n].stack, options_loc(&o, "match"), "groups: match");
}

static void read_groups(const Options *o, int index, OptimizerValue *value) {
    enum { MOST_GROUPS = 64 };
    lua_State *L = o->L;
    Front *f = front_of(L);
    const Loc loc = options_loc(o, "groups");
    if (value_is_poison(L, index)) return;
    const lua_Unsigned n = lua_istable(L, index) ? lua_rawlen(L, index) : 0;
    if (n < 1 || n > MOST_GROUPS) {
        diag_error(f->diag, loc,
                   "%s: groups wants a list of 1 to %d groups { { match = \"*bias*\", lr = 1e-2 } "
                   "}, got %s",
                   o->what, MOST_GROUPS,
                   n ? arena_printf(f->arena, "%d", (int)(n < 1000000 ? n : 1000000))
                   : lua_istable(L, index) ? "none"
                                           : value_words(L, index));
        return;
    }
    if (!table_check_list(L, index, loc, "groups")) return;
    value->groups = ARENA_ARRAY(f->arena, Optimizer, n);
    value->members = ARENA_ARRAY(f->arena, Patterns, n);
    const Place table = place_of_call(f, o->call, o->what, "groups");
    const Place groups = place_inside(place_of_key(table, "groups"));
    for (int i = 0; i < (int)n; i++) {
        const int top = lua_gettop(L);
        front_count_call(L);
        lua_rawgeti(L, index, i + 1);
        read_group(o, groups, top + 1, i, value);
        lua_settop(L, top);
    }
}

static int make_optimizer(lua_State *L) {
    const Optimizer kind = optimizer_new(all_optimizers[lua_tointeger(L, lua_upvalueindex(1))]);
    OptimizerValue made = {0};
    Options options = options_of_call(L, kind.kind->name);
    OptionSpec specs[MOST_SPECS];
    OptionValue values[MOST_SPECS];
    const int n = specs_of(&kind, specs);
    specs[n] = groups_spec;
    lua_settop(L, 1);
    options_read(&options, 1, specs, n + 1, values);
    made.rest = optimizer_of(&options, &kind, values);
    if (values[n].stack) read_groups(&options, values[n].stack, &made);
    *(OptimizerValue *)lua_newuserdatauv(L, sizeof made, 0) = made;
    luaL_setmetatable(L, value_optimizer_meta);
    return 1;
}

static void set_word(lua_State *L, const OptimizerKind *kind) {
    Arena *arena = front_of(L)->arena;
    const Optimizer preset = optimizer_new(kind);
    OptionSpec *specs = ARENA_ARRAY(arena, OptionSpec, MOST_SPECS);
    OptionSpec *group = ARENA_ARRAY(arena, OptionSpec, MOST_SPECS);
    const char **types = ARENA_ARRAY(arena, const char *, 2);
    const char *name = arena_printf(arena, "nn.%s.group", kind->name);
    const int n = specs_of(&preset, specs);
    specs_of(&preset, group);
    for (int i = 0; i < n; i++)
        group[i].preset[0] = NAN; /* what a group leaves out is as outside */
    group[n] = match_spec;
    types[0] = arena_printf(arena, "%s[]", name);
    specs[n] = groups_spec;
    specs[n].words = types;
    word_class(L, name, group, n + 1, NULL);
    word_set(L, &(Word){.name = kind->name,
                        .arguments = "",
                        .result = "nn.Optimizer",
                        .help = kind->help,
                        .specs = specs,
                        .n_specs = n + 1});
}

void optimizer_register(lua_State *L) {
    luaL_newmetatable(L, value_optimizer_meta);
    lua_pushliteral(L, "optimizer");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    for (int i = 0; all_optimizers[i]; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, make_optimizer, 1);
        set_word(L, all_optimizers[i]);
    }
}
