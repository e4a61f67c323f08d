/* What generated code does with tensors of the batch, against sums in long double. The compiler
 * warns here of a helper without a test, as unused. */
#include <math.h>

#include "../suite.h"

/* Constants that the plan would define. */
enum { NN_CHUNK_MIN = 3, NN_MAX_CHUNKS = 64 };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include "compiler/emit/prelude.h" /* tested by itself */
#pragma GCC diagnostic pop

#include "compiler/emit/batch.h"

enum { BATCH = 50, PLACES = 6, N = 5, ROW = 16, RECORD = 3 * ROW };

static float x[BATCH][PLACES][N], records[NN_MAX_CHUNKS * RECORD];
static const NnParts parts = {records, RECORD, BATCH};
static float mean[ROW], variance[ROW];

/* Values with a mean far from 0, and what a kernel leaves of them: shift, sum, sum of squares. */
static void begin(void) {
    unsigned state = 7;
    for (int s = 0; s < BATCH; s++)
        for (int p = 0; p < PLACES; p++)
            for (int c = 0; c < N; c++) {
                state = state * 1664525u + 1013904223u;
                x[s][p][c] = (float)(100 * c) + (float)(state >> 8) / 16777216.0f;
            }
    memset(records, 0, sizeof records);
    for (int k = 0; k < nn_chunks(BATCH); k++)
        for (int c = 0; c < N; c++) {
            float *to = records + k * RECORD + c, shift = x[nn_first(BATCH, k)][0][c];
            to[0] = shift;
            for (int s = nn_first(BATCH, k); s < nn_first(BATCH, k + 1); s++)
                for (int p = 0; p < PLACES; p++) {
                    const float d = x[s][p][c] - shift;
                    to[ROW] += d;
                    to[2 * ROW] += d * d;
                }
        }
    nn_means(&parts, 0, PLACES, N, mean);
    nn_variances(&parts, 0, PLACES, N, variance);
}

static void end(void) {}

START_TEST(moments_are_those_of_all_values) {
    ck_assert_int_gt(nn_chunks(BATCH), 4);
    for (int c = 0; c < N; c++) {
        long double sum = 0, square = 0;
        for (int s = 0; s < BATCH; s++)
            for (int p = 0; p < PLACES; p++) sum += (long double)x[s][p][c];
        sum /= BATCH * PLACES;
        for (int s = 0; s < BATCH; s++)
            for (int p = 0; p < PLACES; p++)
                square += ((long double)x[s][p][c] - sum) * ((long double)x[s][p][c] - sum);
        square /= BATCH * PLACES;
        ck_assert_double_eq_tol((double)mean[c], (double)sum, 1e-7 * fabs((double)sum) + 1e-7);
        ck_assert_double_eq_tol((double)variance[c], (double)square, 1e-6 * (double)square);
    }
    for (int c = N; c < ROW; c++) ck_assert(mean[c] == 0 && variance[c] == 0);
}
END_TEST

START_TEST(coefficients_normalise_and_leave_the_padding_zero) {
    float weight[ROW] = {2, 2, 2, 2, 2}, bias[ROW] = {3, 3, 3, 3, 3}, rows[4 * ROW];
    float sum[ROW] = {5, 5, 5, 5, 5}, dot[ROW] = {7, 7, 7, 7, 7};
    nn_norm(rows, N, 1e-5, 1, mean, variance, weight, bias);
    for (int c = 0; c < N; c++) {
        const double deviation = sqrt((double)variance[c] + 1e-5);
        ck_assert_float_eq(rows[c], mean[c]);
        ck_assert_double_eq_tol((double)rows[ROW + c], 2 / deviation, 1e-6 / deviation);
        ck_assert_float_eq(rows[2 * ROW + c], 3);
    }
    nn_norm(rows, N, 1e-5, 1, mean, variance, NULL, NULL);
    ck_assert_float_eq(rows[2 * ROW], 0);
    for (int c = N; c < 3 * ROW; c += ROW) ck_assert_float_eq(rows[c], 0);
    nn_norm_scale(rows, N, 1e-5, 1, variance, NULL);
    ck_assert_double_eq_tol((double)rows[1], 1 / sqrt((double)variance[1] + 1e-5), 1e-6);
    nn_norm_gradient(rows, N, 1e-5, 300, mean, variance, sum, dot, weight);
    const double a = 2 / sqrt((double)variance[0] + 1e-5);
    ck_assert_double_eq_tol((double)rows[ROW], a, 1e-6 * a);
    ck_assert_double_eq_tol((double)rows[2 * ROW], -a * a / 2 * 7 / 300, 1e-6);
    ck_assert_double_eq_tol((double)rows[3 * ROW], -a * 5 / 300, 1e-6);
}
END_TEST

START_TEST(sums_and_states) {
    float sum[ROW], state[2] = {1, 2}, batch[2] = {3, 6}, count = 4;
    nn_sums(&parts, 2 * ROW, N, sum);
    double wanted = 0;
    for (int k = 0; k < nn_chunks(BATCH); k++) wanted += (double)records[k * RECORD + 2 * ROW];
    ck_assert_double_eq_tol((double)sum[0], wanted, 1e-6 * wanted);
    nn_blend(state, batch, 2, 0.25, 0);
    ck_assert(state[0] == 1.5f && state[1] == 3.0f);
    nn_blend(state, batch, 1, 0.5, 3); /* 3 * 3 / 2 */
    ck_assert_float_eq(state[0], 3.0f);
    nn_count(&count);
    ck_assert_float_eq(count, 5);
    count = 0x1p24f; /* a float counts no further */
    nn_count(&count);
    ck_assert_float_eq(count, 0x1p24f);
}
END_TEST

/* A layer with the folded weight and bias gives what the norm makes of the layer's own value, for
 * inputs of ones: the bias plus the weights of all rows. What is beyond the last output is zero. */
START_TEST(a_folded_layer_normalises) {
    enum { ROWS = 3 };
    float from[ROWS * ROW], to[ROWS * ROW], own[ROW] = {0}, folded[ROW];
    const float weight[ROW] = {2, -1, 0.5f, 3, 1}, bias[ROW] = {3, 1, -2, 0, 5};
    for (int i = 0; i < ROWS * ROW; i++) {
        from[i] = i % ROW < N ? (float)(i * 7 % 11) - 4 : 9;
        to[i] = -1;
    }
    for (int c = 0; c < N; c++) own[c] = (float)c - 1.5f;
    for (int with = 0; with < 2; with++) {
        nn_fold_weight(to, N, ROWS, 1e-5, from, variance, weight);
        nn_fold_bias(folded, N, 1e-5, mean, variance, weight, bias, with ? own : NULL);
        for (int c = 0; c < N; c++) {
            double plain = with ? (double)own[c] : 0, sum = (double)folded[c];
            for (int r = 0; r < ROWS; r++) plain += (double)from[r * ROW + c];
            for (int r = 0; r < ROWS; r++) sum += (double)to[r * ROW + c];
            const double a = (double)weight[c] / sqrt((double)variance[c] + 1e-5);
            const double wanted = (plain - (double)mean[c]) * a + (double)bias[c];
            ck_assert_double_eq_tol(sum, wanted, 1e-6 * (1 + fabs(wanted)));
        }
        for (int i = 0; i < ROWS * ROW; i++) ck_assert(i % ROW < N || to[i] == 0);
        for (int c = N; c < ROW; c++) ck_assert(folded[c] == 0);
    }
    nn_fold_weight(to, N, ROWS, 1e-5, from, variance, NULL);
    ck_assert_double_eq_tol((double)to[1], (double)from[1] / sqrt((double)variance[1] + 1e-5),
                            1e-5 * fabs((double)to[1]));
    nn_fold_bias(folded, N, 1e-5, mean, variance, NULL, NULL, NULL);
    ck_assert_double_eq_tol((double)folded[1], -(double)mean[1] / sqrt((double)variance[1] + 1e-5),
                            1e-5 * fabs((double)folded[1]));
}
END_TEST

SUITE("tensors of the batch", FIXTURE(begin, end),
      TESTS(moments_are_those_of_all_values, coefficients_normalise_and_leave_the_padding_zero,
            a_folded_layer_normalises, sums_and_states))
