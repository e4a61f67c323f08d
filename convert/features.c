/* The fields of a table: features, and a field for each column that was named. */
#include <inttypes.h>
#include <string.h>

#include "../common/datameta.h"
#include "../runtime/report.h"
#include "columns.h"
#include "options.h"

static const char features_name[] = "features";

static const char *place_words(const Job *job, Place place) {
    char room[ENTRY_SHOWN];
    return format_text("line %" PRId64 " of %s", place.line,
                       entry_shown(&job->files, &job->files.entries[place.entry], room));
}

/* The place of a name in a list; -1: it is not there. */
static int place_in(const json_t *names, const char *name) {
    size_t i;
    json_t *item;
    json_array_foreach(names, i,
                       item) if (strcmp(json_string_value(item), name) == 0) return (int)i;
    return -1;
}

/* Whether the column is one of the features; if not, the report says why. */
static bool is_feature(Job *job, const Columns *columns, const Column *column) {
    if (column->use != COLUMN_FREE) return false;
    if (!*column->name)
        job_remark(job, "left out: a column without a name");
    else if (column->texts)
        job_remark(job,
                   "left out: column %s is text, such as \"%s\" in %s; --categorical %s makes "
                   "classes of it",
                   column->name, column->text, place_words(job, column->first_text), column->name);
    else if (!column->numbers)
        job_remark(job, "left out: column %s, all of whose cells are empty", column->name);
    else if (columns->earlier && place_in(columns->earlier, column->name) < 0)
        job_remark(job, "left out: column %s, which %s has not", column->name, job->like.path);
    else
        return true;
    return false;
}

/* Gives a feature its place: that of the earlier file, or the next one. */
static int add_feature(Columns *columns, const char *name) {
    columns->n_features++;
    if (columns->earlier) return place_in(columns->earlier, name);
    if (!columns->features) columns->features = keep_json(json_array());
    json_array_append_new(columns->features, json_string(name));
    return columns->n_features - 1;
}

/* The column of flags for empty cells: where there are any, or were in the earlier file. */
static bool add_flag(Job *job, Columns *columns, Column *column) {
    const json_t *fills = like_numbers(&job->like, DATA_META_MISSING, features_name);
    const json_t *earlier = json_object_get(fills, column->name);
    if (column->empties && job->options->missing_error)
        return problem("%s: the cell of column \"%s\" is empty",
                       place_words(job, column->first_empty), column->name);
    if (column->empties && job->like.path && !earlier)
        return problem("%s: the cell of column \"%s\" is empty, and %s has nothing to stand for it",
                       place_words(job, column->first_empty), column->name, job->like.path);
    if (!column->empties && !earlier) return true;
    const char *name = format_text("%s_missing", column->name);
    if (columns_find(columns, name) >= 0)
        return problem("column \"%s\" has empty cells, but \"%s\", which would tell where, is a "
                       "column already",
                       column->name, name);
    if (earlier) column->fill = json_number_value(earlier);
    column->flag = add_feature(columns, name);
    return true;
}

/* Whether all features of the earlier file are there. */
static bool has_earlier(const Job *job, const Columns *columns) {
    size_t i;
    json_t *item;
    json_array_foreach(columns->earlier, i, item) {
        bool there = false;
        for (int c = 0; c < columns->n; c++)
            there = there || columns->list[c].feature == (int)i || columns->list[c].flag == (int)i;
        if (!there)
            return problem("--like %s: column \"%s\" is missing, or no number", job->like.path,
                           json_string_value(item));
    }
    return true;
}

static bool declare_features(Job *job, Columns *columns) {
    for (int i = 0; i < columns->n; i++)
        if (is_feature(job, columns, &columns->list[i]))
            columns->list[i].feature = add_feature(columns, columns->list[i].name);
    for (int i = 0; i < columns->n; i++)
        if (columns->list[i].feature >= 0 && !add_flag(job, columns, &columns->list[i]))
            return false;
    if (columns->earlier && !has_earlier(job, columns)) return false;
    if (columns->earlier) {
        columns->features = columns->earlier;
        columns->n_features = (int)json_array_size(columns->earlier);
    }
    if (columns->n_features == 0) return true;
    const int64_t dim[] = {columns->n_features};
    arrayfile_note(&job->fields.file, format_text(DATA_META_COLUMNS "%s", features_name),
                   json_incref(columns->features));
    columns->field = field_add(&job->fields, features_name, ROLE_INPUT, F32, 1, dim);
    return columns->field != NULL;
}

/* The field of a column that was named. */
static bool declare_column(Job *job, Column *column) {
    static const int64_t one[] = {1};
    const char *name = field_name(column->name);
    if (column->use == COLUMN_TARGET) {
        column->field = field_add(&job->fields, name, ROLE_TARGET, F32, 1, one);
        return column->field != NULL;
    }
    if (column->use == COLUMN_CATEGORICAL && column->empties)
        job_remark(job, "column %s: %" PRId64 " empty cells are the class (missing)", column->name,
                   column->empties);
    classes_sort(column->classes);
    column->field = label_add(&job->fields, name, column->classes);
    return column->field != NULL;
}

/* Names the columns, as far as a line goes. */
static void remark_features(Job *job, const Columns *columns) {
    enum { MOST = 12 };
    const char *list = "";
    for (int i = 0; i < columns->n_features && i < MOST; i++)
        list = format_text("%s%s%s", list, i ? ", " : "",
                           json_string_value(json_array_get(columns->features, (size_t)i)));
    if (columns->n_features > MOST)
        list = format_text("%s and %d more", list, columns->n_features - MOST);
    if (columns->n_features) job_remark(job, "the features are %s", list);
}

bool columns_declare(Job *job, Columns *columns) {
    if (!declare_features(job, columns)) return false;
    for (int i = 0; i < columns->n; i++)
        if (columns->list[i].use != COLUMN_FREE && !declare_column(job, &columns->list[i]))
            return false;
    remark_features(job, columns);
    return job->fields.n > 0 || problem("no column is left");
}

void columns_note_fills(Job *job, const Columns *columns) {
    json_t *fills = json_object();
    for (int i = 0; i < columns->n; i++) {
        const Column *column = &columns->list[i];
        if (column->flag < 0) continue;
        json_object_set_new(fills, column->name, json_real(column->fill));
        if (column->empties)
            job_remark(job,
                       "column %s: %" PRId64
                       " empty cells became %g, %s of train; %s_missing is 1 there",
                       column->name, column->empties, column->fill,
                       job->like.path ? "the earlier mean" : "the mean", column->name);
    }
    if (json_object_size(fills))
        arrayfile_note(&job->fields.file, format_text(DATA_META_MISSING "%s", features_name),
                       fills);
    else
        json_decref(fills);
}
