/* `train`: one phase or a list of phases. */
#include <string.h>

#include "../../common/nearest.h"
#include "../graph/optimizer.h"
#include "front.h"

enum { MAX_PHASES = 64, MAX_BATCH = 65536, MAX_EPOCHS = 1000000000 };

enum {
    PHASE_EPOCHS,
    PHASE_BATCH,
    PHASE_LOSS,
    PHASE_OPTIMIZER,
    PHASE_FREEZE,
    PHASE_SHUFFLE,
    PHASE_KEEP,
    PHASE_MONITOR,
    PHASE_PATIENCE,
    PHASE_MIN_DELTA,
    PHASE_STEPS,
    PHASE_EVAL_EVERY,
    PHASE_EVAL_SAMPLES,
    PHASE_DROP_LAST
};
enum { N_PHASE_OPTIONS = PHASE_DROP_LAST + 1 };
static const char *const keep_words[] = {"last", "best", NULL};
static const OptionSpec phase_specs[] = {
    {"epochs", OPTION_INT, false, 1, MAX_EPOCHS, {1, 0}, NULL},
    {"batch", OPTION_INT, true, 1, MAX_BATCH, {1, 0}, NULL},
    {"loss", OPTION_ANY, false, 0, 0, {0}, NULL},
    {"optimizer", OPTION_ANY, false, 0, 0, {0}, NULL},
    {"freeze", OPTION_ANY, false, 0, 0, {0}, NULL},
    {"shuffle", OPTION_BOOL, false, 0, 1, {1, 0}, NULL},
    {"keep", OPTION_WORD, false, 0, 1, {0, 0}, keep_words},
    {"monitor", OPTION_ANY, false, 0, 0, {0}, NULL},
    {"patience", OPTION_INT, false, 1, MAX_EPOCHS, {0}, NULL},
    {"min_delta", OPTION_REAL, false, 0, 1e30, {0}, NULL},
    {"steps", OPTION_INT, false, 1, MAX_EPOCHS, {0}, NULL},
    {"eval_every", OPTION_INT, false, 1, MAX_EPOCHS, {0}, NULL},
    {"eval_samples", OPTION_INT, false, 1, MAX_EPOCHS, {0}, NULL},
    {"drop_last", OPTION_BOOL, false, 0, 1, {0}, NULL}};

static bool belongs(const Node *param, const char *layer) {
    size_t n = strlen(layer);
    return !strncmp(param->name, layer, n) && param->name[n] == '.';
}

static void unknown_layer(Front *f, Loc loc, const char *name, Node **params, int count) {
    const char **names = ARENA_ARRAY(f->arena, const char *, f->n_layers + 1);
    int n = 0;
    for (int i = 0; i < f->n_layers; i++) {
        bool has_params = false;
        for (int j = 0; j < count; j++) has_params = has_params || belongs(params[j], f->layers[i]);
        if (has_params) names[n++] = f->layers[i];
        /* A layer with a reported mistake has no parameters. */
        if (!has_params && diag_errors(f->diag) && !strcmp(f->layers[i], name)) return;
    }
    const char *near = nearest_name(name, names);
    if (near)
        diag_error(f->diag, loc,
                   "freeze: there is no layer \"%.64s\" with parameters; did you mean \"%s\"?",
                   name, near);
    else
        diag_error(f->diag, loc, "freeze: there is no layer \"%.64s\" with parameters", name);
}

/* The parameters of the layers named in the list on the stack. */
static void read_freeze(const Options *o, Phase *p, int index) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    Loc loc = options_loc(o, "freeze");
    if (!lua_istable(L, index)) {
        if (!value_is_poison(L, index))
            diag_error(f->diag, loc, "freeze: wants a list of layer names { \"conv1\" }, got %s",
                       value_words(L, index));
        return;
    }
    int count;
    Node **params = graph_nodes_of(f->graph, "param", &count);
    if (lua_rawlen(L, index) > 0 && !table_check_list(L, index, loc, "freeze")) return;
    bool *taken = ARENA_ARRAY(f->arena, bool, count + 1);
    p->frozen = ARENA_ARRAY(f->arena, Node *, count + 1);
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 1)) {
        front_check_mistakes(L);
        lua_rawgeti(L, index, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (!name) {
            diag_error(f->diag, loc, "freeze: wants names of layers, got %s", value_words(L, -1));
            continue;
        }
        bool found = false;
        for (int j = 0; j < count; j++) {
            if (!belongs(params[j], name)) continue;
            if (!taken[j]) p->frozen[p->n_frozen++] = params[j];
            taken[j] = found = true;
        }
        if (!found) unknown_layer(f, loc, name, params, count);
    }
    lua_pushnil(L);
    if (n == 0 && lua_next(L, index)) /* { conv1 = true } */
        diag_error(f->diag, loc, "freeze: wants a list of layer names { \"conv1\" }");
}

/* "nn.sgd, nn.adam, ..." */
static const char *optimizer_names(Arena *arena) {
    const char *text = "";
    for (int i = 0; all_optimizers[i]; i++)
        text = arena_printf(arena, "%s%snn.%s", text, i ? ", " : "", all_optimizers[i]->name);
    return text;
}

static void read_loss(const Options *o, Phase *p, int index) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    Loc loc = options_loc(o, "loss");
    if (!index) {
        diag_error(f->diag, p->loc,
                   "train: there is no loss; add `loss = nn.cross_entropy(...)` or another");
        p->loss = front_poison(L);
        return;
    }
    p->loc = loc;
    p->loss = value_of_batch(L, value_check_node(L, index, "loss"));
    const Type *t = &p->loss->type;
    if (t->kind == KIND_SCALAR || t->kind == KIND_ERROR) return;
    const bool values = t->kind == KIND_SAMPLE && !t->classes;
    diag_error(f->diag, loc,
               "train: loss wants one number for the batch, such as nn.cross_entropy(...), or one "
               "value per sample, whose mean is meant; got %s%s",
               values                     ? shape_text(f->arena, t->shape)
               : t->kind == KIND_SCHEDULE ? "a schedule"
               : t->kind == KIND_SPLIT    ? "a number of the whole split; nn.overall is for metrics"
                                          : "a class index per sample",
               values ? "; nn.mean(x) makes one value of it" : "");
}

/* How long the phase is, and when it is evaluated. */
static void read_length(const Options *o, Phase *p, const OptionValue *v) {
    Front *f = front_of(o->L);
    if (!v[PHASE_EPOCHS].given && !v[PHASE_STEPS].given)
        diag_error(f->diag, p->loc,
                   "train: option `epochs` is missing; a phase that counts steps has `steps`");
    if (v[PHASE_EPOCHS].given && v[PHASE_STEPS].given)
        diag_error(f->diag, options_loc(o, "steps"),
                   "train: a phase has `epochs` or `steps`, not both");
    p->steps = (int)v[PHASE_STEPS].number[0];
    p->epochs = p->steps ? 0 : (int)v[PHASE_EPOCHS].number[0];
    p->eval_every = (int)v[PHASE_EVAL_EVERY].number[0];
    p->eval_samples = (int)v[PHASE_EVAL_SAMPLES].number[0];
    p->drop_last = v[PHASE_DROP_LAST].number[0] != 0;
}

static void read_phase(const Options *o, int index, Phase *p) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    OptionValue v[N_PHASE_OPTIONS];
    p->loc = o->place.at ? (Loc){o->place.file, o->place.line} : o->call;
    options_read(o, index, phase_specs, N_PHASE_OPTIONS, v);
    read_length(o, p, v);
    p->batch = (int)v[PHASE_BATCH].number[0];
    p->shuffle = v[PHASE_SHUFFLE].number[0] != 0;
    p->keep_best = v[PHASE_KEEP].number[0] != 0;
    p->patience = (int)v[PHASE_PATIENCE].number[0];
    p->min_delta = v[PHASE_MIN_DELTA].number[0];
    p->monitor_loc = options_loc(o, "monitor");
    p->monitor = monitor_read(L, v[PHASE_MONITOR].stack, p->monitor_loc);
    int optimizer = v[PHASE_OPTIMIZER].stack;
    Loc loc = p->loc;
    read_loss(o, p, v[PHASE_LOSS].stack);
    if (optimizer && luaL_testudata(L, optimizer, value_optimizer_meta))
        p->optimizer = *(Optimizer *)lua_touserdata(L, optimizer);
    else if (!optimizer || !value_is_poison(L, optimizer))
        diag_error(f->diag, optimizer ? options_loc(o, "optimizer") : loc,
                   "train: optimizer wants nn.adam { lr = 1e-3 } or another: %s; got %s",
                   optimizer_names(f->arena), optimizer ? value_words(L, optimizer) : "nothing");
    if (v[PHASE_FREEZE].stack) read_freeze(o, p, v[PHASE_FREEZE].stack);
}

void phase_read_train(lua_State *L, const Options *model, int index) {
    Front *f = front_of(L);
    Graph *g = f->graph;
    Loc loc = options_loc(model, "train");
    if (!lua_istable(L, index)) {
        if (!value_is_poison(L, index))
            diag_error(f->diag, loc,
                       "model: train wants a phase { epochs, batch, loss, optimizer } or a list of "
                       "them, got %s",
                       value_words(L, index));
        return;
    }
    lua_Unsigned n = lua_rawlen(L, index);
    if (n > MAX_PHASES) {
        diag_error(f->diag, loc, "model: train has %d phases; at most %d are possible",
                   (int)(n < 1000000 ? n : 1000000), MAX_PHASES);
        return;
    }
    if (n && !table_check_list(L, index, loc, "train")) return;
    Place train =
        place_inside(place_of_key(place_of_call(f, model->call, model->what, "train"), "train"));
    g->n_phases = n ? (int)n : 1;
    g->phases = ARENA_ARRAY(f->arena, Phase, g->n_phases);
    for (int i = 0; i < g->n_phases; i++) {
        int top = lua_gettop(L);
        Options o = {L, "train", loc, n ? place_of_item(train, i) : train};
        if (n)
            lua_rawgeti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        read_phase(&o, lua_gettop(L), &g->phases[i]);
        lua_settop(L, top);
    }
}
