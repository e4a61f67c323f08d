#include <stdlib.h>
#include <string.h>

#include "evaluate.h"

/* A line of named values. */
typedef struct Line {
    FILE *out;
    json_t *json; /* NULL: CSV */
    bool names;   /* CSV: write the names instead of the values */
    bool begun;
} Line;

/* Digits 0: a whole number. Takes the name over. */
static void put(Line *line, char *name, double value, int digits) {
    if (line->json) {
        json_object_set_new(line->json, name,
                            digits ? json_number(value) : json_integer((json_int_t)value));
    } else {
        if (line->begun) fputc(',', line->out);
        line->begun = true;
        if (line->names)
            fputs(name, line->out);
        else
            fprintf(line->out, "%.*g", digits ? digits : 17, value);
    }
    free(name);
}

/* A prediction may well bear the name of the label that it predicts, and two columns of one name
 * would be a trap: then the label's is called <name>_label. */
static const char *label_suffix(const NnModel *model, const DataField *label) {
    for (int i = 0; i < model->n_predictions; i++)
        if (strcmp(label->name, model->predictions[i].name) == 0) return "_label";
    return "";
}

static void write_line(const NnModel *model, const Split *split, int index,
                       float *const *predictions, const double *metrics, Line line) {
    put(&line, copy_text("index"), index, 0);
    for (int i = 0; i < split->n_fields; i++) {
        const DataField *field = &split->fields[i];
        if (field->labels)
            put(&line, format_text("%s%s", field->name, label_suffix(model, field)),
                field->labels[index], 0);
    }
    for (int i = 0; i < model->n_predictions; i++) {
        const NnOutput *output = &model->predictions[i];
        for (int k = 0; k < output->count; k++)
            put(&line,
                output->count == 1 ? copy_text(output->name)
                                   : format_text("%s_%d", output->name, k),
                (double)predictions[i][k], output->classes > 0 ? 0 : 9);
    }
    for (int m = 0; metrics && m < model->n_metrics; m++)
        put(&line, copy_text(model->metrics[m].name), metrics[m], 17);
    if (line.json)
        json_line(line.out, line.json);
    else
        fputc('\n', line.out);
}

void write_predictions(Engine *engine, const Split *split, bool json, FILE *out) {
    const NnModel *model = engine->model;
    bool complete = split_complete(split, model);
    double *metrics = complete ? allocate((size_t)model->n_metrics, sizeof *metrics) : NULL;
    float **predictions = allocate((size_t)model->n_predictions, sizeof *predictions);
    for (int i = 0; i < model->n_predictions; i++)
        predictions[i] = allocate((size_t)model->predictions[i].count, sizeof(float));
    if (!json) write_line(model, split, 0, predictions, metrics, (Line){.out = out, .names = true});
    When when = when_trained(model);
    for (int i = 0; i < split->samples && !ferror(out); i++) {
        engine_gather(engine, split, NULL, i, 1);
        NnCall call = engine_call(engine, when.phase);
        call.batch = 1;
        call.epoch = when.epoch;
        call.epochs = when.epochs;
        call.step = when.step;
        call.steps = when.steps;
        call.metrics = metrics;
        call.predictions = predictions;
        if (complete)
            engine->code->evaluate(&call);
        else
            engine->code->predict(&call);
        write_line(model, split, i, predictions, metrics,
                   (Line){.out = out, .json = json ? json_object() : NULL});
    }
    for (int i = 0; i < model->n_predictions; i++) free(predictions[i]);
    free(predictions);
    free(metrics);
}
