/* The meaning of ops where random samples do not show it: ties, NaN, padding, rounding of sizes,
 * results known by hand. PyTorch's semantics. */
#include "single.h"

START_TEST(activations_pass_nan) {
    const Op *const ops[] = {&op_relu, &op_leaky_relu, &op_tanh, &op_sigmoid, &op_gelu};
    for (int i = 0; i < 5; i++)
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
    ck_assert_msg(margin[0] > 1e-5, "exact ties decide the same everywhere");
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
    Node *w = sample_leaf(graph, (Type){.kind = KIND_PARAM, .shape = {4, {6, 4, 3, 2}}}, "w");
    s = add(&op_conv2d, conv, 2, sample(3, 4, 9, 9), w, 0)->type.shape;
    ck_assert(shape_equal(s, (Shape){3, {6, 4, 3, 0}}));
}
END_TEST

/* Taps are not flipped; row order; dilation leaves out every other place. */
START_TEST(convolutions_are_cross_correlations) {
    Node *w = sample_leaf(graph, (Type){.kind = KIND_PARAM, .shape = {4, {1, 1, 1, 2}}}, "w");
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
    expect(RUN(argmax, 1, 7, NAN, 9), NAN);
    expect(RUN(argmax, 1, INFINITY, -INFINITY, 9), NAN);
    expect(RUN(argmax, 1, -INFINITY, 7, 9), 3);
    double a[] = {1, 2, 3}, b[] = {1, 3, 2};
    Node *x = sample(1, 3, 0, 0), *y = sample(1, 3, 0, 0);
    expect(run(add(&op_equal, NULL, 2, x, y, 0), a, b), 1, 0, 0);
    expect(run(add(&op_less_equal, NULL, 2, x, y, 0), a, b), 1, 1, 0);
    /* NaN is equal to nothing, and neither smaller nor larger. */
    double nan[] = {NAN, 3, NAN}, other[] = {NAN, NAN, 2};
    expect(run(add(&op_equal, NULL, 2, x, y, 0), nan, other), 0, 0, 0);
    expect(run(add(&op_less_equal, NULL, 2, x, y, 0), nan, other), 0, 0, 0);
}
END_TEST

/* Whether the second sample, which has `value` beside the number 1, has a decision near a tie. */
static bool is_near(const Op *op, double value) {
    double pool[MAX_ATTRS] = {1, 2, 1, 2, 0, 0}, x[] = {-1, 8, 1, value};
    env.batch = 2;
    margin[0] = margin[1] = INFINITY;
    Node *in = op == &op_max_pool2d ? sample(3, 1, 1, 2) : sample(1, 2, 0, 0);
    run(add(op, op == &op_max_pool2d ? pool : NULL, 1, in, 0, 0), x, NULL);
    ck_assert_msg(margin[0] > 1e-5, "%s: the first sample is far from a tie", op->name);
    return margin[1] <= 1e-5;
}

START_TEST(margins_are_noted) {
    for (int i = 0; i < 2; i++) {
        const Op *op = i ? &op_leaky_relu : &op_relu;
        ck_assert(is_near(op, 7e-5) && is_near(op, -7e-5));
        ck_assert(!is_near(op, 9e-5) && !is_near(op, 0));
        op = i ? &op_argmax : &op_max_pool2d;
        ck_assert(is_near(op, 1 + 7e-5) && is_near(op, 1 - 7e-5));
        ck_assert(!is_near(op, 1 + 9e-5) && !is_near(op, 1));
    }
    env.margin = NULL; /* not asked for */
    RUN(add(&op_relu, NULL, 1, sample(1, 1, 0, 0), 0, 0), 1e-9, 1);
}
END_TEST

START_TEST(near_ties_are_turned) {
    double pool[MAX_ATTRS] = {1, 2, 1, 2, 0, 0}, half = .5;
    env.margin = NULL;
    env.turn = 1e-5;
    env.turned = 1; /* even places */
    Node *x = sample(1, 4, 0, 0), *image = sample(3, 1, 1, 4);
    double near[] = {1e-6, -1e-6, -1e-6, 1}, close[] = {3, 3.000001, 3, 3.000001};
    expect(run(add(&op_relu, NULL, 1, x, 0, 0), near, NULL), 0, 0, 1e-6, 1);
    expect(run(add(&op_leaky_relu, &half, 1, x, 0, 0), near, NULL), -5e-7, -5e-7, 1e-6, 1);
    expect(run(add(&op_max_pool2d, pool, 1, image, 0, 0), close, NULL), 3, 3.000001);
    double g[] = {5, 7};
    expect(run(add(&op_max_pool2d_grad, pool, 2, image, sample(3, 1, 1, 2), 0), close, g), 5, 0, 0,
           7);
    expect(run(add(&op_argmax, NULL, 1, x, 0, 0), close, NULL), 0);
    env.turned = 3;
    double other[] = {3.000001, 3, 3, 4};
    Node *y = sample(1, 4, 0, 0);
    expect(run(add(&op_equal, NULL, 2, x, y, 0), close, other), 1, 1, 1, 0);
    expect(run(add(&op_less_equal, NULL, 2, x, y, 0), close, other), 0, 1, 1, 1);
}
END_TEST

START_TEST(sums_over_axes) {
    double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, g[] = {10, 20, 30};
    Node *x = sample(3, 2, 3, 2);
    expect(run(add(&op_sum, NULL, 1, x, 0, 0), values, NULL), 78);
    expect(run(add(&op_mean, NULL, 1, x, 0, 0), values, NULL), 6.5);
    expect(run(add(&op_sum, ATTR(1), 1, x, 0, 0), values, NULL), 8, 10, 12, 14, 16, 18);
    expect(run(add(&op_sum, ATTR(2), 1, x, 0, 0), values, NULL), 9, 12, 27, 30);
    expect(run(add(&op_mean, ATTR(4), 1, x, 0, 0), values, NULL), 1.5, 3.5, 5.5, 7.5, 9.5, 11.5);
    expect(run(add(&op_sum, ATTR(5), 1, x, 0, 0), values, NULL), 18, 26, 34);
    Shape s = add(&op_sum, ATTR(5, 1), 1, x, 0, 0)->type.shape;
    ck_assert(shape_equal(s, (Shape){3, {1, 3, 1, 0}}));
    expect(run(add(&op_expand, ATTR(5), 2, sample(1, 3, 0, 0), x, 0), g, values), 10, 10, 20, 20,
           30, 30, 10, 10, 20, 20, 30, 30);
    env.batch = 4;
    double four[] = {1, 2, 3, 6};
    expect(run(add(&op_batch_mean, NULL, 1, sample(0, 0, 0, 0), 0, 0), four, NULL), 3);
}
END_TEST

START_TEST(schedules) {
    Node *a = number(2), *b = number(-3);
    expect(run(add(&op_min, NULL, 2, a, b, 0), NULL, NULL), -3);
    expect(run(add(&op_max, NULL, 2, a, b, 0), NULL, NULL), 2);
    expect(run(add(&op_cos, NULL, 1, number(0), 0, 0), NULL, NULL), 1);
    expect(run(add(&op_exp, NULL, 1, number(1), 0, 0), NULL, NULL), exp(1));
    expect(run(add(&op_floor, NULL, 1, number(-0.5), 0, 0), NULL, NULL), -1);
    expect(run(add(&op_pow, NULL, 2, b, a, 0), NULL, NULL), 9);
    expect(run(add(&op_less, NULL, 2, b, a, 0), NULL, NULL), 1);
    expect(run(add(&op_where, NULL, 3, number(0), a, b), NULL, NULL), -3);
    /* No rounding to float turns a comparison of numbers. */
    env.turn = 1e-5, env.turned = 3;
    expect(run(add(&op_less, NULL, 2, number(1), number(1 + 1e-9), 0), NULL, NULL), 1);
    env.turn = 0, env.turned = 0;
    const Op *const counters[] = {&op_epoch, &op_epochs, &op_step, &op_steps};
    const double wanted[] = {3, 7, 5, 11};
    for (int i = 0; i < 4; i++)
        expect_values(run(graph_add(graph, counters[i], nowhere, NULL, 0, NULL, NULL), NULL, NULL),
                      1, &wanted[i]);
}
END_TEST

SUITE("semantics", FIXTURE(begin, end),
      TESTS(activations_pass_nan, relu_gradient_is_zero_at_zero, first_of_equal_wins,
            overlapping_windows_add_gradients, pooling_passes_nan,
            padding_never_wins_and_counts_in_means, sizes_are_rounded_down,
            convolutions_are_cross_correlations, losses_are_means, losses_are_stable, decisions,
            margins_are_noted, near_ties_are_turned, sums_over_axes, schedules))
