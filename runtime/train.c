/* The training loop: rounds, their phases, their epochs, their batches. */
#include "train.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "interrupt.h"
#include "names.h"
#include "peers.h"
#include "random.h"
#include "table.h"

/* Adds a step to the running losses; `member` -1: the phase has none. */
static void add_loss(Position *at, int member, double loss, int64_t samples) {
    at->loss += loss;
    at->samples += samples;
    if (member < 0) return;
    at->member_loss[member] += loss;
    at->member_samples[member] += samples;
}

static void clear_loss(Position *at) {
    at->loss = 0;
    at->samples = 0;
    memset(at->member_loss, 0, sizeof at->member_loss);
    memset(at->member_samples, 0, sizeof at->member_samples);
}

/* What a process wants to be done after a step. All do what one of them wants. */
enum { STOP = 1, SAVE = 2, SHOW = 4 };

static uint32_t wanted_now(const Training *t) {
    return (interrupted() ? STOP : 0u) | (checkpoint_due(t) ? SAVE : 0u) |
           (progress_due(&t->progress) ? SHOW : 0u);
}

/* Runs the step at `at`. Here and below false means that the training ends, after a
 * message or an interruption. */
static bool train_step(Training *t) {
    uint32_t wanted;
    const bool last = evaluation_follows(t);
    const bool shown = t->engine.peers ? t->shown_next : progress_due(&t->progress);
    const double begun = seconds_now();
    t->steps_run++;
    peers_wish(wanted_now(t));
    const StepResult step = train_run(t, last || shown);
    if (step.lost || !peers_wishes(wanted_now(t), &wanted)) return false;
    if (!isfinite(step.loss)) return explain_divergence(t);
    add_loss(&t->at, t->model->phases[t->at.phase].n_members ? step.member : -1, step.loss,
             step.samples);
    t->at.batch++;
    t->shown_next = (wanted & SHOW) != 0;
    t->speed.samples += step.samples;
    t->speed.seconds += seconds_now() - begun;
    t->lr = step.call.lr;
    if (last || shown) t->grad_norm = sqrt(step.squares);
    if (last) {
        t->at.lr = t->lr;
        t->at.grad_norm = t->grad_norm;
    }
    const bool stop = (wanted & STOP) || t->steps_run == t->options.stop_after;
    if (stop || (wanted & SAVE)) {
        int slot;
        if (!whole_moments(t)) return false;
        if (broken_parameter(t, &slot) >= 0) return explain_divergence(t);
        if (stop) return save_and_stop(t);
        save_checkpoint(t);
    }
    report_step(t, running_loss(t));
    return true;
}

/* Since the epoch began; moments may have. */
static bool no_parameter_moved(const Training *t) {
    const NnPhase *phase = &t->model->phases[t->at.phase];
    const size_t mark = memory_mark();
    bool same = true;
    for (int i = 0; same && i < phase->n_trained; i++) {
        const int param = phase->trained[i];
        const size_t count = (size_t)t->model->params[param].count;
        float *before = allocate(count, sizeof *before);
        t->model->get(t->good, (int)t->at.phase, 0, param, before);
        t->model->get(t->engine.state, (int)t->at.phase, 0, param, t->engine.values);
        same = memcmp(before, t->engine.values, count * sizeof *before) == 0;
    }
    memory_release(mark);
    return same;
}

/* Warns when training has stalled. */
static void tell_dead_end(Training *t, double loss) {
    /* Losses of members that work against each other need not fall. */
    const bool turns = t->model->phases[t->at.phase].n_members > 0;
    const bool first = t->at.evaluated == 0,
               last = phase_step(t) == phase_steps(t, (int)t->at.phase);
    if (first) t->at.first_loss = loss;
    /* Resumed after the last step of an epoch, no step has run. */
    const bool ran = t->at.batch > t->good_at.batch, end = first || last;
    if (ran && end && t->at.grad_norm == 0)
        note("phase %" PRId64 ", epoch %" PRId64 ": all gradients of its last batch are zero",
             t->at.phase + 1, t->at.epoch);
    else if (ran && end && no_parameter_moved(t))
        note("phase %" PRId64 ", epoch %" PRId64
             ": no parameter moved: the learning rate is too small",
             t->at.phase + 1, t->at.epoch);
    else if (last && !first && loss >= t->at.first_loss && !turns)
        note("phase %" PRId64 ": the loss did not fall: %s at first, %s in the end",
             t->at.phase + 1, real_text(t->at.first_loss, 6), real_text(loss, 6));
}

/* In case that what follows is not finite. */
static bool keep_state(Training *t) {
    if (!whole_moments(t)) return false;
    memcpy(t->good, t->engine.state, t->model->state_bytes);
    t->good_at = t->at;
    return true;
}

/* Puts the samples in order. */
static bool begin_epoch(Training *t) {
    const int phase = (int)t->at.phase, samples = t->engine.data.split[SPLIT_TRAIN].samples;
    if (t->model->phases[phase].shuffle) {
        uint64_t key = random_fork(random_stream(round_seed(t), "order"), (uint64_t)phase);
        random_permutation(random_fork(key, (uint64_t)t->at.epoch), samples, t->order);
    } else {
        for (int i = 0; i < samples; i++) t->order[i] = i;
    }
    t->ordered = true;
    return keep_state(t);
}

/* What follows the steps of one epoch or several. */
static bool evaluate_training(Training *t) {
    int slot;
    if (!whole_moments(t)) return false;
    if (broken_parameter(t, &slot) >= 0) return explain_divergence(t);
    if (!equal_states(t)) return false;
    tell_dead_end(t, running_loss(t));
    t->seconds = seconds_now() - t->since;
    if (!peers_agree(report_epoch(t))) return save_and_stop(t);
    best_judge(t);
    t->speed = (Speed){0};
    t->at.evaluated = phase_step(t);
    clear_loss(&t->at);
    return keep_state(t);
}

static bool train_phase(Training *t) {
    const int phase = (int)t->at.phase;
    const int64_t steps = phase_steps(t, phase);
    t->ordered = false;
    for (;;) {
        if (!t->ordered && !begin_epoch(t)) return false;
        if (evaluation_is_due(t) && !evaluate_training(t)) return false;
        if (t->at.batch == epoch_steps(t, phase)) {
            t->at.epoch++;
            t->at.batch = 0;
            t->ordered = false;
        }
        if (phase_step(t) == steps || out_of_patience(t)) return true;
        if (t->ordered && !train_step(t)) return false;
    }
}

/* The position before the first step of a phase. */
static void begin_phase(Training *t) {
    t->at.epoch = t->at.batch = t->at.evaluated = 0;
    clear_loss(&t->at);
    t->at.first_loss = INFINITY;
    best_begin(&t->at);
}

/* Epochs or steps in all that were asked for; 0: what the architecture says. */
static int64_t length_wanted(const Training *t) {
    return t->options.number[t->model->phases[0].steps ? OPTION_STEPS : OPTION_EPOCHS];
}

/* Save before reporting: the reader of our output may have closed the pipe. */
static bool train_round(Training *t) {
    t->checkpoint = checkpoint_name(t->model, &t->options, t->at.round);
    if (!t->resumed) {
        t->at.phase = 0;
        begin_phase(t);
        t->seconds = 0;
        schedule_lengths(t->model, length_wanted(t), t->at.lengths);
        engine_init(&t->engine, round_seed(t));
        if (t->initial) initial_take(&t->engine, t->initial);
        t->at.initial = t->initial ? t->initial->fingerprint : 0;
    }
    if (!peers_agree(report_begin(t))) return false;
    t->since = seconds_now() - t->seconds;
    for (;;) {
        if (!t->resumed) {
            t->model->reset(t->engine.state, (int)t->at.phase);
            engine_prepare(&t->engine, (int)t->at.phase);
        }
        t->resumed = false;
        if (!train_phase(t)) return false;
        /* From the position after the last epoch more epochs could continue. */
        if (t->at.phase + 1 == t->model->n_phases) break;
        t->at.phase++;
        begin_phase(t);
    }
    t->seconds = seconds_now() - t->since;
    if (!whole_moments(t) || !peers_agree(save_round(t))) return false;
    picture_save(t);
    return peers_agree(report_round(t)) || save_and_stop(t);
}

/* Whether a checkpoint's position is one of this training. */
static bool place_is_possible(const Training *t, const char *resume) {
    const Position *at = &t->at;
    const int phase = (int)at->phase;
    const int64_t steps = phase_steps(t, phase);
    if (at->epoch > steps / epoch_steps(t, phase) || at->batch > epoch_steps(t, phase) ||
        phase_step(t) > steps)
        return problem("%s: its position is beyond the end", resume);
    const int64_t step = phase_step(t);
    const bool over = step == steps || out_of_patience(t);
    const bool end = phase == t->model->n_phases - 1 && over && at->evaluated == step;
    if ((isfinite(at->best) && !t->best) || at->evaluated > step ||
        (at->evaluated < step) != (at->samples > 0) ||
        at->samples > (step - at->evaluated) * phase_batch(t, phase) *
                          phase_accumulates(&t->model->phases[phase]))
        return problem("%s: its position is impossible", resume);
    if (end && at->round == t->options.number[OPTION_ROUNDS] - 1)
        note(out_of_patience(t) ? "%s: its training is at its end, and so is its patience"
                                : "%s: its training is at its end; --%s N, more than %" PRId64
                                  ", prolongs it",
             resume, t->model->phases[0].steps ? "steps" : "epochs",
             schedule_total(t->model, at->lengths));
    return true;
}

/* Reads the file of --load. Later rounds of a resumed training begin with it, too. */
static bool read_initial(Training *t) {
    const char *path = t->options.text[OPTION_LOAD], *resume = t->options.text[OPTION_RESUME];
    const bool more = t->at.round + 1 < t->options.number[OPTION_ROUNDS];
    if (!path)
        return !resume || !more || !t->at.initial ||
               problem("%s: was begun with --load, which its further rounds need: give it again",
                       resume);
    t->initial = allocate(1, sizeof *t->initial);
    const bool partial = option_given(&t->options, OPTION_LOAD_PARTIAL);
    if (!initial_read(&t->engine, path, partial, t->initial)) return false;
    if (resume && t->initial->fingerprint != t->at.initial)
        return problem("%s was begun with%s --load: give %s", resume,
                       t->at.initial ? " another" : "out", t->at.initial ? "that" : "none");
    return true;
}

/* Whether --epochs and --steps are of what the phases count. */
static bool lengths_fit(const NnModel *model, const Options *options) {
    for (int p = 0; p < model->n_phases; p++) {
        const bool steps = model->phases[p].steps > 0;
        if (option_given(options, steps ? OPTION_EPOCHS : OPTION_STEPS))
            return problem(steps ? "--epochs: phase %d counts steps; give --steps"
                                 : "--steps: phase %d counts epochs; give --epochs",
                           p + 1);
    }
    return true;
}

/* Samples of the smallest batch that the phase takes. */
static int smallest_batch(const Training *t, int phase) {
    const int64_t samples = epoch_samples(t);
    const int batch = phase_batch(t, phase), rest = (int)(samples % batch);
    const bool less = rest > 0 && t->model->n_fields > 0 && !t->model->phases[phase].drop_last;
    return less ? rest : batch;
}

/* Whether each phase has a step, and each of its steps samples enough. */
static bool batches_fit(const Training *t) {
    const int samples = t->engine.data.split[SPLIT_TRAIN].samples;
    for (int p = 0; p < t->model->n_phases; p++) {
        if (epoch_steps(t, p) == 0)
            return problem("%s: %d training samples are no batch of %d, and phase %d drops smaller "
                           "ones (drop_last)",
                           t->engine.data.source, samples, phase_batch(t, p), p + 1);
        if (smallest_batch(t, p) < t->model->phases[p].least)
            return problem("%s: of %d training samples, in batches of %d, a batch of phase %d has "
                           "%d: batch normalisation needs more than one value of a channel; "
                           "drop_last = true leaves out the smaller batch at the end of an epoch, "
                           "or give another --batch",
                           t->engine.data.source, samples, phase_batch(t, p), p + 1,
                           smallest_batch(t, p));
    }
    return true;
}

/* Whether each process has a chunk of a whole batch. */
static bool processes_fit(const Training *t) {
    for (int p = 0; p < t->model->n_phases; p++) {
        const int batch = phase_batch(t, p), chunks = t->model->chunks(batch);
        if (peers_size() > chunks)
            return problem(
                "%d processes are more than the %d chunk%s that a batch of %d samples is "
                "cut into%s: start fewer processes, or give a larger --batch",
                peers_size(), chunks, chunks == 1 ? "" : "s", batch,
                t->model->n_phases > 1 ? format_text(" in phase %d", p + 1) : "");
    }
    return true;
}

/* Whether all processes are at the same training: what each of them read may be another file. */
static bool same_training(Training *t) {
    uint64_t data = 0;
    if (!t->engine.peers) return true;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (t->there[s]) data = data * 31 + split_fingerprint(&t->engine.data.split[s], t->model);
    return peers_equal(
               "the program, made of another architecture or by another nngen,",
               random_stream(random_stream(0, t->model->version), t->model->source_sha256)) &&
           peers_equal("an option", options_hash(&t->options)) && peers_equal("the data", data) &&
           peers_equal("what --load has", (uint64_t)(t->initial ? t->initial->fingerprint : 0)) &&
           peers_equal("the position in the file of --resume",
                       (uint64_t)(t->resumed ? 1 + steps_done(t) : 0)) &&
           (!t->resumed || equal_states(t));
}

static bool make_ready(Training *t, TensorFile *file) {
    const NnModel *model = t->model;
    const char *resume = t->options.text[OPTION_RESUME];
    t->at.first_loss = INFINITY;
    if (!lengths_fit(model, &t->options)) return false;
    if (resume && !checkpoint_read(model, resume, &t->options, &t->at, file)) return false;
    /* The checkpoint has the number of rounds. */
    if (resume && !names_differ(model, &t->options)) return false;
    t->resumed = resume != NULL;
    if (!resume) {
        t->at.lengths = allocate((size_t)model->n_phases, sizeof *t->at.lengths);
        schedule_lengths(model, length_wanted(t), t->at.lengths);
    }
    int most = EVALUATE_BATCH;
    for (int p = 0; p < model->n_phases; p++)
        if (phase_batch(t, p) > most) most = phase_batch(t, p);
    DataRequest request = options_data(&t->options);
    for (int s = 0; s < SPLIT_COUNT; s++) request.wanted[s] = true;
    request.spare = true;
    if (!engine_open(&t->engine, model, &t->options, most, &request)) return false;
    report_prepare(t);
    if (!batches_fit(t) || !processes_fit(t) || !best_open(t) || !save_possible(t)) return false;
    const Split *train = &t->engine.data.split[SPLIT_TRAIN];
    const int64_t begun_with = t->at.data;
    t->at.data = (int64_t)(split_fingerprint(train, model) & INT64_MAX);
    if (!read_initial(t)) return false;
    t->good = allocate(model->state_bytes, 1);
    if (t->best || nn_has_averages(model)) t->shown = allocate(model->state_bytes, 1);
    t->order = allocate((size_t)train->samples, sizeof *t->order);
    if (!resume) return true;
    if (t->at.data != begun_with)
        return problem("%s was begun with other training data: give the same --data", resume);
    return place_is_possible(t, resume) &&
           checkpoint_take(&t->engine, file, (int)t->at.phase, best_weights(t));
}

/* Before the first step there is nothing to save, and an interruption ends the program as usual. */
bool train_command(const NnModel *model, const Options *options) {
    Training t = {.model = model, .options = *options};
    TensorFile file;
    interrupt_spare_writes();
    if (peers_rank() > 0) options_silence(&t.options);
    bool ok =
        peers_agree(make_ready(&t, &file)) && same_training(&t) && peers_agree(report_open(&t));
    interrupt_watch();
    t.saved = seconds_now();
    for (; ok && t.at.round < t.options.number[OPTION_ROUNDS]; t.at.round += ok)
        ok = train_round(&t);
    return report_close(&t) && (ok || t.stopped) && !t.failed;
}
