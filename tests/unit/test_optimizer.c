/* Optimizer steps in double against values worked out by hand from the formulas of torch.optim. */
#include <math.h>

#include "../suite.h"

#include "compiler/graph/interpreter.h"
#include "compiler/optimizers/optimizers.h"

enum { STEPS = 3 };

/* Runs steps with gradients 1, -2, 0.5 from the parameter 3; the learning rate is 0.1. `found` gets
 * the parameter after each step, `slots` the moments after the last. */
static void run(const Optimizer *o, double *found, double *slots) {
    static const double gradient[STEPS] = {1, -2, 0.5};
    double param = 3, moments[3] = {0}, *slot[3] = {&moments[0], &moments[1], &moments[2]};
    for (int step = 0; step < STEPS; step++) {
        reference_update(o, step, 0.1, 1, &param, &gradient[step], slot);
        found[step] = param;
    }
    for (int i = 0; i < 3; i++) slots[i] = moments[i];
}

static void expect(const Optimizer *o, const double *params, const double *slots) {
    double found[STEPS], moments[3];
    run(o, found, moments);
    for (int i = 0; i < STEPS; i++) ck_assert_double_eq_tol(found[i], params[i], 1e-12);
    for (int i = 0; optimizer_slots(o)[i]; i++)
        ck_assert_double_eq_tol(moments[i], slots[i], 1e-12);
}

#define EXPECT(o, a, b, c, ...) expect((o), (double[]){a, b, c}, (double[]){__VA_ARGS__})

START_TEST(sgd_plain) {
    Optimizer o = optimizer_new(&optimizer_sgd);
    EXPECT(&o, 2.9, 3.1, 3.05, 0);
    /* g + 0.5 p: 2.5, -0.625, 1.90625 */
    *optimizer_option(&o, "weight_decay") = 0.5;
    EXPECT(&o, 2.75, 2.8125, 2.621875, 0);
}
END_TEST

/* Buffers: 1, 0.9 - 2 = -1.1, -0.99 + 0.5 = -0.49. */
START_TEST(sgd_momentum) {
    Optimizer o = optimizer_with(&optimizer_sgd, "momentum=0.9");
    EXPECT(&o, 2.9, 3.01, 3.059, -0.49);
    /* Steps: 1 + 0.9, -2 - 0.99, 0.5 - 0.441 */
    *optimizer_option(&o, "nesterov") = 1;
    EXPECT(&o, 2.81, 3.109, 3.1031, -0.49);
}
END_TEST

/* The first gradient is not dampened: 1, 0.9 - 1.5, -0.54 + 0.375. */
START_TEST(sgd_dampening) {
    Optimizer o = optimizer_with(&optimizer_sgd, "momentum=0.9 dampening=0.25");
    EXPECT(&o, 2.9, 2.96, 2.9765, -0.165);
}
END_TEST

/* With betas of 1/2: m = 1/2, -3/4, -1/8; v = 1/2, 9/4, 5/4; corrections 1/2, 3/4, 7/8. */
START_TEST(adam) {
    Optimizer o = optimizer_with(&optimizer_adam, "beta1=0.5 beta2=0.5 eps=0");
    double second = 2.9 + 0.1 / sqrt(3), third = second + 0.1 / 7 / sqrt(10.0 / 7);
    EXPECT(&o, 2.9, second, third, -0.125, 1.25);
    /* eps joins the corrected root. */
    *optimizer_option(&o, "eps") = 1;
    second = 2.95 + 0.1 / (sqrt(3) + 1);
    EXPECT(&o, 2.95, second, second + 0.1 / 7 / (sqrt(10.0 / 7) + 1), -0.125, 1.25);
}
END_TEST

/* Decay joins Adam's gradient: 1 + 3/3 = 2 first, whose step is 0.1 again. */
START_TEST(adam_decay) {
    Optimizer o = optimizer_with(&optimizer_adam, "beta1=0.5 beta2=0.5 eps=0");
    *optimizer_option(&o, "weight_decay") = 1.0 / 3;
    double g[3] = {2, -2 + 2.9 / 3, 0}, m = 1, v = 2, p = 2.9;
    m = m / 2 + g[1] / 2, v = v / 2 + g[1] * g[1] / 2;
    p -= 0.1 * (m / 0.75) / sqrt(v / 0.75);
    double second = p;
    g[2] = 0.5 + p / 3;
    m = m / 2 + g[2] / 2, v = v / 2 + g[2] * g[2] / 2;
    p -= 0.1 * (m / 0.875) / sqrt(v / 0.875);
    EXPECT(&o, 2.9, second, p, m, v);
}
END_TEST

/* AdamW's decay shrinks the parameter by 1 - 0.1 * 0.5 and leaves the moments alone. */
START_TEST(adamw) {
    Optimizer o = optimizer_with(&optimizer_adamw, "beta1=0.5 beta2=0.5 eps=0 weight_decay=0.5");
    double first = 2.85 - 0.1, second = 0.95 * first + 0.1 / sqrt(3);
    double third = 0.95 * second + 0.1 / 7 / sqrt(10.0 / 7);
    EXPECT(&o, first, second, third, -0.125, 1.25);
}
END_TEST

/* With alpha 3/4: squares 1/4, 19/16, 61/64. */
START_TEST(rmsprop) {
    Optimizer o = optimizer_with(&optimizer_rmsprop, "alpha=0.75 eps=0");
    double step[3] = {-0.2, 0.8 / sqrt(19), -0.4 / sqrt(61)};
    double second = 2.8 + step[1];
    EXPECT(&o, 2.8, second, second + step[2], 61.0 / 64);
    /* Buffers without the learning rate: b = 0.5 b + g / root. */
    *optimizer_option(&o, "momentum") = 0.5;
    double b = 2, p = 2.8;
    b = b / 2 - 8 / sqrt(19), p -= 0.1 * b;
    second = p;
    b = b / 2 + 4 / sqrt(61), p -= 0.1 * b;
    EXPECT(&o, 2.8, second, p, 61.0 / 64, b);
}
END_TEST

/* Sums 1, 5, 21/4: gradients 1, -2, 1/2. The second rate is half, the third a third. */
START_TEST(adagrad) {
    Optimizer o = optimizer_with(&optimizer_adagrad, "eps=0 lr_decay=1");
    double first = 3 - 0.1, second = first + 0.1 / 2 * 2 / sqrt(5);
    EXPECT(&o, first, second, second - 0.1 / 3 * 0.5 / sqrt(5.25), 5.25);
    *optimizer_option(&o, "initial_accumulator_value") = 3;
    *optimizer_option(&o, "lr_decay") = 0;
    first = 3 - 0.1 / 2, second = first + 0.1 * 2 / sqrt(8);
    EXPECT(&o, first, second, second - 0.1 * 0.5 / sqrt(8.25), 8.25);
}
END_TEST

/* Without a decay of the momentum it is always beta1 / 2: 1/4, its products 1/4, 1/16, 1/64. Means
 * 1/2, -3/4, -1/8, mean squares 1/2, 9/4, 5/4 by corrections 1/2, 3/4, 7/8. */
START_TEST(nadam) {
    Optimizer o = optimizer_with(&optimizer_nadam, "beta1=0.5 beta2=0.5 eps=0 momentum_decay=0");
    double p = 3, first, second;
    p -= 0.1 * (1 + 0.25 / (1 - 1. / 16) * 0.5) / 1;
    first = p;
    p -= 0.1 * (0.75 / (1 - 1. / 16) * -2 + 0.25 / (1 - 1. / 64) * -0.75) / sqrt(2.25 / 0.75);
    second = p;
    p -= 0.1 * (0.75 / (1 - 1. / 64) * 0.5 + 0.25 / (1 - 1. / 256) * -0.125) / sqrt(1.25 / 0.875);
    EXPECT(&o, first, second, p, -0.125, 1.25);
}
END_TEST

/* Mean squares 1/2, 9/4, 5/4: the largest stays. */
START_TEST(adam_amsgrad) {
    Optimizer o = optimizer_with(&optimizer_adam, "beta1=0 beta2=0.5 eps=0 amsgrad=1");
    double second = 2.9 + 0.1 * 2 / sqrt(2.25 / 0.75);
    EXPECT(&o, 2.9, second, second - 0.1 * 0.5 / sqrt(2.25 / 0.875), 0.5, 1.25, 2.25);
}
END_TEST

/* Means 1/4, -5/16, -7/64; half of them and half of the next gradient: 1/2, -7/8, 3/32. */
START_TEST(lion) {
    Optimizer o = optimizer_with(&optimizer_lion, "beta1=0.5 beta2=0.75");
    EXPECT(&o, 2.9, 3, 2.9, -7.0 / 64);
    *optimizer_option(&o, "weight_decay") = 1;
    EXPECT(&o, 2.6, 2.44, 2.096, -7.0 / 64);
}
END_TEST

/* Means 1/4, -5/16, -7/64: variances 3/16, 279/256, 3855/4096. eps joins the root. */
START_TEST(rmsprop_centered) {
    Optimizer o = optimizer_with(&optimizer_rmsprop, "alpha=0.75 centered=1 eps=1");
    double first = 3 - 0.1 / (sqrt(3.0 / 16) + 1), second = first + 0.2 / (sqrt(279.0 / 256) + 1);
    double third = second - 0.05 / (sqrt(3855.0 / 4096) + 1);
    EXPECT(&o, first, second, third, 61.0 / 64, -7.0 / 64);
    *optimizer_option(&o, "momentum") = 0.5;
    double b = 1 / (sqrt(3.0 / 16) + 1), p = 3 - 0.1 * b;
    first = p;
    b = b / 2 - 2 / (sqrt(279.0 / 256) + 1), p -= 0.1 * b;
    second = p;
    b = b / 2 + 0.5 / (sqrt(3855.0 / 4096) + 1), p -= 0.1 * b;
    EXPECT(&o, first, second, p, 61.0 / 64, b, -7.0 / 64);
}
END_TEST

/* A gradient so small that its square is zero as a float. */
START_TEST(rmsprop_centered_without_square) {
    Optimizer o = optimizer_with(&optimizer_rmsprop, "centered=1");
    double param = 3, gradient = 0, square = 0, mean = 1e-22, *slot[2] = {&square, &mean};
    reference_update(&o, 3, 0.1, 1, &param, &gradient, slot);
    ck_assert_double_eq(param, 3);
}
END_TEST

/* What a single gradient leaves is gone, or small and normal, after many steps without one. */
START_TEST(moments_and_decaying_parameters_end) {
    static const char *const options[] = {"weight_decay=0.5", "momentum=0.5 weight_decay=0.5",
                                          "momentum=0.5 centered=1 weight_decay=0.5"};
    const OptimizerKind *const kinds[] = {&optimizer_adamw, &optimizer_sgd, &optimizer_rmsprop};
    for (int k = 0; k < 3; k++) {
        const Optimizer o = optimizer_with(kinds[k], options[k]);
        double p = 1e-10, none = 0, m[3] = {1e-10, 1e-10, 1e-10}, *slot[3] = {m, m + 1, m + 2};
        if (k == 2) p = 0, m[2] = 1e-18; /* a parameter would keep its step */
        for (int step = 0; step < 100000; step++)
            reference_update(&o, step, k == 2 ? 0 : 0.9, 1, &p, &none, slot);
        ck_assert_double_eq(m[k == 2], 0);
        if (k != 1) ck_assert_double_ge(m[k == 0], 0x1p-120);
        if (k == 2) ck_assert_double_eq(m[2], 0);
        if (k != 2) ck_assert_double_eq(p, 0);
        p = 0x1p-64;
        reference_update(&o, 0, 0, 1, &p, &none, slot);
        ck_assert_double_eq(p, 0);
    }
    ck_assert(isnan(cut(NAN)) && isnan(mean_square(0.9, NAN, 1)));
    ck_assert_double_eq(cut(-0x1p-63), -0x1p-63);
    ck_assert_double_eq(cut(-0x1.fp-64), 0);
}
END_TEST

/* Every element by itself. */
START_TEST(elements_are_independent) {
    Optimizer o = optimizer_new(&optimizer_adam);
    double p[3] = {1, 2, 3}, g[3] = {1, -5, 0}, m[3] = {0}, v[3] = {0}, *slot[] = {m, v};
    reference_update(&o, 0, 0.001, 3, p, g, slot);
    ck_assert_double_eq_tol(p[0], 0.999, 1e-10);
    ck_assert_double_eq_tol(p[1], 2.001, 1e-10);
    ck_assert_double_eq(p[2], 3);
}
END_TEST

static void expect_slots(Optimizer o, const char *wanted) {
    char found[100] = "";
    for (const char *const *s = optimizer_slots(&o); *s; s++) {
        strcat(found, *s);
        strcat(found, " ");
    }
    ck_assert_str_eq(found, wanted);
}

START_TEST(slots_have_torch_names) {
    expect_slots(optimizer_new(&optimizer_sgd), "");
    expect_slots(optimizer_with(&optimizer_sgd, "momentum=0.9"), "momentum_buffer ");
    expect_slots(optimizer_new(&optimizer_adam), "exp_avg exp_avg_sq ");
    expect_slots(optimizer_new(&optimizer_adamw), "exp_avg exp_avg_sq ");
    expect_slots(optimizer_new(&optimizer_nadam), "exp_avg exp_avg_sq ");
    expect_slots(optimizer_new(&optimizer_adagrad), "sum ");
    expect_slots(optimizer_with(&optimizer_adam, "amsgrad=1"),
                 "exp_avg exp_avg_sq max_exp_avg_sq ");
    expect_slots(optimizer_new(&optimizer_rmsprop), "square_avg ");
    expect_slots(optimizer_with(&optimizer_rmsprop, "momentum=0.9 centered=1"),
                 "square_avg momentum_buffer grad_avg ");
    expect_slots(optimizer_with(&optimizer_rmsprop, "centered=1"), "square_avg grad_avg ");
}
END_TEST

SUITE("optimizer",
      TESTS(sgd_plain, sgd_momentum, sgd_dampening, adam, adam_decay, adamw, lion, adagrad, nadam,
            adam_amsgrad, rmsprop, rmsprop_centered, rmsprop_centered_without_square,
            moments_and_decaying_parameters_end, elements_are_independent, slots_have_torch_names))
