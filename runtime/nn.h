/* A network inside a program: the small interface over model.h. A handle is a generated model with
 * its weights and the memory of its calls.
 *
 *   Nn *net = nn_open(&nn_model_digits, &(NnOptions){0}, words);
 *   nn_load(net, "digits.safetensors");
 *   nn_predict(net, 1, fields, predictions);
 *   nn_close(net);
 *
 * Compile nn.c beside the generated file. It needs the C library alone and has no state of its own:
 * any number of handles live side by side. A handle serves one thread at a time; nn_share gives
 * another thread a handle to the same weights. Functions that can fail return false, or NULL; what
 * was wrong, nn_words says then, and nothing has changed.
 *
 * Fields and predictions are those of the model, in its order; the generated header has their
 * indices. A field's values of n samples are [n][count], of the type that NnOptions.types names, in
 * (C, H, W) order; those of a prediction are float [n][count].
 */
#ifndef NN_H
#define NN_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Nn Nn;

typedef struct NnOptions {
    int batch;   /* samples of a training step at most; predictions and evaluations of more samples
                    are made in such parts. 0 counts as 1 */
    int threads; /* tasks given to `parallel`; 0 counts as 1 */
    NnParallel *parallel; /* see NnCall; NULL: all on the calling thread */
    void *team;
    /* Other processes that train the same network, the caller's until nn_close: nn_train_step and
     * nn_gradient are called in all of them alike, and each computes what nn_own_samples says.
     * NULL: there are none. */
    const NnPeers *peers;
    const char *isa;     /* "avx2"; NULL: the best that the machine has */
    const NnType *types; /* [n_fields] of their elements, the caller's until nn_close; NULL: float,
                            of labels int32_t */
    /* Weights that the program has as a constant: nn_weights_<name>, which `export --c` of a
     * program or `nngen --weights` writes. The handle reads them where they are, and neither trains
     * nor loads. NULL: weights of its own. */
    const void *constant;
    /* Memory of the handle: nn_bytes bytes, aligned to NN_ALIGN, the caller's until nn_close. NULL:
     * nn_open asks `allocate` for them, and nn_close gives them to `release`; both NULL: malloc and
     * free. */
    void *memory;
    void *(*allocate)(void *arg, size_t bytes); /* aligned as malloc's; NULL: there is none */
    void (*release)(void *arg, void *memory);
    void *arg;
} NnOptions;

/* Bytes that a handle with these options takes, all of its calls included. */
size_t nn_bytes(const NnModel *model, const NnOptions *options);

/* Makes a handle whose parameters are zero: nn_load or nn_init come next. NULL, and the reason in
 * `words`, which have room for NN_WORDS bytes, if the model is of another nngen, the machine lacks
 * the instruction set, or there is no memory. */
Nn *nn_open(const NnModel *model, const NnOptions *options, char *words);

/* Makes a handle to the weights of `owner`, which must live longer: for predictions and evaluations
 * on another thread. It must not be in a call while the owner trains, loads or sets. Of the
 * options, `constant` is ignored. Errors as nn_open. */
Nn *nn_share(const Nn *owner, const NnOptions *options, char *words);

/* Gives the handle's memory back. NULL is allowed. */
void nn_close(Nn *net);

/* What was wrong with the last call that failed; belongs to the handle. */
const char *nn_words(const Nn *net);

/* The model of the handle, its state as NnCall has it, and the instruction set that it runs on. */
const NnModel *nn_model(const Nn *net);
const void *nn_state(const Nn *net);
const char *nn_isa(const Nn *net);

/* Draws each parameter as the architecture says: the bits of `init --seed` of a program. False for
 * a handle whose weights are constant or another's. */
bool nn_init(Nn *net, uint64_t seed);

/* Measures means and deviations of the fields whose architecture leaves them to the data, on n >= 1
 * samples of the training data, as `train` of a program does. Before nn_begin; files that nn_load
 * takes have them. False as nn_init. */
bool nn_measure(Nn *net, int64_t n, const void *const *fields);

/* Takes parameters, and means and deviations of fields, from a safetensors file, or its `size`
 * bytes in memory: F32, F64, F16 or BF16 by PyTorch's names and shapes. A checkpoint of a program
 * will do. False if the file can't be read or lacks a parameter, has one that the model has not, of
 * another shape or with a value that is not finite. */
bool nn_load(Nn *net, const char *path);
bool nn_load_memory(Nn *net, const void *bytes, size_t size);

/* Writes parameters, means and deviations as such a file: the bytes that a program writes, but for
 * the names of classes that its data had. In a phase that keeps averages these are written. The
 * file appears whole or not at all. False if it can't be written. */
bool nn_save(Nn *net, const char *path);

/* The same into memory that has room for `room` bytes. Returns the bytes of the file; where that is
 * more than `room`, nothing useful was written. */
size_t nn_save_memory(Nn *net, void *bytes, size_t room);

/* Names of the classes of a label, or of the symbols of a text, as a weights file has them: `names`
 * ([classes]) point into `room`, which has `bytes` bytes; as many as the file's header are enough.
 * False if the file has none for the label, or they need more room. */
bool nn_load_names(Nn *net, const char *path, const char *label, const char **names, char *room,
                   size_t bytes);

/* Copies a parameter, or sets it, in PyTorch's shape and order. False if there is none of the name,
 * or setting is not allowed as in nn_init. */
bool nn_get(Nn *net, const char *name, float *values);
bool nn_set(Nn *net, const char *name, const float *values);

/* Predicts n >= 1 samples. In a phase that keeps averages these predict, and evaluate; through
 * handles of nn_share, which see the parameters, only after nn_end. Fields that prediction does not
 * read, and predictions that are not wanted, may be NULL. A class is a whole number; NaN where what
 * it is chosen by is not finite. */
bool nn_predict(Nn *net, int n, const void *const *fields, float *const *predictions);

/* The same of samples `first`, first + 1 ... of some data, where the network draws random values
 * (nn.randn, nn.rand): the index of a sample decides them. nn_predict begins with 0. */
bool nn_predict_from(Nn *net, int64_t first, int n, const void *const *fields,
                     float *const *predictions);

/* The predictions at one place of a sequence, with the bits of nn_predict; for models that are
 * causal along it (NnModel.places is not 0). Call it for place 0, 1, 2 ... with the same `n`
 * samples, at most NnOptions.batch: of `fields`, which are those of nn_predict, that place matters,
 * and what the handle keeps of the places before it. Place 0 begins anew. `predictions` get
 * [n][next] floats each, NnOutput.next of them for a sample; those of which that is 0 are not
 * written. False as nn_predict, for a place that is none, and for other models. */
bool nn_next(Nn *net, int place, int n, const void *const *fields, float *const *predictions);

/* Loss and metrics ([n_metrics]; NULL: not wanted) of n samples, without dropout: with
 * NnOptions.batch of 256 or more the bits of `eval` of a program. Of a model with several losses it
 * is that of the last phase, or of the one that nn_begin began. */
bool nn_evaluate(Nn *net, int n, const void *const *fields, double *loss, double *metrics);

/* A phase of training. */
typedef struct NnTraining {
    int phase;       /* from 0 */
    int64_t samples; /* of an epoch */
    int batch;       /* samples of a step, at most NnOptions.batch; 0: as the architecture says */
    int64_t length; /* epochs, or steps of a phase that counts these; 0: as the architecture says */
    uint64_t seed;  /* of dropout and of nn_order */
} NnTraining;

/* Begins a phase: moments are zero, schedules at their beginning. It gives the bits of `train` of a
 * program with the same --seed, --batch and --epochs. False for a model made for inference, a phase
 * that it has not, a batch that is too large, or as in nn_init. */
bool nn_begin(Nn *net, const NnTraining *training);

/* The order in which `train` takes the samples of the running epoch: a permutation of 0 ..
 * samples-1 into `order`. False before nn_begin, or for more than 2^31 - 1 samples. */
bool nn_order(Nn *net, int *order);

/* Samples that the next step wants: a batch, or the rest of the epoch; 0 after the last
 * step of the phase, and before nn_begin. */
int nn_wanted(const Nn *net);

/* One step on n samples, as nn_wanted says. `loss`, NULL: not wanted, is their mean before the
 * step; where it is not finite, the weights are lost. Gradients of NnPhase.accumulate steps make an
 * update. */
bool nn_train_step(Nn *net, int n, const void *const *fields, double *loss);

/* Which of the n samples of such a step this process computes, from `first` to before `end`: with
 * NnOptions.peers it reads no others. Where nn_train_step is false and nn_lost true, a peer is
 * lost, and the step was not done. */
void nn_own_samples(const Nn *net, int n, int *first, int *end);
bool nn_lost(const Nn *net);

/* Whole epochs since nn_begin. */
int64_t nn_epoch(const Nn *net);

/* Ends training: where the phase keeps averages, they become the parameters. */
bool nn_end(Nn *net);

/* Loss and gradients of n <= NnOptions.batch samples at the weights as they are, with dropout only
 * after nn_begin; nn_gradient_of copies the gradient of a parameter that the phase trains, until
 * the next call. */
bool nn_gradient(Nn *net, int n, const void *const *fields, double *loss);
bool nn_gradient_of(Nn *net, const char *name, float *gradient);

#ifdef __cplusplus
}
#endif

#endif
