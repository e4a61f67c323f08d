/* Means and deviations of fields: measured, kept in files, set in the state. */
#include "normal.h"

#include <math.h>
#include <string.h>

#include "moments.h"

/* Means and deviations under way. */
typedef struct Moments {
    double *mean, *deviation;
} Moments;

static Moments moments_new(const NnNormal *normal) {
    const size_t n = (size_t)normal->moments;
    return (Moments){allocate(n, sizeof(double)), allocate(n, sizeof(double))};
}

/* Samples of a split. */
typedef struct Bound {
    const Split *split;
    const DataField *field;
} Bound;

static const void *bound_sample(const void *arg, int64_t i) {
    const Bound *bound = arg;
    return split_values(bound->split, bound->field, (int)i);
}

static Measured measured_of(const NnNormal *normal, const Bound *bound) {
    return (Measured){
        normal, bound->field->type, bound->split->samples, bound->field->count, bound_sample,
        bound};
}

/* Whether a field whose bytes are normalised has bytes here. */
static bool is_bytes(const NnModel *model, const Split *split, int i) {
    return model->fields[i].normal.bytes && split->bound[i] && split->bound[i]->type == NN_U8;
}

/* The bytes of all such fields have one mean. */
static void measure_bytes(const NnModel *model, Dataset *data) {
    const Split *train = &data->split[SPLIT_TRAIN];
    int64_t seen[256] = {0};
    for (int i = 0; i < model->n_fields; i++) {
        const Bound bound = {train, train->bound[i]};
        if (!is_bytes(model, train, i)) continue;
        const Measured m = measured_of(&model->fields[i].normal, &bound);
        moments_count(&m, 0, seen);
    }
    for (int i = 0; i < model->n_fields; i++) {
        const NnNormal *normal = &model->fields[i].normal;
        if (!is_bytes(model, train, i) || data->normals[i].mean) continue;
        Moments of = moments_new(normal);
        moments_of_counts(normal, seen, of.mean, of.deviation);
        data->normals[i] = (Normal){of.mean, of.deviation};
    }
}

void normals_measure(const NnModel *model, Dataset *data) {
    const Split *train = &data->split[SPLIT_TRAIN];
    if (train->samples == 0) return;
    measure_bytes(model, data);
    for (int i = 0; i < model->n_fields; i++) {
        const NnNormal *normal = &model->fields[i].normal;
        const Bound bound = {train, train->bound[i]};
        if (!moments_are_measured(normal) || normal->bytes || !bound.field || data->normals[i].mean)
            continue;
        Moments to = moments_new(normal);
        const Measured m = measured_of(normal, &bound);
        moments_measure(&m, to.mean, to.deviation);
        data->normals[i] = (Normal){to.mean, to.deviation};
    }
}

/* `input.image.mean`; targets and labels are fields of the same kind. */
static const char *key_of(const NnField *field, const char *what) {
    return format_text("input.%s.%s", field->name, what);
}

/* A list of numbers, or one for all channels. */
static bool read_list(const TensorFile *file, const NnField *field, const char *what, bool partial,
                      const double **to) {
    const char *key = key_of(field, what), *text = tensors_meta(file, key);
    const size_t n = (size_t)field->normal.moments;
    *to = NULL;
    if (!text) return true;
    const json_t *json = keep_json(json_loads(text, JSON_DECODE_ANY, NULL));
    const bool list = json_is_array(json);
    if (partial && list && json_array_size(json) != n) {
        note("%s: skipped, metadata %s: %zu numbers, %zu wanted", file->path, key,
             json_array_size(json), n);
        return true;
    }
    bool good = list ? json_array_size(json) == n : json_is_number(json);
    double *values = allocate(n, sizeof *values);
    for (size_t i = 0; good && i < n; i++) {
        const json_t *value = list ? json_array_get(json, i) : json;
        values[i] = json_number_value(value);
        good = json_is_number(value) && isfinite(values[i]) &&
               (strcmp(what, "std") != 0 || values[i] > 0);
    }
    if (!good)
        return problem("%s: metadata %s is to be a list of %zu numbers%s, not %.60s", file->path,
                       key, n, strcmp(what, "std") ? "" : " above 0", text);
    *to = values;
    return true;
}

bool normals_in(const NnModel *model, const TensorFile *file, bool partial, Normal *known) {
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        if (!field->normal.moments) continue;
        if (!read_list(file, field, "mean", partial, &known[i].mean) ||
            !read_list(file, field, "std", partial, &known[i].deviation))
            return false;
        if (!known[i].mean || !known[i].deviation) known[i] = (Normal){NULL, NULL};
    }
    return true;
}

bool normals_wanted(const Engine *engine) {
    for (int i = 0; i < engine->model->n_fields; i++)
        if (moments_are_measured(&engine->model->fields[i].normal) && !engine->read[i].mean)
            return true;
    return false;
}

void normals_take(Engine *engine, const Normal *known) {
    memcpy(engine->read, known, (size_t)engine->model->n_fields * sizeof *known);
    normals_settle(engine);
}

void normals_settle(Engine *engine) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnNormal *normal = &engine->model->fields[i].normal;
        if (!moments_are_measured(normal)) continue;
        const Normal *measured = engine->data.normals ? &engine->data.normals[i] : NULL;
        const Normal *from = &engine->read[i];
        if (measured && measured->mean && (normal->bytes || !from->mean)) from = measured;
        engine->normal[i] = from->mean != NULL;
        if (!from->mean) continue;
        engine->model->set_normal(engine->state, i, normal->mean ? normal->mean : from->mean,
                                  normal->deviation ? normal->deviation : from->deviation);
    }
}

bool normals_known(const Engine *engine, const Split *split) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        const NnNormal *normal = &field->normal;
        if (!moments_are_measured(normal) || engine->normal[i] || !split->bound[i] ||
            (normal->bytes && split->bound[i]->type != NN_U8))
            continue;
        return problem("the mean and the deviation of %s are not known: the weights file has no "
                       "metadata %s and %s, and %s no training split to measure them on",
                       field->name, key_of(field, "mean"), key_of(field, "std"),
                       engine->data.source);
    }
    return true;
}

void normals_write(const Engine *engine, json_t *meta) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        if (!field->normal.moments || (!engine->normal[i] && moments_are_measured(&field->normal)))
            continue;
        const int n = field->normal.moments;
        const Moments normal = moments_new(&field->normal);
        engine->model->get_normal(engine->state, i, normal.mean, normal.deviation);
        tensors_add_meta(meta, key_of(field, "mean"), json_numbers(normal.mean, n));
        tensors_add_meta(meta, key_of(field, "std"), json_numbers(normal.deviation, n));
    }
}
