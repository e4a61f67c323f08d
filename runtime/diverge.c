/* Finds the cause when a training gives numbers that are not finite. Steps are reproducible, so the
 * epoch is run again from its beginning up to the first such step. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "names.h"
#include "peers.h"
#include "table.h"
#include "train.h"

enum { DIGITS = 6 };

static bool is_finite(Training *t, int slot, int param) {
    t->model->get(t->engine.state, (int)t->at.phase, slot, param, t->engine.values);
    for (int64_t i = 0; i < t->model->params[param].count; i++)
        if (!isfinite(t->engine.values[i])) return false;
    return true;
}

/* Moments first: the parameter follows them. */
int broken_parameter(Training *t, int *slot) {
    const NnPhase *phase = &t->model->phases[t->at.phase];
    for (*slot = phase->n_slots; *slot > 0; --*slot)
        for (int i = 0; i < phase->n_trained; i++)
            if (nn_has_moment(phase, *slot, phase->trained[i]) &&
                !is_finite(t, *slot, phase->trained[i]))
                return phase->trained[i];
    for (int p = 0; p < t->model->n_params; p++)
        if (!is_finite(t, 0, p)) return p;
    return -1;
}

/* Whether a float cannot hold one of the values; the range of the others goes to low and high. */
static bool overflows(const double *values, int64_t count, double *low, double *high) {
    bool found = false;
    *low = INFINITY, *high = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(values[i]) <= (double)FLT_MAX)) {
            found = true;
            continue;
        }
        if (values[i] < *low) *low = values[i];
        if (values[i] > *high) *high = values[i];
    }
    return found;
}

/* "; its finite values are from a to b", or "" if there are none. */
static const char *range(double low, double high) {
    return low <= high ? format_text("; its finite values are from %s to %s",
                                     real_text(low, DIGITS), real_text(high, DIGITS))
                       : "";
}

/* Nodes that the phase's loss and gradients need; training ignores metrics. */
static bool *trained_nodes(const Graph *graph, const Phase *p, const Reference *r) {
    bool *needed = ARENA_ARRAY(r->arena, bool, graph->n_nodes);
    for (int i = 0; i < 2 + p->n_groups + p->n_trained; i++) needed[r->wanted[i]->id] = true;
    for (int i = graph->n_nodes - 1; i >= 0; i--)
        for (int k = 0; needed[i] && k < graph->nodes[i]->n_in; k++)
            needed[graph->nodes[i]->in[k]->id] = true;
    return needed;
}

/* " (arch/aux.lua:7)", or "" if that is not known. */
static const char *place_of(const Node *node) {
    return node->loc.line > 0 ? format_text(" (%s:%d)", node->loc.file, node->loc.line) : "";
}

/* Words for a learning rate that no float holds; NULL if a float holds it. */
static const char *broken_rate(const Phase *phase, const NnCall *call, const Reference *r) {
    const Node *rate = phase->optimizer.lr;
    const double value = r->values[rate->id][0] * (call->lr_scale == 0 ? 1 : call->lr_scale);
    if (fabs(value) <= (double)FLT_MAX) return NULL;
    return format_text("the learning rate%s is %s%s", place_of(rate), real_text(value, DIGITS),
                       isfinite(value) ? ", beyond what a float holds" : "");
}

/* The first value of the step of `call` that is not finite, in words; NULL if all are finite. Sets
 * `rate` if it is the learning rate. */
static const char *first_broken(Training *t, const NnCall *call, bool *rate) {
    if (!t->model->graph[0]) return NULL;
    Arena *arena = arena_new();
    const Graph *graph = graph_parse_lines(arena, diag_new(arena), t->model->graph);
    Reference r = reference_of(graph, &t->engine, call);
    const Phase *phase = &graph->phases[graph_phase_of(t->model, call->phase, call->step)];
    const bool *needed = trained_nodes(graph, phase, &r);
    const char *words = broken_rate(phase, call, &r);
    *rate = words != NULL;
    for (int i = 0; i < graph->n_nodes && !words; i++) {
        const Node *node = graph->nodes[i];
        if (!r.values[i] || !needed[i]) continue;
        double low, high;
        const int64_t count = shape_count(node->type.shape) * node_values(node, call->batch);
        if (!overflows(r.values[i], count, &low, &high)) continue;
        words = format_text("the values of %s%s%s%s are not finite%s", node->op->name,
                            node->name ? " " : "", node->name ? node->name : "", place_of(node),
                            range(low, high));
    }
    arena_free(r.arena);
    arena_free(arena);
    return words;
}

/* Gradients are finite: the update is not. */
static const char *updated_parameter(Training *t, int slot, int param, const void *before) {
    const NnParam *p = &t->model->params[param];
    double low = INFINITY, high = -INFINITY;
    t->model->get(before, (int)t->at.phase, slot, param, t->engine.values);
    for (int64_t i = 0; i < p->count; i++) {
        low = fmin(low, (double)t->engine.values[i]);
        high = fmax(high, (double)t->engine.values[i]);
    }
    const char *moment =
        slot ? format_text("%s of ", t->model->phases[t->at.phase].slots[slot - 1]) : "";
    return format_text("the update makes %s%s not finite; its values were from %s to %s", moment,
                       p->name, real_text(low, DIGITS), real_text(high, DIGITS));
}

/* Saves a checkpoint beside the file of --save, which stays as it is. Returns its path, or NULL. */
static const char *keep_good(Training *t) {
    const char *path = peers_rank() > 0 ? NULL : good_name(&t->options);
    memcpy(t->engine.state, t->good, t->model->state_bytes);
    t->at = t->good_at;
    t->engine.trained = phase_step(t) > 0 ? when_last(t) : (When){0};
    return path && checkpoint_save(&t->engine, &t->options, &t->at, best_weights(t), path) ? path
                                                                                           : NULL;
}

bool explain_divergence(Training *t) {
    void *before = allocate(t->model->state_bytes, 1);
    int64_t steps = t->at.batch;
    const char *kept_in = keep_good(t); /* first of all: the search may take long */
    NnCall call;
    int param = -1, slot = 0;
    for (;; t->at.batch++) {
        memcpy(before, t->engine.state, t->model->state_bytes);
        const StepResult step = train_run(t, false);
        call = step.call;
        if (step.lost || !whole_moments(t)) return false;
        param = broken_parameter(t, &slot);
        if (!isfinite(call.loss) || param >= 0 || t->at.batch == steps) break;
    }
    memcpy(t->engine.state, before, t->model->state_bytes);
    bool rate = false;
    gather_whole_batch(t, &call);
    const char *words = first_broken(t, &call, &rate);
    if (!words && param >= 0) words = updated_parameter(t, slot, param, before);
    /* Nothing was learned yet, or a moment holds the square of a gradient. */
    const bool scale = !isfinite(call.loss) ? t->at.phase + t->at.epoch + t->at.batch == 0
                                            : param >= 0 && slot > 0;
    problem("training diverged at step %" PRId64 " of epoch %" PRId64 ", phase %" PRId64
            ", round %" PRId64 ": %s; %s",
            t->at.batch, t->at.epoch, t->at.phase + 1, t->at.round,
            words ? words : "the loss is not finite",
            rate    ? "give another one"
            : scale ? "a smaller loss or smaller data may help"
                    : "a smaller learning rate may help");
    const Position *good = &t->good_at;
    if (kept_in && good->batch == 0)
        note("the state at the beginning of epoch %" PRId64 " is in %s", good->epoch, kept_in);
    else if (kept_in)
        note("the state after %" PRId64 " steps of epoch %" PRId64 " is in %s", good->batch,
             good->epoch, kept_in);
    return false;
}
