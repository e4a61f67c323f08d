/* What the kinds of data sets share; for dataset*.c alone. */
#ifndef NN_RUNTIME_DATASET_BUILD_H
#define NN_RUNTIME_DATASET_BUILD_H

#include "dataset.h"
#include "digits.h"

/* A field of a built-in data set. */
typedef struct FieldSpec {
    const char *name;
    int rank, dim[DATA_MAX_RANK];
    int classes; /* > 0: a label */
} FieldSpec;

typedef struct DataSpec {
    const char *name;
    const FieldSpec *fields;
    int n_fields;
    /* Makes the wanted splits of the digits. */
    bool (*load)(const NnModel *model, const DataRequest *request, const Digits *train,
                 const Digits *test, Dataset *data);
} DataSpec;

extern const DataSpec pairs_spec, mnist_spec;

/* Adds a field without values; the pointer is valid until the next one is added. */
DataField *split_add(Split *split, const char *name, bool label, int rank, const int *dim,
                     int classes);

/* Adds a field of a built-in set with room for its values; NULL if it is one of floats that the
 * model does not read. */
DataField *split_add_spec(Split *split, const NnModel *model, const FieldSpec *spec);

/* The field of that name, or NULL. */
const NnField *model_field(const NnModel *model, const char *name);

/* Whether the data's field is what the model wants; a message names both sides. */
bool field_matches(const char *data, const DataField *have, const NnField *want);

/* Mean and deviation of values; a deviation of 0 is given as 1. */
void data_measure(const float *values, int64_t count, double *mean, double *deviation);
void data_normalise(float *values, int64_t count, double mean, double deviation);

/* The wanted splits of a safetensors file. */
bool load_tensor_data(const NnModel *model, const DataRequest *request, const char *path,
                      Dataset *data);

#endif
