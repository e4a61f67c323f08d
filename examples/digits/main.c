/* Reads pictures of digits, 784 bytes each, and says which digit each shows: digits WEIGHTS. */
#include "lenet5.h"
#include "nn.h"

#include <stdio.h>

int main(int argc, char **argv) {
    static unsigned char picture[784];
    char words[NN_WORDS];
    const NnOptions options = {.batch = 1, .types = (NnType[NN_LENET5_FIELDS]){NN_U8}};
    Nn *net = nn_open(&nn_model_lenet5, &options, words);
    if (!net) return fprintf(stderr, "digits: %s\n", words), 1;
    bool ok = argc == 2 && nn_load(net, argv[1]);
    if (!ok) fprintf(stderr, "digits: %s\n", argc == 2 ? nn_words(net) : "which weights?");
    const void *fields[NN_LENET5_FIELDS] = {[NN_LENET5_FIELD_IMAGE] = picture};
    float digit = 0, *out[NN_LENET5_PREDICTIONS] = {[NN_LENET5_PREDICTION_DIGIT] = &digit};
    while (ok && fread(picture, sizeof picture, 1, stdin) == 1 && nn_predict(net, 1, fields, out))
        printf("%d\n", (int)digit);
    nn_close(net);
    return ok ? 0 : 1;
}
