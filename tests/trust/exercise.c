/* Runs every entry point of a model, on each instruction set that there is, in exactly the memory
 * that it asks for, which holds garbage: results must be the same numbers everywhere and depend
 * only on memory that was set. A memory sanitizer finds exceptions; without one the garbage is NaN.
 * Prints the size of the state and, for each batch, a hash of the results. With ALONE there are no
 * threads, only tasks, so that a C library is all that it needs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/digits.h"
#include "runtime/model.h"
#include "runtime/random.h"
#ifdef ALONE
/* Tasks in the other order, in place of a team. */
static void team_run(void *team, int n, void (*fn)(void *arg, int i), void *arg) {
    (void)team;
    while (n-- > 0) fn(arg, n);
}
#else
#include "runtime/team.h"
#endif

extern const NnModel NN_MODEL_SYMBOL;
static const NnModel *const model = &NN_MODEL_SYMBOL;

enum { THREADS = 3, MOST = 67 };
static const int batches[] = {1, 7, MOST};

static void *garbage(size_t bytes) {
    size_t room = (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    void *memory = aligned_alloc(NN_ALIGN, room ? room : NN_ALIGN);
    if (!memory) abort();
#ifdef __has_feature
    if (__has_feature(memory_sanitizer)) return memory;
#endif
    memset(memory, 0xff, room);
    return memory;
}

/* Of the fields: a small one makes gradients subnormal. */
#ifndef SCALE
#define SCALE 1.0f
#endif

static uint64_t hash;

static void mix(const void *values, size_t bytes) {
    const unsigned char *byte = values;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
}

/* Images of digits for fields that have their size, else random numbers. */
static void fill(const NnField *field, uint64_t key, void *values) {
    unsigned char image[DIGIT_PIXELS];
    for (int s = 0; s < MOST; s++) {
        if (field->kind == NN_LABEL) {
            for (int i = s * field->count; i < (s + 1) * field->count; i++)
                ((int32_t *)values)[i] = random_below(key, (uint64_t)i, field->classes);
            continue;
        }
        float *sample = (float *)values + (size_t)s * (size_t)field->count;
        bool digit = field->count == DIGIT_PIXELS;
        if (digit) digit_draw(random_fork(key, (uint64_t)s), s % DIGIT_CLASSES, image);
        for (int i = 0; i < field->count; i++)
            sample[i] =
                SCALE * (digit ? (float)image[i] / 255
                               : (float)random_normal(random_fork(key, (uint64_t)s), (uint64_t)i));
    }
}

static void init(const NnCode *code, NnCall *call, float *room) {
    for (int p = 0; p < model->n_params; p++) {
        const NnParam *param = &model->params[p];
        uint64_t key = random_fork(1, (uint64_t)p);
        for (int64_t i = 0; i < param->count; i++)
            room[i] = (float)(param->init == NN_CONSTANT ? param->a
                              : param->init == NN_UNIFORM
                                  ? random_between(key, (uint64_t)i, param->a, param->b)
                                  : param->a + param->b * random_normal(key, (uint64_t)i));
        model->set(call->state, 0, 0, p, room);
    }
    for (int i = 0; i < model->n_fields; i++) {
        enum { MOMENTS = 64 }; /* moments of the networks that are exercised */
        double mean[MOMENTS], deviation[MOMENTS];
        for (int k = 0; k < MOMENTS; k++) {
            mean[k] = 0.25 * (k % 3);
            deviation[k] = 1 + 0.5 * (k % 5);
        }
        if (model->fields[i].normal.moments > MOMENTS) abort();
        if (model->fields[i].normal.moments) model->set_normal(call->state, i, mean, deviation);
    }
    code->prepare(call);
}

/* All results of a call go into the hash. */
static void exercise(const NnCode *code, int batch, int threads, void *team, const void **fields) {
    NnCall call = {.state = garbage(model->state_bytes),
                   .work = garbage(model->work_bytes(batch, threads)),
                   .fields = fields,
                   .batch = batch,
                   .threads = threads,
                   .parallel = threads > 1 ? team_run : NULL,
                   .team = team,
                   .seed = 5,
                   .dropout = true,
                   .epochs = 3,
                   .steps = 12};
    int64_t largest = 1;
    for (int p = 0; p < model->n_params; p++)
        if (model->params[p].count > largest) largest = model->params[p].count;
    float *room = garbage(sizeof *room * (size_t)largest);
    double *metrics = garbage(sizeof *metrics * (size_t)(model->n_metrics + 1));
    double *sums = garbage(sizeof *sums * (size_t)(model->n_sums + 1));
    float **predictions = garbage(sizeof *predictions * (size_t)(model->n_predictions + 1));
    for (int i = 0; i < model->n_predictions; i++)
        predictions[i] =
            garbage(sizeof(float) * (size_t)batch * (size_t)model->predictions[i].count);
    init(code, &call, room);
    for (call.phase = 0; call.phase < model->n_phases; call.phase++) {
        const NnPhase *phase = &model->phases[call.phase];
        model->reset(call.state, call.phase);
        for (call.step = 0; call.step < 3; call.step++) {
            code->gradient(&call);
            mix(&call.loss, sizeof call.loss);
            for (int t = 0; t < phase->n_trained; t++) {
                model->get_gradient(&call, phase->trained[t], room);
                mix(room, sizeof *room * (size_t)model->params[phase->trained[t]].count);
            }
            code->train(&call);
        }
        for (int p = 0; p < model->n_params; p++) {
            model->get(call.state, call.phase, 0, p, room);
            mix(room, sizeof *room * (size_t)model->params[p].count);
        }
        call.metrics = metrics;
        call.predictions = predictions;
        memset(sums, 0, sizeof *sums * (size_t)model->n_sums);
        call.sums = sums;
        code->evaluate(&call);
        mix(&call.loss, sizeof call.loss);
        mix(metrics, sizeof *metrics * (size_t)model->n_metrics);
        model->score(&call);
        mix(metrics, sizeof *metrics * (size_t)model->n_metrics);
    }
    call.phase = 0;
    call.predictions = predictions;
    code->predict(&call);
    for (int i = 0; i < model->n_predictions; i++) {
        mix(predictions[i], sizeof(float) * (size_t)batch * (size_t)model->predictions[i].count);
        free(predictions[i]);
    }
    if (!isfinite(call.loss)) exit(printf("%s: loss %g\n", code->isa, call.loss) > 0);
    free(predictions);
    free(metrics);
    free(sums);
    free(room);
    free(call.work);
    free(call.state);
}

int main(void) {
    const void **fields = malloc(sizeof *fields * (size_t)model->n_fields);
#ifdef ALONE
    void *team = fields;
    const int fewest = THREADS;
#else
    int started;
    void *team = team_start(THREADS, &started);
    const int fewest = 1;
#endif
    if (!fields || !team) return 1;
    for (int i = 0; i < model->n_fields; i++) {
        void *values = garbage(sizeof(float) * MOST * (size_t)model->fields[i].count);
        fill(&model->fields[i], random_fork(2, (uint64_t)i), values);
        fields[i] = values;
    }
    printf("state %zu\n", model->state_bytes);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        uint64_t first = 0;
        for (int c = 0; c < model->n_codes; c++) {
            if (!model->codes[c].supported()) continue;
            for (int threads = fewest; threads <= THREADS; threads += THREADS - 1) {
                hash = 0xcbf29ce484222325u;
                exercise(&model->codes[c], batches[b], threads, team, fields);
                if (!first) first = hash;
                if (hash == first) continue;
                printf("batch %d: %s with %d threads differs\n", batches[b], model->codes[c].isa,
                       threads);
                return 1;
            }
        }
        printf("batch %d: %016llx\n", batches[b], (unsigned long long)first);
    }
#ifndef ALONE
    team_end(team);
#endif
    for (int i = 0; i < model->n_fields; i++) free((void *)(uintptr_t)fields[i]);
    free(fields);
    return 0;
}
