/* Parameters in files, by PyTorch's names, shapes and order. A checkpoint is such a file with the
 * moments of the running phase as tensors `state/<slot>/<parameter>`, and with its settings and its
 * position as metadata. */
#ifndef NN_RUNTIME_WEIGHTS_H
#define NN_RUNTIME_WEIGHTS_H

#include "engine.h"
#include "safetensors.h"
#include "schedule.h"

/* The position of a training: `batch` steps of the epoch are done. */
typedef struct Position {
    int64_t round, phase, epoch, batch;
    int64_t data;      /* fingerprint of the training split, 63 bits */
    int64_t initial;   /* fingerprint of the initial values from --load; 0: all were drawn */
    int64_t evaluated; /* steps of the phase at its last evaluation; 0: there was none */
    int64_t samples;   /* trained since then */
    double loss;       /* sum over these samples of the training loss */
    /* The same two of the members that take turns; zeros where none do. */
    int64_t member_samples[NN_MAX_MEMBERS];
    double member_loss[NN_MAX_MEMBERS];
    double lr;         /* of the last step before the latest evaluation, done or due */
    double grad_norm;  /* of that step */
    double first_loss; /* of the phase's first evaluation; infinite before that */
    /* Scores are what evaluations are judged by, or minus that where more is better; infinite
     * before the first. */
    double gained;  /* score of the phase's last evaluation with a gain above min_delta */
    int64_t waited; /* evaluations of the phase since then */
    double best;    /* score of the evaluation whose weights are kept; infinite: none is */
    int64_t best_epoch, best_step; /* when that was */
    int64_t *lengths;              /* of each phase of the round, in epochs or steps */
} Position;

/* Reads a file and takes its parameters, which must be exactly the model's. False, with a message
 * that names file and tensor; nothing has changed then. */
bool weights_load(Engine *engine, const char *path);

/* A file whose parameters are the initial values of a training. */
typedef struct Initial {
    TensorFile file;
    Normal *normals;     /* per field: what the file says of its normalisation */
    int64_t fingerprint; /* of the values that are taken; never 0 */
} Initial;

/* Reads it. What it has must be exactly the model's parameters or, if `partial`, some of them: it
 * reports then what is loaded, skipped and left over. False with a message. */
bool initial_read(Engine *engine, const char *path, bool partial, Initial *initial);

/* Sets the parameters that the file has. */
void initial_take(Engine *engine, const Initial *initial);

/* Writes the parameters and nothing else: those in `kept`; with NULL the state's averages, if it
 * has `averages`, or its parameters. */
bool weights_save(const Engine *engine, float *const *kept, bool averages, const char *path);

/* Writes parameters, moments, the position, and the options that decide what is computed. Unless
 * NULL, `kept` are the parameters that a finished file would have now, and those of the state are
 * called state/raw/<parameter>. */
bool checkpoint_save(const Engine *engine, const Options *options, const Position *at,
                     float *const *kept, const char *path);

/* Bytes that the file of a checkpoint in the model's longest list of moments takes at least, with
 * parameters that are kept or without; without moments those of a file of parameters. */
int64_t weights_bytes(const NnModel *model, bool moments, bool kept);

/* Reads a checkpoint of this model: its options replace those in `options`, and those given on the
 * command line must be the same, but for more epochs. False with a message. */
bool checkpoint_read(const NnModel *model, const char *path, Options *options, Position *at,
                     TensorFile *file);

/* Sets parameters and moments from a file that checkpoint_read has accepted, and `kept`, if that is
 * not NULL, as checkpoint_save wrote it. False, with a message, if one of them is not finite;
 * nothing has changed then. */
bool checkpoint_take(Engine *engine, const TensorFile *file, int phase, float *const *kept);

#endif
