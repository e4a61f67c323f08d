/* Means and deviations of a field, measured on samples: sums in the order of samples, one channel
 * or column after the other, so that no memory is needed. A header alone, which nn.c carries, too.
 */
#ifndef NN_RUNTIME_MOMENTS_H
#define NN_RUNTIME_MOMENTS_H

#include <math.h>

#include "model.h"

/* Samples of a field. */
typedef struct Measured {
    const NnNormal *normal;
    NnType type;
    int64_t samples, count;                            /* count: elements of a sample */
    const void *(*sample)(const void *arg, int64_t i); /* their elements */
    const void *arg;
} Measured;

/* Whether the architecture leaves means, deviations or both to the data. */
static inline bool moments_are_measured(const NnNormal *normal) {
    return normal->moments && !(normal->mean && normal->deviation);
}

/* Elements of a sample that share a mean lie in runs: element `i` of channel c. */
static inline int64_t moments_element(const NnNormal *normal, int64_t i, int c) {
    return (i / normal->run * normal->moments + c) * normal->run + i % normal->run;
}

/* What the mean is taken of. */
static inline double moments_scaled(const NnNormal *normal, double x) {
    return normal->bytes ? (double)((float)x / 255.0f) : x * normal->scale;
}

/* Of equal elements rounding may leave a little; squares of tiny ones may be 0. */
static inline double moments_deviation(bool varies, double variance) {
    return varies && variance > 0 ? sqrt(variance) : 1;
}

/* Adds how often channel c has each byte. */
static inline void moments_count(const Measured *m, int c, int64_t seen[256]) {
    const int64_t each = m->count / m->normal->moments;
    for (int64_t s = 0; s < m->samples; s++) {
        const uint8_t *bytes = m->sample(m->arg, s);
        for (int64_t i = 0; i < each; i++) seen[bytes[moments_element(m->normal, i, c)]]++;
    }
}

static inline void moments_of_counts(const NnNormal *normal, const int64_t seen[256], double *mean,
                                     double *deviation) {
    double n = 0, sum = 0, squares = 0;
    int values = 0;
    for (int v = 0; v < 256; v++) n += (double)seen[v], values += seen[v] > 0;
    for (int v = 0; v < 256; v++) sum += (double)seen[v] * moments_scaled(normal, v);
    sum /= n;
    for (int v = 0; v < 256; v++) {
        const double off = moments_scaled(normal, v) - sum;
        squares += (double)seen[v] * off * off;
    }
    *mean = sum;
    *deviation = moments_deviation(values > 1, squares / n);
}

static inline void moments_of_numbers(const Measured *m, int c, double *mean, double *deviation) {
    const int64_t each = m->count / m->normal->moments;
    const double n = (double)m->samples * (double)each;
    const double first = nn_number(m->sample(m->arg, 0), m->type, moments_element(m->normal, 0, c));
    double sum = 0, squares = 0;
    bool varies = false;
    for (int64_t s = 0; s < m->samples; s++) {
        const void *values = m->sample(m->arg, s);
        for (int64_t i = 0; i < each; i++) {
            const double x = nn_number(values, m->type, moments_element(m->normal, i, c));
            varies = varies || x != first;
            sum += moments_scaled(m->normal, x);
        }
    }
    sum /= n;
    for (int64_t s = 0; s < m->samples; s++) {
        const void *values = m->sample(m->arg, s);
        for (int64_t i = 0; i < each; i++) {
            const int64_t at = moments_element(m->normal, i, c);
            const double off = moments_scaled(m->normal, nn_number(values, m->type, at)) - sum;
            squares += off * off;
        }
    }
    *mean = sum;
    *deviation = moments_deviation(varies, squares / n);
}

/* Means and deviations, [moments] each, of one sample or more. */
static inline void moments_measure(const Measured *m, double *mean, double *deviation) {
    for (int c = 0; c < m->normal->moments; c++) {
        if (m->type == NN_U8) {
            int64_t seen[256] = {0};
            moments_count(m, c, seen);
            moments_of_counts(m->normal, seen, &mean[c], &deviation[c]);
        } else {
            moments_of_numbers(m, c, &mean[c], &deviation[c]);
        }
    }
}

#endif
