/* Makes true: no two nodes are equal, no arithmetic has a constant that does nothing, arithmetic on
 * constants is done, no node is dead.
 * How: the rules below, then merging of nodes with the same op, operands and attributes, until
 * nothing changes.
 * Leaves to others: anything that changes a sum or its order. */
#include "simplify.h"

#include <math.h>
#include <string.h>

#include "../ops/ops.h"

static bool is_number(const Node *n, double value) {
    return n->op == &op_number && n->attr[NUMBER_VALUE] == value;
}

static Node *fold(Graph *g, Node *n) {
    if (!n->op->constant || !n->n_in || n->type.kind != KIND_SCHEDULE) return NULL;
    const double *in[2];
    for (int i = 0; i < n->n_in; i++) {
        if (n->in[i]->op != &op_number) return NULL;
        in[i] = n->in[i]->attr;
    }
    Env env = {0};
    double value;
    n->op->reference(&env, n, in, &value);
    if (!isfinite(value)) return NULL;
    return graph_add(g, &op_number, n->loc, NULL, 0, NULL, &value);
}

/* x when the operation with the other operand does nothing to it. */
static Node *identity(Graph *g, Node *n) {
    (void)g;
    Node *a = n->n_in > 0 ? n->in[0] : NULL, *b = n->n_in > 1 ? n->in[1] : NULL, *x = NULL;
    if (n->op == &op_add) x = is_number(b, 0) ? a : is_number(a, 0) ? b : NULL;
    if (n->op == &op_sub && is_number(b, 0)) x = a;
    if (n->op == &op_mul) x = is_number(b, 1) ? a : is_number(a, 1) ? b : NULL;
    if (n->op == &op_div && is_number(b, 1)) x = a;
    if (n->op == &op_neg && a->op == &op_neg) x = a->in[0];
    if ((n->op == &op_flatten || n->op == &op_reshape) && shape_equal(n->type.shape, a->type.shape))
        x = a;
    return x && x->type.kind == n->type.kind ? x : NULL;
}

/* A reshape of a reshape is one. */
static Node *shorten(Graph *g, Node *n) {
    if (n->op != &op_reshape || n->in[0]->op != &op_reshape) return NULL;
    return graph_add(g, n->op, n->loc, n->name, 1, n->in[0]->in, n->attr);
}

static Node *(*const rules[])(Graph *, Node *) = {fold, identity, shorten};

static bool equal(const Node *a, const Node *b) {
    if (a->op != b->op || a->n_in != b->n_in) return false;
    if (!a->op->min_in && !a->op->constant && a->op->n_attrs && a->op != &op_number) return false;
    if (memcmp(a->in, b->in, sizeof *a->in * (size_t)a->n_in) != 0) return false;
    return !memcmp(a->attr, b->attr, sizeof(double) * (size_t)a->op->n_attrs);
}

static unsigned hash(const Node *n) {
    unsigned h = (unsigned)n->n_in * 31u + (unsigned)((uintptr_t)n->op >> 4);
    for (int i = 0; i < n->n_in; i++) h = h * 31u + (unsigned)n->in[i]->id;
    return h;
}

/* Merges equal nodes; operands are looked at through replacements made so far. */
static bool merge(Graph *g) {
    enum { BUCKETS = 1024 };
    int n = g->n_nodes;
    Node **replacement = ARENA_ARRAY(g->arena, Node *, n);
    int *next = ARENA_ARRAY(g->arena, int, n), first[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) first[i] = -1;
    bool changed = false;
    for (int i = 0; i < n; i++) {
        Node *node = g->nodes[i];
        for (int j = 0; j < node->n_in; j++)
            while (replacement[node->in[j]->id]) node->in[j] = replacement[node->in[j]->id];
        unsigned h = hash(node) % BUCKETS;
        int at = first[h];
        while (at >= 0 && !equal(g->nodes[at], node)) at = next[at];
        if (at >= 0) {
            replacement[i] = g->nodes[at];
            changed = true;
        } else {
            next[i] = first[h];
            first[h] = i;
        }
    }
    graph_rewrite(g, replacement);
    return changed;
}

static bool apply(Graph *g) {
    int n = g->n_nodes;
    Node **replacement = ARENA_ARRAY(g->arena, Node *, 2 * n + 2);
    bool changed = false;
    for (int i = 0; i < n; i++)
        for (size_t r = 0; r < sizeof rules / sizeof *rules && !replacement[i]; r++)
            if ((replacement[i] = rules[r](g, g->nodes[i]))) changed = true;
    graph_rewrite(g, replacement);
    return changed;
}

bool simplify(Graph *graph) {
    bool changed = false, again = true;
    while (again) {
        again = apply(graph);
        again = merge(graph) || again;
        changed = changed || again;
    }
    return changed;
}
