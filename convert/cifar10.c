/* CIFAR-10's binaries: records of a class and 3072 bytes of pixels, red, green, blue. */
#include <inttypes.h>
#include <string.h>

#include "../runtime/report.h"
#include "options.h"
#include "rows.h"

enum { CLASSES = 10, PIXELS = 3 * 32 * 32, RECORD = 1 + PIXELS };

static const char *const class_names[CLASSES] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/* What is known of the files, and the fields that they go to. */
typedef struct Batches {
    Job *job;
    int64_t *first; /* of each file: its number of rows, then its first row in its split */
    int64_t rows[SPLIT_COUNT];
    Field *image, *class;
} Batches;

static bool fits(const char *name) {
    const char *base = path_base(name);
    return has_ending(base, ".bin") &&
           (strncmp(base, "data_batch", 10) == 0 || strncmp(base, "test_batch", 10) == 0);
}

static SplitId split_of(const char *name) {
    return strncmp(path_base(name), "test", 4) == 0 ? SPLIT_TEST : SPLIT_TRAIN;
}

static bool count(void *context, int64_t index, Stream *stream) {
    Batches *b = context;
    const int64_t bytes = stream_count(stream);
    if (bytes < 0) return false;
    if (bytes == 0 || bytes % RECORD)
        return problem("%s: %" PRId64 " bytes, records of %d wanted: cut short, or not CIFAR-10's "
                       "binary form",
                       stream->name, bytes, RECORD);
    b->first[index] = bytes / RECORD;
    return true;
}

static bool copy(void *context, int64_t index, Stream *stream) {
    Batches *b = context;
    Fields *fields = &b->job->fields;
    const SplitId split = split_of(b->job->files.entries[index].name);
    unsigned char record[RECORD];
    int64_t got;
    for (int64_t row = b->first[index]; (got = stream_read(stream, record, RECORD)) == RECORD;
         row++) {
        if (record[0] >= CLASSES)
            return problem("%s: record %" PRId64 ": class %d, 0 to 9 wanted", stream->name,
                           row - b->first[index], record[0]);
        if (!label_put(fields, b->class, split, row, record[0]) ||
            !field_put(fields, b->image, split, row, 1, record + 1))
            return false;
    }
    return got == 0 || (got > 0 && problem("%s: changed while it was read", stream->name));
}

static bool read_batches(Job *job) {
    static const int64_t shape[] = {3, 32, 32};
    Batches b = {.job = job};
    b.first = allocate((size_t)job->files.n, sizeof *b.first);
    Classes *classes = allocate(1, sizeof *classes);
    for (int i = 0; i < CLASSES; i++) classes_add(classes, class_names[i]);
    if (!files_visit(&job->files, count, &b)) return false;
    rows_number(&job->files, split_of, b.first, b.rows);
    b.image = field_add(&job->fields, "image", ROLE_INPUT, U8, 3, shape);
    b.class = label_add(&job->fields, "class", classes);
    if (!b.image || !b.class) return false;
    memcpy(b.image->rows, b.rows, sizeof b.rows);
    memcpy(b.class->rows, b.rows, sizeof b.rows);
    return fields_begin(&job->fields, job->options->output) && files_visit(&job->files, copy, &b);
}

const Reader cifar10_reader = {.kind = "cifar10",
                               .files = "CIFAR-10's binaries",
                               .passes = 2,
                               .fits = fits,
                               .magic = "",
                               .read = read_batches};
