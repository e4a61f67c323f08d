/* `info`: what a model is, in words and as one JSON object for programs that embed it. Layers and
 * the shapes of predictions are in the graph that the generated file brings along. */
#include <stdio.h>
#include <string.h>

#include "../compiler/graph/layers.h"
#include "engine.h"
#include "normal.h"
#include "peers.h"
#include "table.h"

/* The batch and threads for which memory is counted. */
typedef struct Sizes {
    int batch, threads, chunks;
    size_t work;
} Sizes;

static int64_t parameter_count(const NnModel *model) {
    int64_t sum = 0;
    for (int i = 0; i < model->n_params; i++)
        sum += model->params[i].role == NN_WEIGHT ? model->params[i].count : 0;
    return sum;
}

static Sizes sizes_of(const NnModel *model, const Options *options) {
    Sizes sizes = {.batch = (int)options->number[OPTION_BATCH],
                   .threads = (int)options->number[OPTION_THREADS]};
    if (sizes.threads == 0) sizes.threads = 1;
    for (int p = 0; p < model->n_phases && !option_given(options, OPTION_BATCH); p++)
        if (model->phases[p].batch > sizes.batch) sizes.batch = model->phases[p].batch;
    if (sizes.batch == 0) sizes.batch = 1;
    sizes.chunks = model->chunks(sizes.batch);
    sizes.work = model->work_bytes(sizes.batch, sizes.threads);
    return sizes;
}

static json_t *classes_json(int classes) {
    return classes > 0 ? json_integer(classes) : json_null();
}

/* How a field is normalised; numbers that are not known are `null`. */
static json_t *normal_json(const NnField *field, const Normal *known) {
    const NnNormal *normal = &field->normal;
    if (!normal->moments) return json_null();
    return json_pack("{s:f, s:b, s:o, s:o}", "scale", normal->scale, "bytes", normal->bytes, "mean",
                     json_numbers(known->mean, normal->moments), "std",
                     json_numbers(known->deviation, normal->moments));
}

static json_t *fields_json(const NnModel *model, const Normal *known) {
    static const char *const kinds[] = {
        [NN_INPUT] = "input", [NN_LABEL] = "label", [NN_TARGET] = "target"};
    json_t *fields = json_array();
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        json_array_append_new(
            fields, json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:o}", "name", field->name, "kind",
                              kinds[field->kind], "shape", json_integers(field->dim, field->rank),
                              "classes", classes_json(field->classes), "names",
                              json_strings(field->names, field->classes), "predicts",
                              field->predicts, "normal", normal_json(field, &known[i])));
    }
    return fields;
}

static json_t *predictions_json(const NnModel *model, const Graph *graph) {
    json_t *predictions = json_array();
    for (int i = 0; i < model->n_predictions; i++) {
        const NnOutput *output = &model->predictions[i];
        Shape shape = {.rank = 1, .dim = {output->count}};
        for (int k = 0; k < graph->n_predictions; k++)
            if (strcmp(graph->predictions[k].name, output->name) == 0)
                shape = graph->predictions[k].node->type.shape;
        json_array_append_new(predictions, json_pack("{s:s, s:o, s:o}", "name", output->name,
                                                     "shape", json_integers(shape.dim, shape.rank),
                                                     "classes", classes_json(output->classes)));
    }
    return predictions;
}

static json_t *metrics_json(const NnModel *model) {
    json_t *metrics = json_array();
    for (int i = 0; i < model->n_metrics; i++)
        json_array_append_new(metrics, json_pack("{s:s, s:b, s:b}", "name", model->metrics[i].name,
                                                 "per_sample", model->metrics[i].per_sample,
                                                 "overall", model->metrics[i].overall));
    return metrics;
}

static json_t *layers_json(const Graph *graph) {
    json_t *layers = json_array();
    int n;
    const LayerInfo *list = graph_layers(graph, &n);
    for (int i = 0; i < n; i++) {
        const LayerInfo *layer = &list[i];
        json_array_append_new(
            layers,
            json_pack("{s:o, s:s, s:o, s:I, s:I}", "name",
                      *layer->name ? json_string(layer->name) : json_null(), "op", layer->op,
                      "shape", json_integers(layer->shape.dim, layer->shape.rank), "parameters",
                      (json_int_t)layer->params, "flops", (json_int_t)layer->flops));
    }
    return layers;
}

static json_t *tensors_json(const NnModel *model) {
    json_t *tensors = json_array();
    for (int i = 0; i < model->n_params; i++) {
        const NnParam *param = &model->params[i];
        json_array_append_new(tensors, json_pack("{s:s, s:o, s:s}", "name", param->name, "shape",
                                                 json_integers(param->dim, param->rank), "kind",
                                                 param->role == NN_WEIGHT ? "parameter" : "state"));
    }
    return tensors;
}

/* Of each phase: its members where these take turns, else null. */
static json_t *members_json(const NnModel *model) {
    json_t *phases = json_array();
    for (int p = 0; p < model->n_phases; p++) {
        const NnPhase *phase = &model->phases[p];
        json_t *members = phase->n_members ? json_array() : json_null();
        for (int i = 0; i < phase->n_members; i++) {
            const NnMember *m = &phase->members[i];
            json_int_t trained = 0;
            for (int k = 0; k < m->n_trained; k++) trained += model->params[m->trained[k]].count;
            json_array_append_new(members,
                                  json_pack("{s:i, s:s, s:I, s:s}", "steps", m->steps, "optimizer",
                                            m->optimizer, "trainable", trained, "loss",
                                            model->metrics[m->metric].name));
        }
        json_array_append_new(phases, members);
    }
    return phases;
}

static void info_json(const NnModel *model, const Graph *graph, const Sizes *sizes,
                      const Normal *known) {
    json_t *trainable = json_array(), *isas = json_array();
    for (int p = 0; p < model->n_phases; p++)
        json_array_append_new(trainable, json_integer(model->phases[p].trained_count));
    for (int i = 0; i < model->n_codes; i++)
        if (model->codes[i].supported())
            json_array_append_new(isas, json_string(model->codes[i].isa));
    const NnPhase *first = model->n_phases ? model->phases : &(NnPhase){0};
    json_t *json = json_pack(
        "{s:s, s:s?, s:I, s:o, s:{s:I, s:I}, s:I, s:o, s:s, s:s, s:s, s:i}", "name", model->name,
        "data", model->data, "parameters", (json_int_t)parameter_count(model), "trainable",
        trainable, "flops", "forward", (json_int_t)first->flops_forward, "train",
        (json_int_t)first->flops_train, "memory_bytes",
        (json_int_t)(model->state_bytes + sizes->work), "isa", isas, "source", model->source,
        "source_sha256", model->source_sha256, "version", model->version, "abi", model->abi);
    json_object_update_new(json, json_pack("{s:I, s:I, s:i, s:i, s:i, s:i}", "state_bytes",
                                           (json_int_t)model->state_bytes, "work_bytes",
                                           (json_int_t)sizes->work, "batch", sizes->batch,
                                           "processes", peers_size(), "threads", sizes->threads,
                                           "chunks", sizes->chunks));
    json_object_set_new(json, "members", members_json(model));
    json_object_set_new(json, "fields", fields_json(model, known));
    json_object_set_new(json, "predictions", predictions_json(model, graph));
    json_object_set_new(json, "metrics", metrics_json(model));
    json_object_set_new(json, "layers", layers_json(graph));
    json_object_set_new(json, "tensors", tensors_json(model));
    json_line(stdout, json);
}

static const char *numbers_words(const double *values, int n) {
    enum { MOST = 4 };
    if (!values) return "of the training split";
    const char *list = "";
    for (int i = 0; i < n && i < MOST; i++)
        list = format_text("%s%s%s", list, i ? ", " : "", real_text(values[i], 6));
    return n > MOST ? format_text("%s and %d more", list, n - MOST) : list;
}

static void normal_words(const NnModel *model, const Normal *known) {
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *field = &model->fields[i];
        const NnNormal *normal = &field->normal;
        if (!normal->moments) continue;
        printf("%s of %s: x times %s, less mean %s, by deviation %s\n",
               normal->bytes ? "bytes" : "elements", field->name, real_text(normal->scale, 6),
               numbers_words(known[i].mean, normal->moments),
               numbers_words(known[i].deviation, normal->moments));
    }
}

static void info_words(const NnModel *model, const Sizes *sizes, const Normal *known) {
    for (const char *const *line = model->summary; *line; line++) puts(*line);
    normal_words(model, known);
    printf("memory: %s (state %s, work %s) for batches of %s on %d thread%s\n",
           bytes_text(model->state_bytes + sizes->work), bytes_text(model->state_bytes),
           bytes_text(sizes->work), count_text(sizes->batch), sizes->threads,
           sizes->threads == 1 ? "" : "s");
    printf("chunks: %d, so more threads than that do not help\ninstruction sets:", sizes->chunks);
    for (int i = 0; i < model->n_codes; i++)
        printf(" %s%s", model->codes[i].isa,
               model->codes[i].supported() ? "" : " (not on this machine)");
    printf("\nmade by nngen %s from %s, sha256 of the source: %s\n", model->version, model->source,
           model->source_sha256);
}

/* Means and deviations that the architecture states, or the file of --load has. */
static bool normals_of(const NnModel *model, const Options *options, Normal *known) {
    const char *path = options->text[OPTION_LOAD];
    TensorFile file;
    if (path && !tensors_read(path, &file)) return false;
    if (path && !normals_in(model, &file, false, known)) return false;
    for (int i = 0; i < model->n_fields; i++) {
        const NnNormal *normal = &model->fields[i].normal;
        if (normal->mean) known[i].mean = normal->mean;
        if (normal->deviation) known[i].deviation = normal->deviation;
    }
    return true;
}

bool info_command(const NnModel *model, const Options *options) {
    if (!engine_code(model, options)) return false;
    const Sizes sizes = sizes_of(model, options);
    Normal *known = allocate((size_t)model->n_fields, sizeof *known);
    if (!normals_of(model, options, known)) return false;
    if (!option_given(options, OPTION_JSON)) {
        info_words(model, &sizes, known);
        return true;
    }
    Arena *arena = arena_new();
    info_json(model, graph_parse_lines(arena, diag_new(arena), model->graph), &sizes, known);
    arena_free(arena);
    return true;
}
