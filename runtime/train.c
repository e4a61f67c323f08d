#include "train.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "evaluate.h"
#include "file.h"
#include "interrupt.h"
#include "progress.h"
#include "random.h"
#include "schedule.h"
#include "trainlog.h"
#include "trainreport.h"
#include "weights.h"

typedef enum Outcome { GOES_ON, STOPPED, FAILED } Outcome;

typedef struct Training {
    const NnModel *model;
    const Options *options;
    Settings settings;
    Position at;
    bool resumed;    /* the state at `at` is loaded: do not begin its round or phase anew */
    double since;    /* clock reading minus at.seconds */
    int64_t *epochs; /* per phase */
    int64_t steps_run;
    Dataset data;
    Engine engine;
    int *order; /* of the training samples in this epoch */
    TrainReport report;
} Training;

static int phase_batch(const Training *t, int phase) {
    return t->settings.batch ? (int)t->settings.batch : t->model->phases[phase].batch;
}

static int64_t epoch_steps(const Training *t, int phase) {
    return schedule_steps(t->data.split[SPLIT_TRAIN].samples, phase_batch(t, phase));
}

static int64_t round_steps(const Training *t) {
    int64_t sum = 0;
    for (int p = 0; p < t->model->n_phases; p++) sum += t->epochs[p] * epoch_steps(t, p);
    return sum;
}

static int64_t steps_done(const Training *t) {
    int64_t sum = t->at.round * round_steps(t) + t->at.batch;
    for (int p = 0; p < (int)t->at.phase; p++) sum += t->epochs[p] * epoch_steps(t, p);
    return sum + t->at.epoch * epoch_steps(t, (int)t->at.phase);
}

static uint64_t round_seed(const Training *t) {
    return (uint64_t)(t->settings.seed + t->at.round);
}

/* Says which parameters are no longer finite. */
static Outcome broken(Training *t, const char *what) {
    char names[512] = "";
    size_t used = 0;
    for (int i = 0; i < t->model->n_params && used < sizeof names - 1; i++)
        if (engine_param_broken(&t->engine, i))
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     t->model->params[i].name);
    problem("training diverged: %s at step %" PRId64 " of epoch %" PRId64 ", phase %" PRId64
            ", round %" PRId64 "; parameters that are not finite: %s",
            what, t->at.batch, t->at.epoch, t->at.phase + 1, t->at.round, used ? names : "none");
    return FAILED;
}

static Outcome interrupted(Training *t) {
    const char *save = t->options->text[OPTION_SAVE];
    char *path = save ? copy_text(save) : format_text("%s.interrupted.safetensors", t->model->name);
    t->at.seconds = seconds_now() - t->since;
    Checkpoint checkpoint = {t->settings, t->at};
    trainreport_clear(&t->report);
    bool ok = checkpoint_write(&t->engine, &checkpoint, path);
    if (ok) {
        const char *data = t->options->text[OPTION_DATA];
        note("stopped; to go on: %s train --resume %s%s%s%s%s", t->model->name, path,
             data ? " --data " : "", data ? data : "", save ? " --save " : "", save ? save : "");
    }
    free(path);
    return ok ? STOPPED : FAILED;
}

/* One batch of the epoch at `at`. */
static Outcome train_step(Training *t) {
    const Split *train = &t->data.split[SPLIT_TRAIN];
    int phase = (int)t->at.phase, batch = phase_batch(t, phase);
    int64_t first = t->at.batch * batch;
    int count = train->samples - first < batch ? (int)(train->samples - first) : batch;
    engine_gather(&t->engine, train, t->order, (int)first, count);
    NnCall call = engine_call(&t->engine, phase);
    call.batch = count;
    call.seed = random_fork(random_stream(round_seed(t), "dropout"), (uint64_t)phase);
    call.dropout = true;
    call.first_sample = first;
    call.epoch = t->at.epoch;
    call.epochs = t->epochs[phase];
    call.step = t->at.epoch * epoch_steps(t, phase) + t->at.batch;
    call.steps = t->epochs[phase] * epoch_steps(t, phase);
    t->engine.code->train(&call);
    if (!isfinite(call.loss)) return broken(t, "the loss is not finite");
    t->at.loss += call.loss * count;
    t->at.batch++;
    t->steps_run++;
    if (interrupt_seen() || t->steps_run == t->options->stop_after) return interrupted(t);
    trainreport_step(&t->report, steps_done(t), &t->at, t->at.loss / (double)(first + count));
    return GOES_ON;
}

static When when_now(const Training *t) {
    int phase = (int)t->at.phase;
    int64_t steps = epoch_steps(t, phase);
    return (When){phase, t->at.epoch, t->epochs[phase], t->at.epoch * steps + steps - 1,
                  t->epochs[phase] * steps};
}

static Outcome train_epoch(Training *t) {
    int phase = (int)t->at.phase, samples = t->data.split[SPLIT_TRAIN].samples;
    if (t->model->phases[phase].shuffle) {
        uint64_t key = random_fork(random_stream(round_seed(t), "order"), (uint64_t)phase);
        random_permutation(random_fork(key, (uint64_t)t->at.epoch), samples, t->order);
    } else {
        for (int i = 0; i < samples; i++) t->order[i] = i;
    }
    while (t->at.batch < epoch_steps(t, phase)) {
        Outcome outcome = train_step(t);
        if (outcome != GOES_ON) return outcome;
    }
    for (int i = 0; i < t->model->n_params; i++)
        if (engine_param_broken(&t->engine, i)) return broken(t, "a parameter is not finite");
    t->at.seconds = seconds_now() - t->since;
    bool ok = trainreport_epoch(&t->report, &t->engine, &t->data, when_now(t), steps_done(t),
                                &t->at, t->at.loss / samples);
    t->at.batch = 0;
    t->at.loss = 0;
    t->at.epoch++;
    return ok ? GOES_ON : FAILED;
}

static Outcome train_round(Training *t) {
    if (!t->resumed) {
        t->at.phase = t->at.epoch = 0;
        t->at.seconds = 0;
        engine_init(&t->engine, round_seed(t));
    }
    t->since = seconds_now() - t->at.seconds;
    for (; t->at.phase < t->model->n_phases; t->at.phase++, t->at.epoch = 0) {
        int phase = (int)t->at.phase;
        if (!t->resumed) {
            t->model->reset(t->engine.state, phase);
            engine_prepare(&t->engine, phase);
        }
        t->resumed = false;
        while (t->at.epoch < t->epochs[phase]) {
            Outcome outcome = train_epoch(t);
            if (outcome != GOES_ON) return outcome;
        }
    }
    t->at.phase = t->model->n_phases - 1;
    t->at.epoch = t->epochs[t->at.phase] - 1;
    t->at.seconds = seconds_now() - t->since;
    if (!trainreport_round(&t->report, &t->engine, &t->data, when_now(t), &t->at, round_seed(t)))
        return FAILED;
    const char *save = t->options->text[OPTION_SAVE];
    if (!save) return GOES_ON;
    char *path = t->settings.rounds > 1 ? numbered_name(save, (int)t->at.round) : copy_text(save);
    bool ok = weights_save(&t->engine, path);
    free(path);
    return ok ? GOES_ON : FAILED;
}

static Settings settings_of(const Options *options) {
    return (Settings){
        .seed = options->number[OPTION_SEED],
        .rounds = options->number[OPTION_ROUNDS],
        .epochs = options->number[OPTION_EPOCHS],
        .batch = options->number[OPTION_BATCH],
        .data_seed = options->number[OPTION_DATA_SEED],
        .pairs = options->number[OPTION_PAIRS],
        .val_pairs = options->number[OPTION_VAL_PAIRS],
        .test_pairs = options->number[OPTION_TEST_PAIRS],
    };
}

/* Options that are given together with --resume must say what the checkpoint says. */
static bool agree(const Options *options, const char *path, const Settings *was) {
    const struct {
        OptionId id;
        const char *name;
        int64_t was;
    } rows[] = {
        {OPTION_SEED, "seed", was->seed},
        {OPTION_ROUNDS, "rounds", was->rounds},
        {OPTION_EPOCHS, "epochs", was->epochs},
        {OPTION_BATCH, "batch", was->batch},
        {OPTION_DATA_SEED, "data-seed", was->data_seed},
        {OPTION_PAIRS, "pairs", was->pairs},
        {OPTION_VAL_PAIRS, "val-pairs", was->val_pairs},
        {OPTION_TEST_PAIRS, "test-pairs", was->test_pairs},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!option_given(options, rows[i].id) || options->number[rows[i].id] == rows[i].was)
            continue;
        bool preset =
            rows[i].was == 0 && (rows[i].id == OPTION_EPOCHS || rows[i].id == OPTION_BATCH);
        return preset ? problem("%s was begun without --%s: it cannot go on with one", path,
                                rows[i].name)
                      : problem("%s was begun with --%s %" PRId64 ", not %" PRId64, path,
                                rows[i].name, rows[i].was, options->number[rows[i].id]);
    }
    return true;
}

/* Numbers of a checkpoint that the training would not survive. */
static bool sound(const Training *t, const char *path, const Settings *s) {
    bool ok = s->rounds >= 1 && s->rounds <= INT32_MAX && s->batch <= NN_MAX_BATCH &&
              s->epochs <= INT32_MAX && (s->epochs == 0 || s->epochs >= t->model->n_phases) &&
              s->pairs >= 1 && s->pairs <= INT32_MAX && s->val_pairs >= 1 &&
              s->val_pairs <= INT32_MAX && s->test_pairs >= 1 && s->test_pairs <= INT32_MAX &&
              s->seed <= INT64_MAX - s->rounds && t->at.round < s->rounds;
    return ok || problem("%s: impossible settings", path);
}

static bool load_data(Training *t) {
    DataRequest request = options_data(t->options);
    request.seed = (uint64_t)t->settings.data_seed;
    request.pairs = (int)t->settings.pairs;
    request.val_pairs = (int)t->settings.val_pairs;
    request.test_pairs = (int)t->settings.test_pairs;
    for (int s = 0; s < SPLIT_COUNT; s++) request.wanted[s] = true;
    if (!dataset_load(t->model, &request, &t->data)) return false;
    int64_t data = (int64_t)(split_fingerprint(&t->data.split[SPLIT_TRAIN], t->model) & INT64_MAX);
    const char *path = t->options->text[OPTION_RESUME];
    if (path && t->settings.data != data)
        return problem("%s was begun with other training data: give the same --data", path);
    t->settings.data = data;
    return true;
}

static bool make_ready(Training *t, Checkpoint *checkpoint, TensorFile *file) {
    const char *resume = t->options->text[OPTION_RESUME];
    const char *save = t->options->text[OPTION_SAVE];
    if (save && !output_possible(save)) return false;
    t->settings = settings_of(t->options);
    if (resume) {
        if (!checkpoint_read(t->model, resume, checkpoint, file)) return false;
        t->settings = checkpoint->settings;
        t->at = checkpoint->at;
        t->resumed = true;
        if (!sound(t, resume, &t->settings) || !agree(t->options, resume, &t->settings))
            return false;
    }
    t->epochs = allocate((size_t)t->model->n_phases, sizeof *t->epochs);
    schedule_epochs(t->model, t->settings.epochs, t->epochs);
    if (!load_data(t)) return false;
    int most = EVALUATE_BATCH;
    for (int p = 0; p < t->model->n_phases; p++)
        if (phase_batch(t, p) > most) most = phase_batch(t, p);
    if (engine_open(&t->engine, t->model, t->options, most) != STATUS_OK) return false;
    t->order = allocate((size_t)t->data.split[SPLIT_TRAIN].samples, sizeof *t->order);
    if (!resume) return true;
    if (t->at.epoch >= t->epochs[t->at.phase] || t->at.batch > epoch_steps(t, (int)t->at.phase))
        return problem("%s: its position is beyond the end", resume);
    checkpoint_take(&t->engine, checkpoint, file);
    return true;
}

static Outcome train_rounds(Training *t) {
    Outcome outcome = GOES_ON;
    for (; outcome == GOES_ON && t->at.round < t->settings.rounds; t->at.round++) {
        outcome = train_round(t);
        if (outcome != GOES_ON) break;
    }
    if (outcome == GOES_ON) trainreport_end(&t->report);
    return outcome;
}

Status train_command(const NnModel *model, const Options *options) {
    if (model->n_phases == 0) {
        problem("model \"%s\" has no training phase", model->name);
        return STATUS_FAILED;
    }
    Training t = {.model = model, .options = options};
    Checkpoint checkpoint;
    TensorFile file = {0};
    Outcome outcome = FAILED;
    interrupt_watch();
    if (make_ready(&t, &checkpoint, &file) && trainreport_open(&t.report, model, options)) {
        trainreport_begin(&t.report, t.settings.rounds, t.settings.rounds * round_steps(&t),
                          steps_done(&t));
        outcome = train_rounds(&t);
    }
    if (!trainreport_close(&t.report)) outcome = FAILED;
    tensors_free(&file);
    engine_close(&t.engine);
    dataset_free(&t.data);
    free(t.order);
    free(t.epochs);
    return outcome == FAILED ? STATUS_FAILED : STATUS_OK;
}
