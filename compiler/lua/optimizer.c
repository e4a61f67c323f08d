/* Optimizers: PyTorch's names, defaults and ranges. */
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
enum { N_SPECS = sizeof specs / sizeof *specs };

static double option(const Spec *spec, const OptionValue *values, const char *name) {
    for (int i = 0; i < spec->n; i++)
        if (!strcmp(spec->options[i].name, name)) return values[i].number[0];
    return 0;
}

static Node *learning_rate(const Options *o, const OptionValue *value) {
    lua_State *L = o->L;
    int index = value->stack;
    if (!index) return number_node(L, value->number[0]);
    Node *lr = to_node(L, index);
    Kind kind = lr ? lr->type.kind : KIND_SCHEDULE;
    if (lua_type(L, index) == LUA_TNUMBER && isfinite(lua_tonumber(L, index)))
        return number_node(L, lua_tonumber(L, index));
    if (lr && (kind == KIND_SCHEDULE || kind == KIND_ERROR)) return lr;
    diag_error(front_of(L)->diag, option_loc(o, "lr"),
               "%s: lr wants a number or a schedule (of nn.epoch, nn.epochs, nn.step, nn.steps), "
               "got %s",
               o->what, value_words(L, index));
    return poison_node(L);
}

/* What a range of one number cannot say. */
static void check_optimizer(const Options *options, const Optimizer *o) {
    Diag *diag = front_of(options->L)->diag;
    const Node *lr = o->lr;
    if (lr->op == &op_number && lr->type.kind == KIND_SCHEDULE && lr->attr[NUMBER_VALUE] < 0)
        diag_error(diag, option_loc(options, "lr"), "%s: lr must not be negative, got %g",
                   options->what, lr->attr[NUMBER_VALUE]);
    if (o->beta1 == 1 || o->beta2 == 1)
        diag_error(diag, option_loc(options, o->beta1 == 1 ? "beta1" : "beta2"),
                   "%s: %s must be below 1", options->what, o->beta1 == 1 ? "beta1" : "beta2");
    if (o->nesterov && (o->momentum == 0 || o->dampening != 0))
        diag_error(diag, option_loc(options, "nesterov"),
                   "%s: nesterov needs a momentum and no dampening", options->what);
}

static int make_optimizer(lua_State *L) {
    const Spec *spec = &specs[lua_tointeger(L, lua_upvalueindex(1))];
    Options options = options_of_call(L, spec->name);
    OptionValue v[8];
    lua_settop(L, 1);
    read_options(&options, 1, spec->options, spec->n, v);
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
    o.lr = learning_rate(&options, &v[0]);
    check_optimizer(&options, &o);
    *(Optimizer *)lua_newuserdatauv(L, sizeof o, 0) = o;
    luaL_setmetatable(L, optimizer_meta);
    return 1;
}

void register_optimizers(lua_State *L) {
    luaL_newmetatable(L, optimizer_meta);
    lua_pushliteral(L, "optimizer");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    for (int i = 0; i < N_SPECS; i++) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, make_optimizer, 1);
        lua_setfield(L, -2, specs[i].name);
    }
}
