/* Initial values: what each initialiser promises. */
#include <math.h>

#include "../suite.h"

#include "runtime/init.h"

enum { ROWS = 6, COLUMNS = 20, COUNT = ROWS * COLUMNS };

static float values[COUNT];
static double room[COUNT];

static NnParam param_of(int rows, int columns, NnInit init, double a, double b) {
    return (NnParam){.name = "w",
                     .rank = 2,
                     .dim = {rows, columns},
                     .count = (int64_t)rows * columns,
                     .init = init,
                     .a = a,
                     .b = b};
}

/* Rows, `step` apart in steps of `next`, have products of the gain's square and zero. */
static void expect_orthonormal(int n, int length, int next, int step, double gain) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < length; k++)
                sum += (double)values[i * next + k * step] * (double)values[j * next + k * step];
            ck_assert_double_lt(fabs(sum - (i == j ? gain * gain : 0)), 1e-6);
        }
}

START_TEST(rows_or_columns_are_orthonormal) {
    const NnParam wide = param_of(ROWS, COLUMNS, NN_ORTHOGONAL, 1, 0);
    const NnParam tall = param_of(COLUMNS, ROWS, NN_ORTHOGONAL, 2, 0);
    init_values(&wide, 7, values, room);
    expect_orthonormal(ROWS, COLUMNS, COLUMNS, 1, 1);
    init_values(&tall, 7, values, room);
    expect_orthonormal(ROWS, COLUMNS, 1, ROWS, 2);
}
END_TEST

START_TEST(truncated_draws_stay_within_two) {
    const NnParam wide = param_of(ROWS, COLUMNS, NN_TRUNCATED, 1, 3);
    const NnParam far = param_of(ROWS, COLUMNS, NN_TRUNCATED, 90, 1e-3);
    double least = 0, most = 0;
    init_values(&wide, 7, values, room);
    for (int i = 0; i < COUNT; i++) {
        least = fmin(least, (double)values[i]);
        most = fmax(most, (double)values[i]);
    }
    ck_assert(least >= -2 && least < -1 && most <= 2 && most > 1.5);
    init_values(&far, 7, values, room);
    for (int i = 0; i < COUNT; i++) ck_assert_double_eq((double)values[i], 2);
}
END_TEST

START_TEST(dirac_gives_its_inputs) {
    const NnParam param = {.name = "w",
                           .rank = 4,
                           .dim = {4, 2, 3, 5},
                           .count = COUNT,
                           .init = NN_DIRAC_UNIFORM,
                           .a = 0.25,
                           .b = 0.5};
    init_values(&param, 7, values, room);
    for (int i = 0; i < COUNT; i++) {
        const int filter = i / 30, input = i / 15 % 2, tap = i % 15;
        if (filter < 2)
            ck_assert_double_eq((double)values[i], filter == input && tap == 7 ? 1 : 0);
        else
            ck_assert(values[i] >= 0.25f && values[i] < 0.5f);
    }
}
END_TEST

SUITE("init", TESTS(rows_or_columns_are_orthonormal, truncated_draws_stay_within_two,
                    dirac_gives_its_inputs))
