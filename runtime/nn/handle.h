/* A handle: its memory, and its calls of generated code. Part of nn.c. */
#ifndef NN_RUNTIME_NN_HANDLE_H
#define NN_RUNTIME_NN_HANDLE_H

#include "../init.h"
#include "../nn.h"
#include "tensors.h"

/* Where a training is. */
typedef struct Training {
    bool begun;
    NnTraining of;   /* as nn_begin was given it */
    int batch;       /* samples of a step */
    int64_t batches; /* of an epoch */
    int64_t epoch, epochs, step, steps;
    int64_t at;      /* batches of the epoch that are done */
    int64_t earlier; /* samples of the running update in batches before the next one */
} Training;

struct Nn {
    const NnModel *model;
    const NnCode *code;
    NnOptions options;
    bool owns_memory; /* nn_close gives it back */
    bool owns_state;
    bool lost; /* a peer is */
    int phase;
    Training training;
    NnCall gradient; /* the call whose gradients `work` holds; batch 0: none */
    void *block;     /* what nn_close gives back */
    void *state, *work;
    void *cache;              /* of nn_next; not there where the model has no places */
    float *values, *averages; /* room for the largest parameter */
    double *room;             /* of init_room */
    double *sums, *means;
    const void **fields;
    float **predictions;
    Place *places;
    Moments *moments;
    char words[NN_WORDS];
};

static bool fail(Nn *net, const char *words) {
    net->words[0] = '\0';
    nn_say(net->words, words, 0);
    return false;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* A part of a block of memory; NULL where the block is only measured. */
static void *part(char *block, size_t *size, size_t bytes) {
    void *at = block ? block + *size : NULL;
    *size += (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    return at;
}

static int batch_of(const NnOptions *options) {
    return options->batch > 0 ? options->batch : 1;
}

static int threads_of(const NnOptions *options) {
    return options->threads > 0 && options->parallel ? options->threads : 1;
}

/* Divides a block among the parts of a handle; returns the block's bytes. NULL: only that. `state`:
 * the handle has one of its own. */
static size_t divide(char *block, const NnModel *model, const NnOptions *options, bool state) {
    const size_t fields = (size_t)model->n_fields,
                 names = (size_t)(model->n_params + model->n_ties);
    int64_t largest = 1, room = 1;
    size_t size = 0, moments = 0;
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        if (param->count > largest) largest = param->count;
        if (init_room(param) > room) room = init_room(param);
    }
    for (int i = 0; i < model->n_fields; i++) moments += (size_t)model->fields[i].normal.moments;
    Nn own = {.model = model, .options = *options};
    Nn *net = part(block, &size, sizeof own);
    own.state = part(block, &size, state ? model->state_bytes : 0);
    /* The room for whole parameters is used between calls only, as the work area is not. */
    const size_t work =
        model->work_bytes_among(batch_of(options), threads_of(options), options->peers);
    const size_t drawing = (size_t)room * sizeof(double);
    own.work = part(block, &size, larger(work, state ? drawing : 0));
    own.room = own.work;
    own.cache = part(block, &size, (size_t)batch_of(options) * model->cache_bytes);
    own.values = part(block, &size, (size_t)largest * sizeof(float));
    own.averages = part(block, &size, nn_has_averages(model) ? (size_t)largest * sizeof(float) : 0);
    own.sums = part(block, &size, (size_t)model->n_sums * sizeof(double));
    own.means = part(block, &size, 2 * moments * sizeof(double));
    own.fields = part(block, &size, fields * sizeof(void *));
    own.predictions = part(block, &size, (size_t)model->n_predictions * sizeof(float *));
    own.places = part(block, &size, names * sizeof(Place));
    own.moments = part(block, &size, fields * sizeof(Moments));
    if (!block) return size;
    *net = own;
    double *at = own.means;
    for (int i = 0; i < model->n_fields; i++) {
        const int n = model->fields[i].normal.moments;
        own.moments[i] = (Moments){.mean = at, .deviation = at + n};
        at += 2 * n;
    }
    return size;
}

static Nn *refuse(char *words, const char *first, const char *name, const char *rest) {
    words[0] = '\0';
    nn_say(words, first, 0);
    nn_say(words, name, 0);
    nn_say(words, rest, 0);
    return NULL;
}

/* The code of the options; NULL if the machine, or the model, has none. */
static const NnCode *find_code(const NnModel *model, const char *isa) {
    for (int i = 0; i < model->n_codes; i++) {
        const NnCode *code = &model->codes[i];
        if ((!isa || strcmp(isa, code->isa) == 0) && code->supported()) return code;
    }
    return NULL;
}

/* Memory of a handle, aligned; `block` is what is given back. NULL if there is none. */
static char *find_memory(const NnOptions *options, size_t bytes, void **block) {
    if (options->memory) return options->memory;
    *block = options->allocate ? options->allocate(options->arg, bytes + NN_ALIGN)
                               : malloc(bytes + NN_ALIGN);
    if (!*block) return NULL;
    char *at = *block;
    return at + (NN_ALIGN - (uintptr_t)at % NN_ALIGN) % NN_ALIGN;
}

/* `state`: another handle's, or NULL. */
static Nn *open_handle(const NnModel *model, const NnOptions *options, void *state, char *words) {
    const bool own = !state && !options->constant;
    if (model->abi != NN_ABI)
        return refuse(words, "the model ", model->name,
                      " was made by an nngen of another version than nn.c");
    if (options->batch < 0 || options->batch > NN_MAX_BATCH || options->threads < 0)
        return refuse(words, "batch and threads must not be below 0, nor a batch above 65536", "",
                      "");
    if ((uintptr_t)options->memory % NN_ALIGN || (uintptr_t)options->constant % NN_ALIGN)
        return refuse(words, "memory and constant weights must be aligned to 64 bytes", "", "");
    words[0] = '\0';
    if (options->peers && nn_unpeered(words, options->peers)) return NULL;
    const NnCode *code = find_code(model, options->isa);
    if (!code)
        return refuse(words, "neither this machine nor the model may lack the instruction set ",
                      options->isa ? options->isa : "of the model", "");
    void *block = NULL;
    char *memory = find_memory(options, divide(NULL, model, options, own), &block);
    if (!memory) return refuse(words, "out of memory", "", "");
    divide(memory, model, options, own);
    Nn *net = (Nn *)(void *)memory;
    net->block = block;
    net->code = code;
    net->owns_state = own;
    net->phase = model->n_phases - 1;
    if (!own) {
        /* Nothing writes through it: see owns_state. */
        net->state = state ? state : (void *)(uintptr_t)options->constant;
        return net;
    }
    memset(net->state, 0, model->state_bytes);
    code->prepare(&(NnCall){.state = net->state, .work = net->work, .batch = 1});
    return net;
}

/* Whether weights may change. */
static bool may_write(Nn *net) {
    return net->owns_state || fail(net, "the weights are constant, or another handle's");
}

/* A call at the position of the training, or at the end of the phase. */
static NnCall call_of(const Nn *net, int batch) {
    const Training *t = &net->training;
    const NnPhase *phase = net->phase >= 0 ? &net->model->phases[net->phase] : NULL;
    NnCall call = {.state = net->state,
                   .work = net->work,
                   .fields = net->fields,
                   .types = net->options.types,
                   .batch = batch,
                   .phase = net->phase >= 0 ? net->phase : 0,
                   .threads = threads_of(&net->options),
                   .parallel = net->options.parallel,
                   .team = net->options.team,
                   .epochs = 1,
                   .steps = 1};
    if (t->begun) {
        call.epoch = t->epoch;
        call.epochs = t->epochs;
        call.step = t->step;
        call.steps = t->steps;
    } else if (phase) {
        call.epochs = phase->steps ? 1 : phase->epochs;
        call.steps = phase->steps ? phase->steps : call.epochs;
        call.epoch = call.epochs - 1;
        call.step = call.steps - 1;
    }
    return call;
}

#endif
