/* Makes true: parameters have places in the state, phases know what they train, and every value of
 * an entry has a layout and the node whose memory holds it. How: channels last, channels padded to
 * rows of 16. A vector that flatten made keeps the places of the tensor it came from, so that
 * flatten costs nothing; the weight of a linear layer is permuted to match when it is set and got.
 * So layouts and the forms of weights are found in one walk: a weight takes its form from the first
 * layer that uses it, and an input gradient its layout from the weight. Leaves to others: the
 * layouts that kernels want for what they read. */
#include "layout.h"

#include "../graph/layers.h"
#include "../ops/ops.h"
#include "params.h"

/* The first operand that exists for each sample; NULL: none does. */
static const Node *first_sample(const Node *node) {
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i]->type.kind == KIND_SAMPLE) return node->in[i];
    return NULL;
}

/* The operand whose layout the value of a point-wise node takes, `x` or another one: of sequences
 * one that lies as the layers on sequences have it, if there is one. */
static const Node *leading(const Node *node, const Node *x, const Layout *known) {
    for (int i = 0; i < node->n_in && is_sequence(node); i++)
        if (node->in[i]->type.kind == KIND_SAMPLE && known[node->in[i]->id].last)
            return node->in[i];
    return x;
}

/* The axis in lanes stays there where it is the first or the last one afterwards. */
static Layout permuted(const Node *node, Layout x, Layout otherwise) {
    const Shape s = node->type.shape;
    const int lanes = x.last ? s.rank - 1 : 0;
    if (!s.rank) return otherwise;
    if (permuted_axis(node, s.rank - 1) == lanes) return layout_of_shape(s, true);
    return permuted_axis(node, 0) == lanes ? layout_of_shape(s, false) : otherwise;
}

/* Of a node's value: a function of the layouts of its operands, by node id, and of parameters'
 * places. */
static Layout layout_of(const Plan *plan, const Node *node, const Layout *known) {
    const Node *x = first_sample(node);
    const bool last = op_is(node->op, TRAIT_LAST_AXIS) || is_sequence(node);
    const Layout padded = layout_of_shape(node->type.shape, last);
    if (op_is(node->op, TRAIT_ACCESS)) return known[x->id];
    if (op_is(node->op, TRAIT_KEEPS_LANES))
        return layout_of_shape(node->type.shape, known[x->id].last);
    if (op_is(node->op, TRAIT_CHANNELS)) return layout_of_shape(node->type.shape, false);
    if (node->op == &op_expand && node->n_in > 1) return known[node->in[1]->id];
    /* Weights know one order of axes: with the last one in lanes a vector lies in plain order. */
    if (node->op == &op_flatten) return known[x->id].last ? padded : known[x->id];
    /* A reshape that adds or drops axes of one place leaves the elements where they are. */
    if (node->op == &op_reshape) {
        const Layout same = layout_of_shape(node->type.shape, known[x->id].last);
        return layout_equal(known[x->id], same) ? same : padded;
    }
    if (node->op == &op_permute) return permuted(node, known[x->id], padded);
    if (node->op == &op_linear_dgrad && !is_sequence(node)) {
        const ParamPlace *p = param_place(plan, node->in[1]);
        return layout_padded(p->in, p->kh, p->kw);
    }
    /* Decisions are numbered by place: dropout works where its numbers are in order. */
    if (op_is(node->op, TRAIT_RANDOM) && node->n_in == 1)
        return is_sequence(node)
                   ? padded
                   : layout_padded(dropout_attrs(node)->channels, dropout_attrs(node)->height,
                                   dropout_attrs(node)->width);
    if (x && is_pointwise(node)) return known[leading(node, x, known)->id];
    if (x && op_is(node->op, TRAIT_LOSS_GRADIENT)) return known[x->id];
    return padded;
}

static bool has_weight(const Node *node) {
    return op_is(node->op, TRAIT_CONTRACTION) && !node->op->backward_only;
}

/* Layouts of the whole graph's values on the way to the forms of its weights. */
static void form_weights(Plan *plan) {
    const Graph *g = plan->graph;
    Layout *known = ARENA_ARRAY(plan->arena, Layout, g->n_nodes);
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *node = g->nodes[i];
        if (has_weight(node)) params_form(plan, node, known[node->in[0]->id]);
        if (node->type.kind == KIND_SAMPLE) known[i] = layout_of(plan, node, known);
    }
}

static void lay_out_entry(const Plan *plan, Entry *entry) {
    const Graph *g = entry->graph;
    entry->values = ARENA_ARRAY(plan->arena, Value, g->n_nodes);
    Layout *known = ARENA_ARRAY(plan->arena, Layout, g->n_nodes);
    for (int i = 0; i < g->n_nodes; i++) {
        Node *node = g->nodes[i];
        Value *v = &entry->values[i];
        v->storage = node;
        if (node->type.kind != KIND_SAMPLE) continue;
        v->layout = known[i] = layout_of(plan, node, known);
        if (!op_is(node->op, TRAIT_RENAMES)) continue;
        const Value *of = &entry->values[node->in[0]->id];
        if (layout_equal(v->layout, entry->values[of->storage->id].layout))
            v->storage = of->storage;
    }
}

void plan_layout(Plan *plan) {
    params_list(plan);
    form_weights(plan);
    params_place(plan);
    for (int i = 0; i < plan->n_entries; i++) lay_out_entry(plan, plan->entries[i]);
    plan_cut(plan);
}
