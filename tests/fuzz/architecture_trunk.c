/* The layers of images, and the lots that all of the architecture is drawn by. */
#include <stdio.h>
#include <string.h>

#include "architecture.h"
#include "compiler/graph/op.h"

Lots lots;
Layers layers;

static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void begin(int element) {
    lots.stream = mix(lots.seed * 1000003u + (uint64_t)element + 1);
}

int below(int n) {
    lots.stream += 0x9e3779b97f4a7c15u;
    return (int)(mix(lots.stream) % (uint64_t)n);
}

bool element(int id, int of) {
    begin(id);
    return below(of) == 0 && !lots.left_out[id];
}

static int window(int size, int kernel, int stride, int padding, int dilation) {
    return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

static bool fits(int size, int kernel, int padding, int dilation) {
    return size + 2 * padding >= dilation * (kernel - 1) + 1;
}

/* A value of the attribute as a file writes it. */
static void write_attribute(char *text, size_t size, const AttrSpec *a) {
    const double low = a->low > -2 ? a->low : -2, high = a->high < 2 ? a->high : 2;
    int n = 0;
    switch (a->type) {
    case ATTR_REAL:
        snprintf(text, size, "%s = %.2f, ", a->name, low + (high - low) * below(11) / 10);
        break;
    case ATTR_INT:
    case ATTR_BITS:
        snprintf(text, size, "%s = %d, ", a->name, (int)low + below((int)(high - low) + 1));
        break;
    case ATTR_BOOL:
        snprintf(text, size, "%s = %s, ", a->name, below(2) ? "true" : "false");
        break;
    case ATTR_WORD:
        while (a->words[n]) n++;
        snprintf(text, size, "%s = \"%s\", ", a->name, a->words[below(n)]);
    }
}

/* One of the element-wise layers; the text lives until the next call. A ReLU every other time: the
 * compiler knows most about it. */
const char *activation(void) {
    static char text[400];
    const Op *choices[100];
    int n = 0;
    for (int i = 0; all_ops[i] && n < 100; i++)
        if (all_ops[i]->layer && all_ops[i]->row) choices[n++] = all_ops[i];
    const int choice = below(2 * n);
    if (choice >= n) return "nn.relu";
    const Op *op = choices[choice];
    size_t used = (size_t)snprintf(text, sizeof text, "nn.%s", op->name);
    if (!op->n_attrs) return text;
    used += (size_t)snprintf(text + used, sizeof text - used, " { ");
    for (int i = 0; i < op->n_attrs; i++) {
        write_attribute(text + used, sizeof text - used, &op->attrs[i]);
        used = strlen(text);
    }
    snprintf(text + used, sizeof text - used, "}");
    return text;
}

static const char *init(void) {
    static const char *const all[] = {
        "",
        "",
        "",
        ", init = nn.kaiming_uniform",
        ", init = nn.xavier_normal",
        ", init = { weight = nn.normal(0, 0.1), bias = nn.uniform(-0.1, 0.1) }"};
    return all[below(6)];
}

/* How a convolution or a pool goes over an image; the same both ways, or not. */
typedef struct Way {
    int kernel[2], stride[2], padding[2], dilation[2];
} Way;

static void axis(Way *way, int i, int size, int kernel, int stride, int padding, int dilation) {
    if (!fits(size, kernel, padding, dilation)) kernel = 1, dilation = 1, padding = 0;
    way->kernel[i] = kernel;
    way->stride[i] = stride;
    way->padding[i] = padding;
    way->dilation[i] = dilation;
}

static void write_pair(const char *name, const int *pair) {
    if (pair[0] == pair[1])
        printf("%s = %d, ", name, pair[0]);
    else
        printf("%s = { %d, %d }, ", name, pair[0], pair[1]);
}

static void write_way(const Way *way) {
    write_pair("kernel", way->kernel);
    write_pair("stride", way->stride);
    write_pair("padding", way->padding);
}

static Image behind(Image y, const Way *way, int channels) {
    const int *k = way->kernel, *s = way->stride, *p = way->padding, *d = way->dilation;
    return (Image){channels, window(y.height, k[0], s[0], p[0], d[0]),
                   window(y.width, k[1], s[1], p[1], d[1])};
}

static const char *layer_name(int id) {
    snprintf(layers.name[layers.n], sizeof layers.name[0], "k%d", id);
    return layers.name[layers.n++];
}

static Image convolution(Image y, int id) {
    int kernel = 1 + below(5), stride = 1 + (below(3) == 0), padding = below(3);
    int dilation = 1 + (below(4) == 0), groups = 1, out = 1 + below(20);
    if (below(3) == 0) kernel = 3, stride = 1, padding = 1, dilation = 1, out = 16 * (1 + below(2));
    Way way;
    axis(&way, 0, y.height, kernel, stride, padding, dilation);
    if (below(4) == 0) kernel = 1 + below(5), stride = 1 + below(2), padding = below(kernel);
    axis(&way, 1, y.width, kernel, stride, padding, dilation);
    if (below(4) == 0) groups = y.channels, out = y.channels * (1 + below(2));
    if (below(2) && y.width > LONG) { /* signals are read in wide windows */
        kernel = 2 + below(LONG), stride = 1 + below(4);
        axis(&way, 1, y.width, kernel, stride, below(2) ? below(kernel) : 0, 1 + below(2));
    }
    printf("  y = use(nn.conv2d, { name = \"%s\", out = %d, ", layer_name(id), out);
    const bool same = way.stride[0] == 1 && way.stride[1] == 1 && below(4) == 0;
    if (same) {
        write_pair("kernel", way.kernel);
        printf("padding = \"same\", ");
    } else {
        write_way(&way);
    }
    write_pair("dilation", way.dilation);
    printf("groups = %d, bias = %s%s })(y)\n", groups, below(4) ? "true" : "false", init());
    if (below(4)) printf("  y = %s(y)\n", activation());
    return same ? (Image){out, y.height, y.width} : behind(y, &way, out);
}

static Image pool(Image y) {
    int kernel = 2 + below(2), stride = 1 + below(3), padding = below(3) == 0;
    bool max = below(3) != 0;
    Way way;
    axis(&way, 0, y.height, kernel, stride, padding, 1);
    if (below(4) == 0) kernel = 2 + below(2), stride = 1 + below(3), padding = below(2);
    axis(&way, 1, y.width, kernel, stride, padding, 1);
    printf("  y = nn.%s_pool2d { ", max ? "max" : "avg");
    write_way(&way);
    puts("}(y)");
    return behind(y, &way, y.channels);
}

static const char *normalisation(void) {
    static const char *const options[] = {"", "", ", affine = false", ", bias = false",
                                          ", eps = 1e-3"};
    return options[below(5)];
}

/* A layer that moves elements at random. */
static void augment(Image y) {
    static const char *const modes[] = {"constant", "replicate", "reflect"};
    const int least = y.height < y.width ? y.height : y.width;
    const int mode = below(3), padding = below(mode == 2 ? least : 6);
    switch (below(3)) {
    case 0:
        printf("  y = use(nn.random_flip, { axis = %d, p = 0.%d })(y)\n",
               (1 + below(3)) * (below(2) ? 1 : -1), 1 + below(9));
        break;
    case 1:
        printf("  y = use(nn.random_crop, { padding = %d, mode = \"%s\" })(y)\n", padding,
               modes[mode]);
        break;
    default:
        printf("  y = use(nn.random_erase, { size = %d, p = 0.%d })(y)\n", 1 + below(least),
               1 + below(9));
    }
}

/* Some places of one of the axes. */
static Image slice(Image y) {
    int *sizes[] = {&y.channels, &y.height, &y.width};
    const int axis = below(3), size = *sizes[axis], from = below(size), step = 1 + below(3);
    const int to = from + below(size - from);
    printf("  y = nn.slice(y, %d, %d, %d, %d)\n", below(2) ? axis + 1 : axis - 3, from + 1,
           below(2) ? to + 1 : to - size, step);
    *sizes[axis] = (to - from) / step + 1;
    return y;
}

/* The image in another order of axes, with a border, or in pieces put together again. */
static Image rearranged(Image y) {
    static const char *const modes[] = {"constant\", value = 0.5", "constant\"", "replicate\"",
                                        "reflect\""};
    int *sizes[] = {&y.channels, &y.height, &y.width};
    const int axis = below(3), other = (axis + 1 + below(2)) % 3, size = *sizes[axis];
    const int mode = below(4), before = below(mode == 3 && size < 3 ? size : 3),
              after = below(before + 1);
    switch (below(6)) {
    case 0:
        printf("  y = nn.flip(y, %d)\n", below(2) ? axis + 1 : axis - 3);
        break;
    case 1:
        printf("  y = nn.pad(y, %d, %d, %d, { mode = \"%s })\n", axis + 1, before, after,
               modes[mode]);
        *sizes[axis] += before + after;
        break;
    case 2:
        printf("  y = nn.transpose(y, %d, %d)\n", axis + 1, other - 3);
        *sizes[axis] = *sizes[other];
        *sizes[other] = size;
        break;
    case 3:
        printf("  y = nn.reshape(nn.permute(y, { 2, 3, 1 }), { %d, -1, %d })\n", y.channels,
               y.width);
        break;
    case 4:
        printf("  y = nn.reshape(nn.stack { y, %s(y), axis = %d }, { %d, %d, -1 })\n", activation(),
               below(2) ? axis + 1 : -1, y.channels, y.height);
        y.width *= 2;
        break;
    default:
        if (size < 2) break;
        printf("  do local a, b = nn.split(y, %d, %d); y = nn.concat { b, a, axis = %d } end\n",
               axis + 1, (size + 1) / 2, axis + 1);
    }
    return y;
}

/* The image beside an activation of it along one of its axes. */
static Image joined(Image y) {
    int *sizes[] = {&y.channels, &y.height, &y.width};
    const int axis = below(3);
    if (*sizes[axis] > 20) return y;
    printf("  y = nn.concat { %s(y), y, axis = %d }\n", activation(), axis + 1);
    *sizes[axis] *= 2;
    return y;
}

static Image transposed(Image y, int id) {
    const int kernel = 1 + below(4), stride = 1 + below(3), dilation = 1 + (below(4) == 0);
    const int padding = below(kernel), more = below(stride), out = 1 + below(20);
    const int reach = dilation * (kernel - 1) + more + 1 - 2 * padding;
    const Image large = {out, (y.height - 1) * stride + reach, (y.width - 1) * stride + reach};
    if (large.height < 1 || large.width < 1 || large.height > 40 || large.width > 40) return y;
    printf("  y = use(nn.conv_transpose2d, { name = \"%s\", out = %d, kernel = %d, stride = %d, "
           "padding = %d, "
           "output_padding = %d, dilation = %d, bias = %s })(y)\n",
           layer_name(id), out, kernel, stride, padding, more, dilation,
           below(4) ? "true" : "false");
    return large;
}

/* A larger image, or one of a stated size. */
static Image resized(Image y) {
    const int h = 1 + below(3), w = 1 + below(2);
    switch (below(3)) {
    case 0:
        if (y.height * h > 40 || y.width * w > 40) return y;
        printf("  y = nn.upsample { scale = { %d, %d }, mode = \"%s\" }(y)\n", h, w,
               below(2) ? "nearest" : "bilinear");
        return (Image){y.channels, y.height * h, y.width * w};
    case 1:
        if (y.channels % (h * h) || y.height * h > 40 || y.width * h > 40) return y;
        printf("  y = nn.pixel_shuffle { factor = %d }(y)\n", h);
        return (Image){y.channels / (h * h), y.height * h, y.width * h};
    default:
        printf("  y = nn.adaptive_avg_pool2d { size = { %d, %d } }(y)\n", h + 1, w + 2);
        return (Image){y.channels, h + 1, w + 2};
    }
}

/* Sums over axes, beside the image again. */
static const char *const spread[] = {
    "y = y * nn.sigmoid(nn.mean(y, { axis = { 2, 3 }, keepdim = true }))",
    "y = y - 0.5 * nn.mean(y, { axis = 1, keepdim = true })",
    "y = nn.tanh(y) + nn.sigmoid(nn.sum(y, { axis = { 1, 3 }, keepdim = true }))",
    "y = y * nn.tanh(nn.mean(y, { axis = 1 })) - nn.mean(y)",
    "y = nn.sum(nn.tanh(y), { axis = -1, keepdim = true }) * nn.mean(y, { axis = 2, keepdim = true "
    "}) + 0.1 * y",
    "y = nn.where(nn.greater(y, nn.mean(y, { axis = { 1, 2 }, keepdim = true })), y, 0.1 * "
    "nn.mean(y))"};

static Image trunk_layer(Image y, int id) {
    switch (below(18)) {
    case 17:
        return transposed(y, id);
    case 16:
        return resized(y);
    case 15:
        return y.width < 100 ? rearranged(y) : y;
    case 14:
        printf("  %s\n", spread[below(6)]);
        return y;
    case 11:
        return slice(y);
    case 12:
        return joined(y);
    case 13:
        augment(y);
        return y;
    case 0:
    case 1:
        return pool(y);
    case 2:
        printf("  y = use(nn.dropout%s, { p = 0.%d })(y)\n", below(2) ? "" : "2d", 1 + below(6));
        return y;
    case 3:
        printf("  y = y * 0.5 %c use(nn.conv2d, { name = \"%s\", out = %d, kernel = 1 })(y)\n",
               below(2) ? '+' : '-', layer_name(id), y.channels);
        return y;
    case 4: {
        int out = 1 + below(6);
        printf(
            "  y = nn.concat { use(nn.conv2d, { name = \"%s\", out = %d, kernel = 1 })(y), y }\n",
            layer_name(id), out);
        y.channels += out;
        return y;
    }
    case 10: {
        /* Beside the value itself, as the gradients of a normalisation cancel each other, and of
         * more than a few values, which may be nearly equal. */
        const char *options = normalisation();
        const int axes = 1 + below(3);
        if (y.height * y.width > 1 && below(2)) {
            printf(
                "  y = use(nn.batch_norm2d, { name = \"%s\", momentum = 0.%d%s })(y) + 0.5 * y\n",
                layer_name(id), 1 + below(5), options);
            return y;
        }
        if (y.height * y.width > 1 && !strstr(options, "bias") && below(2)) {
            int groups = y.height * y.width > 3 ? 1 + below(y.channels) : 1;
            while (y.channels % groups) groups--;
            printf("  y = use(nn.group_norm, { name = \"%s\", groups = %d%s })(y) + 0.5 * y\n",
                   layer_name(id), groups, options);
        } else {
            printf("  y = use(nn.layer_norm, { name = \"%s\", axes = %d%s })(y) + 0.5 * y\n",
                   layer_name(id), y.width < 8 ? 3 : axes, options);
        }
        if (strstr(options, "affine")) layers.n--; /* it has nothing to freeze */
        return y;
    }
    case 5:
        if (below(4) == 0 && y.channels <= 20) {
            puts("  y = nn.concat { y, y }");
            y.channels *= 2;
            return y;
        }
        puts(below(3) == 0   ? "  y = nn.tanh(y * y) - (y - y)"
             : below(2) == 0 ? "  y = y / (1.5 + nn.sigmoid(y))"
                             : "  y = nn.tanh(y) * (1 - y)");
        return y;
    default:
        return convolution(y, id);
    }
}

/* Every call of `trunk` applies the layers that the first one made. */
void write_trunk(Image y) {
    puts("local made, at = {}, 0\n"
         "local function use(make, options)\n"
         "  at = at + 1; made[at] = made[at] or make(options); return made[at]\n"
         "end\n"
         "local function trunk(y)\n"
         "  at = 0");
    if (element(AUGMENT, 2))
        for (int n = 1 + below(3); n > 0; n--) augment(y);
    for (int id = TRUNK; id < BRANCHES; id++)
        if (element(id, 1 + id / 4)) y = trunk_layer(y, id);
    begin(HEAD);
    printf("  return %s(use(nn.linear, { name = \"fc\", out = size })(nn.flatten(y))), y\nend\n",
           activation());
    puts("local f, y = trunk(x)");
}
