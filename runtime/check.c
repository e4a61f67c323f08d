/* `check`: the compiled code against the double-precision interpreter.
 *
 * Per phase, on random samples (see check_draw.c; what a decision turned by rounding would change
 * is rounding, below): forward_error   loss, metrics and predictions, without dropout, and the loss
 * of training steps with dropout; class indices must be equal gradient_error  every gradient,
 * without and with dropout, relative to the tensor's largest value. One that is zero, or nearly, as
 * its terms cancel (a bias before a difference), is measured against the largest of all gradients.
 * All gradients of a phase being zero, or rounding alone, proves nothing and is a failure Both:
 * where terms cancel, a few roundings of the terms are more than the bound allows of the sum. What
 * the reference shows such roundings to cost counts less. step_error      parameters and moments
 * after each of several steps, relative to the largest movement in the tensor, less one rounding to
 * float. The reference starts each step from the compiled parameters and moments and is fed the
 * compiled gradient (which is checked above): a step of Adam divides by the root of a mean square,
 *                   so that rounding in a gradient near zero may turn its sign and with it the
 *                   whole step. Parameters that the phase does not train must keep their bits. */
#include "check.h"
#include "random.h"

#include <stdio.h>
#include <string.h>

#include "peers.h"
#include "schedule.h"

enum { STEPS = 4 };

/* Samples of a batch: at most so many that loss and gradients are no more work than this, which
 * takes the interpreter less than a second. */
enum { MOST_SAMPLES = 7, LEAST_SAMPLES = 2 };
static const int64_t batch_flops = 1000000000;

static int preset_batch(const Graph *graph) {
    int64_t most = 1;
    for (int i = 0; i < graph->n_phases; i++) {
        int64_t forward, train;
        layers_flops(graph, i, &forward, &train);
        if (train > most) most = train;
    }
    int64_t samples = batch_flops / most;
    if (samples < LEAST_SAMPLES) return LEAST_SAMPLES;
    return samples < MOST_SAMPLES ? (int)samples : MOST_SAMPLES;
}

/* Step `own` of the member as both sides see it. The epoch lies in the middle of the phase, where
 * every term of a loss with fading weights has some weight. */
static NnCall make_call(const Checker *c, int64_t own, bool dropout) {
    const NnPhase *phase = &c->model->phases[c->phase];
    const int64_t step = schedule_own_step(phase, c->member, own);
    const int64_t epochs = schedule_epochs(phase);
    NnCall call =
        engine_call(&c->engine, (When){c->phase, epochs / 2, epochs, step, 100}, c->batch);
    call.seed = c->seed + 17;
    call.dropout = dropout;
    call.first_sample = step * c->batch;
    return call;
}

static void check_step(Checker *c, int64_t step) {
    NnCall call = make_call(c, step, true);
    Reference r = draw_batch(c, &call, false);
    memcpy(c->before, c->engine.state, c->model->state_bytes);
    c->engine.code->train(&call);
    check_loss(c, &call, &r, "loss of a step");
    call.state = c->before;
    c->engine.code->gradient(&call);
    check_loss(c, &call, &r, "loss with dropout");
    check_gradients(c, &call, &r);
    check_updates(c, &call, &r);
    arena_free(r.arena);
}

static void check_phase(Checker *c) {
    engine_init(&c->engine, c->seed + (uint64_t)c->graph_phase);
    engine_draw_normals(&c->engine, random_stream(c->seed, "normals"));
    c->model->reset(c->engine.state, c->phase);
    engine_prepare(&c->engine, c->phase);
    NnCall call = make_call(c, 0, false);
    Reference r = draw_batch(c, &call, true);
    check_outputs(c, call, &r);
    if (c->together) {
        arena_free(r.arena);
        r = draw_batch(c, &call, false);
    }
    c->engine.code->gradient(&call);
    check_loss(c, &call, &r, "loss");
    if (!check_gradients(c, &call, &r)) c->zero = true;
    arena_free(r.arena);
    for (int step = 0; step < STEPS; step++) check_step(c, step);
}

/* Ops state the allowed error of compiled code where 1e-5 cannot be reached. */
static double stated_bound(const Graph *graph) {
    double bound = value_bound;
    for (int i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i]->op->bound > bound) bound = graph->nodes[i]->op->bound;
    return bound;
}

static bool has_statistics(const Graph *graph) {
    for (int i = 0; i < graph->n_phases; i++)
        if (graph->phases[i].n_assigned) return true;
    return false;
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
        json_t *json = json_pack("{s:b, s:s, s:i}", "ok", ok, "isa", c->engine.code->isa,
                                 "processes", peers_size());
        for (int i = 0; i < 3; i++)
            json_object_set_new(json, rows[i].key, json_number(rows[i].worst->error));
        json_object_set_new(json, "worst", json_string(worst));
        json_line(stdout, json);
    } else {
        report_clear();
        printf("%s on %s: %s\n", c->model->name, c->engine.code->isa, ok ? "ok" : "FAILED");
        for (int i = 0; i < 3; i++)
            printf("  %-14s  %8.1e of %.0e  %s\n", rows[i].key, rows[i].worst->error, rows[i].bound,
                   rows[i].worst->name);
        printf("  batch %d; %lld samples redrawn near ties", c->batch, (long long)c->redrawn);
        if (c->tied > 0) printf(", %lld kept near one", (long long)c->tied);
        putchar('\n');
        if (c->zero)
            printf(
                "  all gradients of a phase are zero, or rounding alone: nothing was compared\n");
    }
    return ok;
}

bool check_command(const NnModel *model, const Options *options) {
    int64_t batch = options->number[OPTION_BATCH];
    Arena *arena = arena_new();
    Checker c = {.model = model,
                 .graph = graph_parse_lines(arena, diag_new(arena), model->graph),
                 .seed = (uint64_t)options->number[OPTION_SEED]};
    progress_begin(&c.progress, option_given(options, OPTION_QUIET), 0);
    c.batch = batch > 0 ? (int)batch : preset_batch(c.graph);
    c.bound = stated_bound(c.graph);
    c.together = has_statistics(c.graph);
    c.to_draw = (int64_t)c.graph->n_phases * (1 + c.together + STEPS) * c.batch;
    bool ok = engine_open(&c.engine, model, options, c.batch, NULL);
    if (ok) {
        c.before = allocate(model->state_bytes, 1);
        for (c.phase = 0; c.phase < model->n_phases; c.phase++)
            for (c.member = 0; c.member < schedule_members(&model->phases[c.phase]);
                 c.member++, c.graph_phase++)
                check_phase(&c);
        ok = report(&c, option_given(options, OPTION_JSON));
    }
    arena_free(arena);
    return ok;
}
