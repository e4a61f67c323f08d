/* `check`: the compiled code against the double-precision interpreter. The only file of the runtime
 * that knows the compiler's graph.
 *
 * Per phase, on random samples (redrawn where a decision is so near a tie that rounding could turn
 * it):
 *   forward_error   loss, metrics and predictions, without dropout, and the loss of training
 *                   steps with dropout; class indices must be equal
 *   gradient_error  every gradient, without and with dropout, relative to the tensor's largest
 *                   value; gradients that are zero throughout on both sides prove nothing, so all
 *                   of a phase being so is a failure
 *   step_error      parameters and moments after each of several steps, relative to the largest
 *                   movement in the tensor, less one rounding to float. The reference starts each
 *                   step from the compiled parameters and moments and is fed the compiled gradient
 *                   (which is checked above): a step of Adam divides by the root of a mean square,
 *                   so that rounding in a gradient near zero may turn its sign and with it the
 *                   whole step. Parameters that the phase does not train must keep their bits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../compiler/graph/interpreter.h"
#include "check_compare.h"
#include "commands.h"
#include "engine.h"
#include "random.h"

enum { PRESET_BATCH = 7, STEPS = 4, TRIES = 200 };
static const double value_bound = 1e-5, step_bound = 1e-4, tie = 1e-5;

typedef struct Checker {
    const NnModel *model;
    Graph *graph;
    Engine engine;
    uint64_t seed;
    uint64_t draws;  /* random samples drawn so far */
    int64_t dropped; /* those redrawn near ties */
    int phase, batch;
    Worst forward, gradient, step;
    double bound; /* of forward and gradient: the largest that an op of the graph states */
    bool zero;    /* a phase had nothing but zero gradients */
} Checker;

/* What one run of the interpreter found; all of it lives in `arena`. */
typedef struct Reference {
    Arena *arena;
    double **values; /* per node */
    bool *near_tie;  /* per sample */
} Reference;

static Node *node_named(const Graph *graph, const char *op, const char *name) {
    int count;
    Node **nodes = graph_nodes_of(graph, op, &count);
    for (int i = 0; i < count; i++)
        if (strcmp(nodes[i]->name, name) == 0) return nodes[i];
    return NULL;
}

static Node *field_node(const Checker *c, const NnField *field) {
    static const char *const ops[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    return node_named(c->graph, ops[field->kind], field->name);
}

static Node *named(const Named *list, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return list[i].node;
    return NULL;
}

/* Draws sample number `index` of the batch anew. */
static void draw_sample(Checker *c, int index) {
    uint64_t key = random_fork(random_stream(c->seed, "check"), c->draws++);
    for (int i = 0; i < c->model->n_fields; i++) {
        const NnField *field = &c->model->fields[i];
        uint64_t stream = random_stream(key, field->name);
        int32_t *labels = c->engine.room[i];
        float *floats = (float *)c->engine.room[i] + (size_t)index * (size_t)field->count;
        if (field->kind == NN_LABEL) {
            labels[index] = random_below(stream, 0, field->classes);
            continue;
        }
        for (int k = 0; k < field->count; k++)
            floats[k] = (float)random_normal(stream, (uint64_t)k);
    }
}

/* A step of the phase as both sides see it. The epoch lies in the middle of the phase, where every
 * term of a loss with fading weights has some weight. */
static NnCall make_call(const Checker *c, int64_t step, bool dropout) {
    NnCall call = engine_call(&c->engine, c->phase);
    call.batch = c->batch;
    call.seed = c->seed + 17;
    call.dropout = dropout;
    call.first_sample = step * c->batch;
    call.epochs = c->model->phases[c->phase].epochs;
    call.epoch = call.epochs / 2;
    call.step = step;
    call.steps = 100;
    return call;
}

/* Runs the interpreter on the engine's fields and parameters. `outputs`: metrics and predictions
 * are wanted, too. */
static Reference refer(Checker *c, const NnCall *call, bool outputs) {
    Reference r = {.arena = arena_new()};
    Graph *graph = c->graph;
    const Phase *phase = &graph->phases[c->phase];
    r.values = ARENA_ARRAY(r.arena, double *, graph->n_nodes);
    r.near_tie = ARENA_ARRAY(r.arena, bool, c->batch);
    for (int i = 0; i < c->model->n_fields; i++) {
        const NnField *field = &c->model->fields[i];
        Node *node = field_node(c, field);
        if (!node) continue;
        int64_t count = (int64_t)c->batch * field->count;
        double *values = r.values[node->id] = ARENA_ARRAY(r.arena, double, count);
        const float *floats = c->engine.room[i];
        const int32_t *labels = c->engine.room[i];
        for (int64_t k = 0; k < count; k++)
            values[k] = field->kind == NN_LABEL ? (double)labels[k] : (double)floats[k];
    }
    for (int i = 0; i < c->model->n_params; i++) {
        const NnParam *param = &c->model->params[i];
        Node *node = node_named(graph, "param", param->name);
        if (!node) continue;
        double *values = r.values[node->id] = ARENA_ARRAY(r.arena, double, param->count);
        c->model->get(c->engine.state, 0, 0, i, c->engine.values);
        for (int64_t k = 0; k < param->count; k++) values[k] = (double)c->engine.values[k];
    }
    int most = 2 + phase->n_trained + graph->n_metrics + graph->n_predictions, n = 0;
    Node **wanted = ARENA_ARRAY(r.arena, Node *, most);
    wanted[n++] = phase->loss;
    wanted[n++] = phase->optimizer.lr;
    for (int i = 0; i < phase->n_trained; i++) wanted[n++] = phase->trained[i].gradient;
    for (int i = 0; outputs && i < graph->n_metrics; i++) wanted[n++] = graph->metrics[i].node;
    for (int i = 0; outputs && i < graph->n_predictions; i++)
        wanted[n++] = graph->predictions[i].node;
    Env env = {
        .batch = c->batch,
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
    interpret(r.arena, graph, &env, wanted, n, r.values);
    return r;
}

/* Draws a batch without near ties and gives the reference's results on it. */
static Reference draw_batch(Checker *c, const NnCall *call, bool outputs) {
    for (int i = 0; i < c->model->n_fields; i++) c->engine.fields[i] = c->engine.room[i];
    for (int i = 0; i < c->batch; i++) draw_sample(c, i);
    for (int attempt = 0;; attempt++) {
        Reference r = refer(c, call, outputs);
        int near = 0;
        for (int i = 0; i < c->batch; i++) {
            if (!r.near_tie[i]) continue;
            near++;
            if (attempt < TRIES) draw_sample(c, i);
        }
        /* A model with a tie in every sample is compared all the same: it shows as an error. */
        if (near == 0 || attempt == TRIES) return r;
        c->dropped += near;
        arena_free(r.arena);
    }
}

static void check_loss(Checker *c, const NnCall *call, const Reference *r, const char *what) {
    double wanted = r->values[c->graph->phases[c->phase].loss->id][0];
    double error = fabs(call->loss - wanted);
    if (error > 0) error /= fabs(wanted);
    char phase[32];
    snprintf(phase, sizeof phase, "of phase %d", c->phase + 1);
    worst_note(&c->forward, error, what, phase);
}

static void check_metric(Checker *c, const Reference *r, int index, double found) {
    const NnOutput *metric = &c->model->metrics[index];
    const Node *node = named(c->graph->metrics, c->graph->n_metrics, metric->name);
    if (!node) {
        worst_note(&c->forward, INFINITY, "no node for metric", metric->name);
        return;
    }
    const double *values = r->values[node->id];
    double wanted = 0;
    int n = node->type.kind == KIND_SAMPLE ? c->batch : 1;
    for (int i = 0; i < n; i++) wanted += values[i] / n;
    double error = fabs(found - wanted);
    if (fabs(wanted) > 1) error /= fabs(wanted);
    worst_note(&c->forward, error, "metric", metric->name);
}

static void check_prediction(Checker *c, const Reference *r, int index, const float *found,
                             const float *again) {
    const NnOutput *output = &c->model->predictions[index];
    const Node *node = named(c->graph->predictions, c->graph->n_predictions, output->name);
    int64_t count = (int64_t)c->batch * output->count;
    if (!node) {
        worst_note(&c->forward, INFINITY, "no node for prediction", output->name);
        return;
    }
    const double *wanted = r->values[node->id];
    double error = relative_error(found, wanted, count);
    for (int64_t i = 0; output->classes > 0 && i < count; i++)
        if ((double)found[i] != wanted[i]) error = INFINITY;
    worst_note(&c->forward, error, "prediction", output->name);
    if (memcmp(found, again, (size_t)count * sizeof *found) != 0)
        worst_note(&c->forward, INFINITY, "evaluate and predict differ in", output->name);
}

static void check_forward(Checker *c) {
    const NnModel *model = c->model;
    NnCall call = make_call(c, 0, false);
    Reference r = draw_batch(c, &call, true);
    double *metrics = ARENA_ARRAY(r.arena, double, model->n_metrics);
    float **found = ARENA_ARRAY(r.arena, float *, model->n_predictions);
    float **again = ARENA_ARRAY(r.arena, float *, model->n_predictions);
    for (int i = 0; i < model->n_predictions; i++) {
        found[i] = ARENA_ARRAY(r.arena, float, c->batch * model->predictions[i].count);
        again[i] = ARENA_ARRAY(r.arena, float, c->batch * model->predictions[i].count);
    }
    call.metrics = metrics;
    call.predictions = found;
    c->engine.code->evaluate(&call);
    check_loss(c, &call, &r, "loss");
    call.predictions = again;
    c->engine.code->predict(&call);
    for (int i = 0; i < model->n_metrics; i++) check_metric(c, &r, i, metrics[i]);
    for (int i = 0; i < model->n_predictions; i++) check_prediction(c, &r, i, found[i], again[i]);
    arena_free(r.arena);
}

/* The phase's entry for a parameter of the model, or NULL. */
static const Trained *trained_named(const Checker *c, const char *name) {
    const Phase *phase = &c->graph->phases[c->phase];
    for (int i = 0; i < phase->n_trained; i++)
        if (strcmp(phase->trained[i].param->name, name) == 0) return &phase->trained[i];
    return NULL;
}

/* Compares the gradients that a call left; true if one of them is not zero throughout. */
static bool check_gradients(Checker *c, const NnCall *call, const Reference *r) {
    const NnPhase *phase = &c->model->phases[c->phase];
    bool moved = false;
    for (int i = 0; i < phase->n_trained; i++) {
        const NnParam *param = &c->model->params[phase->trained[i]];
        const Trained *trained = trained_named(c, param->name);
        if (!trained) {
            worst_note(&c->gradient, INFINITY, "no gradient in the graph for", param->name);
            continue;
        }
        const double *wanted = r->values[trained->gradient->id];
        c->model->get_gradient(call, phase->trained[i], c->engine.values);
        for (int64_t k = 0; k < param->count && !moved; k++) moved = wanted[k] != 0;
        worst_note(&c->gradient, relative_error(c->engine.values, wanted, param->count),
                   "gradient of", param->name);
    }
    if (phase->n_trained != c->graph->phases[c->phase].n_trained)
        worst_note(&c->gradient, INFINITY, "other number of trained parameters than", "the graph");
    return moved;
}

/* Everything that a step may change, before it: [slot][param]. Slot 0 is the parameters. */
typedef struct Before {
    float **values[4];
    double **gradients; /* compiled, per trained parameter */
} Before;

static bool is_trained(const NnPhase *phase, int param) {
    for (int i = 0; i < phase->n_trained; i++)
        if (phase->trained[i] == param) return true;
    return false;
}

static Before remember(const Checker *c, Arena *arena, const NnCall *call) {
    const NnPhase *phase = &c->model->phases[c->phase];
    Before before = {.gradients = ARENA_ARRAY(arena, double *, c->model->n_params)};
    for (int slot = 0; slot <= phase->n_slots; slot++) {
        before.values[slot] = ARENA_ARRAY(arena, float *, c->model->n_params);
        for (int i = 0; i < c->model->n_params; i++) {
            if (slot > 0 && !is_trained(phase, i)) continue;
            before.values[slot][i] = ARENA_ARRAY(arena, float, c->model->params[i].count);
            c->model->get(c->engine.state, c->phase, slot, i, before.values[slot][i]);
        }
    }
    for (int t = 0; t < phase->n_trained; t++) {
        int i = phase->trained[t];
        int64_t count = c->model->params[i].count;
        before.gradients[i] = ARENA_ARRAY(arena, double, count);
        c->model->get_gradient(call, i, c->engine.values);
        for (int64_t k = 0; k < count; k++) before.gradients[i][k] = (double)c->engine.values[k];
    }
    return before;
}

/* Compares a parameter and its moments after a step with the reference's update. */
static void check_update(Checker *c, Arena *arena, const Before *before, int param, int64_t step,
                         double lr) {
    const NnPhase *phase = &c->model->phases[c->phase];
    const NnParam *p = &c->model->params[param];
    double *wanted[4] = {0};
    for (int slot = 0; slot <= phase->n_slots; slot++) {
        wanted[slot] = ARENA_ARRAY(arena, double, p->count);
        for (int64_t k = 0; k < p->count; k++)
            wanted[slot][k] = (double)before->values[slot][param][k];
    }
    reference_update(&c->graph->phases[c->phase].optimizer, step, lr, p->count, wanted[0],
                     before->gradients[param], wanted + 1);
    for (int slot = 0; slot <= phase->n_slots; slot++) {
        c->model->get(c->engine.state, c->phase, slot, param, c->engine.values);
        worst_note(
            &c->step,
            update_error(c->engine.values, wanted[slot], before->values[slot][param], p->count),
            slot ? phase->slots[slot - 1] : "step of", p->name);
    }
}

static void check_step(Checker *c, int64_t step) {
    const NnPhase *phase = &c->model->phases[c->phase];
    NnCall call = make_call(c, step, true);
    Reference r = draw_batch(c, &call, false);
    c->engine.code->gradient(&call);
    check_loss(c, &call, &r, "loss with dropout");
    check_gradients(c, &call, &r);
    Before before = remember(c, r.arena, &call);
    c->engine.code->train(&call);
    check_loss(c, &call, &r, "loss of a step");
    double lr = r.values[c->graph->phases[c->phase].optimizer.lr->id][0];
    for (int i = 0; i < c->model->n_params; i++) {
        const NnParam *param = &c->model->params[i];
        if (is_trained(phase, i)) {
            check_update(c, r.arena, &before, i, step, lr);
            continue;
        }
        c->model->get(c->engine.state, c->phase, 0, i, c->engine.values);
        if (memcmp(c->engine.values, before.values[0][i], (size_t)param->count * sizeof(float)) !=
            0)
            worst_note(&c->step, INFINITY, "moved without being trained:", param->name);
    }
    arena_free(r.arena);
}

static void check_phase(Checker *c) {
    engine_init(&c->engine, c->seed + (uint64_t)c->phase);
    c->model->reset(c->engine.state, c->phase);
    engine_prepare(&c->engine, c->phase);
    check_forward(c);
    NnCall call = make_call(c, 0, false);
    Reference r = draw_batch(c, &call, false);
    c->engine.code->gradient(&call);
    check_loss(c, &call, &r, "loss");
    if (!check_gradients(c, &call, &r)) c->zero = true;
    arena_free(r.arena);
    for (int step = 0; step < STEPS; step++) check_step(c, step);
}

/* Ops state how far compiled code may be off where 1e-5 is not to be had. */
static double stated_bound(const Graph *graph) {
    double bound = value_bound;
    for (int i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i]->op->bound > bound) bound = graph->nodes[i]->op->bound;
    return bound;
}

static bool report(const Checker *c, bool json_wanted) {
    const struct {
        const char *key;
        const Worst *worst;
        double bound;
    } rows[] = {{"forward_error", &c->forward, c->bound},
                {"gradient_error", &c->gradient, c->bound},
                {"step_error", &c->step, step_bound}};
    bool ok = !c->zero;
    const char *worst = c->zero ? "all gradients are zero" : "";
    double share = 0;
    for (int i = 0; i < 3; i++) {
        double of = rows[i].worst->error / rows[i].bound;
        ok = ok && of <= 1;
        if (c->zero || of <= share) continue;
        share = of;
        worst = rows[i].worst->name;
    }
    if (json_wanted) {
        json_t *json = json_pack("{s:b, s:s}", "ok", ok, "isa", c->engine.code->isa);
        for (int i = 0; i < 3; i++)
            json_object_set_new(json, rows[i].key, json_number(rows[i].worst->error));
        json_object_set_new(json, "worst", json_string(worst));
        json_line(stdout, json);
    } else {
        printf("%s on %s: %s\n", c->model->name, c->engine.code->isa, ok ? "ok" : "FAILED");
        for (int i = 0; i < 3; i++)
            printf("  %-14s  %8.1e of %.0e  %s\n", rows[i].key, rows[i].worst->error, rows[i].bound,
                   rows[i].worst->name);
        printf("  %lld samples redrawn near ties\n", (long long)c->dropped);
        if (c->zero) printf("  all gradients of a phase are zero: nothing was compared\n");
    }
    return ok;
}

Status check_command(const NnModel *model, const Options *options) {
    if (model->n_phases == 0) {
        problem("model \"%s\" has no training phase", model->name);
        return STATUS_FAILED;
    }
    int64_t batch = options->number[OPTION_BATCH];
    Checker c = {.model = model,
                 .seed = (uint64_t)options->number[OPTION_SEED],
                 .batch = batch > 0 ? (int)batch : PRESET_BATCH};
    Arena *arena = arena_new();
    bool ok = engine_open(&c.engine, model, options, c.batch) == STATUS_OK;
    if (ok) {
        c.graph = graph_parse(arena, diag_new(arena), model->graph);
        c.bound = stated_bound(c.graph);
        for (c.phase = 0; c.phase < model->n_phases; c.phase++) check_phase(&c);
        ok = report(&c, option_given(options, OPTION_JSON));
    }
    engine_close(&c.engine);
    arena_free(arena);
    return ok ? STATUS_OK : STATUS_FAILED;
}
