/* Products of matrices of a sample, one pair after the other. The second one lies with its columns
 * in lanes, or is transposed into scratch memory; the first one is read float by float either way.
 */
#include "../graph/layers.h"
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "product.h"

typedef struct Matmul {
    int rows, terms, columns;
    bool transposed[2];
    int blocks;
} Matmul;

static Matmul matmul_of(const Node *n) {
    const Shape s = n->type.shape, a = n->in[0]->type.shape;
    Matmul m = {.rows = s.dim[s.rank - 2], .columns = s.dim[s.rank - 1]};
    for (int i = 0; i < 2; i++) m.transposed[i] = ATTRS(n, MatmulAttrs)->transpose[i];
    m.terms = a.dim[a.rank - 1 - m.transposed[0]];
    m.blocks = (int)(shape_count(s) / ((int64_t)m.rows * m.columns));
    return m;
}

static void lower(Lowering *l, Node *node) {
    Buffer *in[2];
    Node *at[2];
    for (int i = 0; i < 2; i++) at[i] = in_rows(l, node->in[i], &in[i]);
    Kernel *k = value_kernel(l, node);
    k->in = in[0]->layout;
    k->flops = node_flops(node);
    read_value(l, k, "a", in[0], at[0]);
    read_value(l, k, "b", in[1], at[1]);
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

static int64_t scratch(const Kernel *k) {
    const Matmul m = matmul_of(k->node);
    if (!m.transposed[1]) return 0;
    return (int64_t)round_up(m.terms, LANES) * round_up(m.columns, LANES);
}

/* Where the matrix of operand `i` for block q begins: floats from the start of the sample. */
static const char *block_text(Loops *l, const Kernel *k, const Matmul *m, int i) {
    const int matrix = (i                  ? m->transposed[1] ? m->columns : m->terms
                        : m->transposed[0] ? m->terms
                                           : m->rows) *
                       k->operands[i].buffer->layout.cs;
    bool same = true, none = true;
    int *table = ARENA_ARRAY(l->arena, int, m->blocks);
    for (int q = 0; q < m->blocks; q++) {
        table[q] = (int)matmul_block(k->node, i, q) * matrix;
        same = same && table[q] == q * matrix;
        none = none && table[q] == 0;
    }
    if (none) return "0";
    if (same) return arena_printf(l->arena, "q * %d", matrix);
    const char *name = i ? "b_at" : "a_at";
    l_table(l, name, table, m->blocks);
    return arena_printf(l->arena, "%s[q]", name);
}

/* Columns of b become rows of bt: squares of 16 in registers, rows that are left one by one. */
static void build_transposed(Loops *l, const Matmul *m, int cs) {
    const int whole = m->columns / LANES * LANES, wide = round_up(m->columns, LANES);
    if (whole) {
        l_open(l, "for (int j = 0; j < %d; j += 16)", whole);
        l_line(l,
               "for (int k = 0; k < %d; k += 16) TRANSPOSE(bq + j * %d + k, %d, bt + k * %d + j, "
               "%d);",
               m->terms, cs, cs, wide, wide);
        l_close(l);
    }
    if (whole < m->columns) {
        l_open(l, "for (int j = %d; j < %d; j++)", whole, m->columns);
        l_line(l, "for (int k = 0; k < %d; k++) bt[k * %d + j] = bq[j * %d + k];", m->terms, wide,
               cs);
        l_close(l);
    }
}

static void build(Loops *l, const Kernel *k) {
    const Matmul m = matmul_of(k->node);
    const Layout a = k->operands[0].buffer->layout, b = k->operands[1].buffer->layout;
    const char *a_at = block_text(l, k, &m, 0), *b_at = block_text(l, k, &m, 1);
    if (m.transposed[1]) {
        l_line(l, "float *bt = scratch;");
        l_line(l, "NN_ZERO(bt, %lld);", (long long)scratch(k) * (long long)sizeof(float));
    }
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int q = 0; q < %d; q++)", m.blocks);
    l_line(l, "const float *aq = a + s * %d + %s;", a.stride, a_at);
    l_line(l, "const float *bq = b + s * %d + %s;", b.stride, b_at);
    l_line(l, "float *yq = y + s * %d + q * %d;", k->out.stride, m.rows * k->out.cs);
    if (m.transposed[1]) build_transposed(l, &m, b.cs);
    product_build(l, &(Product){.a = "aq",
                                .a_row = m.transposed[0] ? 1 : a.cs,
                                .a_step = m.transposed[0] ? a.cs : 1,
                                .b = m.transposed[1] ? "bt" : "bq",
                                .b_step = m.transposed[1] ? round_up(m.columns, LANES) : b.cs,
                                .out = "yq",
                                .out_row = k->out.cs,
                                .rows = m.rows,
                                .lanes = m.columns,
                                .steps = arena_printf(l->arena, "%d", m.terms)});
    l_close(l);
    l_close(l);
}

static bool fits(const Node *node) {
    return node->op == &op_matmul;
}

const Family family_matmul = {
    .name = "matrix product",
    .fits = fits,
    .lower = lower,
    .build = build,
    .scratch = scratch,
};
