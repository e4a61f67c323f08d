/* Epochs or steps of the phases. */
#include "schedule.h"

static int64_t own_length(const NnPhase *phase) {
    return phase->steps ? phase->steps : phase->epochs;
}

/* Gives each of `left` more epochs or steps to the phase, from `first` on, that is furthest below
 * its share.
 */
static void hand_out(const NnModel *model, int first, int64_t left, int64_t *lengths) {
    int64_t total = left, sum = 0;
    for (int i = first; i < model->n_phases; i++) {
        total += lengths[i];
        sum += own_length(&model->phases[i]);
    }
    for (; left > 0; left--) {
        int next = first;
        int64_t most = INT64_MIN;
        for (int i = first; i < model->n_phases; i++) {
            int64_t below = total * own_length(&model->phases[i]) - lengths[i] * sum;
            if (below > most) most = below, next = i;
        }
        lengths[next]++;
    }
}

NnMember schedule_member(const NnPhase *phase, int member) {
    if (phase->n_members) return phase->members[member];
    return (NnMember){.steps = 1,
                      .optimizer = phase->optimizer,
                      .n_slots = phase->n_slots,
                      .n_trained = phase->n_trained,
                      .trained = phase->trained};
}

int64_t schedule_own_step(const NnPhase *phase, int member, int64_t own) {
    int64_t before = 0, all = 0;
    for (int i = 0; i < schedule_members(phase); i++) {
        const int64_t steps = schedule_member(phase, i).steps;
        if (i < member) before += steps;
        all += steps;
    }
    const int64_t turn = schedule_member(phase, member).steps;
    return own / turn * all + before + own % turn;
}

int64_t schedule_step(const NnPhase *phase, int member, int64_t step) {
    return schedule_own_step(phase, member, nn_member_steps(phase, member, step));
}

void schedule_lengths(const NnModel *model, int64_t total, int64_t *lengths) {
    for (int i = 0; i < model->n_phases; i++)
        lengths[i] = total ? 1 : own_length(&model->phases[i]);
    hand_out(model, 0, total - model->n_phases, lengths);
}

void schedule_more(const NnModel *model, int phase, int64_t total, int64_t *lengths) {
    hand_out(model, phase, total - schedule_total(model, lengths), lengths);
}

int64_t schedule_total(const NnModel *model, const int64_t *lengths) {
    int64_t sum = 0;
    for (int i = 0; i < model->n_phases; i++) sum += lengths[i];
    return sum;
}

int64_t schedule_batches(const NnPhase *phase, int64_t samples, int batch) {
    return (samples + (phase->drop_last ? 0 : batch - 1)) / batch;
}

int64_t schedule_steps(const NnPhase *phase, int64_t samples, int batch) {
    const int accumulate = phase_accumulates(phase);
    return (schedule_batches(phase, samples, batch) + accumulate - 1) / accumulate;
}

int64_t schedule_epochs(const NnPhase *phase) {
    return phase->steps ? 1 : phase->epochs;
}
