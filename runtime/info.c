#include <stdio.h>

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

bool info_command(const NnModel *model, const Options *options) {
    if (!engine_code(model, options)) return false;
    if (option_given(options, OPTION_JSON)) {
        info_json(model, options);
        return true;
    }
    for (const char *const *line = model->summary; *line; line++) puts(*line);
    printf("memory: %zu bytes\ninstruction sets:", memory_bytes(model, options));
    for (int i = 0; i < model->n_codes; i++)
        printf(" %s%s", model->codes[i].isa,
               model->codes[i].supported() ? "" : " (not on this machine)");
    printf("\nmade by nngen %s from %s, sha256 of the source: %s\n", model->version, model->source,
           model->source_sha256);
    return true;
}
