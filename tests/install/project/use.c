/* Asks the network, as C and as C++. What it prints is the same on every machine. */
#include "nn.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
extern const NnModel nn_model_my_net;
#ifdef __cplusplus
}
#endif

enum { MOST = 1000 };

int main(void) {
    const NnModel *model = &nn_model_my_net;
    static NnOptions options;
    static float value[MOST];
    char words[NN_WORDS];
    Nn *net = nn_open(model, &options, words);
    if (!net) return puts(words), 1;
    for (int p = 0; p < model->n_params; p++) {
        if (model->params[p].count > MOST) return 1;
        for (int i = 0; i < model->params[p].count; i++) value[i] = 0.1f * (float)(i % 7 - 3);
        if (!nn_set(net, model->params[p].name, value)) return puts(nn_words(net)), 1;
    }
    const float x[4] = {0.5f, -1, 2, 0.25f};
    float out[2];
    const void *fields[2] = {x, NULL};
    float *predictions[1] = {out};
    if (!nn_predict(net, 1, fields, predictions)) return puts(nn_words(net)), 1;
    printf("%.9g %.9g\n", (double)out[0], (double)out[1]);
    nn_close(net);
    return 0;
}
