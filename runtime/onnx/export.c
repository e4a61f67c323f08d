/* The inputs and outputs of an ONNX model, and its file. */
#include "export.h"

#include <string.h>

#include "../../compiler/base/diag.h"
#include "../../compiler/ops/ops.h"
#include "../file.h"
#include "nodes.h"

static const float *values_of(void *arg, const Node *param) {
    const Engine *engine = arg;
    const NnModel *model = engine->model;
    for (int i = 0; i < model->n_params; i++)
        if (strcmp(model->params[i].name, param->name) == 0) {
            float *values = allocate((size_t)model->params[i].count, sizeof *values);
            model->get(engine->state, 0, 0, i, values);
            return values;
        }
    return NULL;
}

static int sizes_of(int rank, const int *dim, int64_t *sizes) {
    sizes[0] = BUILDER_SAMPLES;
    for (int i = 0; i < rank; i++) sizes[1 + i] = dim[i];
    return 1 + rank;
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
static const char *make_input(Builder *b, const Engine *engine, int i, bool normalised) {
    const NnField *field = &engine->model->fields[i];
    const bool raw = field->normal.moments > 0 && !normalised;
    int64_t sizes[NN_MAX_RANK + 1];
    const int rank = sizes_of(field->rank, field->dim, sizes);
    const int type = field->kind == NN_LABEL           ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                     : raw && is_bytes(&field->normal) ? ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
                                                       : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    builder_input(b, field->name, type, rank, sizes);
    return raw ? normalise(b, engine, i, field->name) : field->name;
}

static int field_of(const NnModel *model, const Node *node) {
    for (int i = 0; i < model->n_fields; i++)
        if (strcmp(model->fields[i].name, node->name) == 0) return i;
    return -1;
}

/* Marks what the predictions are made of. */
static bool *needed_nodes(Arena *arena, const Graph *graph) {
    bool *needed = ARENA_ARRAY(arena, bool, graph->n_nodes + 1);
    for (int i = 0; i < graph->n_predictions; i++) needed[graph->predictions[i].node->id] = true;
    for (int i = graph->n_nodes - 1; i >= 0; i--) {
        const Node *node = graph->nodes[i];
        const int first = node->op == &op_tracked, last = first ? 2 : node->n_in;
        for (int k = first; needed[i] && k < last; k++) needed[node->in[k]->id] = true;
    }
    return needed;
}

/* Predictions have the shape of their nodes. */
static void make_output(Builder *b, const Named *prediction, const char *value) {
    const Type *type = &prediction->node->type;
    int64_t sizes[NN_MAX_RANK + 1];
    const int rank = sizes_of(type->shape.rank, type->shape.dim, sizes);
    builder_node(b, "Identity", prediction->name, 1, &value);
    builder_output(b, prediction->name,
                   type->classes ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                                 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                   rank, sizes);
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
    const Graph *graph = graph_parse_lines(arena, diag_new(arena), model->graph);
    Translation t = {
        .b = &b, .graph = graph, .values = values_of, .arg = (void *)(uintptr_t)engine};
    t.names = ARENA_ARRAY(arena, const char *, graph->n_nodes);
    const bool *needed = needed_nodes(arena, graph);
    for (int i = 0; i < graph->n_nodes && !t.refused; i++) {
        const Node *node = graph->nodes[i];
        /* Parameters are constants of the nodes that read them, in the form that these want. */
        if (!needed[i] || node->type.kind == KIND_PARAM || node->op == &op_tensor) continue;
        if (!op_is(node->op, TRAIT_FIELD)) {
            translate(&t, node);
            continue;
        }
        const int field = field_of(model, node);
        t.names[i] = make_input(&b, engine, field, normalised);
        if (t.samples) continue;
        const char *shape = builder_node(&b, "Shape", NULL, 1, &model->fields[field].name);
        const int64_t first = 0;
        t.samples = node2(&b, "Gather", shape, builder_list(&b, 1, &first));
    }
    bool ok = !t.refused ||
              problem("%s: ONNX has nothing that does what this part of the prediction does: %s",
                      path, t.refused);
    for (int i = 0; i < graph->n_predictions && ok; i++)
        make_output(&b, &graph->predictions[i], t.names[graph->predictions[i].node->id]);
    size_t size = 0;
    const unsigned char *bytes = ok ? builder_pack(&b, model->name, model->version, &size) : NULL;
    ok = ok && write_bytes(path, bytes, size);
    arena_free(arena);
    return ok;
}
