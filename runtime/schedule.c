#include "schedule.h"

void schedule_epochs(const NnModel *model, int64_t total, int64_t *epochs) {
    int n = model->n_phases;
    int64_t sum = 0, left = total;
    for (int i = 0; i < n; i++) sum += epochs[i] = model->phases[i].epochs;
    if (total == 0) return;
    for (int i = 0; i < n; i++) left -= epochs[i] = total * model->phases[i].epochs / sum;
    for (; left > 0; left--) {
        /* Fewer than n are left: the one that is furthest below its share gets the next. */
        int best = 0;
        int64_t most = INT64_MIN;
        for (int i = 0; i < n; i++) {
            int64_t below = total * model->phases[i].epochs - epochs[i] * sum;
            if (below <= most) continue;
            most = below;
            best = i;
        }
        epochs[best]++;
    }
    for (int i = 0; i < n; i++) {
        if (epochs[i] > 0) continue;
        int largest = 0;
        for (int k = 1; k < n; k++)
            if (epochs[k] > epochs[largest]) largest = k;
        epochs[largest]--;
        epochs[i]++;
    }
}

int64_t schedule_steps(int samples, int batch) {
    return ((int64_t)samples + batch - 1) / batch;
}
