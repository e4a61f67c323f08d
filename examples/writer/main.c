/* writer WEIGHTS PROMPT [LENGTH [SEED]]: continues a text, symbol by symbol, with the network of
 * arch/gallery/chargpt.lua and the weights of a training:
 *
 *   build/bin/gallery/chargpt train --data text.safetensors --save weights.safetensors
 *   writer weights.safetensors "ROMEO:"
 *
 * The network sees the last T symbols and gives, for each of these places, the probability of every
 * symbol to come next. The file of weights has the symbols. */
#include "chargpt.h"
#include "nn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 256, MOST_SYMBOLS = 256, NAMES_ROOM = 4096 };

static int places, symbols; /* of the network */

/* The number of the symbol that the text begins with, and where the text goes on; -1: there is
 * none. */
static int read_symbol(const char *const *names, const char **text) {
    for (int i = 0; i < symbols; i++) {
        const size_t n = strlen(names[i]);
        if (n == 0 || strncmp(*text, names[i], n) != 0) continue;
        *text += n;
        return i;
    }
    return -1;
}

static int draw(const float *probability) {
    double rest = rand() / (RAND_MAX + 1.0);
    int i = 0;
    while (i < symbols - 1 && (rest -= (double)probability[i]) >= 0) i++;
    return i;
}

/* The probabilities after the last `n` of `seen`; NULL: an error. Of the first text that the
 * network sees each place is computed once; later, when the oldest symbols go, all of them every
 * time. */
static const float *next_symbol(Nn *net, const int32_t *seen, int n, bool first) {
    static float next[MOST_PLACES * MOST_SYMBOLS];
    static int done;
    const void *fields[NN_CHARGPT_FIELDS] = {[NN_CHARGPT_FIELD_TEXT] = seen};
    float *out[NN_CHARGPT_PREDICTIONS] = {[NN_CHARGPT_PREDICTION_NEXT] = next};
    if (!first) return nn_predict(net, 1, fields, out) ? next + (n - 1) * symbols : NULL;
    for (; done < n; done++)
        if (!nn_next(net, done, 1, fields, out)) return NULL;
    return next;
}

/* Appends a symbol; the oldest one may have to go, and then this is no longer the first text. */
static void append(int32_t *seen, int *n, bool *first, int symbol) {
    if (*n == places) {
        memmove(seen, seen + 1, (size_t)-- * n * sizeof *seen);
        *first = false;
    }
    seen[(*n)++] = symbol;
}

int main(int argc, char **argv) {
    static char room[NAMES_ROOM];
    /* Places after the text hold symbol 0. The network is causal: no earlier place sees them. */
    static int32_t seen[MOST_PLACES];
    const char *names[MOST_SYMBOLS];
    char words[NN_WORDS];
    if (argc < 3) return fputs("usage: writer WEIGHTS PROMPT [LENGTH [SEED]]\n", stderr), 2;
    const char *text = argv[2];
    const int length = argc > 3 ? atoi(argv[3]) : 200;
    srand(argc > 4 ? (unsigned)atoi(argv[4]) : 1);
    Nn *net = nn_open(&nn_model_chargpt, &(NnOptions){0}, words);
    if (!net) return fprintf(stderr, "writer: %s\n", words), 1;
    const NnField *field = &nn_model(net)->fields[NN_CHARGPT_FIELD_TEXT];
    places = field->count;
    symbols = field->classes;
    if (places > MOST_PLACES || symbols > MOST_SYMBOLS)
        return fputs("writer: the network is larger than this program\n", stderr), 1;
    if (!nn_load(net, argv[1]) || !nn_load_names(net, argv[1], "text", names, room, sizeof room))
        return fprintf(stderr, "writer: %s: %s\n", argv[1], nn_words(net)), 1;

    int n = 0;
    bool first = true;
    while (*text) {
        const int symbol = read_symbol(names, &text);
        if (symbol < 0) return fprintf(stderr, "writer: no symbol of the network: %s\n", text), 1;
        append(seen, &n, &first, symbol);
    }
    if (n == 0) return fputs("writer: the prompt is empty\n", stderr), 2;
    fputs(argv[2], stdout);
    for (int i = 0; i < length; i++) {
        const float *probability = next_symbol(net, seen, n, first);
        if (!probability) return fprintf(stderr, "writer: %s\n", nn_words(net)), 1;
        append(seen, &n, &first, draw(probability));
        fputs(names[seen[n - 1]], stdout);
    }
    putchar('\n');
    nn_close(net);
    return 0;
}
