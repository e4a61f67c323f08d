/* constant WEIGHTS OUTPUT: writes a file of weights as a constant of C. nngen --weights compiles
 * this beside the model, NN_MODEL_SYMBOL, and nn.c. */
#include "../nn.h"

#include <errno.h>

#include "../constant.h"

extern const NnModel NN_MODEL_SYMBOL;

static int fail(const char *file, const char *words) {
    fprintf(stderr, "nngen: error: %s: %s\n", file, words);
    return 1;
}

int main(int argc, char **argv) {
    char words[NN_WORDS];
    if (argc != 3) return 2;
    Nn *net = nn_open(&NN_MODEL_SYMBOL, &(NnOptions){.batch = 1}, words);
    if (!net) return fail(argv[1], words);
    if (!nn_load(net, argv[1])) return fail(argv[1], nn_words(net));
    FILE *out = fopen(argv[2], "w");
    if (!out) return fail(argv[2], strerror(errno));
    constant_write(out, nn_model(net), nn_state(net));
    if (ferror(out) | fclose(out)) return fail(argv[2], strerror(errno));
    nn_close(net);
    return 0;
}
