/* The tensors of files of parameters and of checkpoints. */
#include "entries.h"

#include <math.h>
#include <string.h>

int entry_count(const NnModel *model, int phase) {
    if (phase == NO_PHASE) return model->n_params;
    return model->n_params + model->phases[phase].n_slots * model->phases[phase].n_trained;
}

Entry entry_of(const NnModel *model, int phase, int i) {
    if (i < model->n_params) return (Entry){0, i, model->params[i].name};
    const NnPhase *p = &model->phases[phase];
    int slot = (i - model->n_params) / p->n_trained;
    int param = p->trained[(i - model->n_params) % p->n_trained];
    return (Entry){slot + 1, param,
                   format_text("state/%s/%s", p->slots[slot], model->params[param].name)};
}

typedef struct Source {
    const Engine *engine;
    int phase;
} Source;

static const float *entry_values(const void *context, int i) {
    const Source *source = context;
    const Engine *engine = source->engine;
    Entry entry = entry_of(engine->model, source->phase, i);
    engine->model->get(engine->state, source->phase == NO_PHASE ? 0 : source->phase, entry.slot,
                       entry.param, engine->values);
    return engine->values;
}

bool entries_write(const Engine *engine, int phase, json_t *meta, const char *path) {
    const NnModel *model = engine->model;
    size_t mark = memory_mark();
    int n = entry_count(model, phase);
    TensorOut *tensors = allocate((size_t)n, sizeof *tensors);
    for (int i = 0; i < n; i++) {
        Entry entry = entry_of(model, phase, i);
        const NnParam *param = &model->params[entry.param];
        tensors[i] = (TensorOut){entry.name, param->rank, param->dim, param->count, NULL};
    }
    const Source source = {engine, phase};
    bool ok = tensors_write_made(path, n, tensors, entry_values, &source, meta);
    memory_release(mark);
    return ok;
}

int64_t weights_bytes(const NnModel *model, bool moments) {
    int64_t most = 0, count = 0;
    for (int p = 0; moments && p < model->n_phases; p++)
        if (model->phases[p].n_slots * model->phases[p].trained_count > most)
            most = model->phases[p].n_slots * model->phases[p].trained_count;
    for (int i = 0; i < model->n_params; i++) count += model->params[i].count;
    return (count + most) * (int64_t)sizeof(float);
}

bool entry_is_known(const NnModel *model, const char *name) {
    bool known = strncmp(name, "state/", 6) == 0;
    for (int k = 0; !known && k < model->n_params; k++)
        known = strcmp(name, model->params[k].name) == 0;
    return known;
}

bool entries_fit(const NnModel *model, int phase, const TensorFile *file) {
    for (int i = 0; i < entry_count(model, phase); i++) {
        Entry entry = entry_of(model, phase, i);
        const NnParam *param = &model->params[entry.param];
        if (!tensors_have(file, entry.name, param->rank, param->dim)) return false;
    }
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        if (!entry_is_known(model, name))
            return problem("%s: tensor \"%s\": the model has none of that name", file->path, name);
    }
    return true;
}

const Tensor *entry_tensor(const NnModel *model, Entry entry, const TensorFile *file) {
    const NnParam *param = &model->params[entry.param];
    const Tensor *tensor = tensors_find(file, entry.name);
    const bool fits = tensor && same_shape(param->rank, param->dim, tensor->rank, tensor->dim);
    return fits ? tensor : NULL;
}

bool entries_finite(const Engine *engine, int phase, const TensorFile *file) {
    for (int i = 0; i < entry_count(engine->model, phase); i++) {
        Entry entry = entry_of(engine->model, phase, i);
        const Tensor *tensor = entry_tensor(engine->model, entry, file);
        if (tensor && !tensor_floats(file, tensor, engine->values)) return false;
        for (int64_t k = 0; tensor && k < tensor->count; k++)
            if (!isfinite(engine->values[k]))
                return problem(
                    "%s: tensor \"%s\" holds a value that is not finite; train anew, or go "
                    "back to an earlier file",
                    file->path, entry.name);
    }
    return true;
}

bool entries_take(Engine *engine, int phase, const TensorFile *file) {
    if (!entries_finite(engine, phase, file)) return false;
    int of = phase == NO_PHASE ? 0 : phase;
    for (int i = 0; i < entry_count(engine->model, phase); i++) {
        Entry entry = entry_of(engine->model, phase, i);
        const Tensor *tensor = entry_tensor(engine->model, entry, file);
        if (!tensor || !tensor_floats(file, tensor, engine->values)) continue;
        engine->model->set(engine->state, of, entry.slot, entry.param, engine->values);
    }
    engine_prepare(engine, of);
    return true;
}
