/* Initialisers: PyTorch's torch.nn.init, as the numbers of a constant, uniform or normal draw. */
#include <math.h>
#include <string.h>

#include "front.h"

enum {
    ZEROS,
    ONES,
    CONSTANT,
    UNIFORM,
    NORMAL,
    KAIMING_UNIFORM,
    KAIMING_NORMAL,
    XAVIER_UNIFORM,
    XAVIER_NORMAL,
    TRUNCATED,
    ORTHOGONAL,
    DIRAC
};

/* a, b: names and defaults of the two numbers. */
static const struct {
    const char *name, *help, *a, *b;
    double preset_a, preset_b;
    const char *help_a, *help_b;
} kinds[] = {{"zeros", "zeros", NULL, NULL, 0, 0, NULL, NULL},
             {"ones", "ones", NULL, NULL, 0, 0, NULL, NULL},
             {"constant", "a constant", "value", NULL, 0, 0, "the value", NULL},
             {"uniform", "uniform in [a, b)", "a", "b", 0, 1, "the least value",
              "what all values are below"},
             {"normal", "normal", "mean", "std", 0, 1, "mean", "standard deviation"},
             {"kaiming_uniform", "uniform, by the inputs, for a leaky ReLU of slope a", "a", NULL,
              0, 0, "slope of the leaky ReLU that follows", NULL},
             {"kaiming_normal", "normal, by the inputs, for a leaky ReLU of slope a", "a", NULL, 0,
              0, "slope of the leaky ReLU that follows", NULL},
             {"xavier_uniform", "uniform, by inputs and outputs", "gain", NULL, 1, 0,
              "factor of all values", NULL},
             {"xavier_normal", "normal, by inputs and outputs", "gain", NULL, 1, 0,
              "factor of all values", NULL},
             {"trunc_normal", "normal, drawn anew until it lies between -2 and 2", "mean", "std", 0,
              1, "mean", "standard deviation"},
             {"orthogonal", "orthonormal rows or columns, times gain", "gain", NULL, 1, 0,
              "factor of all values", NULL},
             {"dirac", "a one in the middle of each filter for its own input", NULL, NULL, 0, 0,
              NULL, NULL}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static void init_attrs(const Init *init, double fan_in, double fan_out, ParamAttrs *attrs) {
    double a = init->a, b = init->b, bound = 0;
    attrs->init = INIT_UNIFORM;
    switch (init->kind) {
    case ZEROS:
    case ONES:
    case CONSTANT:
        attrs->init = INIT_CONSTANT;
        attrs->a = init->kind == ZEROS ? 0 : init->kind == ONES ? 1 : a;
        attrs->b = 0;
        return;
    case UNIFORM:
    case NORMAL:
        attrs->init = init->kind == UNIFORM ? INIT_UNIFORM : INIT_NORMAL;
        attrs->a = a;
        attrs->b = b;
        return;
    case TRUNCATED:
    case ORTHOGONAL:
        attrs->init = init->kind == TRUNCATED ? INIT_TRUNCATED : INIT_ORTHOGONAL;
        attrs->a = a;
        attrs->b = b;
        return;
    case DIRAC: {
        const Init rest = {.kind = init->rest, .a = a, .b = b};
        init_attrs(&rest, fan_in, fan_out, attrs);
        attrs->init += INIT_DIRAC;
        return;
    }
    case KAIMING_UNIFORM:
        bound = sqrt(2 / (1 + a * a)) * sqrt(3 / fan_in);
        break;
    case XAVIER_UNIFORM:
        bound = a * sqrt(6 / (fan_in + fan_out));
        break;
    case KAIMING_NORMAL:
    case XAVIER_NORMAL:
        attrs->init = INIT_NORMAL;
        attrs->a = 0;
        attrs->b = init->kind == KAIMING_NORMAL ? sqrt(2 / (1 + a * a)) / sqrt(fan_in)
                                                : a * sqrt(2 / (fan_in + fan_out));
        return;
    default:
        bound = 1 / sqrt(fan_in);
        break; /* PyTorch's default of layers */
    }
    attrs->a = -bound;
    attrs->b = bound;
}

Node *init_param(lua_State *L, Loc loc, const char *name, Shape s, const Init *init, double fan_in,
                 double fan_out) {
    ParamAttrs attrs = {.shape = shape_stated(s)};
    init_attrs(init, fan_in, fan_out, &attrs);
    return front_add_node(L, &op_param, loc, name, 0, NULL, ATTRS_AT(ParamAttrs, &attrs));
}

Init init_constant(double value) {
    return (Init){.kind = CONSTANT, .a = value};
}

Init init_xavier(void) {
    return (Init){.kind = XAVIER_UNIFORM, .a = 1};
}

Init init_normal(double mean, double deviation) {
    return (Init){.kind = NORMAL, .a = mean, .b = deviation};
}

Init *init_at(lua_State *L, int index) {
    return luaL_testudata(L, index, value_init_meta);
}

static void push_init(lua_State *L, Init init) {
    *(Init *)lua_newuserdatauv(L, sizeof init, 0) = init;
    luaL_setmetatable(L, value_init_meta);
}

static const OptionSpec rest_specs[] = {{"rest",
                                         OPTION_INIT,
                                         false,
                                         0,
                                         0,
                                         {0},
                                         NULL,
                                         "how filters beyond the inputs begin; zeros if left out"}};

/* nn.dirac { rest = nn.normal(0, 0.1) }: what filters beyond the inputs begin with. */
static void read_rest(lua_State *L, Init *init) {
    OptionValue v;
    const Options o = options_of_call(L, kinds[DIRAC].name);
    if (!options_read(&o, 2, rest_specs, 1, &v) || !v.stack) return;
    const Init *rest = init_at(L, v.stack);
    if (!rest || rest->kind >= TRUNCATED) {
        diag_error(front_of(L)->diag, options_loc(&o, "rest"),
                   "dirac: rest wants a constant, uniform or normal initialiser, got %s",
                   rest ? kinds[rest->kind].name : value_words(L, v.stack));
        return;
    }
    init->rest = rest->kind;
    init->a = rest->a;
    init->b = rest->b;
}

bool init_fits(lua_State *L, const Init *init, Loc loc, const char *what, Shape s) {
    const bool dirac = init->kind == DIRAC;
    if ((!dirac && init->kind != ORTHOGONAL) || s.rank >= (dirac ? 3 : 2)) return true;
    diag_error(front_of(L)->diag, loc, "%s: nn.%s is for %s, not for a parameter of shape %s", what,
               kinds[init->kind].name,
               dirac ? "weights of convolutions" : "weights of two axes and more",
               shape_text(front_of(L)->arena, s));
    return false;
}

/* Number 0 or 1 of the kind, as an option. */
static OptionSpec number_spec(int kind, int i, double preset) {
    return (OptionSpec){.name = i ? kinds[kind].b : kinds[kind].a,
                        .type = OPTION_REAL,
                        .low = -1e30,
                        .high = 1e30,
                        .preset = {preset},
                        .help = i ? kinds[kind].help_b : kinds[kind].help_a};
}

/* nn.uniform(-0.1, 0.1) or nn.uniform { a = -0.1, b = 0.1 } */
static int init_call(lua_State *L) {
    front_count_call(L);
    const Init *self = luaL_checkudata(L, 1, value_init_meta);
    Front *f = front_of(L);
    Init init = *self;
    double *numbers[2] = {&init.a, &init.b};
    const char *name = kinds[init.kind].name, *names[2] = {kinds[init.kind].a, kinds[init.kind].b};
    int n = names[1] ? 2 : names[0] ? 1 : 0;
    if (lua_istable(L, 2) && init.kind == DIRAC) {
        read_rest(L, &init);
    } else if (lua_istable(L, 2) && n) {
        OptionSpec specs[2];
        OptionValue values[2];
        Options o = options_of_call(L, name);
        for (int i = 0; i < n; i++) specs[i] = number_spec(init.kind, i, *numbers[i]);
        options_read(&o, 2, specs, n, values);
        for (int i = 0; i < n; i++) *numbers[i] = values[i].number[0];
    } else {
        for (int i = 0; i < lua_gettop(L) - 1; i++) {
            if (value_is_poison(L, 2 + i)) continue;
            if (i < n && lua_type(L, 2 + i) == LUA_TNUMBER) {
                *numbers[i] = lua_tonumber(L, 2 + i);
                continue;
            }
            diag_error(f->diag, front_here(L), "%s: wants %s%s%s%s, got %s", name,
                       n ? "" : "no argument", n ? names[0] : "", n > 1 ? ", " : "",
                       n > 1 ? names[1] : "", value_words(L, 2 + i));
            break;
        }
    }
    if (!(fabs(init.a) <= 1e30 && fabs(init.b) <= 1e30) ||
        (init.kind == UNIFORM && init.a > init.b) ||
        ((init.kind == NORMAL || init.kind == TRUNCATED) && init.b < 0)) {
        diag_error(f->diag, front_here(L), "%s: %s, %s is not a range that can be drawn from", name,
                   value_number_words(f->arena, init.a), value_number_words(f->arena, init.b));
        init.a = init.b = 0;
    }
    push_init(L, init);
    return 1;
}

static void set_word(lua_State *L, int i) {
    Arena *arena = front_of(L)->arena;
    const char *a = kinds[i].a, *b = kinds[i].b;
    OptionSpec *specs = ARENA_ARRAY(arena, OptionSpec, 2);
    Word word = {.name = kinds[i].name, .result = "nn.Init", .help = kinds[i].help, .value = true};
    if (a) specs[word.n_specs++] = number_spec(i, 0, kinds[i].preset_a);
    if (b) specs[word.n_specs++] = number_spec(i, 1, kinds[i].preset_b);
    if (a)
        word.also = arena_printf(arena, "fun(%s?: number%s%s%s): nn.Init", a, b ? ", " : "",
                                 b ? b : "", b ? "?: number" : "");
    if (i == DIRAC) specs[word.n_specs++] = *rest_specs;
    word.specs = specs;
    word_set(L, &word);
}

void init_register(lua_State *L) {
    luaL_newmetatable(L, value_init_meta);
    lua_pushcfunction(L, init_call);
    lua_setfield(L, -2, "__call");
    lua_pushliteral(L, "initialiser");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    for (int i = 0; i < N_KINDS; i++) {
        push_init(L, (Init){.kind = i, .a = kinds[i].preset_a, .b = kinds[i].preset_b});
        set_word(L, i);
    }
}
