#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"

static int64_t parameter_count(const NnModel *model) {
    int64_t sum = 0;
    for (int i = 0; i < model->n_params; i++) sum += model->params[i].count;
    return sum;
}

static size_t memory_bytes(const NnModel *model, const Options *options) {
    int64_t threads = options->number[OPTION_THREADS];
    int batch = 1;
    for (int p = 0; p < model->n_phases; p++)
        if (model->phases[p].batch > batch) batch = model->phases[p].batch;
    return model->state_bytes + model->work_bytes(batch, threads ? (int)threads : 1);
}

static void info_json(const NnModel *model, const Options *options) {
    json_t *trainable = json_array(), *isas = json_array();
    for (int p = 0; p < model->n_phases; p++)
        json_array_append_new(trainable, json_integer(model->phases[p].trained_count));
    for (int i = 0; i < model->n_codes; i++)
        if (model->codes[i].supported())
            json_array_append_new(isas, json_string(model->codes[i].isa));
    const NnPhase *first = model->n_phases ? model->phases : &(NnPhase){0};
    json_line(stdout, json_pack("{s:s, s:I, s:o, s:{s:I, s:I}, s:I, s:o, s:s}", "name", model->name,
                                "parameters", (json_int_t)parameter_count(model), "trainable",
                                trainable, "flops", "forward", (json_int_t)first->flops_forward,
                                "train", (json_int_t)first->flops_train, "memory_bytes",
                                (json_int_t)memory_bytes(model, options), "isa", isas,
                                "source_sha256", model->source_sha256));
}

static int widest(int width, const char *text) {
    return (int)strlen(text) > width ? (int)strlen(text) : width;
}

/* A number with commas between thousands; several may be used in one printf. */
static const char *grouped(int64_t value) {
    static char rooms[4][32];
    static int next;
    char plain[24], *room = rooms[next++ % 4], *out = room;
    snprintf(plain, sizeof plain, "%" PRId64, value);
    for (size_t left = strlen(plain), i = 0; left > 0; left--, i++) {
        *out++ = plain[i];
        if (left > 1 && left % 3 == 1 && plain[i] != '-') *out++ = ',';
    }
    *out = 0;
    return room;
}

static void rule(int width) {
    for (int i = 0; i < width; i++) putchar('-');
    putchar('\n');
}

static void layer_table(const NnModel *model) {
    int name = 5, op = 4, shape = 12;
    for (int i = 0; i < model->n_layers; i++) {
        name = widest(name, model->layers[i].name);
        op = widest(op, model->layers[i].op);
        shape = widest(shape, model->layers[i].shape);
    }
    int width = name + op + shape + 34;
    printf("%-*s  %-*s  %-*s  %12s  %14s\n", name, "Layer", op, "Kind", shape, "Output shape",
           "Parameters", "FLOPs");
    rule(width);
    for (int i = 0; i < model->n_layers; i++) {
        const NnLayer *l = &model->layers[i];
        printf("%-*s  %-*s  %-*s  %12s  %14s\n", name, l->name, op, l->op, shape, l->shape,
               grouped(l->params), grouped(l->flops));
    }
    rule(width);
}

bool info_command(const NnModel *model, const Options *options) {
    if (!engine_code(model, options)) return false;
    if (option_given(options, OPTION_JSON)) {
        info_json(model, options);
        return true;
    }
    printf("Model \"%s\", of %s by nngen %s\n\n", model->name, model->source, model->version);
    layer_table(model);
    printf("Parameters      %s\n", grouped(parameter_count(model)));
    for (int p = 0; p < model->n_phases; p++) {
        const NnPhase *phase = &model->phases[p];
        printf("Phase %-8d  %d epochs of batch %d with %s, %s parameters trained,\n"
               "                %s FLOPs a sample forward, %s in training\n",
               p + 1, phase->epochs, phase->batch, phase->optimizer, grouped(phase->trained_count),
               grouped(phase->flops_forward), grouped(phase->flops_train));
    }
    printf("Memory          %s bytes\n", grouped((int64_t)memory_bytes(model, options)));
    printf("Data            %s\n", model->data ? model->data : "any with its fields");
    printf("Instructions   ");
    for (int i = 0; i < model->n_codes; i++)
        printf(" %s%s", model->codes[i].isa,
               model->codes[i].supported() ? "" : " (not on this machine)");
    printf("\nSource sha256   %s\n", model->source_sha256);
    return true;
}
