/* Invariants of what the plan decides before there are kernels: see verify.h. */
#include "lowering.h"
#include "params.h"
#include "verify.h"

static void verify_value(const Entry *e, const Node *node) {
    const Value *v = &e->values[node->id], *of = &e->values[v->storage->id];
    const Layout l = v->layout;
    if (shape_count(node->type.shape) != (int64_t)l.C * l.H * l.W || l.cs < l.C ||
        l.stride < l.H * l.W * l.cs)
        node_bug(node, "L1: layout (%d, %d, %d) with rows of %d, samples of %d", l.C, l.H, l.W,
                 l.cs, l.stride);
    if (of->storage != v->storage || !layout_equal(of->layout, l))
        node_bug(node, "L2: shares memory with node %d in another layout", v->storage->id);
}

static void verify_params(const Plan *plan) {
    int64_t end = 0;
    for (int i = 0; i < plan->n_params; i++) {
        const ParamPlace *p = &plan->params[i];
        if ((int64_t)p->out * (p->in / p->groups) * p->kh * p->kw != node_count(p->node))
            node_bug(p->node, "L3: form [%d][%d][%d][%d] in %d groups", p->out, p->in, p->kh, p->kw,
                     p->groups);
        if (p->value->offset != end || p->value->size % LANES)
            node_bug(p->node, "L4: at %lld, after %lld", (long long)p->value->offset,
                     (long long)end);
        end += p->value->size;
    }
    if (end != plan->param_floats) bug("L4: parameters end at %lld", (long long)end);
}

static bool in_ranges(const PhasePlan *pp, const Buffer *b, int64_t gradient) {
    for (int r = 0; r < pp->n_ranges; r++) {
        const int64_t at = b->offset - pp->ranges[r].param;
        if (at >= 0 && at + b->size <= pp->ranges[r].count)
            return gradient == pp->ranges[r].gradient + at;
    }
    return false;
}

static void verify_ranges(const Plan *plan, int phase) {
    const PhasePlan *pp = &plan->phases[phase];
    int64_t covered = 0, trained = 0;
    for (int i = 0; i < pp->n_ranges; i++) covered += pp->ranges[i].count;
    for (int i = 0; i < plan->n_params; i++) {
        if (pp->gradient_of[i] < 0) continue;
        if (!in_ranges(pp, plan->params[i].value, pp->gradient_of[i]))
            node_bug(plan->params[i].node, "L5: phase %d does not update it", phase + 1);
        if (pp->gradient_of[i] != trained)
            node_bug(plan->params[i].node, "L5: its gradient is at %lld, after %lld",
                     (long long)pp->gradient_of[i], (long long)trained);
        trained += plan->params[i].value->size;
    }
    if (covered != trained || trained != pp->gradient_floats)
        bug("L5: phase %d: ranges cover %lld floats of %lld", phase + 1, (long long)covered,
            (long long)trained);
}

void plan_verify_layouts(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->graph->n_nodes; j++)
            if (e->graph->nodes[j]->type.kind == KIND_SAMPLE) verify_value(e, e->graph->nodes[j]);
    }
    verify_params(plan);
    for (int i = 0; i < plan->graph->n_phases; i++) verify_ranges(plan, i);
}

static bool is_memory(const Node *node) {
    return is_field(node) || op_is(node->op, TRAIT_RENAMES | TRAIT_ACCESS);
}

/* Whether a kernel that does not go through a pool reads the value. */
static bool is_read(const Entry *e, const Node *value) {
    for (int i = 0; i < e->graph->n_nodes; i++) {
        const Node *user = e->graph->nodes[i];
        const Family *family = e->values[i].family;
        if (family && family->through_pool) continue;
        for (int j = 0; j < user->n_in; j++)
            if (user->in[j] == value) return true;
    }
    return false;
}

static void verify_family(const Entry *e, const Node *node) {
    const Family *family = e->values[node->id].family;
    if (family && !family->fits(node)) node_bug(node, "F1: family %s does not fit", family->name);
    if (node->type.kind != KIND_SAMPLE) return;
    if (is_memory(node) ? family != NULL : !family && is_read(e, node))
        node_bug(node, "F1: %s", family ? "memory has a family" : "nothing computes it");
}

/* A value that the node's kernel has, or that is there before. */
static bool is_available(const Entry *e, const Node *in, const Node *root) {
    const Value *v = &e->values[e->values[in->id].storage->id];
    if (v->family && v->root == root) return true;
    if (v->stage < e->values[root->id].stage) return true;
    return !v->family || v->root->id < root->id;
}

static void verify_root(const Entry *e, const Node *node) {
    const Value *v = &e->values[node->id];
    if (!v->family || v->root == node) return;
    bool reads = op_is(node->op, TRAIT_LOSS_GRADIENT);
    for (int i = 0; i < node->n_in; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        const Node *at = e->values[node->in[i]->id].storage;
        reads = reads || (e->values[at->id].family && e->values[at->id].root == v->root);
        if (!is_available(e, node->in[i], v->root))
            node_bug(node, "F3: operand %d comes after the kernel of node %d", i, v->root->id);
    }
    if (!reads || v->root->id > node->id || e->values[v->root->id].root != v->root)
        node_bug(node, "F3: it cannot join the kernel of node %d", v->root->id);
}

void plan_verify_families(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->graph->n_nodes; j++) verify_family(e, e->graph->nodes[j]);
    }
    for (int i = 0; i < ROLE_COUNT; i++)
        if (!plan->role[i]) bug("F2: no family for role %d", i);
}

void plan_verify_stages(const Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        for (int j = 0; j < e->graph->n_nodes; j++) {
            const Node *node = e->graph->nodes[j];
            const bool sample = node->type.kind == KIND_SAMPLE;
            for (int k = 0; k < node->n_in; k++) {
                const bool waits = sample && kind_is_number(node->in[k]->type.kind);
                if (e->values[j].stage < e->values[node->in[k]->id].stage + waits)
                    node_bug(node, "S1: is in stage %d, its operand %d in %d", e->values[j].stage,
                             k, e->values[node->in[k]->id].stage);
            }
            verify_root(e, node);
        }
    }
}
