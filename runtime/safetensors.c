/* Reads and writes files in the safetensors format. */
#include "safetensors.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "model.h"
#include "report.h"
#include "table.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "floats are read and written as they lie");

enum { MAX_HEADER = 100 * 1000 * 1000 }; /* the limit of the format's own library */
static const char metadata[] = "__metadata__";

static int element_size(const char *dtype) {
    static const struct {
        const char *dtype;
        int size;
    } table[] = {{"F64", 8}, {"I64", 8}, {"U64", 8}, {"F32", 4},  {"I32", 4},
                 {"U32", 4}, {"F16", 2}, {"I16", 2}, {"BF16", 2}, {"U16", 2},
                 {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].dtype, dtype) == 0) return table[i].size;
    return 0;
}

bool same_shape(int rank, const int *dim, int other_rank, const int *other_dim) {
    bool same = rank == other_rank;
    for (int i = 0; same && i < rank; i++) same = dim[i] == other_dim[i];
    return same;
}

char *shape_words(char room[SHAPE_TEXT], int rank, const int *dim) {
    size_t at = 0;
    room[at++] = '(';
    for (int i = 0; i < rank; i++)
        at += (size_t)snprintf(room + at, SHAPE_TEXT - at, "%s%d", i ? ", " : "", dim[i]);
    snprintf(room + at, SHAPE_TEXT - at, ")");
    return room;
}

/* {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, members in any order. */
static bool read_entry(const char *path, json_t *entry, Tensor *t, json_int_t data_size) {
    json_t *shape;
    json_int_t begin, end;
    json_error_t error;
    if (json_unpack_ex(entry, &error, 0, "{s:s, s:o, s:[I,I!] !}", "dtype", &t->dtype, "shape",
                       &shape, "data_offsets", &begin, &end) != 0)
        return problem("%s: bad header: tensor \"%s\": %s", path, t->name, error.text);
    if (!json_is_array(shape) || json_array_size(shape) > TENSOR_MAX_RANK)
        return problem("%s: bad header: tensor \"%s\": at most %d axes wanted as shape", path,
                       t->name, TENSOR_MAX_RANK);
    t->count = 1;
    for (t->rank = 0; (size_t)t->rank < json_array_size(shape); t->rank++) {
        json_t *axis = json_array_get(shape, (size_t)t->rank);
        json_int_t dim = json_integer_value(axis);
        if (!json_is_integer(axis) || dim < 0)
            return problem("%s: bad header: tensor \"%s\": whole numbers wanted as shape", path,
                           t->name);
        if (dim != 0 && t->count > INT64_MAX / 8 / dim)
            return problem("%s: tensor \"%s\": impossible shape", path, t->name);
        if (dim > INT_MAX)
            return problem(
                "%s: tensor \"%s\": an axis of %lld; at most %d: split it into several files, or "
                "give it a shape of several axes",
                path, t->name, dim, INT_MAX);
        t->dim[t->rank] = (int)dim;
        t->count *= dim;
    }
    if (begin < 0 || begin > end || end > data_size)
        return problem("%s: tensor \"%s\": bytes %lld to %lld of %lld", path, t->name, begin, end,
                       data_size);
    t->begin = (size_t)begin;
    t->end = (size_t)end;
    t->size = element_size(t->dtype);
    char room[SHAPE_TEXT];
    return t->size == 0 || t->count * t->size == end - begin ||
           problem("%s: tensor \"%s\": %s %s in %lld bytes", path, t->name, t->dtype,
                   shape_words(room, t->rank, t->dim), end - begin);
}

static bool check_meta(const char *path, json_t *meta) {
    const char *key;
    json_t *value;
    bool ok = json_is_object(meta);
    json_object_foreach(meta, key, value) ok = ok && json_is_string(value);
    return ok || problem("%s: bad header: %s wants strings", path, metadata);
}

static int by_place(const void *a, const void *b) {
    const Tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Whether the tensors lie side by side without gaps. */
static bool check_places(TensorFile *file, size_t data_size) {
    size_t at = 0;
    if (file->n_tensors > 1)
        qsort(file->tensors, (size_t)file->n_tensors, sizeof *file->tensors, by_place);
    for (int i = 0; i < file->n_tensors; i++) {
        const Tensor *t = &file->tensors[i];
        if (t->begin < at)
            return problem("%s: tensors \"%s\" and \"%s\" overlap", file->path, t[-1].name,
                           t->name);
        if (t->begin > at)
            return problem("%s: gap of %zu bytes before tensor \"%s\"", file->path, t->begin - at,
                           t->name);
        at = t->end;
    }
    return at == data_size ||
           problem("%s: %zu bytes at the end belong to no tensor", file->path, data_size - at);
}

/* Formats of other programs, and the Python call that reads each; the file's name goes between. */
typedef struct Foreign {
    const char *magic, *what, *before, *after;
} Foreign;

static bool is_text(unsigned char c, bool ascii) {
    return c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c != 127 && !(ascii && c > 127));
}

/* The format of a file whose first eight bytes are no length of a header; NULL: unknown. */
static const Foreign *foreign_format(const unsigned char *bytes, size_t size) {
    static const Foreign binary[] = {
        {"\x93NUMPY", "a NumPy array (.npy)", "numpy.load(\"", "\")"},
        {"PK\x03\x04", "a zip archive, as .npz and .pt files are", NULL, NULL},
        {"\x80\x02", "a Python pickle, as old .pt files are", NULL, NULL},
        {"\x89HDF", "an HDF5 file", NULL, NULL},
        {"\x1f\x8b", "a gzip file", NULL, NULL},
    };
    static const Foreign csv = {NULL, "a CSV file", "numpy.loadtxt(\"",
                                "\", delimiter=\",\", dtype=\"float32\")"};
    static const Foreign text = {NULL, "a text file", NULL, NULL};
    enum { LENGTH = 8, LOOKED_AT = 100 };
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++) {
        const size_t n = strlen(binary[i].magic);
        if (size >= n && memcmp(bytes, binary[i].magic, n) == 0) return &binary[i];
    }
    size_t n = 0;
    bool separated = false;
    for (; n < size && n < LOOKED_AT && is_text(bytes[n], n < LENGTH); n++)
        separated = separated || bytes[n] == ',' || bytes[n] == ';' || bytes[n] == '\t';
    if (n == 0 || (n < size && n < LOOKED_AT)) return NULL;
    return separated ? &csv : &text;
}

static bool foreign_problem(const char *path, const Foreign *foreign) {
    return foreign->before
               ? problem("%s is %s; a .safetensors file is wanted. Convert it in Python: "
                         "safetensors.numpy.save_file({\"NAME\": %s%s%s}, \"F.safetensors\")",
                         path, foreign->what, foreign->before, path, foreign->after)
               : problem("%s is %s; a .safetensors file is wanted, as save_file of Python's "
                         "safetensors.numpy or safetensors.torch writes it",
                         path, foreign->what);
}

static bool parse(const char *path, unsigned char *bytes, size_t size, TensorFile *file) {
    *file = (TensorFile){.path = path};
    uint64_t length = UINT64_MAX;
    if (size >= sizeof length) memcpy(&length, bytes, sizeof length);
    const bool fits = length <= MAX_HEADER && length <= size - sizeof length;
    const Foreign *foreign = fits ? NULL : foreign_format(bytes, size);
    if (foreign) return foreign_problem(path, foreign);
    if (size < 8) return problem("%s: not a safetensors file: %zu bytes", path, size);
    if (!fits)
        return problem("%s: not a safetensors file, or cut short: a header of %" PRIu64
                       " bytes in a file of %zu",
                       path, length, size);
    json_error_t error;
    file->header =
        keep_json(json_loadb((const char *)bytes + 8, length, JSON_REJECT_DUPLICATES, &error));
    if (!file->header)
        return problem("%s: bad header at byte %d: %s", path, 8 + error.position, error.text);
    if (!json_is_object(file->header)) return problem("%s: bad header: no object", path);
    file->tensors = allocate(json_object_size(file->header), sizeof *file->tensors);
    size_t data_size = size - 8 - length;
    const char *name;
    json_t *entry;
    json_object_foreach(file->header, name, entry) {
        if (strcmp(name, metadata) == 0) {
            if (!check_meta(path, entry)) return false;
            continue;
        }
        Tensor *tensor = &file->tensors[file->n_tensors++];
        tensor->name = name;
        if (!read_entry(path, entry, tensor, (json_int_t)data_size)) return false;
        tensor->bytes = bytes + 8 + length + tensor->begin;
    }
    return check_places(file, data_size);
}

bool tensors_read(const char *path, TensorFile *file) {
    unsigned char *bytes;
    size_t size;
    return file_read(path, &bytes, &size) && parse(path, bytes, size, file);
}

bool tensors_map(const char *path, TensorFile *file) {
    unsigned char *bytes;
    size_t size;
    return file_map(path, &bytes, &size) && parse(path, bytes, size, file);
}

const Tensor *tensors_find(const TensorFile *file, const char *name) {
    for (int i = 0; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return &file->tensors[i];
    return NULL;
}

const char *tensors_meta(const TensorFile *file, const char *key) {
    return json_string_value(json_object_get(json_object_get(file->header, metadata), key));
}

bool tensor_has_integers(const Tensor *tensor) {
    static const char *const types[] = {"U8", "I8", "U16", "I16", "I32", "I64"};
    for (int i = 0; i < 6; i++)
        if (!strcmp(tensor->dtype, types[i])) return true;
    return false;
}

int64_t tensor_integer(const Tensor *tensor, int64_t index) {
    const bool sign = *tensor->dtype == 'I';
    const unsigned char *at = tensor->bytes + index * tensor->size;
    uint64_t bits = 0;
    memcpy(&bits, at, (size_t)tensor->size);
    const uint64_t top = (uint64_t)1 << (8 * tensor->size - 1);
    return sign ? (int64_t)((bits ^ top) - top) : (int64_t)bits;
}

bool tensor_has_floats(const TensorFile *file, const Tensor *tensor) {
    return strcmp(tensor->dtype, "F32") == 0 || strcmp(tensor->dtype, "F64") == 0 ||
           strcmp(tensor->dtype, "F16") == 0 || strcmp(tensor->dtype, "BF16") == 0 ||
           problem("%s: tensor \"%s\": type %s, F32, F64, F16 or BF16 wanted", file->path,
                   tensor->name, tensor->dtype);
}

bool tensor_has(const TensorFile *file, const Tensor *tensor, bool whole) {
    if (!whole) return tensor_has_floats(file, tensor);
    return tensor_has_integers(tensor) || problem("%s: tensor \"%s\": type %s, I64 wanted",
                                                  file->path, tensor->name, tensor->dtype);
}

bool tensors_have(const TensorFile *file, const char *name, bool whole, int rank, const int *dim) {
    const Tensor *tensor = tensors_find(file, name);
    if (!tensor) return problem("%s: has no tensor \"%s\"", file->path, name);
    if (!tensor_has(file, tensor, whole)) return false;
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    return same_shape(rank, dim, tensor->rank, tensor->dim) ||
           problem("%s: tensor \"%s\": shape %s, %s wanted", file->path, name,
                   shape_words(have, tensor->rank, tensor->dim), shape_words(want, rank, dim));
}

static bool doubles(const TensorFile *file, const Tensor *tensor, int64_t first, int64_t n,
                    float *out) {
    for (int64_t i = 0; i < n; i++) {
        double value;
        memcpy(&value, tensor->bytes + (size_t)(first + i) * sizeof value, sizeof value);
        /* Finite values from here on are rounded to infinity. */
        if (isfinite(value) && fabs(value) >= 0x1.ffffffp127)
            return problem("%s: tensor \"%s\": value %" PRId64 ", %s, is beyond what a float holds",
                           file->path, tensor->name, first + i, real_text(value, 6));
        out[i] = (float)value;
    }
    return true;
}

bool tensor_floats_at(const TensorFile *file, const Tensor *tensor, int64_t first, int64_t n,
                      float *out) {
    if (tensor->size == 8) return doubles(file, tensor, first, n, out);
    const unsigned char *bytes = tensor->bytes + first * tensor->size;
    if (tensor->size == 4) {
        memcpy(out, bytes, (size_t)n * sizeof *out);
        return true;
    }
    const bool brain = *tensor->dtype == 'B'; /* the upper half of a float */
    for (int64_t i = 0; i < n; i++) {
        uint16_t bits;
        memcpy(&bits, bytes + (size_t)i * sizeof bits, sizeof bits);
        out[i] = brain ? nn_float_of((uint32_t)bits << 16) : nn_half(bits);
    }
    return true;
}

bool tensor_floats(const TensorFile *file, const Tensor *tensor, float *out) {
    return tensor_floats_at(file, tensor, 0, tensor->count, out);
}

bool tensor_numbers(const TensorFile *file, const Tensor *tensor, float *out) {
    if (!tensor_has_integers(tensor)) return tensor_floats(file, tensor, out);
    for (int64_t i = 0; i < tensor->count; i++) out[i] = (float)tensor_integer(tensor, i);
    return true;
}

void tensors_add_meta(json_t *meta, const char *key, json_t *list) {
    char *text = json_dumps(list, JSON_REAL_PRECISION(17) | JSON_COMPACT);
    json_object_set_new(meta, key, json_string(text));
    free(text);
    json_decref(list);
}

static int64_t bytes_of(const TensorOut *tensor) {
    return tensor->count * (int64_t)(tensor->whole ? sizeof(int64_t) : sizeof(float));
}

/* The header as text, padded so that the data begins at a multiple of 8. */
static const char *header_text(int n, const TensorOut *tensors, json_t *meta) {
    json_t *header = json_object();
    if (meta) json_object_set_new(header, metadata, meta);
    int64_t whole = 0, at = 0;
    for (int i = 0; i < n; i++) at += tensors[i].whole ? bytes_of(&tensors[i]) : 0;
    for (int i = 0; i < n; i++) {
        int64_t *from = tensors[i].whole ? &whole : &at, begin = *from;
        *from += bytes_of(&tensors[i]);
        json_object_set_new(header, tensors[i].name,
                            json_pack("{s:s, s:o, s:[I,I]}", "dtype",
                                      tensors[i].whole ? "I64" : "F32", "shape",
                                      json_integers(tensors[i].dim, tensors[i].rank),
                                      "data_offsets", (json_int_t)begin, (json_int_t)*from));
    }
    const char *text = keep(json_dumps(header, JSON_COMPACT), free);
    json_decref(header);
    return format_text("%s%*s", text, (int)(7 - (strlen(text) + 7) % 8), "");
}

/* Every NaN is written as the same bits: x86 gives some of them a sign. */
static void write_floats(FILE *out, const float *values, int64_t count) {
    const uint32_t nan = 0x7fc00000;
    int64_t begin = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(values[i])) continue;
        fwrite(values + begin, sizeof *values, (size_t)(i - begin), out);
        fwrite(&nan, sizeof nan, 1, out);
        begin = i + 1;
    }
    fwrite(values + begin, sizeof *values, (size_t)(count - begin), out);
}

static void write_integers(FILE *out, const float *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const int64_t value = (int64_t)values[i];
        fwrite(&value, sizeof value, 1, out);
    }
}

bool tensors_write_made(const char *path, int n, const TensorOut *tensors, TensorValues *values,
                        const void *context, json_t *meta) {
    size_t mark = memory_mark();
    const char *header = header_text(n, tensors, meta);
    NewFile *file = output_open(path);
    if (file) {
        uint64_t length = strlen(header);
        fwrite(&length, sizeof length, 1, file->stream);
        fputs(header, file->stream);
        for (int whole = 1; whole >= 0; whole--)
            for (int i = 0; i < n && !ferror(file->stream); i++)
                if (tensors[i].whole == whole)
                    (whole ? write_integers : write_floats)(file->stream, values(context, i),
                                                            tensors[i].count);
    }
    bool ok = file && output_commit(file); /* errors of the writes above stay in the stream */
    memory_release(mark);
    return ok;
}

static const float *values_there(const void *context, int i) {
    return ((const TensorOut *)context)[i].values;
}

bool tensors_write(const char *path, int n, const TensorOut *tensors, json_t *meta) {
    return tensors_write_made(path, n, tensors, values_there, tensors, meta);
}
