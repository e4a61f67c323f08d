/* Lengths of the phases of a training: epochs or, of phases that count them, steps. */
#ifndef NN_RUNTIME_SCHEDULE_H
#define NN_RUNTIME_SCHEDULE_H

#include "model.h"

/* Batches of an update. */
static inline int phase_accumulates(const NnPhase *phase) {
    return phase->accumulate > 1 ? phase->accumulate : 1;
}

/* The members that take turns in a phase; a phase without any is its own and only one. */
static inline int schedule_members(const NnPhase *phase) {
    return phase->n_members ? phase->n_members : 1;
}
NnMember schedule_member(const NnPhase *phase, int member);

/* Of the phase's steps the one that is number `own`, from 0, of the member's; and the member's
 * first one that is not before `step`. */
int64_t schedule_own_step(const NnPhase *phase, int member, int64_t own);
int64_t schedule_step(const NnPhase *phase, int member, int64_t step);

/* Lengths for a total (0: as the architecture says): in proportion to the architecture's, the rest
 * to the largest remainders, at least one each. `total` is 0 or at least n_phases. */
void schedule_lengths(const NnModel *model, int64_t total, int64_t *lengths);

/* Raises them to a larger total for a training that is in this phase: earlier phases keep theirs,
 * and none has less than before. */
void schedule_more(const NnModel *model, int phase, int64_t total, int64_t *lengths);

/* Of all phases. */
int64_t schedule_total(const NnModel *model, const int64_t *lengths);

/* Samples of an epoch of so many training samples. A model without fields draws its own: it has one
 * epoch, longer than any training. */
static inline int64_t schedule_samples(const NnModel *model, int samples) {
    return model->n_fields > 0 ? samples : INT64_C(1) << 62;
}

/* Batches in an epoch of the phase. The last, smaller batch counts, unless the phase drops it. */
int64_t schedule_batches(const NnPhase *phase, int64_t samples, int batch);
/* Steps in an epoch. Each step makes one update from phase_accumulates batches; the last step may
 * have fewer. */
int64_t schedule_steps(const NnPhase *phase, int64_t samples, int batch);

/* Epochs of the phase as far as the architecture tells: 1 where it counts steps. */
int64_t schedule_epochs(const NnPhase *phase);

#endif
