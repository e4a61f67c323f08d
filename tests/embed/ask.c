/* Reads the bytes of pictures of digits, writes a line for each: the digit and its ten
 * probabilities. */
#include <stdio.h>

#include "digit.h"
#include "nn.h"

enum { BYTES = 784, CLASSES = 10, MOST = 100 };

int main(int argc, char **argv) {
    static unsigned char images[MOST][BYTES];
    static float p[MOST][CLASSES], digit[MOST];
    char words[NN_WORDS];
    const void *fields[NN_DIGIT_FIELDS] = {[NN_DIGIT_FIELD_IMAGE] = images};
    const NnType types[NN_DIGIT_FIELDS] = {[NN_DIGIT_FIELD_IMAGE] = NN_U8};
    float *out[NN_DIGIT_PREDICTIONS] = {
        [NN_DIGIT_PREDICTION_P] = p[0], [NN_DIGIT_PREDICTION_DIGIT] = digit};
    Nn *net = nn_open(&nn_model_digit, &(NnOptions){.batch = MOST, .types = types}, words);
    if (!net || argc != 2) return puts(words), 2;
    if (!nn_load(net, argv[1])) return puts(nn_words(net)), 1;
    for (size_t n; (n = fread(images, BYTES, MOST, stdin)) > 0;) {
        if (!nn_predict(net, (int)n, fields, out)) return puts(nn_words(net)), 1;
        for (size_t i = 0; i < n; i++) {
            printf("%g", (double)digit[i]);
            for (int k = 0; k < CLASSES; k++) printf(",%.9g", (double)p[i][k]);
            putchar('\n');
        }
    }
    nn_close(net);
    return 0;
}
