/* Commands that use parameters, or make them, without training: eval, predict, init, grad. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/clean.h"
#include "confusion.h"
#include "file.h"
#include "peers.h"
#include "table.h"
#include "train.h"
#include "trained.h"

/* A line of named values. */
typedef struct Line {
    FILE *out;
    json_t *json; /* NULL: CSV */
    bool names;   /* CSV: write the names instead of the values */
    bool begun;
    json_t *seen;      /* unless NULL, names are collected there, nothing is written */
    const char *twice; /* the name that came twice */
} Line;

/* Names of labels and classes come from a data file: those with characters that mean something in
 * CSV are quoted. */
static const char *csv_text(const char *name) {
    if (!name[strcspn(name, ",\"\r\n")]) return name;
    char *quoted = allocate(2 * strlen(name) + 3, 1), *to = quoted;
    *to++ = '"';
    for (; *name; name++) {
        if (*name == '"') *to++ = '"';
        *to++ = *name;
    }
    *to = '"';
    return quoted;
}

/* A value as JSON and as text. */
static void put(Line *line, const char *name, json_t *json, const char *text) {
    if (line->seen) {
        if (json_object_get(line->seen, name)) line->twice = keep(strdup(name), free);
        json_object_set_new(line->seen, name, json);
    } else if (line->json) {
        json_object_set_new(line->json, name, json);
    } else {
        json_decref(json);
        if (line->begun) fputc(',', line->out);
        line->begun = true;
        fputs(line->names ? csv_text(name) : text, line->out);
    }
}

static void put_integer(Line *line, const char *name, int64_t value) {
    put(line, name, json_integer(value), format_text("%" PRId64, value));
}

/* `json` is the value in JSON; `digits` are enough for CSV. */
static void put_real(Line *line, const char *name, json_t *json, double value, int digits) {
    put(line, name, json, real_text(value, digits));
}

/* `names` are those of its classes; NULL: they have none. */
static void put_class_name(Line *line, const NnOutput *output, const char *const *names,
                           float value) {
    const bool known = names && value >= 0 && value < (float)output->classes;
    const char *class = known ? names[(int)value] : NULL;
    if (names)
        put(line, format_text("%s_name", output->name), class ? json_string(class) : json_null(),
            class ? csv_text(class) : "");
}

static void put_prediction(Line *line, const NnOutput *output, int k, float value) {
    const char *name = output->count == 1 ? output->name : format_text("%s_%d", output->name, k);
    if (output->classes > 0 && isfinite(value))
        put_integer(line, name, (int64_t)value);
    else
        put_real(line, name, json_float(value), (double)value, 9);
}

/* A prediction may have the name of the label that it predicts. As two columns may not have one
 * name, the label's is called <name>_label then. */
static const char *label_column(const NnModel *model, const char *label) {
    bool taken = strcmp(label, "index") == 0;
    for (int i = 0; i < model->n_predictions; i++)
        taken = taken || strcmp(label, model->predictions[i].name) == 0;
    for (int i = 0; i < model->n_metrics; i++)
        taken = taken || strcmp(label, model->metrics[i].name) == 0;
    char *column = format_text(taken ? "%s_label" : "%s", label);
    const size_t length = strlen(column);
    clean_text(column, length + 1, column, length);
    return column;
}

/* What the lines of a split are made of. */
typedef struct Lines {
    const NnModel *model;
    const Split *split;
    const char *const **names; /* per prediction: of its classes, or NULL */
    float **predictions;       /* of the sample at hand */
    double *metrics;           /* of that sample; NULL: they are not known */
} Lines;

static void put_all(const Lines *lines, int index, Line *line) {
    const NnModel *model = lines->model;
    const Split *split = lines->split;
    put_integer(line, "index", index);
    for (int i = 0; i < split->n_fields; i++) {
        const DataField *field = &split->fields[i];
        if (!field->label || field->count > 1) continue;
        put_integer(line, label_column(model, field->name), split_class(split, field, index));
    }
    for (int i = 0; i < model->n_predictions; i++) {
        const NnOutput *output = &model->predictions[i];
        const float *values = lines->predictions[i];
        for (int k = 0; k < output->count; k++) put_prediction(line, output, k, values[k]);
        put_class_name(line, output, lines->names[i], values[0]);
    }
    const double *metrics = lines->metrics;
    for (int m = 0; metrics && m < model->n_metrics; m++)
        if (!model->metrics[m].overall)
            put_real(line, model->metrics[m].name, json_number(metrics[m]), metrics[m], 17);
}

static void write_line(const Lines *lines, int index, Line line) {
    size_t mark = memory_mark();
    put_all(lines, index, &line);
    if (line.json)
        json_line(line.out, line.json);
    else
        fputc('\n', line.out);
    memory_release(mark);
}

/* Two columns of one name mislead in CSV, and JSON would lose one of them. */
static bool columns_differ(const Lines *lines) {
    Line line = {.seen = keep_json(json_object())};
    put_all(lines, 0, &line);
    return !line.twice ||
           problem("two columns would have the name \"%s\": give one of the predictions "
                   "or metrics in the architecture, or a label of the data, another",
                   line.twice);
}

/* The first prediction or metric of the sample, or its loss, that is not finite; NULL: all are. */
static const char *broken_output(const NnModel *model, const NnCall *call) {
    for (int i = 0; i < model->n_predictions; i++)
        for (int k = 0; k < model->predictions[i].count; k++)
            if (!isfinite(call->predictions[i][k])) return model->predictions[i].name;
    for (int m = 0; call->metrics && m < model->n_metrics; m++)
        if (!isfinite(call->metrics[m]) && !model->metrics[m].overall)
            return model->metrics[m].name;
    return isfinite(call->loss) ? NULL : "loss";
}

/* The names of the classes of each prediction, where the data or the architecture have them. */
static const char *const **prediction_names(const Engine *engine) {
    const NnModel *model = engine->model;
    const char *const **names = allocate((size_t)model->n_predictions, sizeof *names);
    for (int i = 0; i < model->n_predictions && engine->data.class_names; i++) {
        const NnOutput *output = &model->predictions[i];
        const int label =
            output->classes && output->count == 1 ? confusion_label(model, output) : -1;
        if (label >= 0) names[i] = engine->data.class_names[label];
    }
    return names;
}

/* Samples of a split, from the first one on. */
typedef struct Range {
    int first, end;
} Range;

static Range whole(const Split *split) {
    return (Range){0, split->samples};
}

static bool write_lines(Engine *engine, const Split *split, Range range, bool json, FILE *out) {
    const NnModel *model = engine->model;
    const bool complete = model->n_phases > 0 && split_complete(split, model);
    const Lines lines = {.model = model,
                         .split = split,
                         .names = prediction_names(engine),
                         .predictions = predictions_new(model, 1),
                         .metrics =
                             complete ? allocate((size_t)model->n_metrics, sizeof(double)) : NULL};
    if (!columns_differ(&lines)) return false;
    if (!json) write_line(&lines, 0, (Line){.out = out, .names = true});
    for (int i = range.first; i < range.end && !ferror(out); i++) {
        engine_gather(engine, split, NULL, i, 1);
        NnCall call = engine_call(engine, trained_when(engine), 1);
        call.first_sample = i;
        call.metrics = lines.metrics;
        call.predictions = lines.predictions;
        if (complete)
            engine->code->evaluate(&call);
        else
            engine->code->predict(&call);
        const char *broken = engine->told ? NULL : broken_output(model, &call);
        if (broken) note("%s, sample %d: the %s is not finite", split->name, i, broken);
        engine->told = engine->told || broken;
        write_line(&lines, i, (Line){.out = out, .json = json ? json_object() : NULL});
    }
    return true;
}

/* Opens the engine with the parameters of --load and the split. */
static bool open_split(Engine *engine, const NnModel *model, const Options *options, SplitId split,
                       DataRequest request, int max_batch) {
    request.wanted[split] = true;
    return engine_open(engine, model, options, max_batch, NULL) &&
           weights_load(engine, options->text[OPTION_LOAD]) && engine_load(engine, &request);
}

static bool lines_to_file(Engine *engine, const Split *split, Range range, bool json,
                          const char *path) {
    NewFile *file = output_open(path);
    return file && write_lines(engine, split, range, json, file->stream) && output_commit(file);
}

/* Whether the last phase has a loss; those of members that take turns are metrics. */
static bool has_loss(const NnModel *model) {
    return model->n_phases > 0 && !model->phases[model->n_phases - 1].n_members;
}

static json_t *eval_json(const NnModel *model, const Split *split, const Scores *scores,
                         const Confusion *confusions, int n) {
    json_t *json = json_pack("{s:s, s:i}", "split", split->name, "samples", split->samples);
    if (has_loss(model)) json_object_set_new(json, "loss", json_number(scores->loss));
    json_object_set_new(json, "metrics", scores_json(model, scores, false));
    json_object_set_new(json, "processes", json_integer(peers_size()));
    if (n == 0) return json;
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, confusion_json(&confusions[i]));
    json_object_set_new(json, "confusion", list);
    return json;
}

static void print_scores(const NnModel *model, const Scores *scores) {
    if (has_loss(model)) printf("  %-16s %s\n", "loss", number_text(scores->loss));
    for (int m = 0; m < model->n_metrics; m++)
        printf("  %-16s %s\n", model->metrics[m].name, number_text(scores->metrics[m]));
}

bool eval_command(const NnModel *model, const Options *options) {
    Engine engine;
    if (!peers_agree(open_split(&engine, model, options, options->split, options_data(options),
                                EVALUATE_BATCH)))
        return false;
    const Split *split = &engine.data.split[options->split];
    const char *path = options->text[OPTION_PREDICTIONS], *plot = options->text[OPTION_PLOT];
    Scores scores = scores_new(model);
    Confusion *confusions = NULL;
    int n = 0;
    if (!engine_evaluate(&engine, split, 0, trained_when(&engine), &scores)) return false;
    if (peers_rank() > 0) return true;
    if (option_given(options, OPTION_CONFUSION)) {
        n = confusion_count(&engine, split, &confusions);
        if (n == 0) return false;
    }
    const char *title = format_text("%s, %s, %d samples of %s", model->name, split->name,
                                    split->samples, engine.data.source);
    if (path && !lines_to_file(&engine, split, whole(split), false, path)) return false;
    if (plot && !confusion_plot(confusions, n, title, plot)) return false;
    if (option_given(options, OPTION_JSON)) {
        json_line(stdout, eval_json(model, split, &scores, confusions, n));
        return true;
    }
    printf("%s, %d samples of %s\n", split->name, split->samples, engine.data.source);
    print_scores(model, &scores);
    for (int i = 0; i < n; i++) confusion_print(&confusions[i]);
    return true;
}

static bool predicts_of_fields(const NnModel *model) {
    for (int i = 0; i < model->n_fields; i++)
        if (model->fields[i].predicts) return true;
    return false;
}

/* The samples that --first and --samples name; those of data end where the split does. */
static bool range_wanted(const Options *options, const Split *split, Range *range) {
    const int64_t count = options->number[OPTION_SAMPLES];
    *range = (Range){(int)options->number[OPTION_FIRST], split->samples};
    if (count > 0 && count < split->samples - range->first) range->end = range->first + (int)count;
    return range->first < split->samples || problem("--first %d: the %s split has samples 0 to %d",
                                                    range->first, split->name, split->samples - 1);
}

bool predict_command(const NnModel *model, const Options *options) {
    enum { SAMPLES = 64 };
    DataRequest request = options_data(options);
    const bool drawn = !predicts_of_fields(model) && !request.source &&
                       (model->n_fields == 0 || !option_given(options, OPTION_SPLIT));
    const int64_t count = options->number[OPTION_SAMPLES];
    SplitId id = options->split;
    Engine engine;
    Range range;
    request.predict_only = true;
    if (drawn) request.samples = (int)(options->number[OPTION_FIRST] + (count ? count : SAMPLES));
    if ((!drawn && !option_given(options, OPTION_SPLIT) &&
         !dataset_only_split(model, &request, &id)) ||
        !open_split(&engine, model, options, id, request, 1) ||
        !range_wanted(options, &engine.data.split[id], &range))
        return false;
    const Split *split = &engine.data.split[id];
    const char *path = options->text[OPTION_PREDICTIONS];
    bool json = option_given(options, OPTION_JSON);
    if (path) return lines_to_file(&engine, split, range, json, path);
    return write_lines(&engine, split, range, json, stdout);
}

bool init_command(const NnModel *model, const Options *options) {
    Engine engine;
    if (!engine_open(&engine, model, options, 1, NULL)) return false;
    engine_init(&engine, (uint64_t)options->number[OPTION_SEED]);
    return weights_save(&engine, NULL, false, options->text[OPTION_SAVE]);
}

/* Writes `loss` and the gradients of the last call. */
static bool write_gradients(const NnModel *model, const NnCall *call, const char *path) {
    const NnPhase *phase = &model->phases[call->phase];
    const NnMember member = schedule_member(phase, nn_member(phase, call->step));
    TensorOut *tensors = allocate((size_t)member.n_trained + 1, sizeof *tensors);
    float loss = (float)call->loss;
    if (!isfinite(loss)) note("the loss is not finite");
    tensors[0] = (TensorOut){.name = "loss", .count = 1, .values = &loss};
    for (int i = 0; i < member.n_trained; i++) {
        const NnParam *param = &model->params[member.trained[i]];
        float *values = allocate((size_t)param->count, sizeof(float));
        model->get_gradient(call, member.trained[i], values);
        tensors[i + 1] =
            (TensorOut){param->name, param->rank, param->dim, param->count, values, false};
        for (int64_t k = 0; k < param->count; k++) {
            if (isfinite(values[k])) continue;
            note("the gradient of %s is not finite, first at %" PRId64, param->name, k);
            break;
        }
    }
    return tensors_write(path, member.n_trained + 1, tensors, NULL);
}

bool grad_command(const NnModel *model, const Options *options) {
    int batch = (int)options->number[OPTION_BATCH], phase = (int)options->number[OPTION_PHASE] - 1;
    Engine engine;
    DataRequest request = options_data(options);
    if (model->n_fields == 0) request.samples = batch;
    if (!peers_agree(open_split(&engine, model, options, SPLIT_TRAIN, request, batch)))
        return false;
    const Split *split = &engine.data.split[SPLIT_TRAIN];
    if (batch > split->samples)
        return problem("%s: has %d training samples, --batch %d wants more", engine.data.source,
                       split->samples, batch);
    const NnPhase *of = &model->phases[phase];
    int64_t steps = schedule_steps(of, schedule_samples(model, split->samples), of->batch),
            epochs = of->epochs;
    if (steps < 1) steps = 1;
    if (of->steps) epochs = (of->steps + steps - 1) / steps;
    const int64_t epoch = options->number[OPTION_EPOCH],
                  all = of->steps ? of->steps : epochs * steps;
    if (epoch >= epochs)
        return problem("--epoch: phase %d has epochs 0 to %" PRId64, phase + 1, epochs - 1);
    const int member = (int)options->number[OPTION_MEMBER] - 1;
    const int64_t step = schedule_step(of, member, epoch * steps);
    engine_gather(&engine, split, NULL, 0, batch);
    NnCall call = engine_call(&engine, (When){phase, epoch, epochs, step, all}, batch);
    call.peers = engine.peers;
    engine.code->gradient(&call);
    if (call.lost) return false;
    if (peers_rank() > 0) return true;
    if (!write_gradients(model, &call, options->text[OPTION_OUT])) return false;
    if (option_given(options, OPTION_JSON))
        json_line(stdout, json_pack("{s:o, s:i}", "loss", json_number(call.loss), "processes",
                                    peers_size()));
    else
        printf("loss %s on %d samples\n", real_text(call.loss, 9), batch);
    return true;
}
