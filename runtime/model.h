/* The contract between a generated model and the program that uses it.
 *
 * A generated file exports one constant, `nn_model_<name>`. It holds no mutable state: all memory
 * is the caller's, so any number of models, states and threads live side by side.
 *
 *   state  parameters, running statistics, optimizer moments, averages and derived copies of
 *          weights, means and deviations of fields. Made ready by `set` for every parameter,
 *          `set_normal` for every field whose mean or deviation is measured, and then `prepare`.
 *          Inference and evaluation only read it: many threads may share one, each with a work
 *          area of its own.
 *   work   activations and gradients of one call; holds nothing between calls, except that
 *          get_gradient reads what the last `gradient` call left. Need not be cleared.
 *
 * Both are aligned to 64 bytes. Results are the same bits for any number of threads and any
 * instruction set. Nothing here allocates, prints or ends the program, but for checks: generated
 * code that is compiled without NDEBUG looks at what it is given before it does anything with it.
 * What breaks this contract is told on standard error, and the program is aborted, as assert does
 * it: `nn_model_spiral: train: batch is 0, but must be 1 to 65536`. Compiled with
 * -DNN_FAIL=my_function it calls `void my_function(const char *model, const char *call, const char
 * *words)` instead, and where that returns, the call returns and has done nothing. Freestanding
 * code checks only with NN_FAIL. nn_call_problem serves programs that want to know before a call,
 * whatever NDEBUG.
 */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(NDEBUG) && (__STDC_HOSTED__ || defined(NN_FAIL))
#define NN_CHECKED 1
#else
#define NN_CHECKED 0
#endif
#if NN_CHECKED && !defined(NN_FAIL)
#include <stdio.h>
#include <stdlib.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this contract. A generated file has that of its nngen and refuses another one. */
#define NN_ABI 16

enum { NN_ALIGN = 64, NN_MAX_BATCH = 65536, NN_MAX_RANK = 4 };

typedef enum NnFieldKind { NN_INPUT, NN_LABEL, NN_TARGET } NnFieldKind;

/* What a field's elements are in a call, in the machine's byte order. Labels are whole numbers. */
typedef enum NnType {
    NN_PLAIN, /* float; of labels int32_t */
    NN_U8,
    NN_I8,
    NN_U16,
    NN_I16,
    NN_I32,
    NN_I64,
    NN_F16,  /* IEEE 754's binary16 */
    NN_BF16, /* the upper half of a float */
    NN_F32,
    NN_F64
} NnType;

/* How a field is normalised: element x of a sample becomes float((x * scale - mean) / deviation),
 * computed in double. Its number is `i / run % moments`, i counting the sample's elements. */
typedef struct NnNormal {
    int moments; /* means, and deviations: one for each channel or column; 0: elements are taken as
                    they are */
    int run;     /* elements side by side that share them */
    bool bytes; /* only where elements are NN_U8, others are taken as they are; x * scale is x / 255
                   rounded to float then */
    double scale;
    const double *mean, *deviation; /* [moments], as the architecture states them. NULL: measured
                                       on the training split, and set by set_normal */
} NnNormal;

/* A field of the data set that the model reads. */
typedef struct NnField {
    const char *name;
    NnFieldKind kind;
    int rank;             /* of one sample; 0 for a label that is one class */
    int dim[NN_MAX_RANK]; /* (C, H, W) or (N) */
    int count;            /* elements in one sample */
    int classes;          /* labels: values are 0 .. classes-1 */
    bool ignores;         /* labels may be `ignored`, too, which is no class; losses leave it out */
    int ignored;
    bool predicts; /* needed by `predict`, which reads no other */
    /* Of data files: the array of the field, NULL: it has its name. `windows` > 0: the array is one
     * sequence, and sample i begins at row i * windows + offset. */
    const char *array;
    int windows, offset;
    const char *const *names; /* labels: of the classes, or NULL */
    NnNormal normal;
} NnField;

/* What a parameter begins with, by the numbers a and b. */
typedef enum NnInit {
    NN_CONSTANT,      /* a */
    NN_UNIFORM,       /* draws from [a, b) */
    NN_NORMAL,        /* draws with mean a and deviation b */
    NN_TRUNCATED,     /* the same, drawn again until it lies in [-2, 2] */
    NN_ORTHOGONAL,    /* orthonormal rows, or columns where these are fewer, times a */
    NN_DIRAC,         /* filter i gives input i; filters beyond the inputs begin as NN_CONSTANT, */
    NN_DIRAC_UNIFORM, /* as NN_UNIFORM, */
    NN_DIRAC_NORMAL   /* or as NN_NORMAL */
} NnInit;

/* What a tensor of the state is. */
typedef enum NnRole {
    NN_WEIGHT, /* a parameter, trained by steps */
    NN_STATE,  /* follows what steps see: running statistics, assigned at the end of a step */
    NN_COUNT,  /* a state of whole numbers up to 2^24; files have it as I64, or lack it */
    NN_FIXED   /* stays as it is, while PyTorch's layer trains it; files may lack it */
} NnRole;

/* A parameter, or another tensor of the state, in PyTorch's shape and order. */
typedef struct NnParam {
    const char *name; /* "conv1.weight" */
    int rank;
    int dim[NN_MAX_RANK];
    int64_t count;
    NnInit init;
    double a, b;  /* of init */
    int zero_row; /* of the first axis, counted from 1: it begins at 0; 0: none does */
    NnRole role;
} NnParam;

/* A further name of a parameter; files of weights have it under both names. */
typedef struct NnTie {
    const char *name;
    int param;
} NnTie;

/* Those that take turns in a phase (nn.alternate): `steps` of the first, then of the next one. Each
 * has a loss and moments of its own, and counts its own steps for what its optimizer makes of
 * their number. NnCall.step counts those of all, and so says whose turn it is. */
enum { NN_MAX_MEMBERS = 16 };
typedef struct NnMember {
    int steps;
    const char *optimizer;
    int first_slot, n_slots; /* its moments among NnPhase.slots, from 0 */
    int n_trained;
    const int *trained;
    int metric; /* the one of NnModel.metrics that is its loss */
} NnMember;

typedef struct NnPhase {
    int epochs, batch; /* as the architecture says; epochs 0: the phase counts steps */
    bool shuffle;
    const char *optimizer;    /* "adam" */
    int n_slots;              /* moments per trained parameter */
    const char *const *slots; /* their names: "exp_avg", "exp_avg_sq" */
    int n_trained;
    const int *trained;                 /* indices of the trained parameters, rising */
    int64_t trained_count;              /* elements in them */
    int64_t flops_forward, flops_train; /* per sample, dense contractions only */
    bool keep_best; /* the weights of the best evaluation are those to keep, else the last */
    const char
        *monitor; /* what evaluations are judged by: "val_accuracy", "-val_x"; NULL: val_loss */
    int patience; /* evaluations without a gain above min_delta end the phase; 0: none do */
    double min_delta;
    int steps;        /* of a phase that counts steps, each an update; else 0 */
    int eval_every;   /* epochs or steps between evaluations; 0: one is after each epoch */
    int eval_samples; /* of each split, at most, in evaluations during training; 0: all */
    bool drop_last;   /* the last, smaller batch of an epoch is left out */
    int accumulate;   /* batches of an update; 0 counts as 1 */
    double ema; /* each step moves the average of a parameter by 1 - ema of its distance to the
                   parameter; 0: the phase has no averages */
    int least;  /* samples that a batch must have: 2 where one sample has no statistics */
    /* Optimizer and FLOPs of a phase with members are those of the first, and the mean of a turn of
     * all; slots are "1/exp_avg"; trained are the parameters of all. */
    int n_members; /* 0: no turns are taken */
    const NnMember *members;
} NnPhase;

/* The member, from 0, whose turn a step of the phase is; 0 where no turns are taken. */
static inline int nn_member(const NnPhase *phase, int64_t step) {
    int64_t all = 0;
    for (int i = 0; i < phase->n_members; i++) all += phase->members[i].steps;
    if (all == 0) return 0;
    int member = 0;
    for (step %= all; step >= phase->members[member].steps; member++)
        step -= phase->members[member].steps;
    return member;
}

/* How many of the phase's steps before this one are the member's. */
static inline int64_t nn_member_steps(const NnPhase *phase, int member, int64_t step) {
    int64_t all = 0, before = 0;
    for (int i = 0; i < phase->n_members; i++) {
        if (i < member) before += phase->members[i].steps;
        all += phase->members[i].steps;
    }
    if (all == 0) return step;
    const int64_t own = phase->members[member].steps, in_turn = step % all - before;
    return step / all * own + (in_turn < 0 ? 0 : in_turn < own ? in_turn : own);
}

/* Whether a phase has moment `slot`, from 1, of a parameter. */
static inline bool nn_has_moment(const NnPhase *phase, int slot, int param) {
    const int *list = phase->trained;
    int n = phase->n_trained;
    for (int i = 0; i < phase->n_members; i++) {
        const NnMember *member = &phase->members[i];
        if (slot <= member->first_slot || slot > member->first_slot + member->n_slots) continue;
        list = member->trained;
        n = member->n_trained;
    }
    for (int i = 0; i < n; i++)
        if (list[i] == param) return true;
    return false;
}

/* The average of a parameter, in place of a moment; for models with a phase of NnPhase.ema above 0.
 * The average of a parameter that a phase does not train is equal to it. */
enum { NN_AVERAGE = -1 };

typedef struct NnOutput {
    const char *name;
    int count;       /* predictions: floats per sample; metrics: 1 */
    int classes;     /* > 0: the value is a class index; NaN where what it is chosen by overflows */
    bool per_sample; /* metrics: the mean of one value a sample */
    bool overall;    /* metrics: worked out of such means over all samples (nn.overall), none of one
                        sample. Neither: a loss */
    int next; /* predictions: floats per sample that NnCode.next gives, of one place; 0: none */
} NnOutput;

/* One generated kernel, in the order of execution, for `bench`. */
typedef struct NnKernel {
    const char *name; /* no two of a phase's are the same */
    int phase;        /* of the training step it belongs to, from 0; -1: prediction */
    int64_t flops;    /* dense contraction FLOPs per sample */
} NnKernel;

/* Runs fn(arg, i) for every i in 0 .. n-1, perhaps at the same time, and returns when all are done.
 */
typedef void NnParallel(void *team, int n, void (*fn)(void *arg, int i), void *arg);

/* Other processes at work on the same step, each with a state of its own that stays equal to those
 * of the others, to the bit. Calls of train and gradient are made in all of them with the same
 * members, but for memory, threads and parallel; the instruction set may be another one. It moves
 * bytes and adds nothing. */
enum { NN_MAX_PEERS = 64 };
typedef struct NnPeers {
    int size, rank; /* rank is 0 .. size-1 */
    void *net;
    /* Rows from[p] .. from[p+1]-1 are filled in process p; afterwards every process has all of
     * them. False: one is lost. */
    bool (*gather)(void *net, void *rows, size_t row_bytes, const int *from);
    /* Sends to one peer and receives from it at once; bytes of either may be 0. NULL: large
     * gradients go by `gather`, too. False: it is lost. */
    bool (*exchange)(void *net, int peer, const void *send, size_t send_bytes, void *received,
                     size_t received_bytes);
    /* Where there is `exchange`, gradients of so many floats are shared out: each process gets,
     * adds and updates a slice, and then the parameters of the others. 0: those of 1048576 and more
     * among 8 processes and more. */
    int64_t slices_from;
} NnPeers;

/* What a call works on. Members that a call does not name are ignored. */
typedef struct NnCall {
    void *state;
    void *work; /* work_bytes(batch, threads) bytes, or work_bytes_among */
    /* One pointer per field of the model, in its order: [batch][count] elements in (C, H, W) order.
     * No alignment beyond the type's. Among peers only NnModel.samples of them are read. */
    const void *const *fields;
    const NnType *types;  /* per field the type of its elements; NULL: all are NN_PLAIN */
    int batch;            /* 1 .. NN_MAX_BATCH */
    int phase;            /* from 0 */
    int threads;          /* tasks given to `parallel`, 1 or more; 0 counts as 1 */
    NnParallel *parallel; /* NULL: all on the calling thread */
    void *team;

    const NnPeers *peers; /* train and gradient; NULL: this process is alone */

    uint64_t seed;         /* of dropout masks, augmentation and random values */
    bool dropout;          /* train and gradient: false computes without dropout, nothing is
                              flipped, cropped or erased, and random values are those that an
                              evaluation of the samples draws */
    int64_t first_sample;  /* index of the batch's first sample: train and gradient: in the epoch;
                              evaluate and predict, whose random values (nn.randn, nn.rand) it
                              decides: in its data */
    int64_t epoch, epochs; /* of the phase, from 0 */
    int64_t step, steps;   /* of the phase, from 0 */
    double lr_scale;       /* train: factor of the learning rate; 0 counts as 1 */
    /* train, with NnPhase.accumulate: this update had so many samples in batches before this one,
     * whose gradients the state has; `more`: further batches follow. Only the last batch updates,
     * by the mean over all samples of the update; gradient_squares are of that mean. */
    int64_t earlier;
    bool more;

    /* Result of train, gradient, evaluate: the phase's loss, mean of the batch; of score: of all
     * samples. Where members take turns: that of the one whose turn `step` is. */
    double loss;
    double lr; /* result of train, gradient: the learning rate of the step, scaled */
    bool lost; /* the same: a peer was lost, and with it the step: parameters are as they were,
                  unless they were shared out */
    /* train and gradient: the sum of the squares of the batch's gradient, which the update uses,
     * over all that the phase trains; added in double, in one order. It costs another pass over
     * the gradient. NULL: not wanted. */
    double *gradient_squares;
    double *metrics; /* evaluate: one per metric, of the batch by itself; score: of all
                        samples; NULL: not wanted */
    /* evaluate: NnModel.n_sums numbers, to which those of the batch are added; NULL: not wanted.
     * For what all samples of several calls give: zeros before the first call, and score after the
     * last one. */
    double *sums;
    /* next: 0 .. NnModel.places - 1, and batch * NnModel.cache_bytes bytes, aligned to 64. */
    int place;
    void *cache;
    float *const *predictions; /* predict and evaluate: per prediction float [batch][count] in
                                  (C,H,W) order; NULL, or NULL members: not wanted.
                                  next: those of NnOutput.next, [batch][next] */

    /* If set, called after each kernel with its index in NnModel.kernels, by the thread that ran
     * it. */
    void (*trace)(void *trace_arg, int kernel);
    void *trace_arg;
} NnCall;

/* The code for one instruction set. */
typedef struct NnCode {
    const char *isa;         /* "avx512", "avx2", "neon", "portable" */
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
    /* For measuring what the machine does at most: in each step `peak_width` floats x become
     * x * factor + term, in registers alone. Returns one of them. */
    int peak_width;
    float (*peak)(int64_t steps, float factor, float term);
    /* The predictions at place `call->place` of a sequence alone, the same bits as predict's; for
     * models whose predictions are causal along the first axis of their fields, NULL of others.
     * Call it for place 0, 1, 2 ... with the same `cache`: of the fields, which are those of
     * predict, only that place matters, and what earlier calls left. Place 0 begins anew. */
    void (*next)(NnCall *call);
} NnCode;

typedef struct NnModel {
    int abi; /* NN_ABI of the nngen that made it */
    const char *name;
    const char *data;          /* data set that the architecture names, or NULL */
    const char *version;       /* of nngen */
    const char *source;        /* base name of the architecture file */
    const char *source_sha256; /* of the file, what it requires and the -D values; hex */
    const char *const *graph; /* lines of the differentiated graph's text, as of nngen --emit=graph,
                                 with places in the source; NULL behind the last */
    const char *const *summary; /* lines of nngen --emit=summary; NULL behind the last */

    int n_fields, n_params, n_phases, n_metrics, n_predictions, n_kernels, n_codes;
    int n_sums; /* of NnCall.sums; 0 for an inference-only model */
    const NnField *fields;
    const NnParam *params;
    int n_ties;
    const NnTie *ties;
    const NnPhase *phases; /* n_phases 0: an inference-only model */
    const NnOutput *metrics, *predictions;
    const NnKernel *kernels;
    const NnCode *codes; /* best first; the last one runs everywhere */

    int places;         /* of the sequences that NnCode.next walks along; 0: there is none */
    size_t cache_bytes; /* of NnCall.cache, for each sample */
    size_t state_bytes;
    /* Bytes of `work` for calls with up to `batch` samples and up to `threads` tasks. */
    size_t (*work_bytes)(int batch, int threads);
    /* The same where calls have peers, of whom only size, rank, exchange and slices_from count. */
    size_t (*work_bytes_among)(int batch, int threads, const NnPeers *peers);
    /* Samples of a batch, from `first` to before `end`, that a process computes. */
    void (*samples)(int batch, const NnPeers *peers, int *first, int *end);
    /* Makes moments whole that were shared out, in all processes: before `get` of one. It reads
     * state, phase and peers. */
    void (*gather_moments)(NnCall *call);
    /* Parts that a batch is cut into, whatever the threads: more tasks than that are not used. */
    int (*chunks)(int batch);

    /* Loss of the phase and metrics of all samples whose sums evaluate added to call->sums. Metrics
     * are worked out of means over all samples, losses being such means, so they do not depend on
     * how these were cut into batches, but for rounding in double. Reads only the sums and the
     * numbers that schedules are made of: phase, epoch, epochs, step, steps. */
    void (*score)(NnCall *call);

    /* Copies a parameter (slot 0) or a moment of a phase (slot 1 ..) out of or into the state, in
     * PyTorch's order, count floats. Moments exist only for parameters that the phase trains.
     * Moments of all phases share memory: those of one phase are valid at a time. */
    void (*get)(const void *state, int phase, int slot, int param, float *out);
    void (*set)(void *state, int phase, int slot, int param, const float *in);
    /* Sets all moments of the phase to zero, and the averages to the parameters: to be called
     * before a phase's first step. */
    void (*reset)(void *state, int phase);
    /* Means and deviations of a field that is normalised, [moments] each: those of the state, and
     * new ones. Stated ones need not be set: `prepare` does. NULL where no field is. */
    void (*get_normal)(const void *state, int field, double *mean, double *deviation);
    void (*set_normal)(void *state, int field, const double *mean, const double *deviation);
    /* Gradient that the last `gradient` call left in call->work, of a parameter that call->phase
     * trains; zeros where the member whose turn it was does not. */
    void (*get_gradient)(const NnCall *call, int param, float *out);
} NnModel;

/* What of NnCode or NnModel a call is for. */
typedef enum NnEntry {
    NN_PREPARE,
    NN_TRAIN,
    NN_GRADIENT,
    NN_EVALUATE,
    NN_PREDICT,
    NN_SCORE,
    NN_NEXT
} NnEntry;

enum { NN_WORDS = 256 }; /* room for the words of a problem */

/* Appends a text, or with NULL a number, to words of NN_WORDS bytes. */
static inline void nn_say(char *words, const char *text, int64_t number) {
    char digits[24];
    int n = 0, at = (int)sizeof digits - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    digits[at] = '\0';
    do digits[--at] = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) != 0);
    if (number < 0) digits[--at] = '-';
    if (!text) text = digits + at;
    while (words[n]) n++;
    while (*text && n < NN_WORDS - 1) words[n++] = *text++;
    words[n] = '\0';
}

/* Adds what is wrong with a whole number that must be low to high; false if nothing is. */
static inline bool nn_outside(char *words, const char *name, int64_t value, int64_t low,
                              int64_t high) {
    if (value >= low && value <= high) return false;
    nn_say(words, name, 0);
    nn_say(words, " is ", 0);
    nn_say(words, NULL, value);
    nn_say(words, ", but must be ", 0);
    nn_say(words, NULL, low);
    nn_say(words, " to ", 0);
    nn_say(words, NULL, high);
    return true;
}

/* The same for memory that must be there and aligned. */
static inline bool nn_misplaced(char *words, const char *name, const char *of, const void *memory,
                                int align) {
    const int over = (int)((uintptr_t)memory % (uintptr_t)align);
    if (memory && over == 0) return false;
    nn_say(words, name, 0);
    nn_say(words, of, 0);
    nn_say(words, memory ? " lies " : " is NULL", 0);
    if (!memory) return true;
    nn_say(words, NULL, over);
    nn_say(words, " bytes behind a multiple of ", 0);
    nn_say(words, NULL, align);
    nn_say(words, ", but must be aligned to that", 0);
    return true;
}

/* Bytes of an element. */
static inline int nn_type_size(NnType type) {
    static const unsigned char sizes[NN_F64 + 1] = {4, 1, 1, 2, 2, 4, 8, 2, 2, 4, 8};
    return sizes[type];
}

/* The type of a field's elements in a call; never NN_PLAIN. */
static inline NnType nn_field_type(const NnField *fields, const NnCall *call, int i) {
    const NnType type = call->types ? call->types[i] : NN_PLAIN;
    return type != NN_PLAIN ? type : fields[i].kind == NN_LABEL ? NN_I32 : NN_F32;
}

/* Element `i` of whole numbers; other types are 0. */
static inline int64_t nn_integer(const void *values, NnType type, int64_t i) {
    switch (type) {
    case NN_U8:
        return ((const uint8_t *)values)[i];
    case NN_I8:
        return ((const int8_t *)values)[i];
    case NN_U16:
        return ((const uint16_t *)values)[i];
    case NN_I16:
        return ((const int16_t *)values)[i];
    case NN_I32:
        return ((const int32_t *)values)[i];
    case NN_I64:
        return ((const int64_t *)values)[i];
    case NN_PLAIN:
    case NN_F16:
    case NN_BF16:
    case NN_F32:
    case NN_F64:
        break;
    }
    return 0;
}

/* A float of these bits. */
static inline float nn_float_of(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } pun;
    pun.bits = bits;
    return pun.value;
}

/* A number in IEEE 754's binary16: a sign, 5 bits of exponent, 10 of mantissa. */
static inline float nn_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31u;
    const uint32_t mantissa = half & 1023u;
    if (exponent == 31) return nn_float_of(sign | 0x7f800000u | mantissa << 13);
    if (exponent > 0) return nn_float_of(sign | (exponent + 112u) << 23 | mantissa << 13);
    return nn_float_of(sign | 0x33800000u) * (float)mantissa; /* 2^-24 */
}

/* Element `i` as a number; one of NN_I64 is rounded. */
static inline double nn_number(const void *values, NnType type, int64_t i) {
    switch (type) {
    case NN_F16:
        return (double)nn_half(((const uint16_t *)values)[i]);
    case NN_BF16:
        return (double)nn_float_of((uint32_t)((const uint16_t *)values)[i] << 16);
    case NN_PLAIN:
    case NN_F32:
        return (double)((const float *)values)[i];
    case NN_F64:
        return ((const double *)values)[i];
    case NN_U8:
    case NN_I8:
    case NN_U16:
    case NN_I16:
    case NN_I32:
    case NN_I64:
        break;
    }
    return (double)nn_integer(values, type, i);
}

/* The same for values of a label in samples `from` to before `end`: `each` of every sample, from
 * element `first` on. */
static inline bool nn_unknown_class(char *words, const NnField *field, NnType type,
                                    const void *values, int from, int end, int first, int each) {
    for (int64_t k = (int64_t)from * each; k < (int64_t)end * each; k++) {
        const int64_t sample = k / each;
        const int64_t label = nn_integer(values, type, sample * field->count + first + k % each);
        if (label >= 0 && label < field->classes) continue;
        if (field->ignores && label == field->ignored) continue;
        nn_say(words, "sample ", 0);
        nn_say(words, NULL, sample);
        nn_say(words, ": label ", 0);
        return nn_outside(words, field->name, label, 0, field->classes - 1);
    }
    return false;
}

/* The same for the fields that the entry reads, the values of labels too. */
static inline bool nn_unreadable(char *words, const NnModel *model, NnEntry entry,
                                 const NnCall *call) {
    int first = 0, end = call->batch;
    if ((entry == NN_TRAIN || entry == NN_GRADIENT) && call->peers)
        model->samples(call->batch, call->peers, &first, &end);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        if ((entry == NN_PREDICT || entry == NN_NEXT) && !field->predicts) continue;
        if (nn_misplaced(words, "fields", "", call->fields, (int)sizeof(void *)) ||
            (call->types && nn_outside(words, "a field's type", call->types[i], 0, NN_F64)))
            return true;
        const NnType type = nn_field_type(model->fields, call, i);
        const bool label = field->kind == NN_LABEL;
        const bool one = entry == NN_NEXT && field->rank > 0; /* place of a sequence */
        const int each = one ? field->count / field->dim[0] : field->count;
        if (nn_misplaced(words, "field ", field->name, call->fields[i], nn_type_size(type)) ||
            (label && nn_outside(words, "the type of a label", type, NN_U8, NN_I64)) ||
            (label && nn_unknown_class(words, field, type, call->fields[i], first, end,
                                       one ? call->place * each : 0, each)))
            return true;
    }
    return false;
}

static inline bool nn_untrained(char *words, const NnModel *model) {
    if (model->n_phases == 0) nn_say(words, "the model was made for inference alone", 0);
    return model->n_phases == 0;
}

/* The same for the doubles that evaluate and score write. */
static inline bool nn_unsummed(char *words, const NnCall *call) {
    return (call->metrics &&
            nn_misplaced(words, "metrics", "", call->metrics, (int)sizeof(double))) ||
           (call->sums && nn_misplaced(words, "sums", "", call->sums, (int)sizeof(double)));
}

static inline bool nn_unscored(char *words, const NnModel *model, const NnCall *call) {
    return nn_untrained(words, model) ||
           nn_outside(words, "phase", call->phase, 0, model->n_phases - 1) ||
           nn_misplaced(words, "sums", "", call->sums, (int)sizeof(double)) ||
           nn_unsummed(words, call);
}

/* The same for peers. */
static inline bool nn_unpeered(char *words, const NnPeers *peers) {
    return nn_outside(words, "peers->size", peers->size, 1, NN_MAX_PEERS) ||
           nn_outside(words, "peers->rank", peers->rank, 0, peers->size - 1);
}

/* What of the contract above a call breaks: which member, what it is and what is wanted. NULL if
 * nothing, else `words`, which have room for NN_WORDS bytes. It can't see how much memory there is.
 */
static inline const char *nn_call_problem(const NnModel *model, NnEntry entry, const NnCall *call,
                                          char *words) {
    const bool trains = entry == NN_TRAIN || entry == NN_GRADIENT;
    const bool evaluates = entry == NN_EVALUATE;
    words[0] = '\0';
    if (entry == NN_SCORE) return nn_unscored(words, model, call) ? words : NULL;
    if (nn_misplaced(words, "state", "", call->state, NN_ALIGN)) return words;
    if (call->threads < 0 && nn_outside(words, "threads", call->threads, 0, INT32_MAX))
        return words;
    if (entry == NN_PREPARE) return NULL;
    if ((trains && nn_untrained(words, model)) ||
        nn_misplaced(words, "work", "", call->work, NN_ALIGN) ||
        nn_outside(words, "batch", call->batch, 1, NN_MAX_BATCH) ||
        ((trains || (evaluates && model->n_phases > 0)) &&
         nn_outside(words, "phase", call->phase, 0, model->n_phases - 1)) ||
        (entry == NN_TRAIN && nn_outside(words, "earlier", call->earlier, 0, INT32_MAX)) ||
        (trains && call->peers && nn_unpeered(words, call->peers)) ||
        (trains &&
         nn_outside(words, "batch", call->batch, model->phases[call->phase].least, NN_MAX_BATCH)) ||
        (entry == NN_NEXT && (nn_outside(words, "place", call->place, 0, model->places - 1) ||
                              nn_misplaced(words, "cache", "", call->cache, NN_ALIGN))) ||
        nn_unreadable(words, model, entry, call))
        return words;
    if (evaluates && nn_unsummed(words, call)) return words;
    for (int i = 0; !trains && call->predictions && i < model->n_predictions; i++)
        if (call->predictions[i] && nn_misplaced(words, "prediction ", model->predictions[i].name,
                                                 call->predictions[i], (int)sizeof(float)))
            return words;
    return NULL;
}

/* What of NnModel an access to a parameter or a moment is. */
typedef enum NnAccess { NN_GET, NN_SET, NN_RESET, NN_GET_GRADIENT } NnAccess;

/* Whether the state has averages of parameters. */
static inline bool nn_has_averages(const NnModel *model) {
    for (int i = 0; i < model->n_phases; i++)
        if (model->phases[i].ema > 0.0) return true;
    return false;
}

/* The same of an access; `memory` is the state, or of get_gradient the work area. */
static inline const char *nn_access_problem(const NnModel *model, NnAccess access,
                                            const void *memory, int phase, int slot, int param,
                                            const void *values, char *words) {
    const bool gradient = access == NN_GET_GRADIENT;
    const bool average = !gradient && slot == NN_AVERAGE && nn_has_averages(model);
    const bool moment = !gradient && slot != 0 && !average;
    words[0] = '\0';
    if (nn_misplaced(words, gradient ? "work" : "state", "", memory, NN_ALIGN)) return words;
    if ((gradient || moment || access == NN_RESET) &&
        (nn_untrained(words, model) || nn_outside(words, "phase", phase, 0, model->n_phases - 1)))
        return words;
    if (access == NN_RESET) return NULL;
    if (nn_outside(words, "param", param, 0, model->n_params - 1) ||
        nn_misplaced(words, "values of ", model->params[param].name, values, (int)sizeof(float)) ||
        (moment && nn_outside(words, "slot", slot, 0, model->phases[phase].n_slots)))
        return words;
    if (!gradient && !moment) return NULL;
    if (nn_has_moment(&model->phases[phase], slot, param)) return NULL;
    nn_say(words, "phase ", 0);
    nn_say(words, NULL, phase);
    nn_say(words, " does not train ", 0);
    nn_say(words, model->params[param].name, 0);
    return words;
}

/* The same of get_normal and set_normal. */
static inline const char *nn_normal_problem(const NnModel *model, const void *state, int field,
                                            const double *mean, const double *deviation,
                                            char *words) {
    const int size = (int)sizeof(double);
    words[0] = '\0';
    if (nn_misplaced(words, "state", "", state, NN_ALIGN) ||
        nn_outside(words, "field", field, 0, model->n_fields - 1))
        return words;
    if (model->fields[field].normal.moments == 0) {
        nn_say(words, model->fields[field].name, 0);
        nn_say(words, " is not normalised", 0);
        return words;
    }
    return nn_misplaced(words, "mean", "", mean, size) ||
                   nn_misplaced(words, "deviation", "", deviation, size)
               ? words
               : NULL;
}

#ifdef NN_FAIL
void NN_FAIL(const char *model, const char *call, const char *words);
#endif

/* For generated code alone: whether a call or an access is told to break the contract. */

static inline bool nn_told(const NnModel *model, const char *what, const char *problem) {
#if NN_CHECKED
    if (!problem) return false;
#ifdef NN_FAIL
    NN_FAIL(model->name, what, problem);
#else
    fprintf(stderr, "nn_model_%s: %s: %s\n", model->name, what, problem);
    abort();
#endif
    return true;
#else
    (void)model, (void)what, (void)problem;
    return false;
#endif
}

static inline bool nn_broken_call(const NnModel *model, NnEntry entry, const NnCall *call) {
    static const char *const names[] = {"prepare", "train", "gradient", "evaluate",
                                        "predict", "score", "next"};
    char words[NN_WORDS];
    return nn_told(model, names[entry],
                   NN_CHECKED ? nn_call_problem(model, entry, call, words) : NULL);
}

static inline bool nn_broken_access(const NnModel *model, NnAccess access, const void *memory,
                                    int phase, int slot, int param, const void *values) {
    static const char *const names[] = {"get", "set", "reset", "get_gradient"};
    char words[NN_WORDS];
    return nn_told(model, names[access],
                   NN_CHECKED
                       ? nn_access_problem(model, access, memory, phase, slot, param, values, words)
                       : NULL);
}

static inline bool nn_broken_normal(const NnModel *model, const char *what, const void *state,
                                    int field, const double *mean, const double *deviation) {
    char words[NN_WORDS];
    return nn_told(model, what,
                   NN_CHECKED ? nn_normal_problem(model, state, field, mean, deviation, words)
                              : NULL);
}

#ifdef __cplusplus
}
#endif

#endif
