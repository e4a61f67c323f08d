/* Layers: values that are called on a node and give a node. Weights are made at the first call,
 * when the input's size is known; later calls share them. */
#include <math.h>
#include <string.h>

#include "front.h"

typedef struct LayerKind LayerKind;

typedef struct Layer {
    const LayerKind *kind;
    const char *name; /* NULL for layers without parameters or random numbers */
    Loc loc;
    OptionValue options[12];
    Init init, bias_init;
    Node *weight, *bias;
    int in; /* features or channels that the weights are for */
    Loc first_use;
    int applications;
} Layer;

struct LayerKind {
    const char *name;
    const Op *op;
    const OptionSpec *specs;
    int n_specs;
    bool named;
    Node *(*apply)(lua_State *L, Layer *layer, Node *x, Loc loc);
};

/* A parameter `<layer>.<what>`; sizes are checked so that products stay small. */
static Node *parameter(lua_State *L, const Layer *layer, const char *what, Shape s,
                       const Init *init, double fan_in, double fan_out) {
    Front *f = front_of(L);
    double count = 1, attr[MAX_ATTRS] = {0};
    attr[PARAM_RANK] = s.rank;
    for (int i = 0; i < s.rank; i++) {
        attr[PARAM_DIM0 + i] = s.dim[i];
        count *= s.dim[i];
    }
    if (count > 1e8) {
        diag_error(f->diag, layer->loc, "%s \"%s\": has %.3g weights; at most 1e8 are possible",
                   layer->kind->name, layer->name, count);
        return graph_error_node(f->graph, layer->loc);
    }
    init_attrs(init, fan_in, fan_out, attr);
    return graph_add(f->graph, &op_param, layer->loc,
                     arena_printf(f->arena, "%s.%s", layer->name, what), 0, NULL, attr);
}

/* A layer that is used again must get what its weights were made for. */
static bool same_input(lua_State *L, const Layer *layer, int in) {
    if (!layer->weight || layer->in == in) return true;
    Front *f = front_of(L);
    diag_error(f->diag, layer->loc,
               "%s \"%s\": is shared, but gets %d features here and %d at its first use (%s:%d)",
               layer->kind->name, layer->name, in, layer->in, layer->first_use.file,
               layer->first_use.line);
    return false;
}

enum { LINEAR_NAME, LINEAR_OUT, LINEAR_BIAS, LINEAR_INIT };
static const OptionSpec linear_specs[] = {{"name", OPTION_NAME, false, 0, 0, {0}},
                                          {"out", OPTION_INT, true, 1, MAX_DIM, {1, 0}},
                                          {"bias", OPTION_BOOL, false, 0, 1, {1, 0}},
                                          {"init", OPTION_INIT, false, 0, 0, {0}}};

static Node *add(Front *f, const Layer *layer, Loc loc, int n_in, Node **in, const double *attr) {
    return graph_add(f->graph, layer->kind->op, loc, layer->name, n_in, in, attr);
}

static Node *apply_linear(lua_State *L, Layer *layer, Node *x, Loc loc) {
    Front *f = front_of(L);
    int out = (int)layer->options[LINEAR_OUT].number[0];
    if (x->type.kind != KIND_SAMPLE || x->type.shape.rank != 1 || x->type.classes) {
        /* The op's own words need weights; give it some of the right rank. */
        Node *w = graph_error_node(f->graph, loc);
        Node *in[2] = {x, w};
        Node probe = {.op = layer->kind->op, .name = layer->name, .loc = loc, .n_in = 2, .in = in};
        if (x->type.kind != KIND_ERROR)
            op_error(f->graph, &probe, 0, "wants (N), a vector; use nn.flatten before it");
        return w;
    }
    int n = x->type.shape.dim[0];
    if (!same_input(L, layer, n)) return graph_error_node(f->graph, loc);
    if (!layer->weight) {
        layer->weight = parameter(L, layer, "weight", (Shape){2, {out, n}}, &layer->init, n, out);
        if (layer->options[LINEAR_BIAS].number[0] != 0)
            layer->bias = parameter(L, layer, "bias", (Shape){1, {out}}, &layer->bias_init, n, out);
        layer->in = n;
    }
    Node *in[3] = {x, layer->weight, layer->bias};
    return add(f, layer, loc, layer->bias ? 3 : 2, in, NULL);
}

enum {
    CONV_NAME,
    CONV_OUT,
    CONV_KERNEL,
    CONV_STRIDE,
    CONV_PADDING,
    CONV_DILATION,
    CONV_N_GROUPS,
    CONV_BIAS,
    CONV_INIT
};
static const OptionSpec conv_specs[] = {{"name", OPTION_NAME, false, 0, 0, {0}},
                                        {"out", OPTION_INT, true, 1, MAX_DIM, {1, 0}},
                                        {"kernel", OPTION_PAIR, true, 1, 1024, {1, 1}},
                                        {"stride", OPTION_PAIR, false, 1, 1024, {1, 1}},
                                        {"padding", OPTION_PAIR, false, 0, 1024, {0, 0}},
                                        {"dilation", OPTION_PAIR, false, 1, 1024, {1, 1}},
                                        {"groups", OPTION_INT, false, 1, MAX_DIM, {1, 0}},
                                        {"bias", OPTION_BOOL, false, 0, 1, {1, 0}},
                                        {"init", OPTION_INIT, false, 0, 0, {0}}};

static Node *apply_conv2d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    Front *f = front_of(L);
    const OptionValue *o = layer->options;
    int out = (int)o[CONV_OUT].number[0], groups = (int)o[CONV_N_GROUPS].number[0];
    Node *none = x->type.kind == KIND_ERROR ? x : NULL;
    Node *in[3] = {x, x, NULL};
    Node probe = {.op = layer->kind->op, .name = layer->name, .loc = loc, .n_in = 1, .in = in};
    if (!none && (x->type.kind != KIND_SAMPLE || x->type.shape.rank != 3)) {
        op_error(f->graph, &probe, 0, "wants (C, H, W)");
        return graph_error_node(f->graph, loc);
    }
    if (none) return graph_error_node(f->graph, loc);
    int C = x->type.shape.dim[0], kh = (int)o[CONV_KERNEL].number[0],
        kw = (int)o[CONV_KERNEL].number[1];
    if (!same_input(L, layer, C)) return graph_error_node(f->graph, loc);
    if (C % groups || out % groups) {
        op_error(f->graph, &probe, 0,
                 "groups (%d) must divide input channels (%d) and output channels (%d)", groups, C,
                 out);
        return graph_error_node(f->graph, loc);
    }
    if (!layer->weight) {
        double fan_in = (double)(C / groups) * kh * kw, fan_out = (double)out * kh * kw;
        layer->weight = parameter(L, layer, "weight", (Shape){4, {out, C / groups, kh, kw}},
                                  &layer->init, fan_in, fan_out);
        if (o[CONV_BIAS].number[0] != 0)
            layer->bias =
                parameter(L, layer, "bias", (Shape){1, {out}}, &layer->bias_init, fan_in, fan_out);
        layer->in = C;
    }
    double attr[MAX_ATTRS] = {[CONV_STRIDE_H] = o[CONV_STRIDE].number[0],
                              [CONV_STRIDE_W] = o[CONV_STRIDE].number[1],
                              [CONV_PAD_H] = o[CONV_PADDING].number[0],
                              [CONV_PAD_W] = o[CONV_PADDING].number[1],
                              [CONV_DIL_H] = o[CONV_DILATION].number[0],
                              [CONV_DIL_W] = o[CONV_DILATION].number[1],
                              [CONV_GROUPS] = groups};
    in[1] = layer->weight;
    in[2] = layer->bias;
    return add(f, layer, loc, layer->bias ? 3 : 2, in, attr);
}

enum { POOL_KERNEL, POOL_STRIDE, POOL_PADDING };
static const OptionSpec pool_specs[] = {{"kernel", OPTION_PAIR, false, 1, 1024, {2, 2}},
                                        {"stride", OPTION_PAIR, false, 1, 1024, {0, 0}},
                                        {"padding", OPTION_PAIR, false, 0, 512, {0, 0}}};

static Node *apply_pool(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const double *stride = o[POOL_STRIDE].given ? o[POOL_STRIDE].number : o[POOL_KERNEL].number;
    double attr[MAX_ATTRS] = {
        o[POOL_KERNEL].number[0],  o[POOL_KERNEL].number[1], stride[0], stride[1],
        o[POOL_PADDING].number[0], o[POOL_PADDING].number[1]};
    return add(front_of(L), layer, loc, 1, &x, attr);
}

enum { DROP_NAME, DROP_P };
static const OptionSpec dropout_specs[] = {{"name", OPTION_NAME, false, 0, 0, {0}},
                                           {"p", OPTION_REAL, false, 0, 1, {0.5, 0}}};

static Node *apply_dropout(lua_State *L, Layer *layer, Node *x, Loc loc) {
    double attr[MAX_ATTRS] = {layer->options[DROP_P].number[0], dropout_stream(layer->name),
                              layer->applications};
    return add(front_of(L), layer, loc, 1, &x, attr);
}

static const OptionSpec leaky_specs[] = {{"slope", OPTION_REAL, false, 0, 1, {0.01, 0}}};

static Node *apply_leaky(lua_State *L, Layer *layer, Node *x, Loc loc) {
    return add(front_of(L), layer, loc, 1, &x, layer->options[0].number);
}

static Node *apply_plain(lua_State *L, Layer *layer, Node *x, Loc loc) {
    return add(front_of(L), layer, loc, 1, &x, NULL);
}

#define SPECS(s) s, (int)(sizeof s / sizeof *s)
static const LayerKind kinds[] = {
    {"linear", &op_linear, SPECS(linear_specs), true, apply_linear},
    {"conv2d", &op_conv2d, SPECS(conv_specs), true, apply_conv2d},
    {"max_pool2d", &op_max_pool2d, SPECS(pool_specs), false, apply_pool},
    {"avg_pool2d", &op_avg_pool2d, SPECS(pool_specs), false, apply_pool},
    {"dropout", &op_dropout, SPECS(dropout_specs), true, apply_dropout},
    {"dropout2d", &op_dropout2d, SPECS(dropout_specs), true, apply_dropout},
    {"leaky_relu", &op_leaky_relu, SPECS(leaky_specs), false, apply_leaky},
    {"relu", &op_relu, NULL, 0, false, apply_plain},
    {"tanh", &op_tanh, NULL, 0, false, apply_plain},
    {"sigmoid", &op_sigmoid, NULL, 0, false, apply_plain},
    {"flatten", &op_flatten, NULL, 0, false, apply_plain}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static Layer *push_layer(lua_State *L, const LayerKind *kind) {
    Front *f = front_of(L);
    Layer *layer = ARENA_NEW(f->arena, Layer);
    layer->kind = kind;
    layer->loc = front_here(L);
    layer->init.kind = layer->bias_init.kind = -1;
    *(Layer **)lua_newuserdatauv(L, sizeof layer, 0) = layer;
    luaL_setmetatable(L, layer_meta);
    return layer;
}

static void claim_name(lua_State *L, Layer *layer, const char *wanted, int kind) {
    Front *f = front_of(L);
    bool given = wanted != NULL;
    do {
        layer->name =
            given ? wanted : arena_printf(f->arena, "%s_%d", layer->kind->name, ++f->unnamed[kind]);
        for (int i = 0; i < f->n_layers; i++) {
            if (strcmp(f->layers[i].name, layer->name) != 0) continue;
            if (!given) {
                layer->name = NULL; /* the next number */
                break;
            }
            diag_error(f->diag, layer->loc,
                       "two layers are called \"%s\"; the other one is in %s:%d", layer->name,
                       f->layer_locs[i].file, f->layer_locs[i].line);
            return;
        }
    } while (!layer->name);
    Named entry = {layer->name, NULL};
    ARENA_PUSH(f->arena, f->layer_locs, f->n_layers, f->cap_layer_locs, layer->loc);
    f->n_layers--;
    ARENA_PUSH(f->arena, f->layers, f->n_layers, f->cap_layers, entry);
}

/* `init`: an initialiser for the weight, or { weight = ..., bias = ... }. */
static void read_init(lua_State *L, Layer *layer, const OptionValue *value) {
    if (!value->stack) return;
    Init *one = to_init(L, value->stack);
    if (one) {
        layer->init = *one;
        return;
    }
    static const OptionSpec specs[] = {{"weight", OPTION_ANY, false, 0, 0, {0}},
                                       {"bias", OPTION_ANY, false, 0, 0, {0}}};
    OptionValue values[2];
    Init *target[2] = {&layer->init, &layer->bias_init};
    read_options(L, value->stack, "init", specs, 2, values);
    for (int i = 0; i < 2; i++) {
        if (!values[i].stack) continue;
        Init *init = to_init(L, values[i].stack);
        if (init)
            *target[i] = *init;
        else
            diag_error(front_of(L)->diag, front_here(L), "init: %s wants an initialiser, got %s",
                       specs[i].name, value_words(L, values[i].stack));
    }
}

/* Constructor; the kind's index is the upvalue. */
static int construct(lua_State *L) {
    int index = (int)lua_tointeger(L, lua_upvalueindex(1));
    const LayerKind *kind = &kinds[index];
    lua_settop(L, 1);
    OptionValue values[12];
    read_options(L, 1, kind->name, kind->specs, kind->n_specs, values);
    int top = lua_gettop(L);
    Layer *layer = push_layer(L, kind);
    memcpy(layer->options, values, sizeof *values * (size_t)kind->n_specs);
    if (kind->named) claim_name(L, layer, values[0].text, index);
    if (kind->op == &op_linear) read_init(L, layer, &values[LINEAR_INIT]);
    if (kind->op == &op_conv2d) read_init(L, layer, &values[CONV_INIT]);
    lua_pushvalue(L, top + 1);
    return 1;
}

static int layer_call(lua_State *L) {
    Front *f = front_of(L);
    Layer *layer = *(Layer **)luaL_checkudata(L, 1, layer_meta);
    Loc here = front_here(L);
    if (lua_gettop(L) != 2) {
        diag_error(f->diag, here, "%s: is called on one node, got %d arguments", layer->kind->name,
                   lua_gettop(L) - 1);
        push_node(L, graph_error_node(f->graph, here));
        return 1;
    }
    Node *x = to_node(L, 2);
    int errors = diag_errors(f->diag);
    if (!x) {
        diag_error(f->diag, here, "%s: is called on a node, got %s", layer->kind->name,
                   value_words(L, 2));
        x = graph_error_node(f->graph, here);
    }
    /* A layer that is used as it is has no line of its own. */
    Loc loc = layer->loc.line ? layer->loc : here;
    Node *y = layer->kind->apply(L, layer, x, loc);
    if (!layer->first_use.line) layer->first_use = here;
    layer->applications++;
    if (diag_errors(f->diag) > errors &&
        (here.line != loc.line || strcmp(here.file, loc.file) != 0))
        diag_note(f->diag, here, "applied here");
    push_node(L, y);
    return 1;
}

/* nn.sequential: upvalue is the list. */
static int chain(lua_State *L) {
    lua_Integer n = (lua_Integer)lua_rawlen(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, lua_upvalueindex(1), i);
        lua_insert(L, 1);
        lua_call(L, 1, 1);
    }
    return 1;
}

static int sequential(lua_State *L) {
    Front *f = front_of(L);
    lua_settop(L, 1);
    if (!lua_istable(L, 1))
        return luaL_error(L, "sequential: wants a table of layers and functions, got %s",
                          value_words(L, 1));
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    lua_newtable(L);
    lua_Integer kept = 0;
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        if (luaL_testudata(L, -1, layer_meta) || lua_isfunction(L, -1)) {
            lua_rawseti(L, 2, ++kept);
            continue;
        }
        diag_error(f->diag, front_here(L),
                   "sequential: element %d is %s; layers and functions can be chained", (int)i,
                   value_words(L, -1));
        lua_pop(L, 1);
    }
    lua_pushcclosure(L, chain, 1);
    return 1;
}

static int layer_tostring(lua_State *L) {
    const Layer *layer = *(Layer **)luaL_checkudata(L, 1, layer_meta);
    lua_pushfstring(L, layer->name ? "layer %s \"%s\"" : "layer %s", layer->kind->name,
                    layer->name);
    return 1;
}

void register_layers(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__call", layer_call}, {"__tostring", layer_tostring}, {NULL, NULL}};
    luaL_newmetatable(L, layer_meta);
    luaL_setfuncs(L, methods, 0);
    lua_pushstring(L, "layer");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    for (int i = 0; i < N_KINDS; i++) {
        if (kinds[i].n_specs) {
            lua_pushinteger(L, i);
            lua_pushcclosure(L, construct, 1);
        } else {
            push_layer(L, &kinds[i])->loc = (Loc){"", 0};
        }
        lua_setfield(L, -2, kinds[i].name);
    }
    lua_pushcfunction(L, sequential);
    lua_setfield(L, -2, "sequential");
}
