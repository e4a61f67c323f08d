/* Asks the network, as C and as C++. What it prints is the same on every machine. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif
extern const NnModel nn_model_my_net;
#ifdef __cplusplus
}
#endif

static void *allocate(size_t bytes) {
    void *memory = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN);
    if (!memory) exit(1);
    return memory;
}

int main(void) {
    const NnModel *model = &nn_model_my_net;
    const NnCode *code = model->codes;
    while (!code->supported()) code++;
    const float x[4] = {0.5f, -1, 2, 0.25f};
    float out[2];
    const void *fields[2] = {x, NULL};
    float *predictions[1] = {out};
    static NnCall call;
    call.state = allocate(model->state_bytes);
    call.work = allocate(model->work_bytes(1, 1));
    call.fields = fields;
    call.batch = 1;
    call.predictions = predictions;
    for (int p = 0; p < model->n_params; p++) {
        size_t count = (size_t)model->params[p].count;
        float *value = (float *)allocate(count * sizeof *value);
        for (size_t i = 0; i < count; i++) value[i] = 0.1f * (float)((int)(i % 7) - 3);
        model->set(call.state, 0, 0, p, value);
        free(value);
    }
    code->prepare(&call);
    code->predict(&call);
    printf("%.9g %.9g\n", (double)out[0], (double)out[1]);
    free(call.state);
    free(call.work);
    return 0;
}
