/* A program with a network inside: trains a generated model on points that it makes up, measures it
 * and asks it about a point, `embed X Y` or one of its own. */
#include "nn.h"
#include "spiral.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 600, BATCH = 50, ARMS = 3, SEED = 1 };

static double uniform(void) {
    return rand() / (RAND_MAX + 1.0);
}

static void make_points(float (*point)[2], int32_t *arm) {
    for (int i = 0; i < SAMPLES; i++) {
        arm[i] = (int32_t)(uniform() * ARMS);
        const double radius = 0.1 + 0.9 * uniform();
        const double angle = 4 * radius + arm[i] * 2 * 3.14159265 / ARMS + 0.2 * (uniform() - 0.5);
        point[i][0] = (float)(radius * cos(angle));
        point[i][1] = (float)(radius * sin(angle));
    }
}

int main(int argc, char **argv) {
    static float point[SAMPLES][2];
    static int32_t arm[SAMPLES];
    const void *fields[NN_SPIRAL_FIELDS];
    char words[NN_WORDS];
    Nn *net = nn_open(&nn_model_spiral, &(NnOptions){.batch = BATCH}, words);
    if (!net) return fprintf(stderr, "embed: %s\n", words), 1;

    /* The points come in random order already. */
    make_points(point, arm);
    double loss = 0;
    bool ok = nn_init(net, SEED) && nn_begin(net, &(NnTraining){.samples = SAMPLES, .seed = SEED});
    for (int first = 0, n; ok && (n = nn_wanted(net)) > 0; first = (first + n) % SAMPLES) {
        fields[NN_SPIRAL_FIELD_POINT] = point + first;
        fields[NN_SPIRAL_FIELD_ARM] = arm + first;
        ok = nn_train_step(net, n, fields, &loss);
    }

    double metrics[NN_SPIRAL_METRICS];
    make_points(point, arm);
    fields[NN_SPIRAL_FIELD_POINT] = point;
    fields[NN_SPIRAL_FIELD_ARM] = arm;
    ok = ok && nn_evaluate(net, SAMPLES, fields, &loss, metrics);
    const double accuracy = metrics[NN_SPIRAL_METRIC_ACCURACY];
    if (ok)
        printf("on %d other points: loss %.4f, accuracy %.3f (%s)\n", SAMPLES, loss, accuracy,
               nn_isa(net));

    const float where[2] = {argc == 3 ? strtof(argv[1], NULL) : 0.5f,
                            argc == 3 ? strtof(argv[2], NULL) : 0.25f};
    float answer, *predictions[NN_SPIRAL_PREDICTIONS] = {&answer};
    fields[NN_SPIRAL_FIELD_POINT] = where;
    ok = ok && nn_predict(net, 1, fields, predictions);
    if (!ok) return fprintf(stderr, "embed: %s\n", nn_words(net)), 1;
    nn_close(net);
    /* Where values are not finite the class is NaN. */
    if (isnan(answer)) return fprintf(stderr, "embed: no answer for this point\n"), 1;
    printf("the point (%.2f, %.2f) lies on arm %d\n", where[0], where[1], (int)answer);
    return accuracy > 0.95 ? 0 : 1;
}
