/* The position of a training: its steps, its seeds, and the call of the next step. */
#include <math.h>

#include "peers.h"
#include "random.h"
#include "schedule.h"
#include "train.h"

int phase_batch(const Training *t, int phase) {
    int64_t batch = t->options.number[OPTION_BATCH];
    return batch ? (int)batch : t->model->phases[phase].batch;
}

int64_t epoch_samples(const Training *t) {
    return schedule_samples(t->model, t->engine.data.split[SPLIT_TRAIN].samples);
}

int64_t epoch_steps(const Training *t, int phase) {
    return schedule_steps(&t->model->phases[phase], epoch_samples(t), phase_batch(t, phase));
}

int64_t phase_steps(const Training *t, int phase) {
    const int64_t length = t->at.lengths[phase];
    return t->model->phases[phase].steps ? length : length * epoch_steps(t, phase);
}

/* Steps of the phases before this one. */
static int64_t phases_steps(const Training *t, int phase) {
    int64_t sum = 0;
    for (int p = 0; p < phase; p++) sum += phase_steps(t, p);
    return sum;
}

int64_t steps_done(const Training *t) {
    return t->at.round * phases_steps(t, t->model->n_phases) + steps_of_round(t);
}

int64_t steps_of_round(const Training *t) {
    return phases_steps(t, (int)t->at.phase) + phase_step(t);
}

int64_t steps_all(const Training *t) {
    return t->options.number[OPTION_ROUNDS] * phases_steps(t, t->model->n_phases);
}

uint64_t round_seed(const Training *t) {
    return (uint64_t)(t->options.number[OPTION_SEED] + t->at.round);
}

int64_t phase_step(const Training *t) {
    return t->at.epoch * epoch_steps(t, (int)t->at.phase) + t->at.batch;
}

double running_loss(const Training *t) {
    return t->at.loss / (double)t->at.samples;
}

Running running_losses(const Training *t) {
    const bool turns = t->model->phases[t->at.phase].n_members > 0;
    Running running = {.loss = turns ? (double)NAN : running_loss(t)};
    for (int i = 0; i < NN_MAX_MEMBERS; i++)
        running.member[i] = t->at.member_samples[i]
                                ? t->at.member_loss[i] / (double)t->at.member_samples[i]
                                : (double)NAN;
    return running;
}

double samples_per_second(const Training *t) {
    return t->speed.seconds > 0 ? (double)t->speed.samples / t->speed.seconds : 0;
}

/* Whether the phase is evaluated after so many of its steps. */
static bool evaluated_after(const Training *t, int64_t steps) {
    const int p = (int)t->at.phase;
    const NnPhase *phase = &t->model->phases[p];
    const int64_t given = t->options.number[OPTION_EVAL_EVERY];
    const int64_t every = given ? given : phase->eval_every;
    const int64_t between = phase->steps && every ? every : (every ? every : 1) * epoch_steps(t, p);
    return steps == phase_steps(t, p) || steps % between == 0;
}

bool evaluation_follows(const Training *t) {
    return evaluated_after(t, phase_step(t) + 1);
}

bool evaluation_is_due(const Training *t) {
    const int64_t step = phase_step(t);
    return step > t->at.evaluated && evaluated_after(t, step);
}

static When when_is(const Training *t, int64_t step) {
    const int phase = (int)t->at.phase;
    const int64_t in_epoch = epoch_steps(t, phase), steps = phase_steps(t, phase);
    return (When){phase, step / in_epoch, (steps + in_epoch - 1) / in_epoch, step, steps};
}

When when_last(const Training *t) {
    return when_is(t, phase_step(t) - 1);
}

/* Batch `number` of the epoch: its samples are gathered. */
static NnCall batch_call(Training *t, int64_t number) {
    const Split *train = &t->engine.data.split[SPLIT_TRAIN];
    int phase = (int)t->at.phase, batch = phase_batch(t, phase);
    const int64_t first = number * batch, left = epoch_samples(t) - first;
    const int count = left < batch ? (int)left : batch;
    engine_gather_own(&t->engine, train, t->order, (int)first, count);
    NnCall call = engine_call(&t->engine, when_is(t, phase_step(t)), count);
    call.lr_scale = t->options.real[OPTION_LR_SCALE];
    call.seed = random_fork(random_stream(round_seed(t), "dropout"), (uint64_t)phase);
    call.dropout = true;
    call.first_sample = first;
    call.peers = t->engine.peers;
    return call;
}

void gather_whole_batch(Training *t, const NnCall *call) {
    engine_gather(&t->engine, &t->engine.data.split[SPLIT_TRAIN], t->order, (int)call->first_sample,
                  call->batch);
}

bool whole_moments(Training *t) {
    NnCall call = engine_call(&t->engine, (When){.phase = (int)t->at.phase}, 1);
    call.peers = t->engine.peers;
    if (call.peers) t->model->gather_moments(&call);
    return !call.lost;
}

bool equal_states(Training *t) {
    const NnPhase *phase = &t->model->phases[t->at.phase];
    uint64_t hash = 0;
    if (!t->engine.peers) return true;
    for (int slot = nn_has_averages(t->model) ? NN_AVERAGE : 0; slot <= phase->n_slots; slot++)
        for (int p = 0; p < t->model->n_params; p++) {
            if (slot > 0 && !nn_has_moment(phase, slot, p)) continue;
            t->model->get(t->engine.state, (int)t->at.phase, slot, p, t->engine.values);
            hash = fingerprint(hash, t->engine.values,
                               (size_t)t->model->params[p].count * sizeof(float));
        }
    return peers_equal("the state", hash);
}

StepResult train_run(Training *t, bool squares) {
    const int phase = (int)t->at.phase, accumulate = phase_accumulates(&t->model->phases[phase]);
    const int64_t batches =
        schedule_batches(&t->model->phases[phase], epoch_samples(t), phase_batch(t, phase));
    const int64_t first = t->at.batch * accumulate;
    const int64_t end = first + accumulate < batches ? first + accumulate : batches;
    StepResult step = {.member = nn_member(&t->model->phases[phase], phase_step(t))};
    for (int64_t i = first; i < end; i++) {
        NnCall call = batch_call(t, i);
        call.earlier = step.samples;
        call.more = i + 1 < end;
        if (squares) call.gradient_squares = &step.squares;
        t->engine.code->train(&call);
        step.lost = call.lost;
        step.call = call;
        step.call.gradient_squares = NULL;
        step.loss += call.loss * call.batch;
        step.samples += call.batch;
        if (step.lost || !isfinite(call.loss)) break;
    }
    return step;
}
