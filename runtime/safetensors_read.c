#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "report.h"
#include "safetensors.h"
#include "scan.h"

enum { MAX_HEADER = 100 * 1000 * 1000 }; /* the limit of the format's own library */

size_t tensor_element_size(const char *dtype) {
    static const struct {
        const char *dtype;
        size_t size;
    } table[] = {{"F64", 8}, {"I64", 8}, {"U64", 8}, {"F32", 4},  {"I32", 4},
                 {"U32", 4}, {"F16", 2}, {"I16", 2}, {"BF16", 2}, {"U16", 2},
                 {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].dtype, dtype) == 0) return table[i].size;
    return 0;
}

char *shape_words(char room[SHAPE_TEXT], int rank, const int64_t *dim) {
    size_t at = 0;
    room[at++] = '(';
    for (int i = 0; i < rank; i++)
        at += (size_t)snprintf(room + at, SHAPE_TEXT - at, "%s%" PRId64, i ? ", " : "", dim[i]);
    snprintf(room + at, SHAPE_TEXT - at, ")");
    return room;
}

char *shape_words_int(char room[SHAPE_TEXT], int rank, const int *dim) {
    int64_t wide[TENSOR_MAX_RANK];
    for (int i = 0; i < rank; i++) wide[i] = dim[i];
    return shape_words(room, rank, wide);
}

/* {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, members in any order. */
static bool scan_tensor(Scan *scan, Tensor *tensor) {
    bool shape = false, offsets = false;
    if (!scan_char(scan, '{')) return false;
    do {
        char *key = scan_string(scan);
        bool ok = key && scan_char(scan, ':');
        if (!ok) {
            free(key);
            return false;
        }
        if (strcmp(key, "dtype") == 0 && !tensor->dtype) {
            ok = (tensor->dtype = scan_string(scan)) != NULL;
        } else if (strcmp(key, "shape") == 0 && !shape) {
            shape = true;
            ok = scan_integers(scan, tensor->dim, TENSOR_MAX_RANK, &tensor->rank);
        } else if (strcmp(key, "data_offsets") == 0 && !offsets) {
            int64_t pair[2];
            int n;
            offsets = true;
            ok = scan_integers(scan, pair, 2, &n);
            if (ok && n != 2) ok = scan_wrong(scan, "data_offsets wants two numbers");
            if (ok) tensor->begin = (size_t)pair[0], tensor->end = (size_t)pair[1];
        } else {
            ok = scan_wrong(scan, "a tensor has dtype, shape and data_offsets, each once");
        }
        free(key);
        if (!ok) return false;
    } while (scan_more(scan, ','));
    if (!scan_char(scan, '}')) return false;
    if (!tensor->dtype || !shape || !offsets)
        return scan_wrong(scan, "a tensor without dtype, shape or data_offsets");
    return true;
}

static bool scan_meta(Scan *scan, TensorFile *file) {
    if (!scan_char(scan, '{')) return false;
    if (scan_more(scan, '}')) return true;
    int room = 0;
    do {
        if (file->n_meta == room) {
            room = room ? room * 2 : 16;
            file->meta = reallocate(file->meta, (size_t)room, sizeof *file->meta);
        }
        MetaEntry *entry = &file->meta[file->n_meta];
        *entry = (MetaEntry){.key = scan_string(scan)};
        if (!entry->key) return false;
        file->n_meta++;
        if (!scan_char(scan, ':') || !(entry->value = scan_string(scan))) return false;
    } while (scan_more(scan, ','));
    return scan_char(scan, '}');
}

static bool scan_header(Scan *scan, TensorFile *file) {
    bool meta = false;
    int room = 0;
    if (!scan_char(scan, '{')) return false;
    if (scan_more(scan, '}')) return scan_end(scan);
    do {
        char *name = scan_string(scan);
        if (!name || !scan_char(scan, ':')) {
            free(name);
            return false;
        }
        if (strcmp(name, "__metadata__") == 0) {
            free(name);
            if (meta) return scan_wrong(scan, "__metadata__ twice");
            meta = true;
            if (!scan_meta(scan, file)) return false;
            continue;
        }
        if (file->n_tensors == room) {
            room = room ? room * 2 : 64;
            file->tensors = reallocate(file->tensors, (size_t)room, sizeof *file->tensors);
        }
        Tensor *tensor = &file->tensors[file->n_tensors++];
        *tensor = (Tensor){.name = name};
        if (!scan_tensor(scan, tensor)) return false;
    } while (scan_more(scan, ','));
    return scan_char(scan, '}') && scan_end(scan);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Tensor *)a)->name, ((const Tensor *)b)->name);
}

static int by_place(const void *a, const void *b) {
    const Tensor *x = *(const Tensor *const *)a, *y = *(const Tensor *const *)b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Shape, type and offsets of one tensor against each other and the size of the data. */
static bool check_tensor(const char *path, Tensor *t, size_t data_size) {
    if (t->begin > t->end || t->end > data_size)
        return problem("%s: tensor \"%s\": bytes %zu to %zu of %zu", path, t->name, t->begin,
                       t->end, data_size);
    uint64_t count = 1;
    for (int i = 0; i < t->rank; i++) {
        uint64_t dim = (uint64_t)t->dim[i];
        if (dim != 0 && count > (uint64_t)INT64_MAX / 8 / dim)
            return problem("%s: tensor \"%s\": impossible shape", path, t->name);
        count *= dim;
    }
    t->count = (int64_t)count;
    size_t size = tensor_element_size(t->dtype);
    char room[SHAPE_TEXT];
    if (size && count * size != t->end - t->begin)
        return problem("%s: tensor \"%s\": %s %s in %zu bytes", path, t->name, t->dtype,
                       shape_words(room, t->rank, t->dim), t->end - t->begin);
    return true;
}

static bool check_places(const TensorFile *file, size_t data_size) {
    size_t n = (size_t)file->n_tensors, at = 0;
    const Tensor **sorted = allocate(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++) sorted[i] = &file->tensors[i];
    qsort(sorted, n, sizeof *sorted, by_place);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        if (sorted[i]->begin < at)
            ok = problem("%s: tensors \"%s\" and \"%s\" overlap", file->path, sorted[i - 1]->name,
                         sorted[i]->name);
        else if (sorted[i]->begin > at)
            ok = problem("%s: gap of %zu bytes before tensor \"%s\"", file->path,
                         sorted[i]->begin - at, sorted[i]->name);
        at = sorted[i]->end;
    }
    if (ok && at != data_size)
        ok = problem("%s: %zu bytes at the end belong to no tensor", file->path, data_size - at);
    free(sorted);
    return ok;
}

static bool check_all(TensorFile *file, const unsigned char *data, size_t data_size) {
    for (int i = 0; i < file->n_tensors; i++) {
        if (!check_tensor(file->path, &file->tensors[i], data_size)) return false;
        file->tensors[i].bytes = data + file->tensors[i].begin;
    }
    if (file->n_tensors > 1)
        qsort(file->tensors, (size_t)file->n_tensors, sizeof *file->tensors, by_name);
    for (int i = 1; i < file->n_tensors; i++)
        if (by_name(&file->tensors[i - 1], &file->tensors[i]) == 0)
            return problem("%s: tensor \"%s\" twice", file->path, file->tensors[i].name);
    return check_places(file, data_size);
}

static bool parse(TensorFile *file, size_t size) {
    if (size < 8) return problem("%s: not a safetensors file: %zu bytes", file->path, size);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--) header = header << 8 | file->bytes[i];
    if (header > MAX_HEADER || header > size - 8)
        return problem("%s: not a safetensors file, or cut short: a header of %" PRIu64
                       " bytes in a file of %zu",
                       file->path, header, size);
    Scan scan = {.at = (const char *)file->bytes + 8,
                 .begin = (const char *)file->bytes + 8,
                 .end = (const char *)file->bytes + 8 + header};
    if (!scan_header(&scan, file))
        return problem("%s: bad header at byte %zu: %s", file->path,
                       8 + (size_t)(scan.at - scan.begin), scan.wrong);
    return check_all(file, file->bytes + 8 + header, size - 8 - (size_t)header);
}

bool tensors_read(const char *path, TensorFile *file) {
    *file = (TensorFile){0};
    size_t size;
    if (!file_read(path, &file->bytes, &size)) return false;
    file->path = copy_text(path);
    if (parse(file, size)) return true;
    tensors_free(file);
    return false;
}

void tensors_free(TensorFile *file) {
    for (int i = 0; i < file->n_tensors; i++) {
        free(file->tensors[i].name);
        free(file->tensors[i].dtype);
    }
    for (int i = 0; i < file->n_meta; i++) {
        free(file->meta[i].key);
        free(file->meta[i].value);
    }
    free(file->tensors);
    free(file->meta);
    free(file->bytes);
    free(file->path);
    *file = (TensorFile){0};
}

const Tensor *tensors_find(const TensorFile *file, const char *name) {
    int low = 0, high = file->n_tensors;
    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(name, file->tensors[middle].name);
        if (order == 0) return &file->tensors[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *tensors_meta(const TensorFile *file, const char *key) {
    for (int i = 0; i < file->n_meta; i++)
        if (strcmp(file->meta[i].key, key) == 0) return file->meta[i].value;
    return NULL;
}

void tensor_floats(const Tensor *tensor, float *out) {
    const unsigned char *b = tensor->bytes;
    for (int64_t i = 0; i < tensor->count; i++, b += 4) {
        uint32_t bits =
            (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(&out[i], &bits, 4);
    }
}
