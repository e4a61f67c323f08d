/* What a data file is made of: fields, each an array in every split that has rows. */
#ifndef CONVERT_FIELDS_H
#define CONVERT_FIELDS_H

#include "../runtime/cut.h"
#include "arrays.h"
#include "classes.h"
#include "like.h"

typedef enum Role {
    ROLE_INPUT,
    ROLE_LABEL, /* class indices */
    ROLE_TARGET,
    ROLE_SEQUENCE, /* one long row of class indices */
    ROLE_OTHER     /* an array of a name without split */
} Role;

typedef struct Field {
    const char *name;
    Role role;
    Element type;
    bool scalar; /* of ROLE_OTHER: one value, without axes */
    int rank;
    int64_t dim[ARRAY_RANK];      /* of a row */
    int64_t rows[SPLIT_COUNT];    /* before any are cut; of ROLE_OTHER the first alone counts */
    const Classes *classes;       /* of a label, or NULL */
    int n_classes;                /* of a label or sequence */
    Array *array[SPLIT_COUNT];    /* NULL: no rows */
    int64_t *counts[SPLIT_COUNT]; /* rows of each class of a label */
    double low, high;             /* of all values; low > high: there are none */
    int64_t odd;                  /* values that are not finite */
    int64_t put;                  /* rows that were written */
} Field;

typedef struct Fields {
    Field **list;
    int n;
    size_t room;
    ArrayFile file;
    CutRequest request;
    const Like *like; /* labels of its names must have its classes */
    Cut cut;
    bool is_cut;
} Fields;

/* The smallest type for so many classes. */
Element label_type(int n_classes);

/* Declares a field; the caller sets `rows` before fields_begin. NULL after a message. */
Field *field_add(Fields *fields, const char *name, Role role, Element type, int rank,
                 const int64_t *dim);

/* Declares a label; its classes, which the caller keeps, go to the metadata. */
Field *label_add(Fields *fields, const char *name, const Classes *classes);

/* Draws the rows that are cut off the training split, with all fields declared; fields_begin does
 * it if it was not done. False after a message. */
bool fields_cut(Fields *fields);

/* Opens the file. False after a message. */
bool fields_begin(Fields *fields, const char *path);

/* All rows are written: the file gets its name. False after a message. */
bool fields_end(Fields *fields);

/* Whether a row of the training split stays there. */
bool row_trains(const Fields *fields, int64_t row);

/* Writes `n` rows, beginning with `row`, which counts as before the cut. False after a message. */
bool field_put(Fields *fields, Field *field, SplitId split, int64_t row, int64_t n,
               const void *values);

/* The same for one row of a label. */
bool label_put(Fields *fields, Field *field, SplitId split, int64_t row, int64_t class);

#endif
