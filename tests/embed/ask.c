/* Reads the bytes of pictures, writes a line for each: the class and the probabilities of all ten.
 * Of the network `net`, a picture of BYTES bytes to a field `image`. */
#include <stdio.h>

#include "net.h"
#include "nn.h"

enum { CLASSES = 10, MOST = 100 };

int main(int argc, char **argv) {
    static unsigned char images[MOST][BYTES];
    static float p[MOST][CLASSES], answer[MOST];
    char words[NN_WORDS];
    const void *fields[NN_NET_FIELDS] = {[NN_NET_FIELD_IMAGE] = images};
    const NnType types[NN_NET_FIELDS] = {[NN_NET_FIELD_IMAGE] = NN_U8};
    float *out[NN_NET_PREDICTIONS] = {
        [NN_NET_PREDICTION_P] = p[0], [NN_NET_PREDICTION_ANSWER] = answer};
    Nn *net = nn_open(&nn_model_net, &(NnOptions){.batch = MOST, .types = types}, words);
    if (!net || argc != 2) return puts(words), 2;
    if (!nn_load(net, argv[1])) return puts(nn_words(net)), 1;
    for (size_t n; (n = fread(images, BYTES, MOST, stdin)) > 0;) {
        if (!nn_predict(net, (int)n, fields, out)) return puts(nn_words(net)), 1;
        for (size_t i = 0; i < n; i++) {
            printf("%g", (double)answer[i]);
            for (int k = 0; k < CLASSES; k++) printf(",%.9g", (double)p[i][k]);
            putchar('\n');
        }
    }
    nn_close(net);
    return 0;
}
