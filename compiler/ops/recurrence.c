/* Recurrent layers: a loop over the places of a sequence. What a cell gets of its input is a linear
 * layer over all places at once; these ops do the rest, with the state before a place, h':
 *
 *   rnn    h = tanh(x + W h' + b)
 *   gru    r, z = sigmoid(x + W h' + b), q = W h' + b, n = tanh(x + r q), h = n + z (h' - n)
 *          (K. Cho et al., 2014, with r behind the product, as cuDNN and PyTorch have it)
 *   lstm   i, f, o = sigmoid(x + W h' + b), g = tanh(x + W h' + b), c = f c' + i g, h = o tanh(c)
 *          (S. Hochreiter, J. Schmidhuber, 1997; F. Gers et al., 2000)
 *
 * A sequence of T places has N units in x for each gate, in PyTorch's order: r, z, n; i, f, g, o.
 * Gradients go back through all places: those in x come first, of which the ones in W and b are
 * sums afterwards. Of gates the gradients need the values: recurrence_gates, which a kernel keeps
 * that computes the states. */
#include <math.h>
#include <string.h>

#include "../graph/cut.h"
#include "recurrence.h"
#include "rules.h"

static const struct {
    const Op *states;
    int gates, kept;
} kinds[] = {
    [CELL_RNN] = {&op_rnn, 1, 0}, [CELL_GRU] = {&op_gru, 3, 4}, [CELL_LSTM] = {&op_lstm, 4, 5}};

bool is_recurrence(const Op *op) {
    return op == &op_rnn || op == &op_gru || op == &op_lstm;
}

static Cell cell_of(const Op *states) {
    int cell = 0;
    while (kinds[cell].states != states) cell++;
    return (Cell)cell;
}

int recurrence_gates(const Op *op) {
    return kinds[cell_of(op)].gates;
}

Recurrence recurrence_of(const Node *n) {
    const Cell cell = is_recurrence(n->op) ? cell_of(n->op) : (Cell)ATTRS(n, RecurrenceAttrs)->cell;
    Recurrence r = {.cell = cell, .reverse = ATTRS(n, RecurrenceAttrs)->reverse};
    r.gates = kinds[cell].gates;
    r.kept = kinds[cell].kept;
    const Shape first = n->in[0]->type.shape;
    r.places = first.dim[0];
    const bool states = n->op == &op_recurrence_grad || n->op == &op_recurrence_wgrad;
    r.units = states ? first.dim[1] : first.dim[1] / r.gates;
    return r;
}

static int place(const Recurrence *r, int step) {
    return r->reverse ? r->places - 1 - step : step;
}

/* Reports unless operand `i` is (T, `count`). */
static bool want_rows(Graph *g, const Node *n, int i, int places, int count) {
    const Shape s = n->in[i]->type.shape;
    if (!want_sample(g, n, i, 2, "(T, N)")) return false;
    return (s.dim[0] == places && s.dim[1] == count) ||
           op_error(g, n, i, "wants (%d, %d)", places, count);
}

static bool want_weights(Graph *g, const Node *n, const Recurrence *r, int i) {
    const int all = r->gates * r->units;
    if (!want_param(g, n, i, 2)) return false;
    const Shape s = n->in[i]->type.shape;
    return (s.dim[0] == all && s.dim[1] == r->units) ||
           op_error(g, n, i, "wants weights (%d, %d)", all, r->units);
}

/* x, weights; the states where `states`; a bias. */
static bool want_operands(Graph *g, const Node *n, bool states) {
    if (!want_sample(g, n, 0, 2, "(T, N)")) return false;
    const Recurrence r = recurrence_of(n);
    const int bias = states ? 3 : 2;
    if (n->in[0]->type.shape.dim[1] % r.gates)
        return op_error(g, n, 0, "wants as many features for each of %d gates", r.gates);
    if (!want_weights(g, n, &r, 1)) return false;
    if (states && !want_rows(g, n, 2, r.places, r.units)) return false;
    return n->n_in <= bias || want_bias(g, n, bias, r.gates * r.units);
}

static bool state_shape(Graph *g, Node *n) {
    if (!want_operands(g, n, false)) return false;
    const Recurrence r = recurrence_of(n);
    n->type = type_sample(shape_of(2, r.places, r.units, 0));
    return true;
}

static bool next_shape(Graph *g, Node *n) {
    return state_shape(g, n) &&
           (n->type.shape.dim[0] == 1 || op_error(g, n, 0, "wants one place of a sequence"));
}

static bool gates_shape(Graph *g, Node *n) {
    if (!want_operands(g, n, true)) return false;
    const Recurrence r = recurrence_of(n);
    if (!r.kept) return op_error(g, n, 0, "its cell has no gates");
    n->type = type_sample(shape_of(3, r.places, r.kept, r.units));
    return true;
}

static bool grad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 2, "(T, N)")) return false;
    const Recurrence r = recurrence_of(n);
    if (!want_weights(g, n, &r, 1) || !want_rows(g, n, 2, r.places, r.units)) return false;
    const Shape kept = shape_of(3, r.places, r.kept, r.units);
    if (n->n_in != (r.kept ? 4 : 3) || (r.kept && !shape_equal(n->in[3]->type.shape, kept)))
        return op_error(g, n, n->n_in - 1, "wants the cell's gates");
    n->type = type_sample(shape_of(2, r.places, r.gates * r.units, 0));
    return true;
}

static bool hidden_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 2, "(T, N)")) return false;
    const Recurrence r = recurrence_of(n);
    if (r.cell != CELL_GRU ||
        !shape_equal(n->in[1]->type.shape, shape_of(3, r.places, r.kept, r.units)))
        return op_error(g, n, 1, "wants the gates of a gru");
    n->type = n->in[0]->type;
    return true;
}

static bool wgrad_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, 2, "(T, N)")) return false;
    const Recurrence r = recurrence_of(n);
    if (!want_rows(g, n, 1, r.places, r.gates * r.units)) return false;
    n->type = type_param(shape_of(2, r.gates * r.units, r.units, 0));
    return true;
}

/* W h' + b of all gates. */
static void hidden_sums(const Recurrence *r, const double *w, const double *bias,
                        const double *before, double *sums) {
    for (int o = 0; o < r->gates * r->units; o++) {
        sums[o] = bias ? bias[o] : 0;
        for (int k = 0; k < r->units; k++) sums[o] += w[(int64_t)o * r->units + k] * before[k];
    }
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* One place: the state h, and what is kept of the gates, [kept][units]. `c` is the cell's memory
 * before and after. */
static void cell_step(const Env *env, const Recurrence *r, const double *x, const double *sums,
                      const double *before, double *c, double *kept, double *h) {
    const int N = r->units;
    for (int u = 0; u < N; u++) {
        const double *a = x + u, *s = sums + u;
        double *k = kept + u;
        if (r->cell == CELL_RNN) {
            h[u] = tanh(a[0] + s[0]);
        } else if (r->cell == CELL_GRU) {
            for (int i = 0; i < 2; i++) k[i * N] = inner_value(env, sigmoid(a[i * N] + s[i * N]));
            k[3 * N] = s[2 * N];
            k[2 * N] = inner_value(env, tanh(a[2 * N] + k[0] * k[3 * N]));
            h[u] = k[2 * N] + k[N] * (before[u] - k[2 * N]);
        } else {
            for (int i = 0; i < 4; i++) {
                const double sum = a[i * N] + s[i * N];
                k[i * N] = inner_value(env, i == 2 ? tanh(sum) : sigmoid(sum));
            }
            c[u] = k[4 * N] = k[N] * c[u] + k[0] * k[2 * N];
            h[u] = k[3 * N] * tanh(c[u]);
        }
        h[u] = inner_value(env, h[u]);
    }
}

/* Room for a sample's walk through the places. */
typedef struct Walk {
    Arena *arena;
    double *sums, *kept, *c, *h, *zeros;
} Walk;

static Walk walk_new(const Recurrence *r) {
    Walk w = {.arena = arena_new()};
    w.sums = ARENA_ARRAY(w.arena, double, r->gates * r->units);
    w.kept = ARENA_ARRAY(w.arena, double, (r->kept + 1) * r->units);
    w.c = ARENA_ARRAY(w.arena, double, r->units);
    w.h = ARENA_ARRAY(w.arena, double, r->units);
    w.zeros = ARENA_ARRAY(w.arena, double, r->units);
    return w;
}

static void walk(const Env *env, const Node *n, const double *const *in, double *out, bool gates) {
    const Recurrence r = recurrence_of(n);
    const int N = r.units, bias = gates ? 3 : 2;
    Walk w = walk_new(&r);
    for (int b = 0; b < env->batch; b++) {
        const double *before = w.zeros, *x = in[0] + (int64_t)b * r.places * r.gates * N;
        memset(w.c, 0, sizeof *w.c * (size_t)N);
        for (int i = 0; i < r.places; i++) {
            const int t = place(&r, i);
            const int64_t at = (int64_t)b * r.places + t;
            double *h = gates ? w.h : out + at * N, *kept = gates ? out + at * r.kept * N : w.kept;
            hidden_sums(&r, in[1], n->n_in > bias ? in[bias] : NULL, before, w.sums);
            cell_step(env, &r, x + t * r.gates * N, w.sums, before, w.c, kept, h);
            before = gates ? in[2] + at * N : h;
        }
    }
    arena_free(w.arena);
}

static void state_value(const Env *env, const Node *n, const double *const *in, double *out) {
    walk(env, n, in, out, false);
}

static void gates_value(const Env *env, const Node *n, const double *const *in, double *out) {
    walk(env, n, in, out, true);
}

/* The gradients in x of a place, from d, the one in its state; what goes on to the place before is
 * left in d and dc, but for the products with W. */
static void cell_back(const Recurrence *r, const double *h, const double *before, const double *k,
                      const double *c_before, double *d, double *dc, double *dx) {
    const int N = r->units;
    for (int u = 0; u < N; u++, k++) {
        const double down = d[u];
        d[u] = 0;
        if (r->cell == CELL_RNN) {
            dx[u] = down * (1 - h[u] * h[u]);
        } else if (r->cell == CELL_GRU) {
            const double rr = k[0], z = k[N], nn = k[2 * N];
            const double dn = down * (1 - z) * (1 - nn * nn);
            dx[u] = dn * k[3 * N] * rr * (1 - rr);
            dx[N + u] = down * (before[u] - nn) * z * (1 - z);
            dx[2 * N + u] = dn;
            d[u] = down * z;
        } else {
            const double i = k[0], f = k[N], g = k[2 * N], o = k[3 * N], t = tanh(k[4 * N]);
            const double all = cut(dc[u] + down * o * (1 - t * t));
            dx[u] = all * g * i * (1 - i);
            dx[N + u] = all * c_before[u] * f * (1 - f);
            dx[2 * N + u] = all * i * (1 - g * g);
            dx[3 * N + u] = down * t * o * (1 - o);
            dc[u] = all * f;
        }
    }
}

/* The gradient in W h' + b of one gate's unit, given the one in x. */
static double hidden_part(const Recurrence *r, const double *dx, const double *kept, int o) {
    return r->cell == CELL_GRU && o >= 2 * r->units ? dx[o] * kept[o - 2 * r->units] : dx[o];
}

static void grad_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Recurrence r = recurrence_of(n);
    const int N = r.units;
    Walk w = walk_new(&r);
    double *d = w.h, *dc = w.c;
    for (int b = 0; b < env->batch; b++) {
        memset(d, 0, sizeof *d * (size_t)N);
        memset(dc, 0, sizeof *dc * (size_t)N);
        for (int i = r.places - 1; i >= 0; i--) {
            const int64_t at = (int64_t)b * r.places + place(&r, i);
            const int64_t back = (int64_t)b * r.places + place(&r, i - 1);
            const double *kept = r.kept ? in[3] + at * r.kept * N : NULL;
            const double *c = r.cell == CELL_LSTM && i ? in[3] + (back * r.kept + 4) * N : w.zeros;
            double *dx = out + at * r.gates * N;
            for (int u = 0; u < N; u++) d[u] = cut(d[u] + in[0][at * N + u]);
            cell_back(&r, in[2] + at * N, i ? in[2] + back * N : w.zeros, kept, c, d, dc, dx);
            for (int o = 0; o < r.gates * N; o++)
                for (int u = 0; u < N; u++)
                    d[u] += hidden_part(&r, dx, kept, o) * in[1][(int64_t)o * N + u];
            for (int u = 0; u < N; u++) d[u] = partial_sum(env, d[u]);
        }
    }
    arena_free(w.arena);
}

static void hidden_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const Recurrence r = recurrence_of(n);
    const int64_t all = r.gates * r.units, kept = r.kept * r.units;
    for (int64_t p = 0; p < (int64_t)env->batch * r.places; p++)
        for (int o = 0; o < all; o++)
            out[p * all + o] = hidden_part(&r, in[0] + p * all, in[1] + p * kept, o);
}

static void wgrad_value(const Env *env, const Node *n, const double *const *in,
                        double *restrict out) {
    const Recurrence r = recurrence_of(n);
    const int N = r.units;
    const int64_t all = r.gates * N;
    memset(out, 0, sizeof *out * (size_t)(all * N));
    for (int b = 0; b < env->batch; b++)
        for (int t = 0; t < r.places; t++) {
            const int back = r.reverse ? t + 1 : t - 1;
            if (back < 0 || back == r.places) continue;
            const double *h = in[0] + ((int64_t)b * r.places + back) * N;
            const double *dg = in[1] + ((int64_t)b * r.places + t) * all;
            for (int64_t o = 0; o < all; o++)
                for (int k = 0; k < N; k++)
                    out[o * N + k] = partial_sum(env, out[o * N + k] + dg[o] * h[k]);
        }
}

static void state_gradient(Gradient *g) {
    const Node *n = g->node;
    const Recurrence r = recurrence_of(n);
    const Attrs *attrs = ATTRS_WITH(RecurrenceAttrs, r.reverse, (int)r.cell);
    Node *gates = NULL;
    if (r.kept) {
        Node *in[4] = {n->in[0], n->in[1], g->out, n->n_in > 2 ? n->in[2] : NULL};
        gates = grad_node(g, &op_recurrence_gates, n->n_in + 1, in, attrs);
    }
    Node *in[4] = {g->dy, n->in[1], g->out, gates};
    Node *dx = grad_node(g, &op_recurrence_grad, gates ? 4 : 3, in, attrs);
    if (g->wanted[0]) g->dx[0] = dx;
    if (!g->wanted[1] && !(n->n_in > 2 && g->wanted[2])) return;
    Node *both[2] = {dx, gates};
    Node *dg = r.cell == CELL_GRU ? grad_node(g, &op_recurrence_hidden_grad, 2, both, attrs) : dx;
    Node *factors[2] = {g->out, dg};
    if (g->wanted[1]) g->dx[1] = grad_node(g, &op_recurrence_wgrad, 2, factors, attrs);
    if (n->n_in > 2 && g->wanted[2]) g->dx[2] = grad_unary(g, &op_last_sum, dg);
}

/* Every weight meets the state before each place once. */
static int64_t state_flops(const Node *n) {
    const Recurrence r = recurrence_of(n);
    return 2 * (int64_t)r.places * r.gates * r.units * r.units;
}

static const char *const cells[] = {
    [CELL_RNN] = "rnn", [CELL_GRU] = "gru", [CELL_LSTM] = "lstm", NULL};
static const AttrSpec state_attrs[] = {MEMBER(RecurrenceAttrs, reverse, "reverse", 0, 1, 0)};
static const AttrSpec attrs[] = {
    MEMBER(RecurrenceAttrs, reverse, "reverse", 0, 1, 0),
    MEMBER_OF_WORDS(RecurrenceAttrs, cell, "cell", CELL_LSTM, CELL_RNN, cells)};

static const OpSample rnn_samples[] = {{.inputs = "S(5,7) P(7,7) P(7)"},
                                       {.inputs = "S(2,3) P(3,3)"},
                                       {.inputs = "S(4,48) P(48,48) P(48)", WITH(1)},
                                       {.inputs = "S(3,37) P(37,37)", WITH(1)}};
static const OpSample gru_samples[] = {{.inputs = "S(5,21) P(21,7) P(21)"},
                                       {.inputs = "S(2,9) P(9,3)"},
                                       {.inputs = "S(4,96) P(96,32) P(96)", WITH(1)},
                                       {.inputs = "S(6,111) P(111,37)", WITH(1)}};
static const OpSample lstm_samples[] = {{.inputs = "S(5,28) P(28,7) P(28)"},
                                        {.inputs = "S(2,12) P(12,3)"},
                                        {.inputs = "S(4,128) P(128,32) P(128)", WITH(1)},
                                        {.inputs = "S(6,84) P(84,21)", WITH(1)}};
static const OpSample gates_samples[] = {
    {.inputs = "S(5,21) P(21,7) S(5,7) P(21)", WITH(0, CELL_GRU)},
    {.inputs = "S(4,96) P(96,32) S(4,32)", WITH(1, CELL_GRU)},
    {.inputs = "S(5,28) P(28,7) S(5,7) P(28)", WITH(1, CELL_LSTM)},
    {.inputs = "S(3,64) P(64,16) S(3,16)", WITH(0, CELL_LSTM)}};
static const OpSample grad_samples[] = {
    {.inputs = "S(5,7) P(7,7) S(5,7)", WITH(0, CELL_RNN)},
    {.inputs = "S(4,32) P(32,32) S(4,32)", WITH(1, CELL_RNN)},
    {.inputs = "S(5,7) P(21,7) S(5,7) S(5,4,7)", WITH(1, CELL_GRU)},
    {.inputs = "S(3,16) P(48,16) S(3,16) S(3,4,16)", WITH(0, CELL_GRU)},
    {.inputs = "S(5,21) P(84,21) S(5,21) S(5,5,21)", WITH(0, CELL_LSTM)},
    {.inputs = "S(3,16) P(64,16) S(3,16) S(3,5,16)", WITH(1, CELL_LSTM)}};
static const OpSample hidden_samples[] = {{.inputs = "S(5,21) S(5,4,7)", WITH(0, CELL_GRU)},
                                          {.inputs = "S(3,96) S(3,4,32)", WITH(0, CELL_GRU)}};
static const OpSample wgrad_samples[] = {{.inputs = "S(5,7) S(5,21)", WITH(0, CELL_GRU)},
                                         {.inputs = "S(4,16) S(4,64)", WITH(1, CELL_LSTM)},
                                         {.inputs = "S(2,3) S(2,3)", WITH(0, CELL_RNN)}};

#define STATES(word, words)                                                                        \
    const Op op_##word = {.name = #word,                                                           \
                          .help = words,                                                           \
                          .min_in = 2,                                                             \
                          .max_in = 3,                                                             \
                          HAS_ATTRS(RecurrenceAttrs, state_attrs),                                 \
                          .shape = state_shape,                                                    \
                          .gradient = state_gradient,                                              \
                          .reference = state_value,                                                \
                          .flops = state_flops,                                                    \
                          SAMPLES(word##_samples),                                                 \
                          .traits = TRAIT_CONTRACTION,                                             \
                          .kernel = "states"}
STATES(rnn, "states of a recurrent layer with tanh");
STATES(gru, "states of gated recurrent units");
STATES(lstm, "states of a layer with long short-term memory");
const Op op_recurrence_next = {.name = "recurrence_next",
                               .help = "the state after one more place",
                               .min_in = 2,
                               .max_in = 3,
                               HAS_ATTRS(RecurrenceAttrs, attrs),
                               .shape = next_shape,
                               .flops = state_flops,
                               .backward_only = true,
                               .traits = TRAIT_CONTRACTION | TRAIT_NEXT,
                               .kernel = "states"};
const Op op_recurrence_gates = {.name = "recurrence_gates",
                                .help = "what gradients need of a recurrence's gates",
                                .min_in = 3,
                                .max_in = 4,
                                HAS_ATTRS(RecurrenceAttrs, attrs),
                                .shape = gates_shape,
                                .reference = gates_value,
                                SAMPLES(gates_samples),
                                .backward_only = true,
                                .traits = TRAIT_CONTRACTION | TRAIT_LAST_AXIS | TRAIT_KEPT,
                                .lost_bits = 3,
                                .kernel = "gates"};
const Op op_recurrence_grad = {.name = "recurrence_grad",
                               .help = "gradient of a recurrence in its input",
                               .min_in = 3,
                               .max_in = 4,
                               HAS_ATTRS(RecurrenceAttrs, attrs),
                               .shape = grad_shape,
                               .reference = grad_value,
                               .flops = state_flops,
                               SAMPLES(grad_samples),
                               .backward_only = true,
                               .traits = TRAIT_CONTRACTION,
                               .kernel = "states_grad"};
const Op op_recurrence_hidden_grad = {.name = "recurrence_hidden_grad",
                                      .help = "gradient of a gru in W h' + b",
                                      .min_in = 2,
                                      .max_in = 2,
                                      HAS_ATTRS(RecurrenceAttrs, attrs),
                                      .shape = hidden_shape,
                                      .reference = hidden_value,
                                      SAMPLES(hidden_samples),
                                      .backward_only = true,
                                      .traits = TRAIT_MAPS | TRAIT_KEPT,
                                      .kernel = "hidden_grad"};
const Op op_recurrence_wgrad = {.name = "recurrence_wgrad",
                                .help = "gradient of a recurrence in its weight",
                                .min_in = 2,
                                .max_in = 2,
                                HAS_ATTRS(RecurrenceAttrs, attrs),
                                .shape = wgrad_shape,
                                .reference = wgrad_value,
                                .flops = state_flops,
                                SAMPLES(wgrad_samples),
                                .backward_only = true,
                                .traits = TRAIT_PARAM_GRADIENT,
                                .kernel = "states_weight_grad"};
