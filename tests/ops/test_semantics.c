/* What ops mean where random samples do not tell: ties, NaN, padding, rounding of sizes, dropout's
 * decisions, results known by hand. PyTorch's semantics. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"
#include "samples.h"

enum { MAX_BATCH = 64 };

static Arena *arena;
static Diag *diag;
static Graph *graph;
static Env env;
static bool near[MAX_BATCH];
static const Loc nowhere = {"", 0};

static void begin(void) {
    arena = arena_new();
    diag = diag_new(arena);
    graph = graph_new(arena, diag);
    env = sample_env(1);
    env.tie = 1e-5;
    env.near_tie = memset(near, 0, sizeof near);
}

static void end(void) {
    arena_free(arena);
}

static Node *sample(int rank, int a, int b, int c) {
    return sample_leaf(graph, (Type){KIND_SAMPLE, {rank, {a, b, c, 0}}, 0}, "x");
}

static Node *label(int classes) {
    return sample_leaf(graph, (Type){KIND_SAMPLE, {0, {0}}, classes}, "label");
}

static Node *number(double value) {
    return graph_add(graph, &op_number, nowhere, NULL, 0, NULL, &value);
}

static Node *add(const Op *op, const double *attr, int n, Node *a, Node *b, Node *c) {
    return graph_add(graph, op, nowhere, NULL, n, (Node *[]){a, b, c}, attr);
}

/* The value of a node where its operands, which are leaves, have these values. */
static double *run(Node *n, double *a, double *b) {
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    if (a) values[n->in[0]->id] = a;
    if (b) values[n->in[1]->id] = b;
    interpret(arena, graph, &env, &n, 1, values);
    return values[n->id];
}

#define RUN(n, ...) run((n), (double[]){__VA_ARGS__}, NULL)
#define ATTR(...) ((double[MAX_ATTRS]){__VA_ARGS__})
#define expect(found, ...)                                                                         \
    expect_values((found), sizeof((double[]){__VA_ARGS__}) / sizeof(double),                       \
                  (double[]){__VA_ARGS__})

static void expect_values(const double *found, size_t n, const double *wanted) {
    for (size_t i = 0; i < n; i++) {
        if (isnan(wanted[i]))
            ck_assert_msg(isnan(found[i]), "element %d is %g, not NaN", (int)i, found[i]);
        else
            ck_assert_double_eq_tol(found[i], wanted[i], 1e-12);
    }
}

START_TEST(activations_pass_nan) {
    const Op *const ops[] = {&op_relu, &op_leaky_relu, &op_tanh, &op_sigmoid};
    for (int i = 0; i < 4; i++)
        ck_assert(isnan(*RUN(add(ops[i], NULL, 1, sample(1, 1, 0, 0), 0, 0), NAN)));
    expect(RUN(add(&op_relu, NULL, 1, sample(1, 3, 0, 0), 0, 0), -2, 0, 3), 0, 0, 3);
    expect(RUN(add(&op_leaky_relu, ATTR(0.25), 1, sample(1, 3, 0, 0), 0, 0), -2, 0, 3), -0.5, 0, 3);
}
END_TEST

START_TEST(relu_gradient_is_zero_at_zero) {
    Node *x = sample(1, 3, 0, 0), *dy = sample(1, 3, 0, 0);
    double y[] = {0, 2, 0}, g[] = {5, 6, 7};
    expect(run(add(&op_relu_grad, NULL, 2, x, dy, 0), y, g), 0, 6, 0);
    expect(run(add(&op_leaky_relu_grad, ATTR(0.5), 2, x, dy, 0), y, g), 2.5, 6, 3.5);
}
END_TEST

START_TEST(first_of_equal_wins) {
    double pool[MAX_ATTRS] = {2, 2, 2, 2, 0, 0};
    Node *x = sample(3, 1, 2, 4), *dy = sample(3, 1, 1, 2);
    double values[] = {1, 3, 0, 0, 3, 3, 0, 0}, g[] = {10, 20};
    expect(run(add(&op_max_pool2d, pool, 1, x, 0, 0), values, NULL), 3, 0);
    expect(run(add(&op_max_pool2d_grad, pool, 2, x, dy, 0), values, g), 0, 10, 20, 0, 0, 0, 0, 0);
    ck_assert_msg(!near[0], "exact ties decide the same everywhere");
}
END_TEST

START_TEST(overlapping_windows_add_gradients) {
    double pool[MAX_ATTRS] = {1, 2, 1, 1, 0, 0};
    double values[] = {1, 5, 2}, g[] = {10, 20};
    Node *n = add(&op_max_pool2d_grad, pool, 2, sample(3, 1, 1, 3), sample(3, 1, 1, 2), 0);
    expect(run(n, values, g), 0, 30, 0);
}
END_TEST

START_TEST(pooling_passes_nan) {
    double pool[MAX_ATTRS] = {2, 2, 2, 2, 0, 0};
    expect(RUN(add(&op_max_pool2d, pool, 1, sample(3, 1, 2, 2), 0, 0), 1, NAN, 3, 2), NAN);
    expect(RUN(add(&op_avg_pool2d, pool, 1, sample(3, 1, 2, 2), 0, 0), 1, NAN, 3, 2), NAN);
}
END_TEST

START_TEST(padding_never_wins_and_counts_in_means) {
    double pool[MAX_ATTRS] = {2, 2, 2, 2, 1, 1};
    expect(RUN(add(&op_max_pool2d, pool, 1, sample(3, 1, 2, 2), 0, 0), -1, -2, -3, -4), -1, -2, -3,
           -4);
    expect(RUN(add(&op_avg_pool2d, pool, 1, sample(3, 1, 2, 2), 0, 0), 4, 8, 12, 16), 1, 2, 3, 4);
}
END_TEST

START_TEST(sizes_are_rounded_down) {
    double pool[MAX_ATTRS] = {3, 2, 2, 2, 1, 0};
    Shape s = add(&op_max_pool2d, pool, 1, sample(3, 5, 8, 9), 0, 0)->type.shape;
    ck_assert(shape_equal(s, (Shape){3, {5, 4, 4, 0}}));
    double conv[MAX_ATTRS] = {2, 3, 1, 0, 2, 1, 1};
    Node *w = sample_leaf(graph, (Type){KIND_PARAM, {4, {6, 4, 3, 2}}, 0}, "w");
    s = add(&op_conv2d, conv, 2, sample(3, 4, 9, 9), w, 0)->type.shape;
    ck_assert(shape_equal(s, (Shape){3, {6, 4, 3, 0}}));
}
END_TEST

/* Taps are not flipped; row order; dilation leaves out every other place. */
START_TEST(convolutions_are_cross_correlations) {
    Node *w = sample_leaf(graph, (Type){KIND_PARAM, {4, {1, 1, 1, 2}}, 0}, "w");
    double x[] = {1, 2, 3, 4}, weight[] = {10, 1};
    Node *n = add(&op_conv2d, ATTR(1, 1, 0, 0, 1, 1, 1), 2, sample(3, 1, 1, 4), w, 0);
    expect(run(n, x, weight), 12, 23, 34);
    n = add(&op_conv2d, ATTR(1, 1, 0, 1, 1, 2, 1), 2, sample(3, 1, 1, 4), w, 0);
    expect(run(n, x, weight), 2, 13, 24, 30);
}
END_TEST

START_TEST(losses_are_means) {
    env.batch = 2;
    Node *x = sample(1, 2, 0, 0);
    double logits[] = {0, 0, log(3), 0}, labels[] = {1, 0}, targets[] = {1, 2, 3, 4};
    double wanted = (log(2) + log(4.0 / 3)) / 2;
    expect(run(add(&op_cross_entropy, NULL, 2, x, label(2), 0), logits, labels), wanted);
    double values[] = {1, 4, 3, 8};
    expect(run(add(&op_mse, NULL, 2, x, sample(1, 2, 0, 0), 0), values, targets), 5);
    Node *half = number(0.5);
    expect(run(add(&op_bce_with_logits, NULL, 2, x, half, 0), (double[]){0, 0, 0, 0}, NULL),
           log(2));
}
END_TEST

START_TEST(losses_are_stable) {
    Node *x = sample(1, 2, 0, 0), *t = sample(1, 2, 0, 0);
    double large[] = {1000, -1000}, right[] = {1, 0}, wrong[] = {0, 1}, zero[] = {0}, one[] = {1};
    Node *bce = add(&op_bce_with_logits, NULL, 2, x, t, 0);
    expect(run(bce, large, right), 0);
    expect(run(bce, large, wrong), 1000);
    Node *ce = add(&op_cross_entropy, NULL, 2, x, label(2), 0);
    expect(run(ce, large, zero), 0);
    expect(run(ce, large, one), 2000);
    Node *grad = add(&op_cross_entropy_grad, NULL, 3, x, label(2), number(3));
    expect(run(grad, large, one), 3, -3);
}
END_TEST

START_TEST(decisions) {
    Node *argmax = add(&op_argmax, NULL, 1, sample(1, 4, 0, 0), 0, 0);
    ck_assert_int_eq(argmax->type.classes, 4);
    expect(RUN(argmax, 1, 7, 7, 2), 1);
    expect(RUN(argmax, 1, 7, NAN, 9), 2);
    double a[] = {1, 2, 3}, b[] = {1, 3, 2};
    Node *x = sample(1, 3, 0, 0), *y = sample(1, 3, 0, 0);
    expect(run(add(&op_equal, NULL, 2, x, y, 0), a, b), 1, 0, 0);
    expect(run(add(&op_less_equal, NULL, 2, x, y, 0), a, b), 1, 1, 0);
}
END_TEST

/* Which samples are marked where the second one has `value` beside the number 1. */
static bool is_near(const Op *op, double value) {
    double pool[MAX_ATTRS] = {1, 2, 1, 2, 0, 0}, x[] = {-1, 8, 1, value};
    env.batch = 2;
    memset(near, 0, sizeof near);
    Node *in = op == &op_max_pool2d ? sample(3, 1, 1, 2) : sample(1, 2, 0, 0);
    run(add(op, op == &op_max_pool2d ? pool : NULL, 1, in, 0, 0), x, NULL);
    ck_assert_msg(!near[0], "%s marks a sample that is far from a tie", op->name);
    return near[1];
}

START_TEST(near_ties_are_marked) {
    for (int i = 0; i < 2; i++) {
        const Op *op = i ? &op_leaky_relu : &op_relu;
        ck_assert(is_near(op, 7e-5) && is_near(op, -7e-5));
        ck_assert(!is_near(op, 9e-5) && !is_near(op, 0));
        op = i ? &op_argmax : &op_max_pool2d;
        ck_assert(is_near(op, 1 + 7e-5) && is_near(op, 1 - 7e-5));
        ck_assert(!is_near(op, 1 + 9e-5) && !is_near(op, 1));
    }
    env.near_tie = NULL; /* nobody asks */
    RUN(add(&op_relu, NULL, 1, sample(1, 1, 0, 0), 0, 0), 1e-9, 1);
}
END_TEST

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

/* A vector that flatten made numbers its elements as the tensor did, also behind pointwise ops; one
 * that a layer made does not, even if its size is the same. */
START_TEST(dropout_numbers_places) {
    Node *x = sample(3, 4, 2, 2), *flat = add(&op_flatten, NULL, 1, x, 0, 0);
    Node *relu = add(&op_relu, NULL, 1, add(&op_mul, NULL, 2, number(2), flat, 0), 0, 0);
    Node *w = sample_leaf(graph, (Type){KIND_PARAM, {2, {16, 16}}, 0}, "w");
    Node *made[] = {x, flat, relu, add(&op_linear, NULL, 2, flat, w, 0)};
    for (int i = 0; i < 4; i++) {
        Node *n = add(&op_dropout, ATTR(0.5), 1, made[i], 0, 0);
        ck_assert_double_eq(n->attr[DROPOUT_CHANNELS], i < 3 ? 4 : 16);
        ck_assert_double_eq(n->attr[DROPOUT_HEIGHT], i < 3 ? 2 : 1);
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

START_TEST(schedules) {
    Node *a = number(2), *b = number(-3);
    expect(run(add(&op_min, NULL, 2, a, b, 0), NULL, NULL), -3);
    expect(run(add(&op_max, NULL, 2, a, b, 0), NULL, NULL), 2);
    expect(run(add(&op_cos, NULL, 1, number(0), 0, 0), NULL, NULL), 1);
    expect(run(add(&op_exp, NULL, 1, number(1), 0, 0), NULL, NULL), exp(1));
    const Op *const counters[] = {&op_epoch, &op_epochs, &op_step, &op_steps};
    const double wanted[] = {3, 7, 5, 11};
    for (int i = 0; i < 4; i++)
        expect_values(run(graph_add(graph, counters[i], nowhere, NULL, 0, NULL, NULL), NULL, NULL),
                      1, &wanted[i]);
}
END_TEST

static void add_all(TCase *t) {
    tcase_add_test(t, activations_pass_nan);
    tcase_add_test(t, relu_gradient_is_zero_at_zero);
    tcase_add_test(t, first_of_equal_wins);
    tcase_add_test(t, overlapping_windows_add_gradients);
    tcase_add_test(t, pooling_passes_nan);
    tcase_add_test(t, padding_never_wins_and_counts_in_means);
    tcase_add_test(t, sizes_are_rounded_down);
    tcase_add_test(t, convolutions_are_cross_correlations);
    tcase_add_test(t, losses_are_means);
    tcase_add_test(t, losses_are_stable);
    tcase_add_test(t, decisions);
    tcase_add_test(t, near_ties_are_marked);
    tcase_add_test(t, dropout_is_off_in_evaluation);
    tcase_add_test(t, dropout_keeps_its_share);
    tcase_add_test(t, dropout_masks_are_independent);
    tcase_add_test(t, dropout_follows_the_sample);
    tcase_add_test(t, dropout2d_drops_channels);
    tcase_add_test(t, dropout_is_pinned);
    tcase_add_test(t, dropout_numbers_places);
    tcase_add_test(t, dropout_grad_reads_the_mask_off_the_value);
    tcase_add_test(t, schedules);
}

int main(void) {
    Suite *suite = suite_create("semantics");
    TCase *tests = tcase_create("meaning");
    tcase_add_checked_fixture(tests, begin, end);
    add_all(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
