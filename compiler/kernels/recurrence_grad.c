/* Gradients of recurrences, back through the places: of the state after a place, which the users of
 * the states and the place behind it give, the gates' are worked out element by element, and their
 * product with the weights is the one of the state before. What is carried so is cut, as it may
 * vanish over many places. */
#include "../graph/layers.h"
#include "../plan/params.h"
#include "contraction.h"
#include "recurrence.h"

static bool fits(const Node *node) {
    return node->op == &op_recurrence_grad;
}

static bool fits_hidden(const Node *node) {
    return node->op == &op_recurrence_hidden_grad;
}

static bool joins(const Node *root, const Node *node) {
    return fits_hidden(node) && node->in[0] == root && node->in[1] == root->in[3];
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = value_kernel(l, node);
    k->in = layout_of_shape(node->in[0]->type.shape, true);
    k->flops = node_flops(node);
    block_operand(l, k, "dy", node->in[0]);
    read_derived(l, k, "w", transposed_weight(l, node, &derived_transposed_linear));
    block_operand(l, k, "h", node->in[2]);
    if (node->n_in > 3) block_operand(l, k, "gates", node->in[3]);
    place_last(l, k);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}

static void lower_hidden(Lowering *l, Node *node) {
    Kernel *k = joined_kernel(l, node);
    if (k) {
        k->partner = node;
    } else {
        k = value_kernel(l, node);
        block_operand(l, k, "dx", node->in[0]);
        block_operand(l, k, "gates", node->in[1]);
        place_last(l, k);
    }
    lower_operand(l, k, "dg", make_value(l, node), node, true);
}

/* Declares the row of units `name` that a sequence has at the place before, zero before the first
 * step; `row` is where units are in a place, of so many floats. */
static void declare_before(Loops *l, const Block *b, const char *name, const char *from, int floats,
                           int row) {
    l_line(l, "F16 %s = SET(0.0f);", name);
    l_open(l, "if (i < %d)", b->r.places - 1);
    l_line(l, "%s = LOAD(%s + (at %s 1) * %d + %d + u);", name, from, b->r.reverse ? "+" : "-",
           floats, row);
    l_close(l);
}

/* g0, g1 ... are the gradients of gates as x has them, of a row of units from d, the one of the
 * state. */
static void build_cell(Loops *l, const Block *b) {
    const int kept = b->r.kept * b->units;
    for (int i = 0; i < b->r.kept; i++)
        l_line(l, "const F16 k%d = LOAD(gates + at * %d + %d + u);", i, kept, i * b->units);
    l_line(l, "const F16 one = SET(1.0f);");
    if (b->r.cell == CELL_RNN) {
        l_line(l, "const F16 k0 = LOAD(h + at * %d + u);", b->units);
        l_line(l, "const F16 g0 = ROUNDED(MUL(d, FMA(NEG(k0), k0, one)));");
        l_line(l, "STORE(carried, SET(0.0f));");
    } else if (b->r.cell == CELL_GRU) {
        declare_before(l, b, "before", "h", b->units, 0);
        l_lines(l, "const F16 rest = ROUNDED(MUL(d, SUB(one, k1)));\n"
                   "const F16 g2 = ROUNDED(MUL(rest, FMA(NEG(k2), k2, one)));\n"
                   "const F16 slope0 = ROUNDED(MUL(k0, SUB(one, k0)));\n"
                   "const F16 g0 = ROUNDED(MUL(ROUNDED(MUL(g2, k3)), slope0));\n"
                   "const F16 slope1 = ROUNDED(MUL(k1, SUB(one, k1)));\n"
                   "const F16 g1 = ROUNDED(MUL(ROUNDED(MUL(d, SUB(before, k2))), slope1));\n"
                   "const F16 hidden = ROUNDED(MUL(g2, k0));");
        l_line(l, "STORE(carried, %s);", block_clean(l->arena, b, "ROUNDED(MUL(d, k1))"));
    } else {
        declare_before(l, b, "before", "gates", kept, 4 * b->units);
        l_line(l, "float *c = memory + q * %d + u;", b->state);
        l_lines(l, "const F16 wave = TANH(k4);\n"
                   "const F16 slope3 = ROUNDED(MUL(k3, SUB(one, k3)));\n"
                   "const F16 g3 = ROUNDED(MUL(ROUNDED(MUL(d, wave)), slope3));\n"
                   "const F16 dc = "
                   "CUT(FMA(ROUNDED(MUL(d, k3)), FMA(NEG(wave), wave, one), LOAD(c)));\n"
                   "const F16 slope0 = ROUNDED(MUL(k0, SUB(one, k0)));\n"
                   "const F16 g0 = ROUNDED(MUL(ROUNDED(MUL(dc, k2)), slope0));\n"
                   "const F16 slope1 = ROUNDED(MUL(k1, SUB(one, k1)));\n"
                   "const F16 g1 = ROUNDED(MUL(ROUNDED(MUL(dc, before)), slope1));\n"
                   "const F16 g2 = ROUNDED(MUL(ROUNDED(MUL(dc, k0)), FMA(NEG(k2), k2, one)));");
        l_line(l, "STORE(c, %s);", block_clean(l->arena, b, "ROUNDED(MUL(dc, k1))"));
        l_line(l, "STORE(carried, SET(0.0f));");
    }
}

/* A row of all gates goes to where sequences have it, clean. */
static void copy_row(Loops *l, const Block *b, const char *to, const char *from, int cs) {
    l_line(
        l,
        "for (int c = 0; c < %d; c += 16) STORE(%s + at * %d + c, LANES(LOAD(%s + c), 0, %d - c));",
        cs, to, cs, from, b->all);
}

static void build(Loops *l, const Kernel *k) {
    const Block b = block_of(k->node);
    const bool ragged = b.units != b.r.units, both = b.r.cell == CELL_GRU;
    const bool hidden = k->partner != NULL;
    const int cs = k->out.cs;
    block_open(l, &b, true);
    l_open(l, "for (int q = 0; q < count; q++)");
    l_line(l, "const int at = (s0 + q) * %d + t;", b.r.places);
    l_line(l, "float *sum = sums + q * %d;", b.sums);
    block_open_units(l, &b);
    l_line(l, "float *carried = state + q * %d + u;", b.state);
    l_line(l, "const F16 d = CUT(ADD(LOAD(dy + at * %d + u), LOAD(carried)));", b.units);
    build_cell(l, &b);
    for (int g = 0; g < b.r.gates; g++) {
        const char *of_state = both && g == 2 ? "hidden" : arena_printf(l->arena, "g%d", g);
        l_line(l, "STORE(sum + %d + u, %s);", g * b.r.units, of_state);
        if (ragged && both) l_line(l, "STORE(row + %d + u, g%d);", g * b.r.units, g);
        if (!ragged) l_line(l, "STORE(dx + at * %d + %d + u, g%d);", cs, g * b.r.units, g);
        if (!ragged && hidden)
            l_line(l, "STORE(dg + at * %d + %d + u, %s);", cs, g * b.r.units, of_state);
    }
    l_close(l);
    if (ragged) copy_row(l, &b, "dx", both ? "row" : "sum", cs);
    if (ragged && hidden) copy_row(l, &b, "dg", "sum", cs);
    l_close(l);
    block_product(l, &(BlockProduct){.from = "sums",
                                     .to = "state",
                                     .from_row = b.sums,
                                     .to_row = b.state,
                                     .lanes = b.r.units,
                                     .length = b.all,
                                     .onward = true});
    block_close(l);
}

static void build_hidden(Loops *l, const Kernel *k) {
    const Block b = block_of(k->node);
    const int cs = k->out.cs, at = 2 * b.r.units;
    l_line(l, "float *row = scratch;");
    l_line(l, "NN_ZERO(row, %zu);", (size_t)b.sums * sizeof(float));
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int t = 0; t < %d; t++)", b.r.places);
    l_line(l, "const int at = s * %d + t;", b.r.places);
    l_line(l, "for (int c = 0; c < %d; c += 16) STORE(row + c, LOAD(dx + at * %d + c));", cs, cs);
    block_open_units(l, &b);
    l_line(l, "const F16 r = LOAD(gates + at * %d + u);", b.r.kept * b.units);
    l_line(l, "STORE(row + %d + u, ROUNDED(MUL(LOAD(row + %d + u), r)));", at, at);
    l_close(l);
    copy_row(l, &b, "dg", "row", cs);
    l_close(l);
    l_close(l);
}

const Family family_recurrence_grad = {
    .name = "recurrence's gradient",
    .fits = fits,
    .joins = joins,
    .lower = lower,
    .build = build,
    .scratch = recurrence_scratch,
    .reason = recurrence_reason,
};
const Family family_recurrence_hidden = {
    .name = "gradient of a recurrence's products",
    .fits = fits_hidden,
    .lower = lower_hidden,
    .build = build_hidden,
    .scratch = recurrence_scratch,
};
