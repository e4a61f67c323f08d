/* Makes true: a layer that is applied to several values independent of each other runs once, on
 * their stack; so does what follows it, forward and backward. How: rewrites, to a fixed point,
 *   f(x, w), f(y, w)                         -> parts of f(stack(x, y), w), f a contraction
 *   f(part(m, 0), a), f(part(m, 1), b)       -> parts of f(m, stack(a, b)), f sample by sample
 * and then, in sums of gradients of parameters,
 *   f(part(m, 0), a) + f(part(m, 1), b)      -> f(m, stack(a, b)), which sums over parts, too.
 * Only the last changes a sum's order. Nodes are merged only if no path leads from one to another
 * in the graph as it is by then, so two merges that cross never close a circle. Leaves to others:
 * losses and decisions stay one by one; stacks and parts share memory, which lowering sees to. */
#include "merge.h"

#include <string.h>

#include "../ops/geometry.h"
#include "../ops/ops.h"

/* MAX_PARTS: more values per node would not fit the caches. MAX_STEPS bounds the pass; when it is
 * reached the rest stays unmerged. */
enum { MAX_PARTS = 16, MAX_STEPS = 1 << 25 };

typedef struct Merge {
    Graph *g;
    int64_t steps;
    Arena *room;  /* of one round */
    int *branch;  /* per node: the part that all its parts come from, -1: none or several */
    int *level;   /* per node: members of the class in hand on the longest path to it */
    Node **class; /* nodes that are equal but for their samples */
    int n_class;
} Merge;

/* Works sample by sample and has no parameters. */
static bool is_mapping(const Op *op) {
    return op->row || op_is(op, TRAIT_MAPS);
}

static bool is_part_of(const Node *n, const Node *whole, int index) {
    if (n->op == &op_part) return n->in[0] == whole && ATTRS(n, PartAttrs)->index == index;
    return whole->op == &op_stack && whole->in[index] == n;
}

static bool reads_part(const Node *n) {
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i]->op == &op_part) return true;
    return false;
}

/* Whether one node may compute both, given their samples. */
static bool alike(const Node *a, const Node *b) {
    if (a->op != b->op || a->n_in != b->n_in || !shape_equal(a->type.shape, b->type.shape))
        return false;
    const int application = op_is(a->op, TRAIT_RANDOM) ? op_attr_index(a->op, "application") : -1;
    for (int i = 0; i < a->op->n_attrs; i++)
        if (attr_get(a->op, i, a->attrs.values) != attr_get(b->op, i, b->attrs.values) &&
            i != application)
            return false;
    for (int i = 0; i < a->n_in; i++) {
        const Node *x = a->in[i], *y = b->in[i];
        if (x->type.kind != KIND_SAMPLE
                ? x != y
                : !shape_equal(x->type.shape, y->type.shape) || y->type.kind != KIND_SAMPLE ||
                      x->type.parts != 1 || y->type.parts != 1 || x->type.once || y->type.once)
            return false;
    }
    return true;
}

static Node *find_or_add(Graph *g, const Node *like, const Op *op, int n_in, Node *const *in,
                         const Attrs *attrs) {
    for (int i = 0; i < g->n_nodes; i++) {
        Node *n = g->nodes[i];
        if (n->op == op && n->n_in == n_in && !memcmp(n->in, in, sizeof *in * (size_t)n_in) &&
            (!attrs || attrs_equal(op, &n->attrs, attrs)))
            return n;
    }
    return graph_add(g, op, like->loc, like->name, n_in, in, attrs);
}

/* The node whose parts these are, made if there is none. Ops that only rename elements come after
 * the stack, so that fields are stacked as they are. */
static Node *stack_of(Graph *g, Node *const *nodes, int n) {
    Node *first = nodes[0], *in[MAX_PARTS];
    bool parts = first->op == &op_part && first->in[0]->type.parts == n;
    bool renames = op_is(first->op, TRAIT_RENAMES);
    for (int i = 0; i < n; i++) {
        parts = parts && is_part_of(nodes[i], first->in[0], i);
        renames = renames && alike(first, nodes[i]);
        if (renames) in[i] = nodes[i]->in[0];
    }
    if (parts) return first->in[0];
    if (!renames) return find_or_add(g, first, &op_stack, n, nodes, NULL);
    Node *below = stack_of(g, in, n);
    return find_or_add(g, first, first->op, 1, &below, &first->attrs);
}

/* The node that computes all of them. */
static Node *merged(Graph *g, Node *const *nodes, int n) {
    Node *first = nodes[0], **in = ARENA_ARRAY(g->arena, Node *, first->n_in), *of[MAX_PARTS];
    Attrs attrs = attrs_copy(g->arena, first->op, &first->attrs);
    if (op_is(first->op, TRAIT_RANDOM))
        attr_set(first->op, op_attr_index(first->op, "application_step"), attrs.values,
                 dropout_attrs(nodes[1])->application - dropout_attrs(first)->application);
    for (int i = 0; i < first->n_in; i++) {
        in[i] = first->in[i];
        if (in[i]->type.kind != KIND_SAMPLE) continue;
        for (int j = 0; j < n; j++) of[j] = nodes[j]->in[i];
        in[i] = stack_of(g, of, n);
    }
    return find_or_add(g, first, first->op, first->n_in, in, &attrs);
}

static bool steps_evenly(Node *const *nodes, int n) {
    if (!op_is(nodes[0]->op, TRAIT_RANDOM)) return true;
    for (int i = 2; i < n; i++)
        if (dropout_attrs(nodes[i])->application - dropout_attrs(nodes[i - 1])->application !=
            dropout_attrs(nodes[1])->application - dropout_attrs(nodes[0])->application)
            return false;
    return true;
}

static void find_branches(Merge *m) {
    for (int i = 0; i < m->g->n_nodes; i++) {
        const Node *n = m->g->nodes[i];
        int branch = -1;
        bool one = true;
        for (int j = 0; j < n->n_in; j++) {
            int b = m->branch[n->in[j]->id];
            one = one && (b < 0 || branch < 0 || b == branch);
            if (b >= 0) branch = b;
        }
        m->branch[i] = n->op == &op_part ? ATTRS(n, PartAttrs)->index : one ? branch : -1;
    }
}

/* Nodes of one level do not depend on each other. */
static void find_levels(Merge *m) {
    for (int i = 0, next = 0; i < m->g->n_nodes; i++) {
        const Node *n = m->g->nodes[i];
        int level = 0;
        for (int j = 0; j < n->n_in; j++)
            if (m->level[n->in[j]->id] > level) level = m->level[n->in[j]->id];
        if (next < m->n_class && m->class[next] == n) {
            level++;
            next++;
        }
        m->level[i] = level;
        m->steps += 1 + n->n_in;
    }
}

/* Applications of a layer to independent values, in the order of the branches that they are on. */
static int find_applications(const Merge *m, Node **group) {
    for (int base = 0; base < m->n_class; base++) {
        int n = 0;
        for (int i = base; i < m->n_class && n < MAX_PARTS; i++)
            if (m->level[m->class[i] -> id] == m->level[m->class[base] -> id])
                group[n++] = m->class[i];
        if (n < 2) continue;
        bool known = true;
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) {
                int a = m->branch[group[i]->id], b = m->branch[group[j]->id];
                known = known && a >= 0 && (i == j || a != b);
            }
        for (int i = 1; known && i < n; i++)
            for (int j = i; j > 0 && m->branch[group[j]->id] < m->branch[group[j - 1]->id]; j--) {
                Node *swapped = group[j];
                group[j] = group[j - 1];
                group[j - 1] = swapped;
            }
        return n;
    }
    return 0;
}

/* A member of the class for each part of `whole` that reads it as operand `at`; all of the level of
 * `base`, if one is given. */
static int match_parts(const Merge *m, const Node *whole, int at, const Node *base, Node **group) {
    int n = whole->type.parts <= MAX_PARTS ? whole->type.parts : 0;
    for (int part = 0; part < n; part++) {
        group[part] = NULL;
        for (int i = 0; i < m->n_class && !group[part]; i++) {
            Node *c = m->class[i];
            bool used = base && m->level[c->id] != m->level[base->id];
            for (int j = 0; j < part; j++) used = used || group[j] == c;
            if (!used && is_part_of(c->in[at], whole, part)) group[part] = c;
        }
        if (!group[part]) return 0;
    }
    return n;
}

/* A gradient reads the winners of the pool over all parts: whether there is such a pool. */
static bool has_pool(const Graph *g, const Node *gradient, const Node *whole) {
    for (int i = 0; i < g->n_nodes; i++) {
        const Node *n = g->nodes[i];
        if (n->op == &op_max_pool2d && n->in[0] == whole && pool_equal(n, gradient)) return true;
    }
    return false;
}

/* Members of the class that follow the parts of one node. */
static int find_followers(const Merge *m, Node **group) {
    for (int i = 0; i < m->n_class; i++) {
        const Node *base = m->class[i];
        bool unpools = base->op == &op_max_pool2d_grad;
        for (int at = 0; at < (unpools ? 1 : base->n_in); at++) {
            if (base->in[at]->op != &op_part) continue;
            const Node *whole = base->in[at]->in[0];
            if (unpools && !has_pool(m->g, base, whole)) continue;
            int n = match_parts(m, whole, at, base, group);
            if (n && steps_evenly(group, n)) return n;
        }
    }
    return 0;
}

/* Terms of a sum that read the parts of one node, or what is stacked already. */
static int find_terms(const Merge *m, Node **group) {
    const Node *first = m->class[0];
    for (int at = 0; at < first->n_in; at++) {
        const Node *x = first->in[at];
        int n = x->op == &op_part ? match_parts(m, x->in[0], at, NULL, group) : 0;
        for (int i = 0; i < m->g->n_nodes && !n; i++) {
            const Node *stack = m->g->nodes[i];
            bool has = false;
            for (int j = 0; stack->op == &op_stack && j < stack->n_in; j++)
                has = has || stack->in[j] == x;
            if (has) n = match_parts(m, stack, at, NULL, group);
        }
        if (n) return n;
    }
    return 0;
}

/* The class of the node at `from` in a list, without nodes before it. */
static void find_class(Merge *m, Node *const *list, int n, int from) {
    m->n_class = 0;
    for (int i = from; i < n; i++)
        if (alike(list[from], list[i])) m->class[m->n_class++] = list[i];
    m->steps += n - from;
}

static void rewrite_group(const Merge *m, Node *const *group, int n) {
    Node *all = merged(m->g, group, n), *part[MAX_PARTS];
    for (int i = 0; i < n; i++)
        part[i] = find_or_add(m->g, all, &op_part, 1, &all, ATTRS_WITH(PartAttrs, i));
    Node **replacement = ARENA_ARRAY(m->g->arena, Node *, m->g->n_nodes);
    for (int i = 0; i < n; i++) replacement[group[i]->id] = part[i];
    graph_rewrite(m->g, replacement);
}

/* Merges some nodes that have values for each sample, if there are any to merge. */
static bool merge_samples(Merge *m) {
    Graph *g = m->g;
    Node *group[MAX_PARTS], **list = ARENA_ARRAY(m->room, Node *, g->n_nodes);
    bool *seen = ARENA_ARRAY(m->room, bool, g->n_nodes);
    int n_list = 0, n = 0;
    find_branches(m);
    for (int i = 0; i < g->n_nodes; i++) {
        Node *node = g->nodes[i];
        if (node->type.kind != KIND_SAMPLE || node->type.parts != 1 || node->type.once) continue;
        if (op_is(node->op, TRAIT_CONTRACTION) || (is_mapping(node->op) && reads_part(node)))
            list[n_list++] = node;
    }
    for (int i = 0; i < n_list && !n && m->steps < MAX_STEPS; i++) {
        if (seen[list[i]->id]) continue;
        find_class(m, list, n_list, i);
        for (int j = 0; j < m->n_class; j++) seen[m->class[j] -> id] = true;
        if (m->n_class < 2) continue;
        find_levels(m);
        n = op_is(list[i]->op, TRAIT_CONTRACTION) ? find_applications(m, group)
                                                  : find_followers(m, group);
    }
    if (n) rewrite_group(m, group, n);
    return n;
}

/* The terms of a sum in order. Returns their number, 0 if one occurs twice. */
static int list_terms(Merge *m, Node *sum, Node **list) {
    int n = 0, n_open = 0;
    Node **open = ARENA_ARRAY(m->room, Node *, m->g->n_nodes);
    bool *seen = ARENA_ARRAY(m->room, bool, m->g->n_nodes);
    for (open[n_open++] = sum; n_open;) {
        Node *node = open[--n_open];
        if (seen[node->id]) return 0;
        seen[node->id] = true;
        if (node->op == &op_add) {
            open[n_open++] = node->in[1];
            open[n_open++] = node->in[0];
        } else {
            list[n++] = node;
        }
    }
    return n;
}

/* The sum of the terms, of which `all` stands for those of the group, at the place of the first. */
static Node *sum_of(Merge *m, const Node *like, Node *const *list, int n_list, Node *all,
                    Node *const *group, int n) {
    Node *sum = NULL;
    for (int i = 0; i < n_list; i++) {
        Node *term = list[i];
        for (int j = 0; j < n; j++)
            if (group[j] == list[i]) term = all;
        if (!term) continue; /* of the group, but not its first */
        if (term == all) all = NULL;
        Node *in[2] = {sum, term};
        sum = sum ? graph_add(m->g, &op_add, like->loc, like->name, 2, in, NULL) : term;
    }
    return sum;
}

/* Merges some terms of the gradient of a parameter, if there are any to merge. */
static bool merge_terms(Merge *m, Trained *t) {
    Graph *g = m->g;
    Node *group[MAX_PARTS], **list = ARENA_ARRAY(m->room, Node *, g->n_nodes);
    int n_list = list_terms(m, t->gradient, list), n = 0;
    for (int i = 0; i < n_list && !n && m->steps < MAX_STEPS; i++) {
        find_class(m, list, n_list, i);
        if (op_is(list[i]->op, TRAIT_PARAM_GRADIENT) && m->n_class > 1) n = find_terms(m, group);
    }
    if (!n) return false;
    t->gradient = sum_of(m, t->gradient, list, n_list, merged(g, group, n), group, n);
    graph_rewrite(g, NULL);
    return true;
}

/* One step of the pass, on samples (without `t`) or on the gradient of a parameter. */
static bool merge_some(Merge *m, Trained *t) {
    m->room = arena_new();
    m->branch = ARENA_ARRAY(m->room, int, m->g->n_nodes);
    m->level = ARENA_ARRAY(m->room, int, m->g->n_nodes);
    m->class = ARENA_ARRAY(m->room, Node *, m->g->n_nodes);
    bool changed = t ? merge_terms(m, t) : merge_samples(m);
    arena_free(m->room);
    return changed;
}

bool merge(Graph *graph) {
    Merge m = {.g = graph};
    bool changed = false;
    while (merge_some(&m, NULL)) changed = true;
    for (int i = 0; i < graph->n_phases; i++)
        for (int j = 0; j < graph->phases[i].n_trained; j++)
            while (merge_some(&m, &graph->phases[i].trained[j])) changed = true;
    return changed;
}
