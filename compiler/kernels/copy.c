/* Moving values between layouts: fields into padded rows, places of axes into and out of others,
 * vectors between the order that flatten gives and plain order, predictions out to the caller.
 * Plain loops: what they move is small beside the contractions. */
#include "copy.h"

#include "../loops/loops.h"
#include "../ops/ops.h"

/* The layout in which the node works: as its value, vectors in plain order. */
static Layout wanted_layout(const Lowering *l, const Node *node, int i) {
    const Node *x = node->in[i];
    if (!op_is(node->op, TRAIT_COPIES)) return l->value[x->id].layout;
    return layout_of_shape(x->type.shape, l->value[node->id].layout.last);
}

void copy_lower(Lowering *l, Node *node) {
    Buffer **in = ARENA_ARRAY(l->arena, Buffer *, node->n_in);
    const bool vector = op_is(node->op, TRAIT_COPIES) && node->type.shape.rank == 1;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        Node *at = storage_of(l, node->in[i]);
        /* A field lies in plain order already. */
        if (is_field(at) && !at->n_in && (at->type.classes || vector))
            in[i] = field_buffer(l, at);
        else
            in_layout(l, at, wanted_layout(l, node, i), &in[i]);
    }
    Kernel *k = value_kernel(l, node);
    k->in = (in[0] ? in[0] : in[1])->layout;
    for (int i = 0; i < node->n_in; i++) {
        if (!in[i]) {
            number_arg(l, k, node->in[i], COPY_NUMBER, "(float)job->numbers.%s");
            continue;
        }
        Node *at = storage_of(l, node->in[i]);
        const bool direct = in[i] == l->buffer[at->id] && !is_field(at);
        char *param = i || node->n_in > 1 ? arena_printf(l->arena, "x%d", i) : "x";
        lower_operand(l, k, param, in[i], direct ? at : NULL, false);
    }
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

static bool fits(const Node *node) {
    return op_is(node->op, TRAIT_COPIES);
}

/* One side of a copy: the places of an axis that take part, and how the others lie around it. */
typedef struct Side {
    const char *name;
    Layout layout;
    int size;       /* of the axis */
    int from, step; /* of the places */
} Side;

/* Floats of a block that lies together, all that comes after a place of the axis, and how many such
 * blocks each place has: the axis in lanes has single floats. */
typedef struct Blocks {
    bool lanes;
    int outer, floats;
} Blocks;

static Blocks blocks_of(Shape s, Layout layout, int axis) {
    const int lanes = layout.last ? s.rank - 1 : 0;
    if (axis == lanes) return (Blocks){true, layout.H * layout.W, 1};
    Blocks b = {false, 1, layout.cs};
    for (int i = 0; i < s.rank; i++)
        if (i != axis && i != lanes) *(i < axis ? &b.outer : &b.floats) *= s.dim[i];
    return b;
}

/* Where the places of the side begin: floats from the start of the tensor. */
static const char *side_text(Arena *arena, const Blocks *b, const Side *v) {
    const Layout l = v->layout;
    const int outer = b->lanes ? l.cs : v->size * b->floats;
    const char *text = arena_printf(arena, "%s + s * %d", v->name, l.stride);
    if (b->outer > 1) text = arena_printf(arena, "%s + p * %d", text, outer);
    if (v->from) text = arena_printf(arena, "%s + %d", text, v->from * b->floats);
    return text;
}

/* Copies `count` places of an axis from one side to the other. */
static void build_places(Loops *l, Blocks b, Side x, Side y, int count) {
    const bool together = x.step == 1 && y.step == 1;
    const char *from = side_text(l->arena, &b, &x), *to = side_text(l->arena, &b, &y);
    if (!together) {
        from = arena_printf(l->arena, "%s + i * %d", from, x.step * b.floats);
        to = arena_printf(l->arena, "%s + i * %d", to, y.step * b.floats);
    }
    l_open(l, "for (int s = 0; s < n; s++)");
    if (b.outer > 1) l_open(l, "for (int p = 0; p < %d; p++)", b.outer);
    if (!together) l_open(l, "for (int i = 0; i < %d; i++)", count);
    l_line(l, "NN_COPY(%s, %s, %zu);", to, from,
           (size_t)(together ? count * b.floats : b.floats) * sizeof(float));
    if (!together) l_close(l);
    if (b.outer > 1) l_close(l);
    l_close(l);
}

static void zero_samples(Loops *l, Layout y) {
    l_line(l, "NN_ZERO(y, (size_t)n * %zu);", (size_t)y.stride * sizeof(float));
}

static void build(Loops *l, const Kernel *k) {
    const Node *node = k->node;
    const bool concat = node->op == &op_concat;
    const int axis = (int)node->attr[concat ? CONCAT_AXIS : SLICE_AXIS] - 1;
    const Blocks b = blocks_of(node->type.shape, k->out, axis);
    Side y = {.name = "y", .layout = k->out, .size = node->type.shape.dim[axis], .step = 1};
    if (node->op == &op_slice_grad || (b.lanes && k->out.C % LANES)) zero_samples(l, k->out);
    for (int i = 0; i < node->n_in; i++) {
        const int count = node->in[i]->type.shape.dim[axis];
        Side x = {k->operands[i].param, k->operands[i].buffer->layout, count, 0, 1};
        if (!concat) {
            Side *whole = node->op == &op_slice ? &x : &y;
            whole->from = (int)node->attr[SLICE_OFFSET];
            whole->step = (int)node->attr[SLICE_STEP];
        }
        build_places(l, b, x, y, node->op == &op_slice ? y.size : count);
        y.from += count;
    }
}

/* From the caller's order (C, H, W), dense, to places of the layout. Rows are filled up with zeros;
 * nobody reads what follows a sample. */
static void build_pack(Loops *l, const Kernel *k) {
    Layout out = k->out;
    int places = out.H * out.W;
    if (out.C != out.cs) zero_samples(l, out);
    l_open(l, "for (int s = 0; s < n; s++)");
    if (places == 1 || (out.C == 1 && out.cs == 1)) {
        l_line(l, "NN_COPY(y + s * %d, x + s * %d, %zu);", out.stride, out.C * places,
               (size_t)(out.C * places) * sizeof(float));
    } else if (out.last) {
        l_open(l, "for (int p = 0; p < %d; p++)", places);
        l_line(l, "NN_COPY(y + s * %d + p * %d, x + s * %d + p * %d, %zu);", out.stride, out.cs,
               out.C * places, out.C, (size_t)out.C * sizeof(float));
        l_close(l);
    } else {
        l_open(l, "for (int p = 0; p < %d; p++)", places);
        l_open(l, "for (int c = 0; c < %d; c++)", out.C);
        l_line(l, "y[s * %d + p * %d + c] = x[s * %d + c * %d + p];", out.stride, out.cs,
               out.C * places, places);
        l_close(l);
        l_close(l);
    }
    l_close(l);
}

/* From places of the layout to the caller's order. */
static void build_unpack(Loops *l, const Kernel *k) {
    Layout in = k->in;
    int places = in.H * in.W;
    l_open(l, "for (int s = 0; s < n; s++)");
    if (in.last) {
        l_open(l, "for (int p = 0; p < %d; p++)", places);
        l_line(l, "NN_COPY(y + s * %d + p * %d, x + s * %d + p * %d, %zu);", in.C * places, in.C,
               in.stride, in.cs, (size_t)in.C * sizeof(float));
        l_close(l);
        l_close(l);
        return;
    }
    l_open(l, "for (int c = 0; c < %d; c++)", in.C);
    l_open(l, "for (int p = 0; p < %d; p++)", places);
    l_line(l, "y[s * %d + c * %d + p] = x[s * %d + p * %d + c];", in.C * places, places, in.stride,
           in.cs);
    l_close(l);
    l_close(l);
    l_close(l);
}

/* Between two layouts of the same elements in (C, H, W) order. */
static void build_relayout(Loops *l, const Kernel *k) {
    Layout in = k->in, out = k->out;
    zero_samples(l, out);
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int i = 0; i < %d; i++)", in.C * in.H * in.W);
    l_line(l, "const int from = %s, to = %s;", layout_offset(l->arena, in, "i"),
           layout_offset(l->arena, out, "i"));
    l_line(l, "y[s * %d + to] = x[s * %d + from];", out.stride, in.stride);
    l_close(l);
    l_close(l);
}

static void build_stack(Loops *l, const Kernel *k) {
    l_line(l, "NN_COPY(y, x, (size_t)n * %zu);", (size_t)k->in.stride * sizeof(float));
}

const Family family_copy = {.name = "copy", .fits = fits, .lower = copy_lower, .build = build};
const Family family_stack = {.name = "stack", .role = ROLE_STACK, .build = build_stack};
const Family family_pack = {.name = "pack", .role = ROLE_PACK, .build = build_pack};
const Family family_unpack = {.name = "unpack", .role = ROLE_UNPACK, .build = build_unpack};
const Family family_relayout = {.name = "relayout", .role = ROLE_RELAYOUT, .build = build_relayout};
