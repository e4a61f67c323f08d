/* Decisions for predictions and metrics, and means over samples: scalar loops, no gradients. */
#include "../ops/ops.h"
#include "copy.h"

static bool fits(const Node *node) {
    return node->op == &op_argmax || node->op == &op_equal || node->op == &op_less_equal;
}

/* The operand's element i of (C, H, W) order; labels are integers of the caller. */
static const char *element(Arena *arena, const Kernel *k, int operand) {
    const Operand *x = &k->operands[operand];
    Layout l = x->buffer->layout;
    if (x->buffer->space == SPACE_FIELD && x->buffer->element == ELEMENT_INT)
        return arena_printf(arena, "(float)%s[s]", x->param);
    return arena_printf(arena, "%s[s * %d + i %% %d * %d + i / %d]", x->param, l.stride, l.H * l.W,
                        l.cs, l.H * l.W);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Arena *arena = arena_new();
    const Node *node = k->node;
    Layout out = k->out;
    w_line(w, "NN_ZERO(y, (size_t)n * %zu);", (size_t)out.stride * sizeof(float));
    w_open(w, "for (int s = 0; s < n; s++)");
    if (node->op == &op_argmax) {
        Layout x = k->in;
        w_line(w, "int best = 0;");
        w_line(w, "float top = x[s * %d];", x.stride);
        w_open(w, "for (int i = 1; i < %d; i++)", x.C * x.H * x.W);
        w_line(w, "const float v = %s;", element(arena, k, 0));
        w_line(w, "if (v > top || (v != v && top == top)) { best = i; top = v; }");
        w_close(w);
        w_line(w, "y[s * %d] = (float)best;", out.stride);
    } else {
        w_open(w, "for (int i = 0; i < %d; i++)", out.C * out.H * out.W);
        w_line(w, "y[s * %d + i %% %d * %d + i / %d] = %s %s %s ? 1.0f : 0.0f;", out.stride,
               out.H * out.W, out.cs, out.H * out.W, element(arena, k, 0),
               node->op == &op_equal ? "==" : "<=", element(arena, k, 1));
        w_close(w);
    }
    w_close(w);
    arena_free(arena);
}

static bool never(const Node *node) {
    (void)node;
    return false;
}

static void write_sum(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    w_line(w, "double total = 0.0;");
    w_line(w, "for (int s = 0; s < n; s++) total += (double)x[s * %d];", k->in.stride);
    w_line(w, "*sum = total;");
}

const Family family_decide = {"decision", fits, false, write, NULL, NULL, false};
const Family family_sum = {"sum", never, false, write_sum, NULL, NULL, false};
