/* Random streams, drawn digits, and the distribution of epochs. */
#define _GNU_SOURCE
#include <math.h>

#include "../../runtime/digits.h"
#include "../../runtime/random.h"
#include "../../runtime/schedule.h"
#include "../runtime/support.h"

START_TEST(streams_differ_and_repeat) {
    uint64_t a = random_stream(1, "conv1.weight");
    ck_assert_uint_eq(a, random_stream(1, "conv1.weight"));
    ck_assert_uint_ne(a, random_stream(2, "conv1.weight"));
    ck_assert_uint_ne(a, random_stream(1, "conv2.weight"));
    ck_assert_uint_ne(random_bits(a, 0), random_bits(a, 1));
    ck_assert_uint_ne(random_fork(a, 0), random_fork(a, 1));
}
END_TEST

/* The numbers are part of what a seed means: a change of them changes every result. */
START_TEST(numbers_stay) {
    ck_assert_uint_eq(random_bits(random_stream(0, ""), 0), 0x1a14ffc5be30427cu);
}
END_TEST

START_TEST(uniform_is_uniform) {
    enum { N = 200000 };
    uint64_t key = random_stream(3, "uniform");
    double sum = 0, squares = 0, before = 0, products = 0;
    for (int i = 0; i < N; i++) {
        const double x = random_uniform(key, (uint64_t)i);
        ck_assert(x >= 0 && x < 1);
        sum += x;
        squares += x * x;
        products += (x - .5) * (before - .5);
        before = x;
    }
    ck_assert(fabs(sum / (double)N - .5) < .003);
    ck_assert(fabs(squares / (double)N - 1.0 / 3) < .003);
    ck_assert(fabs(products / (double)N) < .001);
}
END_TEST

START_TEST(normal_is_normal) {
    enum { N = 200000 };
    uint64_t key = random_stream(4, "normal");
    double sums[4] = {0};
    for (int i = 0; i < N; i++) {
        double x = random_normal(key, (uint64_t)i);
        ck_assert(isfinite(x));
        for (int k = 0; k < 4; k++) sums[k] += pow(x, k + 1) / (double)N;
    }
    ck_assert(fabs(sums[0]) < .01);
    ck_assert(fabs(sums[1] - 1) < .02);
    ck_assert(fabs(sums[2]) < .05);
    ck_assert(fabs(sums[3] - 3) < .15);
}
END_TEST

START_TEST(permutations_are_permutations) {
    enum { N = 1000 };
    int order[N], other[N], fixed = 0;
    bool seen[N] = {false};
    random_permutation(random_stream(5, "a"), N, order);
    random_permutation(random_stream(5, "b"), N, other);
    for (int i = 0; i < N; i++) {
        ck_assert(order[i] >= 0 && order[i] < N && !seen[order[i]]);
        seen[order[i]] = true;
        fixed += order[i] == i;
    }
    ck_assert(fixed < 10);
    ck_assert(memcmp(order, other, sizeof order) != 0);
}
END_TEST

START_TEST(drawn_digits_are_varied) {
    enum { PIXELS = DIGIT_PIXELS };
    for (int digit = 0; digit < 10; digit++) {
        unsigned char a[PIXELS], b[PIXELS];
        digit_draw(1, digit, a);
        digit_draw(1, digit, b);
        ck_assert(memcmp(a, b, PIXELS) == 0);
        digit_draw(2, digit, b);
        int ink = 0, differ = 0;
        for (int i = 0; i < PIXELS; i++) {
            ink += a[i] > 127;
            differ += a[i] != b[i];
        }
        ck_assert_int_gt(ink, 20);
        ck_assert_int_lt(ink, PIXELS / 3);
        ck_assert_int_gt(differ, 40);
    }
}
END_TEST

START_TEST(epochs_are_shared_in_proportion) {
    NnPhase phases[3] = {{.epochs = 50}, {.epochs = 30}, {.epochs = 20}};
    NnModel model = {.n_phases = 3, .phases = phases};
    int64_t e[3];
    schedule_lengths(&model, 0, e);
    ck_assert(e[0] == 50 && e[1] == 30 && e[2] == 20);
    schedule_lengths(&model, 10, e);
    ck_assert(e[0] == 5 && e[1] == 3 && e[2] == 2);
    schedule_lengths(&model, 11, e);
    ck_assert(e[0] == 6 && e[1] == 3 && e[2] == 2);
    schedule_lengths(&model, 3, e);
    ck_assert(e[0] == 1 && e[1] == 1 && e[2] == 1);
    phases[2].epochs = 1;
    schedule_lengths(&model, 4, e);
    ck_assert(e[0] == 2 && e[1] == 1 && e[2] == 1);
    for (int64_t total = 3; total < 300; total++) {
        schedule_lengths(&model, total, e);
        ck_assert_int_eq(e[0] + e[1] + e[2], total);
        ck_assert(e[0] >= 1 && e[1] >= 1 && e[2] >= 1);
    }
    /* More epochs for a training in its second phase: the first keeps its own. */
    schedule_lengths(&model, 10, e);
    const int64_t first = e[0], second = e[1];
    schedule_more(&model, 1, 100, e);
    ck_assert(e[0] == first && e[1] > second && e[0] + e[1] + e[2] == 100);
    schedule_more(&model, 2, 103, e);
    ck_assert(e[0] == first && e[0] + e[1] + e[2] == 103);
    phases[0] = (NnPhase){.steps = 300};
    phases[1] = (NnPhase){.steps = 100};
    model.n_phases = 2;
    schedule_lengths(&model, 0, e);
    ck_assert(e[0] == 300 && e[1] == 100);
    schedule_lengths(&model, 40, e);
    ck_assert(e[0] == 30 && e[1] == 10);
    ck_assert_int_eq(schedule_steps(&phases[0], 1000, 100), 10);
    ck_assert_int_eq(schedule_steps(&phases[0], 1001, 100), 11);
    phases[0].drop_last = true;
    ck_assert_int_eq(schedule_steps(&phases[0], 1099, 100), 10);
    ck_assert_int_eq(schedule_steps(&phases[0], 99, 100), 0);
}
END_TEST

/* Members take turns of 2, 1 and 3 steps. */
START_TEST(members_take_turns) {
    static const NnMember members[3] = {{.steps = 2}, {.steps = 1}, {.steps = 3}};
    static const int turns[6] = {0, 0, 1, 2, 2, 2};
    const NnPhase phase = {.n_members = 3, .members = members}, plain = {.epochs = 1};
    int64_t done[3] = {0};
    for (int64_t step = 0; step < 40; step++) {
        const int member = nn_member(&phase, step);
        ck_assert_int_eq(member, turns[step % 6]);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(nn_member_steps(&phase, i, step), done[i]);
            ck_assert_int_eq(schedule_step(&phase, i, step), schedule_own_step(&phase, i, done[i]));
        }
        ck_assert_int_eq(schedule_own_step(&phase, member, done[member]), step);
        done[member]++;
    }
    ck_assert_int_eq(nn_member(&plain, 7), 0);
    ck_assert_int_eq(nn_member_steps(&plain, 0, 7), 7);
    ck_assert_int_eq(schedule_step(&plain, 0, 7), 7);
}
END_TEST

SUITE("random", TESTS(streams_differ_and_repeat, numbers_stay, uniform_is_uniform, normal_is_normal,
                      permutations_are_permutations, drawn_digits_are_varied,
                      epochs_are_shared_in_proportion, members_take_turns))
