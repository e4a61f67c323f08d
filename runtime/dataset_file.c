/* Samples from safetensors files. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/datameta.h"
#include "dataset.h"

/* An index for each sample; a second axis of one element does not matter. */
static bool is_label(const Tensor *tensor) {
    static const char *const types[] = {"U8", "U16", "I32", "I64"};
    bool known = false;
    for (int i = 0; i < 4; i++) known = known || !strcmp(tensor->dtype, types[i]);
    return known && (tensor->rank == 1 || (tensor->rank == 2 && tensor->dim[1] == 1));
}

static bool take_labels(const char *path, const Tensor *tensor, const NnField *want, Split *split) {
    int32_t *labels = split_add(split, want->name, 0)->labels;
    for (int64_t i = 0; i < tensor->count; i++) {
        const int64_t value = tensor_integer(tensor, i);
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
    for (int64_t i = 0; i < tensor->count; i++) integers[i] = tensor_integer(tensor, i);
    split->fields[split->n_fields++] = (DataField){.name = name, .integers = integers};
}

static bool take_floats(const TensorFile *file, const Tensor *tensor, const NnField *want,
                        Split *split) {
    char have_words[SHAPE_TEXT], want_words[SHAPE_TEXT];
    const char *path = file->path;
    const bool integers = tensor_has_integers(tensor);
    if (!integers && !tensor_has_floats(file, tensor)) return false;
    /* Another shape of as many values is the same to the model: (n, 784) for {1, 28, 28}. */
    if (tensor->count / tensor->dim[0] != want->count)
        return problem("%s: tensor \"%s\": shape %s, samples of %s wanted by the model", path,
                       tensor->name, shape_words(have_words, tensor->rank, tensor->dim),
                       shape_words(want_words, want->rank, want->dim));
    float *floats = split_add(split, want->name, want->count)->floats;
    for (int64_t i = 0; integers && i < tensor->count; i++)
        floats[i] = (float)tensor_integer(tensor, i);
    if (!integers && !tensor_floats(file, tensor, floats)) return false;
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
        return problem("%s: tensor \"%s\": %s %s, labels are U8, U16, I32 or I64 of one axis", path,
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

/* The names of its arrays, of many the first. */
static const char *arrays_of(const TensorFile *file) {
    enum { MOST = 20 };
    const char *list = file->n_tensors ? "" : "no arrays";
    for (int i = 0; i < file->n_tensors && i < MOST; i++)
        list = format_text("%s%s%s", list, i ? ", " : "", file->tensors[i].name);
    return file->n_tensors > MOST ? format_text("%s and %d more", list, file->n_tensors - MOST)
                                  : list;
}

static bool lacks(const DataRequest *request, const TensorFile *file, const char *name,
                  const NnField *want) {
    return problem(
        "%s: has no \"%s\", which the model wants; it has %s%s", file->path, name, arrays_of(file),
        request->map ? "" : format_text("; --map %s=NAME takes another one", want->name));
}

/* Whether the file has one of the model's fields in the split. */
static bool has_split(const NnModel *model, const DataRequest *request, const TensorFile *file,
                      SplitId split) {
    for (int i = 0; i < model->n_fields; i++)
        if (tensors_find(file, map_array(request, file, split, model->fields[i].name))) return true;
    return false;
}

static bool load_split(const NnModel *model, const DataRequest *request, const TensorFile *file,
                       SplitId id, Split *split) {
    split_reserve(split, model->n_fields + file->n_tensors);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const char *name = map_array(request, file, id, want->name);
        const Tensor *tensor = tensors_find(file, name);
        if (!tensor && request->predict_only && !want->predicts) continue;
        if (!tensor) return lacks(request, file, name, want);
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

/* The names of a label's classes in the metadata of the file; NULL: there are none that fit. */
static const char *const *class_names(const DataRequest *request, const TensorFile *file,
                                      const NnField *label) {
    const char *array = map_array(request, file, SPLIT_TRAIN, label->name);
    const char *slash = strchr(array, '/');
    const char *text =
        tensors_meta(file, format_text(DATA_META_CLASSES "%s", slash ? slash + 1 : array));
    json_t *list = text ? keep_json(json_loads(text, 0, NULL)) : NULL;
    if (json_array_size(list) != (size_t)label->classes) return NULL;
    const char **names = allocate((size_t)label->classes, sizeof *names);
    for (int i = 0; i < label->classes; i++) {
        names[i] = json_string_value(json_array_get(list, (size_t)i));
        if (!names[i]) return NULL;
    }
    return names;
}

bool dataset_file(const NnModel *model, const DataRequest *request, const char *path,
                  Dataset *data) {
    TensorFile file;
    if (!tensors_read(path, &file) || !map_fits(model, request)) return false;
    if (model->n_fields == 0) return problem("%s: the model reads no fields", path);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        data->has[s] = has_split(model, request, &file, (SplitId)s);
        /* A training split that is missing, or a file without any, is a matter of names. */
        const bool tried = data->has[s] || s == SPLIT_TRAIN;
        if (request->wanted[s] && tried &&
            !load_split(model, request, &file, (SplitId)s, &data->split[s]))
            return false;
    }
    data->class_names = allocate((size_t)model->n_fields, sizeof *data->class_names);
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].kind == NN_LABEL)
            data->class_names[i] = class_names(request, &file, &model->fields[i]);
    bool any = false;
    for (int s = 0; s < SPLIT_COUNT; s++) any = any || data->has[s];
    for (int s = 0; s < SPLIT_COUNT && !any; s++)
        if (request->wanted[s])
            return lacks(request, &file,
                         map_array(request, &file, (SplitId)s, model->fields[0].name),
                         &model->fields[0]);
    return true;
}
