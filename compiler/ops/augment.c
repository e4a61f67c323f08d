/* Random flips, crops and erased squares: augmentation in training. Each draws once for each sample
 * and step, whatever it is called on; draws are a function of seed, layer, step and sample alone,
 * see ops.h. They only move elements, so class indices go through, too: new places are class 0. */
#include <string.h>

#include "rules.h"

/* What is drawn for a sample, in the terms of ops.h. */
typedef struct Draw {
    bool happens;
    int row, column; /* random_crop: where the crop begins in the image before it was padded;
                        random_erase: the first row and column of the square */
} Draw;

int moved_axis(const Node *n) {
    const int axis = ATTRS(n, MoveAttrs)->axis, rank = n->type.shape.rank;
    return axis < 0 ? rank + axis : axis - 1;
}

/* Sizes of the map that crops and erased squares work in. */
static int rows_of(Shape s) {
    return s.dim[s.rank - 2];
}

static int columns_of(Shape s) {
    return s.dim[s.rank - 1];
}

static uint32_t bits_of(uint32_t key, int64_t sample, int word) {
    return dropout_hash((uint32_t)sample * MOVE_WORDS + (uint32_t)word, key);
}

/* One of 0 .. count - 1. */
static int one_of(uint32_t bits, int count) {
    return (int)((uint64_t)bits * (uint64_t)count >> 32);
}

static Draw draw_of(const Env *env, const Node *n, int sample) {
    const Shape s = n->type.shape;
    const int64_t at = env->first_sample + sample % (env->batch / n->type.parts);
    const uint32_t key =
        dropout_key(env->seed, ATTRS(n, MoveAttrs)->stream, 0, (uint64_t)env->step);
    const uint32_t threshold = dropout_threshold(ATTRS(n, MoveAttrs)->p);
    Draw d = {.happens = env->dropout && bits_of(key, at, 0) >> 16 < threshold};
    if (!d.happens || n->op == &op_random_flip) return d;
    const uint32_t row = bits_of(key, at, 1), column = bits_of(key, at, 2);
    if (n->op == &op_random_erase) {
        const int half = ATTRS(n, MoveAttrs)->size / 2;
        d.row = one_of(row, rows_of(s)) - half;
        d.column = one_of(column, columns_of(s)) - half;
    } else {
        const int padding = ATTRS(n, MoveAttrs)->padding;
        d.row = one_of(row, 2 * padding + 1) - padding;
        d.column = one_of(column, 2 * padding + 1) - padding;
    }
    return d;
}

/* The place in an axis of `size` that a place of the padded axis shows; -1: none. */
static int padded_place(int mode, int i, int size) {
    if (i >= 0 && i < size) return i;
    if (mode == PAD_CONSTANT) return -1;
    if (mode == PAD_REPLICATE) return i < 0 ? 0 : size - 1;
    return i < 0 ? -i : 2 * (size - 1) - i;
}

/* The element of the operand that element k of the result shows; -1: none, it is zero. */
static int64_t source(const Node *n, Draw d, int64_t k) {
    const Shape s = n->type.shape;
    if (!d.happens) return k;
    if (n->op == &op_random_flip) {
        const int axis = moved_axis(n), size = s.dim[axis];
        const int64_t step = shape_inner(s, axis);
        return k + (size - 1 - 2 * (k / step % size)) * step;
    }
    const int H = rows_of(s), W = columns_of(s), y = (int)(k / W % H), x = (int)(k % W);
    if (n->op == &op_random_erase) {
        const int size = ATTRS(n, MoveAttrs)->size;
        const bool inside = y >= d.row && y < d.row + size && x >= d.column && x < d.column + size;
        return inside ? -1 : k;
    }
    const int mode = ATTRS(n, MoveAttrs)->mode;
    const int from_y = padded_place(mode, y + d.row, H),
              from_x = padded_place(mode, x + d.column, W);
    return from_y < 0 || from_x < 0 ? -1 : k + (int64_t)(from_y - y) * W + from_x - x;
}

static void move_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t each = shape_count(n->type.shape);
    for (int b = 0; b < env->batch; b++) {
        const Draw d = draw_of(env, n, b);
        for (int64_t k = 0; k < each; k++) {
            const int64_t from = source(n, d, k);
            out[b * each + k] = from < 0 ? 0 : in[0][b * each + from];
        }
    }
}

/* The adjoint: each element goes back to where it came from. */
static void crop_grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t each = shape_count(n->type.shape);
    memset(out, 0, sizeof *out * (size_t)all_elements(env, n));
    for (int b = 0; b < env->batch; b++) {
        const Draw d = draw_of(env, n, b);
        for (int64_t k = 0; k < each; k++) {
            const int64_t to = source(n, d, k);
            if (to < 0) continue;
            double *sum = &out[b * each + to];
            *sum = partial_sum(env, *sum + in[0][b * each + k]);
        }
    }
}

static bool move_shape(Graph *g, Node *n, int least_rank, const char *words) {
    const Type *x = &n->in[0]->type;
    if (x->kind != KIND_SAMPLE || x->shape.rank < least_rank)
        return op_error(g, n, 0, "wants %s", words);
    n->type = *x;
    return true;
}

static bool flip_shape(Graph *g, Node *n) {
    if (!move_shape(g, n, 1, "a value with axes, one of which it flips")) return false;
    const int axis = ATTRS(n, MoveAttrs)->axis, rank = n->type.shape.rank;
    if (axis != 0 && axis >= -rank && axis <= rank) return true;
    return op_error(g, n, 0,
                    "there is no axis %d: axes are 1 to %d from the first on, -1 to -%d from the "
                    "last",
                    axis, rank, rank);
}

static bool map_shape(Graph *g, Node *n) {
    return move_shape(g, n, 2, "(H, W) or (C, H, W), whose last two axes it moves");
}

static bool crop_shape(Graph *g, Node *n) {
    if (!map_shape(g, n)) return false;
    const Shape s = n->type.shape;
    const int least = rows_of(s) < columns_of(s) ? rows_of(s) : columns_of(s);
    if (ATTRS(n, MoveAttrs)->mode != PAD_REFLECT || ATTRS(n, MoveAttrs)->padding < least)
        return true;
    return op_error(g, n, 0,
                    "mode \"reflect\" takes a padding below the shorter side, of at most %d here, "
                    "not %d; mode \"replicate\" takes any",
                    least - 1, ATTRS(n, MoveAttrs)->padding);
}

static bool erase_shape(Graph *g, Node *n) {
    if (!map_shape(g, n)) return false;
    const int H = rows_of(n->type.shape), W = columns_of(n->type.shape);
    const int size = ATTRS(n, MoveAttrs)->size;
    if (size <= H && size <= W) return true;
    return op_error(g, n, 0,
                    "its square of size %d is larger than the map; size is at most %d here", size,
                    H < W ? H : W);
}

/* Flipping back is flipping; what is erased has no gradient. */
static void same_gradient(Gradient *g) {
    g->dx[0] = grad_node(g, g->node->op, 1, &g->dy, &g->node->attrs);
}

static void crop_gradient(Gradient *g) {
    g->dx[0] = grad_node(g, &op_random_crop_grad, 1, &g->dy, &g->node->attrs);
}

const char *const pad_modes[] = {"constant", "reflect", "replicate", NULL};

#define STREAM MEMBER(MoveAttrs, stream, "stream", 0, UINT32_MAX, 0)
static const AttrSpec flip_attrs[] = {MEMBER(MoveAttrs, p, "p", 0, 1, 0.5), STREAM,
                                      MEMBER(MoveAttrs, axis, "axis", -MAX_RANK, MAX_RANK, -1)};
static const AttrSpec crop_attrs[] = {
    MEMBER(MoveAttrs, p, "p", 0, 1, 1), STREAM,
    MEMBER(MoveAttrs, padding, "padding", 0, MAX_PADDING, 4),
    MEMBER_OF_WORDS(MoveAttrs, mode, "mode", PAD_REPLICATE, PAD_CONSTANT, pad_modes)};
static const AttrSpec erase_attrs[] = {MEMBER(MoveAttrs, p, "p", 0, 1, 0.5), STREAM,
                                       MEMBER(MoveAttrs, size, "size", 1, MAX_DIM, 8)};

static const OpSample flip_samples[] = {
    {.inputs = "S(3,5,4)", WITH(0.5, 17, -1)}, {.inputs = "S(3,5,4)", WITH(0.6, 18, 1)},
    {.inputs = "S(18,2,7)", WITH(1, 19, 2)},   {.inputs = "S(37)", WITH(0.5, 20, -1)},
    {.inputs = "S(20,6)", WITH(0.5, 21, -2)},  {.inputs = "S(16,3,3)", WITH(0.5, 23, -2)}};
static const OpSample crop_samples[] = {{.inputs = "S(3,6,5)", WITH(1, 31, 2, PAD_CONSTANT)},
                                        {.inputs = "S(18,6,7)", WITH(1, 32, 5, PAD_REFLECT)},
                                        {.inputs = "S(3,2,5)", WITH(1, 33, 4, PAD_REPLICATE)},
                                        {.inputs = "S(19,6)", WITH(1, 34, 2, PAD_REFLECT)},
                                        {.inputs = "S(9,20)", WITH(1, 35, 3, PAD_CONSTANT)}};
static const OpSample crop_grad_samples[] = {
    {.inputs = "S(3,6,5)", WITH(1, 31, 2, PAD_CONSTANT)},
    {.inputs = "S(18,6,7)", WITH(1, 32, 5, PAD_REFLECT)},
    {.inputs = "S(2,5,4)*2", WITH(1, 36, 1, PAD_REFLECT)},
    {.inputs = "S(16,2,3)*3", WITH(1, 37, 9, PAD_REPLICATE)}};
static const OpSample erase_samples[] = {{.inputs = "S(3,6,5)", WITH(1, 41, 3)},
                                         {.inputs = "S(18,4,7)", WITH(0.5, 42, 4)},
                                         {.inputs = "S(19,6)", WITH(0.8, 43, 2)}};

#define MOVE(word, help_, attrs_, samples_, shape_, gradient_, value_, backward)                   \
    const Op op_##word = {.name = #word,                                                           \
                          .help = help_,                                                           \
                          .min_in = 1,                                                             \
                          .max_in = 1,                                                             \
                          HAS_ATTRS(MoveAttrs, attrs_),                                            \
                          .shape = shape_,                                                         \
                          .gradient = gradient_,                                                   \
                          .reference = value_,                                                     \
                          SAMPLES(samples_),                                                       \
                          .traits = TRAIT_MAPS | TRAIT_KEEPS_LANES | TRAIT_MOVES,                  \
                          .backward_only = backward}

MOVE(random_flip, "flips an axis of a random part of the samples", flip_attrs, flip_samples,
     flip_shape, same_gradient, move_value, false);
MOVE(random_crop, "pads (.., H, W) and cuts H x W at a random place out of it", crop_attrs,
     crop_samples, crop_shape, crop_gradient, move_value, false);
MOVE(random_erase, "sets a square at a random place of (.., H, W) to zero", erase_attrs,
     erase_samples, erase_shape, same_gradient, move_value, false);
MOVE(random_crop_grad, "adds what a random crop shows back to where it was", crop_attrs,
     crop_grad_samples, crop_shape, NULL, crop_grad_value, true);
