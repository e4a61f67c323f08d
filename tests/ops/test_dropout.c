/* Dropout's decisions, and random values: their share, their independence, and that they never
 * change. */
#include "single.h"

START_TEST(dropout_is_off_in_evaluation) {
    env.dropout = false;
    Node *x = sample(1, 3, 0, 0), *dy = sample(1, 3, 0, 0);
    expect(RUN(add(&op_dropout, ATTR(0.5, 1), 1, x, 0, 0), 1, 2, 3), 1, 2, 3);
    expect(run(add(&op_dropout_grad, ATTR(0.5, 1), 2, x, dy, 0), (double[]){0, 1, 2},
               (double[]){7, 8, 9}),
           0, 8, 9);
}
END_TEST

static double *ones(int64_t n) {
    double *x = ARENA_ARRAY(arena, double, n);
    for (int64_t k = 0; k < n; k++) x[k] = 1;
    return x;
}

static const double *mask(double p, double stream, double application) {
    return run(add(&op_dropout, ATTR(p, stream, application), 1, sample(3, 20, 5, 5), 0, 0),
               ones(64 * 500), NULL);
}

static int kept(const double *mask_, int64_t n) {
    int count = 0;
    for (int64_t k = 0; k < n; k++) count += mask_[k] != 0;
    return count;
}

START_TEST(dropout_keeps_its_share) {
    env.batch = 64;
    const int n = 64 * 500;
    for (int i = 0; i <= 10; i++) {
        double p = i / 10.0;
        int count = kept(mask(p, 3, 0), n);
        ck_assert_msg(fabs(count - (1 - p) * n) <= 4 * sqrt(n * p * (1 - p)), "p %g: %d", p, count);
    }
    const double *m = mask(0.2, 3, 0);
    for (int k = 0; k < n; k++) ck_assert(m[k] == 0 || fabs(m[k] - 1.25) < 1e-15);
}
END_TEST

/* Other layers, uses, steps, seeds and samples: decisions agree as often as chance has it. */
START_TEST(dropout_masks_are_independent) {
    env.batch = 64;
    const int n = 64 * 500;
    const double *m[7] = {mask(0.5, 3, 0), mask(0.5, 4, 0), mask(0.5, 3, 1)};
    env.step++;
    m[3] = mask(0.5, 3, 0);
    env.step--;
    env.seed++;
    m[4] = mask(0.5, 3, 0);
    env.seed--;
    env.first_sample += 64;
    m[5] = mask(0.5, 3, 0);
    env.first_sample -= 64;
    m[6] = mask(0.5, 3, 0);
    ck_assert_msg(!memcmp(m[0], m[6], sizeof(double) * (size_t)n), "the same draw differs");
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) {
            int same = 0;
            for (int k = 0; k < n; k++) same += (m[i][k] != 0) == (m[j][k] != 0);
            ck_assert_msg(abs(same - n / 2) < 4 * sqrt(n / 4.0), "masks %d and %d agree in %d", i,
                          j, same);
        }
}
END_TEST

/* The decision belongs to the sample's index in the epoch, not to its place in the batch. */
START_TEST(dropout_follows_the_sample) {
    env.batch = 8;
    const double *whole = mask(0.5, 3, 0);
    env.first_sample += 3;
    env.batch = 5;
    ck_assert(!memcmp(whole + 3 * 500, mask(0.5, 3, 0), sizeof(double) * 5 * 500));
}
END_TEST

START_TEST(dropout2d_drops_channels) {
    env.batch = 64;
    const double *m =
        run(add(&op_dropout2d, ATTR(0.5, 3), 1, sample(3, 20, 5, 5), 0, 0), ones(64 * 500), NULL);
    int count = 0;
    for (int c = 0; c < 64 * 20; c++) {
        int of_channel = kept(m + c * 25, 25);
        ck_assert(of_channel == 0 || of_channel == 25);
        count += of_channel == 25;
    }
    ck_assert_int_lt(abs(count - 640), 80);
}
END_TEST

/* Values that other programs compute too: they must never change. */
START_TEST(dropout_is_pinned) {
    ck_assert_uint_eq(dropout_stream(""), 0x811c9dc5u);
    ck_assert_uint_eq(dropout_stream("dropout_1"), 744040580u);
    ck_assert_uint_eq(dropout_hash(0, 0), 0u);
    ck_assert_uint_eq(dropout_hash(1, 0), 0x6d523710u);
    ck_assert_uint_eq(dropout_key(0, 0, 0, 0), 0x365afc61u);
    ck_assert_uint_eq(dropout_key(42, 744040580u, 1, 1000), 0x5f75e2cdu);
}
END_TEST

/* A vector that flatten made numbers its elements as the tensor did, also after pointwise ops; one
 * that a layer made does not, even if its size is the same. */
START_TEST(dropout_numbers_places) {
    Node *x = sample(3, 4, 2, 2), *flat = add(&op_flatten, NULL, 1, x, 0, 0);
    Node *relu = add(&op_relu, NULL, 1, add(&op_mul, NULL, 2, number(2), flat, 0), 0, 0);
    Node *w = sample_leaf(graph, (Type){.kind = KIND_PARAM, .shape = {2, {16, 16}}}, "w");
    Node *made[] = {x, flat, relu, add(&op_linear, NULL, 2, flat, w, 0)};
    for (int i = 0; i < 4; i++) {
        Node *n = add(&op_dropout, ATTR(0.5), 1, made[i], 0, 0);
        ck_assert_int_eq(dropout_attrs(n)->channels, i < 3 ? 4 : 16);
        ck_assert_int_eq(dropout_attrs(n)->height, i < 3 ? 2 : 1);
    }
    double values[16];
    for (int i = 0; i < 16; i++) values[i] = i + 1;
    double **all = ARENA_ARRAY(arena, double *, graph->n_nodes + 4);
    all[x->id] = values;
    Node *both[] = {add(&op_dropout, ATTR(0.5), 1, x, 0, 0),
                    add(&op_dropout, ATTR(0.5), 1, flat, 0, 0)};
    interpret(arena, graph, &env, both, 2, all);
    expect_values(all[both[0]->id], 16, all[both[1]->id]);
}
END_TEST

/* dropout_grad(dropout(relu(x)), d) is relu_grad(relu(x), dropout(d)): it needs no mask. */
START_TEST(dropout_grad_reads_the_mask_off_the_value) {
    double p[MAX_ATTRS] = {0.3, 17, 1};
    Node *x = sample(3, 3, 5, 4), *d = sample(3, 3, 5, 4), *relu = add(&op_relu, NULL, 1, x, 0, 0);
    Node *two[] = {
        add(&op_dropout_grad, p, 2, add(&op_dropout, p, 1, relu, 0, 0), d, 0),
        add(&op_relu_grad, NULL, 2, relu, add(&op_dropout, p, 1, d, 0, 0), 0),
    };
    env.batch = 4;
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    values[x->id] = sample_numbers(arena, 240, 1);
    values[d->id] = sample_numbers(arena, 240, 2);
    interpret(arena, graph, &env, two, 2, values);
    expect_values(values[two[0]->id], 240, values[two[1]->id]);
    int count = kept(values[two[0]->id], 240);
    ck_assert(count > 40 && count < 140);
}
END_TEST

/* A value of that op and shape, drawn under the name. */
static const double *drawn(const Op *op, const char *name, int rank, int a, int b, int c) {
    return run(add(op, ATTR(dropout_stream(name), rank, a, b, c), 0, 0, 0, 0), NULL, NULL);
}

START_TEST(random_values_have_their_moments) {
    env.batch = 64;
    const Op *const ops[] = {&op_randn, &op_rand};
    const double mean[] = {0, 0.5}, square[] = {1, 1 / 3.0};
    for (int i = 0; i < 2; i++) {
        const double *x = drawn(ops[i], "z", 1, 1000, 0, 0);
        double sum = 0, squares = 0, next = 0, pair = 0;
        for (int k = 0; k < 64000; k++) {
            const double d = x[k] - mean[i];
            sum += d / 64000;
            squares += x[k] * x[k] / 64000;
            if (k % 1000 < 984) next += d * (x[k + 1] - mean[i]) / 64000;
            if (k % 1000 < 984) pair += d * (x[k + 16] - mean[i]) / 64000;
        }
        ck_assert_double_eq_tol(sum, 0, 0.016);
        ck_assert_double_eq_tol(squares, square[i], 0.02);
        ck_assert_double_eq_tol(next, 0, 0.016);
        ck_assert_double_eq_tol(pair, 0, 0.016);
    }
}
END_TEST

/* In training seed, step, name and sample decide, elsewhere name and sample. */
START_TEST(random_values_follow_step_and_sample) {
    enum { N = 20 };
    env.batch = 8;
    for (int training = 0; training < 2; training++) {
        env.dropout = training;
        const double *x = drawn(&op_randn, "z", 1, N, 0, 0);
        ck_assert(memcmp(x, drawn(&op_randn, "y", 1, N, 0, 0), sizeof *x * N) != 0);
        env.first_sample += 3;
        ck_assert(!memcmp(x + 3 * N, drawn(&op_randn, "z", 1, N, 0, 0), sizeof *x * 5 * N));
        env.first_sample -= 3;
        env.step++;
        ck_assert_int_eq(!memcmp(x, drawn(&op_randn, "z", 1, N, 0, 0), sizeof *x * N), !training);
        env.step--;
        env.seed++;
        ck_assert_int_eq(!memcmp(x, drawn(&op_randn, "z", 1, N, 0, 0), sizeof *x * N), !training);
        env.seed--;
    }
}
END_TEST

/* Elements are counted in rows of 16 along channels, or columns of sequences. */
START_TEST(random_values_are_numbered_by_place) {
    env.batch = 1;
    const double *flat = drawn(&op_rand, "z", 1, 6 * 32, 0, 0);
    const double *image = drawn(&op_rand, "z", 3, 20, 2, 3);
    const double *rows = drawn(&op_rand, "z", 2, 6, 20, 0);
    for (int c = 0; c < 20; c++)
        for (int p = 0; p < 6; p++) {
            ck_assert_double_eq(image[c * 6 + p], flat[p * 32 + c]);
            ck_assert_double_eq(rows[p * 20 + c], flat[p * 32 + c]);
        }
}
END_TEST

/* Values that other programs compute too: they must never change. */
START_TEST(random_values_are_pinned) {
    env = (Env){.batch = 1, .dropout = true, .seed = 42, .step = 7, .first_sample = 1000};
    const double *x = drawn(&op_randn, "z", 1, 20, 0, 0), *u = drawn(&op_rand, "z", 1, 20, 0, 0);
    expect(((double[]){x[0], x[1], x[15], x[16], x[19]}), -0.65270670977537, 0.56789898434912,
           0.2470935710369, -1.04197016496, -0.76394592400906);
    expect(((double[]){u[0], u[1], u[19]}), 0.46960467100143, 0.43247729539871, 0.40663856267929);
    env.dropout = false;
    x = drawn(&op_randn, "z", 1, 20, 0, 0);
    expect(((double[]){x[0], x[1], x[15], x[16], x[19]}), -1.0799735423766, 0.55521126186641,
           0.26887157135844, -1.658680620472, -0.36736606646507);
}
END_TEST

SUITE("dropout", FIXTURE(begin, end),
      TESTS(dropout_is_off_in_evaluation, dropout_keeps_its_share, dropout_masks_are_independent,
            dropout_follows_the_sample, dropout2d_drops_channels, dropout_is_pinned,
            dropout_numbers_places, dropout_grad_reads_the_mask_off_the_value,
            random_values_have_their_moments, random_values_follow_step_and_sample,
            random_values_are_numbered_by_place, random_values_are_pinned))
