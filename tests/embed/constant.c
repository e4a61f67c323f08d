/* A network whose weights are a constant of the program: prints its answers for the rows of a
 * table. */
#include <stdio.h>

#include "nn.h"
#include "small.h"

enum { MOST = 4096 };

int main(int argc, char **argv) {
    static float features[MOST][3], p[MOST][3], arm[MOST];
    char words[NN_WORDS];
    const NnOptions options = {.batch = 64, .constant = nn_weights_small};
    Nn *net = nn_open(&nn_model_small, &options, words);
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!net || !file || fscanf(file, "%*[^\n]") == EOF) return puts(words), 2;
    int n = 0;
    while (n < MOST &&
           fscanf(file, "%f,%f,%f,%*d", &features[n][0], &features[n][1], &features[n][2]) == 3)
        n++;
    fclose(file);
    const void *fields[NN_SMALL_FIELDS] = {[NN_SMALL_FIELD_FEATURES] = features};
    float *out[NN_SMALL_PREDICTIONS] = {
        [NN_SMALL_PREDICTION_P] = p[0], [NN_SMALL_PREDICTION_ARM] = arm};
    if (!nn_predict(net, n, fields, out)) return puts(nn_words(net)), 1;
    for (int i = 0; i < n; i++) printf("%.9g %.9g %.9g %g\n", p[i][0], p[i][1], p[i][2], arm[i]);
    if (nn_init(net, 1) || nn_load(net, "trained.safetensors") ||
        nn_begin(net, &(NnTraining){.samples = 100}))
        return puts("constant weights changed"), 1;
    nn_close(net);
    return 0;
}
