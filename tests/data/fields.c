/* Reads parameters, means, deviations, and samples from a file as fields.py writes it, and prints
 * what the net predicts of the raw bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

extern const NnModel nn_model_raw;

enum { PIXELS = 3 * 4 * 5, COLUMNS = 6, CLASSES = 3 };

static void *room(size_t bytes) {
    void *memory = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN) / NN_ALIGN * NN_ALIGN);
    if (!memory) abort();
    memset(memory, 0, bytes);
    return memory;
}

static void take(FILE *file, void *to, size_t bytes) {
    if (fread(to, 1, bytes, file) != bytes) abort();
}

int main(int argc, char **argv) {
    const NnModel *model = &nn_model_raw;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) return 1;
    void *state = room(model->state_bytes), *work = room(model->work_bytes(1, 1));
    for (int i = 0; i < model->n_params; i++) {
        float *values = room((size_t)model->params[i].count * sizeof *values);
        take(file, values, (size_t)model->params[i].count * sizeof *values);
        model->set(state, 0, 0, i, values);
        free(values);
    }
    double mean[3], deviation[3];
    take(file, mean, sizeof mean);
    take(file, deviation, sizeof deviation);
    NnCall call = {.state = state, .work = work, .batch = 1, .threads = 1};
    model->codes[0].prepare(&call);
    model->set_normal(state, 0, mean, deviation);
    unsigned char pixels[PIXELS], columns[COLUMNS];
    float logits[CLASSES], choice;
    const void *fields[] = {pixels, columns, NULL};
    const NnType types[] = {NN_U8, NN_U8, NN_PLAIN};
    float *const predictions[] = {&choice, logits};
    call.fields = fields;
    call.types = types;
    call.predictions = predictions;
    while (fread(pixels, sizeof pixels, 1, file) == 1) {
        take(file, columns, sizeof columns);
        model->codes[0].predict(&call);
        printf("%.9g,%.9g,%.9g\n", (double)logits[0], (double)logits[1], (double)logits[2]);
    }
    free(state);
    free(work);
    return fclose(file);
}
