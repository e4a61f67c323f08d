/* What moves elements: which places a draw shows, that draws are fair and independent, and that
 * they never change. */
#include "single.h"

enum { H = 6, W = 7, N = H * W, SAMPLES_DRAWN = 64 };

/* A map whose element k of each sample is k + 1: what a result shows tells where it is from. */
static double *places(int batch) {
    double *x = ARENA_ARRAY(arena, double, batch *N);
    for (int k = 0; k < batch * N; k++) x[k] = k % N + 1;
    return x;
}

static const double *moved(const Op *op, const double *attr, int batch) {
    env.batch = batch;
    return run(add(op, attr, 1, sample(2, H, W, 0), 0, 0), places(batch), NULL);
}

static Node *one(const Op *op, const double *attr, int h, int w) {
    return add(op, attr, 1, sample(2, h, w, 0), 0, 0);
}

START_TEST(identity_when_switched_off) {
    env.dropout = false;
    const double *const attrs[] = {ATTR(1, 3, -1), ATTR(1, 3, 2, PAD_CONSTANT), ATTR(1, 3, 2)};
    const Op *const ops[] = {&op_random_flip, &op_random_crop, &op_random_erase};
    for (int i = 0; i < 3; i++) {
        const double *y = moved(ops[i], attrs[i], 8);
        for (int k = 0; k < 8 * N; k++) ck_assert_double_eq(y[k], k % N + 1);
    }
    const double *dx = moved(&op_random_crop_grad, ATTR(1, 3, 2, PAD_REFLECT), 8);
    for (int k = 0; k < 8 * N; k++) ck_assert_double_eq(dx[k], k % N + 1);
}
END_TEST

START_TEST(flips_turn_an_axis) {
    expect(RUN(one(&op_random_flip, ATTR(1, 3, -1), 2, 3), 1, 2, 3, 4, 5, 6), 3, 2, 1, 6, 5, 4);
    expect(RUN(one(&op_random_flip, ATTR(1, 3, 1), 2, 3), 1, 2, 3, 4, 5, 6), 4, 5, 6, 1, 2, 3);
    expect(RUN(one(&op_random_flip, ATTR(0, 3, 1), 2, 3), 1, 2, 3, 4, 5, 6), 1, 2, 3, 4, 5, 6);
    Node *x = sample(3, 2, 1, 2);
    expect(RUN(add(&op_random_flip, ATTR(1, 3, -3), 1, x, 0, 0), 1, 2, 3, 4), 3, 4, 1, 2);
}
END_TEST

/* The place of an axis of `size` that place i of the padded axis shows, 0: none; from 1 on. */
static int shown(int mode, int i, int size) {
    if (mode == PAD_REPLICATE) return i < 0 ? 1 : i >= size ? size : i + 1;
    if (mode == PAD_REFLECT) return (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i) + 1;
    return i < 0 || i >= size ? 0 : i + 1;
}

/* The shift of a crop, found by trying all: -1 if its result is no crop. */
static int shift_of(const double *y, int mode, int padding) {
    const int side = 2 * padding + 1;
    for (int s = 0; s < side * side; s++) {
        bool fits = true;
        for (int k = 0; k < N && fits; k++) {
            const int row = shown(mode, k / W + s / side - padding, H);
            const int column = shown(mode, k % W + s % side - padding, W);
            fits = y[k] == (row && column ? (row - 1) * W + column : 0);
        }
        if (fits) return s;
    }
    return -1;
}

/* Whether the counts are those of `n` draws of equally likely values: chi-squared, which for 24 or
 * more values exceeds its mean by five deviations once in a million times. */
static void expect_even(const int *count, int values, int n) {
    double chi = 0, mean = (double)n / values;
    for (int i = 0; i < values; i++) chi += (count[i] - mean) * (count[i] - mean) / mean;
    ck_assert_msg(chi < values - 1 + 6 * sqrt(2.0 * (values - 1)), "%d values of %d: %g", values, n,
                  chi);
    ck_assert_msg(chi > values - 1 - 6 * sqrt(2.0 * (values - 1)), "too even: %g", chi);
}

START_TEST(every_shift_is_equally_likely) {
    enum { PADDING = 2, SHIFTS = 25, STEPS = 200 };
    int count[SHIFTS] = {0};
    for (int step = 0; step < STEPS; step++) {
        env.step = step;
        const double *y = moved(&op_random_crop, ATTR(1, 3, PADDING, _i), SAMPLES_DRAWN);
        for (int b = 0; b < SAMPLES_DRAWN; b++) {
            const int shift = shift_of(y + b * N, _i, PADDING);
            ck_assert_int_ge(shift, 0);
            count[shift]++;
        }
    }
    expect_even(count, SHIFTS, STEPS * SAMPLES_DRAWN);
}
END_TEST

START_TEST(every_centre_is_equally_likely) {
    enum { STEPS = 300 };
    int count[N] = {0};
    for (int step = 0; step < STEPS; step++) {
        env.step = step;
        const double *y = moved(&op_random_erase, ATTR(1, 3, 3), SAMPLES_DRAWN);
        for (int b = 0; b < SAMPLES_DRAWN; b++) {
            int centre = -1;
            for (int c = 0; c < N && centre < 0; c++) {
                bool fits = true;
                for (int k = 0; k < N; k++) {
                    const bool inside = abs(k / W - c / W) <= 1 && abs(k % W - c % W) <= 1;
                    fits = fits && y[b * N + k] == (inside ? 0 : k + 1);
                }
                if (fits) centre = c;
            }
            ck_assert_int_ge(centre, 0);
            count[centre]++;
        }
    }
    expect_even(count, N, STEPS * SAMPLES_DRAWN);
}
END_TEST

/* An even size reaches one further up and left. */
START_TEST(squares_are_clipped) {
    env.batch = SAMPLES_DRAWN;
    const double *y = moved(&op_random_erase, ATTR(1, 3, 4), SAMPLES_DRAWN);
    int sizes[N + 1] = {0};
    for (int b = 0; b < SAMPLES_DRAWN; b++) {
        int zeros = 0, top = H, bottom = -1;
        for (int k = 0; k < N; k++) {
            if (y[b * N + k] != 0) continue;
            zeros++;
            if (k / W < top) top = k / W;
            bottom = k / W;
        }
        ck_assert(zeros >= 4 && zeros <= 16 && bottom - top < 4);
        sizes[zeros]++;
    }
    ck_assert(sizes[4] > 0 && sizes[16] > 0 && sizes[8] > 0);
}
END_TEST

/* 1 for samples that are changed, over `steps` steps. */
static const int *changes(const Op *op, const double *attr, int steps) {
    int *changed = ARENA_ARRAY(arena, int, steps *SAMPLES_DRAWN);
    for (int step = 0; step < steps; step++) {
        env.step = step;
        const double *y = moved(op, attr, SAMPLES_DRAWN);
        for (int b = 0; b < SAMPLES_DRAWN; b++)
            for (int k = 0; k < N; k++)
                if (y[b * N + k] != k + 1) changed[step * SAMPLES_DRAWN + b] = 1;
    }
    return changed;
}

START_TEST(p_is_kept) {
    enum { STEPS = 60 };
    const int n = STEPS * SAMPLES_DRAWN;
    for (int i = 0; i <= 10; i++) {
        const double p = i / 10.0;
        const int *flipped = changes(&op_random_flip, ATTR(p, 3, -1), STEPS);
        const int *erased = changes(&op_random_erase, ATTR(p, 4, 2), STEPS);
        int flips = 0, squares = 0;
        for (int k = 0; k < n; k++) flips += flipped[k], squares += erased[k];
        const double most = 4 * sqrt(n * p * (1 - p));
        ck_assert_msg(fabs(flips - p * n) <= most, "flip %g: %d", p, flips);
        ck_assert_msg(fabs(squares - p * n) <= most, "erase %g: %d", p, squares);
    }
}
END_TEST

static void expect_independent(const int *a, const int *b, int n, const char *words) {
    int same = 0;
    for (int k = 0; k < n; k++) same += a[k] == b[k];
    ck_assert_msg(abs(same - n / 2) < 4 * sqrt(n / 4.0), "%s agree in %d of %d", words, same, n);
}

/* Other layers, seeds, steps and samples: flips agree as often as chance has it. */
START_TEST(draws_are_independent) {
    enum { STEPS = 60 };
    const int n = STEPS * SAMPLES_DRAWN;
    const double *flip = ATTR(0.5, 3, -1);
    const int *a = changes(&op_random_flip, flip, STEPS);
    expect_independent(a, changes(&op_random_flip, ATTR(0.5, 4, -1), STEPS), n, "layers");
    expect_independent(a, a + SAMPLES_DRAWN, n - SAMPLES_DRAWN, "steps");
    expect_independent(a, a + 1, n - 1, "samples");
    expect_independent(a, changes(&op_random_erase, ATTR(0.5, 4, 2), STEPS), n, "kinds");
    env.seed++;
    expect_independent(a, changes(&op_random_flip, flip, STEPS), n, "seeds");
    env.seed--;
    ck_assert(!memcmp(a, changes(&op_random_flip, flip, STEPS), sizeof *a * (size_t)n));
}
END_TEST

/* Draws belong to the sample's index in the epoch, not to the batch or the place in it. */
START_TEST(draws_follow_the_sample) {
    const double *attr = ATTR(1, 3, 2, PAD_CONSTANT);
    const double *whole = moved(&op_random_crop, attr, 8);
    env.first_sample += 3;
    ck_assert(!memcmp(whole + 3 * N, moved(&op_random_crop, attr, 5), sizeof(double) * 5 * N));
}
END_TEST

/* One layer on an image, on its channels and on its label of classes: each sample moves alike. */
START_TEST(uses_share_the_draw) {
    env.batch = 16;
    const double *attrs[] = {ATTR(0.5, 3, -1), ATTR(1, 3, 2, PAD_CONSTANT), ATTR(0.5, 3, 3)};
    const Op *ops[] = {&op_random_flip, &op_random_crop, &op_random_erase};
    for (int i = 0; i < 3; i++) {
        Node *image = sample(3, 2, H, W), *classes = label(N + 1);
        classes->type.shape = (Shape){2, {H, W}};
        Node *of_label = add(ops[i], attrs[i], 1, classes, 0, 0);
        ck_assert_int_eq(of_label->type.classes, N + 1);
        double *both = ARENA_ARRAY(arena, double, 16 * 2 * N);
        for (int k = 0; k < 16 * 2 * N; k++) both[k] = k % N + 1;
        const double *y = run(add(ops[i], attrs[i], 1, image, 0, 0), both, NULL);
        const double *l = run(of_label, places(16), NULL);
        for (int k = 0; k < 16 * 2 * N; k++) ck_assert_double_eq(y[k], l[k / (2 * N) * N + k % N]);
    }
}
END_TEST

/* Parts of a stack are uses of a layer: they move alike. */
START_TEST(parts_share_the_draw) {
    env.batch = 2 * 8;
    Node *x =
        sample_leaf(graph, (Type){.kind = KIND_SAMPLE, .shape = {2, {H, W}}, .parts = 2}, "x");
    Node *y = add(&op_random_crop, ATTR(1, 3, 2, PAD_REFLECT), 1, x, 0, 0);
    double *values = places(2 * 8), *out = ARENA_ARRAY(arena, double, 2 * 8 * N);
    op_random_crop.reference(&env, y, (const double *[]){values}, out);
    ck_assert(!memcmp(out, out + 8 * N, sizeof *out * 8 * N));
    ck_assert(memcmp(out, out + N, sizeof *out * N) != 0);
}
END_TEST

/* Values that other programs compute too: they must never change. */
START_TEST(draws_are_pinned) {
    enum { PADDING = 2 };
    env.seed = 42;
    env.step = 7;
    env.first_sample = 1000;
    static const int shifts[] = {23, 4, 17, 11, 9, 5, 9, 9};
    const double *y =
        moved(&op_random_crop, ATTR(1, dropout_stream("crop"), PADDING, PAD_CONSTANT), 8);
    for (int b = 0; b < 8; b++)
        ck_assert_int_eq(shift_of(y + b * N, PAD_CONSTANT, PADDING), shifts[b]);
}
END_TEST

SUITE("augment", FIXTURE(begin, end),
      TESTS(identity_when_switched_off, flips_turn_an_axis, every_centre_is_equally_likely,
            squares_are_clipped, p_is_kept, draws_are_independent, draws_follow_the_sample,
            uses_share_the_draw, parts_share_the_draw, draws_are_pinned),
      LOOP(every_shift_is_equally_likely, 3))
