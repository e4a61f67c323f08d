/* Counts what classes are taken for, and tells it. */
#include "confusion.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../common/clean.h"
#include "table.h"
#include "trained.h"

/* Labels with so many classes; the last one goes to `label`. */
static int labels_of(const NnModel *model, int classes, int *label) {
    int n = 0;
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        if (field->kind != NN_LABEL || field->classes != classes || field->count > 1) continue;
        *label = i;
        n++;
    }
    return n;
}

int confusion_label(const NnModel *model, const NnOutput *prediction) {
    int only = -1;
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].kind == NN_LABEL && model->fields[i].classes == prediction->classes &&
            strcmp(model->fields[i].name, prediction->name) == 0)
            return i;
    return labels_of(model, prediction->classes, &only) == 1 ? only : -1;
}

/* Adds the samples of a batch: one of several predictions a sample is no class of it. */
static void count_batch(Confusion *c, const Split *split, const DataField *label, int first,
                        const float *predicted, int n) {
    for (int i = 0; i < n; i++) {
        const float p = predicted[i];
        const int64_t class = split_class(split, label, first + i);
        if (class < 0 || class >= c->classes) continue; /* one that losses ignore */
        if (isfinite(p) && p >= 0 && p < (float)c->classes)
            c->counts[class * c->classes + (int)p]++;
        else
            c->unknown++;
    }
}

int confusion_count(Engine *engine, const Split *split, Confusion **all) {
    const NnModel *model = engine->model;
    int n = 0, *output = allocate((size_t)model->n_predictions + 1, sizeof *output);
    int *label = allocate((size_t)model->n_predictions + 1, sizeof *label);
    *all = allocate((size_t)model->n_predictions + 1, sizeof **all);
    for (int i = 0; i < model->n_predictions; i++) {
        const NnOutput *prediction = &model->predictions[i];
        if (prediction->classes == 0 || prediction->count != 1) continue;
        const int of = confusion_label(model, prediction);
        if (of < 0) continue;
        const size_t classes = (size_t)prediction->classes;
        output[n] = i;
        label[n] = of;
        (*all)[n++] = (Confusion){
            .prediction = prediction->name,
            .label = model->fields[of].name,
            .classes = prediction->classes,
            .names = engine->data.class_names ? engine->data.class_names[of] : NULL,
            .counts = allocate(classes * classes, sizeof(int64_t)),
        };
    }
    if (n == 0) {
        problem("--confusion: model \"%s\" has no prediction of classes, as nn.argmax gives, with "
                "a label of its name, or one of as many classes",
                model->name);
        return 0;
    }
    float **predictions = predictions_new(model, EVALUATE_BATCH);
    for (int first = 0; first < split->samples; first += EVALUATE_BATCH) {
        const int left = split->samples - first;
        const int count = left < EVALUATE_BATCH ? left : EVALUATE_BATCH;
        engine_gather(engine, split, NULL, first, count);
        NnCall call = engine_call(engine, trained_when(engine), count);
        call.predictions = predictions;
        call.first_sample = first;
        engine->code->predict(&call);
        for (int i = 0; i < n; i++)
            count_batch(&(*all)[i], split, split->bound[label[i]], first, predictions[output[i]],
                        count);
    }
    return n;
}

static int64_t right(const Confusion *c, int class) {
    return c->counts[class * c->classes + class];
}

/* Samples that are of the class, and those that were taken for it. */
static int64_t of_class(const Confusion *c, int class) {
    int64_t sum = 0;
    for (int i = 0; i < c->classes; i++) sum += c->counts[class * c->classes + i];
    return sum;
}

static int64_t taken_for(const Confusion *c, int class) {
    int64_t sum = 0;
    for (int i = 0; i < c->classes; i++) sum += c->counts[i * c->classes + class];
    return sum;
}

double confusion_precision(const Confusion *c, int class) {
    const int64_t all = taken_for(c, class);
    return all ? (double)right(c, class) / (double)all : (double)NAN;
}

double confusion_recall(const Confusion *c, int class) {
    const int64_t all = of_class(c, class);
    return all ? (double)right(c, class) / (double)all : (double)NAN;
}

double confusion_f1(const Confusion *c, int class) {
    const int64_t all = taken_for(c, class) + of_class(c, class);
    return all ? 2 * (double)right(c, class) / (double)all : (double)NAN;
}

const char *confusion_class(const Confusion *c, int class) {
    if (!c->names) return format_text("%d", class);
    const size_t length = strlen(c->names[class]);
    char *words = allocate(length + 1, 1);
    clean_text(words, length + 1, c->names[class], length);
    return words;
}

static const char *share_text(double value) {
    return isnan(value) ? "-" : number_text(value);
}

/* Rows are classes, columns what they were taken for. */
static void print_counts(const Confusion *c) {
    const int side = c->classes + 1;
    const char **cells = allocate((size_t)side * (size_t)side, sizeof *cells);
    cells[0] = format_text("%s \\ predicted", c->label);
    for (int i = 0; i < c->classes; i++) {
        cells[i + 1] = confusion_class(c, i);
        cells[(i + 1) * side] = confusion_class(c, i);
        for (int k = 0; k < c->classes; k++)
            cells[(i + 1) * side + k + 1] = format_text("%" PRId64, c->counts[i * c->classes + k]);
    }
    table_print(stdout, side, side, 1, cells);
}

static void print_shares(const Confusion *c) {
    enum { COLUMNS = 5 };
    const char **cells = allocate((size_t)(c->classes + 1) * COLUMNS, sizeof *cells);
    static const char *const heads[] = {NULL, "precision", "recall", "F1", "samples"};
    memcpy(cells, heads, sizeof heads);
    for (int i = 0; i < c->classes; i++) {
        const char **row = cells + (i + 1) * COLUMNS;
        row[0] = confusion_class(c, i);
        row[1] = share_text(confusion_precision(c, i));
        row[2] = share_text(confusion_recall(c, i));
        row[3] = share_text(confusion_f1(c, i));
        row[4] = format_text("%" PRId64, of_class(c, i));
    }
    table_print(stdout, c->classes + 1, COLUMNS, 1, cells);
}

void confusion_print(const Confusion *c) {
    enum { MOST = 20 }; /* wider tables are no use in a terminal */
    const size_t mark = memory_mark();
    putchar('\n');
    if (c->classes <= MOST) {
        print_counts(c);
        putchar('\n');
    }
    print_shares(c);
    if (c->unknown) printf("not finite: %" PRId64 " predictions\n", c->unknown);
    memory_release(mark);
}

json_t *confusion_json(const Confusion *c) {
    json_t *names = json_array(), *counts = json_array();
    json_t *precision = json_array(), *recall = json_array(), *f1 = json_array();
    for (int i = 0; i < c->classes; i++) {
        json_t *row = json_array();
        const char *name = c->names ? c->names[i] : NULL;
        json_array_append_new(names, name ? json_string(name) : json_integer(i));
        for (int k = 0; k < c->classes; k++)
            json_array_append_new(row, json_integer(c->counts[i * c->classes + k]));
        json_array_append_new(counts, row);
        json_array_append_new(precision, json_number(confusion_precision(c, i)));
        json_array_append_new(recall, json_number(confusion_recall(c, i)));
        json_array_append_new(f1, json_number(confusion_f1(c, i)));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I}", "prediction", c->prediction,
                     "label", c->label, "classes", names, "counts", counts, "precision", precision,
                     "recall", recall, "f1", f1, "not_finite", (json_int_t)c->unknown);
}
