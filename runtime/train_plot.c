/* The picture of a training's course, --plot. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "table.h"
#include "train.h"

void picture_begin(Training *t) {
    plot_begin(&t->plot, t->columns.n);
    if (!t->row) t->row = allocate((size_t)t->columns.n, sizeof *t->row);
}

void picture_note(Training *t) {
    if (!t->options.text[OPTION_PLOT]) return;
    for (int i = 0; i < t->columns.n; i++) t->row[i] = t->columns.list[i].value;
    plot_add(&t->plot, (PlotPlace){t->at.phase, phase_step(t)}, t->row);
}

void picture_recall(Training *t, const char *line) {
    long long round, phase, step;
    int at = 0;
    if (!t->options.text[OPTION_PLOT] ||
        sscanf(line, "%lld,%lld,%*d,%lld%n", &round, &phase, &step, &at) != 3 ||
        round != t->at.round || phase < 1 || phase > t->model->n_phases)
        return;
    char *next = (char *)line + at;
    for (int i = 0; i < t->columns.n; i++) {
        if (*next != ',') return;
        t->row[i] = strtod(next + 1, &next);
    }
    plot_add(&t->plot, (PlotPlace){phase - 1, step}, t->row);
}

/* The best of the noted evaluations of the last phase; -1: none was judged. */
static int best_noted(const Training *t, const Monitor *monitor) {
    int best = -1;
    double least = INFINITY;
    for (int i = 0; i < t->plot.n; i++) {
        const double value = t->plot.values[i * t->plot.width + monitor->column];
        const double score = monitor->falls ? value : -value;
        if (t->plot.places[i].phase != t->model->n_phases - 1 || !(score < least)) continue;
        least = score;
        best = i;
    }
    return best;
}

bool picture_save(Training *t) {
    const char *path = plot_name(&t->options, t->at.round);
    if (!path || t->plot.n == 0) return true;
    const size_t mark = memory_mark();
    const int n_phases = t->model->n_phases;
    double *epoch = allocate((size_t)n_phases, sizeof *epoch);
    for (int p = 0; p < n_phases; p++) epoch[p] = (double)epoch_steps(t, p);
    PlotText text = {.title = format_text("%s, seed %" PRIu64, t->model->name, round_seed(t)),
                     .epoch_steps = epoch};
    const Monitor *monitor = &t->monitors[n_phases - 1];
    const int best = monitor->column < t->columns.n ? best_noted(t, monitor) : -1;
    if (best >= 0) {
        text.best_at = t->plot.places[best];
        text.best = format_text(
            "%s, after %s",
            best_text(t, n_phases - 1, t->plot.values[best * t->plot.width + monitor->column]),
            steps_text(t, n_phases - 1, text.best_at.step));
    }
    const bool ok = plot_write(&t->plot, &t->columns, t->model, text, path);
    memory_release(mark);
    t->failed = t->failed || !ok;
    return ok;
}
