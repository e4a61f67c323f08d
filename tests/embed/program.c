/* A program with a network inside, for the tests of nn.h: does one thing with the model `small` and
 * the rows of a table, three features and a class. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn.h"
#include "small.h"

enum { MOST = 4096, NAMES = 1000 };

static float features[MOST][3];
static int32_t arm[MOST];

static int read_rows(const char *path) {
    int n = 0;
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*[^\n]") == EOF) exit(2);
    while (n < MOST && fscanf(file, "%f,%f,%f,%" SCNd32, &features[n][0], &features[n][1],
                              &features[n][2], &arm[n]) == 4)
        n++;
    fclose(file);
    return n;
}

static void check(const Nn *net, bool ok) {
    if (ok) return;
    printf("%s\n", nn_words(net));
    exit(1);
}

/* Trains as the program does: the same order, steps and seeds. */
static void train(Nn *net, int n, uint64_t seed) {
    static int order[MOST];
    static float rows[MOST][3];
    static int32_t classes[MOST];
    const void *fields[NN_SMALL_FIELDS];
    check(net, nn_begin(net, &(NnTraining){.samples = n, .seed = seed}));
    fields[NN_SMALL_FIELD_FEATURES] = rows;
    fields[NN_SMALL_FIELD_ARM] = classes;
    int first = 0;
    for (int wanted; (wanted = nn_wanted(net)) > 0; first = (first + wanted) % n) {
        if (first == 0) check(net, nn_order(net, order));
        for (int i = 0; i < wanted; i++) {
            memcpy(rows[i], features[order[first + i]], sizeof rows[i]);
            classes[i] = arm[order[first + i]];
        }
        double loss, gradient_loss;
        check(net, nn_gradient(net, wanted, fields, &gradient_loss));
        check(net, nn_train_step(net, wanted, fields, &loss));
        if (loss != gradient_loss) printf("%g is not %g\n", loss, gradient_loss), exit(1);
    }
    if (nn_train_step(net, 1, fields, NULL)) puts("a step after the last one"), exit(1);
}

static void predict(Nn *net, int n) {
    static float p[MOST][3], answer[MOST];
    float *out[NN_SMALL_PREDICTIONS];
    const void *fields[NN_SMALL_FIELDS] = {NULL};
    double loss, metrics[NN_SMALL_METRICS];
    fields[NN_SMALL_FIELD_FEATURES] = features;
    out[NN_SMALL_PREDICTION_P] = p[0];
    out[NN_SMALL_PREDICTION_ARM] = answer;
    check(net, nn_predict(net, n, fields, out));
    for (int i = 0; i < n; i++) printf("%.9g %.9g %.9g %g\n", p[i][0], p[i][1], p[i][2], answer[i]);
    fields[NN_SMALL_FIELD_ARM] = arm;
    check(net, nn_evaluate(net, n, fields, &loss, metrics));
    printf("%.17g %.17g\n", loss, metrics[NN_SMALL_METRIC_ACCURACY]);
}

/* Loads by path and from memory, both must say the same; what loads is written into memory and read
 * again. */
static void load(Nn *net, const char *path) {
    static unsigned char bytes[1 << 20], again[1 << 20];
    char words[NN_WORDS];
    FILE *file = fopen(path, "rb");
    const size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    const bool one = nn_load(net, path);
    memcpy(words, nn_words(net), sizeof words);
    const bool other = nn_load_memory(net, bytes, size);
    if (file && (one != other || (!one && strcmp(words, nn_words(net)) != 0)))
        printf("from memory: %s, else: %s\n", nn_words(net), words);
    puts(one ? "loaded" : words);
    if (!one) return;
    const size_t wanted = nn_save_memory(net, NULL, 0);
    if (wanted > sizeof again || nn_save_memory(net, again, wanted) != wanted ||
        !nn_load_memory(net, again, wanted))
        puts("what was saved does not load");
}

static void names(Nn *net, const char *path) {
    const char *found[3];
    char room[NAMES];
    check(net, nn_load_names(net, path, "arm", found, room, sizeof room));
    for (int i = 0; i < 3; i++) puts(found[i]);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    char words[NN_WORDS];
    NnOptions options = {.batch = strcmp(what, "predict") ? 16 : 256};
    options.memory = aligned_alloc(NN_ALIGN, (nn_bytes(&nn_model_small, &options) + NN_ALIGN - 1) /
                                                 NN_ALIGN * NN_ALIGN);
    Nn *net = nn_open(&nn_model_small, &options, words);
    if (!net) return puts(words), 1;
    if (!strcmp(what, "init") && argc == 4) {
        check(net, nn_init(net, strtoull(argv[2], NULL, 10)));
        check(net, nn_save(net, argv[3]));
    } else if (!strcmp(what, "train") && argc == 5) {
        const uint64_t seed = strtoull(argv[2], NULL, 10);
        const int n = read_rows(argv[3]);
        const void *fields[NN_SMALL_FIELDS] = {[NN_SMALL_FIELD_FEATURES] = features};
        check(net, nn_measure(net, n, fields));
        check(net, nn_init(net, seed));
        train(net, n, seed);
        check(net, nn_save(net, argv[4]));
    } else if (!strcmp(what, "predict") && argc == 4) {
        check(net, nn_load(net, argv[2]));
        predict(net, read_rows(argv[3]));
    } else if (!strcmp(what, "copy") && argc == 4) {
        check(net, nn_load(net, argv[2]));
        check(net, nn_save(net, argv[3]));
    } else if (!strcmp(what, "load") && argc == 3) {
        load(net, argv[2]);
    } else if (!strcmp(what, "names") && argc == 3) {
        names(net, argv[2]);
    } else {
        return 2;
    }
    nn_close(net);
    free(options.memory);
    return 0;
}
