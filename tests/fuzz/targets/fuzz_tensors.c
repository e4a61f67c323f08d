/* safetensors files, as weights, as checkpoints and as data of the hand-written model of
 * tests/runtime, and as weights of nn.h, whose reader is another one. The input is a text: the
 * error of the header's length, the number of bytes after the header, and the header in the next
 * lines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "runtime/nn.h"
#include "runtime/weights.h"
#include "tests/runtime/toy_model.h"

static const char *const words[] = {"\"__metadata__\"",
                                    "\"dtype\"",
                                    "\"shape\"",
                                    "\"data_offsets\"",
                                    "\"F32\"",
                                    "\"F64\"",
                                    "\"I64\"",
                                    "\"I32\"",
                                    "\"U8\"",
                                    "\"BF16\"",
                                    "\"fc.weight\"",
                                    "\"fc.bias\"",
                                    "\"state/exp_avg/fc.weight\"",
                                    "\"state/raw/fc.bias\"",
                                    "\"train/left\"",
                                    "\"train/right\"",
                                    "\"test/comparison\"",
                                    "\"val/other\"",
                                    "\"checkpoint\"",
                                    "\"format\"",
                                    "null",
                                    "true",
                                    "[]",
                                    "{}",
                                    "\"\"",
                                    "\"\\u0000\"",
                                    "\"\\ud800\"",
                                    "[1,14,14]",
                                    "[2,1,14,14]",
                                    "[0]",
                                    "1.5",
                                    "\\\"",
                                    ",",
                                    ":",
                                    NULL};

const char *const *fuzz_words(void) {
    return words;
}

/* Bytes of the file that the text describes. */
static uint8_t *file_of(const uint8_t *data, size_t size, size_t *n) {
    enum { MAX_DATA = 1 << 16, MAX_LINE = 64 };
    char line[MAX_LINE] = "";
    size_t first = 0;
    while (first < size && data[first] != '\n' && first < MAX_LINE - 1) first++;
    memcpy(line, data, first);
    if (first < size) first++;
    char *rest;
    uint64_t length = (uint64_t)strtoll(line, &rest, 10) + size - first;
    size_t behind = (size_t)strtoull(rest, NULL, 10) % MAX_DATA;
    *n = sizeof length + size - first + behind;
    uint8_t *file = calloc(*n, 1);
    if (!file) abort();
    memcpy(file, &length, sizeof length);
    if (first < size) memcpy(file + sizeof length, data + first, size - first);
    return file;
}

/* What both readers take must be the same. */
static void embedded(const uint8_t *file, size_t n, const Engine *engine, bool taken) {
    enum { NAMES = 64 };
    const NnModel *model = engine->model;
    char why[NN_WORDS], room[NAMES];
    const char *names[2];
    Nn *net = nn_open(model, &(NnOptions){.batch = 1}, why);
    if (!net) abort();
    const bool loaded = nn_load_memory(net, file, n);
    for (int i = 0; loaded && taken && i < model->n_params; i++) {
        const size_t bytes = (size_t)model->params[i].count * sizeof(float);
        float *value = allocate((size_t)model->params[i].count, sizeof *value);
        model->get(engine->state, 0, 0, i, engine->values);
        if (!nn_get(net, model->params[i].name, value) || memcmp(value, engine->values, bytes))
            abort();
    }
    nn_load_names(net, input_file(file, n), "comparison", names, room, sizeof room);
    nn_close(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const NnModel *model = &nn_model_toy;
    size_t n;
    uint8_t *file = file_of(data, size, &n);
    const char *path = input_file(file, n);
    Options options;
    options_default(&options);
    options.number[OPTION_THREADS] = 1;
    Engine engine;
    if (!engine_open(&engine, model, &options, 1, NULL)) abort();
    embedded(file, n, &engine, weights_load(&engine, path));
    Initial initial;
    if (initial_read(&engine, path, true, &initial)) initial_take(&engine, &initial);

    TensorFile checkpoint;
    Position at;
    if (checkpoint_read(model, path, &options, &at, &checkpoint)) {
        float *kept[2];
        for (int i = 0; i < 2; i++)
            kept[i] = allocate((size_t)model->params[i].count, sizeof *kept[i]);
        checkpoint_take(&engine, &checkpoint, (int)at.phase, isfinite(at.best) ? kept : NULL);
    }

    for (int way = 0; way < 4; way++) {
        const DataRequest request = {
            .source = path,
            .wanted = {true, true, true},
            .predict_only = way == 1,
            .spare = way > 1,
            .cut = {[SPLIT_TEST] = {way == 3, 0.5}},
            .map = way == 3 ? "left=other,train/comparison=third" : NULL,
        };
        Dataset set;
        if (!dataset_load(model, &request, &set)) continue;
        for (int i = 0; i < SPLIT_COUNT; i++)
            if (set.split[i].samples > 0) split_fingerprint(&set.split[i], model);
    }
    memory_release(0);
    free(file);
    return 0;
}
