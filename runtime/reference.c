#include "reference.h"

Reference reference_of(const Graph *graph, Engine *engine, const NnCall *call, double tie) {
    static const char *const ops[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    const NnModel *model = engine->model;
    const Env env = {
        .batch = call->batch,
        .dropout = call->dropout,
        .seed = call->seed,
        .first_sample = call->first_sample,
        .epoch = (double)call->epoch,
        .epochs = (double)call->epochs,
        .step = (double)call->step,
        .steps = (double)call->steps,
        .tie = tie,
    };
    Reference r = reference_new(graph, call->phase, env);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        int64_t count = (int64_t)call->batch * field->count;
        double *values = reference_room(&r, ops[field->kind], field->name, count);
        const float *floats = engine->fields[i];
        const int32_t *labels = engine->fields[i];
        for (int64_t k = 0; values && floats && k < count; k++)
            values[k] = field->kind == NN_LABEL ? (double)labels[k] : (double)floats[k];
    }
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        double *values = reference_room(&r, "param", param->name, param->count);
        model->get(engine->state, 0, 0, i, engine->values);
        for (int64_t k = 0; values && k < param->count; k++) values[k] = (double)engine->values[k];
    }
    reference_run(&r);
    return r;
}
