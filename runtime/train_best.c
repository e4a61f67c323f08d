/* Which evaluation a training keeps the weights of, and when a phase has no gains any more. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/nearest.h"
#include "table.h"
#include "train.h"

static bool keeps_best(const Training *t) {
    const char *keep = t->options.text[OPTION_KEEP];
    return keep ? strcmp(keep, "best") == 0 : t->model->phases[t->model->n_phases - 1].keep_best;
}

static int64_t patience_of(const Training *t, int phase) {
    const int64_t given = t->options.number[OPTION_PATIENCE];
    return given ? given : t->model->phases[phase].patience;
}

static double min_delta_of(const Training *t, int phase) {
    return t->options.real[OPTION_MIN_DELTA] >= 0 ? t->options.real[OPTION_MIN_DELTA]
                                                  : t->model->phases[phase].min_delta;
}

/* Whether evaluations of the phase are judged. */
static bool is_judged(const Training *t, int phase) {
    return patience_of(t, phase) > 0 || (keeps_best(t) && phase == t->model->n_phases - 1);
}

/* The name of the column that was asked for; NULL: none was. */
static const char *monitor_of(const Training *t, int phase) {
    const char *option = t->options.text[OPTION_MONITOR];
    return option ? option : t->model->phases[phase].monitor;
}

/* Words for a monitor that is no column. */
static bool no_column(const Training *t, const char *name) {
    const char *list = "", *what = t->options.text[OPTION_MONITOR] ? "--monitor" : "monitor";
    const char **names = allocate((size_t)t->columns.n + 1, sizeof *names);
    for (int i = 0; i < t->columns.n; i++) {
        names[i] = t->columns.list[i].name;
        list = format_text("%s%s%s", list, i ? ", " : "", names[i]);
    }
    if (strncmp(name, "train_", 6) == 0 && !t->watched[SPLIT_TRAIN])
        return problem("%s %s: --no-train-eval leaves it out", what, name);
    if (strncmp(name, "val_", 4) == 0 && !t->watched[SPLIT_VAL])
        return problem("%s: has no val split, which is judged by %s; --val-split 0.1 cuts one off, "
                       "or choose another --monitor",
                       t->engine.data.source, name);
    const char *near = nearest_name(name, names);
    return near
               ? problem("%s: the log has no column \"%s\"; did you mean \"%s\"?", what, name, near)
               : problem("%s: the log has no column \"%s\"; it has %s", what, name, list);
}

/* Whether the column is of a loss that a phase has whose members take turns has not. */
static bool is_loss(const char *column) {
    return strcmp(column, "loss") == 0 || strcmp(column, "train_loss") == 0 ||
           strcmp(column, "val_loss") == 0;
}

bool best_open(Training *t) {
    const NnModel *model = t->model;
    t->monitors = allocate((size_t)model->n_phases, sizeof *t->monitors);
    for (int p = 0; p < model->n_phases; p++) {
        const char *name = monitor_of(t, p);
        const bool judged = name || is_judged(t, p), turns = model->phases[p].n_members > 0;
        if (!name && judged && turns)
            return problem("phase %d has a loss for each member: which one is judged? give "
                           "--monitor val_loss_1, or another column",
                           p + 1);
        if (!name) name = turns ? "val_loss_1" : "val_loss";
        if (turns && is_loss(name + (*name == '-')))
            return problem("--monitor %s: phase %d has a loss for each member, val_loss_1 for "
                           "example",
                           name, p + 1);
        const bool reversed = *name == '-';
        int i = 0;
        while (i < t->columns.n && strcmp(t->columns.list[i].name, name + reversed) != 0) i++;
        if (i == t->columns.n && judged) return no_column(t, name + reversed);
        t->monitors[p] = (Monitor){i, i == t->columns.n || t->columns.list[i].falls != reversed};
    }
    if (!keeps_best(t)) return true;
    t->best = allocate((size_t)model->n_params, sizeof *t->best);
    for (int i = 0; i < model->n_params; i++)
        t->best[i] = allocate((size_t)model->params[i].count, sizeof **t->best);
    return true;
}

float *const *best_weights(const Training *t) {
    return t->best && isfinite(t->at.best) ? t->best : NULL;
}

void best_begin(Position *at) {
    at->gained = at->best = INFINITY;
    at->waited = at->best_epoch = at->best_step = 0;
}

static void keep_weights(Training *t, double score) {
    t->at.best = score;
    t->at.best_epoch = t->at.epoch;
    t->at.best_step = phase_step(t);
    for (int i = 0; i < t->model->n_params; i++)
        t->model->get(t->engine.state, (int)t->at.phase, averages_kept(t) ? NN_AVERAGE : 0, i,
                      t->best[i]);
}

/* A value that is not finite is never better. */
void best_judge(Training *t) {
    const int phase = (int)t->at.phase;
    if (!is_judged(t, phase)) return;
    const Monitor monitor = t->monitors[phase];
    const Column *column = &t->columns.list[monitor.column];
    const double score = monitor.falls ? column->value : -column->value;
    if (t->best && phase == t->model->n_phases - 1 && isfinite(score) && score < t->at.best)
        keep_weights(t, score);
    t->at.waited++;
    if (isfinite(score) && score < t->at.gained - min_delta_of(t, phase)) {
        t->at.gained = score;
        t->at.waited = 0;
    }
    if (!out_of_patience(t)) return;
    const double least = min_delta_of(t, phase);
    note("phase %d ends after %s: in %" PRId64 " evaluation%s %s has not %s %s%s", phase + 1,
         steps_text(t, phase, phase_step(t)), t->at.waited, t->at.waited == 1 ? "" : "s",
         column->name, monitor.falls ? "fallen below" : "risen above",
         number_text(monitor.falls ? t->at.gained : -t->at.gained),
         least > 0 ? format_text(" by more than %s", real_text(least, 6)) : "");
}

bool out_of_patience(const Training *t) {
    const int64_t patience = patience_of(t, (int)t->at.phase);
    return patience > 0 && t->at.waited >= patience;
}

bool averages_kept(const Training *t) {
    return t->model->phases[t->at.phase].ema > 0;
}

void weights_show(Training *t, float *const *weights) {
    const int phase = (int)t->at.phase;
    if (!weights && !averages_kept(t)) return;
    memcpy(t->shown, t->engine.state, t->model->state_bytes);
    for (int i = 0; i < t->model->n_params; i++) {
        if (!weights) t->model->get(t->shown, phase, NN_AVERAGE, i, t->engine.values);
        t->model->set(t->engine.state, phase, 0, i, weights ? weights[i] : t->engine.values);
    }
    engine_prepare(&t->engine, phase);
    t->showing = true;
}

void weights_hide(Training *t) {
    if (t->showing) memcpy(t->engine.state, t->shown, t->model->state_bytes);
    t->showing = false;
}

double best_value(const Training *t, const char **column) {
    const Monitor monitor = t->monitors[t->at.phase];
    *column = t->columns.list[monitor.column].name;
    return monitor.falls ? t->at.best : -t->at.best;
}

const char *best_text(const Training *t, int phase, double value) {
    const Monitor monitor = t->monitors[phase];
    return format_text("the %s %s, %s", monitor.falls ? "smallest" : "largest",
                       t->columns.list[monitor.column].name, number_text(value));
}

/* States epochs that are done: the number of an epoch would be unclear, as the log counts from 0
 * and the progress from 1. */
const char *steps_text(const Training *t, int phase, int64_t steps) {
    const int64_t epoch = epoch_steps(t, phase), epochs = steps / epoch;
    if (steps % epoch) return format_text("%" PRId64 " step%s", steps, steps == 1 ? "" : "s");
    return format_text("%" PRId64 " epoch%s, step %" PRId64, epochs, epochs == 1 ? "" : "s", steps);
}
