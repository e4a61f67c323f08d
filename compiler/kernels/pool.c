/* Pooling by itself: windows of rows of 16 channels. The largest place of a window, the first of
 * equal ones, is kept as its number in the window for the gradient. */
#include "pool.h"

#include "../ops/ops.h"
#include "pointwise.h"

typedef struct Window {
    int kernel[2], stride[2], pad[2];
} Window;

static Window window_of(const Node *node) {
    Window v;
    for (int i = 0; i < 2; i++) {
        v.kernel[i] = (int)node->attr[POOL_KERNEL_H + i];
        v.stride[i] = (int)node->attr[POOL_STRIDE_H + i];
        v.pad[i] = (int)node->attr[POOL_PAD_H + i];
    }
    return v;
}

Element pool_winner_element(const Node *pool) {
    Window v = window_of(pool);
    return v.kernel[0] * v.kernel[1] <= 256 ? ELEMENT_BYTE : ELEMENT_INT;
}

void pool_write_window(Writer *w, const Kernel *k, const char *const *values, int count,
                       const char *offset) {
    const char *winner = NULL;
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].written && k->operands[i].buffer->element != ELEMENT_FLOAT)
            winner = k->operands[i].param;
    w_line(w, "F16 h = %s;", values[0]);
    if (winner) w_line(w, "I16 won = ISET(0);");
    for (int i = 1; i < count; i++) {
        w_open(w, "%s", "");
        w_line(w, "const F16 x%d = %s;", i, values[i]);
        w_line(w, "const M16 wins = WINS(x%d, h);", i);
        w_line(w, "h = SELECT(wins, x%d, h);", i);
        if (winner) w_line(w, "won = ISELECT(wins, ISET(%d), won);", i);
        w_close(w);
    }
    if (winner) w_line(w, "STORE_BYTES(%s + %s, won);", winner, offset);
}

static bool fits(const Node *node) {
    return node->op == &op_max_pool2d || node->op == &op_avg_pool2d;
}

static bool fits_grad(const Node *node) {
    return node->op == &op_max_pool2d_grad || node->op == &op_avg_pool2d_grad;
}

/* Opens the loops over samples, output places and rows of channels: s, oy, ox, c. */
static void open_places(Writer *w, Layout out) {
    w_line(w, "for (int s = 0; s < n; s++)");
    w_line(w, "for (int oy = 0; oy < %d; oy++)", out.H);
    w_line(w, "for (int ox = 0; ox < %d; ox++)", out.W);
    w_open(w, "for (int c = 0; c < %d; c += 16)", out.cs);
}

/* Opens the loops over the places of a window that lie inside, with their number `tap` and address.
 */
static void open_window(Writer *w, Window v, Layout in, const char *tensor, const char *type) {
    w_line(w, "for (int ky = 0, tap = 0; ky < %d; ky++)", v.kernel[0]);
    w_open(w, "for (int kx = 0; kx < %d; kx++, tap++)", v.kernel[1]);
    w_line(w, "const int iy = oy * %d + ky - %d, ix = ox * %d + kx - %d;", v.stride[0], v.pad[0],
           v.stride[1], v.pad[1]);
    if (v.pad[0] || v.pad[1])
        w_line(w, "if (iy < 0 || iy >= %d || ix < 0 || ix >= %d) continue;", in.H, in.W);
    w_line(w, "%s *at = %s + s * %d + (iy * %d + ix) * %d + c;", type, tensor, in.stride, in.W,
           in.cs);
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Arena *arena = arena_new();
    Window v = window_of(k->node);
    bool max = k->node->op == &op_max_pool2d;
    const Operand *winner = NULL;
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].written && k->operands[i].buffer->element != ELEMENT_FLOAT)
            winner = &k->operands[i];
    open_places(w, k->out);
    w_line(w, "const int e = (oy * %d + ox) * %d + c, o = s * %d + e;", k->out.W, k->out.cs,
           k->out.stride);
    w_line(w, max ? "F16 h = SET(-__builtin_inff());" : "F16 sum = SET(0.0f);");
    if (winner) w_line(w, "I16 won = ISET(0);");
    open_window(w, v, k->in, "x", "const float");
    if (max) {
        w_line(w, "const F16 v = LOAD(at);");
        w_line(w, "const M16 wins = WINS(v, h);");
        w_line(w, "h = SELECT(wins, v, h);");
        if (winner)
            w_line(w, "won = ISELECT(wins, ISET((uint32_t)tap), won);");
        else
            w_line(w, "(void)tap;");
    } else {
        w_line(w, "(void)tap;");
        w_line(w, "sum = ADD(sum, LOAD(at));");
    }
    w_close(w);
    if (!max)
        w_line(w, "const F16 h = ROUNDED(MUL(sum, SET((float)%.17g)));",
               1.0 / (v.kernel[0] * v.kernel[1]));
    if (winner)
        w_line(w,
               winner->buffer->element == ELEMENT_BYTE ? "STORE_BYTES(%s + o, won);"
                                                       : "STORE((float *)%s + o, AS_FLOAT(won));",
               winner->param);
    write_row(w, k, arena, "h", (Site){"o", "s", "e", "c"});
    w_close(w);
    arena_free(arena);
}

static void write_grad(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    Window v = window_of(k->node);
    bool max = k->node->op == &op_max_pool2d_grad;
    const Operand *winner = NULL;
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].buffer->element != ELEMENT_FLOAT) winner = &k->operands[i];
    w_line(w, "NN_ZERO(dx, (size_t)n * %zu);", (size_t)k->out.stride * sizeof(float));
    open_places(w, k->in);
    w_line(w, "const int o = s * %d + (oy * %d + ox) * %d + c;", k->in.stride, k->in.W, k->in.cs);
    if (max) {
        w_line(w, "const F16 g = LOAD(dy + o);");
        w_line(w,
               winner->buffer->element == ELEMENT_BYTE
                   ? "const I16 won = LOAD_BYTES(%s + o);"
                   : "const I16 won = AS_INT(LOAD((const float *)%s + o));",
               winner->param);
    } else {
        w_line(w, "const F16 g = ROUNDED(MUL(LOAD(dy + o), SET((float)%.17g)));",
               1.0 / (v.kernel[0] * v.kernel[1]));
    }
    open_window(w, v, k->out, "dx", "float");
    if (max)
        w_line(w, "STORE(at, ADD(LOAD(at), KEEP(IEQ(won, ISET((uint32_t)tap)), g)));");
    else {
        w_line(w, "(void)tap;");
        w_line(w, "STORE(at, ADD(LOAD(at), g));");
    }
    w_close(w);
    w_close(w);
}

const Family family_pool = {
    .name = "pool",
    .fits = fits,
    .fuses = true,
    .write = write,
};
const Family family_pool_grad = {
    .name = "pool gradient",
    .fits = fits_grad,
    .write = write_grad,
};
