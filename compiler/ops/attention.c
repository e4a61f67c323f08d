/* Scaled dot-product attention (A. Vaswani and others, 2017): of each query the mean of the values,
 * weighted by softmax(scale q k) over the keys; causal: over those up to the query's place. Dropout
 * is of the weights. The decision for query i and key j of head h has the number
 * (h * keys + j) * (queries rounded up to 16) + i, as if queries were channels (see ops.h). */
#include "attention.h"

#include <math.h>
#include <string.h>

#include "rules.h"

/* Operands of the forward op; a gradient has dy, too. */
static bool is_packed(const Node *n) {
    return n->n_in - (n->op == &op_attention_grad) < ATTENTION_OPERANDS;
}

static Shape shape_in(const Node *n, int i) {
    return n->in[i]->type.shape;
}

Attention attention_of(const Node *n) {
    const Shape q = shape_in(n, ATTENTION_Q);
    Attention a = {.packed = is_packed(n), .causal = ATTRS(n, AttentionAttrs)->causal};
    if (a.packed) {
        a.heads = ATTRS(n, AttentionAttrs)->heads;
        a.queries = a.keys = q.dim[0];
        a.width = a.out_width = q.dim[1] / 3 / a.heads;
    } else {
        const Shape k = shape_in(n, ATTENTION_K), v = shape_in(n, ATTENTION_V);
        a.heads = q.rank == 3 ? q.dim[0] : 1;
        a.queries = q.dim[q.rank - 2];
        a.keys = k.dim[k.rank - 2];
        a.width = q.dim[q.rank - 1];
        a.out_width = v.dim[v.rank - 1];
    }
    a.scale = ATTRS(n, AttentionAttrs)->scale;
    if (a.scale == 0) a.scale = 1 / sqrt((double)a.width);
    return a;
}

HeadView attention_view(const Attention *a, int operand, int row) {
    const int places = operand == ATTENTION_K || operand == ATTENTION_V ? a->keys : a->queries;
    const int width = operand == ATTENTION_Q || operand == ATTENTION_K ? a->width : a->out_width;
    const bool result = operand == ATTENTION_OPERANDS;
    if (a->packed) {
        const int all = a->heads * a->width;
        return (HeadView){result ? 0 : (int64_t)operand * all, width,
                          row ? row : (result ? 1 : 3) * all};
    }
    const int place = row ? row : width;
    return (HeadView){0, (int64_t)places * place, place};
}

/* Reports what does not fit together; sets what decisions are numbered by. */
static bool want_operands(Graph *g, Node *n) {
    static const char words[] = "(T, D) or (heads, T, D)";
    const Shape q = shape_in(n, ATTENTION_Q);
    const int heads = ATTRS(n, AttentionAttrs)->heads;
    if (n->n_in == 2 && n->op == &op_attention) return op_error(g, n, -1, "wants keys and values");
    if (is_packed(n)) {
        if (!want_sample(g, n, 0, 2, "(T, C), a sequence")) return false;
        if (q.dim[1] % (3 * heads))
            return op_error(g, n, 0, "wants queries, keys and values of %d heads side by side",
                            heads);
    } else {
        for (int i = 0; i < ATTENTION_OPERANDS; i++)
            if (!want_sample(g, n, i, q.rank == 3 ? 3 : 2, words)) return false;
        const Shape k = shape_in(n, ATTENTION_K), v = shape_in(n, ATTENTION_V);
        const int last = q.rank - 1;
        if (q.rank == 3 && k.dim[0] != q.dim[0])
            return op_error(g, n, ATTENTION_K, "wants keys of %d heads, as the queries have",
                            q.dim[0]);
        if (k.dim[last] != q.dim[last])
            return op_error(g, n, ATTENTION_K, "wants keys of %d values, as the queries have",
                            q.dim[last]);
        if (v.dim[last - 1] != k.dim[last - 1] || (q.rank == 3 && v.dim[0] != k.dim[0]))
            return op_error(g, n, ATTENTION_V, "wants a value for each of the keys %s",
                            shape_text(g->arena, k));
        if (ATTRS(n, AttentionAttrs)->causal && k.dim[last - 1] != q.dim[last - 1])
            return op_error(g, n, ATTENTION_K, "is causal, so it wants as many keys as queries, %d",
                            q.dim[last - 1]);
    }
    const Attention a = attention_of(n);
    dropout_set_places(n, a.queries, a.heads, a.keys);
    return true;
}

/* The shape of operand 0 with the width of results. */
static Shape result_shape(const Node *n) {
    const Attention a = attention_of(n);
    Shape s = shape_in(n, ATTENTION_Q);
    s.dim[s.rank - 1] = a.packed ? a.heads * a.out_width : a.out_width;
    return s;
}

static bool attention_shape(Graph *g, Node *n) {
    if (!want_operands(g, n)) return false;
    n->type = type_sample(result_shape(n));
    return true;
}

static bool next_shape(Graph *g, Node *n) {
    if (!attention_shape(g, n)) return false;
    return attention_of(n).queries == 1 || op_error(g, n, 0, "wants one place of a sequence");
}

/* Which of them the gradient is of: all, side by side, or one. */
static bool grad_shape(Graph *g, Node *n) {
    if (!want_operands(g, n)) return false;
    if (!shape_equal(shape_in(n, n->n_in - 1), result_shape(n)))
        return op_error(g, n, n->n_in - 1, "wants the result's shape");
    const int part = ATTRS(n, AttentionAttrs)->part;
    if (is_packed(n) != (part == ATTENTION_OPERANDS))
        return op_error(g, n, -1, "has no part %d", part);
    n->type = type_sample(shape_in(n, is_packed(n) ? 0 : part));
    return true;
}

static void attention_gradient(Gradient *g) {
    const Node *n = g->node;
    Node *in[ATTENTION_OPERANDS + 1];
    AttentionAttrs attrs = *ATTRS(n, AttentionAttrs);
    memcpy(in, n->in, sizeof *in * (size_t)n->n_in);
    in[n->n_in] = g->dy;
    for (int i = 0; i < n->n_in; i++) {
        attrs.part = is_packed(n) ? ATTENTION_OPERANDS : i;
        if (g->wanted[i])
            g->dx[i] =
                grad_node(g, &op_attention_grad, n->n_in + 1, in, ATTRS_AT(AttentionAttrs, &attrs));
    }
}

/* One head of one sample: place t of an operand begins at x + t * step. */
typedef struct Head {
    const Attention *a;
    const double *x[ATTENTION_OPERANDS];
    int64_t step[ATTENTION_OPERANDS];
    double *p, *factor; /* [queries][keys]: weights, and what dropout multiplies them by */
} Head;

static const double *row_of(const Head *h, int operand, int place) {
    return h->x[operand] + place * h->step[operand];
}

static double dot(const double *a, const double *b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static int keys_of(const Attention *a, int query) {
    return a->causal ? query + 1 : a->keys;
}

static void weigh(const Head *h) {
    const Attention *a = h->a;
    memset(h->p, 0, sizeof *h->p * (size_t)a->queries * (size_t)a->keys);
    for (int i = 0; i < a->queries; i++) {
        const int keys = keys_of(a, i);
        double *p = h->p + (int64_t)i * a->keys, top = -INFINITY, sum = 0;
        for (int j = 0; j < keys; j++) {
            p[j] = a->scale * dot(row_of(h, ATTENTION_Q, i), row_of(h, ATTENTION_K, j), a->width);
            top = fmax(top, p[j]);
        }
        for (int j = 0; j < keys; j++) sum += p[j] = exp(p[j] - top);
        for (int j = 0; j < keys; j++) p[j] /= sum;
    }
}

static void draw(const Env *env, const Node *n, const Head *h, int sample, int head) {
    const Attention *a = h->a;
    const int64_t stride = (a->queries + 15) / 16 * 16, elements = stride * a->heads * a->keys;
    for (int i = 0; i < a->queries; i++)
        for (int j = 0; j < a->keys; j++) {
            const int64_t element = ((int64_t)head * a->keys + j) * stride + i;
            h->factor[(int64_t)i * a->keys + j] = dropout_factor(env, n, sample, elements, element);
        }
}

/* Sets what `n` reads of a head of a sample. */
static void find_head(const Env *env, const Node *n, const double *const *in, int sample, int head,
                      Head *h) {
    for (int o = 0; o < ATTENTION_OPERANDS; o++) {
        const int i = is_packed(n) ? 0 : o;
        const HeadView view = attention_view(h->a, o, 0);
        h->x[o] = in[i] + sample * shape_count(shape_in(n, i)) + view.base + head * view.head;
        h->step[o] = view.place;
    }
    weigh(h);
    draw(env, n, h, sample, head);
}

static Head new_head(Arena *arena, const Attention *a) {
    const size_t pairs = (size_t)a->queries * (size_t)a->keys;
    return (Head){.a = a,
                  .p = ARENA_ARRAY(arena, double, pairs),
                  .factor = ARENA_ARRAY(arena, double, pairs)};
}

static void attention_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Attention a = attention_of(n);
    const HeadView y = attention_view(&a, ATTENTION_OPERANDS, 0);
    Arena *arena = arena_new();
    Head h = new_head(arena, &a);
    for (int s = 0; s < env->batch; s++)
        for (int head = 0; head < a.heads; head++) {
            find_head(env, n, in, s, head, &h);
            for (int i = 0; i < a.queries; i++)
                for (int c = 0; c < a.out_width; c++) {
                    double sum = 0;
                    for (int j = 0; j < a.keys; j++) {
                        const int64_t at = (int64_t)i * a.keys + j;
                        sum += h.p[at] * h.factor[at] * row_of(&h, ATTENTION_V, j)[c];
                    }
                    out[s * shape_count(n->type.shape) + head * y.head + i * y.place + c] = sum;
                }
        }
    arena_free(arena);
}

/* Adds what one query gives to the gradients at dx, whose places are as those of the operands. */
static void add_query(const Head *h, int i, const double *dy,
                      double *const dx[ATTENTION_OPERANDS]) {
    const Attention *a = h->a;
    const double *p = h->p + (int64_t)i * a->keys, *factor = h->factor + (int64_t)i * a->keys;
    double mean = 0;
    for (int j = 0; j < keys_of(a, i); j++)
        mean += p[j] * factor[j] * dot(dy, row_of(h, ATTENTION_V, j), a->out_width);
    for (int j = 0; j < keys_of(a, i); j++) {
        const double dp = factor[j] * dot(dy, row_of(h, ATTENTION_V, j), a->out_width);
        const double ds = p[j] * (dp - mean) * a->scale;
        double *const dq = dx[ATTENTION_Q], *const dk = dx[ATTENTION_K], *dv = dx[ATTENTION_V];
        for (int c = 0; c < a->width && dq; c++)
            dq[i * h->step[ATTENTION_Q] + c] += ds * row_of(h, ATTENTION_K, j)[c];
        for (int c = 0; c < a->width && dk; c++)
            dk[j * h->step[ATTENTION_K] + c] += ds * row_of(h, ATTENTION_Q, i)[c];
        for (int c = 0; c < a->out_width && dv; c++)
            dv[j * h->step[ATTENTION_V] + c] += p[j] * factor[j] * dy[c];
    }
}

static void grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Attention a = attention_of(n);
    const HeadView y = attention_view(&a, ATTENTION_OPERANDS, 0);
    const int part = ATTRS(n, AttentionAttrs)->part;
    const double *dy = in[n->n_in - 1];
    const int64_t of_y = shape_count(shape_in(n, n->n_in - 1)), of_x = shape_count(n->type.shape);
    Arena *arena = arena_new();
    Head h = new_head(arena, &a);
    memset(out, 0, sizeof *out * (size_t)(env->batch * of_x));
    for (int s = 0; s < env->batch; s++)
        for (int head = 0; head < a.heads; head++) {
            double *dx[ATTENTION_OPERANDS] = {NULL};
            find_head(env, n, in, s, head, &h);
            for (int o = 0; o < ATTENTION_OPERANDS; o++) {
                const HeadView view = attention_view(&a, o, 0);
                if (a.packed || o == part) dx[o] = out + s * of_x + view.base + head * view.head;
            }
            for (int i = 0; i < a.queries; i++)
                add_query(&h, i, dy + s * of_y + head * y.head + i * y.place, dx);
        }
    arena_free(arena);
}

/* Queries, unless they are causal: what these need of keys is more than one place of them. */
static int attention_along(const Node *n, int operand, int axis) {
    const Attention a = attention_of(n);
    if (a.packed || a.causal || axis != n->type.shape.rank - 2) return ALONG_ALL;
    return operand ? ALONG_WHOLE : axis;
}

/* Pairs of a query and a key, of all heads. */
static int64_t pairs(const Attention *a) {
    const int64_t all =
        a->causal ? (int64_t)a->queries * (a->queries + 1) / 2 : (int64_t)a->queries * a->keys;
    return all * a->heads;
}

static int64_t attention_flops(const Node *n) {
    const Attention a = attention_of(n);
    return 2 * pairs(&a) * (a.width + a.out_width);
}

/* Products that the gradient needs; the weights, which are computed again, do not count. */
static int64_t grad_flops(const Node *n) {
    const Attention a = attention_of(n);
    const int part = ATTRS(n, AttentionAttrs)->part;
    const int64_t one = part == ATTENTION_V ? a.out_width : a.width + a.out_width;
    return 2 * pairs(&a) * (part == ATTENTION_OPERANDS ? 2 * (a.width + a.out_width) : one);
}

/* Those of the last place. */
static int64_t next_flops(const Node *n) {
    const Attention a = attention_of(n);
    return 2 * ATTRS(n, AttentionAttrs)->places * a.heads * (a.width + a.out_width);
}

#define COMMON_ATTRS                                                                               \
    DROPOUT_ATTRS(AttentionAttrs, drop., 0),                                                       \
        MEMBER(AttentionAttrs, heads, "heads", 1, MAX_DIM, 1),                                     \
        MEMBER(AttentionAttrs, causal, "causal", 0, 1, 0),                                         \
        MEMBER(AttentionAttrs, scale, "scale", -1e30, 1e30, 0)
static const AttrSpec attrs[] = {COMMON_ATTRS};
static const AttrSpec next_attrs[] = {COMMON_ATTRS,
                                      MEMBER(AttentionAttrs, places, "places", 1, MAX_DIM, 1)};
static const AttrSpec grad_attrs[] = {
    COMMON_ATTRS, MEMBER(AttentionAttrs, part, "part", 0, ATTENTION_OPERANDS, ATTENTION_OPERANDS)};

#define HOW(p, heads, causal, scale) WITH(p, 7, 0, 0, 0, 0, 0, heads, causal, scale)
#define PART(p, heads, causal, scale, part) WITH(p, 7, 0, 0, 0, 0, 0, heads, causal, scale, part)
static const OpSample samples[] = {{.inputs = "S(32,96)", HOW(0, 2, 1, 0)},
                                   {.inputs = "S(5,21)", HOW(0, 1, 0, 0.5)},
                                   {.inputs = "S(19,60)", HOW(0.3, 2, 1, 0)},
                                   {.inputs = "S(7,5) S(7,5) S(7,5)"},
                                   {.inputs = "S(3,20) S(17,20) S(17,9)", HOW(0.2, 1, 0, 0)},
                                   {.inputs = "S(2,16,16) S(2,16,16) S(2,16,16)", HOW(0, 1, 1, 0)},
                                   {.inputs = "S(3,18,4) S(3,2,4) S(3,2,33)", HOW(0, 1, 0, 1)}};
static const OpSample grad_samples[] = {
    {.inputs = "S(32,96) S(32,32)", PART(0, 2, 1, 0, 3)},
    {.inputs = "S(19,60) S(19,20)", PART(0.3, 2, 1, 0, 3)},
    {.inputs = "S(3,20) S(17,20) S(17,9) S(3,9)", PART(0.2, 1, 0, 0, 0)},
    {.inputs = "S(3,20) S(17,20) S(17,9) S(3,9)", PART(0.2, 1, 0, 0, 1)},
    {.inputs = "S(2,20,5) S(2,20,5) S(2,20,5) S(2,20,5)", PART(0, 1, 1, 0, 2)}};

const Op op_attention = {.name = "attention",
                         .help = "softmax(scale q k) v for each head",
                         .min_in = 1,
                         .max_in = ATTENTION_OPERANDS,
                         HAS_ATTRS(AttentionAttrs, attrs),
                         .shape = attention_shape,
                         .gradient = attention_gradient,
                         .along = attention_along,
                         .reference = attention_value,
                         .flops = attention_flops,
                         SAMPLES(samples),
                         .traits = TRAIT_LAST_AXIS | TRAIT_MAY_DROP,
                         .kernel = "forward",
                         .lost_bits = 4};
const Op op_attention_next = {.name = "attention_next",
                              .help = "causal attention of one more place",
                              .min_in = 1,
                              .max_in = ATTENTION_OPERANDS,
                              HAS_ATTRS(AttentionAttrs, next_attrs),
                              .shape = next_shape,
                              .flops = next_flops,
                              .backward_only = true,
                              .traits = TRAIT_LAST_AXIS | TRAIT_NEXT,
                              .kernel = "forward"};
const Op op_attention_grad = {.name = "attention_grad",
                              .help = "gradient of attention in its operands, or one of them",
                              .min_in = 2,
                              .max_in = ATTENTION_OPERANDS + 1,
                              HAS_ATTRS(AttentionAttrs, grad_attrs),
                              .shape = grad_shape,
                              .reference = grad_value,
                              .flops = grad_flops,
                              SAMPLES(grad_samples),
                              .backward_only = true,
                              .traits = TRAIT_LAST_AXIS | TRAIT_MAY_DROP,
                              .kernel = "input_grad",
                              .lost_bits = 4};
