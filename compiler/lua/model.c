/* nn.model, its phases and optimizers. */
#include <math.h>
#include <string.h>

#include "front.h"

typedef struct Spec {
    OptimizerKind kind;
    const char *name;
    OptionSpec options[8];
    int n;
} Spec;

#define LR(v)                                                                                      \
    {                                                                                              \
        "lr", OPTION_ANY, false, 0, 0, {                                                           \
            v, 0                                                                                   \
        }                                                                                          \
    }
#define REAL(name, low, high, v)                                                                   \
    {                                                                                              \
        name, OPTION_REAL, false, low, high, {                                                     \
            v, 0                                                                                   \
        }                                                                                          \
    }
#define FLAG(name)                                                                                 \
    {                                                                                              \
        name, OPTION_BOOL, false, 0, 1, {                                                          \
            0, 0                                                                                   \
        }                                                                                          \
    }
static const Spec specs[] = {
    {OPTIMIZER_SGD,
     "sgd",
     {LR(1e-3), REAL("momentum", 0, 1, 0), REAL("dampening", 0, 1, 0),
      REAL("weight_decay", 0, 1e6, 0), FLAG("nesterov")},
     5},
    {OPTIMIZER_ADAM,
     "adam",
     {LR(1e-3), REAL("beta1", 0, 1, 0.9), REAL("beta2", 0, 1, 0.999), REAL("eps", 0, 1, 1e-8),
      REAL("weight_decay", 0, 1e6, 0)},
     5},
    {OPTIMIZER_ADAMW,
     "adamw",
     {LR(1e-3), REAL("beta1", 0, 1, 0.9), REAL("beta2", 0, 1, 0.999), REAL("eps", 0, 1, 1e-8),
      REAL("weight_decay", 0, 1e6, 0.01)},
     5},
    {OPTIMIZER_RMSPROP,
     "rmsprop",
     {LR(1e-2), REAL("alpha", 0, 1, 0.99), REAL("eps", 0, 1, 1e-8), REAL("weight_decay", 0, 1e6, 0),
      REAL("momentum", 0, 1, 0), FLAG("centered")},
     6}};

static double option(const Spec *spec, const OptionValue *values, const char *name) {
    for (int i = 0; i < spec->n; i++)
        if (!strcmp(spec->options[i].name, name)) return values[i].number[0];
    return 0;
}

static int make_optimizer(lua_State *L) {
    Front *f = front_of(L);
    const Spec *spec = &specs[lua_tointeger(L, lua_upvalueindex(1))];
    OptionValue v[8];
    lua_settop(L, 1);
    read_options(L, 1, spec->name, spec->options, spec->n, v);
    Optimizer o = {.kind = spec->kind,
                   .momentum = option(spec, v, "momentum"),
                   .dampening = option(spec, v, "dampening"),
                   .weight_decay = option(spec, v, "weight_decay"),
                   .nesterov = option(spec, v, "nesterov") != 0,
                   .centered = option(spec, v, "centered") != 0,
                   .beta1 = option(spec, v, "beta1"),
                   .beta2 = option(spec, v, "beta2"),
                   .eps = option(spec, v, "eps"),
                   .alpha = option(spec, v, "alpha")};
    o.lr = v[0].stack ? check_node(L, v[0].stack, "lr") : number_node(L, v[0].number[0]);
    if (o.lr->type.kind != KIND_SCHEDULE && o.lr->type.kind != KIND_ERROR) {
        diag_error(f->diag, front_here(L),
                   "%s: lr wants a number or a schedule (epoch, epochs, step, steps)", spec->name);
        o.lr = number_node(L, 1e-3);
    }
    if (o.nesterov && (o.momentum == 0 || o.dampening != 0))
        diag_error(f->diag, front_here(L), "%s: nesterov needs a momentum and no dampening",
                   spec->name);
    *(Optimizer *)lua_newuserdatauv(L, sizeof o, 0) = o;
    luaL_setmetatable(L, optimizer_meta);
    return 1;
}

enum { PHASE_EPOCHS, PHASE_BATCH, PHASE_LOSS, PHASE_OPTIMIZER, PHASE_FREEZE, PHASE_SHUFFLE };
static const OptionSpec phase_specs[] = {
    {"epochs", OPTION_INT, true, 1, 1e9, {1, 0}}, {"batch", OPTION_INT, true, 1, 65536, {1, 0}},
    {"loss", OPTION_ANY, false, 0, 0, {0}},       {"optimizer", OPTION_ANY, false, 0, 0, {0}},
    {"freeze", OPTION_ANY, false, 0, 0, {0}},     {"shuffle", OPTION_BOOL, false, 0, 1, {1, 0}}};

/* The parameters of the layers named in the list on the stack. */
static void read_freeze(lua_State *L, Phase *p, int index) {
    Front *f = front_of(L);
    if (!lua_istable(L, index)) {
        diag_error(f->diag, p->loc, "freeze: wants a list of layer names, got %s",
                   value_words(L, index));
        return;
    }
    lua_Integer n = (lua_Integer)lua_rawlen(L, index);
    int count;
    Node **params = graph_nodes_of(f->graph, "param", &count);
    p->frozen = ARENA_ARRAY(f->arena, Node *, count + 1);
    bool *taken = ARENA_ARRAY(f->arena, bool, count + 1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, index, i);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (!name) {
            diag_error(f->diag, p->loc, "freeze: wants names of layers, got %s",
                       value_words(L, -1));
            lua_pop(L, 1);
            continue;
        }
        bool found = false;
        for (int j = 0; j < count; j++) {
            size_t length = strlen(name);
            if (strncmp(params[j]->name, name, length) != 0 || params[j]->name[length] != '.')
                continue;
            if (!taken[j]) p->frozen[p->n_frozen++] = params[j];
            taken[j] = found = true;
        }
        if (!found) {
            const char **names = ARENA_ARRAY(f->arena, const char *, f->n_layers + 1);
            for (int j = 0; j < f->n_layers; j++) names[j] = f->layers[j].name;
            const char *near = nearest_name(name, names);
            diag_error(
                f->diag, p->loc,
                near ? "freeze: there is no layer \"%.64s\" with parameters; did you mean \"%s\"?"
                     : "freeze: there is no layer \"%.64s\" with parameters",
                name, near);
        }
        lua_pop(L, 1);
    }
}

static void read_phase(lua_State *L, int index, Phase *p) {
    Front *f = front_of(L);
    OptionValue v[6];
    p->loc = front_here(L);
    read_options(L, index, "train", phase_specs, 6, v);
    p->epochs = (int)v[PHASE_EPOCHS].number[0];
    p->batch = (int)v[PHASE_BATCH].number[0];
    p->shuffle = v[PHASE_SHUFFLE].number[0] != 0;
    if (!v[PHASE_LOSS].stack) {
        diag_error(f->diag, p->loc,
                   "train: there is no loss; add `loss = nn.cross_entropy(...)` or another");
        p->loss = graph_error_node(f->graph, p->loc);
    } else {
        p->loss = check_node(L, v[PHASE_LOSS].stack, "loss");
        if (p->loss->type.kind != KIND_SCALAR && p->loss->type.kind != KIND_ERROR)
            diag_error(f->diag, p->loc,
                       "train: loss wants one number for the batch, made of nn.cross_entropy, "
                       "nn.mse or nn.bce_with_logits; got %s",
                       p->loss->type.kind == KIND_SCHEDULE ? "a schedule"
                       : p->loss->type.classes             ? "a class index per sample"
                                                           : "values per sample");
    }
    Optimizer *o = v[PHASE_OPTIMIZER].stack
                       ? luaL_testudata(L, v[PHASE_OPTIMIZER].stack, optimizer_meta)
                       : NULL;
    if (o)
        p->optimizer = *o;
    else
        diag_error(f->diag, p->loc,
                   "train: optimizer wants nn.adam { ... }, nn.sgd, nn.adamw or nn.rmsprop, got %s",
                   v[PHASE_OPTIMIZER].stack ? value_words(L, v[PHASE_OPTIMIZER].stack) : "nothing");
    if (v[PHASE_FREEZE].stack) read_freeze(L, p, v[PHASE_FREEZE].stack);
}

static void read_train(lua_State *L, int index) {
    Front *f = front_of(L);
    Graph *g = f->graph;
    if (!lua_istable(L, index)) {
        diag_error(f->diag, front_here(L),
                   "model: train wants a phase { epochs, batch, loss, optimizer } or a list of "
                   "them, got %s",
                   value_words(L, index));
        return;
    }
    int n = (int)lua_rawlen(L, index);
    if (n > 64) {
        diag_error(f->diag, front_here(L), "model: train has %d phases; at most 64 are possible",
                   n);
        return;
    }
    g->n_phases = n ? n : 1;
    g->phases = ARENA_ARRAY(f->arena, Phase, g->n_phases);
    for (int i = 0; i < g->n_phases; i++) {
        int top = lua_gettop(L);
        if (n)
            lua_rawgeti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        read_phase(L, lua_gettop(L), &g->phases[i]);
        lua_settop(L, top);
    }
}

/* { name = node, ... }, sorted by name. */
static Named *read_named(lua_State *L, int index, const char *what, bool metric, int *count) {
    Front *f = front_of(L);
    *count = 0;
    if (!index) return NULL;
    if (!lua_istable(L, index) || !push_sorted_keys(L, index)) {
        diag_error(f->diag, front_here(L), "model: %s wants a table { name = node }, got %s", what,
                   value_words(L, index));
        return NULL;
    }
    int keys = lua_gettop(L), n = (int)lua_rawlen(L, keys);
    Named *list = ARENA_ARRAY(f->arena, Named, n + 1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, keys, i);
        if (lua_type(L, -1) != LUA_TSTRING) {
            diag_error(f->diag, front_here(L),
                       "model: the entries of %s have names: { accuracy = node }", what);
            lua_pop(L, 1);
            continue;
        }
        const char *name = arena_strdup(f->arena, lua_tostring(L, -1));
        lua_rawget(L, index);
        Node *node = check_node(L, -1, what);
        lua_pop(L, 1);
        bool ok = check_name(L, front_here(L), "a name", name);
        if (metric && !strcmp(name, "loss")) {
            diag_error(f->diag, front_here(L),
                       "model: a metric cannot be called \"loss\": that is the phase's loss");
            ok = false;
        }
        const Type *t = &node->type;
        if (t->kind == KIND_ERROR) continue;
        if (metric && t->kind != KIND_SCALAR &&
            !(t->kind == KIND_SAMPLE && t->shape.rank == 0 && !t->classes)) {
            diag_error(f->diag, front_here(L),
                       "model: metric \"%s\" wants one value per sample (such as nn.equal of two "
                       "indices) or a loss",
                       name);
            ok = false;
        }
        if (!metric && t->kind != KIND_SAMPLE) {
            diag_error(f->diag, front_here(L), "model: prediction \"%s\" wants values per sample",
                       name);
            ok = false;
        }
        if (ok) list[(*count)++] = (Named){name, node};
    }
    return list;
}

static const struct {
    const char *data, *field;
    int rank, dim[3], classes;
} known_fields[] = {
    {"mnist-pairs", "left", 3, {1, 14, 14}, 0}, {"mnist-pairs", "right", 3, {1, 14, 14}, 0},
    {"mnist-pairs", "pair", 3, {2, 14, 14}, 0}, {"mnist-pairs", "left_digit", 0, {0}, 10},
    {"mnist-pairs", "right_digit", 0, {0}, 10}, {"mnist-pairs", "comparison", 0, {0}, 2},
    {"mnist", "image", 3, {1, 28, 28}, 0},      {"mnist", "digit", 0, {0}, 10}};
enum { N_KNOWN = sizeof known_fields / sizeof *known_fields };

/* A field must be what the data set of that name has. */
static void check_field(Front *f, const char *data, const Node *n) {
    const char *names[N_KNOWN + 1] = {NULL};
    int count = 0;
    for (int i = 0; i < N_KNOWN; i++) {
        if (strcmp(known_fields[i].data, data) != 0) continue;
        names[count++] = known_fields[i].field;
        if (strcmp(known_fields[i].field, n->name) != 0) continue;
        Shape s = {known_fields[i].rank,
                   {known_fields[i].dim[0], known_fields[i].dim[1], known_fields[i].dim[2], 0}};
        if (known_fields[i].classes != n->type.classes || !shape_equal(s, n->type.shape))
            diag_error(
                f->diag, n->loc, "field \"%s\" of data \"%s\" is %s, not %s", n->name, data,
                known_fields[i].classes
                    ? arena_printf(f->arena, "a label of %d classes", known_fields[i].classes)
                    : arena_printf(f->arena, "an input of shape %s", shape_text(f->arena, s)),
                n->type.classes ? arena_printf(f->arena, "a label of %d classes", n->type.classes)
                                : shape_text(f->arena, n->type.shape));
        return;
    }
    const char *near = nearest_name(n->name, names), *list = "";
    for (int i = 0; i < count; i++)
        list = arena_printf(f->arena, "%s%s%s", list, i ? ", " : "", names[i]);
    if (near)
        diag_error(f->diag, n->loc, "data \"%s\" has no field \"%s\"; did you mean \"%s\"?", data,
                   n->name, near);
    else
        diag_error(f->diag, n->loc, "data \"%s\" has no field \"%s\"; it has %s", data, n->name,
                   list);
}

static void check_data(lua_State *L, const char *data) {
    static const char *const sets[] = {"mnist-pairs", "mnist", NULL};
    Front *f = front_of(L);
    if (strcmp(data, sets[0]) != 0 && strcmp(data, sets[1]) != 0) {
        const char *near = nearest_name(data, sets);
        diag_error(f->diag, front_here(L),
                   near ? "model: unknown data \"%.64s\"; did you mean \"%s\"?"
                        : "model: unknown data \"%.64s\"; there are \"mnist-pairs\" and \"mnist\", "
                          "and none for any file that has the fields",
                   data, near);
        return;
    }
    for (int i = 0; i < f->graph->n_nodes; i++) {
        const Node *n = f->graph->nodes[i];
        if (n->type.kind != KIND_ERROR &&
            (n->op == &op_input || n->op == &op_label || n->op == &op_target))
            check_field(f, data, n);
    }
}

enum { MODEL_NAME, MODEL_DATA, MODEL_TRAIN, MODEL_PREDICT, MODEL_METRICS };
static const OptionSpec model_specs[] = {{"name", OPTION_NAME, true, 0, 0, {0}},
                                         {"data", OPTION_NAME, false, 0, 0, {0}},
                                         {"train", OPTION_ANY, false, 0, 0, {0}},
                                         {"predict", OPTION_ANY, false, 0, 0, {0}},
                                         {"metrics", OPTION_ANY, false, 0, 0, {0}}};

static int nn_model(lua_State *L) {
    Front *f = front_of(L);
    Graph *g = f->graph;
    OptionValue v[5];
    lua_settop(L, 1);
    if (f->has_model)
        return luaL_error(L, "model: there is one model in a file, this is the second");
    f->has_model = true;
    read_options(L, 1, "model", model_specs, 5, v);
    g->name = v[MODEL_NAME].text ? v[MODEL_NAME].text : "model";
    g->data = v[MODEL_DATA].text;
    if (v[MODEL_TRAIN].stack)
        read_train(L, v[MODEL_TRAIN].stack);
    else
        diag_error(
            f->diag, front_here(L),
            "model: train is missing: { epochs = ..., batch = ..., loss = ..., optimizer = ... }");
    g->predictions = read_named(L, v[MODEL_PREDICT].stack, "predict", false, &g->n_predictions);
    g->metrics = read_named(L, v[MODEL_METRICS].stack, "metrics", true, &g->n_metrics);
    if (g->data) check_data(L, g->data);
    lua_newuserdatauv(L, 1, 0);
    luaL_setmetatable(L, model_meta);
    return 1;
}

void register_model(lua_State *L) {
    static const char *const metas[] = {optimizer_meta, model_meta};
    for (int i = 0; i < 2; i++) {
        luaL_newmetatable(L, metas[i]);
        lua_pushstring(L, metas[i]);
        lua_setfield(L, -2, "__metatable");
        lua_pop(L, 1);
    }
    for (int i = 0; i < 4; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, make_optimizer, 1);
        lua_setfield(L, -2, specs[i].name);
    }
    lua_pushcfunction(L, nn_model);
    lua_setfield(L, -2, "model");
}
