/* Attention and recurrent layers as ONNX nodes. */
#include <math.h>
#include <string.h>

#include "../../compiler/ops/attention.h"
#include "../../compiler/ops/ops.h"
#include "../../compiler/ops/recurrence.h"
#include "words.h"

/* Place `index` of an axis, which is gone then. */
static const char *chosen(Translation *t, const char *x, int axis, int64_t index) {
    const char *y = o_two(t, "Gather", x, builder_whole(t->b, index));
    builder_int(t->b, "axis", axis);
    return y;
}

/* Minus infinity where a place would see later ones. */
static const char *causal_mask(Translation *t, int places) {
    const int64_t dim[] = {places, places};
    float *values = ARENA_ARRAY(t->b->arena, float, places *places);
    for (int i = 0; i < places; i++)
        for (int k = 0; k < places; k++) values[i * places + k] = k > i ? -INFINITY : 0.0f;
    return builder_floats(t->b, NULL, 2, dim, values);
}

static const char *attention(Translation *t, const Node *node) {
    const Attention a = attention_of(node);
    const char *in[ATTENTION_OPERANDS];
    int rank = o_full_rank(node);
    if (a.packed) {
        const int64_t parts[] = {a.queries, ATTENTION_OPERANDS, a.heads, a.width};
        const char *x = o_reshape_to(t, o_operand(t, node, 0), true, 4, parts);
        x = o_transpose(t, x, 5, (const int64_t[]){2, 0, 3, 1, 4});
        for (int i = 0; i < ATTENTION_OPERANDS; i++) in[i] = chosen(t, x, 0, i);
        rank = 4;
    } else {
        for (int i = 0; i < ATTENTION_OPERANDS; i++) in[i] = o_operand(t, node, i);
    }
    const char *scores = o_two(t, "MatMul", in[ATTENTION_Q], o_turned(t, in[ATTENTION_K], rank));
    scores = o_two(t, "Mul", scores, o_scalar(t, a.scale));
    if (a.causal) scores = o_two(t, "Add", scores, causal_mask(t, a.queries));
    const char *shares = o_one(t, "Softmax", scores);
    builder_int(t->b, "axis", -1);
    const char *y = o_two(t, "MatMul", shares, in[ATTENTION_V]);
    if (!a.packed) return y;
    y = o_transpose(t, y, 4, (const int64_t[]){0, 2, 1, 3});
    return o_reshape_like(t, y, node);
}

/* ONNX has the gates in another order: rows of the weight of each gate. */
static const int gate_order[][4] = {{0}, {1, 0, 2}, {0, 3, 1, 2}};

/* What the states are multiplied by, (1, gates * units, units), or added, (gates * units). */
static float *reordered(Translation *t, const Recurrence *r, const Node *param, int each) {
    const float *from = t->values(t->arg, param);
    float *to = ARENA_ARRAY(t->b->arena, float, r->gates *each);
    for (int g = 0; g < r->gates; g++)
        memcpy(to + g * each, from + gate_order[r->cell][g] * each, (size_t)each * sizeof *to);
    return to;
}

/* The operand has the gates' shares of the input already, so the weight of the input chooses them.
 */
static const char *choosing_weight(Translation *t, const Recurrence *r) {
    const int n = r->gates * r->units;
    const int64_t dim[] = {1, n, n};
    float *values = ARENA_ARRAY(t->b->arena, float, n *n);
    for (int i = 0; i < n; i++)
        values[i * n + gate_order[r->cell][i / r->units] * r->units + i % r->units] = 1;
    return builder_floats(t->b, NULL, 3, dim, values);
}

static const char *recurrence(Translation *t, const Node *node) {
    static const char *const names[] = {"RNN", "GRU", "LSTM"};
    const Recurrence r = recurrence_of(node);
    const int n = r.gates * r.units;
    const int64_t weight_dim[] = {1, n, r.units}, bias_dim[] = {1, 2 * n};
    const char *in[4] = {o_transpose(t, o_operand(t, node, 0), 3, (const int64_t[]){1, 0, 2}),
                         choosing_weight(t, &r),
                         builder_floats(t->b, NULL, 3, weight_dim,
                                        reordered(t, &r, node->in[1], r.units * r.units))};
    if (node->n_in > 2) {
        float *bias = ARENA_ARRAY(t->b->arena, float, 2 * n);
        memcpy(bias + n, reordered(t, &r, node->in[2], r.units), (size_t)n * sizeof *bias);
        in[3] = builder_floats(t->b, NULL, 2, bias_dim, bias);
    }
    const char *y = o_node(t, names[r.cell], node->n_in > 2 ? 4 : 3, in);
    builder_int(t->b, "hidden_size", r.units);
    builder_text(t->b, "direction", r.reverse ? "reverse" : "forward");
    if (r.cell == CELL_GRU) builder_int(t->b, "linear_before_reset", 1);
    y = o_two(t, "Squeeze", y, o_list1(t, 1));
    return o_transpose(t, y, 3, (const int64_t[]){1, 0, 2});
}

const Maker sequence_makers[] = {
    {&op_attention, attention}, {&op_rnn, recurrence}, {&op_gru, recurrence},
    {&op_lstm, recurrence},     {NULL, NULL},
};
