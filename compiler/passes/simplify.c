/* Makes true: arithmetic on constants is done, no operation does nothing, no two nodes are equal,
 * no node is dead. How: the table of rules below, each on one node; then merging of nodes with the
 * same op, operands and attributes; until nothing changes. Exact for finite values, but for the
 * sign of a zero. Leaves to others: anything that changes a sum or its order.
 */
#include "simplify.h"

#include <math.h>
#include <string.h>

#include "../ops/ops.h"

static bool is_number(const Node *n, double value) {
    return n->op == &op_number && ATTRS(n, NumberAttrs)->value == value;
}

static Node *fold(Graph *g, Node *n) {
    if (!n->op->constant || !n->n_in || n->type.kind != KIND_SCHEDULE) return NULL;
    const double *in[3];
    for (int i = 0; i < n->n_in; i++) {
        if (n->in[i]->op != &op_number) return NULL;
        in[i] = &ATTRS(n->in[i], NumberAttrs)->value;
    }
    Env env = {.batch = 1};
    double value;
    n->op->reference(&env, n, in, &value);
    if (!isfinite(value)) return NULL;
    return graph_add(g, &op_number, n->loc, NULL, 0, NULL, ATTRS_WITH(NumberAttrs, value));
}

/* x, where the other operand is neutral. */
static Node *neutral(Graph *g, Node *n) {
    (void)g;
    for (int i = 1; i >= 0; i--)
        if (n->op->neutral_in >> i & 1 && is_number(n->in[i], n->op->neutral)) return n->in[1 - i];
    return NULL;
}

/* - - x = x */
static Node *negations(Graph *g, Node *n) {
    (void)g;
    return n->op == &op_neg && n->in[0]->op == &op_neg ? n->in[0]->in[0] : NULL;
}

/* The operand's elements in their order: of slices and pads the steps must go forward. */
static bool keeps_elements(const Node *n) {
    if (op_is(n->op, TRAIT_RENAMES)) return true;
    if (n->n_in != 1 || !shape_equal(n->type.shape, n->in[0]->type.shape)) return false;
    if (n->op == &op_slice || n->op == &op_pad) return ATTRS(n, SliceAttrs)->step == 1;
    return n->op == &op_concat;
}

/* A value, or what it was made of, that has the same elements in the same shape already. */
static Node *same_shape(Graph *g, Node *n) {
    (void)g;
    for (Node *x = n; keeps_elements(x);) {
        x = x->in[0];
        if (shape_equal(x->type.shape, n->type.shape)) return x;
    }
    return NULL;
}

/* A flip or an erased square that never happens, a crop without padding. */
static Node *unmoved(Graph *g, Node *n) {
    (void)g;
    if (!op_is(n->op, TRAIT_MOVES)) return NULL;
    const bool crop = n->op == &op_random_crop || n->op == &op_random_crop_grad;
    const MoveAttrs *move = ATTRS(n, MoveAttrs);
    return (crop ? move->padding == 0 : move->p == 0) ? n->in[0] : NULL;
}

/* A reshape of a reshape is one. */
static Node *reshapes(Graph *g, Node *n) {
    if (n->op != &op_reshape || n->in[0]->op != &op_reshape) return NULL;
    return graph_add(g, n->op, n->loc, n->name, 1, n->in[0]->in, &n->attrs);
}

/* A permutation of one is one. */
static Node *permutes(Graph *g, Node *n) {
    if (n->op != &op_permute) return NULL;
    Node *x = n->in[0];
    bool moves = false;
    for (int i = 0; i < n->type.shape.rank; i++) moves = moves || permuted_axis(n, i) != i;
    if (!moves || x->op != &op_permute) return moves ? NULL : x;
    PermuteAttrs both = {{0}};
    for (int i = 0; i < n->type.shape.rank; i++)
        both.axis[i] = permuted_axis(x, permuted_axis(n, i)) + 1;
    return graph_add(g, n->op, n->loc, n->name, 1, x->in, ATTRS_AT(PermuteAttrs, &both));
}

/* A rule gives the node that stands in for another, or NULL; it adds one node at most. */
static Node *(*const rules[])(Graph *, Node *) = {fold,     neutral,  negations, same_shape,
                                                  reshapes, permutes, unmoved};
enum { N_RULES = sizeof rules / sizeof *rules };

/* Fields and parameters are never equal to others: their values come from outside. */
static bool is_outside(const Node *n) {
    return !n->op->min_in && !n->op->constant;
}

static bool equal(const Node *a, const Node *b) {
    return a->op == b->op && a->n_in == b->n_in && !is_outside(a) &&
           !memcmp(a->in, b->in, sizeof *a->in * (size_t)a->n_in) &&
           attrs_equal(a->op, &a->attrs, &b->attrs);
}

static uint64_t hash(const Node *n) {
    uint64_t h = (uint64_t)n->n_in;
    for (const char *p = n->op->name; *p; p++) h = h * 31 + (unsigned char)*p;
    for (int i = 0; i < n->n_in; i++) h = (h ^ (uint64_t)n->in[i]->id) * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < n->op->n_attrs; i++) {
        const double value = attr_get(n->op, i, n->attrs.values);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        h = (h ^ bits) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    return h;
}

/* Operands are looked at through the replacements made so far, so that one round sees chains. */
static void renew_operands(Node *n, Node *const *replacement) {
    for (int i = 0; i < n->n_in; i++)
        while (replacement[n->in[i]->id]) n->in[i] = replacement[n->in[i]->id];
}

/* The nodes seen so far, by hash: lists of ids that end with -1. */
typedef struct Seen {
    const Graph *g;
    int *first, *next, n_buckets;
} Seen;

static Seen seen_new(Arena *arena, const Graph *g) {
    Seen s = {.g = g, .n_buckets = g->n_nodes + 1};
    s.first = ARENA_ARRAY(arena, int, s.n_buckets);
    s.next = ARENA_ARRAY(arena, int, g->n_nodes);
    for (int i = 0; i < s.n_buckets; i++) s.first[i] = -1;
    return s;
}

/* The equal node that was seen before, or NULL: then this one is seen now. */
static Node *seen_before(Seen *s, const Node *node) {
    int *bucket = &s->first[hash(node) % (uint64_t)s->n_buckets];
    for (int at = *bucket; at >= 0; at = s->next[at])
        if (equal(s->g->nodes[at], node)) return s->g->nodes[at];
    s->next[node->id] = *bucket;
    *bucket = node->id;
    return NULL;
}

/* Equal nodes become the first of them. */
static bool merge(Graph *g) {
    Node **replacement = ARENA_ARRAY(g->arena, Node *, g->n_nodes);
    Seen seen = seen_new(g->arena, g);
    bool changed = false;
    for (int i = 0; i < g->n_nodes; i++) {
        renew_operands(g->nodes[i], replacement);
        replacement[i] = seen_before(&seen, g->nodes[i]);
        changed = changed || replacement[i];
    }
    graph_rewrite(g, replacement);
    return changed;
}

static bool apply(Graph *g) {
    int n = g->n_nodes;
    Node **replacement = ARENA_ARRAY(g->arena, Node *, 2 * n);
    bool changed = false;
    for (int i = 0; i < n; i++) {
        renew_operands(g->nodes[i], replacement);
        for (int r = 0; r < N_RULES && !replacement[i]; r++)
            replacement[i] = rules[r](g, g->nodes[i]);
        changed = changed || replacement[i];
    }
    graph_rewrite(g, replacement);
    return changed;
}

bool simplify(Graph *graph) {
    int n = graph->n_nodes;
    bool changed = false, again = true;
    while (again) {
        again = apply(graph);
        again = merge(graph) || again;
        changed = changed || again;
    }
    return changed || graph->n_nodes != n;
}

void simplify_verify(const Graph *g) {
    Arena *room = arena_new();
    Seen seen = seen_new(room, g);
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *before = seen_before(&seen, g->nodes[i]);
        if (before) node_bug(g->nodes[i], "node %d is equal", before->id);
    }
    arena_free(room);
}
