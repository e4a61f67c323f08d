/* nn.model: what an architecture file returns. */
#include <string.h>

#include "front.h"

/* Reports a value that cannot be a metric or a prediction; returns NULL. */
static Node *unfit(Front *f, Loc loc, bool metric, const char *name, const Type *t) {
    const bool values = t->kind == KIND_SAMPLE && !t->classes;
    const char *got = t->kind == KIND_SCHEDULE ? "a number"
                      : t->kind == KIND_SCALAR ? "a loss, one number for the batch"
                      : t->kind == KIND_SPLIT
                          ? "a number of the whole split; nn.overall is for metrics"
                      : t->classes ? "a class index per sample"
                                   : arena_printf(f->arena, "%s", shape_text(f->arena, t->shape));
    if (metric)
        diag_error(f->diag, loc,
                   "model: metric \"%s\" wants a loss, or one value per sample such as nn.equal of "
                   "two indices; got %s%s",
                   name, got, values ? "; nn.mean(x) makes one value of it" : "");
    else
        diag_error(f->diag, loc, "model: prediction \"%s\" wants values per sample, got %s", name,
                   got);
    return NULL;
}

/* The node that a metric or a prediction is; of a value per sample a metric is the mean. NULL,
 * reported, if it cannot be one. */
static Node *output_of(lua_State *L, Loc loc, bool metric, const char *name, Node *node) {
    Front *f = front_of(L);
    const Type *t = &node->type;
    if (metric && train_is_loss(f->graph, name)) {
        diag_error(f->diag, loc, "model: a metric cannot be called \"%s\": that is the %s's loss",
                   name, strcmp(name, "loss") ? "member" : "phase");
        return NULL;
    }
    if (t->kind == KIND_ERROR) return NULL;
    if (!metric && t->once) return front_add_node(L, &op_repeat, loc, NULL, 1, &node, NULL);
    if (!metric) return t->kind == KIND_SAMPLE ? node : unfit(f, loc, metric, name, t);
    if (t->kind == KIND_SCALAR || t->kind == KIND_SPLIT) return node;
    if (t->kind == KIND_SAMPLE && !t->classes && shape_count(t->shape) == 1)
        return front_add_node(L, &op_overall, loc, NULL, 1, &node, NULL);
    return unfit(f, loc, metric, name, t);
}

/* For each node the counter of training (epoch, step, ...) that it depends on, or NULL. */
static const Node **counters_of(const Graph *g, Arena *arena) {
    const Node **counter = ARENA_ARRAY(arena, const Node *, g->n_nodes + 1);
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        if (n->type.kind == KIND_SCHEDULE && !n->n_in && n->op != &op_number) counter[i] = n;
        for (int j = 0; j < n->n_in && !counter[i]; j++) counter[i] = counter[n->in[j]->id];
    }
    return counter;
}

/* Whether a prediction depends on no counter; reports if it does. */
static bool needs_no_training(Front *f, Loc loc, const char *name, const Node *counter) {
    if (counter)
        diag_error(f->diag, loc,
                   "model: prediction \"%s\" depends on nn.%s, which only a training has; put the "
                   "number that is meant in its place",
                   name, counter->op->name);
    return !counter;
}

/* `metrics` or `predict`: { name = node, ... }, sorted by name. */
static Named *read_named(const Options *model, int index, const char *what, int *count) {
    lua_State *L = model->L;
    Front *f = front_of(L);
    bool metric = !strcmp(what, "metrics");
    *count = 0;
    if (!index || value_is_poison(L, index)) return NULL;
    Loc loc = options_loc(model, what);
    if (!lua_istable(L, index) || !table_push_keys(L, index)) {
        diag_error(f->diag, loc, "model: %s wants a table { name = node }, got %s", what,
                   value_words(L, index));
        return NULL;
    }
    Options o = {
        L, what, loc,
        place_inside(place_of_key(place_of_call(f, model->call, model->what, what), what))};
    int keys = lua_gettop(L), n = (int)lua_rawlen(L, keys);
    Named *list = ARENA_ARRAY(f->arena, Named, n + 1);
    const Node **counter = counters_of(f->graph, f->arena);
    for (int i = 1; i <= n; i++, lua_settop(L, keys)) {
        front_check_mistakes(L);
        if (lua_rawgeti(L, keys, i) != LUA_TSTRING) {
            diag_error(f->diag, loc, "model: the entries of %s have names: { accuracy = node }",
                       what);
            continue;
        }
        Loc here = options_loc(&o, lua_tostring(L, -1));
        const char *name =
            name_at(L, -1, here, metric ? "a metric's name" : "a prediction's name", false);
        if (!name) continue;
        lua_rawget(L, index);
        Node *node = value_node(L, -1);
        if (!node)
            diag_error(f->diag, here, "model: %s \"%s\" wants a node, got %s%s",
                       metric ? "metric" : "prediction", name, value_words(L, -1),
                       lua_isboolean(L, -1) ? "; `==` compares Lua values, nn.equal nodes" : "");
        else if ((node = output_of(L, here, metric, name, node)) &&
                 (metric || needs_no_training(f, here, name, counter[node->id])))
            list[(*count)++] = (Named){.name = name, .node = node};
    }
    return list;
}

static void mark_root(void *context, Node **root) {
    bool *needed = context;
    needed[(*root)->id] = true;
}

/* Whether a loss, a metric or a prediction is computed of a field of the data. */
static bool reads_field(const Graph *g, Arena *arena) {
    bool *needed = ARENA_ARRAY(arena, bool, g->n_nodes + 1);
    graph_each_root((Graph *)(size_t)g, mark_root, needed);
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const Node *n = g->nodes[i];
        if (needed[i] && op_is(n->op, TRAIT_FIELD)) return true;
        for (int j = 0; needed[i] && j < n->n_in; j++) needed[n->in[j]->id] = true;
    }
    return false;
}

/* Reports phases that count samples of the data where the model reads none. */
static void check_samples(Front *f) {
    const Graph *g = f->graph;
    if (reads_field(g, f->arena)) return;
    for (int i = 0; i < g->n_phases; i++) {
        const Phase *p = &g->phases[i];
        if (p->member) continue;
        if (p->epochs)
            diag_error(f->diag, p->loc,
                       "train: the model reads no field of data, so there are no epochs; give "
                       "`steps` in place of `epochs`");
        if (!p->eval_samples)
            diag_error(f->diag, p->loc,
                       "train: the model reads no field of data: `eval_samples = 1000` says how "
                       "many samples are drawn for an evaluation");
    }
    if (g->data)
        diag_error(f->diag, f->model_loc, "model: reads no field of data \"%s\"; leave `data` out",
                   g->data);
}

/* The file's name without folder and ending. */
static const char *file_stem(Front *f) {
    const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
    const char *dot = strrchr(name, '.');
    return arena_printf(f->arena, "%.*s", dot ? (int)(dot - name) : (int)strlen(name), name);
}

enum { MODEL_NAME, MODEL_DATA, MODEL_TRAIN, MODEL_PREDICT, MODEL_METRICS };
enum { N_MODEL_OPTIONS = MODEL_METRICS + 1 };
static const OptionSpec model_specs[] = {
    {"name",
     OPTION_PLAIN_NAME,
     false,
     0,
     0,
     {0},
     NULL,
     "the model's name; that of the file if left out"},
    {"data", OPTION_PLAIN_NAME, false, 0, 0, {0}, NULL, "the data set, \"mnist\" for example"},
    {"train",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"nn.Phase", "nn.Turns", "(nn.Phase|nn.Turns)[]", NULL},
     "a phase of training, or a list of phases"},
    {"predict",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"table<string, nn.Node>", NULL},
     "the outputs by name: values per sample"},
    {"metrics",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"table<string, nn.Node>", NULL},
     "what is reported of a split, by name"}};

static int nn_model(lua_State *L) {
    Front *f = front_of(L);
    Graph *g = f->graph;
    OptionValue v[N_MODEL_OPTIONS];
    Options o = options_of_call(L, "model");
    lua_settop(L, 1);
    if (f->has_model) {
        diag_error(f->diag, o.call, "model: an architecture is one model, this is the second");
        diag_note(f->diag, f->model_loc, "the first one is here");
        return value_push_poison(L);
    }
    f->has_model = true;
    f->model_loc = o.call;
    if (!options_read(&o, 1, model_specs, N_MODEL_OPTIONS, v) && !lua_istable(L, 1))
        return value_push_poison(L);
    g->name = v[MODEL_NAME].text;
    if (!v[MODEL_NAME].given) {
        g->name = file_stem(f);
        name_check(L, o.call, "the model's name, here that of the file,", g->name);
    }
    g->data = v[MODEL_DATA].text;
    if (v[MODEL_TRAIN].stack)
        train_read(L, &o, v[MODEL_TRAIN].stack);
    else if (!f->predicts)
        diag_error(f->diag, o.call,
                   "model: train is missing: { epochs = ..., batch = ..., loss = ..., optimizer = "
                   "... }; with --inference nngen does without it");
    g->predictions = read_named(&o, v[MODEL_PREDICT].stack, "predict", &g->n_predictions);
    const int mistakes = diag_errors(f->diag);
    g->metrics = read_named(&o, v[MODEL_METRICS].stack, "metrics", &g->n_metrics);
    train_add_losses(g);
    /* A metric with a mistake would be missed as a column. */
    if (diag_errors(f->diag) == mistakes) monitor_check_all(f);
    if (diag_errors(f->diag) == 0) check_samples(f);
    if (g->data) data_check(f, options_loc(&o, "data"), g->data);
    data_finish(f);
    lua_newuserdatauv(L, 1, 0);
    luaL_setmetatable(L, value_model_meta);
    return 1;
}

void model_register(lua_State *L) {
    luaL_newmetatable(L, value_model_meta);
    lua_pushliteral(L, "model");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_pushcfunction(L, nn_model);
    word_set(L, &(Word){.name = "model",
                        .arguments = "",
                        .result = "nn.Model",
                        .help = "what an architecture returns: the network and its training",
                        .specs = model_specs,
                        .n_specs = N_MODEL_OPTIONS});
}
