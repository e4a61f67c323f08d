/* Decides what the columns of a table are. */
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "../common/datameta.h"
#include "../common/nearest.h"
#include "../runtime/report.h"
#include "options.h"
#include "utf8.h"

static const char features_name[] = "features", missing_class[] = "(missing)";

bool cell_number(const char *text, double *value) {
    static const char *const words[2][2] = {{"false", "no"}, {"true", "yes"}};
    for (int i = 0; i < 4; i++)
        if (strcasecmp(text, words[i / 2][i % 2]) == 0) {
            *value = i / 2;
            return true;
        }
    return text_number(text, value);
}

const char *field_name(const char *column) {
    enum { MOST = 64 };
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    char *name = format_text("%.*s", MOST, *column ? column : "_");
    for (char *c = name; *c; c++)
        if (!strchr(allowed, *c)) *c = '_';
    return name;
}

int columns_find(const Columns *columns, const char *name) {
    for (int i = 0; i < columns->n; i++)
        if (strcmp(columns->list[i].name, name) == 0) return i;
    return -1;
}

static bool no_column(const Columns *columns, const CsvRow *names, const char *name) {
    const char **list = allocate((size_t)columns->n + 1, sizeof *list);
    for (int i = 0; i < columns->n; i++) list[i] = columns->list[i].name;
    const char *near = nearest_name(name, list);
    return problem("%s: has no column \"%s\"%s%s%s", names->file, name,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool give_uses(const Options *o, Columns *columns, const CsvRow *names) {
    for (int use = COLUMN_FREE + 1; use < COLUMN_USES; use++)
        for (int i = 0; i < o->columns[use].n; i++) {
            const char *name = o->columns[use].list[i];
            const int at = columns_find(columns, name);
            if (at < 0) return no_column(columns, names, name);
            if (columns->list[at].use != COLUMN_FREE)
                return problem("column \"%s\" is named twice in the options", name);
            columns->list[at].use = (ColumnUse)use;
        }
    return true;
}

/* Classes of an earlier file, if there is one. */
static bool give_classes(const Job *job, Column *column) {
    column->classes = allocate(1, sizeof *column->classes);
    if (!job->like.path) return true;
    const json_t *names = like_names(&job->like, DATA_META_CLASSES, field_name(column->name));
    if (names) classes_fix(column->classes, names);
    return names ||
           problem("--like %s: has no label \"%s\"", job->like.path, field_name(column->name));
}

bool columns_begin(const Job *job, Columns *columns, const CsvRow *names) {
    double value;
    *columns = (Columns){.list = allocate((size_t)names->n, sizeof *columns->list)};
    bool numbers = true;
    for (int i = 0; i < names->n; i++) {
        const char *name = names->cell[i];
        if (!is_utf8(name))
            return problem("%s: the name of column %d is no UTF-8", names->file, i + 1);
        if (*name && columns_find(columns, name) >= 0)
            return problem("%s: there are two columns \"%s\"", names->file, name);
        numbers = numbers && text_number(name, &value);
        columns->list[columns->n++] =
            (Column){.name = format_text("%s", name), .feature = -1, .flag = -1};
    }
    if (numbers)
        return problem("%s: line %" PRId64 " has numbers where names of columns are wanted",
                       names->file, names->line);
    if (!give_uses(job->options, columns, names)) return false;
    for (int i = 0; i < columns->n; i++) {
        Column *column = &columns->list[i];
        const bool classes = column->use == COLUMN_LABEL || column->use == COLUMN_CATEGORICAL;
        if (classes && !give_classes(job, column)) return false;
    }
    columns->earlier = like_names(&job->like, DATA_META_COLUMNS, features_name);
    return true;
}

static bool refuse_empty(const Column *column, const CsvRow *row) {
    return problem("%s: line %" PRId64 ": the cell of column \"%s\" is empty", row->file, row->line,
                   column->name);
}

static bool refuse_class(const Job *job, const Column *column, const CsvRow *row,
                         const char *class) {
    if (column->classes->n >= MOST_CLASSES)
        return problem("%s: line %" PRId64 ": column \"%s\" has more than %d classes", row->file,
                       row->line, column->name, MOST_CLASSES);
    return problem("%s: line %" PRId64 ": class \"%s\" of column \"%s\" is none of those in %s",
                   row->file, row->line, class, column->name,
                   job->like.path ? job->like.path : "train");
}

int column_class(const Job *job, const Column *column, const CsvRow *row, const char *cell) {
    const char *class = *cell ? cell : missing_class;
    const int found = classes_find(column->classes, class);
    if (found < 0) refuse_class(job, column, row, class);
    return found;
}

static bool note_class(const Job *job, Column *column, const CsvRow *row, const char *cell,
                       bool trains) {
    const char *class = *cell ? cell : missing_class;
    if (trains && classes_find(column->classes, class) < 0 && !is_utf8(class))
        return problem("%s: line %" PRId64 ": class \"%s\" of column \"%s\" is no UTF-8", row->file,
                       row->line, class, column->name);
    return !trains || classes_add(column->classes, class) >= 0 ||
           refuse_class(job, column, row, class);
}

/* A float can hold it. */
static bool check_number(const Column *column, const CsvRow *row, double value) {
    return isfinite((float)value) ||
           problem("%s: line %" PRId64 ": %g in column \"%s\" is beyond what a float holds",
                   row->file, row->line, value, column->name);
}

bool column_note(const Job *job, Column *column, const CsvRow *row, int64_t entry, const char *cell,
                 bool trains) {
    double value = 0;
    const bool empty = !*cell, number = !empty && cell_number(cell, &value);
    if (empty && column->empties++ == 0) column->first_empty = (Place){entry, row->line};
    switch (column->use) {
    case COLUMN_LABEL:
        return empty ? refuse_empty(column, row) : note_class(job, column, row, cell, trains);
    case COLUMN_CATEGORICAL:
        if (empty && job->options->missing_error) return refuse_empty(column, row);
        return note_class(job, column, row, cell, trains);
    case COLUMN_TARGET:
        if (empty) return refuse_empty(column, row);
        if (!number)
            return problem("%s: line %" PRId64
                           ": \"%s\" in column \"%s\" is no number, as --target "
                           "wants; --label takes classes",
                           row->file, row->line, cell, column->name);
        return check_number(column, row, value);
    case COLUMN_FREE:
    case COLUMN_USES:
        break;
    }
    if (number && !check_number(column, row, value)) return false;
    column->numbers += number;
    if (!empty && !number && column->texts++ == 0) {
        column->first_text = (Place){entry, row->line};
        column->text = format_text("%.40s", cell);
    }
    return true;
}
