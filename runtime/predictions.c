#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"

/* A line of named values, as CSV or as JSON. */
typedef struct Line {
    FILE *out;
    bool json, header; /* header: write the names instead of the values */
    bool begun;
    Json object;
} Line;

static void begin_value(Line *line, const char *name) {
    if (line->begun) fputc(',', line->out);
    line->begun = true;
    if (line->header) fputs(name, line->out);
}

static void put_integer(Line *line, const char *name, int64_t value) {
    if (line->json) {
        json_integer(&line->object, name, value);
        return;
    }
    begin_value(line, name);
    if (!line->header) fprintf(line->out, "%" PRId64, value);
}

static void put_real(Line *line, const char *name, double value, int digits) {
    if (line->json) {
        if (digits > 9)
            json_double(&line->object, name, value);
        else
            json_float(&line->object, name, (float)value);
        return;
    }
    begin_value(line, name);
    if (!line->header) fprintf(line->out, "%.*g", digits, value);
}

/* A prediction may well bear the name of the label that it predicts, and two columns of one name
 * would be a trap: then the label's is called <name>_label. */
static const char *label_suffix(const NnModel *model, const DataField *label) {
    for (int i = 0; i < model->n_predictions; i++)
        if (strcmp(label->name, model->predictions[i].name) == 0) return "_label";
    return "";
}

static void put_label(Line *line, const NnModel *model, const DataField *label, int index) {
    char *name = format_text("%s%s", label->name, label_suffix(model, label));
    put_integer(line, name, label->labels[index]);
    free(name);
}

static void put_prediction(Line *line, const NnOutput *output, const float *values) {
    for (int i = 0; i < output->count; i++) {
        char *name =
            output->count == 1 ? copy_text(output->name) : format_text("%s_%d", output->name, i);
        if (output->classes > 0)
            put_integer(line, name, (int64_t)values[i]);
        else
            put_real(line, name, (double)values[i], 9);
        free(name);
    }
}

static void write_line(const NnModel *model, const Split *split, int index,
                       float *const *predictions, const double *metrics, Line *line) {
    line->begun = false;
    line->object = (Json){.out = line->out};
    if (line->json) json_open(&line->object, NULL, '{');
    put_integer(line, "index", index);
    for (int i = 0; i < split->n_fields; i++)
        if (split->fields[i].label) put_label(line, model, &split->fields[i], index);
    for (int i = 0; i < model->n_predictions; i++)
        put_prediction(line, &model->predictions[i], predictions[i]);
    for (int m = 0; metrics && m < model->n_metrics; m++)
        put_real(line, model->metrics[m].name, metrics[m], 17);
    fputs(line->json ? "}\n" : "\n", line->out);
}

void write_predictions(Engine *engine, const Split *split, bool json, FILE *out) {
    const NnModel *model = engine->model;
    bool complete = split_complete(split, model);
    double *metrics = complete ? allocate((size_t)model->n_metrics, sizeof *metrics) : NULL;
    float **predictions = allocate((size_t)model->n_predictions, sizeof *predictions);
    for (int i = 0; i < model->n_predictions; i++)
        predictions[i] = allocate((size_t)model->predictions[i].count, sizeof(float));
    Line line = {.out = out, .json = json, .header = true};
    if (!json) write_line(model, split, 0, predictions, metrics, &line);
    line.header = false;
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
        write_line(model, split, i, predictions, metrics, &line);
    }
    for (int i = 0; i < model->n_predictions; i++) free(predictions[i]);
    free(predictions);
    free(metrics);
}
