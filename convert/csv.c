/* CSV: a row a sample. */
#include <inttypes.h>
#include <string.h>

#include "../runtime/report.h"
#include "columns.h"
#include "options.h"
#include "path.h"
#include "rows.h"

typedef struct Csv {
    Job *job;
    Columns columns;
    bool begun;     /* the columns are known */
    bool any_train; /* some file is of the training split */
    int64_t *first; /* of each file: its number of rows, then its first row in its split */
    double **sum;   /* of each file and column: of the rows that train */
    int64_t **count;
    float *features; /* of a row */
    /* The file at hand. */
    int64_t index, row;
    SplitId split;
    int *column; /* of each of its cells; NULL: its names are not known yet */
    int n;
} Csv;

static bool fits(const char *name) {
    return has_ending(name, ".csv") || has_ending(name, ".tsv");
}

/* The columns of a further file are those of the first, in any order. */
static bool take_names(Csv *csv, const CsvRow *row) {
    if (!csv->begun && !columns_begin(csv->job, &csv->columns, row)) return false;
    csv->begun = true;
    csv->column = allocate((size_t)row->n, sizeof *csv->column);
    csv->n = row->n;
    for (int i = 0; i < row->n; i++) {
        const int at = *row->cell[i] ? columns_find(&csv->columns, row->cell[i]) : i;
        if (at < 0 || at >= csv->columns.n || (!*row->cell[i] && *csv->columns.list[at].name))
            return problem("%s: column \"%s\" is in no other file", row->file, row->cell[i]);
        csv->column[i] = at;
    }
    return row->n == csv->columns.n ||
           problem("%s: %d columns, the other files have %d", row->file, row->n, csv->columns.n);
}

static bool check_row(const Csv *csv, const CsvRow *row) {
    return row->n == csv->n ||
           problem("%s: line %" PRId64 ": %d cells, %d wanted, as many as names", row->file,
                   row->line, row->n, csv->n);
}

/* Begins a pass over a file. */
static void begin_file(Csv *csv, int64_t index) {
    csv->index = index;
    csv->split = path_split(csv->job->files.entries[index].name);
    csv->row = csv->first[index];
    csv->column = NULL;
}

static bool note_row(void *context, const CsvRow *row) {
    Csv *csv = context;
    if (!csv->column) return take_names(csv, row);
    if (!check_row(csv, row)) return false;
    for (int i = 0; i < row->n; i++)
        if (!column_note(csv->job, &csv->columns.list[csv->column[i]], row, csv->index,
                         row->cell[i], csv->split == SPLIT_TRAIN || !csv->any_train))
            return false;
    csv->first[csv->index]++;
    return true;
}

static bool survey(void *context, int64_t index, Stream *stream) {
    Csv *csv = context;
    begin_file(csv, index);
    return csv_rows(stream, note_row, csv) &&
           (csv->first[index] > 0 || problem("%s: has no rows", stream->name));
}

static bool sum_row(void *context, const CsvRow *row) {
    Csv *csv = context;
    double value;
    if (!csv->column) return take_names(csv, row);
    const int64_t at = csv->row++;
    if (!check_row(csv, row)) return false;
    if (csv->split != SPLIT_TRAIN || !row_trains(&csv->job->fields, at)) return true;
    for (int i = 0; i < row->n; i++)
        if (csv->columns.list[csv->column[i]].flag >= 0 && cell_number(row->cell[i], &value)) {
            csv->sum[csv->index][csv->column[i]] += value;
            csv->count[csv->index][csv->column[i]]++;
        }
    return true;
}

static bool sum(void *context, int64_t index, Stream *stream) {
    Csv *csv = context;
    begin_file(csv, index);
    csv->sum[index] = allocate((size_t)csv->columns.n, sizeof **csv->sum);
    csv->count[index] = allocate((size_t)csv->columns.n, sizeof **csv->count);
    return csv_rows(stream, sum_row, csv);
}

/* Means of the training rows, for empty cells; added file by file, in their order. */
static bool find_fills(Csv *csv) {
    Job *job = csv->job;
    Columns *columns = &csv->columns;
    bool any = false;
    for (int c = 0; c < columns->n; c++) any = any || columns->list[c].flag >= 0;
    if (!any || job->like.path) return true;
    job->files.passes++;
    if (!fields_cut(&job->fields) || !files_visit(&job->files, sum, csv)) return false;
    for (int c = 0; c < columns->n; c++) {
        if (columns->list[c].flag < 0) continue;
        double total = 0;
        int64_t count = 0;
        for (int64_t i = 0; i < job->files.n; i++) {
            if (!csv->sum[i]) continue;
            total += csv->sum[i][c];
            count += csv->count[i][c];
        }
        if (!count)
            return problem("column \"%s\" is empty in all rows that train", columns->list[c].name);
        columns->list[c].fill = total / (double)count;
    }
    return true;
}

/* Puts a cell in its place; a class at once. */
static bool put_cell(Csv *csv, const Column *column, const CsvRow *row, const char *cell) {
    Fields *fields = &csv->job->fields;
    double value = 0;
    const bool number = cell_number(cell, &value);
    if (column->feature >= 0)
        csv->features[column->feature] = (float)(number ? value : column->fill);
    if (column->flag >= 0) csv->features[column->flag] = !number;
    if (!column->field) return true;
    if (column->use == COLUMN_TARGET) {
        const float target = (float)value;
        return field_put(fields, column->field, csv->split, csv->row, 1, &target);
    }
    const int class = column_class(csv->job, column, row, cell);
    return class >= 0 && label_put(fields, column->field, csv->split, csv->row, class);
}

static bool put_row(void *context, const CsvRow *row) {
    Csv *csv = context;
    if (!csv->column) return take_names(csv, row);
    if (!check_row(csv, row)) return false;
    for (int i = 0; i < row->n; i++)
        if (!put_cell(csv, &csv->columns.list[csv->column[i]], row, row->cell[i])) return false;
    const Columns *columns = &csv->columns;
    if (columns->field &&
        !field_put(&csv->job->fields, columns->field, csv->split, csv->row, 1, csv->features))
        return false;
    csv->row++;
    return true;
}

static bool copy(void *context, int64_t index, Stream *stream) {
    begin_file(context, index);
    return csv_rows(stream, put_row, context);
}

static bool read_csv(Job *job) {
    Csv *csv = allocate(1, sizeof *csv);
    int64_t rows[SPLIT_COUNT];
    csv->job = job;
    csv->first = allocate((size_t)job->files.n, sizeof *csv->first);
    csv->sum = allocate((size_t)job->files.n, sizeof *csv->sum);
    csv->count = allocate((size_t)job->files.n, sizeof *csv->count);
    for (int64_t i = 0; i < job->files.n; i++)
        if (job->files.entries[i].wanted && path_split(job->files.entries[i].name) == SPLIT_TRAIN)
            csv->any_train = true;
    if (!files_visit(&job->files, survey, csv) || !columns_declare(job, &csv->columns))
        return false;
    csv->features = allocate((size_t)csv->columns.n_features + 1, sizeof *csv->features);
    rows_number(&job->files, path_split, csv->first, rows);
    for (int i = 0; i < job->fields.n; i++) memcpy(job->fields.list[i]->rows, rows, sizeof rows);
    if (!find_fills(csv)) return false;
    columns_note_fills(job, &csv->columns);
    return fields_begin(&job->fields, job->options->output) && files_visit(&job->files, copy, csv);
}

const Reader csv_reader = {.kind = "csv",
                           .files = "CSV files",
                           .passes = 2,
                           .takes =
                               TAKES(LABEL) | TAKES(TARGET) | TAKES(CATEGORICAL) | TAKES(MISSING),
                           .fits = fits,
                           .magic = "",
                           .read = read_csv};
