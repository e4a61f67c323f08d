/* Names of classes in metadata. */
#include "class_names.h"

#include "../common/datameta.h"

const char *const *class_names(const TensorFile *file, const char *key, const char *name,
                               int count) {
    const char *text = tensors_meta(file, format_text("%s%s", key, name));
    json_t *list = text ? keep_json(json_loads(text, 0, NULL)) : NULL;
    if (json_array_size(list) != (size_t)count) return NULL;
    const char **names = allocate((size_t)count, sizeof *names);
    for (int i = 0; i < count; i++) {
        names[i] = json_string_value(json_array_get(list, (size_t)i));
        if (!names[i]) return NULL;
    }
    return names;
}

void class_names_read(Engine *engine, const TensorFile *file) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        if (field->kind == NN_LABEL)
            engine->names[i] = class_names(file, DATA_META_CLASSES, field->name, field->classes);
    }
    class_names_settle(engine);
}

void class_names_settle(Engine *engine) {
    for (int i = 0; engine->data.class_names && i < engine->model->n_fields; i++)
        if (!engine->data.class_names[i]) engine->data.class_names[i] = engine->names[i];
}

void class_names_write(const Engine *engine, json_t *meta) {
    for (int i = 0; i < engine->model->n_fields; i++) {
        const NnField *field = &engine->model->fields[i];
        const char *const *names =
            engine->data.class_names ? engine->data.class_names[i] : engine->names[i];
        if (!names) continue;
        tensors_add_meta(meta, format_text(DATA_META_CLASSES "%s", field->name),
                         json_strings(names, field->classes));
    }
}
