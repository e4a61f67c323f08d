/* Tells what a data file holds. */
#include "summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../common/clean.h"
#include "options.h"

/* "0", "0.25", "-1.5e+20". */
static const char *number(double value, char room[32]) {
    snprintf(room, 32, "%.6g", value);
    return room;
}

/* Text that a terminal shows and does not obey; lasts until the next call. */
static const char *shown(const char *text) {
    static char room[1 << 12];
    clean_text(room, sizeof room, text, strlen(text));
    return room;
}

static void show_arrays(const Fields *fields) {
    int width = 0;
    for (int i = 0; i < fields->file.n; i++) {
        const int n = (int)strlen(fields->file.arrays[i]->name);
        if (n > width) width = n;
    }
    for (int i = 0; i < fields->file.n; i++) {
        const Array *array = fields->file.arrays[i];
        printf("  %-*s  %-4s (", width, shown(array->name), element_names[array->type]);
        for (int k = 0; k < array->rank; k++) printf("%s%" PRId64, k ? ", " : "", array->dim[k]);
        printf(")\n");
    }
}

static void show_range(const Field *field) {
    char low[32], high[32];
    if (field->role == ROLE_LABEL || field->role == ROLE_SEQUENCE)
        printf("  %s: %d class%s\n", shown(field->name), field->n_classes,
               field->n_classes == 1 ? "" : "es");
    else if (field->low <= field->high)
        printf("  %s: %s to %s\n", shown(field->name), number(field->low, low),
               number(field->high, high));
}

static const char *class_name(const Field *field, int class) {
    return field->classes ? field->classes->names[class] : format_text("%d", class);
}

static void show_class(const Field *field, int class, int width) {
    printf("  %-*s", width, shown(class_name(field, class)));
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (field->counts[s]) printf(" %9" PRId64, field->counts[s][class]);
    printf("\n");
}

/* A line a class; of many classes those in the middle are left out. */
static void show_counts(const Field *field) {
    enum { MOST = 40, SHOWN = 10 };
    int width = (int)strlen(field->name);
    for (int i = 0; field->classes && i < field->n_classes; i++) {
        const int n = (int)strlen(field->classes->names[i]);
        if (n > width && n < 40) width = n;
    }
    printf("\n  %-*s", width, field->name);
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (field->counts[s]) printf(" %9s", split_names[s]);
    printf("\n");
    for (int i = 0; i < field->n_classes; i++) {
        if (field->n_classes > MOST && i == SHOWN) {
            printf("  ... %d more\n", field->n_classes - 2 * SHOWN);
            i = field->n_classes - SHOWN;
        }
        show_class(field, i, width);
    }
}

static void warn_label(const Field *field) {
    enum { MANY = 100 };
    const int64_t *counts = field->counts[SPLIT_TRAIN];
    const int64_t rows = field->array[SPLIT_TRAIN] ? field->array[SPLIT_TRAIN]->dim[0] : 0;
    int seen = 0, last = 0;
    for (int i = 0; counts && i < field->n_classes; i++)
        if (counts[i] > 0) {
            seen++;
            last = i;
        }
    if (rows && seen == 1)
        note("warning: label %s is constant: all rows of train are %s, so there is nothing to "
             "learn",
             field->name, class_name(field, last));
    if (field->classes && seen > MANY && seen > rows / 4)
        note("warning: label %s has %d classes in %" PRId64 " rows: are they numbers to be "
             "learned, as --target takes them?",
             field->name, seen, rows);
}

/* Fields that one model reads have equally many rows. */
static void warn_rows(const Fields *fields, SplitId split) {
    const Field *first = NULL;
    for (int i = 0; i < fields->n; i++) {
        const Field *field = fields->list[i];
        if (!field->array[split] || field->role == ROLE_OTHER || field->role == ROLE_SEQUENCE)
            continue;
        if (!first) first = field;
        const int64_t rows = field->array[split]->dim[0], want = first->array[split]->dim[0];
        if (rows == want) continue;
        note("warning: %s/%s has %" PRId64 " rows, %s/%s %" PRId64
             ": no model can read both of them",
             split_names[split], first->name, want, split_names[split], field->name, rows);
        return;
    }
}

void warnings(const Job *job) {
    for (int s = 0; s < SPLIT_COUNT; s++) warn_rows(&job->fields, (SplitId)s);
    for (int i = 0; i < job->fields.n; i++) {
        const Field *field = job->fields.list[i];
        if (field->role == ROLE_LABEL) warn_label(field);
        if ((field->role == ROLE_TARGET && field->low == field->high) ||
            (field->role == ROLE_SEQUENCE && field->n_classes == 1))
            note("warning: %s is constant, so there is nothing to learn", field->name);
        if (field->odd)
            note("warning: %s has %" PRId64 " values that are not finite, which no training takes",
                 field->name, field->odd);
    }
}

/* A Lua string: characters that a terminal would obey are escaped by their numbers. */
static void lua_string(const char *text) {
    const bool plain = strcmp(shown(text), text) == 0;
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < ' ' || *c == 127 || (!plain && *c > 127))
            printf("\\%03d", *c);
        else
            putchar(*c);
    putchar('"');
}

/* Letters, digits and _, not a digit first; a _ follows a word that Lua keeps for itself, and nn,
 * which the lines need. */
static void lua_name(const char *name) {
    static const char kept[] = " and break do else elseif end false for function goto if in local "
                               "nil nn not or repeat return then true until while ";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char word[16];
    const int n = snprintf(word, sizeof word, " %s ", name);
    const bool is_kept = n < (int)sizeof word && strstr(kept, word);
    if (*name >= '0' && *name <= '9') putchar('_');
    for (; *name; name++) putchar(strchr(letters, *name) ? *name : '_');
    if (is_kept) putchar('_');
}

static void lua_shape(const Field *field) {
    printf("{");
    for (int i = 0; i < field->rank; i++) printf("%s%" PRId64, i ? ", " : "", field->dim[i]);
    printf(field->rank ? "}" : "1}");
}

static void lua_label(const Field *field) {
    printf("nn.label(");
    lua_string(field->name);
    printf(", %d", field->n_classes);
    int column = 0;
    for (int i = 0; field->classes && i < field->n_classes; i++) {
        if (column > 80) column = 0;
        printf(i == 0 ? ", { names = { " : column ? ", " : ",\n    ");
        lua_string(field->classes->names[i]);
        column += (int)strlen(field->classes->names[i]) + 4;
    }
    printf(field->classes ? " } })\n" : ")\n");
}

/* A window of a long row, and the one that begins a place later. */
static void show_windows(const Field *field) {
    printf("local x = nn.label(\"x\", %d, {64}, { windows = 1, array = \"%s\" })\n",
           field->n_classes, field->name);
    printf("local y = nn.label(\"y\", %d, {64}, { windows = 1, array = \"%s\", offset = 1 })\n",
           field->n_classes, field->name);
}

/* The line by which an architecture reads the field. */
static void show_line(const Field *field) {
    if (field->role == ROLE_OTHER) return;
    if (field->role == ROLE_SEQUENCE) {
        show_windows(field);
        return;
    }
    printf("local ");
    lua_name(field->name);
    printf(" = ");
    if (field->role == ROLE_LABEL) {
        lua_label(field);
        return;
    }
    printf("nn.%s(", field->role == ROLE_TARGET ? "target" : "input");
    lua_string(field->name);
    printf(", ");
    lua_shape(field);
    if (field->role == ROLE_INPUT)
        printf(", { %smean = \"train\", std = \"train\" }",
               field->type == U8 ? "scale = 1 / 255, " : "");
    printf(")\n");
}

void summary(const Job *job, const Reader *reader) {
    const Fields *fields = &job->fields;
    printf("%s: made of %s\n", job->options->output, reader->files);
    show_arrays(fields);
    printf("\n");
    for (int i = 0; i < fields->n; i++) show_range(fields->list[i]);
    for (int i = 0; i < fields->n; i++)
        if (fields->list[i]->role == ROLE_LABEL && fields->list[i]->n_classes > 0)
            show_counts(fields->list[i]);
    if (job->n_remarks) printf("\n");
    for (int i = 0; i < job->n_remarks; i++) printf("  %s\n", shown(job->remarks[i]));
    printf("\nFor the architecture:\n\n");
    for (int i = 0; i < fields->n; i++) show_line(fields->list[i]);
}
