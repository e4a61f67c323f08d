/* Makes true: point-wise nodes, max-pools and gradients of losses are computed where their operands
 * are in registers. How: a point-wise node joins the kernel that makes the latest of its operands
 * if that value is still in registers there, all other operands exist before that kernel runs,
 * layouts agree, and numbers that it needs are known. A max-pool joins a convolution when its
 * windows do not overlap, the values before it are monotone functions of the sum, and nothing else
 * reads them. A gradient joins its loss when the factor is known before the step. What a kernel has
 * at hand anyway (TRAIT_KEPT) joins it. Leaves to others: what of a kernel's values has to be
 * stored. */
#include "fuse.h"

#include "../ops/ops.h"
#include "lowering.h"

/* Operands, or arguments, of a kernel that fusion makes: with more, their pointers and numbers
 * spill in every row. */
enum { MOST_POINTERS = 24 };

/* The nodes of one kernel. */
typedef struct Group {
    Node **nodes; /* the root, then what joined it, in order */
    int n_nodes, cap_nodes;
    int n_fused;      /* point-wise ones */
    const Node *pool; /* one of them, or NULL */
    int pool_after;   /* its index in nodes */
    bool kept;        /* one of them is kept beside the root's value */
    Node **reads;     /* values of other kernels */
    int n_reads, cap_reads;
    Node **numbers;
    int n_numbers, cap_numbers;
    int drops; /* arguments of dropout */
} Group;

typedef struct Fusion {
    Arena *arena;
    const Graph *graph;
    Value *value;
    Group *group;  /* by the root's id */
    int *made;     /* by node id: id of the root of the kernel that makes the value; -1: a field */
    bool *placed;  /* by node id: the value is made in its part of a stack */
    Node ***users; /* NULL-terminated, looking through nodes that share memory */
} Fusion;

static void add_once(Arena *arena, Node ***list, int *n, int *cap, Node *node) {
    for (int i = 0; i < *n; i++)
        if ((*list)[i] == node) return;
    ARENA_PUSH(arena, *list, *n, *cap, node);
}

static Node *stored(const Fusion *f, const Node *node) {
    return f->value[node->id].storage;
}

static bool in_group(const Fusion *f, const Group *g, const Node *node) {
    return f->value[node->id].family && f->value[node->id].root == g->nodes[0];
}

/* After a pool that joined only the pooled value and what follows is left in registers. */
static bool in_registers(const Fusion *f, const Group *g, const Node *node) {
    if (!in_group(f, g, node)) return false;
    if (!g->pool) return true;
    for (int i = g->pool_after; i < g->n_nodes; i++)
        if (g->nodes[i] == node) return true;
    return false;
}

/* Whether the value exists before the kernel runs. A group without nodes is a copy. */
static bool precedes(const Fusion *f, const Node *node, const Group *g) {
    const Node *root = f->graph->nodes[g - f->group];
    const int stage = f->value[node->id].stage, of_root = f->value[root->id].stage;
    return stage != of_root ? stage < of_root : f->made[node->id] < root->id;
}

/* Notes what the kernel reads for the node. */
static void add_node(Fusion *f, Group *g, Node *node) {
    ARENA_PUSH(f->arena, g->nodes, g->n_nodes, g->cap_nodes, node);
    g->n_fused += is_pointwise(node);
    for (int i = 0; i < node->n_in; i++) {
        Node *in = node->in[i];
        if (in->type.kind == KIND_SAMPLE) {
            Node *at = stored(f, in);
            if (!in_group(f, g, at)) add_once(f->arena, &g->reads, &g->n_reads, &g->cap_reads, at);
        } else if (in->type.kind == KIND_PARAM) {
            add_once(f->arena, &g->reads, &g->n_reads, &g->cap_reads, in);
        } else {
            add_once(f->arena, &g->numbers, &g->n_numbers, &g->cap_numbers, in);
        }
    }
    if (!op_is(node->op, TRAIT_RANDOM | TRAIT_DRAWN)) return;
    if (!g->drops && node->op != &op_dropout_grad) g->drops = node->type.parts > 1 ? 2 : 1;
    g->drops++;
}

static void join(Fusion *f, Group *g, Node *node) {
    f->value[node->id].root = g->nodes[0];
    add_node(f, g, node);
}

/* Whether the kernel can compute the node beside its root, though that is not point-wise. */
static bool can_join(const Fusion *f, const Group *g, const Node *node) {
    const Node *root = g->nodes[0];
    const Family *family = f->value[root->id].family;
    return family->joins && family->joins(root, node);
}

/* The group that makes the latest of the operands. */
static Group *latest(const Fusion *f, const Node *node) {
    Group *g = NULL;
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        const Node *at = stored(f, node->in[i]);
        if (f->made[at->id] < 0) continue;
        if (!g || !precedes(f, at, g)) g = &f->group[f->made[at->id]];
    }
    return g;
}

/* Room for two reads more, and every value in registers may yet have to be stored, winners too. */
static bool has_room(const Group *g) {
    return g->n_reads + g->n_fused + (g->pool != NULL) + 6 <= MOST_POINTERS &&
           g->n_numbers + g->drops + 4 <= MOST_POINTERS;
}

static bool fuse_pointwise(Fusion *f, Node *node) {
    Group *g = latest(f, node);
    if (!g || !g->n_nodes || !f->value[g->nodes[0]->id].family->fuses) return false;
    if (node_parts(g->nodes[0]) != node->type.parts || !has_room(g)) return false;
    /* That kernel writes the places of a flattened value one after the other and does not tell the
     * channel of a row, which coefficients are for. */
    if (op_is(node->op, TRAIT_CHANNELS) && g->nodes[0]->op == &op_linear_dgrad) return false;
    if (node_once(g->nodes[0]) != node->type.once) return false;
    for (int i = 0; i < node->n_in; i++) {
        const Node *in = node->in[i];
        if (in->type.kind != KIND_SAMPLE) {
            if (f->value[in->id].stage >= f->value[g->nodes[0]->id].stage) return false;
            continue;
        }
        const Node *at = stored(f, in);
        if (!layout_equal(f->value[at->id].layout, f->value[node->id].layout)) return false;
        if (!in_registers(f, g, at) && (in_group(f, g, at) || !precedes(f, at, g))) return false;
    }
    join(f, g, node);
    return true;
}

static bool only_pooled(const Fusion *f, const Group *g, const Node *value, const Node *pool) {
    for (Node **u = f->users[value->id]; *u; u++) {
        if (*u == pool || in_group(f, g, *u)) continue;
        if ((*u)->op == &op_max_pool2d_grad && stored(f, (*u)->in[0]) == value) continue;
        return false;
    }
    for (int i = 0; i < f->graph->n_predictions; i++)
        if (f->graph->predictions[i].node == value) return false;
    return true;
}

static bool fuse_pool(Fusion *f, Node *node) {
    const Node *x = stored(f, node->in[0]);
    if (f->made[x->id] < 0) return false;
    Group *g = &f->group[f->made[x->id]];
    if (!g->n_nodes || g->pool || x != g->nodes[g->n_nodes - 1]) return false;
    if (!can_join(f, g, node)) return false;
    for (int i = 0; i < g->n_nodes; i++)
        if ((i && !g->nodes[i]->op->monotone) || !only_pooled(f, g, g->nodes[i], node))
            return false;
    g->pool = node;
    g->pool_after = g->n_nodes;
    join(f, g, node);
    return true;
}

static bool fuse_loss_gradient(Fusion *f, Node *node) {
    const Node *factor = node->in[node->n_in - 1];
    for (int i = 0; i < node->id; i++) {
        Group *g = &f->group[i];
        if (!g->n_nodes || g->n_nodes > 1 || !op_is(g->nodes[0]->op, TRAIT_LOSS)) continue;
        if (!can_join(f, g, node) || f->value[factor->id].stage >= f->value[i].stage) continue;
        join(f, g, node);
        return true;
    }
    return false;
}

/* A kernel keeps one such value beside its own. */
static bool fuse_kept(Fusion *f, Node *node) {
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        const Node *at = stored(f, node->in[i]);
        if (f->made[at->id] < 0) continue;
        Group *g = &f->group[f->made[at->id]];
        if (!g->n_nodes || at != g->nodes[0] || g->kept || !can_join(f, g, node)) continue;
        g->kept = true;
        join(f, g, node);
        return true;
    }
    return false;
}

static bool fuse(Fusion *f, Node *node) {
    if (is_pointwise(node)) return fuse_pointwise(f, node);
    if (op_is(node->op, TRAIT_KEPT)) return fuse_kept(f, node);
    if (node->op == &op_max_pool2d) return fuse_pool(f, node);
    return op_is(node->op, TRAIT_LOSS_GRADIENT) && fuse_loss_gradient(f, node);
}

/* A stack is there when the last of its values is, or is copied to its part: fields, values in
 * other layouts, and values that have their place in another stack. */
static int stack_made(Fusion *f, const Node *stack) {
    int made = -1;
    for (int i = 0; i < stack->n_in; i++) {
        const Node *at = stored(f, stack->in[i]);
        const bool copied = is_field(at) || at->op == &op_part || f->placed[at->id] ||
                            !layout_equal(f->value[at->id].layout, f->value[stack->id].layout);
        f->placed[at->id] = true;
        const int when = copied ? stack->id : f->made[at->id];
        if (when > made) made = when;
    }
    return made;
}

static int made_by(Fusion *f, const Node *node) {
    const Value *v = &f->value[node->id];
    if (is_field(node)) return -1;
    if (v->family) return v->root->id;
    if (node->op == &op_stack) return stack_made(f, node);
    if (node->op == &op_part) return f->made[stored(f, node->in[0])->id];
    return node->id;
}

static void find_users(Fusion *f) {
    const int n = f->graph->n_nodes;
    int *count = ARENA_ARRAY(f->arena, int, n);
    f->users = ARENA_ARRAY(f->arena, Node **, n);
    for (int fill = 0; fill < 2; fill++) {
        for (int i = 0; i < n && fill; i++) {
            f->users[i] = ARENA_ARRAY(f->arena, Node *, count[i] + 1);
            count[i] = 0;
        }
        for (int i = 0; i < n; i++) {
            Node *node = f->graph->nodes[i];
            if (stored(f, node) != node) continue;
            for (int j = 0; j < node->n_in; j++) {
                const int at = stored(f, node->in[j])->id;
                if (fill) f->users[at][count[at]] = node;
                count[at]++;
            }
        }
    }
}

static void fuse_entry(Entry *e) {
    const int n = e->graph->n_nodes;
    Fusion f = {.arena = arena_new(), .graph = e->graph, .value = e->values};
    f.group = ARENA_ARRAY(f.arena, Group, n);
    f.made = ARENA_ARRAY(f.arena, int, n);
    f.placed = ARENA_ARRAY(f.arena, bool, n);
    find_users(&f);
    for (int i = 0; i < n; i++) {
        Node *node = e->graph->nodes[i];
        if (e->values[i].family && !fuse(&f, node)) add_node(&f, &f.group[i], node);
        f.made[i] = made_by(&f, node);
    }
    arena_free(f.arena);
}

void plan_fuse(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) fuse_entry(plan->entries[i]);
}
