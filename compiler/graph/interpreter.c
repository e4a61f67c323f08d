/* The reference: runs the graph op by op in double precision, and measures what rounding costs. */
#include "interpreter.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Bits of a float that compiled code loses in the op. Most ops state their number. A contraction
 * loses more in longer sums: the errors of n additions grow about as the root of n (Higham,
 * Accuracy and Stability of Numerical Algorithms, 2nd ed., 2.8). */
static int lost_bits(const Node *n, int batch) {
    if (!n->op->flops) return n->op->lost_bits;
    double values = (double)node_count(n), multiply_adds = (double)n->op->flops(n) / 2;
    double terms = multiply_adds / values * (n->type.kind == KIND_SAMPLE ? 1 : batch);
    return terms > 1 ? (int)ceil(log2(terms) / 2) : 0;
}

/* Rounds to as many bits less than a float's by Veltkamp's splitting (Dekker 1971). */
static void round_values(double *values, int64_t count, double factor, int lost) {
    const double split = ldexp(1, DBL_MANT_DIG - FLT_MANT_DIG + lost) + 1;
    for (int64_t i = 0; i < count; i++) {
        double scaled = values[i] * factor, high = split * scaled;
        values[i] = (high - (high - scaled)) / factor;
    }
}

/* Rounds sums of many terms: partial sums may be as large as the largest of the values, so that all
 * of them lose what that one does. */
static void round_sums(double *values, int64_t count, double factor, int lost) {
    double most = 0;
    for (int64_t i = 0; i < count; i++) most = fmax(most, fabs(values[i]));
    if (!(most > 0) || !isfinite(most)) return;
    const double step = ldexp(1, ilogb(most) + 1 - FLT_MANT_DIG + lost);
    for (int64_t i = 0; i < count; i++) values[i] = rint(values[i] * factor / step) * step / factor;
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
        stacked.batch = node_once(n) ? 1 : env->batch * node_parts(n);
        bool apart = env->margin && stacked.batch != env->batch;
        if (apart) stacked.margin = ARENA_ARRAY(arena, double, stacked.batch);
        for (int k = 0; apart && k < stacked.batch; k++) stacked.margin[k] = INFINITY;
        int64_t count = node_count(n) * node_values(n, env->batch);
        double *out = ARENA_ARRAY(arena, double, count);
        n->op->reference(&stacked, n, in, out);
        for (int k = 0; apart && k < stacked.batch; k++)
            for (int s = k % env->batch; s < env->batch; s += stacked.batch) {
                double *margin = &env->margin[s];
                *margin = fmin(*margin, stacked.margin[k]);
            }
        if (env->rounding > 0 && n->type.kind != KIND_SCHEDULE && !n->type.classes)
            (n->op->flops ? round_sums : round_values)(out, count, env->rounding,
                                                       lost_bits(n, stacked.batch));
        values[i] = out;
        if (env->margin && env->margin[0] < env->stop) return;
    }
}

Reference reference_new(const Graph *graph, int phase, Env env) {
    const Phase *p = &graph->phases[phase];
    Reference r = {.arena = arena_new(), .graph = graph, .env = env};
    r.values = ARENA_ARRAY(r.arena, double *, graph->n_nodes);
    r.wanted = ARENA_ARRAY(r.arena, Node *,
                           2 + p->n_groups + p->n_trained + graph->n_metrics +
                               graph->n_predictions + p->n_assigned);
    r.wanted[r.n_wanted++] = p->loss;
    for (int i = 0; i <= p->n_groups; i++) r.wanted[r.n_wanted++] = phase_optimizer(p, i)->lr;
    for (int i = 0; i < p->n_trained; i++) r.wanted[r.n_wanted++] = p->trained[i].gradient;
    for (int i = 0; i < graph->n_metrics; i++)
        r.wanted[r.n_wanted++] = graph_metric(graph, i, phase);
    for (int i = 0; i < graph->n_predictions; i++)
        r.wanted[r.n_wanted++] = graph->predictions[i].node;
    for (int i = 0; i < p->n_assigned; i++) r.wanted[r.n_wanted++] = p->assigned[i].value;
    return r;
}

double *reference_room(Reference *r, const char *op, const char *name, int64_t count) {
    int n;
    Node **nodes = graph_nodes_of(r->graph, op, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(nodes[i]->name, name) == 0)
            return r->values[nodes[i]->id] = ARENA_ARRAY(r->arena, double, count);
    return NULL;
}

void reference_run(Reference *r) {
    interpret(r->arena, r->graph, &r->env, r->wanted, r->n_wanted, r->values);
}

static double **run_rounded(const Reference *r, double factor, int turned) {
    double **values = ARENA_ARRAY(r->arena, double *, r->graph->n_nodes);
    for (int i = 0; i < r->graph->n_nodes; i++)
        if (r->graph->nodes[i]->n_in == 0 && r->graph->nodes[i]->type.kind != KIND_SCHEDULE)
            values[i] = r->values[i];
    Env env = r->env;
    env.margin = NULL;
    env.rounding = factor;
    env.turn = r->tie;
    env.turned = turned;
    interpret(r->arena, r->graph, &env, r->wanted, r->n_wanted, values);
    return values;
}

double **reference_rounded(Reference *r, int i) {
    /* Factors are spread over [1, 2), where roundings differ, by the golden ratio. */
    const double spread = i * 0.61803398874989485;
    if (!r->rounded[i]) r->rounded[i] = run_rounded(r, 1 + spread - floor(spread), i % 4);
    return r->rounded[i];
}

double reference_rounding(Reference *r, const Node *node) {
    const int64_t count = node_count(node) * node_values(node, r->env.batch);
    double most = 0;
    for (int i = 0; i < ROUNDED_RUNS && (i < 4 || i * count < ROUNDED_RUNS); i++) {
        const double *rounded = reference_rounded(r, i)[node->id];
        for (int64_t k = 0; k < count; k++)
            most = fmax(most, fabs(rounded[k] - r->values[node->id][k]));
    }
    return most;
}
