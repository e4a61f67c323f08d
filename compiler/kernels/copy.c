/* Moving values between layouts: fields into padded rows, places of axes into and out of others,
 * vectors between the order that flatten gives and plain order, predictions out to the caller.
 * Plain loops: what they move is small beside the contractions. */
#include "copy.h"

#include <stdlib.h>

#include "../loops/loops.h"
#include "../ops/ops.h"
#include "lines.h"

/* The layout in which the node works: as its value, vectors in plain order. */
static Layout wanted_layout(const Lowering *l, const Node *node, int i) {
    const Node *x = node->in[i];
    if (!op_is(node->op, TRAIT_COPIES)) return l->value[x->id].layout;
    const Node *like = node->op == &op_permute ? x : node;
    return layout_of_shape(x->type.shape, l->value[like->id].layout.last);
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
    if (node->op == &op_at_place)
        lower_place_arg(l, k, node->in[0]->type.shape.dim[ATTRS(node, AxisAttrs)->axis - 1]);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

static bool fits(const Node *node) {
    return op_is(node->op, TRAIT_COPIES);
}

/* A loop of a copy: its turns, and floats from one to the next on both sides. */
typedef struct Walk {
    int size, from, to;
} Walk;

/* What is copied of one operand: loops over its axes, or the result's, and where they begin. */
typedef struct Copy {
    Walk walk[MAX_RANK + 1];
    int n, from, to;
    int place; /* floats from one place of the call's to the next, in x; 0: it is not asked for */
    const Operand *x;
    Layout in, out;
} Copy;

static bool is_raw(const Operand *x) {
    return x->buffer->space == SPACE_FIELD;
}

/* Floats from one element to the next along each axis; fields lie in the order of their axes. */
static void operand_steps(Shape s, const Operand *x, int step[MAX_RANK]) {
    if (!is_raw(x)) {
        layout_steps(s, x->buffer->layout, step);
        return;
    }
    for (int i = 0; i < s.rank; i++) step[i] = (int)shape_inner(s, i);
}

static int by_step(const void *a, const void *b) {
    const Walk *x = a, *y = b;
    return abs(y->to) - abs(x->to);
}

/* The result in order, loops that go on where the next one ends as one. */
static void order_walks(Copy *c) {
    int n = 0;
    for (int i = 0; i < c->n; i++)
        if (c->walk[i].size > 1) c->walk[n++] = c->walk[i];
    qsort(c->walk, (size_t)n, sizeof *c->walk, by_step);
    c->n = 0;
    for (int i = 0; i < n; i++) {
        Walk w = c->walk[i], *last = c->n ? &c->walk[c->n - 1] : NULL;
        if (last && last->from == w.from * w.size && last->to == w.to * w.size)
            *last = (Walk){last->size * w.size, w.from, w.to};
        else
            c->walk[c->n++] = w;
    }
}

static const char *place_text(Arena *arena, const Copy *c, bool to, int loops) {
    const char *text = arena_printf(arena, "s * %d", (to ? c->out : c->in).stride);
    const int begin = to ? c->to : c->from;
    if (begin) text = arena_printf(arena, "%s + %d", text, begin);
    if (!to && c->place) text = arena_printf(arena, "%s + place * %d", text, c->place);
    for (int i = 0; i < loops; i++) {
        const int step = to ? c->walk[i].to : c->walk[i].from;
        if (step)
            text = arena_printf(arena, "%s %c a%d * %d", text, step < 0 ? '-' : '+', i, abs(step));
    }
    return text;
}

static void build_copy(Loops *l, Copy *c) {
    order_walks(c);
    const bool ints = c->x->buffer->element != ELEMENT_FLOAT;
    const Walk *last = c->n ? &c->walk[c->n - 1] : NULL;
    const bool rows = last && last->from == 1 && last->to == 1 && !ints;
    const int loops = c->n - rows;
    const char *from = place_text(l->arena, c, false, loops),
               *to = place_text(l->arena, c, true, loops);
    l_open(l, "for (int s = 0; s < n; s++)");
    for (int i = 0; i < loops; i++)
        l_open(l, "for (int a%d = 0; a%d < %d; a%d++)", i, i, c->walk[i].size, i);
    if (rows)
        l_line(l, "NN_COPY(y + %s, %s + %s, %zu);", to, c->x->param, from,
               (size_t)last->size * sizeof(float));
    else
        l_line(l, "y[%s] = %s%s[%s];", to, ints ? "(float)" : "", c->x->param, from);
    for (int i = 0; i <= loops; i++) l_close(l);
}

/* The constant of a pad, but for the lanes beyond the last channel. */
static void fill(Loops *l, Layout y, double value) {
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int p = 0; p < %d; p++)", y.H * y.W);
    l_line(l, "for (int c = 0; c < %d; c++) y[s * %d + p * %d + c] = (float)%.17g;", y.C, y.stride,
           y.cs, value);
    l_close(l);
    l_close(l);
}

/* Channel (c, i, j) of the coarse image is row i, column j of a place of the fine one. */
static void build_shuffle(Loops *l, const Kernel *k) {
    const Node *node = k->node;
    const bool fines = node->op == &op_pixel_shuffle;
    const int r = ATTRS(node, ShuffleAttrs)->factor;
    const Shape x = node->in[0]->type.shape, y = node->type.shape, fine = fines ? y : x;
    int in[MAX_RANK], out[MAX_RANK];
    operand_steps(x, &k->operands[0], in);
    layout_steps(y, k->out, out);
    const int *c = fines ? in : out, *f = fines ? out : in;
    const Walk walks[MAX_RANK + 1] = {{fine.dim[0], r * r * c[0], f[0]},
                                      {r, r * c[0], f[1]},
                                      {r, c[0], f[2]},
                                      {fine.dim[1] / r, c[1], r * f[1]},
                                      {fine.dim[2] / r, c[2], r * f[2]}};
    Copy copy = {.n = MAX_RANK + 1, .x = &k->operands[0], .in = k->in, .out = k->out};
    for (int i = 0; i < copy.n; i++)
        copy.walk[i] = fines ? walks[i] : (Walk){walks[i].size, walks[i].to, walks[i].from};
    if (k->out.C % LANES) zero_samples(l, "y", k->out);
    build_copy(l, &copy);
}

static void build(Loops *l, const Kernel *k) {
    const Node *node = k->node;
    if (node->op == &op_pixel_shuffle || node->op == &op_pixel_shuffle_grad) {
        build_shuffle(l, k);
        return;
    }
    const Shape y = node->type.shape;
    const bool concat = node->op == &op_concat, pad = node->op == &op_pad,
               permute = node->op == &op_permute, place = node->op == &op_at_place;
    const int axis = permute           ? -1
                     : concat || place ? ATTRS(node, AxisAttrs)->axis - 1
                                       : ATTRS(node, SliceAttrs)->axis - 1;
    const int lanes = k->out.last ? y.rank - 1 : 0;
    int to[MAX_RANK], from[MAX_RANK], begin = 0;
    layout_steps(y, k->out, to);
    const bool turns =
        permute ? permuted_axis(node, lanes) != (k->in.last ? y.rank - 1 : 0) : axis == lanes;
    bool rows = !turns;
    for (int i = 0; i < node->n_in; i++) rows = rows && !is_raw(&k->operands[i]);
    if (pad || (!rows && k->out.C % LANES)) zero_samples(l, "y", k->out);
    if (pad && ATTRS(node, SliceAttrs)->value != 0) fill(l, k->out, ATTRS(node, SliceAttrs)->value);
    for (int i = 0; i < node->n_in; i++) {
        const Shape x = node->in[i]->type.shape;
        Copy c = {.n = y.rank, .x = &k->operands[i]};
        c.in = c.x->buffer->layout;
        c.out = k->out;
        operand_steps(x, c.x, from);
        for (int a = 0; a < y.rank; a++) {
            const int of = permute ? permuted_axis(node, a) : a;
            /* Rows go with their padding where they stay rows. */
            const bool row = a == lanes && !turns && !is_raw(c.x);
            c.walk[a] = (Walk){row             ? k->out.cs
                               : pad || concat ? x.dim[a]
                                               : y.dim[a],
                               from[of], to[a]};
        }
        if (concat) {
            c.to = begin * to[axis];
            begin += x.dim[axis];
        } else if (place) {
            c.place = from[axis];
        } else if (!permute) {
            const int offset = ATTRS(node, SliceAttrs)->offset,
                      step = ATTRS(node, SliceAttrs)->step;
            if (pad) {
                c.to = offset * to[axis];
                c.walk[axis].to *= step;
            } else {
                c.from = offset * from[axis];
                c.walk[axis].from *= step;
            }
        }
        build_copy(l, &c);
    }
}

/* From the caller's order (C, H, W), dense, to places of the layout. Rows are filled up with zeros;
 * nobody reads what follows a sample. */
static void build_pack(Loops *l, const Kernel *k) {
    Layout out = k->out;
    int places = out.H * out.W;
    if (out.C != out.cs) zero_samples(l, "y", out);
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

/* Between two layouts of the same elements in (C, H, W) order, which is that of fields. */
static void build_relayout(Loops *l, const Kernel *k) {
    const Operand *x = &k->operands[0];
    Layout in = x->buffer->layout, out = k->out;
    zero_samples(l, "y", out);
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int i = 0; i < %d; i++)", in.C * in.H * in.W);
    l_line(l, "const int from = %s, to = %s;", is_raw(x) ? "i" : layout_offset(l->arena, in, "i"),
           layout_offset(l->arena, out, "i"));
    l_line(l, "y[s * %d + to] = %sx[s * %d + from];", out.stride,
           x->buffer->element == ELEMENT_INT ? "(float)" : "", in.stride);
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
