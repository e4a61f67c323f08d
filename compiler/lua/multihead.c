/* Self attention as a layer: nn.multihead_attention. */
#include "layer.h"

enum { MULTI_NAME, MULTI_HEADS, MULTI_CAUSAL, MULTI_DROPOUT, MULTI_BIAS, MULTI_INIT, N_MULTI };
static const OptionSpec multihead_specs[N_MULTI] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"heads",
     OPTION_INT,
     true,
     1,
     MAX_DIM,
     {1, 0},
     NULL,
     "heads, which divide the values of a place"},
    CAUSAL_OPTION,
    DROPOUT_OPTION,
    {"bias", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it has a bias"},
    {"init",
     OPTION_INIT,
     false,
     0,
     0,
     {0},
     options_inits,
     "how weights begin, or weights and biases"}};

static Node *project(lua_State *L, const Layer *layer, const char *what, Node *x, Node *weight,
                     Node *bias) {
    Node *in[3] = {x, weight, bias};
    return front_add_node(L, &op_linear, layer->loc,
                          arena_printf(front_of(L)->arena, "%s.%s", layer->name, what),
                          bias ? 3 : 2, in, NULL);
}

/* Parameters and their first values as torch.nn.MultiheadAttention has them. */
static void make_weights(lua_State *L, Layer *layer, int C) {
    const Init xavier = init_xavier(), zeros = init_constant(0);
    const Init *weight = layer->init.kind < 0 ? &xavier : &layer->init;
    const Init *bias = layer->bias_init.kind < 0 ? &zeros : &layer->bias_init;
    layer->weight =
        layer_weights_add(L, layer, "in_proj_weight", (Shape){2, {3 * C, C}}, weight, C, 3 * C);
    if (layer->options[MULTI_BIAS].number[0] != 0)
        layer->bias =
            layer_weights_add(L, layer, "in_proj_bias", (Shape){1, {3 * C}}, bias, C, 3 * C);
    layer->out_weight =
        layer_weights_add(L, layer, "out_proj.weight", (Shape){2, {C, C}}, &layer->init, C, C);
    if (layer->bias)
        layer->out_bias = layer_weights_add(L, layer, "out_proj.bias", (Shape){1, {C}}, bias, C, C);
    layer->in = C;
}

static Node *multihead_apply(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const int heads = (int)o[MULTI_HEADS].number[0];
    if (!layer_weights_want(L, layer, x, loc, 2, "(T, C), a sequence")) return front_poison(L);
    const int C = x->type.shape.dim[1];
    if (C % heads) {
        layer_weights_error(L, layer, x, loc, "heads (%d) must divide the %d values of a place",
                            heads, C);
        return front_poison(L);
    }
    if (!layer_weights_fit(L, layer, loc, C)) return front_poison(L);
    if (!layer->weight) make_weights(L, layer, C);
    const AttentionAttrs attrs = {.drop = {.p = o[MULTI_DROPOUT].number[0],
                                           .stream = dropout_stream(layer->name),
                                           .application = layer->applications},
                                  .heads = heads,
                                  .causal = o[MULTI_CAUSAL].number[0] != 0};
    Node *all = project(L, layer, "in_proj", x, layer->weight, layer->bias);
    Node *y = front_add_node(L, &op_attention, loc, layer->name, 1, &all,
                             ATTRS_AT(AttentionAttrs, &attrs));
    return project(L, layer, "out_proj", y, layer->out_weight, layer->out_bias);
}

const LayerKind multihead_kinds[] = {{"multihead_attention", "self attention, (T, C) to (T, C)",
                                      &op_attention, multihead_specs, N_MULTI, true, MULTI_INIT,
                                      multihead_apply},
                                     {0}};
