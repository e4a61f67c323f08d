/* Makes the messages of an ONNX model. */
#include "builder.h"

#include <string.h>

#include "../../compiler/base/format.h"

static char *copied(Builder *b, const char *text) {
    return arena_strdup(b->arena, text);
}

const char *builder_node(Builder *b, const char *op, const char *name, int n_in,
                         const char *const *in) {
    Onnx__NodeProto *node = ARENA_NEW(b->arena, Onnx__NodeProto);
    onnx__node_proto__init(node);
    node->op_type = copied(b, op);
    node->name = arena_printf(b->arena, "%s_%d", op, b->n_nodes);
    node->n_input = (size_t)n_in;
    node->input = ARENA_ARRAY(b->arena, char *, n_in);
    for (int i = 0; i < n_in; i++) node->input[i] = copied(b, in[i] ? in[i] : "");
    node->n_output = 1;
    node->output = ARENA_NEW(b->arena, char *);
    node->output[0] = name ? copied(b, name) : arena_printf(b->arena, "value_%d", b->n_nodes);
    ARENA_PUSH(b->arena, b->nodes, b->n_nodes, b->cap_nodes, node);
    return node->output[0];
}

static Onnx__AttributeProto *add_attribute(Builder *b, const char *name,
                                           Onnx__AttributeProto__AttributeType type) {
    Onnx__NodeProto *node = b->nodes[b->n_nodes - 1];
    Onnx__AttributeProto **list =
        ARENA_ARRAY(b->arena, Onnx__AttributeProto *, (int)node->n_attribute + 1);
    if (node->n_attribute) memcpy(list, node->attribute, node->n_attribute * sizeof *list);
    Onnx__AttributeProto *attribute = ARENA_NEW(b->arena, Onnx__AttributeProto);
    onnx__attribute_proto__init(attribute);
    attribute->name = copied(b, name);
    attribute->has_type = 1;
    attribute->type = type;
    list[node->n_attribute++] = attribute;
    node->attribute = list;
    return attribute;
}

void builder_int(Builder *b, const char *name, int64_t value) {
    Onnx__AttributeProto *a = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = 1;
    a->i = value;
}

void builder_float(Builder *b, const char *name, double value) {
    Onnx__AttributeProto *a = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = 1;
    a->f = (float)value;
}

void builder_text(Builder *b, const char *name, const char *value) {
    Onnx__AttributeProto *a = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = 1;
    a->s = (ProtobufCBinaryData){strlen(value), (uint8_t *)copied(b, value)};
}

static int64_t *whole(Builder *b, int n, const int64_t *values) {
    int64_t *list = ARENA_ARRAY(b->arena, int64_t, n);
    if (n) memcpy(list, values, (size_t)n * sizeof *list);
    return list;
}

void builder_ints(Builder *b, const char *name, int n, const int64_t *values) {
    Onnx__AttributeProto *a = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    a->n_ints = (size_t)n;
    a->ints = whole(b, n, values);
}

/* `bytes` are little endian, as elements of this machine are. */
static const char *add_tensor(Builder *b, const char *name, int type, int rank, const int64_t *dim,
                              const void *values, size_t size) {
    Onnx__TensorProto *tensor = ARENA_NEW(b->arena, Onnx__TensorProto);
    onnx__tensor_proto__init(tensor);
    size_t bytes = size;
    for (int i = 0; i < rank; i++) bytes *= (size_t)dim[i];
    uint8_t *data = arena_alloc(b->arena, bytes ? bytes : 1, 1);
    memcpy(data, values, bytes);
    tensor->name = name ? copied(b, name) : arena_printf(b->arena, "constant_%d", b->n_tensors);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = (size_t)rank;
    tensor->dims = whole(b, rank, dim);
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){bytes, data};
    ARENA_PUSH(b->arena, b->tensors, b->n_tensors, b->cap_tensors, tensor);
    return tensor->name;
}

const char *builder_floats(Builder *b, const char *name, int rank, const int64_t *dim,
                           const float *values) {
    return add_tensor(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, dim, values,
                      sizeof *values);
}

const char *builder_doubles(Builder *b, int rank, const int64_t *dim, const double *values) {
    return add_tensor(b, NULL, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, rank, dim, values,
                      sizeof *values);
}

const char *builder_list(Builder *b, int n, const int64_t *values) {
    const int64_t dim = n;
    return add_tensor(b, NULL, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &dim, values,
                      sizeof *values);
}

const char *builder_whole(Builder *b, int64_t value) {
    return add_tensor(b, NULL, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 0, NULL, &value, sizeof value);
}

static Onnx__ValueInfoProto *value_info(Builder *b, const char *name, int type, int rank,
                                        const int64_t *dim) {
    Onnx__TensorShapeProto *shape = ARENA_NEW(b->arena, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)rank;
    shape->dim = ARENA_ARRAY(b->arena, Onnx__TensorShapeProto__Dimension *, rank);
    for (int i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *d =
            ARENA_NEW(b->arena, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(d);
        if (dim[i] == BUILDER_SAMPLES) {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            d->dim_param = copied(b, "samples");
        } else {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            d->dim_value = dim[i];
        }
        shape->dim[i] = d;
    }
    Onnx__TypeProto__Tensor *tensor = ARENA_NEW(b->arena, Onnx__TypeProto__Tensor);
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = type;
    tensor->shape = shape;
    Onnx__TypeProto *of = ARENA_NEW(b->arena, Onnx__TypeProto);
    onnx__type_proto__init(of);
    of->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    of->tensor_type = tensor;
    Onnx__ValueInfoProto *value = ARENA_NEW(b->arena, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(value);
    value->name = copied(b, name);
    value->type = of;
    return value;
}

void builder_input(Builder *b, const char *name, int type, int rank, const int64_t *dim) {
    ARENA_PUSH(b->arena, b->inputs, b->n_inputs, b->cap_inputs,
               value_info(b, name, type, rank, dim));
}

void builder_output(Builder *b, const char *name, int type, int rank, const int64_t *dim) {
    ARENA_PUSH(b->arena, b->outputs, b->n_outputs, b->cap_outputs,
               value_info(b, name, type, rank, dim));
}

unsigned char *builder_pack(Builder *b, const char *graph, const char *producer_version,
                            size_t *size) {
    Onnx__GraphProto g;
    onnx__graph_proto__init(&g);
    g.name = copied(b, graph);
    g.n_node = (size_t)b->n_nodes;
    g.node = b->nodes;
    g.n_initializer = (size_t)b->n_tensors;
    g.initializer = b->tensors;
    g.n_input = (size_t)b->n_inputs;
    g.input = b->inputs;
    g.n_output = (size_t)b->n_outputs;
    g.output = b->outputs;
    Onnx__OperatorSetIdProto set;
    onnx__operator_set_id_proto__init(&set);
    set.domain = copied(b, "");
    set.has_version = 1;
    set.version = ONNX_OPSET;
    Onnx__OperatorSetIdProto *sets[] = {&set};
    Onnx__ModelProto model;
    onnx__model_proto__init(&model);
    model.has_ir_version = 1;
    model.ir_version = ONNX_IR;
    model.n_opset_import = 1;
    model.opset_import = sets;
    model.producer_name = copied(b, "nngen");
    model.producer_version = copied(b, producer_version);
    model.graph = &g;
    *size = onnx__model_proto__get_packed_size(&model);
    unsigned char *bytes = arena_alloc(b->arena, *size, 1);
    onnx__model_proto__pack(&model, bytes);
    return bytes;
}
