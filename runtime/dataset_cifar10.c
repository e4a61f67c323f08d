/* The built-in set of CIFAR-10's binary files: rows of a class and 3 x 32 x 32 bytes. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cut.h"
#include "file.h"

enum { PIXELS = 3 * 32 * 32, ROW = 1 + PIXELS, CLASSES = 10, BATCHES = CIFAR10_FILES - 1 };

static const char *const names[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};

const char *cifar10_path(const char *folder, int i) {
    if (!folder) return NULL;
    return i < BATCHES ? format_text("%s/data_batch_%d.bin", folder, i + 1)
                       : format_text("%s/test_batch.bin", folder);
}

bool cifar10_is_in(const char *folder) {
    return access(cifar10_path(folder, 0), F_OK) == 0;
}

/* NULL if the set has what the model wants. */
static const char *mismatch(const NnModel *model) {
    static const int dim[] = {3, 32, 32};
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *want = &model->fields[i];
        const bool image = strcmp(want->name, "image") == 0, label = want->kind == NN_LABEL;
        if (want->windows) return format_text("field \"%s\": cifar10 has no sequences", want->name);
        if (!image && strcmp(want->name, "class") != 0)
            return format_text("field \"%s\": the model wants it, data set cifar10 has image and "
                               "class",
                               want->name);
        if (image ? label || !same_shape(3, dim, want->rank, want->dim)
                  : !label || want->classes != CLASSES || want->count != 1)
            return format_text("field \"%s\": data set cifar10 has %s", want->name,
                               image ? "images of shape (3, 32, 32)" : "a label of 10 classes");
    }
    return NULL;
}

bool cifar10_fits(const NnModel *model) {
    if (model->data) return strcmp(model->data, "cifar10") == 0;
    return model->n_fields > 0 && !mismatch(model);
}

/* Reads the rows of some files, one after the other. */
static bool read_rows(const char *folder, int first, int n, unsigned char **rows, int *count) {
    unsigned char *bytes[BATCHES];
    size_t size[BATCHES], all = 0;
    for (int i = 0; i < n; i++) {
        const char *path = cifar10_path(folder, first + i);
        if (!file_map(path, &bytes[i], &size[i])) return false;
        if (size[i] == 0 || size[i] % ROW != 0)
            return problem("%s: %zu bytes are no rows of %d, a class and 3 x 32 x 32 pixels", path,
                           size[i], ROW);
        for (size_t r = 0; r < size[i]; r += ROW)
            if (bytes[i][r] >= CLASSES)
                return problem("%s: row %zu: class %d, 0 to 9 wanted", path, r / ROW, bytes[i][r]);
        all += size[i];
    }
    *rows = allocate(all, 1);
    *count = (int)(all / ROW);
    for (int i = 0, at = 0; i < n; at += (int)(size[i] / ROW), i++)
        memcpy(*rows + (size_t)at * ROW, bytes[i], size[i]);
    return true;
}

static bool load(const NnModel *model, const char *folder, int first, int n, Split *split) {
    unsigned char *rows;
    if (!read_rows(folder, first, n, &rows, &split->samples)) return false;
    split_reserve(split, 2);
    const DataField image = {
        .name = "image", .type = NN_U8, .values = rows, .begin = 1, .stride = ROW, .count = PIXELS};
    const DataField class = {
        .name = "class", .label = true, .type = NN_U8, .values = rows, .stride = ROW, .count = 1};
    if (model_field(model, "image")) split->fields[split->n_fields++] = image;
    split->fields[split->n_fields++] = class;
    return true;
}

bool dataset_cifar10(const NnModel *model, const DataRequest *request, const char *folder,
                     Dataset *data) {
    const DataCut tenth = {true, 0.1};
    const char *why = mismatch(model);
    if (why) return problem("%s", why);
    if (request->map) return problem("--map goes with a data file, and %s is none", data->source);
    data->has[SPLIT_TEST] = true;
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].kind == NN_LABEL && !data->class_names[i])
            data->class_names[i] = names;
    if (request->wanted[SPLIT_TEST] && !load(model, folder, BATCHES, 1, &data->split[SPLIT_TEST]))
        return false;
    if (!request->wanted[SPLIT_TRAIN] && !request->wanted[SPLIT_VAL] && !request->measured)
        return true;
    DataRequest cut = *request;
    if (!cut.cut[SPLIT_VAL].asked) cut.cut[SPLIT_VAL] = tenth;
    int batches = 1;
    while (batches < BATCHES && access(cifar10_path(folder, batches), F_OK) == 0) batches++;
    return load(model, folder, 0, batches, &data->split[SPLIT_TRAIN]) &&
           dataset_cut(model, &cut, data);
}
