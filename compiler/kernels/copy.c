/* Moving values between layouts: fields into padded rows, channels into and out of concatenations,
 * vectors between the order that flatten gives and plain order, predictions out to the caller.
 * Plain loops: what they move is small beside the contractions. */
#include "copy.h"

#include "../loops/loops.h"
#include "../ops/ops.h"

/* The layout in which elements lie in the order that the node works in: features join in plain
 * order, channels place by place. */
static Layout wanted_layout(const Lowering *l, const Node *node, const Node *operand) {
    const Layout layout = l->value[operand->id].layout;
    if (node->op != &op_concat && node->op != &op_slice) return layout;
    if (node->type.shape.rank == 1) return layout_padded(layout.C * layout.H * layout.W, 1, 1);
    return channels_layout(l, operand);
}

void copy_lower(Lowering *l, Node *node) {
    Buffer **in = ARENA_ARRAY(l->arena, Buffer *, node->n_in);
    const bool vector = node->op == &op_concat && node->type.shape.rank == 1;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        Node *at = storage_of(l, node->in[i]);
        /* A field lies in plain order already. */
        if (is_field(at) && (at->type.classes || (vector && !at->n_in)))
            in[i] = field_buffer(l, at);
        else
            in_layout(l, at, wanted_layout(l, node, at), &in[i]);
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
    return node->op == &op_concat || node->op == &op_slice;
}

/* Copies channels [from, from + count) of x at places of `in` to channels [to, ...) at places of
 * `out`; both have the same H and W. */
static void build_channels(Loops *l, const char *x, Layout in, int from, const char *y, Layout out,
                           int to, int count) {
    const size_t bytes = (size_t)count * sizeof(float);
    l_open(l, "for (int s = 0; s < n; s++)");
    if (in.H * in.W == 1) {
        l_line(l, "NN_COPY(%s + s * %d + %d, %s + s * %d + %d, %zu);", y, out.stride, to, x,
               in.stride, from, bytes);
    } else {
        l_open(l, "for (int p = 0; p < %d; p++)", in.H * in.W);
        l_line(l, "NN_COPY(%s + s * %d + p * %d + %d, %s + s * %d + p * %d + %d, %zu);", y,
               out.stride, out.cs, to, x, in.stride, in.cs, from, bytes);
        l_close(l);
    }
    l_close(l);
}

static void zero_samples(Loops *l, Layout y) {
    l_line(l, "NN_ZERO(y, (size_t)n * %zu);", (size_t)y.stride * sizeof(float));
}

static void build(Loops *l, const Kernel *k) {
    const Node *node = k->node;
    if (k->out.C % LANES || k->out.cs * k->out.H * k->out.W != k->out.stride)
        zero_samples(l, k->out);
    if (node->op == &op_slice) {
        build_channels(l, "x", k->in, (int)node->attr[SLICE_OFFSET], "y", k->out, 0,
                       (int)node->attr[SLICE_COUNT]);
        return;
    }
    int at = 0;
    for (int i = 0; i < node->n_in; i++) {
        const Operand *x = &k->operands[i];
        Layout in = x->buffer->layout;
        if (x->buffer->space == SPACE_FIELD)
            in = (Layout){in.stride, 1, 1, in.stride, in.stride, false};
        build_channels(l, x->param, in, 0, "y", k->out, at, in.C);
        at += in.C;
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
