/* The inputs and outputs of an ONNX model, and its file. */
#include "export.h"

#include <string.h>

#include "../../compiler/base/diag.h"
#include "../file.h"
#include "nodes.h"

typedef struct Export {
    const Engine *engine;
    Builder *b;
    bool normalised; /* fields come as the network takes them */
} Export;

static const float *values_of(void *arg, const Node *param) {
    const Engine *engine = ((const Export *)arg)->engine;
    const NnModel *model = engine->model;
    for (int i = 0; i < model->n_params; i++)
        if (strcmp(model->params[i].name, param->name) == 0) {
            float *values = allocate((size_t)model->params[i].count, sizeof *values);
            model->get(engine->state, 0, 0, i, values);
            return values;
        }
    return NULL;
}

static const char *node2(Builder *b, const char *op, const char *x, const char *y) {
    return builder_node(b, op, NULL, 2, (const char *const[]){x, y});
}

static const char *cast(Builder *b, const char *x, int type) {
    const char *y = builder_node(b, "Cast", NULL, 1, &x);
    builder_int(b, "to", type);
    return y;
}

/* A number for each channel, beside the samples: (C, 1, 1) or (N). */
static const char *per_channel(Builder *b, const NnField *field, const double *values) {
    const int n = field->normal.moments;
    int64_t dim[NN_MAX_RANK] = {n, 1, 1, 1};
    const int rank = n == 1 ? 0 : field->normal.run > 1 ? field->rank : 1;
    return builder_doubles(b, rank, dim, values);
}

/* Whether raw values are bytes. */
static bool is_bytes(const NnNormal *normal) {
    return normal->bytes || normal->scale == 1.0 / 255;
}

/* float((x * scale - mean) / deviation), in double as generated code has it. */
static const char *normalise(Builder *b, const Engine *engine, int i, const char *x) {
    const NnField *field = &engine->model->fields[i];
    const NnNormal *normal = &field->normal;
    double *mean = allocate((size_t)normal->moments, sizeof *mean);
    double *deviation = allocate((size_t)normal->moments, sizeof *deviation);
    const float bytes = 255;
    engine->model->get_normal(engine->state, i, mean, deviation);
    if (normal->bytes) {
        x = cast(b, x, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
        x = node2(b, "Div", x, builder_floats(b, NULL, 0, NULL, &bytes));
    }
    x = cast(b, x, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE);
    if (!normal->bytes) x = node2(b, "Mul", x, builder_doubles(b, 0, NULL, &normal->scale));
    x = node2(b, "Sub", x, per_channel(b, field, mean));
    x = node2(b, "Div", x, per_channel(b, field, deviation));
    return cast(b, x, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

/* The input of a field, and its value as the network takes it. */
static const char *make_input(const Export *export, int i) {
    const NnField *field = &export->engine->model->fields[i];
    const bool raw = field->normal.moments > 0 && !export->normalised;
    int64_t sizes[NN_MAX_RANK + 1] = {BUILDER_SAMPLES};
    for (int k = 0; k < field->rank; k++) sizes[1 + k] = field->dim[k];
    const int type = field->kind == NN_LABEL           ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                     : raw && is_bytes(&field->normal) ? ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
                                                       : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    builder_input(export->b, field->name, type, 1 + field->rank, sizes);
    return raw ? normalise(export->b, export->engine, i, field->name) : field->name;
}

static const char *input_of(void *arg, const Node *node) {
    const Export *export = arg;
    const NnModel *model = export->engine->model;
    for (int i = 0; i < model->n_fields; i++)
        if (strcmp(model->fields[i].name, node->name) == 0) return make_input(export, i);
    return node->name;
}

static bool write_bytes(const char *path, const unsigned char *bytes, size_t size) {
    NewFile *file = output_open(path);
    if (!file) return false;
    fwrite(bytes, 1, size, file->stream); /* errors stay in the stream */
    return output_commit(file);
}

bool onnx_write(const Engine *engine, bool normalised, const char *path) {
    const NnModel *model = engine->model;
    Arena *arena = arena_new();
    Builder b = {.arena = arena};
    Export export = {engine, &b, normalised};
    Translation t = {.b = &b,
                     .graph = graph_parse_lines(arena, diag_new(arena), model->graph),
                     .values = values_of,
                     .input = input_of,
                     .arg = &export};
    translate_predictions(&t);
    bool ok = !t.refused ||
              problem("%s: ONNX has nothing that does what this part of the prediction does: %s",
                      path, t.refused);
    size_t size = 0;
    const unsigned char *bytes = ok ? builder_pack(&b, model->name, model->version, &size) : NULL;
    ok = ok && write_bytes(path, bytes, size);
    arena_free(arena);
    return ok;
}
