#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_build.h"
#include "safetensors.h"

/* Element of an I64, I32 or U8 tensor. */
static int64_t integer_at(const Tensor *tensor, int64_t index) {
    size_t size = tensor_element_size(tensor->dtype);
    const unsigned char *at = tensor->bytes + (size_t)index * size;
    uint64_t bits = 0;
    for (size_t i = size; i-- > 0;) bits = bits << 8 | at[i];
    if (size == 1) return (int64_t)bits;
    if (size == 4) {
        int32_t narrow;
        uint32_t low = (uint32_t)bits;
        memcpy(&narrow, &low, sizeof narrow);
        return narrow;
    }
    int64_t wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

static bool is_label(const Tensor *tensor) {
    return tensor->rank == 1 &&
           (strcmp(tensor->dtype, "I64") == 0 || strcmp(tensor->dtype, "I32") == 0 ||
            strcmp(tensor->dtype, "U8") == 0);
}

/* Labels that the model does not read only go to files of predictions: those with values that are
 * no class index are left out silently. */
static bool take_labels(const char *path, const Tensor *tensor, const NnField *want, Split *split,
                        const char *name) {
    int64_t limit = want ? want->classes : INT32_MAX;
    int32_t *labels = allocate((size_t)tensor->count, sizeof *labels);
    for (int64_t i = 0; i < tensor->count; i++) {
        int64_t value = integer_at(tensor, i);
        if (value < 0 || value >= limit) {
            free(labels);
            return !want || problem("%s: tensor \"%s\": label %" PRId64 " of sample %" PRId64
                                    ", 0 to %" PRId64 " wanted by the model",
                                    path, tensor->name, value, i, limit - 1);
        }
        labels[i] = (int32_t)value;
    }
    split_add(split, name, true, 0, NULL, 0)->labels = labels;
    return true;
}

static bool take_floats(const char *path, const Tensor *tensor, const NnField *want, Split *split) {
    char have_words[SHAPE_TEXT], want_words[SHAPE_TEXT];
    if (strcmp(tensor->dtype, "F32") != 0)
        return problem("%s: tensor \"%s\": type %s, F32 wanted", path, tensor->name, tensor->dtype);
    if (!same_shape(tensor->rank - 1, tensor->dim + 1, want->rank, want->dim))
        return problem("%s: tensor \"%s\": shape %s, samples of %s wanted by the model", path,
                       tensor->name, shape_words(have_words, tensor->rank, tensor->dim),
                       shape_words(want_words, want->rank, want->dim));
    DataField *field = split_add(split, want->name, false, want->rank, want->dim, 0);
    field->floats = allocate((size_t)tensor->count, sizeof *field->floats);
    tensor_floats(tensor, field->floats);
    for (int64_t i = 0; i < tensor->count; i++)
        if (!isfinite(field->floats[i]))
            return problem("%s: tensor \"%s\": value %" PRId64 " is not finite", path, tensor->name,
                           i);
    return true;
}

static bool take(const TensorFile *file, const Tensor *tensor, const NnField *want, Split *split,
                 const char *name) {
    if (want && want->kind == NN_LABEL && !is_label(tensor)) {
        char words[SHAPE_TEXT];
        return problem("%s: tensor \"%s\": %s %s, labels are I64, I32 or U8 of one axis",
                       file->path, tensor->name, tensor->dtype,
                       shape_words(words, tensor->rank, tensor->dim));
    }
    if (want && tensor->rank == 0)
        return problem("%s: tensor \"%s\": no axis of samples", file->path, tensor->name);
    int64_t samples = tensor->dim[0];
    if (want && (samples < 1 || samples > INT_MAX))
        return problem("%s: tensor \"%s\": %" PRId64 " samples", file->path, tensor->name, samples);
    if (want && split->samples == 0) split->samples = (int)samples;
    if (samples != split->samples)
        return !want || problem("%s: tensor \"%s\": %" PRId64 " samples, others of %s have %d",
                                file->path, tensor->name, samples, split->name, split->samples);
    return is_label(tensor) && (!want || want->kind == NN_LABEL)
               ? take_labels(file->path, tensor, want, split, name)
               : take_floats(file->path, tensor, want, split);
}

static bool load_split(const NnModel *model, const DataRequest *request, const TensorFile *file,
                       Split *split) {
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        char *name = format_text("%s/%s", split->name, want->name);
        const Tensor *tensor = tensors_find(file, name);
        bool optional = request->predict_only && !want->predicts;
        bool ok = tensor ? take(file, tensor, want, split, want->name)
                         : optional || problem("%s: has no \"%s\", which the model wants",
                                               file->path, name);
        free(name);
        if (!ok) return false;
    }
    if (split->samples == 0) return problem("%s: the model reads no fields", file->path);
    size_t prefix = strlen(split->name);
    for (int i = 0; i < file->n_tensors; i++) {
        const Tensor *tensor = &file->tensors[i];
        if (strncmp(tensor->name, split->name, prefix) != 0 || tensor->name[prefix] != '/')
            continue;
        const char *name = tensor->name + prefix + 1;
        if (model_field(model, name) || !is_label(tensor)) continue;
        if (!take(file, tensor, NULL, split, name)) return false;
    }
    return true;
}

bool load_tensor_data(const NnModel *model, const DataRequest *request, const char *path,
                      Dataset *data) {
    TensorFile file;
    if (!tensors_read(path, &file)) return false;
    data->name = "safetensors";
    bool ok = true;
    for (int s = 0; ok && s < SPLIT_COUNT; s++)
        if (request->wanted[s]) ok = load_split(model, request, &file, &data->split[s]);
    tensors_free(&file);
    return ok;
}
