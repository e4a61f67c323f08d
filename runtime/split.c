/* Fields of a split: where they are found, where their elements lie, memory for new ones. */
#include <string.h>

#include "dataset.h"

const char *const split_names[SPLIT_COUNT] = {"train", "val", "test"};

const NnField *model_field(const NnModel *model, const char *name) {
    for (int i = 0; i < model->n_fields; i++)
        if (strcmp(model->fields[i].name, name) == 0) return &model->fields[i];
    return NULL;
}

void split_reserve(Split *split, int n_fields) {
    split->fields = allocate((size_t)n_fields, sizeof *split->fields);
}

void *split_add(Split *split, const NnField *field, NnType type) {
    const size_t size = (size_t)field->count * (size_t)nn_type_size(type);
    void *values = allocate((size_t)split->samples, size);
    split->fields[split->n_fields++] = (DataField){.name = field->name,
                                                   .label = field->kind == NN_LABEL,
                                                   .type = type,
                                                   .values = values,
                                                   .count = field->count,
                                                   .stride = field->count};
    return values;
}

const void *split_values(const Split *split, const DataField *field, int sample) {
    const int64_t row = split->rows ? split->rows[sample] : sample;
    return (const char *)field->values +
           (field->begin + row * field->stride) * nn_type_size(field->type);
}

int64_t split_class(const Split *split, const DataField *label, int sample) {
    return nn_integer(split_values(split, label, sample), label->type, 0);
}

bool split_complete(const Split *split, const NnModel *model) {
    for (int i = 0; i < model->n_fields; i++)
        if (!split->bound[i]) return false;
    return true;
}

uint64_t fingerprint(uint64_t hash, const void *bytes, size_t size) {
    for (const char *at = bytes; size > 0;) {
        uint64_t word = 0;
        const size_t n = size < sizeof word ? size : sizeof word;
        memcpy(&word, at, n);
        at += n;
        size -= n;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

uint64_t split_fingerprint(const Split *split, const NnModel *model) {
    uint64_t hash = (uint64_t)split->samples;
    for (int i = 0; i < model->n_fields; i++) {
        const DataField *field = split->bound[i];
        if (!field) continue;
        hash = (hash ^ (uint64_t)field->type) * 0x9e3779b97f4a7c15u;
        const size_t element = (size_t)nn_type_size(field->type),
                     size = (size_t)field->count * element;
        if (field->stride < field->count && split->samples > 0) {
            /* Windows that overlap: the sequence, once. */
            const size_t ahead = (size_t)(split->samples - 1) * (size_t)field->stride * element;
            hash = fingerprint(hash ^ (uint64_t)field->stride, split_values(split, field, 0),
                               ahead + size);
            continue;
        }
        for (int s = 0; s < split->samples; s++)
            hash = fingerprint(hash, split_values(split, field, s), size);
    }
    return hash;
}
