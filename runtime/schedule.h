/* Numbers of epochs and steps of the phases of a training. */
#ifndef NN_RUNTIME_SCHEDULE_H
#define NN_RUNTIME_SCHEDULE_H

#include "model.h"

/* Epochs per phase for a total (0: as the architecture says): in proportion to the architecture's,
 * the rest to the largest remainders, at least one each. `total` is 0 or at least n_phases. */
void schedule_epochs(const NnModel *model, int64_t total, int64_t *epochs);

/* Raises `epochs` to a larger total for a training that is in this phase: earlier phases keep
 * theirs, and none has fewer than before. */
void schedule_more(const NnModel *model, int phase, int64_t total, int64_t *epochs);

/* Of all phases. */
int64_t schedule_total(const NnModel *model, const int64_t *epochs);

/* Steps in an epoch; the last, smaller batch counts. */
int64_t schedule_steps(int samples, int batch);

#endif
