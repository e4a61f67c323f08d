/* Convolutions and pools, of images (C, H, W) and of signals (C, L), which are images (C, 1, L) of
 * one row underneath. */
#include "../ops/geometry.h"
#include "layer.h"

/* Options of all convolutions; those of signals have one size, along the row. */
enum {
    CONV_NAME,
    CONV_OUT,
    CONV_KERNEL,
    CONV_STRIDE,
    CONV_PADDING,
    CONV_DILATION,
    CONV_N_GROUPS,
    CONV_BIAS,
    CONV_INIT,
    CONV_MORE /* causal; output_padding */
};
static const char *const paddings[] = {"same", "valid", NULL};
#define PADDING_HELP "zeros on each side"
#define SAME_HELP ", or \"same\": as many as keep the size, \"valid\": none"
#define CONV_SPECS(TYPE, WORDS, PADDING)                                                             \
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},         \
        {"out", OPTION_INT, true, 1, MAX_DIM, {1, 0}, NULL, "output channels"},                      \
        {"kernel", TYPE, true, 1, 1024, {1, 1}, NULL, "size of the kernel"},                         \
        {"stride", TYPE, false, 1, 1024, {1, 1}, NULL, "distance between neighbouring windows"},     \
        {"padding", TYPE, false, 0, 1024, {0, 0}, WORDS, PADDING},                                   \
        {"dilation", TYPE, false, 1, 1024, {1, 1}, NULL, "distance between the taps of the kernel"}, \
        {"groups", OPTION_INT, false, 1,                                                             \
         MAX_DIM,  {1, 0},     NULL,  "groups that the channels are divided into"},                  \
        {"bias", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it has a bias"}, {                 \
        "init", OPTION_INIT, false, 0, 0, {0}, options_inits,                                        \
            "how the weight begins, or weight and bias"                                              \
    }
static const OptionSpec conv2d_specs[] = {
    CONV_SPECS(OPTION_PAIR, paddings, PADDING_HELP SAME_HELP)};
static const OptionSpec conv1d_specs[] = {
    CONV_SPECS(OPTION_INT, paddings, PADDING_HELP SAME_HELP),
    {"causal",
     OPTION_BOOL,
     false,
     0,
     1,
     {0, 0},
     NULL,
     "whether all padding is at the beginning, so that no place sees a later one"}};

static const OptionSpec transposed_specs[] = {CONV_SPECS(OPTION_PAIR, NULL, PADDING_HELP),
                                              {"output_padding",
                                               OPTION_PAIR,
                                               false,
                                               0,
                                               1024,
                                               {0, 0},
                                               NULL,
                                               "rows and columns added at the end of the output"}};

/* An option along the height (0) or the width (1). Signals state their width's; `one` is that of
 * their height. */
static int size_of(const Layer *layer, const OptionValue *option, int direction, int one) {
    const bool pairs = layer->kind->specs[CONV_KERNEL].type == OPTION_PAIR;
    return pairs ? (int)option->number[direction] : direction ? (int)option->number[0] : one;
}

static bool is_signal(const Layer *layer) {
    return layer->kind->specs == conv1d_specs;
}

static bool is_transposed(const Layer *layer) {
    return layer->kind->op == &op_conv_transpose2d;
}

/* The image of one row that a signal is, and back. */
static Node *row_of(lua_State *L, Loc loc, Node *x) {
    const Shape s = x->type.shape;
    return rearrange_reshape(L, loc, x, (Shape){3, {s.dim[0], 1, s.dim[1]}});
}
static Node *signal_of(lua_State *L, Loc loc, Node *y) {
    const Shape s = y->type.shape;
    if (y->type.kind == KIND_ERROR) return y;
    return rearrange_reshape(L, loc, y, (Shape){2, {s.dim[0], s.dim[2]}});
}

/* Reads the geometry; false after a report. Padding that one end has more than the other is put
 * around x. */
static bool read_geometry(lua_State *L, const Layer *layer, Node **x, Loc loc, Conv *c) {
    const OptionValue *o = layer->options;
    const bool causal = is_signal(layer) && o[CONV_MORE].number[0] != 0,
               even = o[CONV_PADDING].text == paddings[0];
    c->groups = (int)o[CONV_N_GROUPS].number[0];
    if (causal && o[CONV_PADDING].given)
        return layer_weights_error(L, layer, NULL, loc,
                                   "causal pads the beginning by itself: leave padding out");
    for (int i = 0; i < 2; i++) {
        c->kernel[i] = size_of(layer, &o[CONV_KERNEL], i, 1);
        c->stride[i] = size_of(layer, &o[CONV_STRIDE], i, 1);
        c->pad[i] = size_of(layer, &o[CONV_PADDING], i, 0);
        c->dilation[i] = size_of(layer, &o[CONV_DILATION], i, 1);
        if (even && c->stride[i] > 1)
            return layer_weights_error(L, layer, NULL, loc,
                                       "padding \"same\" goes with stride 1 alone");
    }
    for (int i = 0; i < 2 && (even || causal); i++) {
        const int reach = (c->kernel[i] - 1) * c->dilation[i];
        c->pad[i] = causal ? 0 : reach / 2;
        *x = rearrange_pad(L, loc, *x, 2 + i, causal ? reach : 0, causal ? 0 : reach % 2);
    }
    return (*x)->type.kind != KIND_ERROR;
}

/* Makes the weights at the layer's first use. A transposed layer has those of the convolution that
 * goes the other way. */
static void make_weights(lua_State *L, Layer *layer, const Conv *c, int in) {
    const int out = (int)layer->options[CONV_OUT].number[0];
    const int rows = is_transposed(layer) ? in : out,
              each = (is_transposed(layer) ? out : in) / c->groups;
    const double taps = (double)c->kernel[0] * c->kernel[1];
    const Shape image = {4, {rows, each, c->kernel[0], c->kernel[1]}},
                signal = {3, {rows, each, c->kernel[1]}};
    if (layer->weight) return;
    layer->weight = layer_weights_add(L, layer, "weight", is_signal(layer) ? signal : image,
                                      &layer->init, each * taps, rows * taps);
    if (layer->options[CONV_BIAS].number[0] != 0)
        layer->bias = layer_weights_add(L, layer, "bias", (Shape){1, {out}}, &layer->bias_init,
                                        each * taps, rows * taps);
    layer->in = in;
}

/* Sets the sizes that a transposed convolution gives; false after a report. The op knows rows and
 * columns that are added up to the stride; more of them come of zeros after the end of x. */
static bool read_result(lua_State *L, const Layer *layer, Node **x, Loc loc, const Conv *c,
                        int *result) {
    for (int i = 0; i < 2; i++) {
        const int more = (int)layer->options[CONV_MORE].number[i];
        const int most = c->stride[i] > c->dilation[i] ? c->stride[i] : c->dilation[i];
        const double size = ((*x)->type.shape.dim[1 + i] - 1.0) * c->stride[i] - 2.0 * c->pad[i] +
                            (c->kernel[i] - 1.0) * c->dilation[i] + more + 1;
        if (more >= most)
            return layer_weights_error(
                L, layer, NULL, loc,
                "output_padding (%d) must be less than stride (%d) or dilation (%d)", more,
                c->stride[i], c->dilation[i]);
        if (size < 1 || size > (double)MAX_DIM)
            return layer_weights_error(L, layer, *x, loc, "its result would have a side of %.10g",
                                       size);
        result[i] = (int)size;
    }
    for (int i = 0; i < 2; i++)
        *x = rearrange_pad(L, loc, *x, 2 + i, 0,
                           (int)layer->options[CONV_MORE].number[i] / c->stride[i]);
    return true;
}

Node *convolution_apply(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const bool signal = is_signal(layer);
    const int out = (int)layer->options[CONV_OUT].number[0];
    const bool other = x->type.shape.rank == 2 && !is_transposed(layer);
    const char *wants = signal  ? "(C, L)"
                        : other ? "(C, H, W); nn.conv1d takes (C, L)"
                                : "(C, H, W)";
    Conv c;
    if (!layer_weights_want(L, layer, x, loc, signal ? 2 : 3, wants)) return front_poison(L);
    const int in = x->type.shape.dim[0];
    Node *image = signal ? row_of(L, loc, x) : x;
    if (!layer_weights_fit(L, layer, loc, in) || !read_geometry(L, layer, &image, loc, &c))
        return front_poison(L);
    if (in % c.groups || out % c.groups) {
        layer_weights_error(L, layer, x, loc,
                            "groups (%d) must divide input channels (%d) and output channels (%d)",
                            c.groups, in, out);
        return front_poison(L);
    }
    if (signal && (c.kernel[1] - 1) * c.dilation[1] >= image->type.shape.dim[2] + 2 * c.pad[1]) {
        layer_weights_error(L, layer, x, loc, "its kernel (%d) is larger than its padded input",
                            c.kernel[1]);
        return front_poison(L);
    }
    ConvAttrs attrs = {.groups = c.groups};
    for (int i = 0; i < 2; i++) {
        attrs.stride[i] = c.stride[i];
        attrs.pad[i] = c.pad[i];
        attrs.dilation[i] = c.dilation[i];
    }
    if (is_transposed(layer) && !read_result(L, layer, &image, loc, &c, attrs.extra))
        return front_poison(L);
    make_weights(L, layer, &c, in);
    Node *operands[3] = {image, layer->weight, layer->bias};
    Node *y = front_add_node(L, layer->kind->op, loc, layer->name, layer->bias ? 3 : 2, operands,
                             ATTRS_AT(ConvAttrs, &attrs));
    return signal ? signal_of(L, loc, y) : y;
}

enum { POOL_KERNEL, POOL_STRIDE, POOL_PADDING };
#define POOL_SPECS(TYPE)                                                                           \
    {"kernel", TYPE, false, 1, 1024, {2, 2}, NULL, "size of the window"},                          \
        {"stride", TYPE,                                                                           \
         false,    1,                                                                              \
         1024,     {0, 0},                                                                         \
         NULL,     "distance between neighbouring windows; that of the kernel if left out"},       \
    {                                                                                              \
        "padding", TYPE, false, 0, 512, {0, 0}, NULL,                                              \
            "places added on each side, half of the kernel at most"                                \
    }
static const OptionSpec pool2d_specs[] = {POOL_SPECS(OPTION_PAIR)};
static const OptionSpec pool1d_specs[] = {POOL_SPECS(OPTION_INT)};

static Node *apply_pool2d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const double *stride = o[POOL_STRIDE].given ? o[POOL_STRIDE].number : o[POOL_KERNEL].number;
    PoolAttrs attrs = {.kernel = {0}};
    for (int i = 0; i < 2; i++) {
        attrs.kernel[i] = (int)o[POOL_KERNEL].number[i];
        attrs.stride[i] = (int)stride[i];
        attrs.pad[i] = (int)o[POOL_PADDING].number[i];
    }
    return front_add_node(L, layer->kind->op, loc, layer->name, 1, &x, ATTRS_AT(PoolAttrs, &attrs));
}

static Node *apply_pool1d(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const double kernel = o[POOL_KERNEL].number[0], padding = o[POOL_PADDING].number[0];
    const double stride = o[POOL_STRIDE].given ? o[POOL_STRIDE].number[0] : kernel;
    if (!layer_weights_want(L, layer, x, loc, 2, "(C, L)")) return front_poison(L);
    if (padding * 2 > kernel) {
        layer_weights_error(L, layer, NULL, loc,
                            "padding (%g) can be half of the kernel (%g) at most", padding, kernel);
        return front_poison(L);
    }
    if (kernel > x->type.shape.dim[1] + 2 * padding) {
        layer_weights_error(L, layer, x, loc, "its kernel (%g) is larger than its padded input",
                            kernel);
        return front_poison(L);
    }
    const PoolAttrs attrs = {{1, (int)kernel}, {1, (int)stride}, {0, (int)padding}, {0}};
    Node *row = row_of(L, loc, x);
    return signal_of(
        L, loc,
        front_add_node(L, layer->kind->op, loc, layer->name, 1, &row, ATTRS_AT(PoolAttrs, &attrs)));
}

enum { UPSAMPLE_SCALE, UPSAMPLE_WAY };
enum { WAY_LINEAR = UPSAMPLE_BILINEAR + 1 }; /* PyTorch's word for signals */
static const char *const upsample_ways[] = {"nearest", "bilinear", "linear", NULL};
static const OptionSpec upsample_specs[] = {
    {"scale", OPTION_PAIR, false, 1, 1024, {2, 2}, NULL, "factor of the sides"},
    {"mode",
     OPTION_WORD,
     false,
     0,
     0,
     {UPSAMPLE_NEAREST, 0},
     upsample_ways,
     "how values between places come about; of signals linear, of images bilinear"}};

static Node *apply_upsample(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const double *scale = o[UPSAMPLE_SCALE].number;
    const int way = (int)o[UPSAMPLE_WAY].number[0];
    const bool signal = x->type.shape.rank == 2, linear = way == WAY_LINEAR;
    if (!layer_weights_want(L, layer, x, loc, signal ? 2 : 3, "(C, H, W) or (C, L)"))
        return front_poison(L);
    const char *mistake = NULL;
    if (signal && scale[0] != scale[1])
        mistake = "scale of a signal is one number";
    else if (way != UPSAMPLE_NEAREST && signal != linear)
        mistake = signal ? "mode \"bilinear\" is for images (C, H, W); for signals it is \"linear\""
                         : "mode \"linear\" is for signals (C, L); for images it is \"bilinear\"";
    if (mistake) {
        layer_weights_error(L, layer, x, loc, "%s", mistake);
        return front_poison(L);
    }
    const UpsampleAttrs attrs = {{signal ? 1 : (int)scale[0], (int)scale[1]},
                                 linear ? UPSAMPLE_BILINEAR : way};
    Node *image = signal ? row_of(L, loc, x) : x;
    Node *y = front_add_node(L, &op_upsample, loc, layer->name, 1, &image,
                             ATTRS_AT(UpsampleAttrs, &attrs));
    return signal ? signal_of(L, loc, y) : y;
}

static Node *mean_over(lua_State *L, Loc loc, Node *x, unsigned axes, bool keep) {
    return front_add_node(L, &op_mean, loc, NULL, 1, &x,
                          ATTRS_WITH(ReduceAttrs, .axes = (int)axes, .keepdim = keep));
}

static Node *apply_global(lua_State *L, Layer *layer, Node *x, Loc loc) {
    if (!layer_weights_want(L, layer, x, loc, 3, "(C, H, W)")) return front_poison(L);
    return mean_over(L, loc, x, 1u << 1 | 1u << 2, false);
}

enum { ADAPTIVE_SIZE };
static const OptionSpec adaptive_specs[] = {
    {"size", OPTION_PAIR, false, 1, 1024, {1, 1}, NULL, "sides of the output"}};

/* Means of an axis in so many windows, as even as they can be, side by side. */
static Node *windows_of(lua_State *L, Loc loc, Node *x, int axis, int count) {
    const int size = x->type.shape.dim[axis];
    Node **means = ARENA_ARRAY(front_of(L)->arena, Node *, count);
    if (count == size) return x;
    for (int i = 0; i < count; i++) {
        const int from = (int)((int64_t)i * size / count);
        const int to = (int)(((int64_t)(i + 1) * size + count - 1) / count);
        const SliceAttrs slice = {from, to - from, .axis = axis + 1, .step = 1};
        Node *window = front_add_node(L, &op_slice, loc, NULL, 1, &x, ATTRS_AT(SliceAttrs, &slice));
        means[i] = mean_over(L, loc, window, 1u << axis, true);
    }
    return front_add_node(L, &op_concat, loc, NULL, count, means, ATTRS_WITH(AxisAttrs, axis + 1));
}

/* Windows of one size are a pool. Else a window's mean is taken first of its columns, then of these
 * means, along the row: the columns of a window are equally long. */
static Node *apply_adaptive(lua_State *L, Layer *layer, Node *x, Loc loc) {
    if (!layer_weights_want(L, layer, x, loc, 3, "(C, H, W)")) return front_poison(L);
    const double *size = layer->options[ADAPTIVE_SIZE].number;
    const int *dim = x->type.shape.dim, height = (int)size[0], width = (int)size[1];
    if (dim[1] % height == 0 && dim[2] % width == 0) {
        const int h = dim[1] / height, w = dim[2] / width;
        return front_add_node(L, &op_avg_pool2d, loc, NULL, 1, &x,
                              ATTRS_WITH(PoolAttrs, .kernel = {h, w}, .stride = {h, w}));
    }
    return windows_of(L, loc, windows_of(L, loc, x, 1, height), 2, width);
}

#define SPECS(s) s, (int)(sizeof s / sizeof *s)
const LayerKind convolution_kinds[] = {
    {"conv2d", "convolution, (C, H, W) to (out, H', W')", &op_conv2d, SPECS(conv2d_specs), true,
     CONV_INIT, convolution_apply},
    {"conv1d", "convolution of signals, (C, L) to (out, L')", &op_conv2d, SPECS(conv1d_specs), true,
     CONV_INIT, convolution_apply},
    {"conv_transpose2d", "transposed convolution, (C, H, W) to (out, H', W')", &op_conv_transpose2d,
     SPECS(transposed_specs), true, CONV_INIT, convolution_apply},
    {"max_pool2d", "the largest of each window", &op_max_pool2d, SPECS(pool2d_specs), false, 0,
     apply_pool2d},
    {"avg_pool2d", "the mean of each window", &op_avg_pool2d, SPECS(pool2d_specs), false, 0,
     apply_pool2d},
    {"max_pool1d", "the largest of each window of a signal", &op_max_pool2d, SPECS(pool1d_specs),
     false, 0, apply_pool1d},
    {"avg_pool1d", "the mean of each window of a signal", &op_avg_pool2d, SPECS(pool1d_specs),
     false, 0, apply_pool1d},
    {"global_avg_pool2d", "the mean of each channel, (C, H, W) to (C)", &op_mean, NULL, 0, false, 0,
     apply_global},
    {"adaptive_avg_pool2d",
     "means of windows that are as even as they can be, (C, H, W) to (C, size, size)",
     &op_avg_pool2d, SPECS(adaptive_specs), false, 0, apply_adaptive},
    {"upsample", "a larger image or a longer signal", &op_upsample, SPECS(upsample_specs), false, 0,
     apply_upsample},
    {0}};
