/* The columns of a table: what they are for, and what is known of their cells. */
#ifndef CONVERT_COLUMNS_H
#define CONVERT_COLUMNS_H

#include "csv_rows.h"
#include "reader.h"

typedef enum ColumnUse {
    COLUMN_FREE,        /* nobody named it: one of the features if all its cells are numbers */
    COLUMN_CATEGORICAL, /* of --categorical: an empty cell is a class */
    COLUMN_LABEL,       /* of --label */
    COLUMN_TARGET,      /* of --target */
    COLUMN_USES
} ColumnUse;

/* A place in a file; line 0: none. */
typedef struct Place {
    int64_t entry, line;
} Place;

typedef struct Column {
    const char *name;
    ColumnUse use;
    int64_t numbers, texts, empties; /* cells */
    Place first_text, first_empty;
    const char *text;  /* the first */
    Classes *classes;  /* of a label or categorical column */
    Field *field;      /* of its own */
    int feature, flag; /* places among the features, of its number and of the column that tells
                          which cells were empty; -1: none */
    double fill;       /* stands for an empty cell */
} Column;

typedef struct Columns {
    Column *list;
    int n;
    json_t *earlier;  /* names of the features of --like, or NULL */
    json_t *features; /* of all features, columns of flags last */
    int n_features;
    Field *field; /* of the features; NULL: there are none */
} Columns;

/* A number, or a word that stands for one: true and yes 1, false and no 0, in any case. */
bool cell_number(const char *text, double *value);

/* Makes the columns of a row of names, with the uses that the options give them. False after a
 * message. */
bool columns_begin(const Job *job, Columns *columns, const CsvRow *names);

/* The column of that name; -1: there is none. */
int columns_find(const Columns *columns, const char *name);

/* Takes note of a cell; `trains`: its class is one of those of training, and so are all others,
 * which are checked later. False, after a message with the place, if it cannot be what the column
 * is for.
 */
bool column_note(const Job *job, Column *column, const CsvRow *row, int64_t entry, const char *cell,
                 bool trains);

/* The class of a cell; -1 after a message with the place. */
int column_class(const Job *job, const Column *column, const CsvRow *row, const char *cell);

/* The name of a field for a column: what the language does not allow becomes _. */
const char *field_name(const char *column);

/* Decides, after all cells, which columns are features, and declares all fields. False after a
 * message. */
bool columns_declare(Job *job, Columns *columns);

/* What stands for empty cells goes to the metadata. */
void columns_note_fills(Job *job, const Columns *columns);

#endif
