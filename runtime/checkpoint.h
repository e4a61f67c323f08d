/* A training in a file: parameters, moments of the running phase, and where it is. */
#ifndef NN_RUNTIME_CHECKPOINT_H
#define NN_RUNTIME_CHECKPOINT_H

#include "engine.h"
#include "safetensors.h"

/* What a training does; two trainings with equal settings, data and model give the same bytes. */
typedef struct Settings {
    int64_t seed, rounds, epochs, batch; /* epochs, batch 0: as the architecture says */
    int64_t data_seed, pairs, val_pairs, test_pairs;
    int64_t data; /* fingerprint of the training split, 63 bits */
} Settings;

/* How far it is: `batch` steps of the epoch are done. */
typedef struct Position {
    int64_t round, phase, epoch, batch;
    double loss;    /* sum over the epoch's samples so far of the training loss */
    double seconds; /* spent on the round */
} Position;

typedef struct Checkpoint {
    Settings settings;
    Position at;
} Checkpoint;

/* Writes parameters, the moments of the phase and `checkpoint`. False with a message. */
bool checkpoint_write(const Engine *engine, const Checkpoint *checkpoint, const char *path);

/* Reads a file and checks that it is a checkpoint of this model: parameters, moments, numbers. On
 * success the file is the caller's to free. False with a message. */
bool checkpoint_read(const NnModel *model, const char *path, Checkpoint *checkpoint,
                     TensorFile *file);

/* Sets parameters and moments from a file that checkpoint_read has accepted. */
void checkpoint_take(Engine *engine, const Checkpoint *checkpoint, const TensorFile *file);

#endif
