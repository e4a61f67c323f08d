/* Samples from safetensors files. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/datameta.h"
#include "class_names.h"
#include "cut.h"
#include "table.h"

static NnType type_of(const Tensor *tensor) {
    static const char *const names[] = {
        [NN_U8] = "U8",   [NN_I8] = "I8",   [NN_U16] = "U16",   [NN_I16] = "I16", [NN_I32] = "I32",
        [NN_I64] = "I64", [NN_F16] = "F16", [NN_BF16] = "BF16", [NN_F32] = "F32", [NN_F64] = "F64"};
    for (int i = NN_U8; i <= NN_F64; i++)
        if (!strcmp(tensor->dtype, names[i])) return (NnType)i;
    return NN_PLAIN;
}

static bool has_classes(const Tensor *tensor) {
    const NnType type = type_of(tensor);
    return type == NN_U8 || type == NN_U16 || type == NN_I32 || type == NN_I64;
}

/* An index for each sample; a second axis of one element does not matter. */
static bool is_label(const Tensor *tensor) {
    return has_classes(tensor) && tensor->rank > 0 && tensor->count == tensor->dim[0];
}

/* The elements where they lie or, where that is not aligned to their type, a copy. NULL after a
 * message. */
static const void *aligned(const char *path, const Tensor *tensor) {
    const size_t bytes = (size_t)tensor->count * (size_t)tensor->size;
    if ((uintptr_t)tensor->bytes % (uintptr_t)tensor->size == 0) return tensor->bytes;
    void *copy = malloc(bytes);
    if (copy) return memcpy(keep(copy, free), tensor->bytes, bytes);
    problem(
        "%s: tensor \"%s\": no memory for a copy of %s, which is needed as its elements lie at no "
        "multiple of their size: write arrays of larger elements first",
        path, tensor->name, bytes_text(bytes));
    return NULL;
}

static bool add(const char *path, Split *split, const Tensor *tensor, DataField field) {
    field.type = type_of(tensor);
    field.values = aligned(path, tensor);
    split->fields[split->n_fields++] = field;
    return field.values != NULL;
}

static bool good_labels(const char *path, const Tensor *tensor, const NnField *want) {
    const int64_t row = tensor->count / tensor->dim[0];
    for (int64_t i = 0; i < tensor->count; i++) {
        const int64_t value = tensor_integer(tensor, i);
        const bool ignored = want->ignores && value == want->ignored;
        if ((value < 0 || value >= want->classes) && !ignored)
            return problem("%s: tensor \"%s\": label %" PRId64 " of %s %" PRId64
                           ", 0 to %d wanted by the model",
                           path, tensor->name, value, want->windows ? "place" : "sample", i / row,
                           want->classes - 1);
    }
    return true;
}

static bool good_values(const TensorFile *file, const Tensor *tensor) {
    enum { AT_A_TIME = 1024 };
    float values[AT_A_TIME];
    if (tensor_has_integers(tensor)) return true;
    if (type_of(tensor) == NN_PLAIN)
        return problem(
            "%s: tensor \"%s\": type %s; U8, I8, U16, I16, I32, I64, F16, BF16, F32 or F64 "
            "is wanted",
            file->path, tensor->name, tensor->dtype);
    for (int64_t first = 0; first < tensor->count; first += AT_A_TIME) {
        const int64_t left = tensor->count - first, n = left < AT_A_TIME ? left : AT_A_TIME;
        if (!tensor_floats_at(file, tensor, first, n, values)) return false;
        for (int64_t i = 0; i < n; i++)
            if (!isfinite(values[i]))
                return problem("%s: tensor \"%s\": value %" PRId64 " is not finite", file->path,
                               tensor->name, first + i);
    }
    return true;
}

/* A row for each sample. Another shape of as many values is the same to the model: (n, 784) for
 * {1, 28, 28}. */
static bool row_field(const char *path, const Tensor *tensor, const NnField *want, DataField *field,
                      int64_t *samples) {
    char words[SHAPE_TEXT], want_words[SHAPE_TEXT];
    *samples = tensor->dim[0];
    field->count = field->stride = tensor->count / tensor->dim[0];
    return field->count == want->count ||
           problem("%s: tensor \"%s\": shape %s, samples of %s wanted by the model", path,
                   tensor->name, shape_words(words, tensor->rank, tensor->dim),
                   shape_words(want_words, want->rank, want->dim));
}

static bool good_type(const char *path, const Tensor *tensor, const NnField *want) {
    char words[SHAPE_TEXT];
    const bool one = want->count == 1 && !want->windows;
    return want->kind != NN_LABEL || (has_classes(tensor) && (!one || is_label(tensor))) ||
           problem("%s: tensor \"%s\": %s %s, labels are U8, U16, I32 or I64%s", path, tensor->name,
                   tensor->dtype, shape_words(words, tensor->rank, tensor->dim),
                   one ? " of one axis" : "");
}

static bool take(const NnModel *model, const DataRequest *request, const TensorFile *file,
                 const Tensor *tensor, const NnField *want, SplitId id, Split *split) {
    const char *path = file->path;
    DataField field = {.name = want->name, .label = want->kind == NN_LABEL};
    int64_t samples;
    if (!good_type(path, tensor, want)) return false;
    if (tensor->rank == 0 || tensor->dim[0] == 0)
        return problem("%s: tensor \"%s\": no samples", path, tensor->name);
    if (want->windows ? !window_field(model, want, request, id,
                                      format_text("%s: tensor \"%s\"", path, tensor->name),
                                      tensor->dim[0], tensor->count, &field, &samples)
                      : !row_field(path, tensor, want, &field, &samples))
        return false;
    if (split->samples == 0 || (want->windows && samples < split->samples))
        split->samples = (int)samples;
    if (samples != split->samples && !want->windows)
        return problem("%s: tensor \"%s\": %" PRId64 " samples, others of %s have %d", path,
                       tensor->name, samples, split->name, split->samples);
    if (field.label ? !good_labels(path, tensor, want) : !good_values(file, tensor)) return false;
    return add(path, split, tensor, field);
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
        if (tensors_find(file, map_array(request, file, split, &model->fields[i]))) return true;
    return false;
}

/* Whether the split is cut off the training split's sequences. */
static bool is_piece(const NnModel *model, const DataRequest *request, SplitId split) {
    return model_windows(model) && cut_part(request, split) > 0;
}

static bool load_split(const NnModel *model, const DataRequest *request, const TensorFile *file,
                       SplitId id, Split *split) {
    const SplitId of = is_piece(model, request, id) ? SPLIT_TRAIN : id;
    split_reserve(split, model->n_fields + file->n_tensors);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const char *name = map_array(request, file, of, want);
        const Tensor *tensor = tensors_find(file, name);
        if (!tensor && request->predict_only && !want->predicts) continue;
        if (!tensor) return lacks(request, file, name, want);
        if (!take(model, request, file, tensor, want, id, split)) return false;
    }
    if (split->samples == 0) return problem("%s: the model reads no fields", file->path);
    size_t prefix = strlen(split->name);
    for (int i = 0; i < file->n_tensors; i++) {
        const Tensor *tensor = &file->tensors[i];
        if (strncmp(tensor->name, split->name, prefix) != 0 || tensor->name[prefix] != '/')
            continue;
        const char *name = tensor->name + prefix + 1;
        const DataField label = {.name = name, .label = true, .count = 1, .stride = 1};
        if (is_label(tensor) && tensor->dim[0] == split->samples && !model_field(model, name) &&
            !add(file->path, split, tensor, label))
            return false;
    }
    return true;
}

/* The names of a label's classes in the metadata of the file, or the characters of a text; NULL:
 * there are none that fit. */
static const char *const *names_in(const DataRequest *request, const TensorFile *file,
                                   const NnField *label) {
    const char *array = map_array(request, file, SPLIT_TRAIN, label);
    const char *slash = strchr(array, '/'), *name = slash ? slash + 1 : array;
    const char *const *names = class_names(file, DATA_META_CLASSES, name, label->classes);
    return names ? names : class_names(file, DATA_META_VOCABULARY, name, label->classes);
}

bool dataset_file(const NnModel *model, const DataRequest *request, const char *path,
                  Dataset *data) {
    TensorFile file;
    if (!tensors_map(path, &file) || !map_fits(model, request)) return false;
    if (model->n_fields == 0) return problem("%s: the model reads no fields", path);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        data->has[s] = has_split(model, request, &file, (SplitId)s);
        /* A training split that is missing, or a file without any, is a matter of names. */
        const bool tried = data->has[s] || s == SPLIT_TRAIN || is_piece(model, request, (SplitId)s);
        const bool measured = s == SPLIT_TRAIN && request->measured && data->has[s];
        if (((request->wanted[s] && tried) || measured) &&
            !load_split(model, request, &file, (SplitId)s, &data->split[s]))
            return false;
    }
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].kind == NN_LABEL && !data->class_names[i])
            data->class_names[i] = names_in(request, &file, &model->fields[i]);
    bool any = false;
    for (int s = 0; s < SPLIT_COUNT; s++) any = any || data->has[s];
    for (int s = 0; s < SPLIT_COUNT && !any; s++)
        if (request->wanted[s])
            return lacks(request, &file, map_array(request, &file, (SplitId)s, &model->fields[0]),
                         &model->fields[0]);
    return true;
}
