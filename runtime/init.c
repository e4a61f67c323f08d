/* Initial values of parameters: PyTorch's torch.nn.init. Draws are counters of an element, so they
 * do not depend on those of others. */
#include "init.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

/* A draw within two of the origin; the nearest bound where tries run out. */
static double truncated(const NnParam *param, uint64_t key, uint64_t at) {
    enum { TRIES = 256 };
    double value = param->a;
    for (uint64_t i = 0; i < TRIES; i++) {
        value = param->a + param->b * random_normal(random_fork(key, i), at);
        if (fabs(value) <= 2) return value;
    }
    return value > 0 ? 2 : -2;
}

static double drawn(const NnParam *param, NnInit init, uint64_t key, uint64_t at) {
    switch (init) {
    case NN_UNIFORM:
    case NN_DIRAC_UNIFORM:
        return random_between(key, at, param->a, param->b);
    case NN_NORMAL:
    case NN_DIRAC_NORMAL:
        return param->a + param->b * random_normal(key, at);
    case NN_TRUNCATED:
        return truncated(param, key, at);
    case NN_ORTHOGONAL:
        return random_normal(key, at);
    case NN_CONSTANT:
    case NN_DIRAC:
        break;
    }
    return param->a;
}

/* Filter i gives input i, by a one in the middle of its kernel; filters beyond the inputs stay. */
static void set_dirac(const NnParam *param, float *values) {
    const int64_t filter = param->count / param->dim[0], taps = filter / param->dim[1];
    int64_t middle = 0;
    for (int i = 2; i < param->rank; i++) middle = middle * param->dim[i] + param->dim[i] / 2;
    for (int64_t i = 0; i < param->dim[0] && i < param->dim[1]; i++) {
        memset(values + i * filter, 0, (size_t)filter * sizeof(float));
        values[i * filter + i * taps + middle] = 1;
    }
}

/* Vectors of `length` values, `step` apart, that begin `next` apart. */
typedef struct Vectors {
    double *at;
    int64_t n, length, step, next;
} Vectors;

static double product(const Vectors *v, int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t k = 0; k < v->length; k++)
        sum += v->at[i * v->next + k * v->step] * v->at[j * v->next + k * v->step];
    return sum;
}

/* Gram and Schmidt's, twice for each vector, which leaves roundings alone. Directions are those of
 * normal draws, so they favour none. */
static void make_orthonormal(const Vectors *v) {
    for (int64_t i = 0; i < v->n; i++) {
        double *x = v->at + i * v->next;
        for (int turn = 0; turn < 2; turn++)
            for (int64_t j = 0; j < i; j++) {
                const double share = product(v, i, j);
                for (int64_t k = 0; k < v->length; k++)
                    x[k * v->step] -= share * v->at[j * v->next + k * v->step];
            }
        const double length = sqrt(product(v, i, i));
        for (int64_t k = 0; k < v->length; k++) x[k * v->step] /= length;
    }
}

/* The rows of (out, the rest), or the columns where these are fewer, become orthonormal, times the
 * gain. Without memory they stay normal draws of the same length on average. */
static void set_orthogonal(const NnParam *param, float *values) {
    const int64_t rows = param->dim[0], columns = param->count / rows;
    double *at = malloc((size_t)param->count * sizeof *at);
    const double size = param->a / sqrt((double)(rows > columns ? rows : columns));
    for (int64_t i = 0; i < param->count; i++) {
        if (at) at[i] = (double)values[i];
        values[i] = (float)((double)values[i] * size);
    }
    if (!at) return;
    const bool wide = rows <= columns;
    const Vectors v = {at, wide ? rows : columns, wide ? columns : rows, wide ? 1 : columns,
                       wide ? columns : 1};
    make_orthonormal(&v);
    for (int64_t i = 0; i < param->count; i++) values[i] = (float)(param->a * at[i]);
    free(at);
}

void init_values(const NnParam *param, uint64_t seed, float *values) {
    const uint64_t key = random_stream(seed, param->name);
    for (int64_t i = 0; i < param->count; i++)
        values[i] = (float)drawn(param, param->init, key, (uint64_t)i);
    if (param->init == NN_ORTHOGONAL) set_orthogonal(param, values);
    if (param->init >= NN_DIRAC) set_dirac(param, values);
    if (param->zero_row) {
        const int64_t row = param->count / param->dim[0];
        memset(values + (param->zero_row - 1) * row, 0, (size_t)row * sizeof(float));
    }
}
