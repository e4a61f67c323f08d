/* The training loop: rounds, their phases, their epochs, their batches. */
#ifndef NN_RUNTIME_TRAIN_H
#define NN_RUNTIME_TRAIN_H

#include "options.h"

/* The command `train`. Round r starts from initial weights of seed + r; order and dropout masks
 * are functions of seed + r, too. A resumed training goes on with the settings of its checkpoint
 * and gives the same bytes as one that was never interrupted.
 *
 * Ctrl-C or SIGTERM: the step at hand is finished, a checkpoint is written to the --save name, or
 * to <model>.interrupted.safetensors, and the status is STATUS_OK. */
Status train_command(const NnModel *model, const Options *options);

#endif
