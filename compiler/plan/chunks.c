/* The cut of a batch into chunks: part of the numeric contract, docs/numbers.md, as it decides the
 * order in which gradients are added. It knows shapes and nothing of the machine. */
#include "../ops/recurrence.h"
#include "plan.h"

int chunk_samples(int64_t params, int64_t flops, int64_t places) {
    const double rows = places < 384 ? (double)((383 + places) / places) : 1;
    const double least = rows > 24 ? 24 : rows, cheap = 200.0 * (double)params / (double)flops;
    return (int)(cheap < least ? least : cheap > 256 ? 256 : cheap);
}

int chunk_limit(int64_t floats) {
    const double MiB = (double)floats * 4 / (1024 * 1024);
    const double n = MiB <= 32 ? 256 / MiB : 8192 / (MiB * MiB);
    return n < 1 ? 1 : n > (double)MAX_CHUNKS ? MAX_CHUNKS : (int)n;
}

/* Places of the contraction that has the fewest. */
static int64_t least_places(const Graph *graph) {
    int64_t least = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        if (!op_is(n->op, TRAIT_CONTRACTION) || n->op->backward_only) continue;
        const Shape s = n->type.shape;
        /* A recurrence works on one place of all samples at a time. */
        const int64_t places = is_recurrence(n->op) ? 1
                               : is_sequence(n)     ? s.dim[0]
                                                    : shape_count(s) / s.dim[0];
        if (!least || places < least) least = places;
    }
    return least ? least : 1;
}

void plan_cut(Plan *plan) {
    int64_t params = 0, flops = 1, most = 1;
    for (int i = 0; i < plan->graph->n_phases; i++) {
        const PhasePlan *p = &plan->phases[i];
        params += p->gradient_floats;
        flops += p->flops_train;
        if (p->gradient_floats > most) most = p->gradient_floats;
    }
    plan->chunk_min = chunk_samples(params, flops, least_places(plan->graph));
    plan->chunk_max = chunk_limit(most);
}

int plan_chunks(const Plan *plan, int batch) {
    int most = batch / plan->chunk_min, chunks = 1;
    if (most > plan->chunk_max) most = plan->chunk_max;
    while (2 * chunks <= most) chunks *= 2;
    return chunks + chunks / 2 <= most ? chunks + chunks / 2 : chunks;
}
