/* Embeddings and the gradients of their tables. Indices are labels as the caller has them, or
 * values of another kernel. A table has its rows one after the other, without padding, or, if it is
 * the weight of a linear layer, too, the form of that: [blocks of 16 rows][element][16]. The
 * gradient adds the rows of dy, sample after sample, place after place. */
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "../plan/params.h"
#include "lines.h"
#include "pointwise.h"

/* Table and indices of a kernel. */
typedef struct Table {
    int dim;     /* floats of a row */
    int places;  /* indices of a sample */
    bool blocks; /* in the form of a linear layer's weight */
} Table;

static Table table_of(const Kernel *k) {
    const Node *node = k->node;
    const Shape w = (node->op->backward_only ? node->type : node->in[1]->type).shape;
    return (Table){w.dim[1], (int)shape_count(node->in[0]->type.shape), k->blocks};
}

static void lower(Lowering *l, Node *node) {
    Node *t = storage_of(l, node->in[0]);
    Buffer *indices = lower_value(l, t);
    Kernel *k = value_kernel(l, node);
    k->in = k->out;
    read_value(l, k, "t", indices, t);
    read_param(l, k, "w", node->in[1]);
    k->blocks = param_place(l->plan, node->in[1])->matrix;
    make_value(l, node);
}

static void lower_gradient(Lowering *l, Node *node) {
    Buffer *b;
    Node *dy = in_rows(l, node->in[1], &b), *t = storage_of(l, node->in[0]);
    Buffer *indices = lower_value(l, t);
    Kernel *k = node_kernel(l, node);
    k->in = k->out = b->layout;
    read_value(l, k, "t", indices, t);
    read_value(l, k, "dy", b, dy);
    k->blocks = param_place(l->plan, l->gradient->node)->matrix;
    lower_operand(l, k, "dw", l->gradient, NULL, true);
}

/* Opens the loops over samples and places, and declares `row`, the index. */
static void open_places(Loops *l, const Kernel *k, const Table *v) {
    const Buffer *t = k->operands[0].buffer;
    const Layout layout = t->layout;
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int p = 0; p < %d; p++)", v->places);
    if (t->element == ELEMENT_INT) {
        l_line(l, "const int row = t[s * %d + p];", layout.stride);
        return;
    }
    /* Class indices of other nodes are whole numbers below the classes, or NaN. */
    l_line(l, "const float index = t[s * %d + %s];", layout.stride,
           layout_offset(l->arena, layout, "p"));
    l_line(l, "const int row = index > 0.0f ? (int)index : 0;");
    l_given(l, "row", "0", arena_printf(l->arena, "%d", k->node->in[0]->type.classes - 1));
}

static void close_places(Loops *l) {
    l_close(l);
    l_close(l);
}

/* Where element `i` of the row lies in a table in blocks. */
static const char *element_at(Arena *arena, const Table *v, const char *i) {
    return arena_printf(arena, "row / 16 * %d + %s * 16 + row %% 16", v->dim * LANES, i);
}

static void build(Loops *l, const Kernel *k) {
    const Table v = table_of(k);
    const int cs = k->out.cs;
    open_places(l, k, &v);
    if (v.blocks) {
        l_line(l, "float values[%d];", cs);
        l_line(l, "for (int i = 0; i < %d; i++) values[i] = w[%s];", v.dim,
               element_at(l->arena, &v, "i"));
        if (cs > v.dim) l_line(l, "for (int i = %d; i < %d; i++) values[i] = 0.0f;", v.dim, cs);
    }
    l_open(l, "for (int c = 0; c < %d; c += 16)", cs);
    l_line(l, "const int e = p * %d + c, i = s * %d + e;", cs, k->out.stride);
    const char *value = "LOAD(values + c)";
    if (!v.blocks)
        value = clean_row(l->arena, arena_printf(l->arena, "LOAD(w + row * %d + c)", v.dim), v.dim);
    l_lines(l, row_text(k, l->arena, value, (Site){"i", "s", "e", "c"}));
    l_close(l);
    close_places(l);
}

static void build_gradient(Loops *l, const Kernel *k) {
    const Table v = table_of(k);
    const int padding = node_int(k->node, "padding"), cs = k->in.cs;
    zero_gradient(l, k, "dw");
    open_places(l, k, &v);
    if (padding >= 0) l_line(l, "if (row == %d) continue;", padding);
    l_line(l, "const float *g = dy + s * %d + p * %d;", k->in.stride, cs);
    if (v.blocks) {
        l_open(l, "for (int i = 0; i < %d; i++)", v.dim);
        l_line(l, "const int at = %s;", element_at(l->arena, &v, "i"));
        l_line(l, "dw[at] = dw[at] + g[i];");
    } else {
        /* Lanes after the last element of a row are zeros. */
        l_open(l, "for (int c = 0; c < %d; c += 16)", cs);
        l_line(l, "const int at = row * %d + c;", v.dim);
        l_line(l, "STORE(dw + at, ADD(LOAD(dw + at), LOAD(g + c)));");
    }
    l_close(l);
    close_places(l);
}

static bool fits(const Node *node) {
    return node->op == &op_embedding;
}

static bool fits_gradient(const Node *node) {
    return node->op == &op_embedding_grad;
}

const Family family_embedding = {
    .name = "embedding",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
};
const Family family_embedding_grad = {
    .name = "embedding's gradient",
    .fits = fits_gradient,
    .lower = lower_gradient,
    .build = build_gradient,
};
