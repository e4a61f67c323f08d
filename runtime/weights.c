#include "weights.h"

#include <stdlib.h>
#include <string.h>

static bool is_state(const char *name) {
    return strncmp(name, "state/", 6) == 0;
}

bool weights_fit(const NnModel *model, const TensorFile *file) {
    for (int i = 0; i < model->n_params; i++)
        if (!tensors_have(file, model->params[i].name, model->params[i].rank, model->params[i].dim))
            return false;
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        bool known = is_state(name);
        for (int k = 0; !known && k < model->n_params; k++)
            known = strcmp(name, model->params[k].name) == 0;
        if (!known)
            return problem("%s: tensor \"%s\": the model has none of that name", file->path, name);
    }
    return true;
}

void weights_take(Engine *engine, const TensorFile *file) {
    for (int i = 0; i < engine->model->n_params; i++) {
        tensor_floats(tensors_find(file, engine->model->params[i].name), engine->values);
        engine->model->set(engine->state, 0, 0, i, engine->values);
    }
    engine_prepare(engine, 0);
}

bool weights_load(Engine *engine, const char *path) {
    TensorFile file;
    if (!tensors_read(path, &file)) return false;
    bool ok = weights_fit(engine->model, &file);
    if (ok) weights_take(engine, &file);
    tensors_free(&file);
    return ok;
}

TensorOut weights_tensor(const Engine *engine, int phase, int slot, int param, const char *name) {
    const NnParam *p = &engine->model->params[param];
    float *values = allocate((size_t)p->count, sizeof *values);
    engine->model->get(engine->state, phase, slot, param, values);
    return (TensorOut){copy_text(name), p->rank, p->dim, p->count, values};
}

bool weights_save(const Engine *engine, const char *path) {
    const NnModel *model = engine->model;
    TensorOut *tensors = allocate((size_t)model->n_params, sizeof *tensors);
    for (int i = 0; i < model->n_params; i++)
        tensors[i] = weights_tensor(engine, 0, 0, i, model->params[i].name);
    /* What PyTorch's tools look for. */
    json_t *meta = json_pack("{s:s}", "format", "pt");
    bool ok = tensors_write(path, model->n_params, tensors, meta);
    for (int i = 0; i < model->n_params; i++) {
        free((void *)(uintptr_t)tensors[i].name);
        free((void *)(uintptr_t)tensors[i].values);
    }
    free(tensors);
    return ok;
}

char *numbered_name(const char *path, int round) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    if (!dot || dot == base) return format_text("%s.%d", path, round);
    return format_text("%.*s.%d%s", (int)(dot - path), path, round, dot);
}
