/* Moving values between layouts: fields into padded rows, channels into and out of concatenations,
 * vectors between the order that flatten gives and plain order, predictions out to the caller.
 * Plain loops: what they move is small beside the contractions. */
#include "copy.h"

#include <string.h>

#include "../ops/ops.h"

static bool never(const Node *node) {
    (void)node;
    return false;
}

static bool fits(const Node *node) {
    return node->op == &op_concat || node->op == &op_slice;
}

/* Copies channels [from, from + count) of x at places of `in` to channels [to, ...) at places of
 * `out`; both have the same H and W. */
static void write_channels(Writer *w, const char *x, Layout in, int from, const char *y, Layout out,
                           int to, int count) {
    w_line(w, "for (int s = 0; s < n; s++)");
    if (in.H * in.W == 1) {
        w_line(w, "    NN_COPY(%s + s * %d + %d, %s + s * %d + %d, %zu);", y, out.stride, to, x,
               in.stride, from, (size_t)count * sizeof(float));
        return;
    }
    w_line(w, "for (int p = 0; p < %d; p++)", in.H * in.W);
    w_line(w, "    NN_COPY(%s + s * %d + p * %d + %d, %s + s * %d + p * %d + %d, %zu);", y,
           out.stride, out.cs, to, x, in.stride, in.cs, from, (size_t)count * sizeof(float));
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    const Node *node = k->node;
    if (k->out.C % LANES || k->out.cs * k->out.H * k->out.W != k->out.stride)
        w_line(w, "NN_ZERO(y, (size_t)n * %zu);", (size_t)k->out.stride * sizeof(float));
    if (node->op == &op_slice) {
        write_channels(w, "x", k->in, (int)node->attr[SLICE_OFFSET], "y", k->out, 0,
                       (int)node->attr[SLICE_COUNT]);
        return;
    }
    int at = 0;
    for (int i = 0; i < node->n_in; i++) {
        const Operand *x = &k->operands[i];
        Layout in = x->buffer->layout;
        if (x->buffer->space == SPACE_FIELD) in = (Layout){in.stride, 1, 1, in.stride, in.stride};
        write_channels(w, x->param, in, 0, "y", k->out, at, in.C);
        at += in.C;
    }
}

const Family family_copy = {"copy", fits, false, write, NULL, NULL, false};

/* From the caller's order (C, H, W), dense, to places of the layout. Rows are filled up with zeros;
 * nobody reads what follows a sample. */
static void write_pack(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Layout out = k->out;
    int places = out.H * out.W;
    if (out.C != out.cs)
        w_line(w, "NN_ZERO(y, (size_t)n * %zu);", (size_t)out.stride * sizeof(float));
    if (places == 1 || (out.C == 1 && out.cs == 1)) {
        w_line(w, "for (int s = 0; s < n; s++)");
        w_line(w, "    NN_COPY(y + s * %d, x + s * %d, %zu);", out.stride, out.C * places,
               (size_t)(out.C * places) * sizeof(float));
        return;
    }
    w_line(w, "for (int s = 0; s < n; s++)");
    w_line(w, "for (int p = 0; p < %d; p++)", places);
    w_line(w, "for (int c = 0; c < %d; c++)", out.C);
    w_line(w, "    y[s * %d + p * %d + c] = x[s * %d + c * %d + p];", out.stride, out.cs,
           out.C * places, places);
}

/* From places of the layout to the caller's order. */
static void write_unpack(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Layout in = k->in;
    int places = in.H * in.W;
    w_line(w, "for (int s = 0; s < n; s++)");
    w_line(w, "for (int c = 0; c < %d; c++)", in.C);
    w_line(w, "for (int p = 0; p < %d; p++)", places);
    w_line(w, "    y[s * %d + c * %d + p] = x[s * %d + p * %d + c];", in.C * places, places,
           in.stride, in.cs);
}

/* Between two layouts of the same elements in (C, H, W) order. */
static void write_relayout(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Layout in = k->in, out = k->out;
    w_line(w, "NN_ZERO(y, (size_t)n * %zu);", (size_t)out.stride * sizeof(float));
    w_line(w, "for (int s = 0; s < n; s++)");
    w_open(w, "for (int i = 0; i < %d; i++)", in.C * in.H * in.W);
    w_line(w, "const int from = i %% %d * %d + i / %d, to = i %% %d * %d + i / %d;", in.H * in.W,
           in.cs, in.H * in.W, out.H * out.W, out.cs, out.H * out.W);
    w_line(w, "y[s * %d + to] = x[s * %d + from];", out.stride, in.stride);
    w_close(w);
}

static bool fits_stack(const Node *node) {
    return node->op == &op_stack || node->op == &op_part;
}

static void write_stack(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    w_line(w, "NN_COPY(y, x, (size_t)n * %zu);", (size_t)k->in.stride * sizeof(float));
}

const Family family_stack = {"stack", fits_stack, false, write_stack, NULL, NULL, false};
const Family family_pack = {"pack", never, false, write_pack, NULL, NULL, false};
const Family family_unpack = {"unpack", never, false, write_unpack, NULL, NULL, false};
const Family family_relayout = {"relayout", never, false, write_relayout, NULL, NULL, false};
