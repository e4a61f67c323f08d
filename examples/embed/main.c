/* A network inside a program: trains it on points of a spiral's arms, and asks it about one. */
#include "nn.h"
#include "spiral.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 600, ARMS = 3 };

int main(int argc, char **argv) {
    static float point[SAMPLES][2];
    static int32_t arm[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        const double radius = 0.1 + 0.9 * rand() / RAND_MAX;
        const double angle = 4 * radius + i % ARMS * 2 * 3.14159265 / ARMS;
        arm[i] = i % ARMS;
        point[i][0] = (float)(radius * cos(angle));
        point[i][1] = (float)(radius * sin(angle));
    }
    char words[NN_WORDS];
    Nn *net = nn_open(&nn_model_spiral, &(NnOptions){.batch = 50}, words);
    if (!net) return fprintf(stderr, "embed: %s\n", words), 1;
    const void *fields[NN_SPIRAL_FIELDS];
    double loss = 0;
    bool ok = nn_init(net, 1) && nn_begin(net, &(NnTraining){.samples = SAMPLES});
    for (int first = 0, n; ok && (n = nn_wanted(net)) > 0; first = (first + n) % SAMPLES) {
        fields[NN_SPIRAL_FIELD_POINT] = point + first;
        fields[NN_SPIRAL_FIELD_ARM] = arm + first;
        ok = nn_train_step(net, n, fields, &loss);
    }
    const float where[] = {argc == 3 ? strtof(argv[1], NULL) : 0.5f,
                           argc == 3 ? strtof(argv[2], NULL) : 0.25f};
    float answer = 0, *out[NN_SPIRAL_PREDICTIONS] = {&answer};
    fields[NN_SPIRAL_FIELD_POINT] = where;
    ok = ok && nn_predict(net, 1, fields, out);
    if (!ok) return fprintf(stderr, "embed: %s\n", nn_words(net)), 1;
    nn_close(net);
    if (isnan(answer)) return fprintf(stderr, "embed: no answer for this point\n"), 1;
    printf("the point (%.2f, %.2f) lies on arm %d\n", where[0], where[1], (int)answer);
    return loss < 0.1 ? 0 : 1;
}
