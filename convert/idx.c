/* IDX, MNIST's form: arrays of images and of labels, a file each. */
#include "idx.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "../common/datameta.h"
#include "../runtime/report.h"
#include "options.h"
#include "path.h"

bool idx_head(Stream *stream, IdxHead *head) {
    static const struct {
        unsigned char code;
        Element type;
    } types[] = {{8, U8}, {9, I8}, {11, I16}, {12, I32}, {13, F32}, {14, F64}};
    unsigned char bytes[4 * ARRAY_RANK];
    if (!stream_need(stream, bytes, 4, "its head")) return false;
    *head = (IdxHead){.type = ELEMENT_COUNT, .rank = bytes[3]};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == bytes[2]) head->type = types[i].type;
    if (bytes[0] || bytes[1] || head->type == ELEMENT_COUNT)
        return problem("%s: is no IDX file: it begins with %02x %02x %02x", stream->name, bytes[0],
                       bytes[1], bytes[2]);
    if (head->rank < 1 || head->rank >= ARRAY_RANK)
        return problem("%s: %d axes, 1 to %d wanted", stream->name, head->rank, ARRAY_RANK - 1);
    if (!stream_need(stream, bytes, 4 * (size_t)head->rank, "its head")) return false;
    int64_t count = 1;
    for (int i = 0; i < head->rank; i++) {
        const unsigned char *b = bytes + 4 * i;
        head->dim[i] = (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
        if (head->dim[i] == 0 || count > (INT64_C(1) << 50) / head->dim[i])
            return problem("%s: impossible size %" PRId64 " in its head", stream->name,
                           head->dim[i]);
        count *= head->dim[i];
    }
    return true;
}

/* The two files of a split. */
typedef struct Pair {
    int64_t images, labels; /* entries; -1: none yet */
    IdxHead head;           /* of the images */
    int64_t label_rows;
} Pair;

typedef struct Digits {
    Job *job;
    Pair pairs[SPLIT_COUNT];
    int n_classes;
    Field *image, *class;
} Digits;

/* A row that is copied. */
typedef struct Row {
    SplitId split;
    bool image; /* else a label */
    int64_t at;
    size_t bytes;
} Row;

static bool fits(const char *name) {
    const char *at = path_base(name);
    while ((at = strstr(at, "idx")))
        if (at[3] >= '1' && at[3] <= '7' && strncasecmp(at + 4, "-ubyte", 6) == 0)
            return true;
        else
            at++;
    return has_ending(name, ".idx");
}

static SplitId split_of(const Job *job, int64_t index) {
    const char *base = path_base(job->files.entries[index].name);
    if (strstr(base, "t10k") || strstr(base, "test")) return SPLIT_TEST;
    return strstr(base, "val") ? SPLIT_VAL : SPLIT_TRAIN;
}

/* The number of classes is that of the largest label. */
static bool survey_labels(Digits *d, Stream *stream, const IdxHead *head) {
    unsigned char piece[4096];
    int64_t left = head->dim[0], got = 0;
    if (head->type != U8)
        return problem("%s: labels are unsigned bytes, not %s", stream->name,
                       element_names[head->type]);
    for (; left > 0; left -= got) {
        got = left < (int64_t)sizeof piece ? left : (int64_t)sizeof piece;
        if (!stream_need(stream, piece, (size_t)got, "the array of labels")) return false;
        for (int64_t i = 0; i < got; i++)
            if (piece[i] >= d->n_classes) d->n_classes = piece[i] + 1;
    }
    return true;
}

/* Whether as many bytes follow as the head promises: only then memory is spent on them. */
static bool has_values(Stream *stream, const IdxHead *head) {
    int64_t bytes = element_bytes[head->type];
    for (int i = 0; i < head->rank; i++) bytes *= head->dim[i];
    const int64_t have = stream_count(stream);
    if (have < 0 || have == bytes) return have == bytes;
    return problem("%s: %s", stream->name,
                   have < bytes ? "the array is cut short: the file ends too early"
                                : "more data than its head promises");
}

static bool survey(void *context, int64_t index, Stream *stream) {
    Digits *d = context;
    Pair *pair = &d->pairs[split_of(d->job, index)];
    IdxHead head;
    if (!idx_head(stream, &head)) return false;
    int64_t *slot = head.rank == 1 ? &pair->labels : &pair->images;
    if (*slot >= 0)
        return problem("%s: a second file of %s for the split %s", stream->name,
                       head.rank == 1 ? "labels" : "images", split_names[split_of(d->job, index)]);
    *slot = index;
    if (head.rank > 1) {
        pair->head = head;
        return has_values(stream, &head);
    }
    pair->label_rows = head.dim[0];
    return survey_labels(d, stream, &head);
}

/* Whether images and labels of the splits belong together. */
static bool check_pairs(const Digits *d, const IdxHead **shape) {
    char room[ENTRY_SHOWN];
    const Files *files = &d->job->files;
    for (int s = SPLIT_COUNT - 1; s >= 0; s--) {
        const Pair *pair = &d->pairs[s];
        if (pair->images < 0 && pair->labels < 0) continue;
        const int64_t there = pair->images < 0 ? pair->labels : pair->images;
        entry_shown(files, &files->entries[there], room);
        if (pair->images < 0 || pair->labels < 0)
            return problem("%s: the file of %s is missing that belongs to it", room,
                           pair->images < 0 ? "images" : "labels");
        if (pair->head.dim[0] != pair->label_rows)
            return problem("%s: %" PRId64 " images, but there are %" PRId64 " labels", room,
                           pair->head.dim[0], pair->label_rows);
        if (*shape && ((*shape)->rank != pair->head.rank || (*shape)->type != pair->head.type ||
                       memcmp((*shape)->dim + 1, pair->head.dim + 1,
                              ((size_t)pair->head.rank - 1) * sizeof *pair->head.dim) != 0))
            return problem("%s: images of another shape or type than in the other split", room);
        *shape = &pair->head;
    }
    return true;
}

static void turn_bytes(unsigned char *bytes, size_t n, size_t size) {
    for (size_t i = 0; size > 1 && i < n; i += size)
        for (size_t k = 0; k < size / 2; k++) {
            const unsigned char kept = bytes[i + k];
            bytes[i + k] = bytes[i + size - 1 - k];
            bytes[i + size - 1 - k] = kept;
        }
}

/* Takes the next row from the stream, into `bytes`. */
static bool put_row(Digits *d, Stream *stream, const Row *row, unsigned char *bytes) {
    if (!stream_need(stream, bytes, row->bytes, "the array")) return false;
    if (row->image) {
        turn_bytes(bytes, row->bytes, (size_t)element_bytes[d->image->type]);
        return field_put(&d->job->fields, d->image, row->split, row->at, 1, bytes);
    }
    if (bytes[0] >= d->n_classes)
        return problem("%s: label %d of row %" PRId64 ", 0 to %d wanted", stream->name, bytes[0],
                       row->at, d->n_classes - 1);
    return label_put(&d->job->fields, d->class, row->split, row->at, bytes[0]);
}

static bool copy(void *context, int64_t index, Stream *stream) {
    Digits *d = context;
    const SplitId split = split_of(d->job, index);
    Row row = {.split = split, .image = d->pairs[split].images == index};
    IdxHead head;
    if (!idx_head(stream, &head)) return false;
    const size_t mark = memory_mark();
    row.bytes = (size_t)element_bytes[head.type];
    for (int i = 1; i < head.rank; i++) row.bytes *= (size_t)head.dim[i];
    unsigned char *bytes = allocate(row.bytes, 1);
    bool ok = true;
    for (; ok && row.at < head.dim[0]; row.at++) ok = put_row(d, stream, &row, bytes);
    memory_release(mark);
    return ok;
}

/* The classes are the numbers themselves. */
static Classes *classes_of(Digits *d) {
    Classes *classes = allocate(1, sizeof *classes);
    const json_t *names = like_names(&d->job->like, DATA_META_CLASSES, "class");
    if (names) {
        classes_fix(classes, names);
        d->n_classes = classes->n;
    }
    for (int i = 0; i < d->n_classes && !names; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        classes_add(classes, name);
    }
    return classes;
}

static bool read_digits(Job *job) {
    Digits d = {.job = job};
    const IdxHead *shape = NULL;
    for (int s = 0; s < SPLIT_COUNT; s++) d.pairs[s].images = d.pairs[s].labels = -1;
    if (!files_visit(&job->files, survey, &d) || !check_pairs(&d, &shape)) return false;
    if (!shape) return problem("there are no images");
    /* Without an axis of channels there is one. */
    int64_t dim[ARRAY_RANK] = {1};
    const int extra = shape->rank == 3;
    memcpy(dim + extra, shape->dim + 1, ((size_t)shape->rank - 1) * sizeof *dim);
    d.image =
        field_add(&job->fields, "image", ROLE_INPUT, shape->type, shape->rank - 1 + extra, dim);
    d.class = label_add(&job->fields, "class", classes_of(&d));
    if (!d.image || !d.class) return false;
    for (int s = 0; s < SPLIT_COUNT; s++)
        d.image->rows[s] = d.class->rows[s] = d.pairs[s].images < 0 ? 0 : d.pairs[s].label_rows;
    return fields_begin(&job->fields, job->options->output) && files_visit(&job->files, copy, &d);
}

const Reader idx_reader = {.kind = "idx",
                           .files = "IDX files",
                           .passes = 2,
                           .fits = fits,
                           .magic = "",
                           .read = read_digits};
