#include "schedule.h"

/* The phase furthest below its share, or above it among those with epochs to give. */
static int furthest(const NnModel *model, int64_t total, int64_t sum, const int64_t *epochs,
                    bool above) {
    int best = 0;
    int64_t most = INT64_MIN;
    for (int i = 0; i < model->n_phases; i++) {
        int64_t over = epochs[i] * sum - total * model->phases[i].epochs;
        int64_t distance = above ? over : -over;
        if (distance <= most || (above && epochs[i] < 2)) continue;
        most = distance;
        best = i;
    }
    return best;
}

void schedule_epochs(const NnModel *model, int64_t total, int64_t *epochs) {
    int n = model->n_phases;
    int64_t sum = 0, left = total;
    for (int i = 0; i < n; i++) sum += epochs[i] = model->phases[i].epochs;
    if (total == 0) return;
    for (int i = 0; i < n; i++) left -= epochs[i] = total * model->phases[i].epochs / sum;
    for (; left > 0; left--) epochs[furthest(model, total, sum, epochs, false)]++;
    for (int i = 0; i < n; i++) {
        if (epochs[i] > 0) continue;
        epochs[furthest(model, total, sum, epochs, true)]--;
        epochs[i]++;
    }
}

int64_t schedule_steps(int samples, int batch) {
    return ((int64_t)samples + batch - 1) / batch;
}
