/* One phase of `train`, and the parts of one whose members take turns. */
#include <string.h>

#include "../../common/nearest.h"
#include "../graph/optimizer.h"
#include "front.h"

enum { MAX_BATCH = 65536, MAX_EPOCHS = 1000000000 };

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
    PHASE_DROP_LAST,
    PHASE_TRAIN,
    PHASE_CLIP_NORM,
    PHASE_CLIP_VALUE,
    PHASE_ACCUMULATE,
    PHASE_EMA,
    N_PHASE_OPTIONS
};
static const char *const keep_words[] = {"last", "best", NULL};
static const OptionSpec phase_specs[] = {
    {"epochs",
     OPTION_INT,
     false,
     1,
     MAX_EPOCHS,
     {0},
     NULL,
     "length of the phase in passes over the data"},
    {"batch", OPTION_INT, true, 1, MAX_BATCH, {1, 0}, NULL, "samples of a step"},
    {"loss",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"nn.Node", NULL},
     "one number for the batch, or one value per sample, whose mean is meant"},
    {"optimizer",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"nn.Optimizer", NULL},
     "how parameters are updated; starts afresh in each phase"},
    {"freeze",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"string", "string[]", NULL},
     "patterns of parameters or layers that keep their weights"},
    {"shuffle",
     OPTION_BOOL,
     false,
     0,
     1,
     {1, 0},
     NULL,
     "whether every epoch has an order of its own"},
    {"keep",
     OPTION_WORD,
     false,
     0,
     1,
     {0, 0},
     keep_words,
     "which weights are saved: the last, or those of the best evaluation"},
    {"monitor",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"string", NULL},
     "the column of the log that evaluations are judged by, \"val_loss\" if left out; a minus "
     "reverses it"},
    {"patience",
     OPTION_INT,
     false,
     1,
     MAX_EPOCHS,
     {0},
     NULL,
     "so many evaluations without a gain end the phase"},
    {"min_delta", OPTION_REAL, false, 0, 1e30, {0}, NULL, "a gain is more than that"},
    {"steps",
     OPTION_INT,
     false,
     1,
     MAX_EPOCHS,
     {0},
     NULL,
     "length of the phase, or of a member's turn, in updates"},
    {"eval_every",
     OPTION_INT,
     false,
     1,
     MAX_EPOCHS,
     {0},
     NULL,
     "epochs between evaluations, or steps where the phase has steps"},
    {"eval_samples",
     OPTION_INT,
     false,
     1,
     MAX_EPOCHS,
     {0},
     NULL,
     "so many samples of each split at most in evaluations during training; all if left out"},
    {"drop_last",
     OPTION_BOOL,
     false,
     0,
     1,
     {0},
     NULL,
     "whether the smaller batch at the end of an epoch is left out"},
    {"train",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"string", "string[]", NULL},
     "patterns of the parameters that are trained, in place of freeze"},
    {"clip_grad_norm",
     OPTION_REAL,
     false,
     1e-30,
     1e30,
     {0},
     NULL,
     "the largest norm of the gradient"},
    {"clip_grad_value",
     OPTION_REAL,
     false,
     1e-30,
     1e30,
     {0},
     NULL,
     "the largest magnitude of an element of the gradient"},
    {"accumulate", OPTION_INT, false, 1, MAX_BATCH, {1, 0}, NULL, "batches of a step"},
    {"ema",
     OPTION_REAL,
     false,
     1e-9,
     1 - 1e-9,
     {0},
     NULL,
     "share that the moving averages of the weights keep in a step"}};

/* Whether the members of nn.alternate have the option, each its own; all others stand outside. */
static bool is_of_members(int option) {
    return option == PHASE_LOSS || option == PHASE_OPTIMIZER || option == PHASE_FREEZE ||
           option == PHASE_TRAIN || option == PHASE_CLIP_NORM || option == PHASE_CLIP_VALUE;
}

/* Lists what keeps its values: parameters and states that `freeze` names, or that `train` leaves
 * out. */
static void read_frozen(const Options *o, Phase *p, const OptionValue *v) {
    Front *f = front_of(o->L);
    const bool alone = v[PHASE_TRAIN].given;
    if (alone && v[PHASE_FREEZE].given)
        diag_error(f->diag, options_loc(o, "freeze"),
                   "train: a phase has `freeze` or `train`, not both");
    const char *what = alone ? "train" : "freeze";
    const int stack = v[alone ? PHASE_TRAIN : PHASE_FREEZE].stack;
    if (!stack) return;
    const Patterns patterns = pattern_read(o->L, stack, options_loc(o, what), what);
    int n;
    Node **params = graph_tensors(f->graph, &n);
    const bool *named = pattern_match(f, &patterns, params, n);
    p->frozen = ARENA_ARRAY(f->arena, Node *, n + 1);
    for (int i = 0; i < n; i++)
        if (named[i] != alone) p->frozen[p->n_frozen++] = params[i];
}

/* Lists the trained parameters that belong to a group: to the first one that names them. */
static void read_groups(Front *f, Phase *p, const OptimizerValue *value) {
    int n;
    Node **params = graph_nodes_of(f->graph, "param", &n);
    p->groups = value->groups;
    p->n_groups = value->n_groups;
    int *group = ARENA_ARRAY(f->arena, int, n + 1);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < p->n_frozen; j++)
            if (p->frozen[j] == params[i]) group[i] = -1;
    for (int g = 0; g < p->n_groups; g++) {
        const bool *named = pattern_match(f, &value->members[g], params, n);
        for (int i = 0; i < n; i++)
            if (named[i] && group[i] == 0) group[i] = g + 1;
    }
    p->trained = ARENA_ARRAY(f->arena, Trained, n + 1);
    for (int i = 0; i < n; i++)
        if (group[i] > 0) p->trained[p->n_trained++] = (Trained){params[i], NULL, group[i]};
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
                   "%s: there is no loss; add `loss = nn.cross_entropy(...)` or another", o->what);
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
                   "%s: option `epochs` is missing; a phase that counts steps has `steps`",
                   o->what);
    if (v[PHASE_EPOCHS].given && v[PHASE_STEPS].given)
        diag_error(f->diag, options_loc(o, "steps"),
                   "%s: a phase has `epochs` or `steps`, not both", o->what);
    p->steps = (int)v[PHASE_STEPS].number[0];
    p->epochs = p->steps ? 0 : (int)v[PHASE_EPOCHS].number[0];
    p->eval_every = (int)v[PHASE_EVAL_EVERY].number[0];
    p->eval_samples = (int)v[PHASE_EVAL_SAMPLES].number[0];
    p->drop_last = v[PHASE_DROP_LAST].number[0] != 0;
    p->batch = (int)v[PHASE_BATCH].number[0];
    if (v[PHASE_ACCUMULATE].number[0] > 1) p->accumulate = (int)v[PHASE_ACCUMULATE].number[0];
    p->ema = v[PHASE_EMA].number[0];
    p->shuffle = v[PHASE_SHUFFLE].number[0] != 0;
    p->keep_best = v[PHASE_KEEP].number[0] != 0;
    p->patience = (int)v[PHASE_PATIENCE].number[0];
    p->min_delta = v[PHASE_MIN_DELTA].number[0];
    p->monitor_loc = options_loc(o, "monitor");
    p->monitor = monitor_read(o->L, v[PHASE_MONITOR].stack, p->monitor_loc);
}

/* The bounds of the gradient. */
static void read_clip(const Options *o, Phase *p, const OptionValue *v) {
    if (v[PHASE_CLIP_NORM].given && v[PHASE_CLIP_VALUE].given)
        diag_error(front_of(o->L)->diag, options_loc(o, "clip_grad_value"),
                   "train: a phase has `clip_grad_norm` or `clip_grad_value`, not both");
    p->clip_norm = v[PHASE_CLIP_NORM].number[0];
    p->clip_value = v[PHASE_CLIP_VALUE].number[0];
}

/* What a step does: loss, trained parameters, optimizer. */
static void read_step(const Options *o, Phase *p, const OptionValue *v) {
    lua_State *L = o->L;
    Front *f = front_of(L);
    const int optimizer = v[PHASE_OPTIMIZER].stack;
    const Loc loc = p->loc;
    read_clip(o, p, v);
    read_loss(o, p, v[PHASE_LOSS].stack);
    read_frozen(o, p, v);
    const OptimizerValue *value =
        optimizer ? luaL_testudata(L, optimizer, value_optimizer_meta) : NULL;
    if (value) {
        p->optimizer = value->rest;
        read_groups(f, p, value);
    } else if (!optimizer || !value_is_poison(L, optimizer)) {
        diag_error(f->diag, optimizer ? options_loc(o, "optimizer") : loc,
                   "%s: optimizer wants nn.adam { lr = 1e-3 } or another: %s; got %s", o->what,
                   optimizer_names(f->arena), optimizer ? value_words(L, optimizer) : "nothing");
    }
}

static Loc place_of_phase(const Options *o) {
    return o->place.at ? (Loc){o->place.file, o->place.line} : o->call;
}

void phase_read(const Options *o, int index, Phase *p) {
    OptionValue v[N_PHASE_OPTIONS];
    p->loc = place_of_phase(o);
    options_read(o, index, phase_specs, N_PHASE_OPTIONS, v);
    read_length(o, p, v);
    read_step(o, p, v);
}

void phase_read_outside(const Options *o, int index, Phase *p) {
    Front *f = front_of(o->L);
    OptionValue v[N_PHASE_OPTIONS];
    p->loc = place_of_phase(o);
    options_read(o, index, phase_specs, N_PHASE_OPTIONS, v);
    for (int i = 0; i < N_PHASE_OPTIONS; i++)
        if (v[i].given && is_of_members(i))
            diag_error(f->diag, options_loc(o, phase_specs[i].name),
                       "%s: `%s` belongs to a member, { steps = 1, %s = ... }", o->what,
                       phase_specs[i].name, phase_specs[i].name);
    read_length(o, p, v);
    if ((p->keep_best || p->patience) && !v[PHASE_MONITOR].given)
        diag_error(f->diag, p->keep_best ? options_loc(o, "keep") : options_loc(o, "patience"),
                   "%s: `monitor` is missing: which of the losses shall %s, \"val_loss_1\" for "
                   "example, or a metric?",
                   o->what, p->keep_best ? "be best" : "gain");
}

void phase_read_member(const Options *o, int index, Phase *p) {
    Front *f = front_of(o->L);
    OptionSpec specs[N_PHASE_OPTIONS];
    OptionValue v[N_PHASE_OPTIONS];
    p->loc = place_of_phase(o);
    for (int i = 0; i < N_PHASE_OPTIONS; i++) {
        specs[i] = phase_specs[i];
        specs[i].required = i == PHASE_STEPS;
    }
    options_read(o, index, specs, N_PHASE_OPTIONS, v);
    for (int i = 0; i < N_PHASE_OPTIONS; i++)
        if (v[i].given && !is_of_members(i) && i != PHASE_STEPS)
            diag_error(f->diag, options_loc(o, specs[i].name),
                       "%s: `%s` stands outside of the members, for all of them", o->what,
                       specs[i].name);
    p->turn = v[PHASE_STEPS].number[0] > 0 ? (int)v[PHASE_STEPS].number[0] : 1;
    read_step(o, p, v);
}

void phase_register(lua_State *L) {
    Arena *arena = front_of(L)->arena;
    OptionSpec *outside = ARENA_ARRAY(arena, OptionSpec, N_PHASE_OPTIONS);
    OptionSpec *member = ARENA_ARRAY(arena, OptionSpec, N_PHASE_OPTIONS);
    int n_outside = 0, n_member = 0;
    for (int i = 0; i < N_PHASE_OPTIONS; i++) {
        if (is_of_members(i) || i == PHASE_STEPS) member[n_member++] = phase_specs[i];
        if (!is_of_members(i)) outside[n_outside++] = phase_specs[i];
    }
    word_class(L, "nn.Phase", phase_specs, N_PHASE_OPTIONS, NULL);
    word_class(L, "nn.Member", member, n_member, NULL);
    word_class(L, "nn.Alternate", outside, n_outside, "[integer] nn.Member a member");
}
