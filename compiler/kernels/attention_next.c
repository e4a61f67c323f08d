/* Causal attention of one more place: the query of the call's place, and keys and values of all
 * places so far, which lie in the cache. Keys lie there transposed, [head][channel][place], so that
 * places are lanes of the scores; values as [head][place][channel], channels in lanes. All sums
 * have the order that attention over the whole sequence has: scores over channels, weights and
 * results over places. The cache is cleared at place 0: what later places will fill is zero until
 * then. */
#include "attention.h"

#include "../loops/loops.h"
#include "../ops/ops.h"
#include "lines.h"
#include "product.h"

/* Sizes of the cache's rows, rounded up to rows of 16. */
typedef struct Places {
    Attention a;
    int all, lanes;       /* places of the sequence */
    int out_width;        /* channels of a value */
    int keys, head, size; /* floats: of a head's keys, of a head, of all */
} Places;

static Places places_of(const Node *node) {
    Places p = {.a = attention_of(node), .all = ATTRS(node, AttentionAttrs)->places};
    p.lanes = round_up(p.all, LANES);
    p.out_width = round_up(p.a.out_width, LANES);
    p.keys = p.a.width * p.lanes;
    p.head = p.keys + p.all * p.out_width;
    p.size = p.a.heads * p.head;
    return p;
}

static void lower(Lowering *l, Node *node) {
    const Places p = places_of(node);
    Kernel *k = attention_kernel(l, node);
    lower_operand(l, k, "cache", cache_buffer(l, node, p.size), NULL, true);
    lower_operand(l, k, "y", make_value(l, node), node, true);
    lower_place_arg(l, k, p.all);
}

/* Scores and weights of all places, then a row of results. */
static int64_t scratch(const Kernel *k) {
    const Places p = places_of(k->node);
    return p.lanes + p.out_width;
}

/* Declares `name`: the row of head h of sample s. */
static void declare_row(Loops *l, const Kernel *k, const Places *p, int operand, const char *name) {
    const bool result = operand == ATTENTION_OPERANDS;
    int place;
    l_line(l, "%sfloat *%s = %s;", result ? "" : "const ", name,
           attention_head(l->arena, k, &p->a, operand,
                          result ? "y" : attention_param(&p->a, operand), &place));
}

/* Softmax over the places so far; exponentials are cut, and added in the order of places. */
static void build_softmax(Loops *l, const Places *p) {
    l_line(l, "F16 most = SET(-3e38f);");
    l_open(l, "for (int j = 0; j <= place; j += 16)");
    l_line(l, "F16 z = ROUNDED(MUL(LOAD(p + j), SET((float)%.17g)));", p->a.scale);
    l_line(l, "z = SELECT(IGT(IOTA(), ISET((uint32_t)(place - j))), SET(-3e38f), z);");
    l_line(l, "most = MAX(z, most);");
    l_line(l, "STORE(p + j, z);");
    l_close(l);
    l_line(l, "const F16 top = SET(MAX16(most));");
    l_line(l,
           "for (int j = 0; j <= place; j += 16) STORE(p + j, CUT(EXP(SUB(LOAD(p + j), top))));");
    l_line(l, "F16 sum = SET(0.0f);");
    l_line(l, "for (int j = 0; j <= place; j++) sum = ADD(sum, SET(p[j]));");
    l_line(l, "const F16 share = DIV(SET(1.0f), sum);");
    l_line(l, "for (int j = 0; j <= place; j += 16) "
              "STORE(p + j, ROUNDED(MUL(LOAD(p + j), share)));");
}

static void build(Loops *l, const Kernel *k) {
    const Places p = places_of(k->node);
    const char *width = arena_printf(l->arena, "%d", p.a.width);
    l_line(l, "float *p = scratch, *row = scratch + %d;", p.lanes);
    if (k->out.C != k->out.cs) zero_samples(l, "y", k->out);
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int h = 0; h < %d; h++)", p.a.heads);
    l_line(l, "float *keys = cache + s * %d + h * %d, *values = keys + %d;",
           (int)kernel_operand(k, "cache")->buffer->size, p.head, p.keys);
    l_open(l, "if (place == 0)");
    l_line(l, "NN_ZERO(keys, %zu);", (size_t)p.head * sizeof(float));
    l_close(l);
    declare_row(l, k, &p, ATTENTION_Q, "q_row");
    declare_row(l, k, &p, ATTENTION_K, "k_row");
    declare_row(l, k, &p, ATTENTION_V, "v_row");
    declare_row(l, k, &p, ATTENTION_OPERANDS, "to");
    l_line(l, "for (int c = 0; c < %d; c++) keys[c * %d + place] = k_row[c];", p.a.width, p.lanes);
    l_line(l, "NN_COPY(values + place * %d, v_row, %zu);", p.out_width,
           (size_t)p.a.out_width * sizeof(float));
    product_build(l, &(Product){.a = "q_row",
                                .a_row = p.a.width,
                                .a_step = 1,
                                .b = "keys",
                                .b_step = p.lanes,
                                .out = "p",
                                .out_row = p.lanes,
                                .rows = 1,
                                .lanes = p.all,
                                .steps = width});
    build_softmax(l, &p);
    product_build(l, &(Product){.a = "p",
                                .a_row = p.lanes,
                                .a_step = 1,
                                .b = "values",
                                .b_step = p.out_width,
                                .out = "row",
                                .out_row = p.out_width,
                                .rows = 1,
                                .lanes = p.a.out_width,
                                .steps = "(place + 1)"});
    l_line(l, "NN_COPY(to, row, %zu);", (size_t)p.a.out_width * sizeof(float));
    l_close(l);
    l_close(l);
}

static bool fits(const Node *node) {
    return node->op == &op_attention_next;
}

const Family family_attention_next = {
    .name = "attention, next place",
    .fits = fits,
    .lower = lower,
    .build = build,
    .scratch = scratch,
};
