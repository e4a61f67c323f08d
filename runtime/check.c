/* `check`: the compiled code against the double-precision interpreter.
 *
 * Per phase, on random samples (redrawn where a decision is so near a tie that rounding could turn
 * it):
 *   forward_error   loss, metrics and predictions, without dropout, and the loss of training
 *                   steps with dropout; class indices must be equal
 *   gradient_error  every gradient, without and with dropout, relative to the tensor's largest
 *                   value; gradients that are zero throughout on both sides prove nothing, so all
 *                   of a phase being so is a failure
 *                   Both: where terms cancel, a few roundings of the terms are more than the bound
 *                   allows of the sum. What the reference shows such roundings to cost counts less.
 *   step_error      parameters and moments after each of several steps, relative to the largest
 *                   movement in the tensor, less one rounding to float. The reference starts each
 *                   step from the compiled parameters and moments and is fed the compiled gradient
 *                   (which is checked above): a step of Adam divides by the root of a mean square,
 *                   so that rounding in a gradient near zero may turn its sign and with it the
 *                   whole step. Parameters that the phase does not train must keep their bits. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

enum { PRESET_BATCH = 7, STEPS = 4, TRIES = 200, MOST_SLOTS = 4 };
static const double value_bound = 1e-5, step_bound = 1e-4, tie_width = 1e-5;
/* As many times what the reference's few ways of rounding cost may be due to others. */
static const double roundings = 4;

typedef struct Checker {
    const NnModel *model;
    Graph *graph;
    Engine engine;
    void *before; /* the state before a step */
    uint64_t seed;
    uint64_t draws;  /* random samples drawn so far */
    int64_t dropped; /* those redrawn near ties */
    int phase, batch;
    Worst forward, gradient, step;
    double bound; /* of forward and gradient: the largest that an op of the graph states */
    bool zero;    /* a phase had nothing but zero gradients */
} Checker;

void worst_note(Worst *worst, double error, const char *what, const char *name) {
    if (isnan(error)) error = INFINITY;
    if (error <= worst->error) return;
    worst->error = error;
    snprintf(worst->name, sizeof worst->name, "%s %s", what, name);
}

double relative_error(const float *found, const double *wanted, const float *before,
                      int64_t count) {
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)found[i] - wanted[i]), size = fabs(wanted[i]);
        if (before) {
            off -= FLT_EPSILON * size;
            size = fabs(wanted[i] - (double)before[i]);
        }
        if (!isfinite(off)) return INFINITY;
        if (off > difference) difference = off;
        if (size > largest) largest = size;
    }
    /* What is smaller than normal is flushed to zero by an update. */
    if (difference <= (before ? (double)FLT_MIN : 0)) return 0;
    return largest > 0 ? difference / largest : INFINITY;
}

Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call, double tie) {
    static const char *const ops[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    const NnModel *model = engine->model;
    const Env env = {
        .batch = call->batch,
        .dropout = call->dropout,
        .seed = call->seed,
        .first_sample = call->first_sample,
        .epoch = (double)call->epoch,
        .epochs = (double)call->epochs,
        .step = (double)call->step,
        .steps = (double)call->steps,
        .tie = tie,
    };
    Reference r = reference_new(graph, call->phase, env);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        int64_t count = (int64_t)call->batch * field->count;
        double *values = reference_room(&r, ops[field->kind], field->name, count);
        const float *floats = engine->fields[i];
        const int32_t *labels = engine->fields[i];
        for (int64_t k = 0; values && floats && k < count; k++)
            values[k] = field->kind == NN_LABEL ? (double)labels[k] : (double)floats[k];
    }
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        double *values = reference_room(&r, "param", param->name, param->count);
        model->get(engine->state, 0, 0, i, engine->values);
        for (int64_t k = 0; values && k < param->count; k++) values[k] = (double)engine->values[k];
    }
    reference_run(&r);
    return r;
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
    int64_t epochs = c->model->phases[c->phase].epochs;
    NnCall call =
        engine_call(&c->engine, (When){c->phase, epochs / 2, epochs, step, 100}, c->batch);
    call.seed = c->seed + 17;
    call.dropout = dropout;
    call.first_sample = step * c->batch;
    return call;
}

/* Draws a batch without near ties and gives the reference's results on it. */
static Reference draw_batch(Checker *c, const NnCall *call) {
    for (int i = 0; i < c->model->n_fields; i++) c->engine.fields[i] = c->engine.room[i];
    for (int i = 0; i < c->batch; i++) draw_sample(c, i);
    for (int attempt = 0;; attempt++) {
        Reference r = reference_of(c->graph, &c->engine, call, tie_width);
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

/* An error relative to the largest value of a node, in which rounding is not to be blamed twice. */
static double judged(const Checker *c, Reference *r, const Node *node, double error) {
    if (!(error > c->bound) || isinf(error)) return error;
    return error / fmax(1, roundings * reference_rounding(r, node) / c->bound);
}

static void check_loss(Checker *c, const NnCall *call, Reference *r, const char *what) {
    const Node *loss = c->graph->phases[c->phase].loss;
    double wanted = r->values[loss->id][0];
    double error = fabs(call->loss - wanted);
    if (error > 0) error = judged(c, r, loss, error / fabs(wanted));
    char phase[32];
    snprintf(phase, sizeof phase, "of phase %d", c->phase + 1);
    worst_note(&c->forward, error, what, phase);
}

static const Node *output_named(Checker *c, const Named *list, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return list[i].node;
    worst_note(&c->forward, INFINITY, "no node for", name);
    return NULL;
}

static void check_metric(Checker *c, const Reference *r, const char *name, double found) {
    const Node *node = output_named(c, c->graph->metrics, c->graph->n_metrics, name);
    if (!node) return;
    double wanted = 0;
    int n = node->type.kind == KIND_SAMPLE ? c->batch : 1;
    for (int i = 0; i < n; i++) wanted += r->values[node->id][i] / n;
    double error = fabs(found - wanted);
    if (fabs(wanted) > 1) error /= fabs(wanted);
    worst_note(&c->forward, error, "metric", name);
}

static void check_prediction(Checker *c, Reference *r, const NnOutput *output, const float *found,
                             const float *again) {
    const Node *node =
        output_named(c, c->graph->predictions, c->graph->n_predictions, output->name);
    if (!node) return;
    int64_t count = (int64_t)c->batch * output->count;
    const double *wanted = r->values[node->id];
    double error = judged(c, r, node, relative_error(found, wanted, NULL, count));
    for (int64_t i = 0; output->classes > 0 && i < count; i++)
        if ((double)found[i] != wanted[i]) error = INFINITY;
    worst_note(&c->forward, error, "prediction", output->name);
    if (memcmp(found, again, (size_t)count * sizeof *found) != 0)
        worst_note(&c->forward, INFINITY, "evaluate and predict differ in", output->name);
}

static void check_forward(Checker *c) {
    const NnModel *model = c->model;
    NnCall call = make_call(c, 0, false);
    Reference r = draw_batch(c, &call);
    double *metrics = ARENA_ARRAY(r.arena, double, model->n_metrics);
    float **found = predictions_new(model, c->batch), **again = predictions_new(model, c->batch);
    call.metrics = metrics;
    call.predictions = found;
    c->engine.code->evaluate(&call);
    check_loss(c, &call, &r, "loss");
    call.predictions = again;
    c->engine.code->predict(&call);
    for (int i = 0; i < model->n_metrics; i++)
        check_metric(c, &r, model->metrics[i].name, metrics[i]);
    for (int i = 0; i < model->n_predictions; i++)
        check_prediction(c, &r, &model->predictions[i], found[i], again[i]);
    arena_free(r.arena);
}

/* Compares the gradients that a call left; true if one of them is not zero throughout. */
static bool check_gradients(Checker *c, const NnCall *call, Reference *r) {
    const NnPhase *phase = &c->model->phases[c->phase];
    const Phase *graph = &c->graph->phases[c->phase];
    bool moved = false;
    for (int i = 0; i < phase->n_trained; i++) {
        const NnParam *param = &c->model->params[phase->trained[i]];
        int t = 0;
        while (t < graph->n_trained && strcmp(graph->trained[t].param->name, param->name) != 0) t++;
        if (t == graph->n_trained) {
            worst_note(&c->gradient, INFINITY, "no gradient in the graph for", param->name);
            continue;
        }
        const Node *gradient = graph->trained[t].gradient;
        const double *wanted = r->values[gradient->id];
        c->model->get_gradient(call, phase->trained[i], c->engine.values);
        for (int64_t k = 0; k < param->count && !moved; k++) moved = wanted[k] != 0;
        double error = relative_error(c->engine.values, wanted, NULL, param->count);
        worst_note(&c->gradient, judged(c, r, gradient, error), "gradient of", param->name);
    }
    if (phase->n_trained != graph->n_trained)
        worst_note(&c->gradient, INFINITY, "other number of trained parameters than", "the graph");
    return moved;
}

static double *widened(Arena *arena, const float *values, int64_t count) {
    double *wide = ARENA_ARRAY(arena, double, count);
    for (int64_t k = 0; k < count; k++) wide[k] = (double)values[k];
    return wide;
}

/* A parameter (slot 0) and its moments before a step, and the gradient that the step goes by. */
typedef struct Before {
    int64_t count;
    int n_slots;
    float *slot[MOST_SLOTS], *gradient; /* no gradient: the phase does not train it */
} Before;

/* The reference's update, by `factor` times the gradient; [slot][count]. */
static void update(const Checker *c, const NnCall *call, const Reference *r, const Before *before,
                   double factor, double **after) {
    const Optimizer *optimizer = &c->graph->phases[c->phase].optimizer;
    for (int slot = 0; slot <= before->n_slots; slot++)
        after[slot] = widened(r->arena, before->slot[slot], before->count);
    if (!before->gradient) return;
    double *gradient = widened(r->arena, before->gradient, before->count);
    for (int64_t i = 0; i < before->count; i++) gradient[i] *= factor;
    reference_update(optimizer, call->step, r->values[optimizer->lr->id][0], before->count,
                     after[0], gradient, after + 1);
}

/* An error of a step relative to its largest movement. Where the gradient and the decay, or a
 * moment, nearly cancel, the step hangs on their last bits: what those cost counts less. */
static double judged_step(const Checker *c, const NnCall *call, const Reference *r,
                          const Before *before, int slot, double *const *wanted, double error) {
    if (!(error > step_bound) || isinf(error) || !before->gradient) return error;
    double *nudged[MOST_SLOTS], off = 0, movement = 0;
    update(c, call, r, before, 1 + (double)FLT_EPSILON / 2, nudged);
    for (int64_t i = 0; i < before->count; i++) {
        off = fmax(off, fabs(nudged[slot][i] - wanted[slot][i]));
        movement = fmax(movement, fabs(wanted[slot][i] - (double)before->slot[slot][i]));
    }
    return error / fmax(1, roundings * off / movement / step_bound);
}

/* Compares a parameter and its moments after the step of the call, which has left its gradient,
 * with the reference's update of what was before; what is not trained must be the same. */
static void check_update(Checker *c, const NnCall *call, const Reference *r, int param,
                         bool trained) {
    const NnModel *model = c->model;
    const NnParam *p = &model->params[param];
    Before before = {.count = p->count, .n_slots = trained ? model->phases[c->phase].n_slots : 0};
    for (int slot = 0; slot <= before.n_slots; slot++) {
        before.slot[slot] = ARENA_ARRAY(r->arena, float, p->count);
        model->get(c->before, c->phase, slot, param, before.slot[slot]);
    }
    if (trained) {
        before.gradient = ARENA_ARRAY(r->arena, float, p->count);
        model->get_gradient(call, param, before.gradient);
    }
    double *wanted[MOST_SLOTS];
    update(c, call, r, &before, 1, wanted);
    float *found = c->engine.values;
    for (int slot = 0; slot <= before.n_slots; slot++) {
        model->get(c->engine.state, c->phase, slot, param, found);
        double error = relative_error(found, wanted[slot], before.slot[slot], p->count);
        worst_note(&c->step, judged_step(c, call, r, &before, slot, wanted, error),
                   slot ? model->phases[c->phase].slots[slot - 1] : "step of", p->name);
    }
    if (!trained && memcmp(found, before.slot[0], (size_t)p->count * sizeof *found) != 0)
        worst_note(&c->step, INFINITY, "moved without being trained:", p->name);
}

static void check_step(Checker *c, int64_t step) {
    const NnPhase *phase = &c->model->phases[c->phase];
    NnCall call = make_call(c, step, true);
    Reference r = draw_batch(c, &call);
    memcpy(c->before, c->engine.state, c->model->state_bytes);
    c->engine.code->train(&call);
    check_loss(c, &call, &r, "loss of a step");
    call.state = c->before;
    c->engine.code->gradient(&call);
    check_loss(c, &call, &r, "loss with dropout");
    check_gradients(c, &call, &r);
    for (int i = 0, t = 0; i < c->model->n_params; i++) {
        bool trained = t < phase->n_trained && phase->trained[t] == i;
        check_update(c, &call, &r, i, trained);
        t += trained;
    }
    arena_free(r.arena);
}

static void check_phase(Checker *c) {
    engine_init(&c->engine, c->seed + (uint64_t)c->phase);
    c->model->reset(c->engine.state, c->phase);
    engine_prepare(&c->engine, c->phase);
    check_forward(c);
    NnCall call = make_call(c, 0, false);
    Reference r = draw_batch(c, &call);
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

bool check_command(const NnModel *model, const Options *options) {
    int64_t batch = options->number[OPTION_BATCH];
    Checker c = {.model = model,
                 .seed = (uint64_t)options->number[OPTION_SEED],
                 .batch = batch > 0 ? (int)batch : PRESET_BATCH};
    if (!engine_open(&c.engine, model, options, c.batch, NULL)) return false;
    Arena *arena = arena_new();
    c.before = allocate(model->state_bytes, 1);
    c.graph = graph_parse(arena, diag_new(arena), model->graph);
    c.bound = stated_bound(c.graph);
    for (c.phase = 0; c.phase < model->n_phases; c.phase++) check_phase(&c);
    bool ok = report(&c, option_given(options, OPTION_JSON));
    arena_free(arena);
    return ok;
}
