/* Layers that normalise: by the root of the mean square of the last axis; groups of channels;
 * channels by the batch, with statistics of what they have seen. */
#include "layer.h"

enum {
    BATCH_NAME,
    BATCH_MOMENTUM,
    BATCH_EPS,
    BATCH_AFFINE,
    BATCH_WEIGHT,
    BATCH_BIAS,
    N_BATCH = BATCH_BIAS + 1
};
static const OptionSpec batch_specs[N_BATCH] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"momentum",
     OPTION_REAL,
     false,
     0,
     1,
     {0.1, 0},
     NULL,
     "share of the batch in a step of the running statistics"},
    EPS_OPTION,
    AFFINE_OPTION(1),
    {"weight",
     OPTION_BOOL,
     false,
     0,
     1,
     {1, 0},
     NULL,
     "whether the weight is learned, where affine is true"},
    {"bias",
     OPTION_BOOL,
     false,
     0,
     1,
     {1, 0},
     NULL,
     "whether the bias is learned, where affine is true"},
};

/* A state `<layer>.<what>` that begins as a constant. */
static Node *state(lua_State *L, const Layer *layer, const char *what, Shape s, double value,
                   int role) {
    const char *name = layer_weights_name(L, layer, what);
    const ParamAttrs attrs = {
        .shape = shape_stated(s), .init = INIT_CONSTANT, .a = value, .role = role};
    return name ? front_add_node(L, &op_state, layer->loc, name, 0, NULL,
                                 ATTRS_AT(ParamAttrs, &attrs))
                : front_poison(L);
}

/* The weight, or the bias. PyTorch's layer has both or none: where options leave out one of them, a
 * constant stands in its place. */
static Node *affine(lua_State *L, const Layer *layer, int option, const char *what, Shape s,
                    double value) {
    const Init init = init_constant(value);
    const OptionValue *o = layer->options;
    const bool none = o[BATCH_WEIGHT].number[0] == 0 && o[BATCH_BIAS].number[0] == 0;
    if (o[BATCH_AFFINE].number[0] == 0 || none) return value_number(L, value);
    if (o[option].number[0] == 0) return state(L, layer, what, s, value, STATE_FIXED);
    return layer_weights_add(L, layer, what, s, &init, 1, 1);
}

static Node *add(lua_State *L, const Layer *layer, const Op *op, int n_in, Node **in,
                 const Attrs *attrs) {
    return front_add_node(L, op, layer->loc, layer->name, n_in, in, attrs);
}

/* Moments of the batch in training, running ones in evaluation. */
static Node *batch_norm(lua_State *L, Layer *layer, Node *x) {
    const OptionValue *o = layer->options;
    const int channels = x->type.shape.dim[0];
    const Shape s = {1, {channels}};
    if (!layer_weights_fit(L, layer, layer->loc, channels)) return front_poison(L);
    if (!layer->weight) {
        layer->weight = affine(L, layer, BATCH_WEIGHT, "weight", s, 1);
        layer->bias = affine(L, layer, BATCH_BIAS, "bias", s, 0);
        layer->running[0] = state(L, layer, "running_mean", s, 0, STATE_RUNNING);
        layer->running[1] = state(L, layer, "running_var", s, 1, STATE_RUNNING);
        layer->running[2] = state(L, layer, "num_batches_tracked", (Shape){0}, 0, STATE_COUNT);
        layer->in = channels;
    }
    BlendAttrs blend = {.momentum = o[BATCH_MOMENTUM].number[0]};
    Node *mean = add(L, layer, &op_channel_mean, 1, &x, NULL);
    Node *moments[] = {x, mean};
    Node *variance = add(L, layer, &op_channel_variance, 2, moments, NULL);
    Node *of_mean[] = {mean, layer->running[0], layer->running[2]};
    Node *of_variance[] = {variance, layer->running[1]};
    Node *in[] = {x, add(L, layer, &op_tracked, 3, of_mean, ATTRS_AT(BlendAttrs, &blend)), NULL,
                  layer->weight, layer->bias};
    blend.places = (int)(shape_count(x->type.shape) / channels);
    in[2] = add(L, layer, &op_tracked, 2, of_variance, ATTRS_AT(BlendAttrs, &blend));
    return add(L, layer, &op_batch_norm, 5, in,
               ATTRS_WITH(NormAttrs, .eps = o[BATCH_EPS].number[0]));
}

static Node *apply_batch_norm1d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    if (!layer_weights_want(L, layer, x, loc, x->type.shape.rank == 2 ? 2 : 1,
                            x->type.shape.rank == 3
                                ? "(N) or (C, L); nn.batch_norm2d is for (C, H, W)"
                                : "(N) or (C, L)"))
        return front_poison(L);
    return batch_norm(L, layer, x);
}

static Node *apply_batch_norm2d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    if (!layer_weights_want(L, layer, x, loc, 3,
                            x->type.shape.rank == 1 || x->type.shape.rank == 2
                                ? "(C, H, W); nn.batch_norm1d is for (N) and (C, L)"
                                : "(C, H, W)"))
        return front_poison(L);
    return batch_norm(L, layer, x);
}

enum { RMS_NAME, RMS_EPS, RMS_AFFINE, N_RMS };
static const OptionSpec rms_specs[N_RMS] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"eps",
     OPTION_REAL,
     false,
     1e-30,
     1e30,
     {1.1920929e-7, 0},
     NULL,
     "is added to the mean square under the root"},
    {"affine", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it learns a weight"},
};

static Node *apply_rms_norm(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const Attrs *attrs = ATTRS_WITH(NormAttrs, .axes = 1, .eps = o[RMS_EPS].number[0]);
    const int rank = x->type.shape.rank;
    if (!layer_weights_want(L, layer, x, loc, rank > 0 ? rank : 1, "(N), (T, N) or more axes"))
        return front_poison(L);
    Node *in[2] = {x, layer->weight};
    if (o[RMS_AFFINE].number[0] == 0) return add(L, layer, &op_rms_norm, 1, in, attrs);
    const int n = x->type.shape.dim[rank - 1];
    if (!layer_weights_fit(L, layer, loc, n)) return front_poison(L);
    const Init ones = init_constant(1);
    if (!layer->weight)
        layer->weight = layer_weights_add(L, layer, "weight", (Shape){1, {n}}, &ones, 1, 1);
    layer->in = n;
    in[1] = layer->weight;
    return add(L, layer, &op_rms_norm, 2, in, attrs);
}

enum { GROUP_NAME, GROUP_EPS, GROUP_AFFINE, N_INSTANCE, GROUP_GROUPS = N_INSTANCE, N_GROUP };
static const OptionSpec group_specs[N_GROUP] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    EPS_OPTION,
    AFFINE_OPTION(1),
    {"groups", OPTION_INT, true, 1, MAX_DIM, {1, 0}, NULL, "groups of neighbouring channels"},
};
static const OptionSpec instance_specs[N_INSTANCE] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    EPS_OPTION,
    AFFINE_OPTION(0),
};

/* Values of one or two axes are images for the op: (C) is (C, 1, 1), (C, L) is (C, 1, L). */
static Node *group_norm(lua_State *L, Layer *layer, Node *x, int groups, Loc loc) {
    const OptionValue *o = layer->options;
    const Shape of_x = x->type.shape, s = {1, {of_x.dim[0]}};
    const Attrs *attrs = ATTRS_WITH(NormAttrs, .groups = groups, .eps = o[GROUP_EPS].number[0]);
    if (!layer_weights_fit(L, layer, loc, s.dim[0])) return front_poison(L);
    if (o[GROUP_AFFINE].number[0] != 0 && !layer->weight) {
        const Init ones = init_constant(1), zeros = init_constant(0);
        layer->weight = layer_weights_add(L, layer, "weight", s, &ones, 1, 1);
        layer->bias = layer_weights_add(L, layer, "bias", s, &zeros, 1, 1);
        layer->in = s.dim[0];
    }
    const bool image = of_x.rank > 2;
    const Shape row = {3, {s.dim[0], 1, of_x.rank == 2 ? of_x.dim[1] : 1}};
    Node *in[] = {image ? x : rearrange_reshape(L, loc, x, row), layer->weight, layer->bias};
    Node *y = front_add_node(L, &op_group_norm, loc, layer->name, layer->weight ? 3 : 1, in, attrs);
    return image || y->type.kind == KIND_ERROR ? y : rearrange_reshape(L, loc, y, of_x);
}

static Node *apply_group_norm(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const int rank = x->type.shape.rank, groups = (int)layer->options[GROUP_GROUPS].number[0];
    if (!layer_weights_want(L, layer, x, loc, rank > 0 ? rank : 1,
                            "(C), (C, L), (C, H, W) or more axes"))
        return front_poison(L);
    const int channels = x->type.shape.dim[0];
    if (channels % groups == 0) return group_norm(L, layer, x, groups, loc);
    layer_weights_error(L, layer, x, loc,
                        "has %d groups, which do not divide the %d channels of its input", groups,
                        channels);
    return front_poison(L);
}

static Node *apply_instance_norm2d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    if (!layer_weights_want(L, layer, x, loc, 3, "(C, H, W)")) return front_poison(L);
    const Shape s = x->type.shape;
    if (s.dim[1] * s.dim[2] > 1) return group_norm(L, layer, x, s.dim[0], loc);
    layer_weights_error(L, layer, x, loc,
                        "wants more than one place: a single value less its mean is 0");
    return front_poison(L);
}

const LayerKind norm_kinds[] = {
    {"rms_norm", "divides the last axis by the root of its mean square", &op_rms_norm, rms_specs,
     N_RMS, true, 0, apply_rms_norm},
    {"group_norm", "normalises groups of channels", &op_group_norm, group_specs, N_GROUP, true, 0,
     apply_group_norm},
    {"instance_norm2d", "normalises each channel of a sample", &op_group_norm, instance_specs,
     N_INSTANCE, true, 0, apply_instance_norm2d},
    {"batch_norm1d", "normalises each channel over the batch, of (N) or (C, L)", &op_batch_norm,
     batch_specs, N_BATCH, true, 0, apply_batch_norm1d},
    {"batch_norm2d", "normalises each channel over the batch, of (C, H, W)", &op_batch_norm,
     batch_specs, N_BATCH, true, 0, apply_batch_norm2d},
    {0}};
