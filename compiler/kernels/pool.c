/* Pooling by itself: windows of rows of 16 channels. The largest place of a window, the first of
 * equal ones, is kept as its number in the window for the gradient. */
#include "pool.h"

#include "../loops/loops.h"
#include "../ops/geometry.h"
#include "../ops/ops.h"
#include "lines.h"
#include "pointwise.h"

bool pool_follows_conv(const Node *root, const Node *node) {
    if (root->op != &op_conv2d || node->op != &op_max_pool2d) return false;
    const PoolAttrs *p = ATTRS(node, PoolAttrs);
    return pool_is_apart(p) && p->kernel[0] <= 3 && p->kernel[1] <= 3;
}

/* Type of the winners that a max_pool2d node keeps: bytes where the window has at most 256 places.
 */
static Element winner_element(const Node *pool) {
    const PoolAttrs *v = ATTRS(pool, PoolAttrs);
    return v->kernel[0] * v->kernel[1] <= 256 ? ELEMENT_BYTE : ELEMENT_INT;
}

/* The operand with the winners: NULL if the kernel keeps none. */
static const Operand *winner_of(const Kernel *k) {
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].buffer->element != ELEMENT_FLOAT) return &k->operands[i];
    return NULL;
}

const char *pool_window_text(const Kernel *k, Arena *arena, const char *const *values, int count,
                             const char *offset) {
    const Operand *winner = winner_of(k);
    const char *text =
        arena_printf(arena, "F16 h = %s;%s", values[0], winner ? "\nI16 won = ISET(0);" : "");
    for (int i = 1; i < count; i++) {
        text = arena_printf(arena,
                            "%s\nconst F16 x%d = %s;\nconst M16 wins%d = WINS(x%d, h);\n"
                            "h = SELECT(wins%d, x%d, h);",
                            text, i, values[i], i, i, i, i);
        if (winner)
            text = arena_printf(arena, "%s\nwon = ISELECT(wins%d, ISET(%d), won);", text, i, i);
    }
    if (winner)
        text = arena_printf(arena, "%s\nSTORE_BYTES(%s + %s, won);", text, winner->param, offset);
    return text;
}

/* Whether the gradient goes to the winners of the pool, or of a part of them. */
static bool is_gradient(const Lowering *l, const Node *pool, const Node *node) {
    if (node->op != &op_max_pool2d_grad || pool->op != &op_max_pool2d) return false;
    const Node *x = storage_of(l, pool->in[0]), *of = storage_of(l, node->in[0]);
    bool same = of == x || (of->op == &op_part && storage_of(l, of->in[0]) == x);
    return same && pool_equal(node, pool);
}

static bool has_gradient(const Lowering *l, const Node *pool) {
    for (int i = pool->id; i < l->graph->n_nodes; i++)
        if (is_gradient(l, pool, l->graph->nodes[i])) return true;
    return false;
}

Buffer *pool_winner(Lowering *l, const Node *gradient) {
    for (int i = 0; i < gradient->id; i++) {
        const Node *pool = l->graph->nodes[i];
        if (!is_gradient(l, pool, gradient)) continue;
        Buffer *all = l->winner[pool->id];
        if (all->parts == gradient->type.parts) return all;
        return part_buffer(l, all, ATTRS(storage_of(l, gradient->in[0]), PartAttrs)->index);
    }
    node_bug(gradient, "its pool is not in the graph");
}

static Kernel *own_kernel(Lowering *l, Node *node) {
    Buffer *b;
    Node *x = in_channels(l, node->in[0], &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    read_value(l, k, "x", b, x);
    return k;
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = joined_kernel(l, node);
    if (k) {
        k->pool = node;
        k->pool_after = k->n_fused;
        k->out = l->value[node->id].layout;
    } else {
        k = own_kernel(l, node);
    }
    make_value(l, node);
    if (!has_gradient(l, node)) return;
    const Layout v = l->value[node->id].layout;
    Buffer *w = sample_buffer(l, "winner", node, v);
    w->element = winner_element(node);
    w->size = w->element == ELEMENT_BYTE ? round_up(v.stride, 4 * LANES) / 4 : v.stride;
    l->winner[node->id] = w;
    lower_operand(l, k, "winner", w, NULL, true);
}

static void lower_grad(Lowering *l, Node *node) {
    const bool max = node->op == &op_max_pool2d_grad;
    Buffer *b;
    Node *dy = in_channels(l, node->in[max ? 1 : 0], &b);
    Kernel *k = value_kernel(l, node);
    k->in = b->layout;
    lower_operand(l, k, "dy", b, dy, false);
    if (max) lower_operand(l, k, "winner", pool_winner(l, node), NULL, false);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}

static bool fits(const Node *node) {
    return node->op == &op_max_pool2d || node->op == &op_avg_pool2d;
}

static bool fits_grad(const Node *node) {
    return node->op == &op_max_pool2d_grad || node->op == &op_avg_pool2d_grad;
}

/* Opens the loops over samples, output places and rows of channels: s, oy, ox, c. */
static void open_places(Loops *l, Layout out) {
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int oy = 0; oy < %d; oy++)", out.H);
    l_open(l, "for (int ox = 0; ox < %d; ox++)", out.W);
    l_open(l, "for (int c = 0; c < %d; c += 16)", out.cs);
}

/* Opens the loops over the places of a window that lie inside, with their address and, where it is
 * asked for, their number `tap`. */
static void open_window(Loops *l, const PoolAttrs *v, Layout in, const char *tensor,
                        const char *type, bool tap) {
    l_open(l, "for (int ky = 0%s; ky < %d; ky++)", tap ? ", tap = 0" : "", v->kernel[0]);
    l_open(l, "for (int kx = 0; kx < %d; kx++%s)", v->kernel[1], tap ? ", tap++" : "");
    l_line(l, "const int iy = oy * %d + ky - %d, ix = ox * %d + kx - %d;", v->stride[0], v->pad[0],
           v->stride[1], v->pad[1]);
    if (v->pad[0] || v->pad[1])
        l_line(l, "if (iy < 0 || iy >= %d || ix < 0 || ix >= %d) continue;", in.H, in.W);
    l_line(l, "%s *at = %s + s * %d + (iy * %d + ix) * %d + c;", type, tensor, in.stride, in.W,
           in.cs);
}

static void close_window(Loops *l) {
    l_close(l);
    l_close(l);
}

static void close_places(Loops *l) {
    for (int i = 0; i < 4; i++) l_close(l);
}

static const char *mean_factor(const Loops *l, const PoolAttrs *v) {
    return arena_printf(l->arena, "SET((float)%.17g)", 1.0 / (v->kernel[0] * v->kernel[1]));
}

static void build(Loops *l, const Kernel *k) {
    const PoolAttrs *v = ATTRS(k->node, PoolAttrs);
    bool max = k->node->op == &op_max_pool2d;
    const Operand *winner = winner_of(k);
    open_places(l, k->out);
    l_line(l, "const int e = (oy * %d + ox) * %d + c, o = s * %d + e;", k->out.W, k->out.cs,
           k->out.stride);
    l_line(l, max ? "F16 h = SET(-__builtin_inff());" : "F16 sum = SET(0.0f);");
    if (winner) l_line(l, "I16 won = ISET(0);");
    open_window(l, v, k->in, "x", "const float", winner);
    if (max) {
        l_line(l, "const F16 v = LOAD(at);");
        l_line(l, "const M16 wins = WINS(v, h);");
        l_line(l, "h = SELECT(wins, v, h);");
        if (winner) l_line(l, "won = ISELECT(wins, ISET((uint32_t)tap), won);");
    } else {
        l_line(l, "sum = ADD(sum, LOAD(at));");
    }
    close_window(l);
    if (!max) l_line(l, "const F16 h = ROUNDED(MUL(sum, %s));", mean_factor(l, v));
    if (winner)
        l_line(l,
               winner->buffer->element == ELEMENT_BYTE ? "STORE_BYTES(%s + o, won);"
                                                       : "STORE((float *)%s + o, AS_FLOAT(won));",
               winner->param);
    l_lines(l, row_text(k, l->arena, "h", (Site){"o", "s", "e", "c"}));
    close_places(l);
}

static void build_grad(Loops *l, const Kernel *k) {
    const PoolAttrs *v = ATTRS(k->node, PoolAttrs);
    bool max = k->node->op == &op_max_pool2d_grad;
    const Operand *winner = winner_of(k);
    zero_samples(l, "dx", k->out);
    open_places(l, k->in);
    l_line(l, "const int o = s * %d + (oy * %d + ox) * %d + c;", k->in.stride, k->in.W, k->in.cs);
    if (max) {
        l_line(l, "const F16 g = LOAD(dy + o);");
        l_line(l,
               winner->buffer->element == ELEMENT_BYTE
                   ? "const I16 won = LOAD_BYTES(%s + o);"
                   : "const I16 won = AS_INT(LOAD((const float *)%s + o));",
               winner->param);
    } else {
        l_line(l, "const F16 g = ROUNDED(MUL(LOAD(dy + o), %s));", mean_factor(l, v));
    }
    open_window(l, v, k->out, "dx", "float", max);
    l_line(l, "STORE(at, ADD(LOAD(at), %s));",
           max ? "KEEP(IEQ(won, ISET((uint32_t)tap)), g)" : "g");
    close_window(l);
    close_places(l);
}

const Family family_pool = {
    .name = "pool",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
};
const Family family_pool_grad = {
    .name = "pool gradient",
    .fits = fits_grad,
    .lower = lower_grad,
    .build = build_grad,
};
