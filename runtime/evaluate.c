#include "evaluate.h"

#include <stdlib.h>

When when_trained(const NnModel *model) {
    if (model->n_phases == 0) return (When){.epochs = 1, .steps = 1};
    int64_t epochs = model->phases[model->n_phases - 1].epochs;
    return (When){model->n_phases - 1, epochs - 1, epochs, epochs - 1, epochs};
}

Scores scores_new(const NnModel *model) {
    return (Scores){.metrics = allocate((size_t)model->n_metrics, sizeof(double))};
}

void scores_free(Scores *scores) {
    free(scores->metrics);
    *scores = (Scores){0};
}

void evaluate_split(Engine *engine, const Split *split, When when, Scores *scores) {
    int n_metrics = engine->model->n_metrics;
    Scores batch = scores_new(engine->model);
    scores->loss = 0;
    for (int m = 0; m < n_metrics; m++) scores->metrics[m] = 0;
    for (int first = 0; first < split->samples; first += EVALUATE_BATCH) {
        int left = split->samples - first, count = left < EVALUATE_BATCH ? left : EVALUATE_BATCH;
        engine_gather(engine, split, NULL, first, count);
        NnCall call = engine_call(engine, when.phase);
        call.batch = count;
        call.first_sample = first;
        call.epoch = when.epoch;
        call.epochs = when.epochs;
        call.step = when.step;
        call.steps = when.steps;
        call.metrics = batch.metrics;
        engine->code->evaluate(&call);
        scores->loss += call.loss * count;
        for (int m = 0; m < n_metrics; m++) scores->metrics[m] += batch.metrics[m] * count;
    }
    scores->loss /= split->samples;
    for (int m = 0; m < n_metrics; m++) scores->metrics[m] /= split->samples;
    scores_free(&batch);
}

json_t *scores_json(const NnModel *model, const Scores *scores, bool loss) {
    json_t *json = json_object();
    if (loss) json_object_set_new(json, "loss", json_number(scores->loss));
    for (int m = 0; m < model->n_metrics; m++)
        json_object_set_new(json, model->metrics[m].name, json_number(scores->metrics[m]));
    return json;
}
