/* Writes arrays into a safetensors file. */
#define _XOPEN_SOURCE 700
#include "arrays.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../runtime/file.h"
#include "../runtime/report.h"
#include "grow.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they lie");

#define ELEMENT(name, bytes) #name,
const char *const element_names[ELEMENT_COUNT] = {ELEMENTS};
#undef ELEMENT
#define ELEMENT(name, bytes) bytes,
const int element_bytes[ELEMENT_COUNT] = {ELEMENTS};
#undef ELEMENT

enum { WAITING = 1 << 18 };                         /* bytes of an array that wait */
static const int64_t most_bytes = INT64_C(1) << 56; /* of an array */

Array *array_add(ArrayFile *file, const char *name, Element type, int rank, const int64_t *dim) {
    Array *array = allocate(1, sizeof *array);
    json_t *text = json_string(name);
    if (!text) {
        problem("the name of an array, \"%s\", is no UTF-8", name);
        return NULL;
    }
    json_decref(text);
    *array = (Array){.name = name, .type = type, .rank = rank, .file = file};
    array->row_bytes = element_bytes[type];
    for (int i = 0; i < rank; i++) {
        array->dim[i] = dim[i];
        if (i == 0) continue;
        if (dim[i] < 0 || (dim[i] && array->row_bytes > most_bytes / dim[i])) rank = -1;
        array->row_bytes *= dim[i];
    }
    if (rank < 0 ||
        (rank > 0 && (dim[0] < 0 || (dim[0] && array->row_bytes > most_bytes / dim[0])))) {
        problem("array %s: impossible shape", name);
        return NULL;
    }
    file->arrays = grown(file->arrays, (size_t)file->n, &file->room, sizeof *file->arrays);
    return file->arrays[file->n++] = array;
}

void arrayfile_note(ArrayFile *file, const char *key, json_t *value) {
    if (!file->meta) file->meta = keep_json(json_object());
    char *text = json_is_string(value)
                     ? NULL
                     : keep(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY), free);
    json_object_set_new(file->meta, key, json_string(text ? text : json_string_value(value)));
    json_decref(value);
}

static int64_t array_bytes(const Array *array) {
    return array->rank ? array->row_bytes * array->dim[0] : array->row_bytes;
}

/* The header's text, padded so that the data begins at a multiple of 8. */
static const char *header_text(ArrayFile *file) {
    json_t *header = json_object();
    if (file->meta) json_object_set(header, "__metadata__", file->meta);
    for (int i = 0; i < file->n; i++) {
        const Array *array = file->arrays[i];
        json_t *shape = json_array();
        for (int k = 0; k < array->rank; k++)
            json_array_append_new(shape, json_integer(array->dim[k]));
        json_object_set_new(header, array->name,
                            json_pack("{s:s, s:o, s:[I,I]}", "dtype", element_names[array->type],
                                      "shape", shape, "data_offsets", (json_int_t)array->begin,
                                      (json_int_t)(array->begin + array_bytes(array))));
    }
    const char *text = keep(json_dumps(header, JSON_COMPACT), free);
    json_decref(header);
    return format_text("%s%*s", text, (int)(7 - (strlen(text) + 7) % 8), "");
}

static bool write_at(const ArrayFile *file, const void *bytes, int64_t n, int64_t at) {
    const int fd = fileno(file->out->stream);
    for (int64_t done = 0; done < n;) {
        const ssize_t wrote =
            pwrite(fd, (const char *)bytes + done, (size_t)(n - done), (off_t)(at + done));
        if (wrote < 0 && errno != EINTR)
            return problem("%s: cannot write: %s", file->out->path, strerror(errno));
        if (wrote > 0) done += wrote;
    }
    return true;
}

bool arrayfile_begin(ArrayFile *file, const char *path) {
    struct stat info;
    int64_t end = 0;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return problem("%s: is no file, and a data file is written at many places at once", path);
    for (int i = 0; i < file->n; i++) {
        file->arrays[i]->begin = end;
        end += array_bytes(file->arrays[i]);
        const int64_t bytes = array_bytes(file->arrays[i]);
        file->arrays[i]->waiting = allocate((size_t)(bytes < WAITING ? bytes : WAITING), 1);
    }
    const char *header = header_text(file);
    const uint64_t length = strlen(header);
    file->out = output_open(path);
    if (!file->out || !write_at(file, &length, sizeof length, 0) ||
        !write_at(file, header, (int64_t)length, sizeof length))
        return false;
    for (int i = 0; i < file->n; i++) file->arrays[i]->begin += (int64_t)(sizeof length + length);
    return ftruncate(fileno(file->out->stream), (off_t)(sizeof length + length) + end) == 0 ||
           problem("%s: cannot write: %s", path, strerror(errno));
}

static bool flush(Array *array) {
    const int64_t n = array->n;
    array->n = 0;
    return n == 0 || write_at(array->file, array->waiting, n * array->row_bytes,
                              array->begin + array->first * array->row_bytes);
}

bool array_put(Array *array, int64_t first, int64_t n, const void *values) {
    const int64_t room = array->row_bytes ? WAITING / array->row_bytes : 0;
    const bool joins = array->n > 0 && first == array->first + array->n && array->n + n <= room;
    if (!joins && !flush(array)) return false;
    if (n > room)
        return write_at(array->file, values, n * array->row_bytes,
                        array->begin + first * array->row_bytes);
    if (!joins) array->first = first;
    memcpy(array->waiting + array->n * array->row_bytes, values, (size_t)(n * array->row_bytes));
    array->n += n;
    return true;
}

bool arrayfile_end(ArrayFile *file) {
    for (int i = 0; i < file->n; i++)
        if (!flush(file->arrays[i])) return false;
    return output_commit(file->out);
}
