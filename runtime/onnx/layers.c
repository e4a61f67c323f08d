/* Layers with parameters, windows or norms as ONNX nodes. */
#include "../../compiler/ops/geometry.h"
#include "../../compiler/ops/ops.h"
#include "words.h"

static const char *linear(Translation *t, const Node *node) {
    const char *x = o_operand(t, node, 0), *weight = o_operand(t, node, 1);
    if (node->type.shape.rank == 1 && o_has_samples(node->in[0])) {
        const char *in[3] = {x, weight, node->n_in > 2 ? o_operand(t, node, 2) : NULL};
        const char *y = o_node(t, "Gemm", node->n_in, in);
        builder_int(t->b, "transB", 1);
        return y;
    }
    const char *y = o_two(t, "MatMul", x, o_turned(t, weight, 2));
    return node->n_in > 2 ? o_two(t, "Add", y, o_operand(t, node, 2)) : y;
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
    if (weight->type.shape.rank == 4) return o_operand(t, node, 1);
    return o_parameter(t, weight, 4, (const int64_t[]){s.dim[0], s.dim[1], s.dim[2], s.dim[3]});
}

static const char *conv2d(Translation *t, const Node *node) {
    const Conv c = conv_of(node);
    const char *in[3] = {o_operand(t, node, 0), weight4(t, node),
                         node->n_in > 2 ? o_operand(t, node, 2) : NULL};
    const char *y = o_node(t, "Conv", node->n_in, in);
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
    const char *in[3] = {o_operand(t, node, 0), weight4(t, node),
                         node->n_in > 2 ? o_operand(t, node, 2) : NULL};
    const char *y = o_node(t, "ConvTranspose", node->n_in, in);
    convolution(t, &c);
    builder_ints(t->b, "output_padding", 2, rest);
    return y;
}

static const char *pool(Translation *t, const Node *node) {
    const PoolAttrs *p = ATTRS(node, PoolAttrs);
    const char *y = o_alike(t, node);
    windows(t, p->kernel, p->stride, p->pad);
    if (node->op == &op_avg_pool2d) builder_int(t->b, "count_include_pad", 1);
    return y;
}

static const char *upsample(Translation *t, const Node *node) {
    const UpsampleAttrs *a = ATTRS(node, UpsampleAttrs);
    const bool nearest = a->mode == UPSAMPLE_NEAREST;
    const int64_t dim = 4;
    const float scales[] = {1, 1, (float)a->scale[0], (float)a->scale[1]};
    const char *y = o_three(t, "Resize", o_operand(t, node, 0), NULL,
                            builder_floats(t->b, NULL, 1, &dim, scales));
    builder_text(t->b, "mode", nearest ? "nearest" : "linear");
    builder_text(t->b, "coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel");
    if (nearest) builder_text(t->b, "nearest_mode", "floor");
    return y;
}

static const char *pixel_shuffle(Translation *t, const Node *node) {
    const char *y = o_alike(t, node);
    builder_int(t->b, "blocksize", ATTRS(node, ShuffleAttrs)->factor);
    builder_text(t->b, "mode", "CRD");
    return y;
}

/* The operand, or where a number stands for it as many of these as there are channels. */
static const char *per_channel(Translation *t, const Node *node, int i, double otherwise) {
    const int channels = node->type.shape.dim[0];
    if (i >= node->n_in) return o_filled(t, channels, otherwise);
    const Node *n = node->in[i];
    return n->op == &op_number ? o_filled(t, channels, ATTRS(n, NumberAttrs)->value)
                               : o_operand(t, node, i);
}

static const char *batch_norm(Translation *t, const Node *node) {
    const char *in[] = {o_operand(t, node, 0), per_channel(t, node, 3, 1),
                        per_channel(t, node, 4, 0), o_operand(t, node, 1), o_operand(t, node, 2)};
    const char *y = o_node(t, "BatchNormalization", 5, in);
    builder_float(t->b, "epsilon", o_attribute(node, "eps"));
    return y;
}

/* Ones or zeros of the shape of the last axes, where a norm has no weight or bias. */
static const char *affine(Translation *t, const Node *node, int i, int axes, double otherwise) {
    if (i < node->n_in) return o_operand(t, node, i);
    const Shape last = shape_last(node->type.shape, axes);
    const int n = (int)shape_count(last);
    int64_t dim[MAX_RANK];
    float *values = ARENA_ARRAY(t->b->arena, float, n);
    for (int k = 0; k < last.rank; k++) dim[k] = last.dim[k];
    for (int k = 0; k < n; k++) values[k] = (float)otherwise;
    return builder_floats(t->b, NULL, last.rank, dim, values);
}

static const char *layer_norm(Translation *t, const Node *node) {
    const int axes = (int)o_attribute(node, "axes");
    const char *y = o_three(t, "LayerNormalization", o_operand(t, node, 0),
                            affine(t, node, 1, axes, 1), affine(t, node, 2, axes, 0));
    builder_int(t->b, "axis", -axes);
    builder_float(t->b, "epsilon", o_attribute(node, "eps"));
    return y;
}

static const char *rms_norm(Translation *t, const Node *node) {
    const char *x = o_operand(t, node, 0);
    const char *mean = o_two(t, "ReduceMean", o_two(t, "Mul", x, x), o_list1(t, -1));
    const char *root =
        o_one(t, "Sqrt", o_two(t, "Add", mean, o_scalar(t, o_attribute(node, "eps"))));
    const char *y = o_two(t, "Div", x, root);
    return node->n_in > 1 ? o_two(t, "Mul", y, o_operand(t, node, 1)) : y;
}

/* A coefficient for each channel beside (C, ...): (C, 1, ...). */
static const char *along_channels(Translation *t, const char *x, const Shape s) {
    int64_t dim[MAX_RANK] = {s.dim[0], 1, 1, 1};
    return o_reshape_to(t, x, false, s.rank, dim);
}

static const char *group_norm(Translation *t, const Node *node) {
    const int groups = (int)o_attribute(node, "groups");
    const Shape s = node->type.shape;
    const char *x = o_reshape_to(t, o_operand(t, node, 0), true, 2, (const int64_t[]){groups, -1});
    const char *y =
        o_three(t, "InstanceNormalization", x, o_filled(t, groups, 1), o_filled(t, groups, 0));
    builder_float(t->b, "epsilon", o_attribute(node, "eps"));
    y = o_reshape_like(t, y, node);
    if (node->n_in > 1) y = o_two(t, "Mul", y, along_channels(t, o_operand(t, node, 1), s));
    if (node->n_in > 2) y = o_two(t, "Add", y, along_channels(t, o_operand(t, node, 2), s));
    return y;
}

static const char *embedding(Translation *t, const Node *node) {
    return o_two(t, "Gather", o_operand(t, node, 1), o_operand(t, node, 0));
}

const Maker layer_makers[] = {
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
    {NULL, NULL},
};
