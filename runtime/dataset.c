/* Data sets: chooses a source, cuts splits off, binds the model's fields. */
#include "dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cut.h"
#include "normal.h"

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_synthetic(const char *source) {
    return strcmp(source, "synthetic") == 0;
}

const char *dataset_source(const NnModel *model, const DataRequest *request) {
    const char *named = getenv("NNGEN_DATA");
    const bool cifar10 = cifar10_fits(model);
    if (request->source) return request->source;
    if (named && *named && !(cifar10 && is_folder(named) && !cifar10_is_in(named))) return named;
    const char *usual = cifar10 ? "data/cifar10" : "data/mnist";
    return is_folder(usual) ? usual : NULL;
}

/* The splits to load; those that are cut off train need that. */
static DataRequest request_to_load(const DataRequest *request) {
    DataRequest load = *request;
    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++) {
        if (!request->cut[s].asked) continue;
        load.wanted[s] = false;
        if (request->wanted[s] && cut_part(request, (SplitId)s) > 0)
            load.wanted[SPLIT_TRAIN] = true;
    }
    return load;
}

/* A training goes on without val and test. */
static bool splits_are_there(const DataRequest *request, const Dataset *data) {
    const char *list = "";
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (data->split[s].samples > 0 || data->has[s])
            list = format_text("%s%s%s", list, *list ? ", " : "", split_names[s]);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (!request->wanted[s] || data->split[s].samples > 0) continue;
        if (request->spare && s != SPLIT_TRAIN) continue;
        return problem("%s: has no %s split; it has %s", data->source, split_names[s],
                       *list ? list : "none that the model could read");
    }
    return true;
}

static void bind_fields(const NnModel *model, Split *split) {
    split->bound = allocate((size_t)model->n_fields, sizeof *split->bound);
    for (int i = 0; i < model->n_fields; i++)
        for (int k = 0; k < split->n_fields; k++)
            if (strcmp(split->fields[k].name, model->fields[i].name) == 0)
                split->bound[i] = &split->fields[k];
}

/* Reads data->source: a file, a folder, or none, "synthetic". */
static bool load_source(const NnModel *model, const DataRequest *request, Dataset *data) {
    const char *source = data->source;
    const bool none = is_synthetic(source), folder = !none && is_folder(source);
    if (!none && !folder) {
        const DataRequest load = model_windows(model) ? *request : request_to_load(request);
        return dataset_file(model, &load, source, data) && dataset_cut(model, request, data);
    }
    if (folder && cifar10_is_in(source)) return dataset_cifar10(model, request, source, data);
    if (!cifar10_fits(model)) return dataset_digits(model, request, none ? NULL : source, data);
    return none ? problem("there is no CIFAR-10: --data wants the folder of its binary files, "
                          "data_batch_1.bin and so on, or a .safetensors file")
                : problem("%s: has no data_batch_1.bin, as CIFAR-10's binary files are called",
                          source);
}

/* Samples of a model without fields: as many as its evaluations take. */
static int own_samples(const NnModel *model) {
    int most = 1;
    for (int p = 0; p < model->n_phases; p++)
        if (model->phases[p].eval_samples > most) most = model->phases[p].eval_samples;
    return most;
}

/* Splits without fields. */
static void count_samples(const NnModel *model, const DataRequest *request, Dataset *data) {
    data->source = "random numbers";
    for (int s = 0; s < SPLIT_COUNT; s++) {
        Split *split = &data->split[s];
        if (!request->wanted[s] || (request->spare && s != SPLIT_TRAIN)) continue;
        split->samples = request->samples > 0 ? request->samples : own_samples(model);
        bind_fields(model, split);
    }
}

bool dataset_load(const NnModel *model, const DataRequest *request, Dataset *data) {
    const size_t n = (size_t)model->n_fields;
    *data = (Dataset){.normals = allocate(n, sizeof *data->normals),
                      .class_names = allocate(n, sizeof *data->class_names)};
    for (size_t i = 0; i < n; i++) data->class_names[i] = model->fields[i].names;
    for (int s = 0; s < SPLIT_COUNT; s++) data->split[s].name = split_names[s];
    if (n == 0 && request->source)
        return problem("--data %s: the model reads no field; leave --data out", request->source);
    if (n == 0 || request->samples > 0) {
        count_samples(model, request, data);
        return true;
    }
    const char *source = dataset_source(model, request);
    if (!source && !request->quiet && dataset_builtin(model))
        note("no --data, no $NNGEN_DATA, no data/mnist: using synthetic digits");
    if (!source) source = "synthetic";
    data->source = source;
    if (!load_source(model, request, data)) return false;
    if (!splits_are_there(request, data)) return false;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (data->split[s].samples > 0) bind_fields(model, &data->split[s]);
    if (request->measured) normals_measure(model, data);
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (!request->wanted[s]) data->split[s].samples = 0;
    return true;
}

bool dataset_load_any(const NnModel *model, const DataRequest *request, Dataset *data) {
    if (request->source || model->n_fields == 0 || dataset_builtin(model))
        return dataset_load(model, request, data);
    const char *source = dataset_source(model, request);
    const size_t mark = memory_mark();
    *data = (Dataset){0};
    if (!source || is_synthetic(source) || is_folder(source)) return true;
    problems_shown(false);
    const bool loaded = dataset_load(model, request, data);
    problems_shown(true);
    if (loaded) return true;
    memory_release(mark);
    *data = (Dataset){0};
    if (!request->quiet) note("$NNGEN_DATA does not serve: %s", problem_text());
    return true;
}

bool dataset_only_split(const NnModel *model, const DataRequest *request, SplitId *split) {
    const char *source = dataset_source(model, request);
    if (!source || is_synthetic(source) || is_folder(source) || cut_part(request, *split) > 0)
        return true;
    const size_t mark = memory_mark();
    DataRequest look = *request;
    Dataset data;
    memset(look.wanted, 0, sizeof look.wanted);
    look.predict_only = true;
    bool loaded = dataset_load(model, &look, &data), complete = true;
    int n = 0, only = 0;
    for (int s = 0; s < SPLIT_COUNT && loaded; s++) {
        if (!data.has[s]) continue;
        only = s;
        n++;
    }
    if (loaded && n == 1 && only != (int)*split) {
        look.wanted[only] = true;
        loaded = dataset_load(model, &look, &data);
        complete = loaded && split_complete(&data.split[only], model);
    }
    if (loaded && !complete) *split = (SplitId)only;
    memory_release(mark);
    return loaded;
}
