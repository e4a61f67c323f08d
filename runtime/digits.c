/* Reads MNIST's files, plain or compressed. */
#define _GNU_SOURCE
#include "digits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "file.h"
#include "random.h"
#include "report.h"

enum { CHUNK = 1 << 20 };
static const uint64_t max_bytes = UINT64_C(1) << 32;

/* Reads up to `wanted` bytes; fewer at the end of the file; -1 after a message. */
static int read_some(gzFile file, const char *path, unsigned char *out, unsigned wanted) {
    int code, got = gzread(file, out, wanted);
    const char *words = gzerror(file, &code);
    if (got >= 0 && code != Z_BUF_ERROR && code != Z_DATA_ERROR) return got;
    if (code == Z_ERRNO) words = strerror(errno);
    problem("%s: %s", path, code == Z_BUF_ERROR ? "the compressed data ends too early" : words);
    return -1;
}

static bool read_header(gzFile file, const char *path, int rank, Idx *idx, uint64_t *total) {
    unsigned char bytes[4 + 4 * IDX_MAX_RANK];
    int wanted = 4 + 4 * rank, got = read_some(file, path, bytes, (unsigned)wanted);
    if (got < 0) return false;
    if (got < 4 || bytes[0] != 0 || bytes[1] != 0)
        return problem("%s: not an IDX file (its first two bytes must be zero)", path);
    if (bytes[2] != 8)
        return problem("%s: element type 0x%02x, unsigned bytes (0x08) wanted", path, bytes[2]);
    if (bytes[3] != rank)
        return problem("%s: array of rank %d, rank %d wanted", path, bytes[3], rank);
    if (got < wanted) return problem("%s: ends within its header", path);
    *total = 1;
    for (int i = 0; i < rank; i++) {
        const unsigned char *b = bytes + 4 + 4 * i;
        uint32_t dim = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        /* Each factor is below 2^31 and the product stays below 2^32: no overflow. */
        if (dim == 0 || dim > INT32_MAX || (*total *= dim) > max_bytes)
            return problem("%s: impossible size %u in its header", path, (unsigned)dim);
        idx->dim[i] = (int)dim;
    }
    return true;
}

/* Memory grows with what is read, so a header that lies costs nothing. */
static bool read_values(gzFile file, const char *path, uint64_t total, Idx *idx) {
    uint64_t have = 0, room = 0;
    unsigned char *values = NULL;
    int got = 1;
    for (; have < total && got > 0; have += got > 0 ? (uint64_t)got : 0) {
        if (have == room) {
            room = room * 2 + CHUNK < total ? room * 2 + CHUNK : total;
            unsigned char *more = realloc(values, (size_t)room);
            if (!more) free(values);
            values = more;
            if (!values) break;
        }
        uint64_t wanted = room - have < CHUNK ? room - have : CHUNK;
        got = read_some(file, path, values + have, (unsigned)wanted);
    }
    idx->values = keep(values, free);
    if (got < 0) return false;
    if (have < total)
        return problem("%s: %llu bytes of data, its header promises %llu", path,
                       (unsigned long long)have, (unsigned long long)total);
    unsigned char more;
    got = read_some(file, path, &more, 1);
    return got > 0 ? problem("%s: more data than its header promises", path) : got == 0;
}

static bool has_shape(const char *path, const Idx *images, const int *wanted) {
    const int *dim = images->dim;
    if (!wanted || memcmp(dim, wanted, sizeof images->dim) == 0) return true;
    return problem("%s: %d images of %d x %d, %d of %d x %d wanted, as many as labels", path,
                   dim[0], dim[1], dim[2], wanted[0], wanted[1], wanted[2]);
}

bool idx_read(const char *path, int rank, const int *wanted, Idx *idx) {
    *idx = (Idx){0};
    int fd = file_open(path);
    if (fd < 0) return false;
    gzFile file = gzdopen(fd, "rb");
    if (!file) {
        close(fd);
        return problem("out of memory");
    }
    uint64_t total = 0;
    bool ok = read_header(file, path, rank, idx, &total) && has_shape(path, idx, wanted) &&
              read_values(file, path, total, idx);
    gzclose(file);
    return ok;
}

const char *digits_path(const char *folder, bool training, bool images) {
    const char *stem = training ? "train" : "t10k", *what = images ? "images" : "labels";
    for (int variant = 0; variant < 4; variant++) {
        const char *path =
            format_text("%s/%s-%s%cidx%d-ubyte%s", folder, stem, what, variant & 2 ? '.' : '-',
                        images ? 3 : 1, variant & 1 ? ".gz" : "");
        if (access(path, F_OK) == 0) return path;
    }
    return NULL;
}

/* The same; NULL after a message. */
static const char *find_file(const char *folder, bool training, bool images) {
    const char *path = digits_path(folder, training, images);
    if (!path)
        problem("%s: has no %s-%s-idx%d-ubyte, plain or .gz", folder, training ? "train" : "t10k",
                images ? "images" : "labels", images ? 3 : 1);
    return path;
}

static bool check_labels(const Idx *labels, const char *path) {
    for (int i = 0; i < labels->dim[0]; i++)
        if (labels->values[i] >= DIGIT_CLASSES)
            return problem("%s: label %d of number %d, 0 to 9 wanted", path, labels->values[i], i);
    return true;
}

static bool read_digits(const char *folder, bool training, Digits *digits) {
    Idx images, labels;
    const char *image_path = find_file(folder, training, true);
    const char *label_path = image_path ? find_file(folder, training, false) : NULL;
    if (!label_path || !idx_read(label_path, 1, NULL, &labels) ||
        !check_labels(&labels, label_path))
        return false;
    const int wanted[IDX_MAX_RANK] = {labels.dim[0], DIGIT_SIDE, DIGIT_SIDE};
    if (!idx_read(image_path, 3, wanted, &images)) return false;
    *digits = (Digits){.count = labels.dim[0], .labels = labels.values, .images = images.values};
    return true;
}

bool digits_get(const char *folder, bool training, Digits *digits) {
    if (folder) return read_digits(folder, training, digits);
    int count = training ? 60000 : 10000;
    uint64_t key = random_stream(0, training ? "synthetic train" : "synthetic test");
    *digits = (Digits){.count = count, .labels = allocate((size_t)count, 1), .key = key};
    uint64_t classes = random_fork(key, UINT64_MAX);
    for (int i = 0; i < count; i++)
        digits->labels[i] = (unsigned char)random_below(classes, (uint64_t)i, DIGIT_CLASSES);
    return true;
}

const unsigned char *digits_image(const Digits *digits, int index,
                                  unsigned char room[DIGIT_PIXELS]) {
    if (digits->images) return digits->images + (size_t)index * DIGIT_PIXELS;
    digit_draw(random_fork(digits->key, (uint64_t)index), digits->labels[index], room);
    return room;
}
