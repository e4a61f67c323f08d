/* Translates nodes: here numbers, functions and moved elements, elsewhere layers and sequences. */
#include "nodes.h"

#include "../../compiler/ops/geometry.h"
#include "../../compiler/ops/ops.h"
#include "words.h"

/* As many copies as there are samples. */
static const char *repeated(Translation *t, const char *x, const Node *node) {
    int64_t dim[MAX_RANK + 1];
    int rank = 0;
    for (; rank < node->type.shape.rank; rank++) dim[rank] = node->type.shape.dim[rank];
    if (!t->field) return o_refuse(t, "a value without fields");
    if (!t->samples) {
        const int64_t first = 0;
        const char *sizes = o_one(t, "Shape", t->field);
        t->samples = o_two(t, "Gather", sizes, builder_list(t->b, 1, &first));
    }
    const char *shape = t->samples;
    if (rank > 0) {
        shape = o_two(t, "Concat", t->samples, builder_list(t->b, rank, dim));
        builder_int(t->b, "axis", 0);
    }
    return o_two(t, "Expand", x, shape);
}

static const char *number(Translation *t, const Node *node) {
    return o_scalar(t, ATTRS(node, NumberAttrs)->value);
}

static const char *same(Translation *t, const Node *node) {
    return o_operand(t, node, 0);
}

static const char *running(Translation *t, const Node *node) {
    return o_operand(t, node, 1);
}

static const char *compare(Translation *t, const Node *node) {
    return o_to_float(t, o_alike(t, node));
}

static const char *where(Translation *t, const Node *node) {
    const char *mask = o_cast(t, o_number_operand(t, node, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    return o_three(t, "Where", mask, o_operand(t, node, 1), o_operand(t, node, 2));
}

static const char *clamp(Translation *t, const Node *node) {
    return o_three(t, "Clip", o_operand(t, node, 0), o_scalar(t, o_attribute(node, "low")),
                   o_scalar(t, o_attribute(node, "high")));
}

static const char *relu6(Translation *t, const Node *node) {
    return o_three(t, "Clip", o_operand(t, node, 0), o_scalar(t, 0), o_scalar(t, 6));
}

static const char *leaky_relu(Translation *t, const Node *node) {
    const char *y = o_alike(t, node);
    builder_float(t->b, "alpha", ATTRS(node, LeakyAttrs)->slope);
    return y;
}

static const char *elu(Translation *t, const Node *node) {
    const char *y = o_alike(t, node);
    builder_float(t->b, "alpha", o_attribute(node, "alpha"));
    return y;
}

static const char *hardsigmoid(Translation *t, const Node *node) {
    const char *y = o_alike(t, node);
    builder_float(t->b, "alpha", 1.0 / 6);
    builder_float(t->b, "beta", 0.5);
    return y;
}

static const char *gelu(Translation *t, const Node *node) {
    const char *y = o_alike(t, node);
    builder_text(t->b, "approximate", o_attribute(node, "approximate") != 0 ? "tanh" : "none");
    return y;
}

static const char *silu(Translation *t, const Node *node) {
    const char *x = o_operand(t, node, 0);
    return o_two(t, "Mul", x, o_one(t, "Sigmoid", x));
}

/* Axes of ONNX that the node's attribute names. */
static int axes_of(const Node *node, const Node *of, int64_t *axes) {
    int n = 0;
    for (int i = 0; i < of->type.shape.rank; i++)
        if (reduces_axis(node, of->type.shape.rank, i)) axes[n++] = i + o_has_samples(of);
    return n;
}

static const char *reduce(Translation *t, const Node *node) {
    int64_t axes[MAX_RANK];
    const int n = axes_of(node, node->in[0], axes);
    if (n == 0) return o_operand(t, node, 0);
    const char *y = o_two(t, node->op->onnx, o_operand(t, node, 0), builder_list(t->b, n, axes));
    builder_int(t->b, "keepdims", o_attribute(node, "keepdim") != 0);
    return y;
}

/* ONNX has both along one axis. */
static const char *softmax(Translation *t, const Node *node) {
    int64_t axes[MAX_RANK];
    const int n = axes_of(node, node->in[0], axes);
    if (n == 1) {
        const char *y = o_alike(t, node);
        builder_int(t->b, "axis", axes[0]);
        return y;
    }
    const char *x = o_operand(t, node, 0), *list = builder_list(t->b, n, axes);
    x = o_two(t, "Sub", x, o_two(t, "ReduceMax", x, list));
    const char *e = o_one(t, "Exp", x), *sum = o_two(t, "ReduceSum", e, list);
    if (node->op == &op_softmax) return o_two(t, "Div", e, sum);
    return o_two(t, "Sub", x, o_one(t, "Log", sum));
}

/* Sizes of 1 where x has no axis, then as many copies as the shape wants. */
static const char *expand(Translation *t, const Node *node) {
    const Node *x = node->in[0];
    const Shape s = node->type.shape;
    const bool samples = o_has_samples(node);
    int64_t narrow[MAX_RANK + 1], wide[MAX_RANK + 1];
    int n = 0, rank = 0;
    for (int i = 0; i < s.rank; i++) narrow[n++] = reduces_axis(node, s.rank, i) ? 1 : s.dim[i];
    if (samples) wide[rank++] = 1;
    for (int i = 0; i < s.rank; i++) wide[rank++] = s.dim[i];
    const char *y = o_reshape_to(t, o_operand(t, node, 0), o_has_samples(x), n, narrow);
    return o_two(t, "Expand", y, builder_list(t->b, rank, wide));
}

/* With axes of 1 behind that of samples, so that there are `rank` more: what is before the last two
 * axes broadcasts by places from the end. */
static const char *deepened(Translation *t, const char *x, const Node *node, int rank) {
    const Shape s = node->type.shape;
    const int more = rank - s.rank;
    int64_t dim[MAX_RANK];
    if (!o_has_samples(node) || more <= 0) return x;
    for (int i = 0; i < rank; i++) dim[i] = i < more ? 1 : s.dim[i - more];
    return o_reshape_to(t, x, true, rank, dim);
}

static const char *matmul(Translation *t, const Node *node) {
    const char *in[2];
    for (int i = 0; i < 2; i++) {
        const Node *x = node->in[i];
        const int rank = node->type.shape.rank;
        in[i] = deepened(t, o_operand(t, node, i), x, rank);
        const bool transposed = ATTRS(node, MatmulAttrs)->transpose[i];
        if (transposed)
            in[i] = o_turned(t, in[i], o_has_samples(x) ? rank + 1 : x->type.shape.rank);
    }
    return o_two(t, "MatMul", in[0], in[1]);
}

static const char *flatten(Translation *t, const Node *node) {
    return o_reshape_like(t, o_operand(t, node, 0), node);
}

static const char *permute(Translation *t, const Node *node) {
    const bool samples = o_has_samples(node);
    int64_t perm[MAX_RANK + 1] = {0};
    const int rank = node->type.shape.rank;
    for (int i = 0; i < rank; i++) perm[i + samples] = permuted_axis(node, i) + samples;
    return o_transpose(t, o_operand(t, node, 0), rank + samples, perm);
}

static const char *concat(Translation *t, const Node *node) {
    const char **in = ARENA_ARRAY(t->b->arena, const char *, node->n_in);
    for (int i = 0; i < node->n_in; i++) in[i] = o_operand(t, node, i);
    const char *y = o_node(t, "Concat", node->n_in, in);
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + o_has_samples(node));
    return y;
}

/* Places of an axis by their numbers. */
static const char *slice(Translation *t, const Node *node) {
    const SliceAttrs *a = ATTRS(node, SliceAttrs);
    const int count = a->count;
    int64_t *places = ARENA_ARRAY(t->b->arena, int64_t, count);
    for (int i = 0; i < count; i++) places[i] = (int64_t)(a->offset + i * a->step);
    const char *y = o_two(t, "Gather", o_operand(t, node, 0), builder_list(t->b, count, places));
    builder_int(t->b, "axis", a->axis - 1 + o_has_samples(node));
    return y;
}

/* Where places lie between the elements they go by their numbers: behind them is the border's
 * value. */
static const char *pad(Translation *t, const Node *node) {
    const SliceAttrs *a = ATTRS(node, SliceAttrs);
    const int axis = a->axis - 1 + o_has_samples(node), rank = o_full_rank(node);
    const int has = node->in[0]->type.shape.dim[a->axis - 1];
    const int before = a->offset, step = a->step;
    const int size = a->size;
    const bool close = step == 1 || has == 1;
    int64_t pads[2 * (MAX_RANK + 1)] = {0};
    pads[axis] = close ? before : 0;
    pads[rank + axis] = close ? size - before - has : 1;
    const char *border =
        node->type.classes ? builder_whole(t->b, (int64_t)a->value) : o_scalar(t, a->value);
    const char *x =
        o_three(t, "Pad", o_operand(t, node, 0), builder_list(t->b, 2 * rank, pads), border);
    if (close) return x;
    int64_t *places = ARENA_ARRAY(t->b->arena, int64_t, size);
    for (int i = 0; i < size; i++) places[i] = has;
    for (int i = 0; i < has; i++) places[before + i * step] = i;
    const char *y = o_two(t, "Gather", x, builder_list(t->b, size, places));
    builder_int(t->b, "axis", axis);
    return y;
}

static const char *argmax(Translation *t, const Node *node) {
    const char *y = o_one(t, "ArgMax", o_operand(t, node, 0));
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + o_has_samples(node->in[0]));
    builder_int(t->b, "keepdims", 0);
    return y;
}

static const char *one_hot(Translation *t, const Node *node) {
    const int64_t dim = 2;
    const float values[] = {0, 1};
    const char *y =
        o_three(t, "OneHot", o_operand(t, node, 0), o_list1(t, node->in[0]->type.classes),
                builder_floats(t->b, NULL, 1, &dim, values));
    builder_int(t->b, "axis", ATTRS(node, AxisAttrs)->axis - 1 + o_has_samples(node));
    return y;
}

static const char *arange(Translation *t, const Node *node) {
    const int n = node->type.shape.dim[0];
    int64_t *values = ARENA_ARRAY(t->b->arena, int64_t, n);
    for (int i = 0; i < n; i++) values[i] = i;
    return repeated(t, builder_list(t->b, n, values), node);
}

static const char *repeat(Translation *t, const Node *node) {
    return repeated(t, o_operand(t, node, 0), node);
}

static const Maker own_makers[] = {
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
    {NULL, NULL},
};

/* The row of the op; NULL: there is none. */
static const Maker *find(const Op *op) {
    const Maker *const tables[] = {own_makers, layer_makers, sequence_makers};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const Maker *m = tables[i]; m->op; m++)
            if (m->op == op) return m;
    return NULL;
}

static const char *make(Translation *t, const Node *node) {
    const Op *op = node->op;
    const Maker *maker = find(op);
    if (maker) return maker->make(t, node);
    if (op->onnx && op_is(op, TRAIT_COMPARISON)) return compare(t, node);
    if (op->onnx) return o_alike(t, node);
    return o_refuse(t, arena_printf(t->b->arena, "%s%s%s%s", op->name, node->name ? " \"" : "",
                                    node->name ? node->name : "", node->name ? "\"" : ""));
}

/* Marks what the predictions are made of. */
static bool *needed_nodes(const Translation *t) {
    const Graph *graph = t->graph;
    bool *needed = ARENA_ARRAY(t->b->arena, bool, graph->n_nodes + 1);
    for (int i = 0; i < graph->n_predictions; i++) needed[graph->predictions[i].node->id] = true;
    for (int i = graph->n_nodes - 1; i >= 0; i--) {
        const Node *node = graph->nodes[i];
        const int first = node->op == &op_tracked, last = first ? 2 : node->n_in;
        for (int k = first; needed[i] && k < last; k++) needed[node->in[k]->id] = true;
    }
    return needed;
}

/* Predictions have the shape of their nodes. */
static void output(Translation *t, const Named *prediction) {
    const Type *type = &prediction->node->type;
    int64_t sizes[MAX_RANK + 1] = {BUILDER_SAMPLES};
    const int rank = type->shape.rank;
    for (int i = 0; i < rank; i++) sizes[1 + i] = type->shape.dim[i];
    builder_node(t->b, "Identity", prediction->name, 1, &t->names[prediction->node->id]);
    builder_output(t->b, prediction->name,
                   type->classes ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                                 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                   1 + rank, sizes);
}

void translate_predictions(Translation *t) {
    const Graph *graph = t->graph;
    const bool *needed = needed_nodes(t);
    t->names = ARENA_ARRAY(t->b->arena, const char *, graph->n_nodes + 1);
    for (int i = 0; i < graph->n_nodes; i++)
        if (needed[i] && op_is(graph->nodes[i]->op, TRAIT_FIELD)) {
            t->names[i] = t->input(t->arg, graph->nodes[i]);
            if (!t->field) t->field = graph->nodes[i]->name;
        }
    for (int i = 0; i < graph->n_nodes && !t->refused; i++) {
        const Node *node = graph->nodes[i];
        /* What is stored becomes a constant where it is read, in the form that is wanted there. */
        if (needed[i] && !t->names[i] && !o_is_leaf(node)) t->names[i] = make(t, node);
    }
    for (int i = 0; i < graph->n_predictions && !t->refused; i++) output(t, &graph->predictions[i]);
}
