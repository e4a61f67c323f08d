/* Translates nodes. A value of samples has their axis in front, so axis i of a sample, from 1, is
 * axis i in ONNX, too; values that all samples share have no such axis and broadcast. */
#include "nodes.h"

#include <math.h>
#include <string.h>

#include "../../compiler/ops/attention.h"
#include "../../compiler/ops/geometry.h"
#include "../../compiler/ops/ops.h"
#include "../../compiler/ops/recurrence.h"

static const char *refuse(Translation *t, const char *why) {
    if (!t->refused) t->refused = why;
    return "";
}

/* The attribute of that name; 0 if the op has none. */
static double attribute(const Node *node, const char *name) {
    for (int i = 0; i < node->op->n_attrs; i++)
        if (strcmp(node->op->attrs[i].name, name) == 0)
            return attr_get(node->op, i, node->attrs.values);
    return 0;
}

static bool has_samples(const Node *node) {
    return node->type.kind == KIND_SAMPLE && !node->type.once;
}

static const char *add(Translation *t, const char *op, int n, const char *const *in) {
    return builder_node(t->b, op, NULL, n, in);
}

static const char *one(Translation *t, const char *op, const char *a) {
    return add(t, op, 1, (const char *const[]){a});
}

static const char *two(Translation *t, const char *op, const char *a, const char *b) {
    return add(t, op, 2, (const char *const[]){a, b});
}

static const char *three(Translation *t, const char *op, const char *a, const char *b,
                         const char *c) {
    return add(t, op, 3, (const char *const[]){a, b, c});
}

static const char *scalar(Translation *t, double value) {
    const float rounded = (float)value;
    return builder_floats(t->b, NULL, 0, NULL, &rounded);
}

static const char *list1(Translation *t, int64_t value) {
    return builder_list(t->b, 1, &value);
}

static const char *filled(Translation *t, int n, double value) {
    const int64_t dim = n;
    float *values = ARENA_ARRAY(t->b->arena, float, n);
    for (int i = 0; i < n; i++) values[i] = (float)value;
    return builder_floats(t->b, NULL, 1, &dim, values);
}

static const char *cast(Translation *t, const char *x, int type) {
    const char *y = one(t, "Cast", x);
    builder_int(t->b, "to", type);
    return y;
}

static const char *to_float(Translation *t, const char *x) {
    return cast(t, x, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

static const char *operand(Translation *t, const Node *node, int i) {
    return translate(t, node->in[i]);
}

/* Class indices as numbers. */
static const char *number_operand(Translation *t, const Node *node, int i) {
    const char *x = operand(t, node, i);
    return node->in[i]->type.classes ? to_float(t, x) : x;
}

/* To the sizes `dim`; the samples' axis stays as it is. */
static const char *reshape_to(Translation *t, const char *x, bool samples, int n,
                              const int64_t *dim) {
    int64_t sizes[BUILDER_MAX_RANK + 1];
    int rank = 0;
    if (samples) sizes[rank++] = 0;
    for (int i = 0; i < n; i++) sizes[rank++] = dim[i];
    return two(t, "Reshape", x, builder_list(t->b, rank, sizes));
}

static const char *reshape_like(Translation *t, const char *x, const Node *node) {
    int64_t dim[MAX_RANK];
    for (int i = 0; i < node->type.shape.rank; i++) dim[i] = node->type.shape.dim[i];
    return reshape_to(t, x, has_samples(node), node->type.shape.rank, dim);
}

static const char *transpose(Translation *t, const char *x, int n, const int64_t *perm) {
    const char *y = one(t, "Transpose", x);
    builder_ints(t->b, "perm", n, perm);
    return y;
}

/* Of the last two axes of a value of `rank` axes, that of samples included. */
static const char *turned(Translation *t, const char *x, int rank) {
    int64_t perm[BUILDER_MAX_RANK];
    for (int i = 0; i < rank; i++) perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return transpose(t, x, rank, perm);
}

static int full_rank(const Node *node) {
    return node->type.shape.rank + has_samples(node);
}

static const char *parameter(Translation *t, const Node *node, int rank, const int64_t *dim) {
    return builder_floats(t->b, NULL, rank, dim, t->values(t->arg, node));
}

static const char *leaf(Translation *t, const Node *node) {
    int64_t dim[MAX_RANK];
    const Shape s = node->type.shape;
    for (int i = 0; i < s.rank; i++) dim[i] = s.dim[i];
    if (node->op != &op_tensor) {
        return builder_floats(t->b, node->name, s.rank, dim, t->values(t->arg, node));
    }
    float *values = ARENA_ARRAY(t->b->arena, float, (int)shape_count(s));
    for (int64_t i = 0; i < shape_count(s); i++) values[i] = (float)node->elements[i];
    return builder_floats(t->b, NULL, s.rank, dim, values);
}

/* As many copies as there are samples. */
static const char *repeated(Translation *t, const char *x, const Node *node) {
    int64_t dim[MAX_RANK + 1];
    int rank = 0;
    for (; rank < node->type.shape.rank; rank++) dim[rank] = node->type.shape.dim[rank];
    if (!t->samples) return refuse(t, "a value without fields");
    const char *shape = t->samples;
    if (rank > 0) {
        shape = two(t, "Concat", t->samples, builder_list(t->b, rank, dim));
        builder_int(t->b, "axis", 0);
    }
    return two(t, "Expand", x, shape);
}

static const char *number(Translation *t, const Node *node) {
    return scalar(t, ATTRS(node, NumberAttrs)->value);
}

static const char *same(Translation *t, const Node *node) {
    return operand(t, node, 0);
}

static const char *running(Translation *t, const Node *node) {
    return operand(t, node, 1);
}

/* The operator of ONNX that the table names, on the same operands. */
static const char *alike(Translation *t, const Node *node) {
    const char *in[4];
    for (int i = 0; i < node->n_in && i < 4; i++) in[i] = number_operand(t, node, i);
    return add(t, node->op->onnx, node->n_in, in);
}

static const char *compare(Translation *t, const Node *node) {
    return to_float(t, alike(t, node));
}

static const char *where(Translation *t, const Node *node) {
    const char *mask = cast(t, number_operand(t, node, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    return three(t, "Where", mask, operand(t, node, 1), operand(t, node, 2));
}

static const char *clamp(Translation *t, const Node *node) {
    return three(t, "Clip", operand(t, node, 0), scalar(t, attribute(node, "low")),
                 scalar(t, attribute(node, "high")));
}

static const char *relu6(Translation *t, const Node *node) {
    return three(t, "Clip", operand(t, node, 0), scalar(t, 0), scalar(t, 6));
}

static const char *leaky_relu(Translation *t, const Node *node) {
    const char *y = alike(t, node);
    builder_float(t->b, "alpha", ATTRS(node, LeakyAttrs)->slope);
    return y;
}

static const char *elu(Translation *t, const Node *node) {
    const char *y = alike(t, node);
    builder_float(t->b, "alpha", attribute(node, "alpha"));
    return y;
}

static const char *hardsigmoid(Translation *t, const Node *node) {
    const char *y = alike(t, node);
    builder_float(t->b, "alpha", 1.0 / 6);
    builder_float(t->b, "beta", 0.5);
    return y;
}

static const char *gelu(Translation *t, const Node *node) {
    const char *y = alike(t, node);
    builder_text(t->b, "approximate", attribute(node, "approximate") != 0 ? "tanh" : "none");
    return y;
}

static const char *silu(Translation *t, const Node *node) {
    const char *x = operand(t, node, 0);
    return two(t, "Mul", x, one(t, "Sigmoid", x));
}

/* Axes of ONNX that the node's attribute names. */
static int axes_of(const Node *node, const Node *of, int64_t *axes) {
    int n = 0;
    for (int i = 0; i < of->type.shape.rank; i++)
        if (reduces_axis(node, of->type.shape.rank, i)) axes[n++] = i + has_samples(of);
    return n;
}

static const char *reduce(Translation *t, const Node *node) {
    int64_t axes[MAX_RANK];
    const int n = axes_of(node, node->in[0], axes);
    if (n == 0) return operand(t, node, 0);
    const char *y = two(t, node->op->onnx, operand(t, node, 0), builder_list(t->b, n, axes));
    builder_int(t->b, "keepdims", attribute(node, "keepdim") != 0);
    return y;
}

static const char *softmax(Translation *t, const Node *node) {
    int64_t axes[MAX_RANK];
    const int n = axes_of(node, node->in[0], axes);
    if (n != 1) return refuse(t, "a softmax over several axes");
    const char *y = alike(t, node);
    builder_int(t->b, "axis", axes[0]);
    return y;
}

/* Sizes of 1 where x has no axis, then as many copies as the shape wants. */
static const char *expand(Translation *t, const Node *node) {
    const Node *x = node->in[0];
    const Shape s = node->type.shape;
    const bool samples = has_samples(node);
    int64_t narrow[MAX_RANK + 1], wide[MAX_RANK + 1];
    int n = 0, rank = 0;
    for (int i = 0; i < s.rank; i++) narrow[n++] = reduces_axis(node, s.rank, i) ? 1 : s.dim[i];
    if (samples) wide[rank++] = 1;
    for (int i = 0; i < s.rank; i++) wide[rank++] = s.dim[i];
    const char *y = reshape_to(t, operand(t, node, 0), has_samples(x), n, narrow);
    return two(t, "Expand", y, builder_list(t->b, rank, wide));
}

static const char *matmul(Translation *t, const Node *node) {
    const char *in[2];
    for (int i = 0; i < 2; i++) {
        in[i] = operand(t, node, i);
        const bool transposed = ATTRS(node, MatmulAttrs)->transpose[i];
        if (transposed) in[i] = turned(t, in[i], full_rank(node->in[i]));
    }
    return two(t, "MatMul", in[0], in[1]);
}

static const char *linear(Translation *t, const Node *node) {
    const char *x = operand(t, node, 0), *weight = operand(t, node, 1);
    if (node->type.shape.rank == 1 && has_samples(node->in[0])) {
        const char *in[3] = {x, weight, node->n_in > 2 ? operand(t, node, 2) : NULL};
        const char *y = add(t, "Gemm", node->n_in, in);
        builder_int(t->b, "transB", 1);
        return y;
    }
    const char *y = two(t, "MatMul", x, turned(t, weight, 2));
    return node->n_in > 2 ? two(t, "Add", y, operand(t, node, 2)) : y;
}

static void windows(Translation *t, const int *kernel, const int *stride, const int *pad) {
    builder_ints(t->b, "kernel_shape", 2, (const int64_t[]){kernel[0], kernel[1]});
    builder_ints(t->b, "strides", 2, (const int64_t[]){stride[0], stride[1]});
    builder_ints(t->b, "pads", 4, (const int64_t[]){pad[0], pad[1], pad[0], pad[1]});
}

static void convolution(Translation *t, const Conv *c) {
    windows(t, c->kernel, c->stride, c->pad);
    builder_ints(t->b, "dilations", 2, (const int64_t[]){c->dilation[0], c->dilation[1]});
    builder_int(t->b, "group", c->groups);
}

/* The weight with both axes of a kernel: those of signals have one. */
static const char *weight4(Translation *t, const Node *node) {
    const Node *weight = node->in[1];
    const Shape s = conv_weight(weight->type.shape);
    if (weight->type.shape.rank == 4) return operand(t, node, 1);
    return parameter(t, weight, 4, (const int64_t[]){s.dim[0], s.dim[1], s.dim[2], s.dim[3]});
}

static const char *conv2d(Translation *t, const Node *node) {
    const Conv c = conv_of(node);
    const char *in[3] = {operand(t, node, 0), weight4(t, node),
                         node->n_in > 2 ? operand(t, node, 2) : NULL};
    const char *y = add(t, "Conv", node->n_in, in);
    convolution(t, &c);
    return y;
}

static const char *conv_transpose2d(Translation *t, const Node *node) {
    const Conv c = conv_of(node);
    const Shape x = node->in[0]->type.shape, s = node->type.shape;
    int64_t rest[2];
    for (int i = 0; i < 2; i++)
        rest[i] = s.dim[1 + i] - ((x.dim[1 + i] - 1) * c.stride[i] - 2 * c.pad[i] +
                                  c.dilation[i] * (c.kernel[i] - 1) + 1);
    const char *in[3] = {operand(t, node, 0), weight4(t, node),
                         node->n_in > 2 ? operand(t, node, 2) : NULL};
    const char *y = add(t, "ConvTranspose", node->n_in, in);
    convolution(t, &c);
    builder_ints(t->b, "output_padding", 2, rest);
    return y;
}

static const char *pool(Translation *t, const Node *node) {
    const PoolAttrs *p = ATTRS(node, PoolAttrs);
    const char *y = alike(t, node);
    windows(t, p->kernel, p->stride, p->pad);
    if (node->op == &op_avg_pool2d) builder_int(t->b, "count_include_pad", 1);
    return y;
}

static const char *upsample(Translation *t, const Node *node) {
    const bool nearest = ATTRS(node, UpsampleAttrs)->mode == UPSAMPLE_NEAREST;
    const int64_t dim = 4;
    const float scales[] = {1, 1, (float)ATTRS(node, UpsampleAttrs)->scale[0],
                            (float)ATTRS(node, UpsampleAttrs)->scale[1]};
    const char *y =
        three(t, "Resize", operand(t, node, 0), NULL, builder_floats(t->b, NULL, 1, &dim, scales));
    builder_text(t->b, "mode", nearest ? "nearest" : "linear");
    builder_text(t->b, "coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel");
    if (nearest) builder_text(t->b, "nearest_mode", "floor");
    return y;
}

static const char *pixel_shuffle(Translation *t, const Node *node) {
    const char *y = alike(t, node);
    builder_int(t->b, "blocksize", ATTRS(node, ShuffleAttrs)->factor);
    builder_text(t->b, "mode", "CRD");
    return y;
}

/* The operand, or where a number stands for it as many of these as there are channels. */
static const char *per_channel(Translation *t, const Node *node, int i, double otherwise) {
    const int channels = node->type.shape.dim[0];
    if (i >= node->n_in) return filled(t, channels, otherwise);
    const Node *n = node->in[i];
    return n->op == &op_number ? filled(t, channels, ATTRS(n, NumberAttrs)->value)
                               : operand(t, node, i);
}

static const char *batch_norm(Translation *t, const Node *node) {
    const char *in[] = {operand(t, node, 0), per_channel(t, node, 3, 1), per_channel(t, node, 4, 0),
                        operand(t, node, 1), operand(t, node, 2)};
    const char *y = add(t, "BatchNormalization", 5, in);
    builder_float(t->b, "epsilon", attribute(node, "eps"));
    return y;
}

/* Ones or zeros of the shape of the last axes, where a norm has no weight or bias. */
static const char *affine(Translation *t, const Node *node, int i, int axes, double otherwise) {
    if (i < node->n_in) return operand(t, node, i);
    const Shape last = shape_last(node->type.shape, axes);
    const int n = (int)shape_count(last);
    int64_t dim[MAX_RANK];
    float *values = ARENA_ARRAY(t->b->arena, float, n);
    for (int k = 0; k < last.rank; k++) dim[k] = last.dim[k];
    for (int k = 0; k < n; k++) values[k] = (float)otherwise;
    return builder_floats(t->b, NULL, last.rank, dim, values);
}

static const char *layer_norm(Translation *t, const Node *node) {
    const int axes = (int)attribute(node, "axes");
    const char *y = three(t, "LayerNormalization", operand(t, node, 0), affine(t, node, 1, axes, 1),
                          affine(t, node, 2, axes, 0));
    builder_int(t->b, "axis", -axes);
    builder_float(t->b, "epsilon", attribute(node, "eps"));
    return y;
}

static const char *rms_norm(Translation *t, const Node *node) {
    const char *x = operand(t, node, 0);
    const char *mean = two(t, "ReduceMean", two(t, "Mul", x, x), list1(t, -1));
    const char *root = one(t, "Sqrt", two(t, "Add", mean, scalar(t, attribute(node, "eps"))));
    const char *y = two(t, "Div", x, root);
    return node->n_in > 1 ? two(t, "Mul", y, operand(t, node, 1)) : y;
}

/* A coefficient for each channel beside (C, ...): (C, 1, ...). */
static const char *along_channels(Translation *t, const char *x, const Shape s) {
    int64_t dim[MAX_RANK] = {s.dim[0], 1, 1, 1};
    return reshape_to(t, x, false, s.rank, dim);
}

static const char *group_norm(Translation *t, const Node *node) {
    const int groups = (int)attribute(node, "groups");
    const Shape s = node->type.shape;
    const char *x = reshape_to(t, operand(t, node, 0), true, 2, (const int64_t[]){groups, -1});
    const char *y =
        three(t, "InstanceNormalization", x, filled(t, groups, 1), filled(t, groups, 0));
    builder_float(t->b, "epsilon", attribute(node, "eps"));
    y = reshape_like(t, y, node);
    if (node->n_in > 1) y = two(t, "Mul", y, along_channels(t, operand(t, node, 1), s));
    if (node->n_in > 2) y = two(t, "Add", y, along_channels(t, operand(t, node, 2), s));
    return y;
}

static const char *embedding(Translation *t, const Node *node) {
    return two(t, "Gather", operand(t, node, 1), operand(t, node, 0));
}

static const char *flatten(Translation *t, const Node *node) {
    return reshape_like(t, operand(t, node, 0), node);
}

static const char *permute(Translation *t, const Node *node) {
    const bool samples = has_samples(node);
    int64_t perm[MAX_RANK + 1] = {0};
    const int rank = node->type.shape.rank;
    for (int i = 0; i < rank; i++) perm[i + samples] = permuted_axis(node, i) + samples;
    return transpose(t, operand(t, node, 0), rank + samples, perm);
}

static const char *concat(Translation *t, const Node *node) {
    const char **in = ARENA_ARRAY(t->b->arena, const char *, node->n_in);
    for (int i = 0; i < node->n_in; i++) in[i] = operand(t, node, i);
    const char *y = add(t, "Concat", node->n_in, in);
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + has_samples(node));
    return y;
}

/* Places of an axis by their numbers. */
static const char *slice(Translation *t, const Node *node) {
    const int count = ATTRS(node, SliceAttrs)->count;
    int64_t *places = ARENA_ARRAY(t->b->arena, int64_t, count);
    for (int i = 0; i < count; i++)
        places[i] = (int64_t)(ATTRS(node, SliceAttrs)->offset + i * ATTRS(node, SliceAttrs)->step);
    const char *y = two(t, "Gather", operand(t, node, 0), builder_list(t->b, count, places));
    builder_int(t->b, "axis", ATTRS(node, SliceAttrs)->axis - 1 + has_samples(node));
    return y;
}

static const char *pad(Translation *t, const Node *node) {
    const int axis = ATTRS(node, SliceAttrs)->axis - 1 + has_samples(node), rank = full_rank(node);
    const int64_t before = ATTRS(node, SliceAttrs)->offset;
    const int64_t has = node->in[0]->type.shape.dim[ATTRS(node, SliceAttrs)->axis - 1];
    if (ATTRS(node, SliceAttrs)->step != 1 && has > 1) return refuse(t, "zeros between elements");
    int64_t pads[2 * (MAX_RANK + 1)] = {0};
    pads[axis] = before;
    pads[rank + axis] = ATTRS(node, SliceAttrs)->size - before - has;
    return three(t, "Pad", operand(t, node, 0), builder_list(t->b, 2 * rank, pads),
                 scalar(t, ATTRS(node, SliceAttrs)->value));
}

static const char *argmax(Translation *t, const Node *node) {
    const char *y = one(t, "ArgMax", operand(t, node, 0));
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + has_samples(node->in[0]));
    builder_int(t->b, "keepdims", 0);
    return y;
}

static const char *one_hot(Translation *t, const Node *node) {
    const int64_t dim = 2;
    const float values[] = {0, 1};
    const char *y = three(t, "OneHot", operand(t, node, 0), list1(t, node->in[0]->type.classes),
                          builder_floats(t->b, NULL, 1, &dim, values));
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + has_samples(node));
    return y;
}

static const char *arange(Translation *t, const Node *node) {
    const int n = node->type.shape.dim[0];
    int64_t *values = ARENA_ARRAY(t->b->arena, int64_t, n);
    for (int i = 0; i < n; i++) values[i] = i;
    return repeated(t, builder_list(t->b, n, values), node);
}

static const char *repeat(Translation *t, const Node *node) {
    return repeated(t, operand(t, node, 0), node);
}

/* Place `index` of an axis, which is gone then. */
static const char *chosen(Translation *t, const char *x, int axis, int64_t index) {
    const char *y = two(t, "Gather", x, builder_whole(t->b, index));
    builder_int(t->b, "axis", axis);
    return y;
}

/* Minus infinity where a place would see later ones. */
static const char *causal_mask(Translation *t, int places) {
    const int64_t dim[] = {places, places};
    float *values = ARENA_ARRAY(t->b->arena, float, places *places);
    for (int i = 0; i < places; i++)
        for (int k = 0; k < places; k++) values[i * places + k] = k > i ? -INFINITY : 0.0f;
    return builder_floats(t->b, NULL, 2, dim, values);
}

static const char *attention(Translation *t, const Node *node) {
    const Attention a = attention_of(node);
    const char *in[ATTENTION_OPERANDS];
    int rank = full_rank(node);
    if (a.packed) {
        const int64_t parts[] = {a.queries, ATTENTION_OPERANDS, a.heads, a.width};
        const char *x = reshape_to(t, operand(t, node, 0), true, 4, parts);
        x = transpose(t, x, 5, (const int64_t[]){2, 0, 3, 1, 4});
        for (int i = 0; i < ATTENTION_OPERANDS; i++) in[i] = chosen(t, x, 0, i);
        rank = 4;
    } else {
        for (int i = 0; i < ATTENTION_OPERANDS; i++) in[i] = operand(t, node, i);
    }
    const char *scores = two(t, "MatMul", in[ATTENTION_Q], turned(t, in[ATTENTION_K], rank));
    scores = two(t, "Mul", scores, scalar(t, a.scale));
    if (a.causal) scores = two(t, "Add", scores, causal_mask(t, a.queries));
    const char *shares = one(t, "Softmax", scores);
    builder_int(t->b, "axis", -1);
    const char *y = two(t, "MatMul", shares, in[ATTENTION_V]);
    if (!a.packed) return y;
    y = transpose(t, y, 4, (const int64_t[]){0, 2, 1, 3});
    return reshape_like(t, y, node);
}

/* ONNX has the gates in another order: rows of the weight of each gate. */
static const int gate_order[][4] = {{0}, {1, 0, 2}, {0, 3, 1, 2}};

/* What the states are multiplied by, (1, gates * units, units), or added, (gates * units). */
static float *reordered(Translation *t, const Recurrence *r, const Node *param, int each) {
    const float *from = t->values(t->arg, param);
    float *to = ARENA_ARRAY(t->b->arena, float, r->gates *each);
    for (int g = 0; g < r->gates; g++)
        memcpy(to + g * each, from + gate_order[r->cell][g] * each, (size_t)each * sizeof *to);
    return to;
}

/* The operand has the gates' shares of the input already, so the weight of the input chooses them.
 */
static const char *choosing_weight(Translation *t, const Recurrence *r) {
    const int n = r->gates * r->units;
    const int64_t dim[] = {1, n, n};
    float *values = ARENA_ARRAY(t->b->arena, float, n *n);
    for (int i = 0; i < n; i++)
        values[i * n + gate_order[r->cell][i / r->units] * r->units + i % r->units] = 1;
    return builder_floats(t->b, NULL, 3, dim, values);
}

static const char *recurrence(Translation *t, const Node *node) {
    static const char *const names[] = {"RNN", "GRU", "LSTM"};
    const Recurrence r = recurrence_of(node);
    const int n = r.gates * r.units;
    const int64_t weight_dim[] = {1, n, r.units}, bias_dim[] = {1, 2 * n};
    const char *in[4] = {transpose(t, operand(t, node, 0), 3, (const int64_t[]){1, 0, 2}),
                         choosing_weight(t, &r),
                         builder_floats(t->b, NULL, 3, weight_dim,
                                        reordered(t, &r, node->in[1], r.units * r.units))};
    if (node->n_in > 2) {
        float *bias = ARENA_ARRAY(t->b->arena, float, 2 * n);
        memcpy(bias + n, reordered(t, &r, node->in[2], r.units), (size_t)n * sizeof *bias);
        in[3] = builder_floats(t->b, NULL, 2, bias_dim, bias);
    }
    const char *y = add(t, names[r.cell], node->n_in > 2 ? 4 : 3, in);
    builder_int(t->b, "hidden_size", r.units);
    builder_text(t->b, "direction", r.reverse ? "reverse" : "forward");
    if (r.cell == CELL_GRU) builder_int(t->b, "linear_before_reset", 1);
    y = two(t, "Squeeze", y, list1(t, 1));
    return transpose(t, y, 3, (const int64_t[]){1, 0, 2});
}

static const struct {
    const Op *op;
    const char *(*make)(Translation *, const Node *);
} makers[] = {
    {&op_param, leaf},
    {&op_state, leaf},
    {&op_tensor, leaf},
    {&op_shared, same},
    {&op_number, number},
    {&op_detach, same},
    {&op_dropout, same},
    {&op_dropout2d, same},
    {&op_random_flip, same},
    {&op_random_crop, same},
    {&op_random_erase, same},
    {&op_tracked, running},
    {&op_where, where},
    {&op_clamp, clamp},
    {&op_relu6, relu6},
    {&op_leaky_relu, leaky_relu},
    {&op_elu, elu},
    {&op_hardsigmoid, hardsigmoid},
    {&op_gelu, gelu},
    {&op_silu, silu},
    {&op_sum, reduce},
    {&op_mean, reduce},
    {&op_amax, reduce},
    {&op_amin, reduce},
    {&op_logsumexp, reduce},
    {&op_softmax, softmax},
    {&op_log_softmax, softmax},
    {&op_expand, expand},
    {&op_matmul, matmul},
    {&op_linear, linear},
    {&op_conv2d, conv2d},
    {&op_conv_transpose2d, conv_transpose2d},
    {&op_max_pool2d, pool},
    {&op_avg_pool2d, pool},
    {&op_upsample, upsample},
    {&op_pixel_shuffle, pixel_shuffle},
    {&op_batch_norm, batch_norm},
    {&op_layer_norm, layer_norm},
    {&op_rms_norm, rms_norm},
    {&op_group_norm, group_norm},
    {&op_embedding, embedding},
    {&op_flatten, flatten},
    {&op_reshape, flatten},
    {&op_permute, permute},
    {&op_concat, concat},
    {&op_slice, slice},
    {&op_pad, pad},
    {&op_argmax, argmax},
    {&op_one_hot, one_hot},
    {&op_arange, arange},
    {&op_repeat, repeat},
    {&op_attention, attention},
    {&op_rnn, recurrence},
    {&op_gru, recurrence},
    {&op_lstm, recurrence},
};

static const char *make(Translation *t, const Node *node) {
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (makers[i].op == node->op) return makers[i].make(t, node);
    if (node->op->onnx && op_is(node->op, TRAIT_COMPARISON)) return compare(t, node);
    if (node->op->onnx) return alike(t, node);
    return refuse(t, arena_printf(t->b->arena, "%s%s%s%s", node->op->name, node->name ? " \"" : "",
                                  node->name ? node->name : "", node->name ? "\"" : ""));
}

const char *translate(Translation *t, const Node *node) {
    if (!t->names[node->id]) t->names[node->id] = make(t, node);
    return t->names[node->id];
}
