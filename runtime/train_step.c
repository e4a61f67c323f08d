/* The position of a training: its steps, its seeds, and the call of the next step. */
#include "random.h"
#include "train.h"

int phase_batch(const Training *t, int phase) {
    int64_t batch = t->options.number[OPTION_BATCH];
    return batch ? (int)batch : t->model->phases[phase].batch;
}

int64_t epoch_steps(const Training *t, int phase) {
    return schedule_steps(t->engine.data.split[SPLIT_TRAIN].samples, phase_batch(t, phase));
}

/* Steps of the phases before this one. */
static int64_t phases_steps(const Training *t, int phase) {
    int64_t sum = 0;
    for (int p = 0; p < phase; p++) sum += t->at.epochs[p] * epoch_steps(t, p);
    return sum;
}

int64_t steps_done(const Training *t) {
    int phase = (int)t->at.phase;
    return t->at.round * phases_steps(t, t->model->n_phases) + phases_steps(t, phase) +
           t->at.epoch * epoch_steps(t, phase) + t->at.batch;
}

int64_t steps_all(const Training *t) {
    return t->options.number[OPTION_ROUNDS] * phases_steps(t, t->model->n_phases);
}

uint64_t round_seed(const Training *t) {
    return (uint64_t)(t->options.number[OPTION_SEED] + t->at.round);
}

static When when_now(const Training *t) {
    int phase = (int)t->at.phase;
    int64_t steps = epoch_steps(t, phase);
    return (When){phase, t->at.epoch, t->at.epochs[phase], t->at.epoch * steps + t->at.batch,
                  t->at.epochs[phase] * steps};
}

When when_epoch_ends(Training *t) {
    t->at.batch = epoch_steps(t, (int)t->at.phase) - 1;
    When when = when_now(t);
    t->at.batch++;
    return when;
}

NnCall train_call(Training *t) {
    const Split *train = &t->engine.data.split[SPLIT_TRAIN];
    int phase = (int)t->at.phase, batch = phase_batch(t, phase);
    int64_t first = t->at.batch * batch;
    int count = train->samples - first < batch ? (int)(train->samples - first) : batch;
    engine_gather(&t->engine, train, t->order, (int)first, count);
    NnCall call = engine_call(&t->engine, when_now(t), count);
    call.seed = random_fork(random_stream(round_seed(t), "dropout"), (uint64_t)phase);
    call.dropout = true;
    call.first_sample = first;
    return call;
}
