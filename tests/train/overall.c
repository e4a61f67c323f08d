/* Evaluates samples in batches of several sizes: their sums have the same loss and metrics, but for
 * rounding in double; a batch's own metrics are those of its sums. */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../room.h"

extern const NnModel nn_model_scores;
static const NnModel *const model = &nn_model_scores;

enum { SAMPLES = 700, MOST = 32 };
static const double bound = 1e-12;

static uint64_t state = 1;

/* Uniform in [-1, 1): splitmix64. */
static double uniform(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/* Values of a field for all samples; labels are drawn, too. */
static void *drawn(const NnField *field) {
    const int count = SAMPLES * field->count;
    float *values = room(sizeof *values * (size_t)count);
    int32_t *labels = (int32_t *)(void *)values;
    for (int i = 0; i < count; i++) {
        if (field->kind == NN_LABEL)
            labels[i] = (int32_t)((uniform() + 1) / 2 * field->classes);
        else
            values[i] = (float)(strcmp(field->name, "b") == 0 ? uniform() > 0 : 2 * uniform());
    }
    return values;
}

static int differ(const char *what, int batch, int threads, double have, double want) {
    if (fabs(have - want) <= bound * fabs(want)) return 0;
    return printf("batches of %d, %d threads: %s is %.17g, not %.17g\n", batch, threads, what, have,
                  want) > 0;
}

int main(void) {
    const NnCode *code = model->codes;
    const void *fields[MOST], *values[MOST];
    double sums[MOST], metrics[MOST], wanted[MOST], loss = 0;
    int faults = 0;
    if (model->n_sums > MOST || model->n_metrics > MOST || model->n_fields > MOST) return 1;
    while (!code->supported()) code++;
    NnCall call = {.state = room(model->state_bytes),
                   .work = room(model->work_bytes(SAMPLES, 3)),
                   .fields = fields,
                   .epochs = 1,
                   .steps = 1};
    for (int i = 0; i < model->n_fields; i++) values[i] = drawn(&model->fields[i]);
    for (int p = 0; p < model->n_params; p++) {
        float *weights = room(sizeof *weights * (size_t)model->params[p].count);
        for (int64_t i = 0; i < model->params[p].count; i++) weights[i] = (float)uniform();
        model->set(call.state, 0, 0, p, weights);
        free(weights);
    }
    code->prepare(&call);
    const int batches[] = {SAMPLES, 1, 7, 100, 256};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
        for (call.threads = 1; call.threads <= 3; call.threads += 2) {
            memset(sums, 0, sizeof sums);
            call.sums = sums;
            call.metrics = metrics;
            for (int first = 0; first < SAMPLES; first += batches[b]) {
                const int left = SAMPLES - first;
                for (int i = 0; i < model->n_fields; i++)
                    fields[i] =
                        (const float *)values[i] + (size_t)first * (size_t)model->fields[i].count;
                call.batch = left < batches[b] ? left : batches[b];
                code->evaluate(&call);
            }
            if (b == 0 && call.threads == 1) {
                loss = call.loss;
                memcpy(wanted, metrics, sizeof wanted);
            }
            memset(metrics, 0, sizeof metrics);
            model->score(&call);
            if (sums[0] != SAMPLES) return printf("%g samples\n", sums[0]);
            faults += differ("the loss", batches[b], call.threads, call.loss, loss);
            for (int i = 0; i < model->n_metrics; i++)
                faults +=
                    differ(model->metrics[i].name, batches[b], call.threads, metrics[i], wanted[i]);
        }
    for (int i = 0; i < model->n_fields; i++) free((void *)(uintptr_t)values[i]);
    free(call.state);
    free(call.work);
    return faults > 0;
}
