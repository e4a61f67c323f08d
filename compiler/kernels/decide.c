/* Decisions for predictions and metrics: scalar loops, no gradients. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "copy.h"
#include "lines.h"

/* Comparisons of real values are point-wise; here are those of labels and other class indices. */
static bool fits(const Node *node) {
    return node->op == &op_argmax || node->op == &op_one_hot || node->op == &op_arange ||
           (op_is(node->op, TRAIT_COMPARISON) && !is_pointwise(node));
}

static const char *operator_of(const Op *op) {
    static const struct {
        const Op *op;
        const char *text;
    } operators[] = {{&op_equal, "=="},
                     {&op_less, "<"},
                     {&op_less_equal, "<="},
                     {&op_greater, ">"},
                     {&op_greater_equal, ">="}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (operators[i].op == op) return operators[i].text;
    bug("%s is no comparison", op->name);
}

/* The operand's element `index`, in the order of its axes; labels are integers of the caller. */
static const char *element(Arena *arena, const Kernel *k, int operand, const char *index) {
    if (k->node->in[operand]->type.kind != KIND_SAMPLE) return COPY_NUMBER;
    const bool second = operand && k->node->in[0]->type.kind == KIND_SAMPLE;
    const Operand *x = &k->operands[second];
    Layout l = x->buffer->layout;
    if (x->buffer->space == SPACE_FIELD && x->buffer->element == ELEMENT_INT)
        return l.stride > 1
                   ? arena_printf(arena, "(float)%s[s * %d + %s]", x->param, l.stride, index)
                   : arena_printf(arena, "(float)%s[s]", x->param);
    return arena_printf(arena, "%s[s * %d + %s]", x->param, l.stride,
                        layout_offset(arena, l, index));
}

static const char *compared(Arena *arena, const Kernel *k) {
    return arena_printf(arena, "%s %s %s ? 1.0f : 0.0f", element(arena, k, 0, "i"),
                        operator_of(k->node->op), element(arena, k, 1, "i"));
}

/* Element i of a one_hot value: whether its place on the axis of the classes is the index. */
static const char *hot_element(Arena *arena, const Kernel *k) {
    const Shape s = k->node->type.shape;
    const int axis = ATTRS(k->node, AxisAttrs)->axis - 1, classes = s.dim[axis],
              inner = (int)shape_inner(s, axis);
    if (s.rank == 1)
        return arena_printf(arena, "%s == (float)i ? 1.0f : 0.0f", element(arena, k, 0, "0"));
    const char *index =
        arena_printf(arena, "(i / %d * %d + i %% %d)", classes * inner, inner, inner);
    return arena_printf(arena, "%s == (float)(i / %d %% %d) ? 1.0f : 0.0f",
                        element(arena, k, 0, index), inner, classes);
}

static void lower(Lowering *l, Node *node) {
    if (node->n_in) {
        copy_lower(l, node);
        return;
    }
    Kernel *k = value_kernel(l, node);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

/* The index of the largest along an axis. */
static void build_argmax(Loops *l, const Kernel *k) {
    const Shape s = k->node->in[0]->type.shape;
    const int axis = ATTRS(k->node, AxisAttrs)->axis - 1, size = s.dim[axis],
              inner = (int)shape_inner(s, axis), groups = (int)shape_count(k->node->type.shape);
    Arena *a = l->arena;
    const char *first = arena_printf(a, "x[s * %d]", k->in.stride), *index = "i",
               *to = arena_printf(a, "y[s * %d]", k->out.stride);
    if (groups > 1) {
        l_open(l, "for (int j = 0; j < %d; j++)", groups);
        const char *group = arena_printf(a, "(j / %d * %d + j %% %d)", inner, size * inner, inner);
        first = element(a, k, 0, group);
        index =
            arena_printf(a, "(j / %d * %d + i * %d + j %% %d)", inner, size * inner, inner, inner);
        to = arena_printf(a, "y[s * %d + %s]", k->out.stride, layout_offset(a, k->out, "j"));
    }
    l_line(l, "int best = 0;");
    l_line(l, "float top = %s;", first);
    l_open(l, "for (int i = 1; i < %d; i++)", size);
    l_line(l, "const float v = %s;", element(a, k, 0, index));
    l_open(l, "if (v > top || (v != v && top == top))");
    l_line(l, "best = i;");
    l_line(l, "top = v;");
    l_close(l);
    l_close(l);
    /* NaN: top is not finite */
    l_line(l, "%s = (float)best + (top - top);", to);
    if (groups > 1) l_close(l);
}

static void build(Loops *l, const Kernel *k) {
    const Op *op = k->node->op;
    Layout out = k->out;
    zero_samples(l, "y", out);
    l_open(l, "for (int s = 0; s < n; s++)");
    if (op == &op_argmax) {
        build_argmax(l, k);
    } else {
        const char *value = op == &op_arange    ? "(float)i"
                            : op == &op_one_hot ? hot_element(l->arena, k)
                                                : compared(l->arena, k);
        l_open(l, "for (int i = 0; i < %d; i++)", out.C * out.H * out.W);
        l_line(l, "y[s * %d + %s] = %s;", out.stride, layout_offset(l->arena, out, "i"), value);
        l_close(l);
    }
    l_close(l);
}

const Family family_decide = {.name = "decision", .fits = fits, .lower = lower, .build = build};
