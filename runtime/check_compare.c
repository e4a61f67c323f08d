/* What `check` compares: loss, metrics, predictions, gradients, steps; check.c defines the errors.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "schedule.h"

enum { MOST_SLOTS = 1 + MAX_MOMENTS };

/* Safety factor: the estimate tries only a few roundings. */
static const double roundings = 4;

/* Twice the largest error of rounding a value to float, relative to it. */
static const double one_rounding = FLT_EPSILON;

/* Gradients below this fraction of the network's largest count as zero: remainders of terms that
 * cancel.
 */
static const double zero_gradient = 1e-6;

void worst_note(Worst *worst, double error, const char *what, const char *name) {
    if (isnan(error)) error = INFINITY;
    if (error <= worst->error) return;
    worst->error = error;
    snprintf(worst->name, sizeof worst->name, "%s %s", what, name);
}

Distance distance_of(const float *found, const double *wanted, const float *before, int64_t count,
                     double rounding) {
    Distance d = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        double off = fabs((double)found[i] - wanted[i]), size = fabs(wanted[i]);
        if (before) {
            off -= rounding * size;
            size = fabs(wanted[i] - (double)before[i]);
        }
        d.off = isfinite(off) ? fmax(d.off, off) : INFINITY;
        d.size = fmax(d.size, size);
    }
    /* Subnormal numbers have fewer digits: an error below the normal numbers is rounding. */
    if (before && d.off <= (double)FLT_MIN) d.off = 0;
    return d;
}

double relative_error(Distance d) {
    if (d.off == 0) return 0;
    return d.size > 0 && isfinite(d.off) ? d.off / d.size : INFINITY;
}

/* The relative error less the effect of rounding in the reference: where terms cancel, a few
 * roundings of them exceed the bound on their sum. */
static double judged(const Checker *c, Reference *r, const Node *node, Distance d) {
    if (relative_error(d) > c->bound)
        d.size = fmax(d.size, roundings * reference_rounding(r, node) / c->bound);
    return relative_error(d);
}

static NnMember member_of(const Checker *c) {
    return schedule_member(&c->model->phases[c->phase], c->member);
}

/* ", member 2", where members take turns. */
static const char *member_words(const Checker *c) {
    return c->model->phases[c->phase].n_members ? format_text(", member %d", c->member + 1) : "";
}

void check_loss(Checker *c, const NnCall *call, Reference *r, const char *what) {
    const Node *loss = c->graph->phases[c->graph_phase].loss;
    double wanted = r->values[loss->id][0];
    double error = judged(c, r, loss, (Distance){fabs(call->loss - wanted), fabs(wanted)});
    char phase[64];
    snprintf(phase, sizeof phase, "of phase %d%s", c->phase + 1, member_words(c));
    worst_note(&c->forward, error, what, phase);
}

static int output_named(Checker *c, const Named *list, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return i;
    worst_note(&c->forward, INFINITY, "no node for", name);
    return -1;
}

static void check_metric(Checker *c, Reference *r, const char *name, double found) {
    const int metric = output_named(c, c->graph->metrics, c->graph->n_metrics, name);
    if (metric < 0) return;
    const Node *node = graph_metric(c->graph, metric, c->graph_phase);
    const double wanted = r->values[node->id][0];
    Distance d = {fabs(found - wanted), fmax(1, fabs(wanted))};
    for (int i = 0; relative_error(d) > c->bound && i < ROUNDED_RUNS; i++) {
        double change = fabs(reference_rounded(r, i)[node->id][0] - wanted);
        d.size = fmax(d.size, roundings * change / c->bound);
    }
    worst_note(&c->forward, relative_error(d), "metric", name);
}

/* Whether the class is the right one, or one that some rounding gives. */
static bool is_class(Reference *r, const Node *node, int64_t k, double found) {
    bool right = found == r->values[node->id][k];
    for (int i = 0; i < ROUNDED_RUNS && !right; i++)
        right = found == reference_rounded(r, i)[node->id][k];
    return right;
}

static void check_prediction(Checker *c, Reference *r, const NnOutput *output, const float *found,
                             const float *again) {
    const int at = output_named(c, c->graph->predictions, c->graph->n_predictions, output->name);
    if (at < 0) return;
    const Node *node = c->graph->predictions[at].node;
    int64_t count = (int64_t)c->batch * output->count;
    double error = 0;
    if (output->classes == 0)
        error = judged(c, r, node, distance_of(found, r->values[node->id], NULL, count, 0));
    for (int64_t i = 0; output->classes > 0 && i < count; i++)
        if (!is_class(r, node, i, (double)found[i])) error = INFINITY;
    worst_note(&c->forward, error, "prediction", output->name);
    if (memcmp(found, again, (size_t)count * sizeof *found) != 0)
        worst_note(&c->forward, INFINITY, "evaluate and predict differ in", output->name);
}

/* The sums of the same samples twice have the same means, to the bit: twice a sum is exact. */
static void check_sums(Checker *c, NnCall call, Reference *r) {
    const int n = c->model->n_metrics;
    const double loss = call.loss, *once = call.metrics;
    call.metrics = ARENA_ARRAY(r->arena, double, n);
    call.sums = ARENA_ARRAY(r->arena, double, c->model->n_sums);
    for (int i = 0; i < 2; i++) c->engine.code->evaluate(&call);
    call.loss = 0;
    memset(call.metrics, 0, (size_t)n * sizeof *call.metrics);
    c->model->score(&call);
    if (call.sums[0] != 2 * c->batch || memcmp(&call.loss, &loss, sizeof loss) != 0)
        worst_note(&c->forward, INFINITY, "evaluate and score differ in", "loss");
    for (int i = 0; i < n; i++)
        if (memcmp(&call.metrics[i], &once[i], sizeof *once) != 0)
            worst_note(&c->forward, INFINITY, "evaluate and score differ in",
                       c->model->metrics[i].name);
}

void check_outputs(Checker *c, NnCall call, Reference *r) {
    const NnModel *model = c->model;
    double *metrics = ARENA_ARRAY(r->arena, double, model->n_metrics);
    float **found = predictions_new(model, c->batch), **again = predictions_new(model, c->batch);
    call.metrics = metrics;
    call.predictions = found;
    c->engine.code->evaluate(&call);
    check_loss(c, &call, r, "loss");
    check_sums(c, call, r);
    call.predictions = again;
    c->engine.code->predict(&call);
    for (int i = 0; i < model->n_metrics; i++)
        check_metric(c, r, model->metrics[i].name, metrics[i]);
    for (int i = 0; i < model->n_predictions; i++)
        check_prediction(c, r, &model->predictions[i], found[i], again[i]);
}

/* What the graph's phase has of a parameter that it trains; NULL: it does not train it. */
static const Trained *trained_of(const Phase *phase, const char *param) {
    for (int i = 0; i < phase->n_trained; i++)
        if (strcmp(phase->trained[i].param->name, param) == 0) return &phase->trained[i];
    return NULL;
}

/* The largest of all gradients of the phase. */
static double largest_gradient(const Phase *phase, const Reference *r) {
    double largest = 0;
    for (int i = 0; i < phase->n_trained; i++) {
        const Node *gradient = phase->trained[i].gradient;
        const int64_t count = node_count(gradient);
        for (int64_t k = 0; k < count; k++)
            largest = fmax(largest, fabs(r->values[gradient->id][k]));
    }
    return largest;
}

bool check_gradients(Checker *c, const NnCall *call, Reference *r) {
    const NnMember member = member_of(c);
    const Phase *graph = &c->graph->phases[c->graph_phase];
    const double largest = largest_gradient(graph, r);
    double noise = 0;
    for (int i = 0; i < member.n_trained; i++) {
        const NnParam *param = &c->model->params[member.trained[i]];
        const Trained *trained = trained_of(graph, param->name);
        const Node *gradient = trained ? trained->gradient : NULL;
        if (!gradient) {
            worst_note(&c->gradient, INFINITY, "no gradient in the graph for", param->name);
            continue;
        }
        c->model->get_gradient(call, member.trained[i], c->engine.values);
        Distance d = distance_of(c->engine.values, r->values[gradient->id], NULL, param->count, 0);
        if (d.size < zero_gradient * largest) d.size = largest;
        if (relative_error(d) > c->bound) noise = fmax(noise, reference_rounding(r, gradient));
        worst_note(&c->gradient, judged(c, r, gradient, d), "gradient of", param->name);
    }
    if (member.n_trained != graph->n_trained)
        worst_note(&c->gradient, INFINITY, "other number of trained parameters than", "the graph");
    return largest > noise;
}

static double *widened(Arena *arena, const float *values, int64_t count) {
    double *wide = ARENA_ARRAY(arena, double, count);
    for (int64_t k = 0; k < count; k++) wide[k] = (double)values[k];
    return wide;
}

/* A parameter (slot 0) and its moments before a step, and the gradient of the step. */
typedef struct Before {
    int64_t count;
    int n_slots;
    float *slot[MOST_SLOTS], *gradient; /* no gradient: the phase does not train it */
    const Optimizer *optimizer;
    double factor; /* of the gradient, by a bound of its norm */
} Before;

/* The reference's update, by `factor` times the gradient; [slot][count]. */
static void update(const Checker *c, const NnCall *call, const Reference *r, const Before *before,
                   double factor, double **after) {
    const Phase *phase = &c->graph->phases[c->graph_phase];
    const Optimizer *optimizer = before->optimizer;
    for (int slot = 0; slot <= before->n_slots; slot++)
        after[slot] = widened(r->arena, before->slot[slot], before->count);
    if (!before->gradient) return;
    double *gradient = widened(r->arena, before->gradient, before->count);
    for (int64_t i = 0; i < before->count; i++)
        gradient[i] = reference_clip(phase, before->factor, factor * gradient[i]);
    double *moments[MAX_MOMENTS];
    int places[MAX_MOMENTS];
    slots_of(phase_slots(r->arena, phase), optimizer, places);
    for (int i = 0; optimizer_slots(optimizer)[i]; i++) moments[i] = after[1 + places[i]];
    const int64_t step = nn_member_steps(&c->model->phases[c->phase], c->member, call->step);
    reference_update(optimizer, step, r->values[optimizer->lr->id][0], before->count, after[0],
                     gradient, moments);
}

/* An error of a step relative to its largest movement. Where the gradient and the decay, or a
 * moment, nearly cancel, the step depends on their last bits: their effect is subtracted. */
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

/* What a step may round off its parameter. One that is multiplied first is rounded twice, and so is
 * the factor, just below 1, where floats are twice as dense. */
static double update_rounding(const Before *before) {
    const bool scales = before->gradient && before->optimizer->kind->scales &&
                        before->optimizer->kind->scales(before->optimizer);
    return scales ? one_rounding * 1.25 : one_rounding;
}

/* The factor that a bound of the norm gives the gradient of the call. */
static double clip_factor(const Checker *c, const NnCall *call) {
    const NnMember member = member_of(c);
    double squares = 0;
    for (int i = 0; i < member.n_trained; i++) {
        const int64_t count = c->model->params[member.trained[i]].count;
        c->model->get_gradient(call, member.trained[i], c->engine.values);
        for (int64_t k = 0; k < count; k++)
            squares += (double)c->engine.values[k] * (double)c->engine.values[k];
    }
    return reference_clip_factor(&c->graph->phases[c->graph_phase], squares);
}

/* Compares the average of a parameter after the step with that of the one before it. */
static void check_average(Checker *c, const Reference *r, int param) {
    const NnModel *model = c->model;
    const int64_t count = model->params[param].count;
    const double share = 1 - model->phases[c->phase].ema;
    float *values = ARENA_ARRAY(r->arena, float, count);
    float *before = ARENA_ARRAY(r->arena, float, count);
    double *wanted = ARENA_ARRAY(r->arena, double, count);
    model->get(c->engine.state, c->phase, 0, param, values);
    model->get(c->before, c->phase, NN_AVERAGE, param, before);
    for (int64_t i = 0; i < count; i++)
        wanted[i] = (double)before[i] + share * ((double)values[i] - (double)before[i]);
    model->get(c->engine.state, c->phase, NN_AVERAGE, param, values);
    worst_note(&c->step, relative_error(distance_of(values, wanted, before, count, one_rounding)),
               "average of", model->params[param].name);
}

/* Compares a parameter and its moments after the step of the call, which has left its gradient,
 * with the reference's update of the state before; untrained parameters must be unchanged. */
static void check_update(Checker *c, const NnCall *call, const Reference *r, int param,
                         const Trained *trained, double factor) {
    const NnModel *model = c->model;
    const NnParam *p = &model->params[param];
    const NnMember member = member_of(c);
    Before before = {.count = p->count, .n_slots = trained ? member.n_slots : 0, .factor = factor};
    for (int slot = 0; slot <= before.n_slots; slot++) {
        before.slot[slot] = ARENA_ARRAY(r->arena, float, p->count);
        model->get(c->before, c->phase, slot ? member.first_slot + slot : 0, param,
                   before.slot[slot]);
    }
    if (trained) {
        before.optimizer = phase_optimizer(&c->graph->phases[c->graph_phase], trained->group);
        before.gradient = ARENA_ARRAY(r->arena, float, p->count);
        model->get_gradient(call, param, before.gradient);
    }
    double *wanted[MOST_SLOTS];
    update(c, call, r, &before, 1, wanted);
    float *found = c->engine.values;
    for (int slot = 0; slot <= before.n_slots; slot++) {
        const int place = slot ? member.first_slot + slot : 0;
        model->get(c->engine.state, c->phase, place, param, found);
        double error = relative_error(distance_of(found, wanted[slot], before.slot[slot], p->count,
                                                  slot ? one_rounding : update_rounding(&before)));
        worst_note(&c->step, judged_step(c, call, r, &before, slot, wanted, error),
                   slot ? model->phases[c->phase].slots[place - 1] : "step of", p->name);
    }
    if (model->phases[c->phase].ema > 0) check_average(c, r, param);
    if (!trained && memcmp(found, before.slot[0], (size_t)p->count * sizeof *found) != 0)
        worst_note(&c->step, INFINITY, "moved without being trained:", p->name);
}

/* The node of a state's next value; NULL: the phase leaves it. */
static const Node *next_of(const Phase *phase, const char *state) {
    for (int i = 0; i < phase->n_assigned; i++)
        if (strcmp(phase->assigned[i].state->name, state) == 0) return phase->assigned[i].value;
    return NULL;
}

/* Compares a state after the step with the reference's. Where terms of its movement cancel, their
 * roundings count less. */
static void check_state(Checker *c, Reference *r, int param, const Node *next) {
    const NnParam *p = &c->model->params[param];
    float *before = ARENA_ARRAY(r->arena, float, p->count), *found = c->engine.values;
    c->model->get(c->before, c->phase, 0, param, before);
    c->model->get(c->engine.state, c->phase, 0, param, found);
    Distance d = distance_of(found, r->values[next->id], before, p->count, one_rounding);
    if (relative_error(d) > step_bound)
        d.size = fmax(d.size, roundings * reference_rounding(r, next) / step_bound);
    worst_note(&c->step, relative_error(d), "step of", p->name);
    if (!(c->model->phases[c->phase].ema > 0)) return;
    c->model->get(c->engine.state, c->phase, NN_AVERAGE, param, before);
    if (memcmp(before, found, (size_t)p->count * sizeof *found) != 0)
        worst_note(&c->step, INFINITY, "average of", p->name);
}

/* Moments of members whose turn it was not must have kept their bits. */
static void check_others(Checker *c, const Reference *r, int param) {
    const NnPhase *phase = &c->model->phases[c->phase];
    const NnMember member = member_of(c);
    const int64_t count = c->model->params[param].count;
    float *before = ARENA_ARRAY(r->arena, float, count);
    for (int slot = 1; slot <= phase->n_slots; slot++) {
        if (slot > member.first_slot && slot <= member.first_slot + member.n_slots) continue;
        if (!nn_has_moment(phase, slot, param)) continue;
        c->model->get(c->before, c->phase, slot, param, before);
        c->model->get(c->engine.state, c->phase, slot, param, c->engine.values);
        if (memcmp(before, c->engine.values, (size_t)count * sizeof *before) != 0)
            worst_note(&c->step, INFINITY, phase->slots[slot - 1], c->model->params[param].name);
    }
}

void check_updates(Checker *c, const NnCall *call, Reference *r) {
    const Phase *phase = &c->graph->phases[c->graph_phase];
    const double factor = clip_factor(c, call);
    for (int i = 0; i < c->model->n_params; i++) {
        const char *name = c->model->params[i].name;
        const Node *next = next_of(phase, name);
        if (next)
            check_state(c, r, i, next);
        else
            check_update(c, call, r, i, trained_of(phase, name), factor);
        check_others(c, r, i);
    }
}
