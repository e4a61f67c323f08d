/* Commands that use parameters, or make them, without training: eval, predict, init, grad. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "evaluate.h"
#include "file.h"
#include "weights.h"

/* A split and a model with the parameters of --load. */
typedef struct Loaded {
    Dataset data;
    Engine engine;
} Loaded;

static void unload(Loaded *loaded) {
    engine_close(&loaded->engine);
    dataset_free(&loaded->data);
}

static bool load(Loaded *loaded, const NnModel *model, const Options *options, SplitId split,
                 bool predict_only, int max_batch) {
    *loaded = (Loaded){0};
    DataRequest request = options_data(options);
    request.wanted[split] = true;
    request.predict_only = predict_only;
    if (engine_open(&loaded->engine, model, options, max_batch) == STATUS_OK &&
        weights_load(&loaded->engine, options->text[OPTION_LOAD]) &&
        dataset_load(model, &request, &loaded->data))
        return true;
    unload(loaded);
    return false;
}

static bool predictions_to(Engine *engine, const Split *split, bool json, const char *path) {
    OutputFile file;
    if (!output_open(&file, path)) return false;
    write_predictions(engine, split, json, file.stream);
    return output_commit(&file);
}

Status eval_command(const NnModel *model, const Options *options) {
    Loaded loaded;
    if (!load(&loaded, model, options, options->split, false, EVALUATE_BATCH)) return STATUS_FAILED;
    const Split *split = &loaded.data.split[options->split];
    Scores scores = scores_new(model);
    evaluate_split(&loaded.engine, split, when_trained(model), &scores);
    const char *path = options->text[OPTION_PREDICTIONS];
    bool ok = !path || predictions_to(&loaded.engine, split, false, path);
    if (ok && option_given(options, OPTION_JSON)) {
        json_line(stdout, json_pack("{s:s, s:i, s:o}", "split", split->name, "samples",
                                    split->samples, "metrics", scores_json(model, &scores, false)));
    } else if (ok) {
        printf("%s, %d samples of %s\n", split->name, split->samples, loaded.data.source);
        for (int m = 0; m < model->n_metrics; m++)
            printf("  %-16s %.4f\n", model->metrics[m].name, scores.metrics[m]);
    }
    scores_free(&scores);
    unload(&loaded);
    return ok ? STATUS_OK : STATUS_FAILED;
}

Status predict_command(const NnModel *model, const Options *options) {
    Loaded loaded;
    if (!load(&loaded, model, options, options->split, true, 1)) return STATUS_FAILED;
    const Split *split = &loaded.data.split[options->split];
    const char *path = options->text[OPTION_PREDICTIONS];
    bool json = option_given(options, OPTION_JSON), ok = true;
    if (path)
        ok = predictions_to(&loaded.engine, split, json, path);
    else
        write_predictions(&loaded.engine, split, json, stdout);
    unload(&loaded);
    return ok ? STATUS_OK : STATUS_FAILED;
}

Status init_command(const NnModel *model, const Options *options) {
    Engine engine;
    bool ok = engine_open(&engine, model, options, 1) == STATUS_OK;
    if (ok) {
        engine_init(&engine, (uint64_t)options->number[OPTION_SEED]);
        ok = weights_save(&engine, options->text[OPTION_SAVE]);
    }
    engine_close(&engine);
    return ok ? STATUS_OK : STATUS_FAILED;
}

/* `loss` and the gradients that the last call left. */
static bool write_gradients(const NnModel *model, const NnCall *call, const char *path) {
    const NnPhase *phase = &model->phases[call->phase];
    TensorOut *tensors = allocate((size_t)phase->n_trained + 1, sizeof *tensors);
    float loss = (float)call->loss;
    tensors[0] = (TensorOut){.name = "loss", .count = 1, .values = &loss};
    float **values = allocate((size_t)phase->n_trained, sizeof *values);
    for (int i = 0; i < phase->n_trained; i++) {
        const NnParam *param = &model->params[phase->trained[i]];
        values[i] = allocate((size_t)param->count, sizeof(float));
        model->get_gradient(call, phase->trained[i], values[i]);
        tensors[i + 1] = (TensorOut){param->name, param->rank, param->dim, param->count, values[i]};
    }
    bool ok = tensors_write(path, phase->n_trained + 1, tensors, NULL);
    for (int i = 0; i < phase->n_trained; i++) free(values[i]);
    free(values);
    free(tensors);
    return ok;
}

Status grad_command(const NnModel *model, const Options *options) {
    if (model->n_phases == 0) {
        problem("model \"%s\" has no training phase", model->name);
        return STATUS_FAILED;
    }
    int batch = (int)options->number[OPTION_BATCH];
    Loaded loaded;
    if (!load(&loaded, model, options, SPLIT_TRAIN, false, batch)) return STATUS_FAILED;
    const Split *split = &loaded.data.split[SPLIT_TRAIN];
    bool ok =
        batch <= split->samples || problem("%s: has %d training samples, --batch %d wants more",
                                           loaded.data.source, split->samples, batch);
    if (ok) {
        int phase = (int)options->number[OPTION_PHASE] - 1;
        int64_t epochs = model->phases[phase].epochs, size = model->phases[phase].batch;
        int64_t steps = (split->samples + size - 1) / size;
        engine_gather(&loaded.engine, split, NULL, 0, batch);
        NnCall call = engine_call(&loaded.engine, phase);
        call.batch = batch;
        call.epoch = options->number[OPTION_EPOCH];
        call.epochs = epochs;
        call.step = call.epoch * steps;
        call.steps = epochs * steps;
        loaded.engine.code->gradient(&call);
        ok = write_gradients(model, &call, options->text[OPTION_OUT]);
        if (ok && option_given(options, OPTION_JSON)) {
            json_line(stdout, json_pack("{s:o}", "loss", json_number(call.loss)));
        } else if (ok) {
            printf("loss %.9g on %d samples\n", call.loss, batch);
        }
    }
    unload(&loaded);
    return ok ? STATUS_OK : STATUS_FAILED;
}
