/* Files of parameters: those of a trained model, and those that a training begins with. */
#include "weights.h"

#include <string.h>

#include "entries.h"
#include "normal.h"

static const Contents parameters = {.phase = NO_PHASE};

bool weights_load(Engine *engine, const char *path) {
    TensorFile file;
    if (!tensors_read(path, &file) || !entries_fit(engine->model, parameters, &file)) return false;
    return entries_take(engine, parameters, &file);
}

/* "a, b" for "a" and "b". */
static const char *and_also(const char *list, const char *item) {
    return *list ? format_text("%s, %s", list, item) : item;
}

static void tell_parts(const char *path, const char *what, const char *list) {
    if (*list) note("%s: %s: %s", path, what, list);
}

/* Whether at least one parameter can be taken from the file, and none is wrong; reports which are
 * taken and which are not. */
static bool partial_fits(const Engine *engine, const TensorFile *file) {
    const NnModel *model = engine->model;
    const char *taken = "", *skipped = "", *left = "";
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        const Tensor *tensor = tensors_find(file, param->name);
        if (tensor && !tensor_has(file, tensor, param->role == NN_COUNT)) return false;
        if (entry_tensor(model, entry_of(model, parameters, i), file))
            taken = and_also(taken, param->name);
        else if (!tensor)
            skipped = and_also(skipped, format_text("%s (missing)", param->name));
        else
            skipped = and_also(skipped, format_text("%s (%s, %s wanted)", param->name,
                                                    shape_words(have, tensor->rank, tensor->dim),
                                                    shape_words(want, param->rank, param->dim)));
    }
    for (int i = 0; i < file->n_tensors; i++) {
        const char *name = file->tensors[i].name;
        if (!entry_is_known(model, name)) left = and_also(left, name);
    }
    if (!*taken)
        return problem(
            "%s: has no tensor of a name and shape that model \"%s\" has; the first of "
            "the model is %s %s",
            file->path, model->name, model->n_params ? model->params[0].name : "none",
            model->n_params ? shape_words(want, model->params[0].rank, model->params[0].dim) : "");
    if (!entries_finite(engine, parameters, file)) return false;
    tell_parts(file->path, "loaded", taken);
    tell_parts(file->path, "skipped, initial values stay", skipped);
    tell_parts(file->path, "left over, not in the model", left);
    return true;
}

bool initial_read(Engine *engine, const char *path, bool partial, Initial *initial) {
    const NnModel *model = engine->model;
    TensorFile *file = &initial->file;
    if (!tensors_read(path, file)) return false;
    if (partial
            ? !partial_fits(engine, file)
            : !entries_fit(model, parameters, file) || !entries_finite(engine, parameters, file))
        return false;
    initial->normals = allocate((size_t)model->n_fields, sizeof *initial->normals);
    if (!normals_in(model, file, partial, initial->normals)) return false;
    uint64_t hash = 1;
    for (int i = 0; i < model->n_params; i++) {
        const Tensor *tensor = entry_tensor(model, entry_of(model, parameters, i), file);
        if (!tensor || !tensor_numbers(file, tensor, engine->values)) continue;
        hash =
            fingerprint(hash ^ (uint64_t)i, engine->values, (size_t)tensor->count * sizeof(float));
    }
    for (int i = 0; i < model->n_fields; i++) {
        const Normal *known = &initial->normals[i];
        const size_t bytes = (size_t)model->fields[i].normal.moments * sizeof(double);
        if (!known->mean) continue;
        hash = fingerprint(fingerprint(hash, known->mean, bytes), known->deviation, bytes);
    }
    initial->fingerprint = (int64_t)(hash >> 1 | 1);
    return true;
}

void initial_take(Engine *engine, const Initial *initial) {
    entries_set(engine, parameters, &initial->file, initial->normals);
}

/* PyTorch's tools look for the key `format`. */
bool weights_save(const Engine *engine, float *const *kept, bool averages, const char *path) {
    return entries_write(engine, (Contents){NO_PHASE, kept, averages},
                         json_pack("{s:s}", "format", "pt"), path);
}
