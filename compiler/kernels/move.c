/* Random flips, crops and erased squares: what is drawn moves the index of a place, so elements are
 * copied once. A field is read at moved places on its way to the layout that its readers want, for
 * a chain of such nodes at once; any other value goes through one kernel for each node, forward and
 * backward. The gradient of a crop adds each element of dy to the place that it shows, place after
 * place in the order of dy. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "family.h"

typedef struct Move {
    const Node *node;
    const char *row, *column; /* erased squares: the place in the operand, as far as it is known */
} Move;

/* The loops over a sample are over its axes, in their order, the one in lanes innermost. */
typedef struct Mover {
    Loops *l;
    const Kernel *k;
    Move *moves; /* from the result back to what is read */
    int n_moves;
    bool field; /* what is read is the caller's, in the order of the axes */
    bool adds;  /* to the places that are read: the gradient of a crop */
    Shape shape;
    int lanes;                  /* the axis in lanes */
    const char *from[MAX_RANK]; /* per axis: the place that is read, in terms of the loops */
} Mover;

static bool fits(const Node *node) {
    return op_is(node->op, TRAIT_MOVES);
}

static void lower(Lowering *l, Node *node) {
    Buffer *x;
    Node *at = in_layout(l, node->in[0], l->value[node->id].layout, &x);
    Kernel *k = value_kernel(l, node);
    k->in = x->layout;
    read_value(l, k, "x", x, at);
    lower_operand(l, k, "y", make_value(l, node), node, true);
    lower_draw_args(l, k, node);
}

/* The loop over an axis: w over the last one, h over the one before. */
static char loop_of(const Mover *m, int axis) {
    return "whcd"[m->shape.rank - 1 - axis];
}

static bool is_crop(const Node *node) {
    return node->op == &op_random_crop || node->op == &op_random_crop_grad;
}

/* Whether the node moves places along the axis, or hides some by them. */
static bool concerns(const Mover *m, const Node *node, int axis) {
    return node->op == &op_random_flip ? axis == moved_axis(node) : axis >= m->shape.rank - 2;
}

static bool hides(const Node *node) {
    return node->op == &op_random_erase ||
           (is_crop(node) && ATTRS(node, MoveAttrs)->mode == PAD_CONSTANT);
}

/* Declares what is drawn for sample s: `happens`, `row`, `column`, each with the move's number. */
static void declare_draws(const Mover *m) {
    Loops *l = m->l;
    const Shape s = m->shape;
    l_line(l, m->k->parts > 1 ? "const int sample = first + s %% each;"
                              : "const int sample = first + s;");
    for (int i = 0; i < m->n_moves; i++) {
        const Node *node = m->moves[i].node;
        const char *d = kernel_argument(m->k, node);
        l_line(l, "const int happens%d = nn_happens(%s, sample);", i, d);
        if (node->op == &op_random_flip) continue;
        static const char *const names[] = {"row", "column"};
        for (int axis = 0; axis < 2; axis++) {
            const MoveAttrs *move = ATTRS(node, MoveAttrs);
            const int option = is_crop(node) ? move->padding : move->size;
            const int count = is_crop(node) ? 2 * option + 1 : s.dim[s.rank - 2 + axis];
            const int middle = is_crop(node) ? option : 0;
            const char *pick = arena_printf(l->arena, "pick%d_%d", i, axis + 1);
            l_line(l, "const int %s = nn_pick(%s, sample, %d, %d);", pick, d, axis + 1, count);
            /* nn_pick counts from 0. */
            l_given(l, pick, "0", arena_printf(l->arena, "%d", count - 1));
            l_line(l, "const int %s%d = (happens%d > 0 ? %s : %d) - %d;", names[axis], i, i, pick,
                   middle, is_crop(node) ? option : option / 2);
        }
        if (!is_crop(node))
            l_line(l, "const int side%d = happens%d > 0 ? %d : 0;", i, i,
                   ATTRS(node, MoveAttrs)->size);
    }
}

/* The place of a crop's operand along an axis; goes on to the next turn where it shows none. */
static const char *write_crop(const Mover *m, int axis, int i, const char *at) {
    Loops *l = m->l;
    const int last = m->shape.dim[axis] - 1, mode = ATTRS(m->moves[i].node, MoveAttrs)->mode;
    const char *shift = axis == m->shape.rank - 2 ? "row" : "column";
    const char *place = arena_printf(l->arena, "%c%d", loop_of(m, axis), i);
    if (mode == PAD_CONSTANT) {
        l_line(l, "const int %s = %s + %s%d;", place, at, shift, i);
        l_line(l, "if (%s < 0 || %s > %d) continue;", place, place, last);
        return place;
    }
    const char *raw = arena_printf(l->arena, "%s_padded", place);
    l_line(l, "const int %s = %s + %s%d;", raw, at, shift, i);
    if (mode == PAD_REPLICATE)
        l_line(l, "const int %s = %s < 0 ? 0 : %s > %d ? %d : %s;", place, raw, raw, last, last,
               raw);
    else
        l_line(l, "const int %s = %s < 0 ? 0 - %s : %s > %d ? %d - %s : %s;", place, raw, raw, raw,
               last, 2 * last, raw, raw);
    /* What lies outside is cut, or mirrored: a reflected padding is smaller than the axis. */
    l_given(l, place, "0", arena_printf(l->arena, "%d", last));
    return place;
}

/* Notes the place of an erased square's operand along an axis; once both are known, goes on to the
 * next turn inside the square. */
static void write_erase(const Mover *m, int axis, int i, const char *at) {
    Move *move = &m->moves[i];
    *(axis == m->shape.rank - 2 ? &move->row : &move->column) = at;
    if (move->row && move->column)
        l_line(m->l,
               "if (%s >= row%d && %s < row%d + side%d && %s >= column%d && %s < column%d + "
               "side%d) continue;",
               move->row, i, move->row, i, i, move->column, i, move->column, i, i);
}

/* Works out the place that is read along an axis. */
static void write_place(Mover *m, int axis) {
    const char *at = arena_printf(m->l->arena, "%c", loop_of(m, axis));
    for (int i = 0; i < m->n_moves; i++) {
        const Node *node = m->moves[i].node;
        if (!concerns(m, node, axis)) continue;
        if (is_crop(node)) {
            at = write_crop(m, axis, i, at);
        } else if (node->op == &op_random_erase) {
            write_erase(m, axis, i, at);
        } else {
            const char *place = arena_printf(m->l->arena, "%c%d", loop_of(m, axis), i);
            l_line(m->l, "const int %s = happens%d > 0 ? %d - %s : %s;", place, i,
                   m->shape.dim[axis] - 1, at, at);
            at = place;
        }
    }
    m->from[axis] = at;
}

static void open_loop(Mover *m, int axis) {
    const char v = loop_of(m, axis);
    l_open(m->l, "for (int %c = 0; %c < %d; %c++)", v, v, m->shape.dim[axis], v);
    write_place(m, axis);
}

/* Where an element lies, `s` the sample: floats from the start. `place` has a text for each axis,
 * NULL for the axis in lanes where all of them are meant. */
static const char *offset(const Mover *m, int stride, const int *step, const char *const *place) {
    const char *text = arena_printf(m->l->arena, "s * %d", stride);
    for (int i = 0; i < m->shape.rank; i++)
        if (place[i]) text = arena_printf(m->l->arena, "%s + %s * %d", text, place[i], step[i]);
    return text;
}

/* Moves an element, or a row of them. */
static void write_move(const Mover *m, bool rows) {
    const Kernel *k = m->k;
    const char *shown[MAX_RANK], *from[MAX_RANK];
    int shown_step[MAX_RANK], from_step[MAX_RANK];
    layout_steps(m->shape, k->out, shown_step);
    layout_steps(m->shape, k->in, from_step);
    for (int i = m->shape.rank - 1, step = 1; m->field && i >= 0; step *= m->shape.dim[i--])
        from_step[i] = step;
    for (int i = 0; i < m->shape.rank; i++) {
        const bool whole = rows && i == m->lanes;
        shown[i] = whole ? NULL : arena_printf(m->l->arena, "%c", loop_of(m, i));
        from[i] = whole ? NULL : m->from[i];
    }
    const char *to = offset(m, k->out.stride, shown_step, m->adds ? from : shown);
    const char *of = offset(m, k->in.stride, from_step, m->adds ? shown : from);
    if (!rows) {
        l_line(m->l, m->adds ? "y[%s] += x[%s];" : "y[%s] = (float)x[%s];", to, of);
        return;
    }
    l_line(m->l, "const int to = %s, from = %s;", to, of);
    if (m->adds)
        l_line(m->l,
               "for (int i = 0; i < %d; i += 16) STORE(y + to + i, ADD(LOAD(y + to + i), LOAD(x + "
               "from + i)));",
               k->out.cs);
    else
        l_line(m->l, "NN_COPY(y + to, x + from, %zu);", (size_t)k->out.cs * sizeof(float));
}

/* The nodes whose moves the kernel makes: of a field all of its chain. */
static void find_moves(Mover *m) {
    const Node *node = m->k->node;
    m->n_moves = 1;
    for (const Node *at = node->in[0]; m->field && op_is(at->op, TRAIT_MOVES); at = at->in[0])
        m->n_moves++;
    m->moves = ARENA_ARRAY(m->l->arena, Move, m->n_moves);
    for (int i = 0; i < m->n_moves; i++, node = node->in[0]) m->moves[i].node = node;
}

static void build(Loops *l, const Kernel *k) {
    Mover m = {.l = l, .k = k, .shape = k->node->type.shape};
    m.field = k->family->role == ROLE_MOVE;
    m.adds = k->node->op == &op_random_crop_grad;
    m.lanes = k->out.last ? m.shape.rank - 1 : 0;
    find_moves(&m);
    bool rows = !m.field, empty = m.adds;
    for (int i = 0; i < m.n_moves; i++) {
        rows = rows && !concerns(&m, m.moves[i].node, m.lanes);
        empty = empty || hides(m.moves[i].node);
    }
    empty = empty || (!rows && k->out.C != k->out.cs);
    l_open(l, "for (int s = 0; s < n; s++)");
    if (empty)
        l_line(l, "NN_ZERO(y + s * %d, %zu);", k->out.stride,
               (size_t)k->out.stride * sizeof(float));
    declare_draws(&m);
    for (int i = 0; i < m.shape.rank; i++)
        if (i != m.lanes) open_loop(&m, i);
    if (!rows) open_loop(&m, m.lanes);
    write_move(&m, rows);
    for (int i = 0; i < m.shape.rank - rows; i++) l_close(l);
    l_close(l);
}

const Family family_move = {.name = "move", .fits = fits, .lower = lower, .build = build};
const Family family_move_field = {.name = "move field", .role = ROLE_MOVE, .build = build};
