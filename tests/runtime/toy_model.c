/* A small model written by hand as nngen would write it. */
#include "toy_model.h"

#include "../../compiler/ops/ops.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { SIDE = 196, INPUTS = 2 * SIDE, CLASSES = 2, WEIGHTS = INPUTS * CLASSES };
enum { CHUNK = 16, PARAMS = WEIGHTS + CLASSES };

int64_t toy_diverges_at = -1;

typedef struct State {
    float value[PARAMS];
    float moment[2][PARAMS];
} State;

/* Gradient of the whole batch, then one and a loss per chunk of 16 samples. */
typedef struct Chunk {
    float gradient[PARAMS];
    double loss;
} Chunk;

typedef struct Work {
    float gradient[PARAMS];
    Chunk chunks[];
} Work;

static const NnField fields[] = {
    {IMAGE_FIELD("left", 1, 14, 0)},
    {IMAGE_FIELD("right", 1, 14, 0)},
    {LABEL_FIELD("comparison", 2)},
};

static bool keeps(const NnCall *call, int64_t sample, int element) {
    uint32_t key = dropout_key(call->seed, dropout_stream("drop"), 0, (uint64_t)call->step);
    return dropout_keeps(key, call->first_sample + sample, 400, element, 12288);
}

static double input(const NnCall *call, int sample, int element, bool dropout) {
    const float *side = call->fields[element / SIDE];
    double value = (double)side[sample * SIDE + element % SIDE];
    if (!dropout) return value;
    return keeps(call, sample, element) ? value / 0.8125 : 0;
}

static void logits(const NnCall *call, int sample, bool dropout, double out[CLASSES]) {
    const State *state = call->state;
    for (int c = 0; c < CLASSES; c++) {
        out[c] = (double)state->value[WEIGHTS + c];
        for (int i = 0; i < INPUTS; i++)
            out[c] += (double)state->value[c * INPUTS + i] * input(call, sample, i, dropout);
    }
}

static void probabilities(const NnCall *call, int sample, bool dropout, double out[CLASSES]) {
    double sum = 0;
    logits(call, sample, dropout, out);
    double most = out[0] > out[1] ? out[0] : out[1];
    for (int c = 0; c < CLASSES; c++) sum += out[c] = exp(out[c] - most);
    for (int c = 0; c < CLASSES; c++) out[c] /= sum;
}

static int32_t toy_label(const NnCall *call, int sample) {
    return (int32_t)nn_integer(call->fields[2], nn_field_type(fields, call, 2), sample);
}

/* Keeps NaN, as the models of the compiler do. */
static double above_zero(double p) {
    return p < 1e-300 ? 1e-300 : p;
}

static void run_chunk(void *arg, int index) {
    const NnCall *call = arg;
    Chunk *chunk = &((Work *)call->work)->chunks[index];
    memset(chunk, 0, sizeof *chunk);
    int first = index * CHUNK, last = first + CHUNK < call->batch ? first + CHUNK : call->batch;
    for (int s = first; s < last; s++) {
        double p[CLASSES];
        probabilities(call, s, call->dropout, p);
        chunk->loss -= log(above_zero(p[toy_label(call, s)]));
        for (int c = 0; c < CLASSES; c++) {
            double d = (p[c] - (c == toy_label(call, s))) / call->batch;
            for (int i = 0; i < INPUTS; i++)
                chunk->gradient[c * INPUTS + i] += (float)(d * input(call, s, i, call->dropout));
            chunk->gradient[WEIGHTS + c] += (float)d;
        }
    }
}

static double toy_rate(const NnCall *call) {
    const bool broken = toy_diverges_at >= 0 && call->step >= toy_diverges_at;
    const double scale = call->lr_scale == 0 ? 1 : call->lr_scale;
    return scale * (broken ? INFINITY : call->phase == 0 ? 0.05 : 0.001);
}

static void gradient(NnCall *call) {
    Work *work = call->work;
    int chunks = (call->batch + CHUNK - 1) / CHUNK;
    if (call->parallel)
        call->parallel(call->team, chunks, run_chunk, call);
    else
        for (int i = 0; i < chunks; i++) run_chunk(call, i);
    memset(work->gradient, 0, sizeof work->gradient);
    call->loss = 0;
    for (int k = 0; k < chunks; k++) {
        call->loss += work->chunks[k].loss / call->batch;
        for (int i = 0; i < PARAMS; i++) work->gradient[i] += work->chunks[k].gradient[i];
    }
    call->lr = toy_rate(call);
    if (call->gradient_squares) {
        *call->gradient_squares = 0;
        for (int i = 0; i < (call->phase == 0 ? PARAMS : WEIGHTS); i++)
            *call->gradient_squares += (double)work->gradient[i] * (double)work->gradient[i];
    }
    if (call->trace) call->trace(call->trace_arg, 1);
}

static void toy_train(NnCall *call) {
    State *state = call->state;
    const Work *work = call->work;
    gradient(call);
    const double lr = call->lr;
    for (int i = 0; i < (call->phase == 0 ? PARAMS : WEIGHTS); i++) {
        double g = (double)work->gradient[i], m = (double)state->moment[0][i];
        if (call->phase == 0) {
            state->moment[0][i] = (float)(0.9 * m + g);
            state->value[i] = (float)((double)state->value[i] - lr * (double)state->moment[0][i]);
            continue;
        }
        double v = (double)state->moment[1][i], t = (double)(call->step + 1);
        state->moment[0][i] = (float)(m = 0.9 * m + 0.1 * g);
        state->moment[1][i] = (float)(v = 0.999 * v + 0.001 * g * g);
        m /= 1 - pow(0.9, t);
        v /= 1 - pow(0.999, t);
        state->value[i] = (float)((double)state->value[i] - lr * m / (sqrt(v) + 1e-8));
    }
    if (call->trace) call->trace(call->trace_arg, 2);
}

static void predict(NnCall *call) {
    for (int s = 0; s < call->batch; s++) {
        double p[CLASSES];
        logits(call, s, false, p);
        if (call->predictions && call->predictions[0])
            call->predictions[0][s] = p[1] > p[0] ? 1.0f : 0.0f;
        for (int c = 0; c < CLASSES && call->predictions && call->predictions[1]; c++)
            call->predictions[1][s * CLASSES + c] = (float)p[c];
    }
    if (call->trace) call->trace(call->trace_arg, 0);
}

static void score_of(NnCall *call, const double *sums) {
    call->loss = sums[1] / sums[0];
    if (!call->metrics) return;
    call->metrics[0] = sums[2] / sums[0];
    call->metrics[1] = call->loss;
}

static void evaluate(NnCall *call) {
    double loss = 0, right = 0;
    for (int s = 0; s < call->batch; s++) {
        double p[CLASSES];
        probabilities(call, s, false, p);
        loss -= log(above_zero(p[toy_label(call, s)]));
        right += (p[1] > p[0]) == toy_label(call, s);
    }
    double sums[] = {call->batch, loss, right};
    for (int i = 0; i < 3 && call->sums; i++) call->sums[i] += sums[i];
    score_of(call, sums);
    predict(call);
}

static void score(NnCall *call) {
    score_of(call, call->sums);
}

static void prepare(const NnCall *call) {
    (void)call;
}
static bool everywhere(void) {
    return true;
}
static bool nowhere(void) {
    return false;
}

static int chunks(int batch) {
    return (batch + CHUNK - 1) / CHUNK;
}

static size_t work_bytes(int batch, int threads) {
    (void)threads;
    return sizeof(Work) + (size_t)chunks(batch) * sizeof(Chunk);
}

static size_t work_bytes_among(int batch, int threads, const NnPeers *peers) {
    (void)peers;
    return work_bytes(batch, threads);
}

static void samples(int batch, const NnPeers *peers, int *first, int *end) {
    (void)peers;
    *first = 0;
    *end = batch;
}

static float *place(const State *state, int slot, int param) {
    float *values = (float *)(uintptr_t)(slot == 0 ? state->value : state->moment[slot - 1]);
    return values + (param == 0 ? 0 : WEIGHTS);
}

static size_t size(int param) {
    return (param == 0 ? WEIGHTS : CLASSES) * sizeof(float);
}

static void get(const void *state, int phase, int slot, int param, float *out) {
    (void)phase;
    memcpy(out, place(state, slot, param), size(param));
}

static void set(void *state, int phase, int slot, int param, const float *in) {
    (void)phase;
    memcpy(place(state, slot, param), in, size(param));
}

static void reset(void *state, int phase) {
    (void)phase;
    memset(((State *)state)->moment, 0, sizeof((State *)state)->moment);
}

static void get_gradient(const NnCall *call, int param, float *out) {
    const Work *work = call->work;
    memcpy(out, work->gradient + (param == 0 ? 0 : WEIGHTS), size(param));
}

static const NnParam params[] = {
    {"fc.weight", 2, {CLASSES, INPUTS}, WEIGHTS, NN_UNIFORM, -0.05, 0.05, 0, NN_WEIGHT},
    {"fc.bias", 1, {CLASSES}, CLASSES, NN_NORMAL, 0, 0.01, 0, NN_WEIGHT},
};
static const char *const sgd_slots[] = {"momentum_buffer"};
static const char *const adam_slots[] = {"exp_avg", "exp_avg_sq"};
static const int both[] = {0, 1};
static const NnPhase phases[] = {
    {3,    30, true, "sgd", 1, sgd_slots, 2,     both, PARAMS, 4 * INPUTS, 8 * INPUTS, false,
     NULL, 0,  0,    0,     0, 0,         false, 0,    0,      1,          0,          NULL},
    {2,    50, true, "adam", 2, adam_slots, 1,     both, WEIGHTS, 4 * INPUTS, 8 * INPUTS, false,
     NULL, 0,  0,    0,      0, 0,          false, 0,    0,       1,          0,          NULL},
};
static const NnOutput metrics[] = {{"accuracy", 1, 0, true, false, 0},
                                   {"cross_entropy", 1, 0, false, false, 0}};
static const NnOutput predictions[] = {{"comparison", 1, 2, true, false, 0},
                                       {"logits", 2, 0, true, false, 0}};
static const char *const no_graph[] = {NULL};
static const char *const summary[] = {"model toy, data mnist-pairs", NULL};
static const NnKernel kernels[] = {
    {"predict", -1, 4 * INPUTS},
    {"gradient", 0, 8 * INPUTS},
    {"update", 0, 0},
};
static float peak(int64_t steps, float factor, float term) {
    float x = 1;
    while (steps-- > 0) x = x * factor + term;
    return x;
}

static const NnCode codes[] = {
    {"avx9000", nowhere, prepare, toy_train, gradient, evaluate, predict, 1, peak, NULL},
    {"portable", everywhere, prepare, toy_train, gradient, evaluate, predict, 1, peak, NULL},
};

const NnModel nn_model_toy = {
    .abi = NN_ABI,
    .name = "toy",
    .data = "mnist-pairs",
    .version = "0.2.0",
    .source = "toy.lua",
    .source_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    .graph = no_graph,
    .summary = summary,
    .n_fields = 3,
    .n_params = 2,
    .n_phases = 2,
    .n_metrics = 2,
    .n_predictions = 2,
    .n_kernels = 3,
    .n_codes = 2,
    .n_sums = 3,
    .fields = fields,
    .params = params,
    .phases = phases,
    .metrics = metrics,
    .predictions = predictions,
    .kernels = kernels,
    .codes = codes,
    .state_bytes = sizeof(State),
    .work_bytes = work_bytes,
    .work_bytes_among = work_bytes_among,
    .samples = samples,
    .chunks = chunks,
    .score = score,
    .get = get,
    .set = set,
    .reset = reset,
    .get_gradient = get_gradient,
};
