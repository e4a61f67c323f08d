#include "interpreter.h"

#include <string.h>

static void round_values(double *values, int64_t count, double factor) {
    for (int64_t i = 0; i < count; i++) values[i] = (double)(float)(values[i] * factor) / factor;
}

void interpret(Arena *arena, const Graph *graph, const Env *env, Node *const *wanted, int n_wanted,
               double **values) {
    bool *needed = ARENA_ARRAY(arena, bool, graph->n_nodes);
    for (int i = 0; i < n_wanted; i++) needed[wanted[i]->id] = true;
    for (int i = graph->n_nodes - 1; i >= 0; i--) {
        const Node *n = graph->nodes[i];
        if (!needed[i] || values[i]) continue;
        for (int j = 0; j < n->n_in; j++) needed[n->in[j]->id] = true;
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        if (!needed[i] || values[i]) continue;
        const double **in = ARENA_ARRAY(arena, const double *, n->n_in + 1);
        for (int j = 0; j < n->n_in; j++) in[j] = values[n->in[j]->id];
        Env stacked = *env;
        stacked.batch = env->batch * node_parts(n);
        if (env->near_tie && stacked.batch > env->batch)
            stacked.near_tie = ARENA_ARRAY(arena, bool, stacked.batch);
        int64_t count = node_count(n) * (n->type.kind == KIND_SAMPLE ? stacked.batch : 1);
        double *out = ARENA_ARRAY(arena, double, count);
        n->op->reference(&stacked, n, in, out);
        for (int k = 0; stacked.near_tie != env->near_tie && k < stacked.batch; k++)
            if (stacked.near_tie[k]) env->near_tie[k % env->batch] = true;
        if (env->rounding > 0 && n->type.kind != KIND_SCHEDULE && !n->type.classes)
            round_values(out, count, env->rounding);
        values[i] = out;
    }
}
