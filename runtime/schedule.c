/* Epochs and steps of the phases. */
#include "schedule.h"

/* Gives each of `left` more epochs to the phase, from `first` on, that is furthest below its share.
 */
static void hand_out(const NnModel *model, int first, int64_t left, int64_t *epochs) {
    int64_t total = left, sum = 0;
    for (int i = first; i < model->n_phases; i++) {
        total += epochs[i];
        sum += model->phases[i].epochs;
    }
    for (; left > 0; left--) {
        int next = first;
        int64_t most = INT64_MIN;
        for (int i = first; i < model->n_phases; i++) {
            int64_t below = total * model->phases[i].epochs - epochs[i] * sum;
            if (below > most) most = below, next = i;
        }
        epochs[next]++;
    }
}

void schedule_epochs(const NnModel *model, int64_t total, int64_t *epochs) {
    for (int i = 0; i < model->n_phases; i++) epochs[i] = total ? 1 : model->phases[i].epochs;
    hand_out(model, 0, total - model->n_phases, epochs);
}

void schedule_more(const NnModel *model, int phase, int64_t total, int64_t *epochs) {
    hand_out(model, phase, total - schedule_total(model, epochs), epochs);
}

int64_t schedule_total(const NnModel *model, const int64_t *epochs) {
    int64_t sum = 0;
    for (int i = 0; i < model->n_phases; i++) sum += epochs[i];
    return sum;
}

int64_t schedule_steps(int samples, int batch) {
    return ((int64_t)samples + batch - 1) / batch;
}
