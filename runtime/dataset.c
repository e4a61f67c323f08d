#define _GNU_SOURCE
#include "dataset.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset_build.h"
#include "safetensors.h"

const char *const split_names[SPLIT_COUNT] = {"train", "val", "test"};

DataField *split_add(Split *split, const char *name, bool label, int rank, const int *dim,
                     int classes) {
    split->fields = reallocate(split->fields, (size_t)split->n_fields + 1, sizeof *split->fields);
    DataField *field = &split->fields[split->n_fields++];
    *field = (DataField){
        .name = copy_text(name), .label = label, .rank = rank, .count = 1, .classes = classes};
    for (int i = 0; i < rank; i++) field->count *= field->dim[i] = dim[i];
    return field;
}

const NnField *model_field(const NnModel *model, const char *name) {
    for (int i = 0; i < model->n_fields; i++)
        if (strcmp(model->fields[i].name, name) == 0) return &model->fields[i];
    return NULL;
}

DataField *split_add_spec(Split *split, const NnModel *model, const FieldSpec *spec) {
    bool label = spec->classes > 0;
    if (!label && !model_field(model, spec->name)) return NULL;
    DataField *field = split_add(split, spec->name, label, spec->rank, spec->dim, spec->classes);
    size_t samples = (size_t)split->samples;
    if (label)
        field->labels = allocate(samples, sizeof *field->labels);
    else
        field->floats = allocate(samples * (size_t)field->count, sizeof *field->floats);
    return field;
}

bool field_matches(const char *data, const DataField *have, const NnField *want) {
    bool label = want->kind == NN_LABEL;
    if (have->label != label)
        return problem("field \"%s\": the model wants %s, %s has %s", want->name,
                       label ? "a label" : "real values", data,
                       have->label ? "a label" : "real values");
    if (label) {
        if (have->classes == 0 || have->classes == want->classes) return true;
        return problem("label \"%s\": the model wants %d classes, %s has %d", want->name,
                       want->classes, data, have->classes);
    }
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    return same_shape(have->rank, have->dim, want->rank, want->dim) ||
           problem("field \"%s\": the model wants shape %s, %s has %s", want->name,
                   shape_words(a, want->rank, want->dim), data,
                   shape_words(b, have->rank, have->dim));
}

void data_measure(const float *values, int64_t count, double *mean, double *deviation) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)values[i];
    *mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) {
        double off = (double)values[i] - *mean;
        squares += off * off;
    }
    *deviation = sqrt(squares / (double)count);
    if (!(*deviation > 0)) *deviation = 1;
}

void data_normalise(float *values, int64_t count, double mean, double deviation) {
    for (int64_t i = 0; i < count; i++) values[i] = (float)(((double)values[i] - mean) / deviation);
}

/* Whether the set has all fields that the model wants; with a message if `complain`. */
static bool spec_serves(const DataSpec *spec, const NnModel *model, bool complain) {
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const FieldSpec *found = NULL;
        for (int k = 0; k < spec->n_fields; k++)
            if (strcmp(spec->fields[k].name, want->name) == 0) found = &spec->fields[k];
        if (!found) {
            if (complain)
                problem("field \"%s\": the model wants it, data set %s has none of that name",
                        want->name, spec->name);
            return false;
        }
        DataField have = {
            .label = found->classes > 0, .rank = found->rank, .classes = found->classes};
        memcpy(have.dim, found->dim, sizeof found->dim);
        if (complain && !field_matches(spec->name, &have, want)) return false;
    }
    return true;
}

/* The built-in set that the architecture names or, if it names none, that has its fields. */
static const DataSpec *choose_spec(const NnModel *model) {
    static const DataSpec *const all[] = {&pairs_spec, &mnist_spec};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (model->data ? strcmp(all[i]->name, model->data) == 0
                        : spec_serves(all[i], model, false))
            return spec_serves(all[i], model, true) ? all[i] : NULL;
    }
    if (model->data)
        problem("data set \"%s\" is none of the built-in ones (mnist-pairs, mnist); give its "
                "samples with --data FILE.safetensors",
                model->data);
    else
        problem("no built-in data set has the model's fields; give its samples with --data "
                "FILE.safetensors");
    return NULL;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static const char *default_source(bool quiet) {
    const char *named = getenv("NNGEN_DATA");
    if (named && *named) return named;
    if (is_folder("data/mnist")) return "data/mnist";
    if (!quiet) note("no --data, no $NNGEN_DATA, no data/mnist: using synthetic digits");
    return "synthetic";
}

static bool load_digits(const NnModel *model, const DataRequest *request, const char *folder,
                        Dataset *data) {
    const DataSpec *spec = choose_spec(model);
    if (!spec) return false;
    Digits train = {0}, test = {0};
    bool ok = true;
    if (folder) {
        ok = digits_read(folder, true, &train) && digits_read(folder, false, &test);
    } else {
        digits_synthetic(true, &train);
        digits_synthetic(false, &test);
    }
    data->name = spec->name;
    ok = ok && spec->load(model, request, &train, &test, data);
    digits_free(&train);
    digits_free(&test);
    return ok;
}

static bool bind_fields(const NnModel *model, const DataRequest *request, const char *source,
                        Split *split) {
    split->bound = allocate((size_t)model->n_fields, sizeof *split->bound);
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const DataField *have = NULL;
        for (int k = 0; k < split->n_fields; k++)
            if (strcmp(split->fields[k].name, want->name) == 0) have = &split->fields[k];
        if (!have) {
            if (request->predict_only && !want->predicts) continue;
            return problem("field \"%s\": the model wants it, %s has no %s/%s", want->name, source,
                           split->name, want->name);
        }
        if (!field_matches(source, have, want)) return false;
        split->bound[i] = have->label ? (const void *)have->labels : (const void *)have->floats;
    }
    return true;
}

bool dataset_load(const NnModel *model, const DataRequest *request, Dataset *data) {
    *data = (Dataset){.deviation = 1};
    for (int s = 0; s < SPLIT_COUNT; s++) data->split[s].name = split_names[s];
    const char *source = request->source ? request->source : default_source(request->quiet);
    data->source = copy_text(source);
    struct stat info;
    bool ok;
    if (strcmp(source, "synthetic") == 0)
        ok = load_digits(model, request, NULL, data);
    else if (stat(source, &info) != 0)
        ok = problem("data %s: %s", source, strerror(errno));
    else if (S_ISDIR(info.st_mode))
        ok = load_digits(model, request, source, data);
    else
        ok = load_tensor_data(model, request, source, data);
    for (int s = 0; ok && s < SPLIT_COUNT; s++)
        if (request->wanted[s]) ok = bind_fields(model, request, source, &data->split[s]);
    if (!ok) dataset_free(data);
    return ok;
}

void dataset_free(Dataset *data) {
    for (int s = 0; s < SPLIT_COUNT; s++) {
        Split *split = &data->split[s];
        for (int i = 0; i < split->n_fields; i++) {
            free(split->fields[i].name);
            free(split->fields[i].floats);
            free(split->fields[i].labels);
        }
        free(split->fields);
        free(split->bound);
    }
    free(data->source);
    *data = (Dataset){0};
}

bool split_complete(const Split *split, const NnModel *model) {
    for (int i = 0; i < model->n_fields; i++)
        if (!split->bound[i]) return false;
    return true;
}

uint64_t split_fingerprint(const Split *split, const NnModel *model) {
    uint64_t hash = (uint64_t)split->samples;
    for (int i = 0; i < model->n_fields; i++) {
        const uint32_t *words = split->bound[i];
        int64_t count = (int64_t)split->samples * model->fields[i].count;
        for (int64_t k = 0; words && k < count; k++) {
            hash = (hash ^ words[k]) * 0x9e3779b97f4a7c15u;
            hash ^= hash >> 29;
        }
    }
    return hash;
}
