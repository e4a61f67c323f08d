/* Attention, a head of a sample at a time, 16 queries of it at a time. Weights of 16 queries lie
 * transposed, [key][16]: queries are lanes, so that no sum over keys or channels crosses lanes, and
 * scores exist for 16 queries alone; the gradient computes them again. Keys and values of the head
 * are copied to scratch memory first, with rows filled up to 16 floats and keys to a multiple of
 * 16: all loops are over whole rows then, and what was filled up is zero and adds exact zeros.
 *
 * Sums: scores over channels, weights over keys, results over keys, gradients of queries over keys,
 * of keys and values over queries, all in order; D, the mean of the weights' gradients, over keys.
 * Of 16 queries that are causal the keys end with the last of them; weights of later keys are
 * zeros. */
#include "attention.h"

#include <string.h>

#include "../graph/layers.h"
#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "lines.h"
#include "product.h"

/* A kernel's geometry: sizes of scratch memory are rounded up to rows of 16. */
typedef struct Heads {
    Attention a;
    int keys, width, out_width;              /* rounded up */
    bool gradient, part[ATTENTION_OPERANDS]; /* which gradients */
    const char *drop;                        /* argument that has dropout's decisions, NULL: none */
} Heads;

static Heads heads_of(const Kernel *k) {
    const Node *node = k->node;
    Heads h = {.a = attention_of(node), .gradient = node->op->backward_only};
    h.keys = round_up(h.a.keys, LANES);
    h.width = round_up(h.a.width, LANES);
    h.out_width = round_up(h.a.out_width, LANES);
    for (int i = 0; i < ATTENTION_OPERANDS && h.gradient; i++)
        h.part[i] = h.a.packed || ATTRS(node, AttentionAttrs)->part == i;
    if (dropout_attrs(node)->p > 0) h.drop = kernel_argument(k, node);
    return h;
}

const char *attention_param(const Attention *a, int operand) {
    static const char *const names[] = {"query", "key", "value"};
    return a->packed ? "x" : names[operand];
}

Kernel *attention_kernel(Lowering *l, Node *node) {
    const Attention a = attention_of(node);
    Buffer *in[ATTENTION_OPERANDS + 1];
    Node *at[ATTENTION_OPERANDS + 1];
    for (int i = 0; i < node->n_in; i++) at[i] = in_rows(l, node->in[i], &in[i]);
    Kernel *k = value_kernel(l, node);
    k->in = in[0]->layout;
    k->flops = node_flops(node);
    for (int i = 0; i < node->n_in; i++) {
        const bool dy = node->op == &op_attention_grad && i == node->n_in - 1;
        read_value(l, k, dy ? "dy" : attention_param(&a, i), in[i], at[i]);
    }
    return k;
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = attention_kernel(l, node);
    lower_operand(l, k, "y", make_value(l, node), node, true);
    if (dropout_attrs(node)->p > 0) lower_drop_args(l, k, node);
}

/* Where in scratch memory everything is: floats from its start. */
typedef struct Scratch {
    int k, v;        /* [keys][width], [keys][out_width] */
    int q, qt;       /* [16][width], [width][16] */
    int p;           /* [keys][16] */
    int y;           /* [16][out_width] */
    int dyt, dp, dq; /* [out_width][16], [keys][16], [16][width] */
    int dk, dv;      /* [keys][width], [keys][out_width] */
    int64_t size;
} Scratch;

static Scratch scratch_of(const Heads *h) {
    Scratch s;
    int at = 0;
    s.k = at, at += h->keys * h->width;
    s.v = at, at += h->keys * h->out_width;
    s.q = at, at += LANES * h->width;
    s.qt = at, at += LANES * h->width;
    s.p = at, at += LANES * h->keys;
    s.y = at, at += LANES * h->out_width;
    s.dyt = s.dp = s.dq = s.dk = s.dv = at;
    if (h->gradient) {
        at += LANES * h->out_width;
        s.dp = at, at += LANES * h->keys;
        s.dq = at, at += LANES * h->width;
        s.dk = at, at += h->keys * h->width;
        s.dv = at, at += h->keys * h->out_width;
    }
    s.size = at;
    return s;
}

static int64_t scratch(const Kernel *k) {
    const Heads h = heads_of(k);
    return scratch_of(&h).size;
}

const char *attention_head(Arena *arena, const Kernel *k, const Attention *a, int operand,
                           const char *param, int *place) {
    const Layout layout = kernel_operand(k, param)->buffer->layout;
    const HeadView view = attention_view(a, operand, layout.cs);
    *place = (int)view.place;
    return arena_printf(arena, "%s + s * %d + h * %lld + %lld", param, layout.stride,
                        (long long)view.head, (long long)view.base);
}

/* Copies rows [from, to) of a head into scratch memory, which has `wide` floats for each; or back.
 */
static void copy_rows(Loops *l, const char *head, int place, const char *room, int wide, int width,
                      const char *from, const char *to, bool back) {
    const char *there = arena_printf(l->arena, "%s + t * %d", head, place);
    const char *here = strcmp(from, "0")
                           ? arena_printf(l->arena, "%s + (t - %s) * %d", room, from, wide)
                           : arena_printf(l->arena, "%s + t * %d", room, wide);
    l_line(l, "for (int t = %s; t < %s; t++) NN_COPY(%s, %s, %zu);", from, to, back ? there : here,
           back ? here : there, (size_t)width * sizeof(float));
}

static void load_rows(Loops *l, const Kernel *k, const Heads *h, int operand, const char *param,
                      const char *room, int wide, const char *from, const char *to) {
    int place;
    const char *head = attention_head(l->arena, k, &h->a, operand, param, &place);
    const int width =
        operand == ATTENTION_Q || operand == ATTENTION_K ? h->a.width : h->a.out_width;
    copy_rows(l, head, place, room, wide, width, from, to, false);
}

/* The transposed copy of 16 rows. */
static void transpose_rows(Loops *l, const char *from, const char *to, int wide) {
    l_line(l, "for (int c = 0; c < %d; c += 16) TRANSPOSE(%s + c, %d, %s + c * 16, 16);", wide,
           from, wide, to);
}

/* Products for each 16 keys before `end`. */
static void products_of_keys(Loops *l, const char *end, Product p, const char *a, const char *out) {
    l_open(l, "for (int j = 0; j < %s; j += 16)", end);
    p.a = arena_printf(l->arena, "(%s + j * %d)", a, p.a_row);
    p.out = arena_printf(l->arena, "(%s + j * %d)", out, p.out_row);
    p.rows = LANES;
    product_build(l, &p);
    l_close(l);
}

static const char *element(Arena *arena, const Heads *h) {
    return arena_printf(arena, "(h * %d + j) * %d + q0", h->a.keys, round_up(h->a.queries, LANES));
}

static const char *dropped(Arena *arena, const Heads *h, const char *row) {
    if (!h->drop) return row;
    return arena_printf(arena, "DROPPED(%s, %s, first + s, %s)", row, h->drop, element(arena, h));
}

/* Makes weights of the scores at p: softmax over the keys, down the lanes, exponentials cut. */
static void build_softmax(Loops *l, const Heads *h) {
    l_line(l, "F16 top = SET(-3e38f);");
    l_open(l, "for (int j = 0; j < seen; j++)");
    l_line(l, "F16 z = ROUNDED(MUL(LOAD(p + j * 16), SET((float)%.17g)));", h->a.scale);
    if (h->a.causal)
        l_line(l, "z = SELECT(IGT(ISET((uint32_t)(j - q0)), IOTA()), SET(-3e38f), z);");
    l_line(l, "top = MAX(z, top);");
    l_line(l, "STORE(p + j * 16, z);");
    l_close(l);
    l_line(l, "F16 sum = SET(0.0f);");
    l_open(l, "for (int j = 0; j < seen; j++)");
    l_line(l, "const F16 e = CUT(EXP(SUB(LOAD(p + j * 16), top)));");
    l_line(l, "sum = ADD(sum, e);");
    l_line(l, "STORE(p + j * 16, e);");
    l_close(l);
    l_line(l, "const F16 share = DIV(SET(1.0f), sum);");
    l_line(
        l,
        "for (int j = 0; j < seen; j++) STORE(p + j * 16, ROUNDED(MUL(LOAD(p + j * 16), share)));");
}

/* Rows after those of the keys that are seen hold nothing. */
static void clear_after_seen(Loops *l, const Heads *h, const char *rows) {
    if (h->a.keys % LANES)
        l_line(l, "for (int j = seen; j < end; j++) STORE(%s + j * 16, SET(0.0f));", rows);
}

static void declare_room(Loops *l, const char *name, int at) {
    l_line(l, "float *%s = scratch + %d;", name, at);
}

/* Opens the loops over samples and heads, with keys and values in scratch memory, and over blocks
 * of 16 queries, with these and their weights: q0, q1; `seen` keys, `end` of them and what fills
 * them up. */
static void open_queries(Loops *l, const Kernel *k, const Heads *h, const Scratch *s) {
    declare_room(l, "ks", s->k);
    declare_room(l, "vs", s->v);
    declare_room(l, "qs", s->q);
    declare_room(l, "qt", s->qt);
    declare_room(l, "p", s->p);
    declare_room(l, "ys", s->y);
    l_line(l, "NN_ZERO(scratch, %lld);", (long long)s->size * 4);
    if (k->out.C != k->out.cs) zero_samples(l, "y", k->out);
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int h = 0; h < %d; h++)", h->a.heads);
    const char *keys = arena_printf(l->arena, "%d", h->a.keys);
    load_rows(l, k, h, ATTENTION_K, attention_param(&h->a, ATTENTION_K), "ks", h->width, "0", keys);
    load_rows(l, k, h, ATTENTION_V, attention_param(&h->a, ATTENTION_V), "vs", h->out_width, "0",
              keys);
    l_open(l, "for (int q0 = 0; q0 < %d; q0 += 16)", h->a.queries);
    l_line(l, "const int q1 = q0 + 16 < %d ? q0 + 16 : %d;", h->a.queries, h->a.queries);
    if (h->a.causal) {
        l_line(l, "const int seen = q1, end = q0 + 16;");
    } else {
        l_line(l, "const int seen = %d, end = %d;", h->a.keys, h->keys);
    }
    if (h->a.queries % LANES) l_line(l, "NN_ZERO(qs, %zu);", (size_t)LANES * (size_t)h->width * 4);
    load_rows(l, k, h, ATTENTION_Q, attention_param(&h->a, ATTENTION_Q), "qs", h->width, "q0",
              "q1");
    transpose_rows(l, "qs", "qt", h->width);
    products_of_keys(l, "end",
                     (Product){.a_row = h->width,
                               .a_step = 1,
                               .b = "qt",
                               .b_step = LANES,
                               .out_row = LANES,
                               .lanes = LANES,
                               .steps = arena_printf(l->arena, "%d", h->a.width)},
                     "ks", "p");
    build_softmax(l, h);
    clear_after_seen(l, h, "p");
}

static void close_queries(Loops *l) {
    l_close(l);
}

static void close_heads(Loops *l) {
    l_close(l);
    l_close(l);
}

/* Rows of results, [16][wide] in scratch memory, into those of operand `operand` of y. */
static void store_rows(Loops *l, const Kernel *k, const Heads *h, int operand, const char *room,
                       int wide, int width, const char *from, const char *to) {
    int place;
    const char *head = attention_head(l->arena, k, &h->a, operand, "y", &place);
    copy_rows(l, head, place, room, wide, width, from, to, true);
}

static void build_forward(Loops *l, const Kernel *k, const Heads *h, const Scratch *s) {
    open_queries(l, k, h, s);
    if (h->drop)
        l_line(l, "for (int j = 0; j < seen; j++) STORE(p + j * 16, %s);",
               dropped(l->arena, h, "LOAD(p + j * 16)"));
    product_build(l, &(Product){.a = "p",
                                .a_row = 1,
                                .a_step = LANES,
                                .b = "vs",
                                .b_step = h->out_width,
                                .out = "ys",
                                .out_row = h->out_width,
                                .rows = LANES,
                                .lanes = h->a.out_width,
                                .steps = "end"});
    store_rows(l, k, h, ATTENTION_OPERANDS, "ys", h->out_width, h->a.out_width, "q0", "q1");
    close_queries(l);
    close_heads(l);
}

/* dp becomes the gradient of the scores, P (dP - D) scale, and p what dropout leaves of it. */
static void build_score_gradient(Loops *l, const Heads *h, bool scores) {
    if (scores) {
        l_line(l, "F16 mean = SET(0.0f);");
        l_open(l, "for (int j = 0; j < seen; j++)");
        l_line(l, "const F16 g = %s;", dropped(l->arena, h, "LOAD(dp + j * 16)"));
        l_line(l, "mean = FMA(LOAD(p + j * 16), g, mean);");
        if (h->drop) l_line(l, "STORE(dp + j * 16, g);");
        l_close(l);
    }
    l_open(l, "for (int j = 0; j < seen; j++)");
    l_line(l, "const F16 w = LOAD(p + j * 16);");
    if (scores) {
        l_line(l, "const F16 g = ROUNDED(MUL(w, SUB(LOAD(dp + j * 16), mean)));");
        l_line(l, "STORE(dp + j * 16, ROUNDED(MUL(g, SET((float)%.17g))));", h->a.scale);
    }
    if (h->drop) l_line(l, "STORE(p + j * 16, %s);", dropped(l->arena, h, "w"));
    l_close(l);
    if (scores) clear_after_seen(l, h, "dp");
}

static void build_gradient(Loops *l, const Kernel *k, const Heads *h, const Scratch *s) {
    const bool scores = h->part[ATTENTION_Q] || h->part[ATTENTION_K];
    const char *queries = arena_printf(l->arena, "%d", LANES);
    declare_room(l, "dyt", s->dyt);
    declare_room(l, "dp", s->dp);
    declare_room(l, "dq", s->dq);
    declare_room(l, "dk", s->dk);
    declare_room(l, "dv", s->dv);
    open_queries(l, k, h, s);
    if (h->a.queries % LANES)
        l_line(l, "NN_ZERO(ys, %zu);", (size_t)LANES * (size_t)h->out_width * 4);
    load_rows(l, k, h, ATTENTION_OPERANDS, "dy", "ys", h->out_width, "q0", "q1");
    if (scores) {
        transpose_rows(l, "ys", "dyt", h->out_width);
        products_of_keys(l, "end",
                         (Product){.a_row = h->out_width,
                                   .a_step = 1,
                                   .b = "dyt",
                                   .b_step = LANES,
                                   .out_row = LANES,
                                   .lanes = LANES,
                                   .steps = arena_printf(l->arena, "%d", h->a.out_width)},
                         "vs", "dp");
    }
    if (scores || h->drop) build_score_gradient(l, h, scores);
    if (h->part[ATTENTION_Q]) {
        product_build(l, &(Product){.a = "dp",
                                    .a_row = 1,
                                    .a_step = LANES,
                                    .b = "ks",
                                    .b_step = h->width,
                                    .out = "dq",
                                    .out_row = h->width,
                                    .rows = LANES,
                                    .lanes = h->a.width,
                                    .steps = "end"});
        store_rows(l, k, h, ATTENTION_Q, "dq", h->width, h->a.width, "q0", "q1");
    }
    /* Causal rows of keys that these queries are the first to see begin at zero. */
    Product sum = {.a_row = LANES, .a_step = 1, .steps = queries, .adds = "q0 > 0"};
    if (h->a.causal) sum.adds = "j < q0";
    if (h->part[ATTENTION_K]) {
        sum.b = "qs";
        sum.b_step = sum.out_row = h->width;
        sum.lanes = h->a.width;
        products_of_keys(l, "end", sum, "dp", "dk");
    }
    if (h->part[ATTENTION_V]) {
        sum.b = "ys";
        sum.b_step = sum.out_row = h->out_width;
        sum.lanes = h->a.out_width;
        products_of_keys(l, "end", sum, "p", "dv");
    }
    close_queries(l);
    const char *keys = arena_printf(l->arena, "%d", h->a.keys);
    if (h->part[ATTENTION_K])
        store_rows(l, k, h, ATTENTION_K, "dk", h->width, h->a.width, "0", keys);
    if (h->part[ATTENTION_V])
        store_rows(l, k, h, ATTENTION_V, "dv", h->out_width, h->a.out_width, "0", keys);
    close_heads(l);
}

static void build(Loops *l, const Kernel *k) {
    const Heads h = heads_of(k);
    const Scratch s = scratch_of(&h);
    if (h.gradient)
        build_gradient(l, k, &h, &s);
    else
        build_forward(l, k, &h, &s);
}

static bool fits(const Node *node) {
    return node->op == &op_attention || node->op == &op_attention_grad;
}

const Family family_attention = {
    .name = "attention",
    .fits = fits,
    .lower = lower,
    .build = build,
    .scratch = scratch,
};
