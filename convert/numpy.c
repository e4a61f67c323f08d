/* NumPy's arrays: .npy files, and .npz files, which are archives of such. */
#define _XOPEN_SOURCE 700
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../runtime/report.h"
#include "npy.h"
#include "options.h"
#include "path.h"

/* An array and the field that it is a split of. */
typedef struct Item {
    NpyHead head;
    Field *field;
    SplitId split;
} Item;

typedef struct Numpy {
    Job *job;
    Item *items;  /* of each entry */
    size_t *skip; /* of each source: folders that all its files share */
} Numpy;

static bool fits(const char *name) {
    return has_ending(name, ".npy");
}

/* The field of that name, which another split may have made; NULL. */
static Field *find(const Fields *fields, const char *name) {
    for (int i = 0; i < fields->n; i++)
        if (strcmp(fields->list[i]->name, name) == 0) return fields->list[i];
    return NULL;
}

/* Takes the split off a name in front, which without one is of the training split; false if it is
 * an array beside the splits. */
static bool split_of(const char **name, SplitId *split) {
    const char *slash = strchr(*name, '/');
    *split = SPLIT_TRAIN;
    if (!slash) return true;
    const int named = path_first_split(*name);
    if (named < 0) return false;
    *name = slash + 1;
    *split = (SplitId)named;
    return true;
}

/* Class indices, as far as one can see. */
static Role role_of(const NpyHead *head) {
    return head->rank == 1 && head->kind != 'f' ? ROLE_LABEL : ROLE_INPUT;
}

/* The field for an array, and its split; NULL after a message. */
static Field *field_of(Numpy *numpy, const Entry *entry, Item *item) {
    Fields *fields = &numpy->job->fields;
    const NpyHead *head = &item->head;
    const char *path = entry->name + numpy->skip[entry->source];
    const char *whole = format_text("%.*s", (int)strlen(path) - 4, path), *name = whole;
    const bool in_split = split_of(&name, &item->split);
    const int rank = head->rank ? head->rank - 1 : 0;
    if (in_split && head->rank > 0) {
        Field *other = find(fields, name);
        return other ? other
                     : field_add(fields, name, role_of(head), head->type, rank, head->dim + 1);
    }
    if (in_split && name == whole) whole = format_text("train/%s", whole);
    item->split = SPLIT_TRAIN;
    return field_add(fields, whole, ROLE_OTHER, head->type, rank, head->dim + 1);
}

/* Declares the fields in the order of the files, wherever they lie. */
static bool declare(Numpy *numpy) {
    char room[ENTRY_SHOWN];
    const Files *files = &numpy->job->files;
    for (int64_t i = 0; i < files->n; i++) {
        Item *item = &numpy->items[i];
        const NpyHead *head = &item->head;
        if (!files->entries[i].wanted) continue;
        Field *field = item->field = field_of(numpy, &files->entries[i], item);
        if (!field) return false;
        if (field->type != head->type || (head->rank > 0 && field->rank != head->rank - 1) ||
            memcmp(field->dim, head->dim + 1, (size_t)field->rank * sizeof *field->dim) != 0)
            return problem("%s: has another shape or type than %s in other splits",
                           entry_shown(files, &files->entries[i], room), field->name);
        if (field->rows[item->split] > 0)
            return problem("%s: a second array of the name %s/%s",
                           entry_shown(files, &files->entries[i], room), split_names[item->split],
                           field->name);
        field->rows[item->split] = head->rank ? head->dim[0] : 1;
        field->scalar = head->rank == 0;
    }
    return true;
}

/* Whether so many bytes can be in memory at once. */
static bool have_memory(const Stream *stream, int64_t bytes) {
    const int64_t all = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return bytes < all / 2 ||
           problem("%s: is in Fortran's order, which is turned in memory, and needs %" PRId64
                   " MiB of it; numpy.save(F, numpy.ascontiguousarray(array)) writes rows",
                   stream->name, bytes >> 20);
}

static bool survey(void *context, int64_t index, Stream *stream) {
    Numpy *numpy = context;
    NpyHead *head = &numpy->items[index].head;
    if (!npy_head(stream, head)) return false;
    if (head->count == 0) return problem("%s: has no values", stream->name);
    if (head->count > (INT64_C(1) << 50) / head->size)
        return problem("%s: impossible shape", stream->name);
    if (head->fortran && head->rank > 1 && !have_memory(stream, head->count * head->size))
        return false;
    /* Only if the values are there memory is spent on them. */
    const int64_t bytes = stream_count(stream);
    if (bytes < 0 || bytes == head->count * head->size) return bytes >= 0;
    return problem("%s: %s", stream->name,
                   bytes < head->count * head->size
                       ? "the array is cut short: the file ends too early"
                       : "more data than its head promises");
}

/* As many rows at a time as fit a megabyte. */
static bool copy_rows(Numpy *numpy, const Item *item, Stream *stream, const NpyHead *head) {
    const int64_t rows = head->rank ? head->dim[0] : 1, values = head->count / rows;
    int64_t batch = (1 << 20) / (values * head->size);
    if (batch < 1) batch = 1;
    if (batch > rows) batch = rows;
    unsigned char *from = allocate((size_t)(batch * values), (size_t)head->size);
    unsigned char *to = allocate((size_t)(batch * values), (size_t)element_bytes[head->type]);
    for (int64_t row = 0; row < rows; row += batch) {
        if (batch > rows - row) batch = rows - row;
        if (!stream_need(stream, from, (size_t)(batch * values * head->size), "the array") ||
            !npy_values(stream, head, from, batch * values, to) ||
            !field_put(&numpy->job->fields, item->field, item->split, row, batch, to))
            return false;
    }
    return true;
}

/* The first axis runs fastest: all values must be there before the first row is. */
static bool copy_turned(Numpy *numpy, const Item *item, Stream *stream, const NpyHead *head) {
    const size_t size = (size_t)head->size, to_size = (size_t)element_bytes[head->type];
    const int64_t rows = head->dim[0], values = head->count / rows;
    unsigned char *all = allocate((size_t)head->count, size);
    unsigned char *row = allocate((size_t)values, size), *to = allocate((size_t)values, to_size);
    if (!stream_need(stream, all, (size_t)head->count * size, "the array")) return false;
    for (int64_t i = 0; i < rows; i++) {
        int64_t index[ARRAY_RANK] = {i};
        for (int64_t k = 0; k < values; k++) {
            int64_t at = 0;
            for (int axis = head->rank - 1; axis >= 0; axis--)
                at = at * head->dim[axis] + index[axis];
            memcpy(row + (size_t)k * size, all + (size_t)at * size, size);
            for (int axis = head->rank - 1; axis > 0 && ++index[axis] == head->dim[axis]; axis--)
                index[axis] = 0;
        }
        if (!npy_values(stream, head, row, values, to) ||
            !field_put(&numpy->job->fields, item->field, item->split, i, 1, to))
            return false;
    }
    return true;
}

static bool same_head(const NpyHead *a, const NpyHead *b) {
    return a->kind == b->kind && a->size == b->size && a->big == b->big &&
           a->fortran == b->fortran && a->rank == b->rank &&
           memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim) == 0;
}

static bool copy(void *context, int64_t index, Stream *stream) {
    Numpy *numpy = context;
    const Item *item = &numpy->items[index];
    NpyHead head;
    const size_t mark = memory_mark();
    bool ok = npy_head(stream, &head);
    if (ok && !same_head(&head, &item->head))
        ok = problem("%s: was changed while it was read", stream->name);
    if (ok && head.fortran && head.rank > 1)
        ok = copy_turned(numpy, item, stream, &head);
    else
        ok = ok && copy_rows(numpy, item, stream, &head);
    memory_release(mark);
    return ok;
}

static bool read_numpy(Job *job) {
    Numpy numpy = {.job = job};
    numpy.items = allocate((size_t)job->files.n, sizeof *numpy.items);
    numpy.skip = allocate((size_t)job->files.n_sources, sizeof *numpy.skip);
    for (int s = 0; s < job->files.n_sources; s++) /* an .npz file has names of its own */
        if (!has_ending(job->files.sources[s].path, ".npz"))
            numpy.skip[s] = common_folders(&job->files, &job->files.sources[s], 2);
    if (!files_visit(&job->files, survey, &numpy) || !declare(&numpy) ||
        !fields_begin(&job->fields, job->options->output) ||
        !files_visit(&job->files, copy, &numpy))
        return false;
    for (int i = 0; i < job->fields.n; i++) {
        Field *field = job->fields.list[i];
        if (field->role != ROLE_LABEL) continue;
        if (field->low >= 0 && field->high < (double)MOST_CLASSES)
            field->n_classes = (int)field->high + 1;
        else
            field->role = ROLE_INPUT;
    }
    return true;
}

const Reader numpy_reader = {.kind = "numpy",
                             .files = "NumPy's arrays",
                             .passes = 2,
                             .fits = fits,
                             .magic = "\x93NUMPY",
                             .read = read_numpy};
