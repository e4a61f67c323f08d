/* Recurrences: a loop over places, whose code does not grow with them. Samples are the rows of a
 * register tile, units fill lanes: a product with the states before a place, then the cell, element
 * by element. Sums go through scratch memory in the first or second-level cache, where a block of
 * samples has its states. */
#include "recurrence.h"

#include "../graph/layers.h"
#include "../plan/params.h"
#include "contraction.h"
#include "reason.h"

Block block_of(const Node *node) {
    enum { CACHE_FLOATS = 32768, MOST = 64, LEAST = 8 };
    Block b = {.r = recurrence_of(node)};
    b.all = b.r.gates * b.r.units;
    b.units = round_up(b.r.units, LANES);
    b.state = b.units + LANES;
    b.sums = round_up(b.all, LANES) + LANES;
    const int each = b.sums + b.state * (b.r.cell == CELL_LSTM ? 2 : 1);
    b.samples = CACHE_FLOATS / each;
    if (b.samples > MOST) b.samples = MOST;
    if (b.samples < LEAST) b.samples = LEAST;
    b.floats = b.samples * each + b.sums;
    return b;
}

int64_t recurrence_scratch(const Kernel *k) {
    return block_of(k->node).floats;
}

void block_open(Loops *l, const Block *b, bool backward) {
    const int T = b->r.places;
    l_line(l, "float *state = scratch, *sums = scratch + %d;", b->samples * b->state);
    if (b->r.cell == CELL_LSTM)
        l_line(l, "float *memory = scratch + %d;", b->samples * (b->state + b->sums));
    if (b->units != b->r.units) l_line(l, "float *row = scratch + %d;", b->floats - b->sums);
    l_open(l, "for (int s0 = 0; s0 < n; s0 += %d)", b->samples);
    l_line(l, "const int count = n - s0 < %d ? n - s0 : %d;", b->samples, b->samples);
    l_line(l, "NN_ZERO(scratch, %zu);", (size_t)b->floats * sizeof(float));
    l_open(l, "for (int i = 0; i < %d; i++)", T);
    l_line(l, b->r.reverse == backward ? "const int t = i;" : "const int t = %d - i;", T - 1);
}

void block_close(Loops *l) {
    l_close(l);
    l_close(l);
}

static void product_rows(Loops *l, const BlockProduct *p, Tile tile) {
    enum { MOST_ROWS = 64, MOST_VECTORS = 32 };
    Arena *a = l->arena;
    const int width = l->isa->width, vectors = tile_vectors(l->isa, tile);
    int rows[MOST_ROWS];
    const char *start[MOST_VECTORS];
    l_open(l, "for (; q + %d <= count; q += %d)", tile.rows, tile.rows);
    l_line(l, "const float *from = %s + q * %d;", p->from, p->from_row);
    l_line(l, "float *to = %s + q * %d + c;", p->to, p->to_row);
    for (int v = 0; v < vectors; v++)
        start[v] =
            p->bias ? arena_printf(a, "V_LOAD(%s + c + %d)", p->bias, v * width) : "V_ZERO()";
    tile_declare(l, tile, start);
    for (int r = 0; r < tile.rows; r++) {
        rows[r] = r * p->from_row;
        for (int v = 0; v < vectors && p->onward; v++)
            l_flow(l, "a%d_%d = V_LOAD(to + %d);", r, v, r * p->to_row + v * width);
    }
    Body body = {.run = MAX_STEPS};
    tile_run(l, tile, (Reduction){"from", "wp", (int64_t)p->length * LANES, rows, ~0ull}, p->length,
             &body);
    for (int r = 0; r < tile.rows; r++)
        for (int b = 0; b < tile.blocks; b++)
            l_flow(l, "STORE(to + %d, %s);", r * p->to_row + b * LANES,
                   tile_row(a, l->isa, tile, r, b));
    l_close(l);
}

void block_product(Loops *l, const BlockProduct *p) {
    Panels panels[MAX_PANELS];
    const int runs = tile_panels(l->isa, p->lanes, 1, l->isa->tile_blocks, panels);
    for (int i = 0; i < runs; i++) {
        Tile tile = panels[i].tile;
        const int most = tile_rows(l->isa, tile_vectors(l->isa, tile));
        l_open(l, "for (int p = %d; p < %d; p += %d)", panels[i].first, panels[i].last,
               tile.blocks);
        l_line(l, "const int c = p * 16;");
        l_line(l, "const float *wp = w + p * %d;", p->length * LANES);
        l_line(l, "int q = 0;");
        /* Few tails keep the code short: half a tile, then single rows. */
        const int heights[] = {most, most > 3 ? most / 2 : 0, most > 1 ? 1 : 0};
        for (int j = 0; j < 3; j++) {
            tile.rows = heights[j];
            if (tile.rows) product_rows(l, p, tile);
        }
        l_close(l);
    }
}

void block_open_units(Loops *l, const Block *b) {
    l_open(l, "for (int j = 0; j < %d; j += 16)", b->units);
    l_line(l, "const int u = %d - j;", b->units - LANES);
}

const char *block_clean(Arena *arena, const Block *b, const char *row) {
    if (b->r.units == b->units) return row;
    return arena_printf(arena, "LANES(%s, 0, %d - u)", row, b->r.units);
}

void block_operand(Lowering *l, Kernel *k, const char *param, Node *node) {
    Buffer *b;
    Node *at = in_rows(l, node, &b);
    read_value(l, k, param, b, at);
}

/* Rows of units that a place needs of the one before: the state, and the cell of an lstm. */
static int kept_rows(const Block *b) {
    return b->r.cell == CELL_LSTM ? 2 : 1;
}

static void lower(Lowering *l, Node *node) {
    const bool gates = node->op == &op_recurrence_gates;
    Kernel *k = joined_kernel(l, node);
    if (k) {
        k->partner = node;
    } else {
        k = value_kernel(l, node);
        k->in = layout_of_shape(node->in[0]->type.shape, true);
        k->flops = node_flops(node);
        block_operand(l, k, "x", node->in[0]);
        read_param(l, k, "w", node->in[1]);
        if (gates) block_operand(l, k, "states", node->in[2]);
        if (node->n_in > 2 + gates) read_param(l, k, "bias", node->in[2 + gates]);
        place_last(l, k);
    }
    if (node->op == &op_recurrence_next) {
        const Block b = block_of(node);
        lower_operand(l, k, "cache", cache_buffer(l, node, kept_rows(&b) * b.units), NULL, true);
        lower_place_arg(l, k, MAX_DIM);
    }
    lower_operand(l, k, gates ? "gates" : "y", make_value(l, node), node, true);
}

static bool fits(const Node *node) {
    return is_recurrence(node->op) || node->op == &op_recurrence_gates ||
           node->op == &op_recurrence_next;
}

static bool joins(const Node *root, const Node *node) {
    if (root->op == &op_recurrence_gates || node->op != &op_recurrence_gates) return false;
    return node->in[2] == root && root->in[0] == node->in[0] && root->in[1] == node->in[1] &&
           (root->n_in > 2 ? root->in[2] == node->in[3] : node->n_in == 3);
}

/* Declares `name`, a row of units of a gate. */
static void declare_gate(Loops *l, const Block *b, int gate, const char *word) {
    const int at = gate * b->r.units;
    l_line(l, "const F16 k%d = %s(ADD(LOAD(xt + %d + u), LOAD(sums + q * %d + %d + u)));", gate,
           word, at, b->sums, at);
}

/* Declares `after`, a row of units of the state, from the sums, the input xt and the state before;
 * and the gates k0, k1 ... */
static void build_cell(Loops *l, const Block *b) {
    const int at = 2 * b->r.units;
    l_line(l, "float *h = state + q * %d + u;", b->state);
    if (b->r.cell == CELL_RNN) {
        declare_gate(l, b, 0, "TANH");
        l_line(l, "const F16 after = k0;");
    } else if (b->r.cell == CELL_GRU) {
        declare_gate(l, b, 0, "SIGMOID");
        declare_gate(l, b, 1, "SIGMOID");
        l_line(l, "const F16 k3 = LOAD(sums + q * %d + %d + u);", b->sums, at);
        l_line(l, "const F16 k2 = TANH(FMA(k0, k3, LOAD(xt + %d + u)));", at);
        l_line(l, "const F16 after = FMA(k1, SUB(LOAD(h), k2), k2);");
    } else {
        declare_gate(l, b, 0, "SIGMOID");
        declare_gate(l, b, 1, "SIGMOID");
        declare_gate(l, b, 2, "TANH");
        declare_gate(l, b, 3, "SIGMOID");
        l_line(l, "float *c = memory + q * %d + u;", b->state);
        l_line(l, "const F16 k4 = FMA(k1, LOAD(c), ROUNDED(MUL(k0, k2)));");
        l_line(l, "STORE(c, %s);", block_clean(l->arena, b, "k4"));
        l_line(l, "const F16 after = ROUNDED(MUL(k3, TANH(k4)));");
    }
}

/* What the place before left in the cache, for each sample of the block. */
static void build_begin(Loops *l, const Block *b) {
    const int rows = kept_rows(b);
    l_open(l, "if (place > 0)");
    l_open(l, "for (int q = 0; q < count; q++)");
    l_line(l, "const float *from = cache + (s0 + q) * %d;", rows * b->units);
    l_line(l, "NN_COPY(state + q * %d, from, %zu);", b->state, (size_t)b->units * sizeof(float));
    if (rows > 1)
        l_line(l, "NN_COPY(memory + q * %d, from + %d, %zu);", b->state, b->units,
               (size_t)b->units * sizeof(float));
    l_close(l);
    l_close(l);
}

static void build_end(Loops *l, const Block *b) {
    const int rows = kept_rows(b);
    l_line(l, "float *kept = cache + (s0 + q) * %d;", rows * b->units);
    l_line(l, "NN_COPY(kept, state + q * %d, %zu);", b->state, (size_t)b->units * sizeof(float));
    if (rows > 1)
        l_line(l, "NN_COPY(kept + %d, memory + q * %d, %zu);", b->units, b->state,
               (size_t)b->units * sizeof(float));
}

static void build(Loops *l, const Kernel *k) {
    const Block b = block_of(k->node);
    const bool next = k->node->op == &op_recurrence_next;
    const bool alone = k->node->op == &op_recurrence_gates;
    Arena *a = l->arena;
    block_open(l, &b, false);
    if (next) build_begin(l, &b);
    const bool bias = k->node->n_in > 2 + alone;
    block_product(l, &(BlockProduct){.from = "state",
                                     .to = "sums",
                                     .from_row = b.state,
                                     .to_row = b.sums,
                                     .lanes = b.all,
                                     .length = b.r.units,
                                     .bias = bias ? "bias" : NULL});
    l_open(l, "for (int q = 0; q < count; q++)");
    l_line(l, "const int at = (s0 + q) * %d + t;", b.r.places);
    const char *x = arena_printf(a, "x + at * %d", k->in.cs);
    if (b.units != b.r.units) {
        l_line(l, "for (int c = 0; c < %d; c += 16) STORE(row + c, LOAD(%s + c));", k->in.cs, x);
        x = "row";
    }
    l_line(l, "const float *xt = %s;", x);
    block_open_units(l, &b);
    build_cell(l, &b);
    for (int i = 0; i < b.r.kept && kernel_operand(k, "gates"); i++)
        l_line(l, "STORE(gates + at * %d + %d + u, %s);", b.r.kept * b.units, i * b.units,
               block_clean(a, &b, arena_printf(a, "k%d", i)));
    if (alone) {
        l_line(l, "STORE(h, LOAD(states + at * %d + u));", b.units);
    } else {
        l_line(l, "const F16 clean = %s;", block_clean(a, &b, "after"));
        l_line(l, "STORE(h, clean);");
        l_line(l, "STORE(y + at * %d + u, clean);", b.units);
    }
    l_close(l);
    if (next) build_end(l, &b);
    l_close(l);
    block_close(l);
}

const char *recurrence_reason(Arena *arena, const Kernel *k, const Isa *isa) {
    Panels panels[MAX_PANELS];
    const Block b = block_of(k->node);
    const int lanes = k->node->op == &op_recurrence_grad ? b.r.units : b.all;
    const int runs = tile_panels(isa, lanes, 1, isa->tile_blocks, panels);
    const int vectors = tile_vectors(isa, panels[0].tile);
    return arena_printf(arena,
                        "%s\nRows are samples: %d walk through the %d places together, as their "
                        "states stay in the second-level cache. %s.",
                        reason_tile(arena, isa, tile_rows(isa, vectors), vectors), b.samples,
                        b.r.places, reason_panels(arena, isa, lanes, panels, runs));
}

const Family family_recurrence = {
    .name = "recurrence",
    .fits = fits,
    .joins = joins,
    .lower = lower,
    .build = build,
    .scratch = recurrence_scratch,
    .reason = recurrence_reason,
};
