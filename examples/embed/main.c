/* A program with a network inside: trains a generated model on points that it makes up, measures it
 * and asks it about a point, `embed X Y` or one of its own. Of nngen it needs only model.h and the
 * generated files. */
#include "spiral.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 600, BATCH = 50, ARMS = 3, SEED = 1 };

static uint64_t random_state = SEED;

/* Uniform in [0, 1): splitmix64. */
static double uniform(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void make_points(int n, float (*point)[2], int32_t *arm) {
    for (int i = 0; i < n; i++) {
        arm[i] = (int32_t)(uniform() * ARMS);
        double radius = 0.1 + 0.9 * uniform();
        double angle = 4 * radius + arm[i] * 2 * 3.14159265 / ARMS + 0.2 * (uniform() - 0.5);
        point[i][0] = (float)(radius * cos(angle));
        point[i][1] = (float)(radius * sin(angle));
    }
}

static void *allocate(size_t bytes) {
    void *memory = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN);
    if (!memory) {
        fputs("embed: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

/* Draws each parameter from the distribution that the architecture states. */
static void init(const NnModel *model, void *state) {
    for (int p = 0; p < model->n_params; p++) {
        const NnParam *param = &model->params[p];
        float *value = allocate((size_t)param->count * sizeof *value);
        for (int64_t i = 0; i < param->count; i++)
            value[i] =
                (float)(param->init == NN_UNIFORM ? param->a + (param->b - param->a) * uniform()
                                                  : param->a);
        model->set(state, 0, 0, p, value);
        free(value);
    }
}

int main(int argc, char **argv) {
    static float point[SAMPLES][2], test_point[SAMPLES][2];
    static int32_t arm[SAMPLES], test_arm[SAMPLES];
    make_points(SAMPLES, point, arm);
    make_points(SAMPLES, test_point, test_arm);

    const NnModel *model = &nn_model_spiral;
    if (model->abi != NN_ABI) return 1;
    const NnCode *code = model->codes;
    while (!code->supported()) code++;

    static _Alignas(NN_ALIGN) char state[NN_SPIRAL_STATE_BYTES];
    const void *fields[NN_SPIRAL_FIELDS];
    NnCall call = {
        .state = state,
        .work = allocate(model->work_bytes(SAMPLES, 1)),
        .fields = fields,
        .seed = SEED,
        .dropout = true,
        .epochs = model->phases[0].epochs,
        .steps = model->phases[0].epochs * (SAMPLES / BATCH),
    };
    init(model, call.state);
    code->prepare(&call);
    model->reset(call.state, 0);

    /* The points come in random order already. */
    for (; call.epoch < call.epochs; call.epoch++) {
        double loss = 0;
        for (int first = 0; first < SAMPLES; first += BATCH, call.step++) {
            fields[NN_SPIRAL_FIELD_POINT] = point + first;
            fields[NN_SPIRAL_FIELD_ARM] = arm + first;
            call.batch = BATCH;
            call.first_sample = first;
            code->train(&call);
            loss += call.loss * BATCH / SAMPLES;
        }
        if (!isfinite(loss)) {
            fprintf(stderr, "embed: the loss of epoch %d is not finite\n", (int)call.epoch + 1);
            return 1;
        }
        if ((call.epoch + 1) % 50 == 0) printf("epoch %3d: loss %.4f\n", (int)call.epoch + 1, loss);
    }

    double metrics[NN_SPIRAL_METRICS];
    fields[NN_SPIRAL_FIELD_POINT] = test_point;
    fields[NN_SPIRAL_FIELD_ARM] = test_arm;
    call.batch = SAMPLES;
    call.first_sample = 0;
    call.metrics = metrics;
    code->evaluate(&call);
    const double accuracy = metrics[NN_SPIRAL_METRIC_ACCURACY];
    printf("on %d other points: loss %.4f, accuracy %.3f (%s)\n", SAMPLES, call.loss, accuracy,
           code->isa);

    const float where[2] = {argc == 3 ? strtof(argv[1], NULL) : 0.5f,
                            argc == 3 ? strtof(argv[2], NULL) : 0.25f};
    float answer, *predictions[NN_SPIRAL_PREDICTIONS] = {&answer};
    fields[NN_SPIRAL_FIELD_POINT] = where;
    call.batch = 1;
    call.predictions = predictions;
    code->predict(&call);
    free(call.work);
    /* Where values are not finite the class is NaN. */
    if (!isfinite(answer)) {
        fprintf(stderr, "embed: the network has no answer for this point\n");
        return 1;
    }
    printf("the point (%.2f, %.2f) lies on arm %d\n", where[0], where[1], (int)answer);
    return accuracy > 0.95 ? 0 : 1;
}
