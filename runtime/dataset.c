/* Data sets: reads safetensors files, chooses a source, binds the model's fields. */
#include "dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "safetensors.h"

const char *const split_names[SPLIT_COUNT] = {"train", "val", "test"};

static bool is_label(const Tensor *tensor) {
    return tensor->rank == 1 &&
           (strcmp(tensor->dtype, "I64") == 0 || strcmp(tensor->dtype, "I32") == 0 ||
            strcmp(tensor->dtype, "U8") == 0);
}

/* Element of an I64, I32 or U8 tensor. */
static int64_t integer_at(const Tensor *tensor, int64_t index) {
    int64_t wide = 0;
    int32_t narrow;
    switch (tensor->size) {
    case 1:
        return tensor->bytes[index];
    case 4:
        memcpy(&narrow, tensor->bytes + 4 * index, sizeof narrow);
        return narrow;
    default:
        memcpy(&wide, tensor->bytes + 8 * index, sizeof wide);
        return wide;
    }
}

static bool take_labels(const char *path, const Tensor *tensor, const NnField *want, Split *split) {
    int32_t *labels = split_add(split, want->name, 0)->labels;
    for (int64_t i = 0; i < tensor->count; i++) {
        const int64_t value = integer_at(tensor, i);
        if (value < 0 || value >= want->classes)
            return problem("%s: tensor \"%s\": label %" PRId64 " of sample %" PRId64
                           ", 0 to %d wanted by the model",
                           path, tensor->name, value, i, want->classes - 1);
        labels[i] = (int32_t)value;
    }
    return true;
}

/* A label that the model does not read: it is only copied to files of predictions. */
static void take_integers(const Tensor *tensor, Split *split, const char *name) {
    int64_t *integers = allocate((size_t)tensor->count, sizeof *integers);
    for (int64_t i = 0; i < tensor->count; i++) integers[i] = integer_at(tensor, i);
    split->fields[split->n_fields++] = (DataField){.name = name, .integers = integers};
}

static bool take_floats(const TensorFile *file, const Tensor *tensor, const NnField *want,
                        Split *split) {
    char have_words[SHAPE_TEXT], want_words[SHAPE_TEXT];
    const char *path = file->path;
    if (!tensor_has_floats(file, tensor)) return false;
    if (!same_shape(tensor->rank - 1, tensor->dim + 1, want->rank, want->dim))
        return problem("%s: tensor \"%s\": shape %s, samples of %s wanted by the model", path,
                       tensor->name, shape_words(have_words, tensor->rank, tensor->dim),
                       shape_words(want_words, want->rank, want->dim));
    float *floats = split_add(split, want->name, want->count)->floats;
    if (!tensor_floats(file, tensor, floats)) return false;
    for (int64_t i = 0; i < tensor->count; i++)
        if (!isfinite(floats[i]))
            return problem("%s: tensor \"%s\": value %" PRId64 " is not finite", path, tensor->name,
                           i);
    return true;
}

static bool take(const TensorFile *file, const Tensor *tensor, const NnField *want, Split *split) {
    const char *path = file->path;
    if (want->kind == NN_LABEL && !is_label(tensor)) {
        char words[SHAPE_TEXT];
        return problem("%s: tensor \"%s\": %s %s, labels are I64, I32 or U8 of one axis", path,
                       tensor->name, tensor->dtype, shape_words(words, tensor->rank, tensor->dim));
    }
    if (tensor->rank == 0 || tensor->dim[0] == 0)
        return problem("%s: tensor \"%s\": no samples", path, tensor->name);
    if (split->samples == 0) split->samples = tensor->dim[0];
    if (tensor->dim[0] != split->samples)
        return problem("%s: tensor \"%s\": %d samples, others of %s have %d", path, tensor->name,
                       tensor->dim[0], split->name, split->samples);
    return want->kind == NN_LABEL ? take_labels(path, tensor, want, split)
                                  : take_floats(file, tensor, want, split);
}

static bool load_split(const NnModel *model, const DataRequest *request, const TensorFile *file,
                       Split *split) {
    split_reserve(split, model->n_fields + file->n_tensors);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const char *name = format_text("%s/%s", split->name, want->name);
        const Tensor *tensor = tensors_find(file, name);
        if (!tensor && request->predict_only && !want->predicts) continue;
        if (!tensor) return problem("%s: has no \"%s\", which the model wants", file->path, name);
        if (!take(file, tensor, want, split)) return false;
    }
    if (split->samples == 0) return problem("%s: the model reads no fields", file->path);
    size_t prefix = strlen(split->name);
    for (int i = 0; i < file->n_tensors; i++) {
        const Tensor *tensor = &file->tensors[i];
        if (strncmp(tensor->name, split->name, prefix) != 0 || tensor->name[prefix] != '/')
            continue;
        const char *name = tensor->name + prefix + 1;
        if (is_label(tensor) && tensor->dim[0] == split->samples && !model_field(model, name))
            take_integers(tensor, split, name);
    }
    return true;
}

/* The wanted splits of a safetensors file. */
static bool load_tensor_data(const NnModel *model, const DataRequest *request, const char *path,
                             Dataset *data) {
    TensorFile file;
    if (!tensors_read(path, &file)) return false;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (request->wanted[s] && !load_split(model, request, &file, &data->split[s])) return false;
    return true;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *dataset_source(const DataRequest *request) {
    const char *named = getenv("NNGEN_DATA");
    if (request->source) return request->source;
    if (named && *named) return named;
    return is_folder("data/mnist") ? "data/mnist" : NULL;
}

static void bind_fields(const NnModel *model, Split *split) {
    split->bound = allocate((size_t)model->n_fields, sizeof *split->bound);
    for (int i = 0; i < model->n_fields; i++)
        for (int k = 0; k < split->n_fields; k++)
            if (strcmp(split->fields[k].name, model->fields[i].name) == 0)
                split->bound[i] = split->fields[k].labels ? (const void *)split->fields[k].labels
                                                          : (const void *)split->fields[k].floats;
}

bool dataset_load(const NnModel *model, const DataRequest *request, Dataset *data) {
    *data = (Dataset){.deviation = 1};
    for (int s = 0; s < SPLIT_COUNT; s++) data->split[s].name = split_names[s];
    const char *source = dataset_source(request);
    if (!source && !request->quiet && dataset_builtin(model))
        note("no --data, no $NNGEN_DATA, no data/mnist: using synthetic digits");
    if (!source) source = "synthetic";
    data->source = source;
    const char *folder = strcmp(source, "synthetic") == 0 ? NULL : source;
    if (!folder || is_folder(folder) ? !dataset_digits(model, request, folder, data)
                                     : !load_tensor_data(model, request, source, data))
        return false;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (request->wanted[s]) bind_fields(model, &data->split[s]);
    return true;
}

bool dataset_load_any(const NnModel *model, const DataRequest *request, Dataset *data) {
    if (request->source || dataset_builtin(model)) return dataset_load(model, request, data);
    const char *source = dataset_source(request);
    const size_t mark = memory_mark();
    *data = (Dataset){.deviation = 1};
    if (!source || strcmp(source, "synthetic") == 0 || is_folder(source)) return true;
    problems_shown(false);
    const bool loaded = dataset_load(model, request, data);
    problems_shown(true);
    if (loaded) return true;
    memory_release(mark);
    *data = (Dataset){.deviation = 1};
    if (!request->quiet) note("$NNGEN_DATA does not serve: %s", problem_text());
    return true;
}

bool split_complete(const Split *split, const NnModel *model) {
    for (int i = 0; i < model->n_fields; i++)
        if (!split->bound[i]) return false;
    return true;
}

uint64_t fingerprint(uint64_t hash, const void *values, int64_t count) {
    const uint32_t *words = values;
    for (int64_t k = 0; k < count; k++) {
        hash = (hash ^ words[k]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

uint64_t split_fingerprint(const Split *split, const NnModel *model) {
    uint64_t hash = (uint64_t)split->samples;
    for (int i = 0; i < model->n_fields; i++)
        if (split->bound[i])
            hash = fingerprint(hash, split->bound[i],
                               (int64_t)split->samples * model->fields[i].count);
    return hash;
}
