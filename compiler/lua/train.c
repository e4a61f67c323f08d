/* `train`: a phase or a list of phases, of which some are nn.alternate { ... }, whose members take
 * turns. */
#include <string.h>

#include "front.h"

enum { MAX_PHASES = 64 };

/* nn.alternate { ... } as a Lua value, whose user value is the table. It is read when the model is
 * made: patterns may name parameters that are made after it. */
typedef struct Turns {
    Loc loc;
} Turns;

static int make_turns(lua_State *L) {
    const Options o = options_of_call(L, "alternate");
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) {
        if (!value_is_poison(L, 1))
            diag_error(front_of(L)->diag, o.call,
                       "alternate: wants a table { epochs = ..., batch = ..., { steps = 1, loss = "
                       "..., optimizer = ..., train = ... }, ... }, got %s",
                       value_words(L, 1));
        return value_push_poison(L);
    }
    Turns *turns = lua_newuserdatauv(L, sizeof *turns, 1);
    turns->loc = o.call;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, value_turns_meta);
    return 1;
}

/* The phases so far. */
typedef struct Phases {
    Phase *list;
    int n, cap;
} Phases;

/* Pushes a table of the options of nn.alternate, without its members. */
static void push_outside(lua_State *L, Loc loc, int index) {
    Front *f = front_of(L);
    const lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    lua_newtable(L);
    const int to = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_settop(L, to + 1)) {
        const lua_Integer place = lua_isinteger(L, to + 1) ? lua_tointeger(L, to + 1) : 0;
        if (lua_type(L, to + 1) == LUA_TSTRING) {
            lua_pushvalue(L, to + 1);
            lua_pushvalue(L, to + 2);
            lua_rawset(L, to);
        } else if (place < 1 || place > n) {
            diag_error(f->diag, loc,
                       "alternate: wants options with names and members in a list; the key %s is "
                       "neither",
                       value_plain_words(L, to + 1));
        }
    }
}

/* The inside of the braces of nn.alternate, found by one of the options that stand there. */
static Place place_of_turns(Front *f, Loc call) {
    static const char *const keys[] = {"batch", "epochs", "steps"};
    Place place = {NULL, NULL, 0};
    for (int i = 0; i < 3 && !place.at; i++) place = place_of_call(f, call, "alternate", keys[i]);
    return place;
}

static void read_member(lua_State *L, const Turns *turns, Place item, int index, Phase *p) {
    Front *f = front_of(L);
    const Options o = {L, "alternate", turns->loc, item};
    if (lua_istable(L, index)) {
        phase_read_member(&o, index, p);
        return;
    }
    p->loss = front_poison(L);
    if (luaL_testudata(L, index, value_turns_meta))
        diag_error(f->diag, turns->loc,
                   "alternate: member %d is nn.alternate itself: members take "
                   "turns of `steps` each; make one list of them",
                   p->member + 1);
    else if (!value_is_poison(L, index))
        diag_error(f->diag, turns->loc,
                   "alternate: member %d wants a table { steps = 1, loss = ..., optimizer = ..., "
                   "train = ... }, got %s",
                   p->member + 1, value_words(L, index));
}

static void read_turns(lua_State *L, int index, const Turns *turns, Phases *phases) {
    Front *f = front_of(L);
    const int top = lua_gettop(L);
    lua_getiuservalue(L, index, 1);
    const int table = top + 1;
    const lua_Unsigned n = lua_rawlen(L, table);
    const Place inside = place_of_turns(f, turns->loc);
    const Options o = {L, "alternate", turns->loc, inside};
    Phase all = {.loc = turns->loc};
    push_outside(L, turns->loc, table);
    phase_read_outside(&o, table + 1, &all);
    lua_settop(L, table);
    if (n < 2 || n > MAX_MEMBERS) {
        diag_error(f->diag, turns->loc,
                   "alternate: wants 2 to %d members { steps = 1, loss = ..., optimizer = ..., "
                   "train = ... }, got %s",
                   MAX_MEMBERS,
                   n ? arena_printf(f->arena, "%d", (int)(n < 1000000 ? n : 1000000)) : "none");
        lua_settop(L, top);
        return;
    }
    all.members = (int)n;
    for (int i = 0; i < (int)n; i++) {
        Phase member = all;
        member.member = i;
        lua_rawgeti(L, table, i + 1);
        read_member(L, turns, place_of_item(inside, i), table + 1, &member);
        ARENA_PUSH(f->arena, phases->list, phases->n, phases->cap, member);
        lua_settop(L, table);
    }
    lua_settop(L, top);
}

/* A phase, or those of nn.alternate, at `index`. */
static void read_one(lua_State *L, Loc loc, Place place, int index, Phases *phases) {
    const Turns *turns = luaL_testudata(L, index, value_turns_meta);
    if (turns) {
        read_turns(L, index, turns, phases);
        return;
    }
    const Options o = {L, "train", loc, place};
    Phase phase = {.loc = loc};
    if (value_is_poison(L, index))
        phase.loss = front_poison(L);
    else
        phase_read(&o, index, &phase);
    ARENA_PUSH(front_of(L)->arena, phases->list, phases->n, phases->cap, phase);
}

void train_read(lua_State *L, const Options *model, int index) {
    Front *f = front_of(L);
    const Loc loc = options_loc(model, "train");
    const bool one = luaL_testudata(L, index, value_turns_meta);
    if (!one && !lua_istable(L, index)) {
        if (!value_is_poison(L, index))
            diag_error(f->diag, loc,
                       "model: train wants a phase { epochs, batch, loss, optimizer } or a list of "
                       "them, got %s",
                       value_words(L, index));
        return;
    }
    const lua_Unsigned n = one ? 0 : lua_rawlen(L, index);
    if (n > MAX_PHASES) {
        diag_error(f->diag, loc, "model: train has %d phases; at most %d are possible",
                   (int)(n < 1000000 ? n : 1000000), MAX_PHASES);
        return;
    }
    if (n && !table_check_list(L, index, loc, "train")) return;
    const Place train =
        place_inside(place_of_key(place_of_call(f, model->call, model->what, "train"), "train"));
    Phases phases = {NULL, 0, 0};
    for (int i = 0; i < (n ? (int)n : 1); i++) {
        const int top = lua_gettop(L);
        if (n)
            lua_rawgeti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        read_one(L, loc, n ? place_of_item(train, i) : train, top + 1, &phases);
        lua_settop(L, top);
    }
    if (phases.n > MAX_PHASES)
        diag_error(f->diag, loc,
                   "model: train has %d phases, members of nn.alternate included; at "
                   "most %d are possible",
                   phases.n, MAX_PHASES);
    f->graph->phases = phases.list;
    f->graph->n_phases = phases.n;
}

/* Members of the nn.alternate that has the most. */
static int most_members(const Graph *g) {
    int most = 0;
    for (int i = 0; i < g->n_phases; i++)
        if (g->phases[i].members > most) most = g->phases[i].members;
    return most;
}

static const char *loss_name(Arena *arena, int member) {
    return arena_printf(arena, "loss_%d", member);
}

bool train_is_loss(const Graph *g, const char *name) {
    bool is = !strcmp(name, "loss");
    for (int i = 1; i <= most_members(g) && !is; i++) is = !strcmp(name, loss_name(g->arena, i));
    return is;
}

/* The first member of this number, from 1. */
static Node *loss_of(const Graph *g, int member) {
    int i = 0;
    while (!g->phases[i].members || g->phases[i].member + 1 != member) i++;
    return g->phases[i].loss;
}

void train_add_losses(Graph *g) {
    const int most = most_members(g);
    Named *list = ARENA_ARRAY(g->arena, Named, g->n_metrics + most + 1);
    for (int i = 0; i < g->n_metrics; i++) list[i] = g->metrics[i];
    for (int i = 1; i <= most; i++) {
        const char *name = loss_name(g->arena, i);
        int at = g->n_metrics++;
        for (; at > 0 && strcmp(list[at - 1].name, name) > 0; at--) list[at] = list[at - 1];
        list[at] = (Named){.name = name, .node = loss_of(g, i), .member = i};
    }
    g->metrics = list;
}

void train_register(lua_State *L) {
    luaL_newmetatable(L, value_turns_meta);
    lua_pushliteral(L, "nn.alternate");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushcfunction(L, make_turns);
    word_set(L, &(Word){.name = "alternate",
                        .arguments = "phase: nn.Alternate",
                        .result = "nn.Turns",
                        .help = "a phase whose members take turns"});
    phase_register(L);
}
