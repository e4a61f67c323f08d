/* The reports of a training: JSON lines, tables, progress and the log. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "interrupt.h"
#include "names.h"
#include "peers.h"
#include "table.h"
#include "train.h"

static double part_done(const Training *t) {
    return (double)steps_done(t) / (double)steps_all(t);
}

void report_prepare(Training *t) {
    const NnModel *model = t->model;
    for (int s = 0; s < SPLIT_COUNT; s++) t->scores[s] = scores_new(model);
    for (int s = 0; s < SPLIT_COUNT; s++) t->there[s] = t->engine.data.split[s].samples > 0;
    t->watched[SPLIT_TRAIN] = !option_given(&t->options, OPTION_NO_TRAIN_EVAL);
    t->watched[SPLIT_VAL] = t->there[SPLIT_VAL];
    t->columns = columns_new(model, t->watched);
}

bool report_open(Training *t) {
    picture_begin(t);
    progress_begin(&t->progress, option_given(&t->options, OPTION_QUIET), part_done(t));
    if (!log_open(t)) return false;
    if (option_given(&t->options, OPTION_JSON))
        json_line(stdout, json_pack("{s:s, s:i, s:i}", "event", "start", "processes", peers_size(),
                                    "threads", t->engine.threads));
    return true;
}

/* The epoch, the running training loss and the results of the last evaluation, named as in the log;
 * round and phase where there are several. */
static void show_progress(Training *t, double loss) {
    const NnModel *model = t->model;
    const SplitId shown = t->watched[SPLIT_VAL] ? SPLIT_VAL : SPLIT_TRAIN;
    const Scores *scores = &t->scores[shown];
    const char *split = split_names[shown];
    const bool evaluated = t->evaluated && t->watched[shown];
    const int64_t rounds = t->options.number[OPTION_ROUNDS];
    enum { OTHERS = 9 + NN_MAX_MEMBERS };
    const size_t mark = memory_mark();
    const char **fields = allocate((size_t)model->n_metrics + OTHERS, sizeof *fields),
               **end = fields;
    if (rounds > 1) *end++ = format_text("round %" PRId64 "/%" PRId64, t->at.round + 1, rounds);
    if (model->n_phases > 1)
        *end++ = format_text("phase %" PRId64 "/%d", t->at.phase + 1, model->n_phases);
    const bool steps = model->phases[t->at.phase].steps > 0;
    *end++ = format_text("%s %" PRId64 "/%" PRId64, steps ? "step" : "epoch",
                         steps ? phase_step(t) : t->at.epoch + 1, t->at.lengths[t->at.phase]);
    const int members = model->phases[t->at.phase].n_members;
    if (!members) *end++ = format_text("loss %s", number_text(loss));
    for (int i = 0; i < members; i++)
        *end++ = format_text("loss_%d %s", i + 1, number_text(running_losses(t).member[i]));
    for (int m = 0; evaluated && m < model->n_metrics; m++)
        *end++ =
            format_text("%s_%s %s", split, model->metrics[m].name, number_text(scores->metrics[m]));
    if (evaluated && !members) *end++ = format_text("%s_loss %s", split, number_text(scores->loss));
    const double speed = samples_per_second(t);
    if (speed > 0) *end++ = format_text("%s samples/s", count_text((long long)(speed + .5)));
    if (t->steps_run > 0) *end++ = format_text("lr %s", real_text(t->lr, 3));
    /* It is measured where it is shown; the first line may come before that. */
    if (t->grad_norm > 0) *end++ = format_text("grad_norm %s", number_text(t->grad_norm));
    progress_show(&t->progress, part_done(t), fields);
    memory_release(mark);
}

void report_step(Training *t, double loss) {
    if (progress_due(&t->progress)) show_progress(t, loss);
}

/* Called between two batches of an evaluation. */
static bool not_interrupted(void *training, int samples) {
    (void)training;
    (void)samples;
    return !interrupted();
}

static bool still_at_work(void *training, int samples) {
    Training *t = training;
    report_step(t, running_loss(t));
    return not_interrupted(training, samples);
}

/* Evaluates splits, or `most` samples of each, 0: all. False: interrupted. */
static bool evaluate(Training *t, const bool wanted[SPLIT_COUNT], int most,
                     bool (*go_on)(void *, int)) {
    bool ended = true;
    t->engine.evaluated = go_on;
    t->engine.evaluated_arg = t;
    for (int s = 0; ended && s < SPLIT_COUNT; s++)
        if (wanted[s])
            ended = engine_evaluate(&t->engine, &t->engine.data.split[s], most, when_last(t),
                                    &t->scores[s]);
    t->engine.evaluated = NULL;
    return ended;
}

/* Checks standard output after each line: when its reader is gone, training ends. */
static bool told(Training *t) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    t->failed = true;
    return problem("cannot write to standard output: %s", strerror(errno));
}

static json_t *running_json(const Training *t) {
    const int members = t->model->phases[t->at.phase].n_members;
    const Running running = running_losses(t);
    json_t *json = json_object();
    if (!members) json_object_set_new(json, "loss", json_number(running.loss));
    for (int i = 0; i < members; i++)
        json_object_set_new(json, format_text("loss_%d", i + 1), json_number(running.member[i]));
    return json;
}

/* Whether the phase has a loss beside metrics: not one whose members take turns. */
static bool has_loss(const Training *t) {
    return !t->model->phases[t->at.phase].n_members;
}

static void epoch_json(const Training *t) {
    json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "event", "epoch", "round",
                             (json_int_t)t->at.round, "phase", (json_int_t)t->at.phase + 1, "epoch",
                             (json_int_t)t->at.epoch, "step", (json_int_t)phase_step(t),
                             "train_running", running_json(t));
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (t->watched[s])
            json_object_set_new(json, split_names[s],
                                scores_json(t->model, &t->scores[s], has_loss(t)));
    json_object_set_new(json, "lr", json_number(t->at.lr));
    json_object_set_new(json, "grad_norm", json_number(t->at.grad_norm));
    json_object_set_new(json, "samples_per_second", json_number(samples_per_second(t)));
    json_line(stdout, json);
}

bool report_epoch(Training *t) {
    const double loss = running_loss(t);
    const int most = t->model->phases[t->at.phase].eval_samples;
    weights_show(t, NULL);
    const bool ended = evaluate(t, t->watched, most, still_at_work);
    weights_hide(t);
    if (!ended) return false;
    t->evaluated = true;
    columns_fill(&t->columns, t->model, t->watched, running_losses(t), t->scores, t->at.lr,
                 t->at.grad_norm);
    picture_note(t);
    if (t->events &&
        !events_add(t->events, steps_of_round(t), &t->columns, samples_per_second(t))) {
        t->failed = true;
        return false;
    }
    if (option_given(&t->options, OPTION_JSON)) epoch_json(t);
    if (!told(t)) return false;
    if (progress_due(&t->progress) || part_done(t) >= 1) show_progress(t, loss);
    return log_add(t);
}

/* The loss or a metric: a row of the tables. */
static const char *value_name(const NnModel *model, int value) {
    return value ? model->metrics[value - 1].name : "loss";
}

static double value_of(const Scores *scores, int value) {
    return value ? scores->metrics[value - 1] : scores->loss;
}

/* Adds the round's values to mean and squares (Welford's way). */
static void add_to_rounds(Training *t) {
    const int values = t->model->n_metrics + 1;
    if (!t->rounds) t->rounds = allocate((size_t)(values * SPLIT_COUNT), sizeof *t->rounds);
    t->n_rounds++;
    for (int i = 0; i < values * SPLIT_COUNT; i++) {
        const double x = value_of(&t->scores[i % SPLIT_COUNT], i / SPLIT_COUNT);
        const double off = x - t->rounds[i].mean;
        t->rounds[i].mean += off / t->n_rounds;
        t->rounds[i].squares += off * (x - t->rounds[i].mean);
    }
}

static double deviation(const Training *t, int at) {
    return sqrt(t->rounds[at].squares / (t->n_rounds - 1));
}

static int splits_there(const Training *t) {
    int n = 0;
    for (int s = 0; s < SPLIT_COUNT; s++) n += t->there[s];
    return n;
}

/* A row for each value, a column for each split. */
static void round_table(const Training *t) {
    const size_t mark = memory_mark();
    const int first = has_loss(t) ? 0 : 1;
    const int columns = 1 + splits_there(t), rows = t->model->n_metrics + 2 - first;
    const char **cells = allocate((size_t)(rows * columns), sizeof *cells), **cell = cells;
    *cell++ = NULL;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (t->there[s]) *cell++ = split_names[s];
    for (int v = first; v <= t->model->n_metrics; v++) {
        *cell++ = value_name(t->model, v);
        for (int s = 0; s < SPLIT_COUNT; s++)
            if (t->there[s]) *cell++ = number_text(value_of(&t->scores[s], v));
    }
    const int64_t rounds = t->options.number[OPTION_ROUNDS];
    if (t->n_rounds > 1) putchar('\n');
    if (rounds > 1) printf("round %" PRId64 "/%" PRId64 ", ", t->at.round + 1, rounds);
    printf("seed %" PRIu64 ", %.1f s\n", round_seed(t), t->seconds);
    table_print(stdout, rows, columns, 1, cells);
    if (best_weights(t)) {
        const char *column;
        const double value = best_value(t, &column);
        const int phase = (int)t->at.phase;
        printf("weights after %s: %s\n", steps_text(t, phase, t->at.best_step),
               best_text(t, phase, value));
    }
    memory_release(mark);
}

/* Two rows for each value: mean and deviation of the rounds. */
static void rounds_table(const Training *t) {
    const size_t mark = memory_mark();
    const int columns = 2 + splits_there(t);
    const int first = has_loss(t) ? 0 : 1;
    const int values = t->model->n_metrics + 1, rows = 2 * (values - first) + 1;
    const char **cells = allocate((size_t)(rows * columns), sizeof *cells), **cell = cells;
    *cell++ = NULL;
    *cell++ = NULL;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (t->there[s]) *cell++ = split_names[s];
    for (int v = first; v < values; v++) {
        *cell++ = value_name(t->model, v);
        *cell++ = "mean";
        for (int s = 0; s < SPLIT_COUNT; s++)
            if (t->there[s]) *cell++ = number_text(t->rounds[v * SPLIT_COUNT + s].mean);
        *cell++ = NULL;
        *cell++ = "deviation";
        for (int s = 0; s < SPLIT_COUNT; s++)
            if (t->there[s]) *cell++ = number_text(deviation(t, v * SPLIT_COUNT + s));
    }
    printf("\n%d rounds, seeds %" PRIu64 " to %" PRIu64 "\n", t->n_rounds,
           round_seed(t) - (uint64_t)t->n_rounds + 1, round_seed(t));
    table_print(stdout, rows, columns, 2, cells);
    memory_release(mark);
}

static void rounds_json(const Training *t) {
    json_t *json = json_pack("{s:s, s:i, s:I}", "event", "rounds", "rounds", t->n_rounds, "seed",
                             (json_int_t)round_seed(t) - t->n_rounds + 1);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!t->there[s]) continue;
        json_t *split = json_object();
        for (int v = has_loss(t) ? 0 : 1; v <= t->model->n_metrics; v++) {
            const int at = v * SPLIT_COUNT + s;
            json_object_set_new(split, value_name(t->model, v),
                                json_pack("{s:o, s:o}", "mean", json_number(t->rounds[at].mean),
                                          "deviation", json_number(deviation(t, at))));
        }
        json_object_set_new(json, split_names[s], split);
    }
    json_line(stdout, json);
}

static json_t *best_json(const Training *t) {
    const char *column;
    const double value = best_value(t, &column);
    return json_pack("{s:I, s:I, s:s, s:o}", "epoch", (json_int_t)t->at.best_epoch, "step",
                     (json_int_t)t->at.best_step, "monitor", column, "value", json_number(value));
}

bool report_round(Training *t) {
    const NnModel *model = t->model;
    const bool kept = best_weights(t) != NULL;
    weights_show(t, best_weights(t));
    const bool whole = evaluate(t, t->there, 0, not_interrupted);
    weights_hide(t);
    if (!whole) return false;
    t->evaluated = false;
    add_to_rounds(t);
    const bool last = t->at.round + 1 == t->options.number[OPTION_ROUNDS] && t->n_rounds > 1;
    report_clear();
    if (option_given(&t->options, OPTION_JSON)) {
        json_t *json = json_pack("{s:s, s:I, s:I}", "event", "round", "round",
                                 (json_int_t)t->at.round, "seed", (json_int_t)round_seed(t));
        for (int s = 0; s < SPLIT_COUNT; s++)
            if (t->there[s])
                json_object_set_new(json, split_names[s],
                                    scores_json(model, &t->scores[s], has_loss(t)));
        if (kept) json_object_set_new(json, "best", best_json(t));
        json_object_set_new(json, "seconds", json_number(t->seconds));
        json_line(stdout, json);
        if (last) rounds_json(t);
    } else {
        round_table(t);
        if (last) rounds_table(t);
        fflush(stdout);
    }
    return told(t);
}

bool report_begin(Training *t) {
    const char *folder = events_name(&t->options, t->at.round),
               *all = t->options.text[OPTION_TENSORBOARD];
    if (!t->resumed) picture_begin(t);
    if (!folder) return true;
    if (t->events && !events_close(t->events)) return false;
    t->events = NULL;
    if (folder != all && mkdir(all, 0777) != 0 && errno != EEXIST)
        return problem("%s: %s", all, strerror(errno));
    t->events = events_open(folder, steps_of_round(t));
    return t->events != NULL;
}

bool report_close(const Training *t) {
    report_clear();
    if (t->events && !events_close(t->events)) return false;
    return log_close(t);
}
