/* A split in memory: its fields, and room for their values. */
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

DataField *split_add(Split *split, const char *name, int count) {
    DataField *field = &split->fields[split->n_fields++];
    field->name = name;
    size_t samples = (size_t)split->samples;
    if (count > 0)
        field->floats = allocate(samples * (size_t)count, sizeof *field->floats);
    else
        field->labels = allocate(samples, sizeof *field->labels);
    return field;
}
