/* Larger images: nearest and bilinear upsampling by whole numbers, as PyTorch's with align_corners
 * = false; channels as places of a finer image. */
#include <string.h>

#include "rules.h"

const char *const upsample_modes[] = {"nearest", "bilinear", NULL};

/* A place of the larger image is made of two of the smaller, along each direction: of `part` of the
 * next one and the rest of the first. */
typedef struct Source {
    int first, next;
    double part;
} Source;

static Source upsample_source(int mode, int scale, int size, int place) {
    if (mode == UPSAMPLE_NEAREST) return (Source){place / scale, place / scale, 0};
    const int twice = 2 * place + 1 - scale, at = twice < 0 ? 0 : twice;
    const int first = at / (2 * scale), next = first + 1 < size ? first + 1 : size - 1;
    return (Source){first, next, (double)(at % (2 * scale)) / (2 * scale)};
}

static Shape scaled(const Node *n, Shape s) {
    s.dim[1] *= ATTRS(n, UpsampleAttrs)->scale[0];
    s.dim[2] *= ATTRS(n, UpsampleAttrs)->scale[1];
    return s;
}

static bool upsample_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    const Shape x = n->in[0]->type.shape;
    for (int i = 0; i < 2; i++)
        if ((int64_t)x.dim[1 + i] * ATTRS(n, UpsampleAttrs)->scale[i] > MAX_DIM)
            return op_error(g, n, 0, "makes an axis of more than %d places", MAX_DIM);
    n->type = type_sample(scaled(n, x));
    return true;
}

/* Calls `body` for each place (oy, ox) of each plane of the larger image and each place `at` of the
 * smaller one that it is made of, with its weight. */
#define EACH_SOURCE(n, x, planes, body)                                                            \
    const UpsampleAttrs *const by = ATTRS(n, UpsampleAttrs);                                       \
    for (int64_t plane = 0; plane < (planes); plane++)                                             \
        for (int oy = 0; oy < (x).dim[1] * by->scale[0]; oy++)                                     \
            for (int ox = 0; ox < (x).dim[2] * by->scale[1]; ox++) {                               \
                const int mode = by->mode;                                                         \
                const Source v = upsample_source(mode, by->scale[0], (x).dim[1], oy);              \
                const Source u = upsample_source(mode, by->scale[1], (x).dim[2], ox);              \
                const int64_t to =                                                                 \
                    (plane * (x).dim[1] * by->scale[0] + oy) * (x).dim[2] * by->scale[1] + ox;     \
                for (int corner = 0; corner < 4; corner++) {                                       \
                    const double weight =                                                          \
                        (corner / 2 ? v.part : 1 - v.part) * (corner % 2 ? u.part : 1 - u.part);   \
                    const int64_t at =                                                             \
                        (plane * (x).dim[1] + (corner / 2 ? v.next : v.first)) * (x).dim[2] +      \
                        (corner % 2 ? u.next : u.first);                                           \
                    if (weight > 0) body;                                                          \
                }                                                                                  \
            }

static void upsample_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Shape x = n->in[0]->type.shape;
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    EACH_SOURCE(n, x, (int64_t)env->batch * x.dim[0], out[to] += weight * in[0][at])
}

static void upsample_gradient(Gradient *g) {
    g->dx[0] = grad_node(g, &op_upsample_grad, 1, &g->dy, &g->node->attrs);
}

static bool upsample_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    Shape s = n->in[0]->type.shape;
    for (int i = 0; i < 2; i++) {
        const int scale = ATTRS(n, UpsampleAttrs)->scale[i];
        if (s.dim[1 + i] % scale) return op_error(g, n, 0, "wants multiples of %d", scale);
        s.dim[1 + i] /= scale;
    }
    n->type = type_sample(s);
    return true;
}

static void upsample_grad_value(const Env *env, const Node *n, const double *const *in,
                                double *out) {
    const Shape x = n->type.shape;
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    EACH_SOURCE(n, x, (int64_t)env->batch * x.dim[0], out[at] += weight * in[0][to])
}

static bool shuffle_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    Shape s = n->in[0]->type.shape;
    const int factor = ATTRS(n, ShuffleAttrs)->factor, squared = factor * factor;
    if (s.dim[0] % squared)
        return op_error(g, n, 0, "wants a multiple of %d channels, factor * factor", squared);
    n->type = type_sample(shape_of(3, s.dim[0] / squared, s.dim[1] * factor, s.dim[2] * factor));
    return true;
}

static bool shuffle_grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 3, "(C, H, W)")) return false;
    Shape s = n->in[0]->type.shape;
    const int factor = ATTRS(n, ShuffleAttrs)->factor;
    if (s.dim[1] % factor || s.dim[2] % factor)
        return op_error(g, n, 0, "wants multiples of %d", factor);
    n->type =
        type_sample(shape_of(3, s.dim[0] * factor * factor, s.dim[1] / factor, s.dim[2] / factor));
    return true;
}

/* Between (C r r, H, W) and (C, H r, W r): channel (c, i, j) is row i, column j of a place. */
static void copy_shuffled(const Env *env, const Node *n, Shape fine, double *of_coarse,
                          double *of_fine, bool to_fine) {
    const int r = ATTRS(n, ShuffleAttrs)->factor, H = fine.dim[1], W = fine.dim[2];
    for (int64_t plane = 0; plane < (int64_t)env->batch * fine.dim[0]; plane++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const int64_t channel = (plane * r + y % r) * r + x % r;
                double *one = of_coarse + (channel * (H / r) + y / r) * (W / r) + x / r;
                double *two = of_fine + (plane * H + y) * W + x;
                *(to_fine ? two : one) = *(to_fine ? one : two);
            }
}

static void shuffle_value(const Env *env, const Node *n, const double *const *in, double *out) {
    copy_shuffled(env, n, n->type.shape, (double *)in[0], out, true);
}

static void shuffle_grad_value(const Env *env, const Node *n, const double *const *in,
                               double *out) {
    copy_shuffled(env, n, n->in[0]->type.shape, out, (double *)in[0], false);
}

static void shuffle_gradient(Gradient *g) {
    g->dx[0] = grad_node(g, &op_pixel_shuffle_grad, 1, &g->dy, &g->node->attrs);
}

static const AttrSpec upsample_attrs[] = {
    MEMBER(UpsampleAttrs, scale[0], "scale_h", 1, 1024, 2),
    MEMBER(UpsampleAttrs, scale[1], "scale_w", 1, 1024, 2),
    MEMBER_OF_WORDS(UpsampleAttrs, mode, "mode", 1, 0, upsample_modes)};
static const AttrSpec shuffle_attrs[] = {MEMBER(ShuffleAttrs, factor, "factor", 1, 1024, 2)};
static const OpSample upsample_samples[] = {{.inputs = "S(3,4,5)"},
                                            {.inputs = "S(18,3,2)", WITH(3, 1, UPSAMPLE_NEAREST)},
                                            {.inputs = "S(3,4,5)", WITH(2, 2, UPSAMPLE_BILINEAR)},
                                            {.inputs = "S(32,3,1)", WITH(2, 3, UPSAMPLE_BILINEAR)},
                                            {.inputs = "S(17,2,4)", WITH(4, 5, UPSAMPLE_BILINEAR)}};
static const OpSample upsample_grad_samples[] = {
    {.inputs = "S(3,8,10)"},
    {.inputs = "S(18,9,2)", WITH(3, 1, UPSAMPLE_NEAREST)},
    {.inputs = "S(3,8,10)", WITH(2, 2, UPSAMPLE_BILINEAR)},
    {.inputs = "S(32,6,3)", WITH(2, 3, UPSAMPLE_BILINEAR)}};
static const OpSample shuffle_samples[] = {
    {.inputs = "S(12,3,2)"}, {.inputs = "S(64,2,3)"}, {.inputs = "S(9,3,4)", WITH(3)}};
static const OpSample shuffle_grad_samples[] = {
    {.inputs = "S(3,6,4)"}, {.inputs = "S(16,4,6)"}, {.inputs = "S(1,9,12)", WITH(3)}};

const Op op_upsample = {.name = "upsample",
                        .help = "a larger image: nearest or bilinear",
                        .min_in = 1,
                        .max_in = 1,
                        HAS_ATTRS(UpsampleAttrs, upsample_attrs),
                        .shape = upsample_shape,
                        .gradient = upsample_gradient,
                        .reference = upsample_value,
                        SAMPLES(upsample_samples),
                        .traits = TRAIT_MAPS};
const Op op_upsample_grad = {.name = "upsample_grad",
                             .help = "gradient of upsample",
                             .min_in = 1,
                             .max_in = 1,
                             HAS_ATTRS(UpsampleAttrs, upsample_attrs),
                             .shape = upsample_grad_shape,
                             .reference = upsample_grad_value,
                             SAMPLES(upsample_grad_samples),
                             .backward_only = true,
                             .traits = TRAIT_MAPS};
const Op op_pixel_shuffle = {.name = "pixel_shuffle",
                             .onnx = "DepthToSpace",
                             .help = "channels as places of a finer image",
                             .min_in = 1,
                             .max_in = 1,
                             HAS_ATTRS(ShuffleAttrs, shuffle_attrs),
                             .attr_help = {"how much finer the image is"},
                             .shape = shuffle_shape,
                             .gradient = shuffle_gradient,
                             .reference = shuffle_value,
                             SAMPLES(shuffle_samples),
                             .layer = true,
                             .traits = TRAIT_MAPS | TRAIT_COPIES};
const Op op_pixel_shuffle_grad = {.name = "pixel_shuffle_grad",
                                  .help = "gradient of pixel_shuffle: its inverse",
                                  .min_in = 1,
                                  .max_in = 1,
                                  HAS_ATTRS(ShuffleAttrs, shuffle_attrs),
                                  .shape = shuffle_grad_shape,
                                  .reference = shuffle_grad_value,
                                  SAMPLES(shuffle_grad_samples),
                                  .backward_only = true,
                                  .traits = TRAIT_MAPS | TRAIT_COPIES};
