/* Declares fields and writes their rows. */
#include "fields.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/datameta.h"
#include "grow.h"

Element label_type(int n_classes) {
    return n_classes <= 256 ? U8 : n_classes <= 65536 ? U16 : I32;
}

Field *field_add(Fields *fields, const char *name, Role role, Element type, int rank,
                 const int64_t *dim) {
    for (int i = 0; i < fields->n; i++)
        if (strcmp(fields->list[i]->name, name) == 0) {
            problem("two arrays would have the name %s", name);
            return NULL;
        }
    fields->list = grown(fields->list, (size_t)fields->n, &fields->room, sizeof *fields->list);
    Field *field = allocate(1, sizeof *field);
    *field = (Field){
        .name = name, .role = role, .type = type, .rank = rank, .low = INFINITY, .high = -INFINITY};
    if (rank) memcpy(field->dim, dim, (size_t)rank * sizeof *dim);
    return fields->list[fields->n++] = field;
}

/* Whether an earlier file has no such label, or one with the same classes. */
static bool same_classes(const Like *like, const char *name, const Classes *classes) {
    const json_t *names = like ? like_names(like, DATA_META_CLASSES, name) : NULL;
    bool same = !names || json_array_size(names) == (size_t)classes->n;
    for (int i = 0; names && same && i < classes->n; i++)
        same = strcmp(json_string_value(json_array_get(names, (size_t)i)), classes->names[i]) == 0;
    return same || problem("label %s has other classes than in %s", name, like->path);
}

Field *label_add(Fields *fields, const char *name, const Classes *classes) {
    if (!same_classes(fields->like, name, classes)) return NULL;
    Field *field = field_add(fields, name, ROLE_LABEL, label_type(classes->n), 0, NULL);
    if (!field) return NULL;
    field->classes = classes;
    field->n_classes = classes->n;
    arrayfile_note(&fields->file, format_text(DATA_META_CLASSES "%s", name), classes_json(classes));
    return field;
}

/* Whether rows may be cut off: the split that gets them is empty, and all fields agree. */
static bool may_cut(const Fields *fields, SplitId split, double part, int64_t *rows) {
    const Field *first = NULL;
    for (int i = 0; i < fields->n; i++) {
        const Field *field = fields->list[i];
        if (field->role == ROLE_OTHER) continue;
        if (part >= 0 && field->rows[split] > 0)
            return problem("--%s-split: the data has such a split already, with %" PRId64
                           " rows; leave the option out",
                           split_names[split], field->rows[split]);
        if (field->rows[SPLIT_TRAIN] == 0) continue;
        if (part > 0 && first && field->rows[SPLIT_TRAIN] != first->rows[SPLIT_TRAIN])
            return problem("--%s-split: train/%s has %" PRId64 " rows, train/%s %" PRId64
                           "; rows can be cut off arrays of one length",
                           split_names[split], first->name, first->rows[SPLIT_TRAIN], field->name,
                           field->rows[SPLIT_TRAIN]);
        first = field;
    }
    *rows = first ? first->rows[SPLIT_TRAIN] : 0;
    return part <= 0 || first ||
           problem("--%s-split: there is no training split to cut it off", split_names[split]);
}

static int64_t rows_after(const Fields *fields, const Field *field, SplitId split) {
    const int64_t rows = field->rows[split];
    if (field->role == ROLE_OTHER || field->rows[SPLIT_TRAIN] == 0) return rows;
    const int64_t cut = fields->cut.n[SPLIT_VAL] + fields->cut.n[SPLIT_TEST];
    return split == SPLIT_TRAIN ? rows - cut : rows + fields->cut.n[split];
}

static bool add_array(Fields *fields, Field *field, SplitId split) {
    const int64_t rows = rows_after(fields, field, split);
    if (rows == 0) return true;
    int64_t dim[ARRAY_RANK + 1] = {rows};
    if (field->rank + 1 > ARRAY_RANK) return problem("%s: more than 8 axes", field->name);
    if (field->rank) memcpy(dim + 1, field->dim, (size_t)field->rank * sizeof *dim);
    const char *name = field->role == ROLE_OTHER
                           ? field->name
                           : format_text("%s/%s", split_names[split], field->name);
    field->array[split] =
        array_add(&fields->file, name, field->type, field->scalar ? 0 : field->rank + 1, dim);
    if (field->role == ROLE_LABEL)
        field->counts[split] = allocate(
            (size_t)(field->n_classes ? field->n_classes : MOST_CLASSES), sizeof **field->counts);
    return field->array[split] != NULL;
}

bool fields_cut(Fields *fields) {
    int64_t rows = 0;
    fields->is_cut = may_cut(fields, SPLIT_VAL, fields->request.val, &rows) &&
                     may_cut(fields, SPLIT_TEST, fields->request.test, &rows) &&
                     cut_make(&fields->cut, &fields->request, rows);
    return fields->is_cut;
}

/* Classes of labels that an earlier file has and these data have not: what a network says of them
 * are numbers of these. */
static void keep_classes(Fields *fields) {
    const size_t prefix = strlen(DATA_META_CLASSES);
    const char *key;
    json_t *value;
    if (!fields->like) return;
    json_object_foreach(fields->like->meta, key, value) {
        if (strncmp(key, DATA_META_CLASSES, prefix) != 0 || json_object_get(fields->file.meta, key))
            continue;
        json_t *names = like_names(fields->like, key, "");
        if (names) arrayfile_note(&fields->file, key, json_incref(names));
    }
}

bool fields_begin(Fields *fields, const char *path) {
    if (!fields->is_cut && !fields_cut(fields)) return false;
    keep_classes(fields);
    for (int s = 0; s < SPLIT_COUNT; s++)
        for (int i = 0; i < fields->n; i++)
            if (!add_array(fields, fields->list[i], (SplitId)s)) return false;
    if (fields->file.n == 0) return problem("there are no rows");
    return arrayfile_begin(&fields->file, path);
}

bool row_trains(const Fields *fields, int64_t row) {
    int64_t place;
    return cut_place(&fields->cut, row, &place) == SPLIT_TRAIN;
}

/* A sign, `exponent` bits, `mantissa` bits: half precision, or the upper half of a float. */
static double half_value(uint16_t bits, int exponent, int mantissa) {
    const int power = bits >> mantissa & ((1 << exponent) - 1), bias = (1 << (exponent - 1)) - 1;
    const double part = bits & ((1 << mantissa) - 1), sign = bits >> 15 ? -1 : 1;
    if (power == (1 << exponent) - 1) return part > 0 ? NAN : sign * INFINITY;
    if (power == 0) return sign * ldexp(part, 1 - bias - mantissa);
    return sign * ldexp(part + (1 << mantissa), power - bias - mantissa);
}

#define READ_AS(Type)                                                                              \
    {                                                                                              \
        Type value;                                                                                \
        memcpy(&value, bytes, sizeof value);                                                       \
        return (double)value;                                                                      \
    }

static double element_value(Element type, const unsigned char *bytes) {
    const uint16_t half = (uint16_t)(element_bytes[type] == 2 ? bytes[0] | bytes[1] << 8 : 0);
    switch (type) {
    case I8:
        READ_AS(int8_t)
    case U16:
        READ_AS(uint16_t)
    case I16:
        READ_AS(int16_t)
    case I32:
        READ_AS(int32_t)
    case I64:
        READ_AS(int64_t)
    case F32:
        READ_AS(float)
    case F64:
        READ_AS(double)
    case F16:
        return half_value(half, 5, 10);
    case BF16:
        return half_value(half, 8, 7);
    case U8:
    case ELEMENT_COUNT:
        break;
    }
    return *bytes;
}

static void note_range(Field *field, const void *values, int64_t n) {
    const unsigned char *bytes = values;
    double low = field->low, high = field->high;
    for (int64_t i = 0; i < n; i++, bytes += element_bytes[field->type]) {
        const double value = element_value(field->type, bytes);
        if (value < low) low = value;
        if (value > high) high = value;
        if (!isfinite(value)) field->odd++;
    }
    field->low = low;
    field->high = high;
}

/* Counts class indices of which it is not known yet how many classes there are. */
static void count_classes(int64_t *counts, Element type, const void *values, int64_t n) {
    const unsigned char *bytes = values;
    for (int64_t i = 0; i < n; i++, bytes += element_bytes[type]) {
        const double value = element_value(type, bytes);
        if (value >= 0 && value < (double)MOST_CLASSES) counts[(int)value]++;
    }
}

/* A source that has other rows than when they were counted. */
static bool changed(void) {
    return problem("a source was changed while it was read");
}

bool field_put(Fields *fields, Field *field, SplitId split, int64_t row, int64_t n,
               const void *values) {
    const bool cut = split == SPLIT_TRAIN && field->role != ROLE_OTHER;
    const char *bytes = values;
    if (n > field->rows[split] - row) return changed();
    field->put += n;
    for (int64_t i = 0, run = 1; i < n; i += run, run = 1) {
        int64_t first = row + i, place;
        const SplitId to = cut ? cut_place(&fields->cut, row + i, &first) : split;
        while (i + run < n && (!cut || (cut_place(&fields->cut, row + i + run, &place) == to &&
                                        place == first + run)))
            run++;
        Array *array = field->array[to];
        if (!array_put(array, first, run, bytes)) return false;
        if (field->role == ROLE_LABEL && !field->n_classes)
            count_classes(field->counts[to], field->type, bytes, run);
        note_range(field, bytes, run * (array->row_bytes / element_bytes[field->type]));
        bytes += run * array->row_bytes;
    }
    return true;
}

bool label_put(Fields *fields, Field *field, SplitId split, int64_t row, int64_t class) {
    int64_t place = row;
    if (row >= field->rows[split]) return changed();
    const SplitId to = split == SPLIT_TRAIN ? cut_place(&fields->cut, row, &place) : split;
    if (field->counts[to]) field->counts[to][class]++;
    return field_put(fields, field, split, row, 1, &class); /* little endian: its low bytes */
}

bool fields_end(Fields *fields) {
    for (int i = 0; i < fields->n; i++) {
        const Field *field = fields->list[i];
        int64_t rows = field->rows[SPLIT_TRAIN];
        for (int s = SPLIT_TRAIN + 1; s < SPLIT_COUNT && field->role != ROLE_OTHER; s++)
            rows += field->rows[s];
        if (field->put != rows) return changed();
    }
    return arrayfile_end(&fields->file);
}
