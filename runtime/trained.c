/* The last step of a training, in metadata. */
#include "trained.h"

#include <string.h>

#include "schedule.h"

void trained_read(Engine *engine, const TensorFile *file) {
    const char *text = tensors_meta(file, "trained");
    json_t *json = text ? keep_json(json_loads(text, 0, NULL)) : NULL;
    When when = {0};
    int phase = 0;
    json_int_t epoch = 0, epochs = 0, step = 0, steps = 0;
    engine->trained = when;
    if (!json || json_unpack(json, "{s:i, s:I, s:I, s:I, s:I}", "phase", &phase, "epoch", &epoch,
                             "epochs", &epochs, "step", &step, "steps", &steps) != 0)
        return;
    if (phase < 1 || phase > engine->model->n_phases || epoch < 0 || epoch >= epochs || step < 0 ||
        step >= steps)
        return;
    engine->trained = (When){phase - 1, epoch, epochs, step, steps};
}

void trained_write(const Engine *engine, json_t *meta) {
    const When *when = &engine->trained;
    if (when->steps == 0) return;
    tensors_add_meta(meta, "trained",
                     json_pack("{s:i, s:I, s:I, s:I, s:I}", "phase", when->phase + 1, "epoch",
                               (json_int_t)when->epoch, "epochs", (json_int_t)when->epochs, "step",
                               (json_int_t)when->step, "steps", (json_int_t)when->steps));
}

/* The position at the end of the last phase, with the architecture's epochs. */
static When when_planned(const NnModel *model) {
    if (model->n_phases == 0) return (When){.epochs = 1, .steps = 1};
    const NnPhase *phase = &model->phases[model->n_phases - 1];
    const int64_t epochs = schedule_epochs(phase), steps = phase->steps ? phase->steps : epochs;
    return (When){model->n_phases - 1, epochs - 1, epochs, steps - 1, steps};
}

When trained_when(const Engine *engine) {
    return engine->trained.steps > 0 ? engine->trained : when_planned(engine->model);
}
