/* Makes true: each node that has to be computed has a kernel family.
 * How: the first that fits, in the order of the list. The gradient of a max-pool has none where all
 * that read it can do without: they read the gradient of the pool's output, and the winners.
 * Leaves to others: which nodes share a kernel. */
#include "choose.h"

#include "../ops/ops.h"
#include "lowering.h"

/* Fields, renamed values, stacks and parts are memory; so are parameters. */
static bool is_computed(const Node *node) {
    switch (node->type.kind) {
    case KIND_SAMPLE:
        return !is_field(node) && !op_is(node->op, TRAIT_RENAMES | TRAIT_ACCESS);
    case KIND_SCALAR:
    case KIND_SPLIT:
        return op_is(node->op, TRAIT_LOSS);
    case KIND_PARAM:
        return op_is(node->op, TRAIT_PARAM_GRADIENT | TRAIT_BATCH_SUM);
    default:
        return false;
    }
}

static const Family *first_that_fits(const Family *const *families, const Node *node,
                                     bool shortcuts, bool winograd) {
    for (int i = 0; families[i]; i++) {
        const Family *family = families[i];
        if (family->role != ROLE_NODE || (family->shortcut && !shortcuts) ||
            (family->winograd && !winograd))
            continue;
        if (family->fits(node)) return family;
    }
    node_bug(node, "no kernel family computes it");
}

/* Pool gradients that only families through pools read. */
static void drop_unread(Entry *e) {
    const Graph *g = e->graph;
    bool *read = ARENA_ARRAY(g->arena, bool, g->n_nodes);
    for (int i = 0; i < g->n_nodes; i++) {
        const Value *v = &e->values[i];
        if (v->storage != g->nodes[i] || (v->family && v->family->through_pool)) continue;
        for (int j = 0; j < g->nodes[i]->n_in; j++)
            read[e->values[g->nodes[i]->in[j]->id].storage->id] = true;
    }
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i]->op == &op_max_pool2d_grad && !read[i]) e->values[i].family = NULL;
}

static void choose_entry(Entry *e, const Family *const *families, bool shortcuts, bool winograd) {
    for (int i = 0; i < e->graph->n_nodes; i++) {
        Node *node = e->graph->nodes[i];
        Value *v = &e->values[i];
        v->root = node;
        if (is_computed(node)) v->family = first_that_fits(families, node, shortcuts, winograd);
    }
    drop_unread(e);
}

void plan_choose(Plan *plan, const Family *const *families, bool shortcuts, bool winograd) {
    for (int i = 0; families[i]; i++) plan->role[families[i]->role] = families[i];
    for (int i = 0; i < plan->n_entries; i++)
        choose_entry(plan->entries[i], families, shortcuts, winograd);
    for (int i = 0; i < plan->graph->n_phases; i++) {
        const Phase *phase = &plan->graph->phases[i];
        PhasePlan *pp = &plan->phases[i];
        pp->n_updates = 1 + phase->n_groups;
        pp->updates = ARENA_ARRAY(plan->arena, Kernel *, pp->n_updates);
        for (int j = 0; j < phase->n_trained; j++) {
            const int group = phase->trained[j].group;
            if (pp->updates[group]) continue;
            Kernel *update = pp->updates[group] = ARENA_NEW(plan->arena, Kernel);
            update->family = plan->role[ROLE_UPDATE];
            update->name = arena_printf(plan->arena, "update_%d", i + 1);
            update->phase = phase;
            update->group = group;
        }
    }
}

const Kernel *phase_update(const PhasePlan *phase) {
    int i = 0;
    while (!phase->updates[i]) i++;
    return phase->updates[i];
}
