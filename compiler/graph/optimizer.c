/* Optimizer updates in double precision: torch.optim of PyTorch 1.13 and later. */
#include <math.h>

#include "interpreter.h"

const char *const optimizer_names[OPTIMIZER_COUNT] = {"sgd", "adam", "adamw", "rmsprop"};

const char *const *optimizer_slots(const Optimizer *o) {
    static const char *const none[] = {NULL}, *const sgd[] = {"momentum_buffer", NULL},
                             *const adam[] = {"exp_avg", "exp_avg_sq", NULL},
                             *const rms[] = {"square_avg", NULL},
                             *const rms_m[] = {"square_avg", "momentum_buffer", NULL},
                             *const rms_c[] = {"square_avg", "grad_avg", NULL},
                             *const rms_mc[] = {"square_avg", "momentum_buffer", "grad_avg", NULL};
    switch (o->kind) {
    case OPTIMIZER_SGD:
        return o->momentum != 0 ? sgd : none;
    case OPTIMIZER_ADAM:
    case OPTIMIZER_ADAMW:
        return adam;
    case OPTIMIZER_RMSPROP:
        if (o->momentum != 0) return o->centered ? rms_mc : rms_m;
        return o->centered ? rms_c : rms;
    case OPTIMIZER_COUNT:
        break;
    }
    bug("no such optimizer");
}

static void update_sgd(const Optimizer *o, int64_t step, double lr, double *p, double g,
                       double *buf) {
    g += o->weight_decay * *p;
    if (o->momentum != 0) {
        *buf = step == 0 ? g : o->momentum * *buf + (1 - o->dampening) * g;
        g = o->nesterov ? g + o->momentum * *buf : *buf;
    }
    *p -= lr * g;
}

static void update_adam(const Optimizer *o, int64_t step, double lr, double *p, double g, double *m,
                        double *v) {
    if (o->kind == OPTIMIZER_ADAMW)
        *p *= 1 - lr * o->weight_decay;
    else
        g += o->weight_decay * *p;
    *m = o->beta1 * *m + (1 - o->beta1) * g;
    *v = o->beta2 * *v + (1 - o->beta2) * g * g;
    double c1 = 1 - pow(o->beta1, (double)(step + 1)), c2 = 1 - pow(o->beta2, (double)(step + 1));
    *p -= lr / c1 * *m / (sqrt(*v) / sqrt(c2) + o->eps);
}

static void update_rmsprop(const Optimizer *o, double lr, double *p, double g, double *square,
                           double *buf, double *mean) {
    g += o->weight_decay * *p;
    *square = o->alpha * *square + (1 - o->alpha) * g * g;
    double root = *square;
    if (o->centered) {
        *mean = o->alpha * *mean + (1 - o->alpha) * g;
        /* Moments that were floats may have lost a square, flushed to zero, and kept the mean. */
        root = fmax(root - *mean * *mean, 0);
    }
    g /= sqrt(root) + o->eps;
    if (o->momentum != 0) g = *buf = o->momentum * *buf + g;
    *p -= lr * g;
}

void reference_update(const Optimizer *o, int64_t step, double lr, int64_t count, double *param,
                      const double *gradient, double *const *slot) {
    for (int64_t i = 0; i < count; i++) {
        double *p = &param[i], g = gradient[i];
        switch (o->kind) {
        case OPTIMIZER_SGD:
            update_sgd(o, step, lr, p, g, o->momentum != 0 ? &slot[0][i] : NULL);
            break;
        case OPTIMIZER_ADAM:
        case OPTIMIZER_ADAMW:
            update_adam(o, step, lr, p, g, &slot[0][i], &slot[1][i]);
            break;
        case OPTIMIZER_RMSPROP:
            update_rmsprop(o, lr, p, g, &slot[0][i], o->momentum != 0 ? &slot[1][i] : NULL,
                           o->centered ? &slot[o->momentum != 0 ? 2 : 1][i] : NULL);
            break;
        case OPTIMIZER_COUNT:
            bug("no such optimizer");
        }
    }
}
