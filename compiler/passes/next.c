/* Makes true: the graph computes each prediction at one place of a sequence, the place of the call.
 * How: finds the axis of each value along which its fields are sequences (T, ...). A value with
 * such an axis is computed again with size 1 there, of its operands at the same place. Attention
 * that is causal and recurrences become ops that keep what later places need of earlier ones. A
 * value without such an axis stays as it is, where an op takes it whole, or is taken at the place.
 * Leaves to simplify: equal nodes, and arithmetic on constants. */
#include "next.h"

#include "../ops/ops.h"
#include "../ops/recurrence.h"

/* Of a value: the axis, from 0; or that it does not depend on the fields' sequences; or that it
 * depends on all places of them. */
enum { SAME_EVERYWHERE = -1, NO_PLACES = -2 };

typedef struct Next {
    Graph *graph;
    int places;  /* T */
    int *axis;   /* by id of the nodes of the whole sequence */
    Node **made; /* by id, for each axis: the value at the call's place of that */
    bool keeps;  /* something from place to place */
} Next;

static bool is_causal_attention(const Node *node) {
    return node->op == &op_attention && ATTRS(node, AttentionAttrs)->causal;
}

static bool keeps(const Node *node) {
    return is_causal_attention(node) ||
           (is_recurrence(node->op) && !ATTRS(node, RecurrenceAttrs)->reverse);
}

/* What a place of the node's axis needs of the operand; see Op.along. */
static int along(const Node *node, int operand, int axis) {
    if (!keeps(node)) return op_along(node, operand, axis);
    if (node->in[operand]->type.kind != KIND_SAMPLE) return ALONG_WHOLE;
    const int rank = node->type.shape.rank;
    return axis == rank - 2 && node->in[operand]->type.shape.rank == rank ? axis : ALONG_ALL;
}

/* Whether places of the axis need the operands at these places alone, and what is the same
 * everywhere. */
static bool fits(const Next *x, const Node *node, int axis) {
    for (int i = 0; i < node->n_in; i++) {
        const int own = along(node, i, axis), of = x->axis[node->in[i]->id];
        if (own == ALONG_SHAPE) continue;
        if (own == ALONG_ALL || (of != SAME_EVERYWHERE && of != own)) return false;
    }
    return true;
}

static int find_axis(const Next *x, const Node *node) {
    bool depends = false;
    for (int i = 0; i < node->n_in; i++)
        depends = depends ||
                  (x->axis[node->in[i]->id] != SAME_EVERYWHERE && along(node, i, 0) != ALONG_SHAPE);
    if (!depends) return SAME_EVERYWHERE;
    for (int axis = 0; axis < node->type.shape.rank; axis++)
        if (node->type.shape.dim[axis] == x->places && fits(x, node, axis)) return axis;
    return NO_PLACES;
}

/* The sequences' places: the first size of all fields that have one. 0: there is none. */
static int find_places(const Next *x) {
    int places = 0;
    for (int i = 0; i < x->graph->n_nodes; i++) {
        const Node *node = x->graph->nodes[i];
        if (!op_is(node->op, TRAIT_FIELD) || node->type.shape.rank == 0) continue;
        if (places && node->type.shape.dim[0] != places) return 0;
        places = node->type.shape.dim[0];
    }
    return places > 1 ? places : 0;
}

static Node *add(const Next *x, const Op *op, const Node *of, int n_in, Node *const *in,
                 const Attrs *attrs) {
    return graph_add(x->graph, op, of->loc, of->name, n_in, in, attrs);
}

static Node *at_place(Next *x, Node *node, int axis);

/* The node with operands at the place, its own axis with size 1. */
static Node *again(Next *x, Node *node, int axis) {
    Node **in = ARENA_ARRAY(x->graph->arena, Node *, node->n_in + 1);
    for (int i = 0; i < node->n_in; i++) {
        const int own = along(node, i, axis);
        in[i] = own >= 0 ? at_place(x, node->in[i], own) : node->in[i];
    }
    x->keeps = x->keeps || keeps(node);
    if (node->op == &op_reshape) {
        ShapeAttrs attrs = *ATTRS(node, ShapeAttrs);
        attrs.shape.dim[axis] = 1;
        return add(x, node->op, node, 1, in, ATTRS_AT(ShapeAttrs, &attrs));
    }
    if (node->op == &op_expand) {
        ReduceAttrs attrs = *ATTRS(node, ReduceAttrs);
        attrs.shape = shape_stated(node->type.shape);
        attrs.shape.dim[axis] = 1;
        return add(x, node->op, node, 1, in, ATTRS_AT(ReduceAttrs, &attrs));
    }
    if (is_causal_attention(node)) {
        AttentionAttrs attrs = *ATTRS(node, AttentionAttrs);
        attrs.places = x->places;
        return add(x, &op_attention_next, node, node->n_in, in, ATTRS_AT(AttentionAttrs, &attrs));
    }
    if (keeps(node)) {
        RecurrenceAttrs attrs = *ATTRS(node, RecurrenceAttrs);
        attrs.cell = (int)recurrence_of(node).cell;
        return add(x, &op_recurrence_next, node, node->n_in, in, ATTRS_AT(RecurrenceAttrs, &attrs));
    }
    return add(x, node->op, node, node->n_in, in, &node->attrs);
}

/* Whether each place of the axis is computed of operands at that place: less work than all places,
 * of which one is taken. */
static bool by_places(const Node *node, int axis) {
    bool some = false;
    for (int i = 0; i < node->n_in; i++) {
        const int own = op_along(node, i, axis);
        if (own == ALONG_ALL) return false;
        some = some || own >= 0;
    }
    return some;
}

static Node *at_place(Next *x, Node *node, int axis) {
    Node **value = &x->made[node->id * MAX_RANK + axis];
    if (*value) return *value;
    const bool same = x->axis[node->id] == SAME_EVERYWHERE;
    if (same ? by_places(node, axis) : !op_is(node->op, TRAIT_FIELD)) {
        *value = again(x, node, axis);
    } else {
        *value = add(x, &op_at_place, node, 1, &node, ATTRS_WITH(AxisAttrs, axis + 1));
    }
    return *value;
}

Graph *next_graph(Graph *g, int *places) {
    Next x = {.graph = g};
    const int n = g->n_nodes;
    x.places = find_places(&x);
    if (!x.places) return NULL;
    x.axis = ARENA_ARRAY(g->arena, int, n);
    x.made = ARENA_ARRAY(g->arena, Node *, n * MAX_RANK);
    for (int i = 0; i < n; i++) {
        const Node *node = g->nodes[i];
        const bool sequence = op_is(node->op, TRAIT_FIELD) && node->type.shape.rank > 0;
        x.axis[i] = sequence ? 0 : find_axis(&x, node);
    }
    Named *predictions = ARENA_ARRAY(g->arena, Named, g->n_predictions);
    int count = 0;
    for (int i = 0; i < g->n_predictions; i++) {
        Node *node = g->predictions[i].node;
        if (x.axis[node->id] < 0) continue;
        predictions[count] = g->predictions[i];
        predictions[count++].node = at_place(&x, node, x.axis[node->id]);
    }
    if (!x.keeps) return NULL;
    g->predictions = predictions;
    g->n_predictions = count;
    graph_rewrite(g, ARENA_ARRAY(g->arena, Node *, g->n_nodes));
    *places = x.places;
    return g;
}
