/* Breaks the contract of model.h in each way that checks detect, and prints their message for each.
 * NN_FAIL is `told`, or undefined: then the first breach ends the program. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

#include "../room.h"

extern const NnModel NN_MODEL_SYMBOL;
static const NnModel *const model = &NN_MODEL_SYMBOL;

static int breaches;

void told(const char *name, const char *call, const char *words);
void told(const char *name, const char *call, const char *words) {
    printf("%s: %s: %s\n", name, call, words);
    breaches++;
}

int main(void) {
    enum { BATCH = 3 };
    const NnCode *code = model->codes;
    while (!code->supported()) code++;
    const void *fields[16], *kept;
    int label = -1;
    for (int i = 0; i < model->n_fields; i++) {
        fields[i] = room(sizeof(float) * BATCH * (size_t)model->fields[i].count);
        if (model->fields[i].kind == NN_LABEL) label = i;
    }
    float *values = room(sizeof(float) * (size_t)model->params[0].count);
    char *state = room(model->state_bytes + 64), *work = room(model->work_bytes(BATCH, 1) + 64);
    double metrics[16], sums[16] = {0};
    float *predictions[16] = {NULL};
    const NnCall good = {.state = state,
                         .work = work,
                         .fields = fields,
                         .batch = BATCH,
                         .epochs = 1,
                         .steps = 1,
                         .metrics = metrics,
                         .predictions = predictions};
    NnCall call = good;
    for (int p = 0; p < model->n_params; p++) {
        float *zero = room(sizeof(float) * (size_t)model->params[p].count);
        model->set(state, 0, 0, p, zero);
        free(zero);
    }
    code->prepare(&call);
    model->reset(state, 0);
    code->train(&call);
    code->gradient(&call);
    call.sums = sums;
    code->evaluate(&call);
    model->score(&call);
    code->predict(&call);
    model->get(state, 0, 1, 0, values);
    model->get_gradient(&call, 0, values);
    if (breaches) return 1;

    const int batches[] = {0, -1, 65537};
    for (int i = 0; i < 3; i++) {
        call.batch = batches[i];
        code->train(&call);
    }
    call = good;
    call.state = state + 4;
    code->prepare(&call);
    code->predict(&call);
    call = good;
    call.work = work + 32;
    code->evaluate(&call);
    call.work = NULL;
    code->gradient(&call);
    call = good;
    call.phase = model->n_phases;
    code->train(&call);
    call = good;
    call.threads = -2;
    code->predict(&call);
    call = good;
    kept = fields[0];
    fields[0] = NULL;
    code->predict(&call);
    fields[0] = (const char *)kept + 1;
    code->train(&call);
    fields[0] = kept;
    ((int32_t *)fields[label])[2] = model->fields[label].classes;
    code->train(&call);
    code->predict(&call); /* does not read it */
    ((int32_t *)fields[label])[2] = 0;
    call.fields = NULL;
    code->evaluate(&call);
    call = good;
    predictions[0] = (float *)(void *)((char *)values + 2);
    code->predict(&call);
    call = good;
    call.sums = (double *)(void *)((char *)sums + 4);
    code->evaluate(&call);
    call.sums = NULL;
    model->score(&call);
    call.sums = sums;
    call.phase = model->n_phases;
    model->score(&call);
    model->set(state, 0, 0, model->n_params, values);
    model->set(state + 16, 0, 0, 0, values);
    model->get(state, 0, 9, 0, values);
    model->get(state, 0, 0, 0, NULL);
    model->reset(state, -1);
    model->get_gradient(&good, -1, values);
    return 0;
}
