/* What generated code does with tensors of the batch between two stages, in double, and with states
 * at the end of a step. Docs: numbers.md, batch normalisation. */
#ifndef NNGEN_EMIT_BATCH_H
#define NNGEN_EMIT_BATCH_H

#include "prelude.h"

/* What chunks have left: of each so many floats. */
typedef struct NnParts {
    float *first;
    size_t stride;
    int batch;
} NnParts;

/* Floats of a row of n channels. */
static int nn_row(int n) {
    return (n + 15) / 16 * 16;
}

static double nn_part(const NnParts *parts, int chunk, size_t at) {
    return (double)parts->first[(size_t)chunk * parts->stride + at];
}

/* Values of a channel that a chunk has. */
static double nn_values(const NnParts *parts, int chunk, int places) {
    const int n = nn_first(parts->batch, chunk + 1) - nn_first(parts->batch, chunk);
    return (double)n * (double)places;
}

/* Sums of n channels over all chunks. */
static void nn_sums(const NnParts *parts, size_t at, int n, float *to) {
    const int chunks = nn_chunks(parts->batch);
    for (int i = 0; i < nn_row(n); i++) {
        double part[NN_MAX_CHUNKS];
        for (int c = 0; c < chunks; c++) part[c] = nn_part(parts, c, at + (size_t)i);
        to[i] = (float)nn_total(part, 1, chunks);
    }
}

/* The mean of channel `at`, of which a chunk has rows of `row` channels: a shift, then the sums of
 * x - shift and of its square. */
static double nn_mean(const NnParts *parts, size_t at, int places, size_t row) {
    const int chunks = nn_chunks(parts->batch);
    double part[NN_MAX_CHUNKS];
    for (int c = 0; c < chunks; c++)
        part[c] = nn_product(nn_values(parts, c, places), nn_part(parts, c, at)) +
                  nn_part(parts, c, at + row);
    return nn_total(part, 1, chunks) / nn_product((double)parts->batch, (double)places);
}

/* The variance: of each chunk about its own mean, and of these means about that of all. */
static double nn_variance(const NnParts *parts, size_t at, int places, size_t row) {
    const int chunks = nn_chunks(parts->batch);
    const double mean = nn_mean(parts, at, places, row);
    double part[NN_MAX_CHUNKS];
    for (int c = 0; c < chunks; c++) {
        const double n = nn_values(parts, c, places), sum = nn_part(parts, c, at + row);
        const double off = nn_part(parts, c, at) + sum / n - mean;
        part[c] = nn_part(parts, c, at + 2 * row) - nn_product(sum, sum) / n +
                  nn_product(n, nn_product(off, off));
    }
    const double sum = nn_total(part, 1, chunks);
    return sum < 0.0 ? 0.0 : sum / nn_product((double)parts->batch, (double)places);
}

static void nn_means(const NnParts *parts, size_t at, int places, int n, float *to) {
    for (int i = 0; i < nn_row(n); i++)
        to[i] = (float)nn_mean(parts, at + (size_t)i, places, (size_t)nn_row(n));
}

static void nn_variances(const NnParts *parts, size_t at, int places, int n, float *to) {
    for (int i = 0; i < nn_row(n); i++)
        to[i] = (float)nn_variance(parts, at + (size_t)i, places, (size_t)nn_row(n));
}

/* The factor of a channel: weight / deviation; a weight that is NULL is 1. */
static float nn_factor(const float *weight, double deviation, int i) {
    return (float)((weight ? (double)weight[i] : 1.0) / deviation);
}

/* Rows mean, a, b of n channels: (x - mean) a + b is x normalised, times the weight, plus the bias.
 */
static void nn_norm(float *to, int n, double eps, double values, const float *mean,
                    const float *variance, const float *weight, const float *bias) {
    float *const second = to + nn_row(n), *const third = second + nn_row(n);
    (void)values;
    for (int i = 0; i < nn_row(n); i++) {
        to[i] = i < n ? mean[i] : 0.0f;
        second[i] = i < n ? nn_factor(weight, nn_sqrt((double)variance[i] + eps), i) : 0.0f;
        third[i] = i < n && bias ? bias[i] : 0.0f;
    }
}

/* A weight, in blocks of `rows` rows of 16 outputs, times the factors of its outputs. */
static void nn_fold_weight(float *to, int n, int rows, double eps, const float *from,
                           const float *variance, const float *weight) {
    for (int c = 0; c < nn_row(n); c++) {
        const float a = c < n ? nn_factor(weight, nn_sqrt((double)variance[c] + eps), c) : 0.0f;
        for (int i = 0; i < rows; i++) {
            const size_t k = ((size_t)(c / 16) * (size_t)rows + (size_t)i) * 16 + (size_t)(c % 16);
            to[k] = c < n ? from[k] * a : 0.0f;
        }
    }
}

static void nn_fold_bias(float *to, int n, double eps, const float *mean, const float *variance,
                         const float *weight, const float *bias, const float *from) {
    for (int c = 0; c < nn_row(n); c++) {
        const float a = c < n ? nn_factor(weight, nn_sqrt((double)variance[c] + eps), c) : 0.0f;
        const double off = c < n ? (from ? (double)from[c] : 0.0) - (double)mean[c] : 0.0;
        const double plus = c < n && bias ? (double)bias[c] : 0.0;
        to[c] = (float)(nn_product(off, (double)a) + plus);
    }
}

/* Row a: the gradient in x is dy a. */
static void nn_norm_scale(float *to, int n, double eps, double values, const float *variance,
                          const float *weight) {
    (void)values;
    for (int i = 0; i < nn_row(n); i++)
        to[i] = i < n ? nn_factor(weight, nn_sqrt((double)variance[i] + eps), i) : 0.0f;
}

/* Rows mean, a, b, c: the gradient in x is dy a + (x - mean) b + c, `sum` and `dot` being the
 * gradients in bias and weight. */
static void nn_norm_gradient(float *to, int n, double eps, double values, const float *mean,
                             const float *variance, const float *sum, const float *dot,
                             const float *weight) {
    float *const second = to + nn_row(n), *const third = second + nn_row(n);
    float *const fourth = third + nn_row(n);
    for (int i = 0; i < nn_row(n); i++) {
        const double deviation = nn_sqrt((double)variance[i] + eps);
        const float a = nn_factor(weight, deviation, i);
        const double b = -nn_product((double)a, (double)dot[i]) / nn_product(deviation, values);
        const double c = -nn_product((double)a, (double)sum[i]) / values;
        to[i] = i < n ? mean[i] : 0.0f;
        second[i] = i < n ? a : 0.0f;
        third[i] = i < n ? (float)b : 0.0f;
        fourth[i] = i < n ? (float)c : 0.0f;
    }
}

/* Moves a state of n numbers by a share of those of the batch; of values > 0 these are variances of
 * so many values, which are made unbiased. */
static void nn_blend(float *state, const float *batch, int n, double momentum, double values) {
    const double unbiased = values > 0.0 ? values / (values - 1.0) : 1.0;
    for (int i = 0; i < n; i++)
        state[i] = (float)(nn_product(1.0 - momentum, (double)state[i]) +
                           nn_product(nn_product(momentum, unbiased), (double)batch[i]));
}

static void nn_count(float *state) {
    *state += 1.0f;
}

#endif
