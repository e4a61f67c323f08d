/* The contract between a generated model and the program that uses it.
 *
 * A generated file exports one constant, `nn_model_<name>`. It holds no mutable state: all memory
 * is the caller's, so any number of models, states and threads live side by side.
 *
 *   state  parameters, optimizer moments and derived copies of weights. Made ready by
 *          `set` for every parameter and then `prepare`. Inference and
 *          evaluation only read it: many threads may share one, each with a work area of its own.
 *   work   activations and gradients of one call; holds nothing between calls, except that
 *          get_gradient reads what the last `gradient` call left. Need not be cleared.
 *
 * Both are aligned to 64 bytes. Results are the same bits for any number of threads and any
 * instruction set. Nothing here allocates, prints or ends the program.
 */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_ABI = 2, NN_ALIGN = 64, NN_MAX_BATCH = 65536, NN_MAX_RANK = 4 };

typedef enum NnFieldKind { NN_INPUT, NN_LABEL, NN_TARGET } NnFieldKind;

/* A field of the data set that the model reads. */
typedef struct NnField {
    const char *name;
    NnFieldKind kind;
    int rank;             /* of one sample; 0 for labels */
    int dim[NN_MAX_RANK]; /* (C, H, W) or (N) */
    int count;            /* floats in one sample; 1 for labels */
    int classes;          /* labels: values are 0 .. classes-1 */
    bool predicts;        /* needed by `predict`, which reads no other */
} NnField;

typedef enum NnInit { NN_CONSTANT, NN_UNIFORM, NN_NORMAL } NnInit;

/* A parameter in PyTorch's shape and order. */
typedef struct NnParam {
    const char *name; /* "conv1.weight" */
    int rank;
    int dim[NN_MAX_RANK];
    int64_t count;
    NnInit init;
    double a, b; /* constant a; uniform in [a, b); normal with mean a and deviation b */
} NnParam;

typedef struct NnPhase {
    int epochs, batch; /* as the architecture says */
    bool shuffle;
    const char *optimizer;    /* "adam" */
    int n_slots;              /* moments per trained parameter */
    const char *const *slots; /* their names: "exp_avg", "exp_avg_sq" */
    int n_trained;
    const int *trained;                 /* indices of the trained parameters, rising */
    int64_t trained_count;              /* elements in them */
    int64_t flops_forward, flops_train; /* per sample, dense contractions only */
} NnPhase;

typedef struct NnOutput {
    const char *name;
    int count;       /* predictions: floats per sample; metrics: 1 */
    int classes;     /* > 0: the value is a class index */
    bool per_sample; /* metrics: one value a sample, else one for the batch (a loss) */
} NnOutput;

/* One generated kernel, in the order of execution, for `bench`. */
typedef struct NnKernel {
    const char *name;
    int phase;     /* of the training step it belongs to, from 0; -1: prediction */
    int64_t flops; /* dense contraction FLOPs per sample */
} NnKernel;

/* Runs fn(arg, i) for every i in 0 .. n-1, perhaps at the same time, and returns when all are done.
 */
typedef void NnParallel(void *team, int n, void (*fn)(void *arg, int i), void *arg);

/* What a call works on. Members that a call does not name are ignored. */
typedef struct NnCall {
    void *state;
    void *work; /* work_bytes(batch, threads) bytes */
    /* One pointer per field of the model, in its order: inputs and targets float [batch][count] in
     * (C, H, W) order, labels int32_t [batch]. No alignment beyond the type's. */
    const void *const *fields;
    int batch;            /* 1 .. NN_MAX_BATCH */
    int phase;            /* from 0 */
    int threads;          /* tasks given to `parallel`, 1 or more; 0 counts as 1 */
    NnParallel *parallel; /* NULL: all on the calling thread */
    void *team;

    uint64_t seed;         /* of the dropout masks */
    bool dropout;          /* train and gradient: false computes without dropout */
    int64_t first_sample;  /* index in the epoch of the batch's first sample */
    int64_t epoch, epochs; /* of the phase, from 0 */
    int64_t step, steps;   /* of the phase, from 0 */

    double loss;     /* result of train, gradient, evaluate: the phase's loss, mean of the batch */
    double *metrics; /* evaluate: one per metric, mean of the batch; NULL: not wanted */
    float *const *predictions; /* predict and evaluate: per prediction float [batch][count] in
                                  (C,H,W) order; NULL, or NULL members: not wanted */

    /* If set, called after each kernel with its index in NnModel.kernels, by the thread that ran
     * it. */
    void (*trace)(void *trace_arg, int kernel);
    void *trace_arg;
} NnCall;

/* The code for one instruction set. */
typedef struct NnCode {
    const char *isa;         /* "avx512", "avx2", "portable" */
    bool (*supported)(void); /* by this machine */
    /* Rebuilds what is derived from the parameters (transposed copies); after the last `set`. */
    void (*prepare)(const NnCall *call);
    /* Forward, loss, backward and update of the parameters. */
    void (*train)(NnCall *call);
    /* As train, without the update; gradients stay in `work` for get_gradient. */
    void (*gradient)(NnCall *call);
    /* Loss of the phase, metrics and predictions, without dropout. */
    void (*evaluate)(NnCall *call);
    /* Predictions only; reads only the fields marked `predicts`. */
    void (*predict)(NnCall *call);
} NnCode;

typedef struct NnModel {
    int abi; /* NN_ABI */
    const char *name;
    const char *data;          /* data set that the architecture names, or NULL */
    const char *version;       /* of nngen */
    const char *source;        /* base name of the architecture file */
    const char *source_sha256; /* of the file, what it requires and the -D values; hex */
    const char *graph; /* the differentiated graph as text (nngen --emit=graph), with places */
    const char *const *summary; /* lines of nngen --emit=summary; NULL behind the last */

    int n_fields, n_params, n_phases, n_metrics, n_predictions, n_kernels, n_codes;
    const NnField *fields;
    const NnParam *params;
    const NnPhase *phases; /* n_phases 0: an inference-only model */
    const NnOutput *metrics, *predictions;
    const NnKernel *kernels;
    const NnCode *codes; /* best first; the last one runs everywhere */

    size_t state_bytes;
    /* Bytes of `work` for calls with up to `batch` samples and up to `threads` tasks. */
    size_t (*work_bytes)(int batch, int threads);

    /* Copies a parameter (slot 0) or a moment of a phase (slot 1 ..) out of or into the state, in
     * PyTorch's order, count floats. Moments exist only for parameters that the phase trains.
     * Moments of all phases share memory: those of one phase are valid at a time. */
    void (*get)(const void *state, int phase, int slot, int param, float *out);
    void (*set)(void *state, int phase, int slot, int param, const float *in);
    /* Sets all moments of the phase to zero: to be called before a phase's first step. */
    void (*reset)(void *state, int phase);
    /* Gradient that the last `gradient` call left in call->work, of a parameter that call->phase
     * trains. */
    void (*get_gradient)(const NnCall *call, int param, float *out);
} NnModel;

#ifdef __cplusplus
}
#endif

#endif
