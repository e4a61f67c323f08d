#include "reference.h"

#include <math.h>
#include <string.h>

/* Room for the values of the node of that op and name; NULL if the graph has none. */
static double *node_room(const Graph *graph, Reference *r, const char *op, const char *name,
                         int64_t count) {
    int n;
    Node **nodes = graph_nodes_of(graph, op, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(nodes[i]->name, name) == 0)
            return r->values[nodes[i]->id] = ARENA_ARRAY(r->arena, double, count);
    return NULL;
}

Reference reference_run(const Graph *graph, Engine *engine, const NnCall *call, double tie) {
    const NnModel *model = engine->model;
    static const char *const ops[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    const Phase *phase = &graph->phases[call->phase];
    Reference r = {.arena = arena_new(), .graph = graph};
    r.values = ARENA_ARRAY(r.arena, double *, graph->n_nodes);
    r.near_tie = ARENA_ARRAY(r.arena, bool, call->batch);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        int64_t count = (int64_t)call->batch * field->count;
        double *values = node_room(graph, &r, ops[field->kind], field->name, count);
        const float *floats = engine->fields[i];
        const int32_t *labels = engine->fields[i];
        for (int64_t k = 0; values && floats && k < count; k++)
            values[k] = field->kind == NN_LABEL ? (double)labels[k] : (double)floats[k];
    }
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        double *values = node_room(graph, &r, "param", param->name, param->count);
        model->get(engine->state, 0, 0, i, engine->values);
        for (int64_t k = 0; values && k < param->count; k++) values[k] = (double)engine->values[k];
    }
    int most = 2 + phase->n_trained + graph->n_metrics + graph->n_predictions, n = 0;
    Node **wanted = ARENA_ARRAY(r.arena, Node *, most);
    wanted[n++] = phase->loss;
    wanted[n++] = phase->optimizer.lr;
    for (int i = 0; i < phase->n_trained; i++) wanted[n++] = phase->trained[i].gradient;
    for (int i = 0; i < graph->n_metrics; i++) wanted[n++] = graph->metrics[i].node;
    for (int i = 0; i < graph->n_predictions; i++) wanted[n++] = graph->predictions[i].node;
    r.wanted = wanted;
    r.n_wanted = n;
    r.env = (Env){
        .batch = call->batch,
        .dropout = call->dropout,
        .seed = call->seed,
        .first_sample = call->first_sample,
        .epoch = (double)call->epoch,
        .epochs = (double)call->epochs,
        .step = (double)call->step,
        .steps = (double)call->steps,
        .tie = tie,
        .near_tie = r.near_tie,
    };
    interpret(r.arena, graph, &r.env, wanted, n, r.values);
    return r;
}

static double **run_rounded(const Reference *r, double factor) {
    double **values = ARENA_ARRAY(r->arena, double *, r->graph->n_nodes);
    for (int i = 0; i < r->graph->n_nodes; i++)
        if (r->graph->nodes[i]->n_in == 0 && r->graph->nodes[i]->type.kind != KIND_SCHEDULE)
            values[i] = r->values[i];
    Env env = r->env;
    env.near_tie = NULL;
    env.rounding = factor;
    interpret(r->arena, r->graph, &env, r->wanted, r->n_wanted, values);
    return values;
}

double reference_rounding(Reference *r, const Node *node) {
    static const double factors[] = {1, 1.1, 1.3, 1.7};
    const bool sample = node->type.kind == KIND_SAMPLE;
    const int64_t count = node_count(node) * (sample ? r->env.batch * node_parts(node) : 1);
    double most = 0, largest = 0;
    for (int64_t k = 0; k < count; k++) largest = fmax(largest, fabs(r->values[node->id][k]));
    for (int i = 0; i < 4; i++) {
        if (!r->rounded[i]) r->rounded[i] = run_rounded(r, factors[i]);
        for (int64_t k = 0; k < count; k++)
            most = fmax(most, fabs(r->rounded[i][node->id][k] - r->values[node->id][k]));
    }
    return most > 0 ? most / largest : 0;
}
