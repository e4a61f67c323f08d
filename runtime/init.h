/* Initial values of parameters: PyTorch's torch.nn.init. Draws are counters of an element, so they
 * do not depend on those of others. A header alone, which nn.c carries, too. */
#ifndef NN_RUNTIME_INIT_H
#define NN_RUNTIME_INIT_H

#include <string.h>

#include "model.h"
#include "random.h"

/* A draw within two of the origin; the nearest bound where tries run out. */
static inline double init_truncated(const NnParam *param, uint64_t key, uint64_t at) {
    enum { TRIES = 256 };
    double value = param->a;
    for (uint64_t i = 0; i < TRIES; i++) {
        value = param->a + param->b * random_normal(random_fork(key, i), at);
        if (fabs(value) <= 2) return value;
    }
    return value > 0 ? 2 : -2;
}

static inline double init_drawn(const NnParam *param, NnInit init, uint64_t key, uint64_t at) {
    switch (init) {
    case NN_UNIFORM:
    case NN_DIRAC_UNIFORM:
        return random_between(key, at, param->a, param->b);
    case NN_NORMAL:
    case NN_DIRAC_NORMAL:
        return param->a + param->b * random_normal(key, at);
    case NN_TRUNCATED:
        return init_truncated(param, key, at);
    case NN_ORTHOGONAL:
        return random_normal(key, at);
    case NN_CONSTANT:
    case NN_DIRAC:
        break;
    }
    return param->a;
}

/* Filter i gives input i, by a one in the middle of its kernel; filters beyond the inputs stay. */
static inline void init_set_dirac(const NnParam *param, float *values) {
    const int64_t filter = param->count / param->dim[0], taps = filter / param->dim[1];
    int64_t middle = 0;
    for (int i = 2; i < param->rank; i++) middle = middle * param->dim[i] + param->dim[i] / 2;
    for (int64_t i = 0; i < param->dim[0] && i < param->dim[1]; i++) {
        memset(values + i * filter, 0, (size_t)filter * sizeof(float));
        values[i * filter + i * taps + middle] = 1;
    }
}

/* InitVectors of `length` values, `step` apart, that begin `next` apart. */
typedef struct InitVectors {
    double *at;
    int64_t n, length, step, next;
} InitVectors;

static inline double init_product(const InitVectors *v, int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t k = 0; k < v->length; k++)
        sum += v->at[i * v->next + k * v->step] * v->at[j * v->next + k * v->step];
    return sum;
}

/* Gram and Schmidt's, twice for each vector, which leaves roundings alone. Directions are those of
 * normal draws, so they favour none. */
static inline void init_make_orthonormal(const InitVectors *v) {
    for (int64_t i = 0; i < v->n; i++) {
        double *x = v->at + i * v->next;
        for (int turn = 0; turn < 2; turn++)
            for (int64_t j = 0; j < i; j++) {
                const double share = init_product(v, i, j);
                for (int64_t k = 0; k < v->length; k++)
                    x[k * v->step] -= share * v->at[j * v->next + k * v->step];
            }
        const double length = sqrt(init_product(v, i, i));
        for (int64_t k = 0; k < v->length; k++) x[k * v->step] /= length;
    }
}

/* Doubles that init_values needs as room. */
static inline int64_t init_room(const NnParam *param) {
    return param->init == NN_ORTHOGONAL ? param->count : 0;
}

/* The rows of (out, the rest), or the columns where these are fewer, become orthonormal, times the
 * gain. */
static inline void init_set_orthogonal(const NnParam *param, float *values, double *at) {
    const int64_t rows = param->dim[0], columns = param->count / rows;
    for (int64_t i = 0; i < param->count; i++) at[i] = (double)values[i];
    const bool wide = rows <= columns;
    const InitVectors v = {at, wide ? rows : columns, wide ? columns : rows, wide ? 1 : columns,
                           wide ? columns : 1};
    init_make_orthonormal(&v);
    for (int64_t i = 0; i < param->count; i++) values[i] = (float)(param->a * at[i]);
}

/* Draws the values of the parameter, in PyTorch's order, from the seed and its name alone. `room`
 * has init_room doubles. */
static inline void init_values(const NnParam *param, uint64_t seed, float *values, double *room) {
    const uint64_t key = random_stream(seed, param->name);
    for (int64_t i = 0; i < param->count; i++)
        values[i] = (float)init_drawn(param, param->init, key, (uint64_t)i);
    if (param->init == NN_ORTHOGONAL) init_set_orthogonal(param, values, room);
    if (param->init >= NN_DIRAC) init_set_dirac(param, values);
    if (param->zero_row) {
        const int64_t row = param->count / param->dim[0];
        memset(values + (param->zero_row - 1) * row, 0, (size_t)row * sizeof(float));
    }
}

#endif
