/* Differentiation of whole phases: values against differences of the loss, what is pruned, what is
 * trained, and the mistakes that users make. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include <math.h>

#include "compiler/passes/differentiate.h"

enum { BATCH = 3 };

static double *numbers(int64_t n, int seed) {
    double *x = ARENA_ARRAY(arena, double, n);
    for (int64_t k = 0; k < n; k++) {
        int64_t value = (k * 37 + seed * 53 + 11) % 101;
        x[k] = (double)(value - 50) / 40 + (value == 50 ? 0.01 : 0);
    }
    return x;
}

static double **leaf_values(void) {
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        if (n->op == &op_param || n->op == &op_state) values[i] = numbers(node_count(n), i);
        if (n->op == &op_input || n->op == &op_target)
            values[i] = numbers(BATCH * node_count(n), i);
        if (n->op != &op_label) continue;
        values[i] = ARENA_ARRAY(arena, double, BATCH);
        for (int b = 0; b < BATCH; b++) values[i][b] = (b * 2 + 1) % n->type.classes;
    }
    return values;
}

static double value_of(Node *n, double *const *leaves, int64_t element) {
    Arena *room = arena_new();
    double **values = ARENA_ARRAY(room, double *, graph->n_nodes);
    memcpy(values, leaves, sizeof *values * (size_t)graph->n_nodes);
    Env env = {.batch = BATCH, .dropout = true, .seed = 4, .epoch = 2, .epochs = 5, .steps = 9};
    interpret(room, graph, &env, &n, 1, values);
    double value = values[n->id][element];
    arena_free(room);
    return value;
}

/* Every gradient of every phase is the slope of the loss; none is zero throughout. */
static void expect_slopes(void) {
    graph_verify(graph);
    double **leaves = leaf_values();
    for (int p = 0; p < graph->n_phases; p++)
        for (int t = 0; t < graph->phases[p].n_trained; t++) {
            const Trained *trained = &graph->phases[p].trained[t];
            double *w = leaves[trained->param->id], largest = 0, worst = 0;
            for (int64_t k = 0; k < node_count(trained->param); k++) {
                const double kept = w[k], h = 1e-4;
                double side[2];
                for (int s = 0; s < 2; s++) {
                    w[k] = kept + (s ? h : -h);
                    side[s] = value_of(graph->phases[p].loss, leaves, 0);
                }
                w[k] = kept;
                double found = value_of(trained->gradient, leaves, k);
                worst = fmax(worst, fabs(found - (side[1] - side[0]) / (2 * h)));
                largest = fmax(largest, fabs(found));
            }
            ck_assert_msg(largest > 1e-6, "the gradient of %s is zero", trained->param->name);
            ck_assert_msg(worst <= 1e-6 * largest, "%s: %g of %g", trained->param->name, worst,
                          largest);
        }
}

static void expect_trained(const Phase *p, const char *wanted) {
    const char *found = "";
    for (int i = 0; i < p->n_trained; i++)
        found = arena_printf(arena, "%s%s ", found, p->trained[i].param->name);
    ck_assert_str_eq(found, wanted);
}

static Node *label(int classes) {
    return add(&op_label, "label", ATTR(classes), NULL, NULL, NULL);
}

START_TEST(a_network) {
    Node *x = add(&op_input, "x", ATTR(3, 2, 7, 6), NULL, NULL, NULL);
    double window[MAX_ATTRS] = {1, 1, 1, 0, 1, 1, 1}, pool[MAX_ATTRS] = {2, 2, 2, 1, 0, 0};
    Node *w = add(&op_param, "conv.weight", ATTR(4, 3, 2, 3, 3), NULL, NULL, NULL);
    Node *c = add(&op_conv2d, "conv", window, x, w, bias("conv.bias", 3));
    Node *h = add(&op_max_pool2d, NULL, pool, unary(&op_relu, c), NULL, NULL);
    h = add(&op_dropout, "drop", ATTR(0.25, 1), h, NULL, NULL);
    phase(binary(&op_cross_entropy, linear("out", 4, unary(&op_flatten, h)), label(4)));
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "conv.weight conv.bias out.weight ");
    expect_slopes();
    ck_assert_int_eq(count_of(&op_conv2d_dgrad), 0); /* the input's gradient is not wanted */
    ck_assert_int_eq(count_of(&op_conv2d_wgrad), 1);
}
END_TEST

/* One weight three times, one value twice. */
static void build_shared(void) {
    Node *w = weight("shared", 4, 4), *h = vector("x", 4);
    for (int i = 0; i < 3; i++) h = unary(&op_tanh, binary(&op_linear, h, w));
    phase(square(binary(&op_add, binary(&op_mul, h, h), binary(&op_div, h, number(3)))));
}

START_TEST(uses_are_added) {
    build_shared();
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "shared ");
    expect_slopes();
    ck_assert_int_eq(count_of(&op_linear_wgrad), 3);
}
END_TEST

START_TEST(arithmetic_of_losses) {
    Node *x = vector("x", 3), *y = linear("a", 3, x);
    Node *ce = binary(&op_cross_entropy, y, label(3)),
         *mse = square(linear("b", 2, unary(&op_tanh, y)));
    Node *ratio = binary(&op_div, ce, binary(&op_add, mse, number(1)));
    Node *epoch = add(&op_epoch, NULL, NULL, NULL, NULL, NULL);
    Node *faded =
        binary(&op_sub, binary(&op_mul, epoch, ratio), unary(&op_neg, binary(&op_mul, ce, ce)));
    phase(binary(&op_div, faded, number(2)));
    ck_assert(differentiate(graph));
    expect_slopes();
    int n;
    Node **grads = graph_nodes_of(graph, "cross_entropy_grad", &n);
    ck_assert_int_eq(n, 1);
    ck_assert_int_eq(grads[0]->in[2]->type.kind, KIND_SCALAR); /* depends on the batch's losses */
}
END_TEST

START_TEST(both_sides_of_losses) {
    Node *x = vector("x", 3), *a = linear("a", 2, x), *b = unary(&op_sigmoid, linear("b", 2, x));
    phase(binary(&op_mse, a, b));
    phase(binary(&op_bce_with_logits, a, b));
    Node *target = add(&op_target, "t", ATTR(1, 2), NULL, NULL, NULL);
    phase(binary(&op_add, binary(&op_mse, target, a), binary(&op_bce_with_logits, a, target)));
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "a.weight b.weight ");
    expect_trained(&graph->phases[1], "a.weight b.weight ");
    expect_trained(&graph->phases[2], "a.weight ");
    expect_slopes();
}
END_TEST

START_TEST(joined_branches) {
    Node *x = vector("x", 3), *a = unary(&op_sigmoid, linear("a", 4, x)), *b = linear("b", 5, x);
    Node *parts[] = {a, x, b, a};
    Node *joined = graph_add(graph, &op_concat, (Loc){"", 0}, NULL, 4, parts, NULL);
    phase(square(linear("c", 2, joined)));
    ck_assert(differentiate(graph));
    expect_slopes();
    ck_assert_int_eq(count_of(&op_slice), 3); /* none for x */
}
END_TEST

static Node *running(const char *name, int n) {
    return add(&op_state, name, ATTR(1, n), NULL, NULL, NULL);
}

/* Moments of the batch depend on all of its samples: so does the gradient through them. */
START_TEST(statistics_of_the_batch) {
    Node *y = linear("a", 4, vector("x", 3));
    Node *mean = unary(&op_channel_mean, y), *variance = binary(&op_channel_variance, y, mean);
    Node *in[] = {y, binary(&op_tracked, mean, running("mean", 4)),
                  binary(&op_tracked, variance, running("variance", 4)), bias("bn.weight", 4),
                  bias("bn.bias", 4)};
    Node *h = graph_add(graph, &op_batch_norm, (Loc){"", 0}, "bn", 5, in,
                        ATTRS_WITH(NormAttrs, .eps = 1e-2));
    phase(square(linear("b", 2, unary(&op_tanh, h))));
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "a.weight bn.weight bn.bias b.weight ");
    expect_slopes();
    ck_assert_int_eq(count_of(&op_batch_norm_dgrad), 1);
}
END_TEST

/* A frozen parameter costs nothing: no gradient, and no backward nodes that only it would need.
 */
START_TEST(frozen_parameters_are_pruned) {
    Node *x = vector("x", 3), *h = unary(&op_tanh, linear("first", 4, x));
    Node *loss = square(linear("second", 2, h)), *first = h->in[0]->in[1];
    phase(loss);
    Phase *p = phase(loss);
    p->frozen = &first;
    p->n_frozen = 1;
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "first.weight second.weight ");
    expect_trained(&graph->phases[1], "second.weight ");
    expect_slopes();
    ck_assert_int_eq(count_of(&op_linear_dgrad), 1);
    ck_assert_int_eq(count_of(&op_tanh_grad), 1);
}
END_TEST

/* Through a frozen layer to one that is trained. */
START_TEST(gradients_pass_frozen_layers) {
    Node *h = linear("first", 4, vector("x", 3)), *y = linear("second", 2, h);
    Phase *p = phase(square(y));
    p->frozen = &y->in[1];
    p->n_frozen = 1;
    ck_assert(differentiate(graph));
    expect_trained(p, "first.weight ");
    expect_slopes();
    ck_assert_int_eq(count_of(&op_linear_wgrad), 1);
}
END_TEST

START_TEST(phases_train_what_their_losses_reach) {
    Node *x = vector("x", 3), *trunk = linear("trunk", 4, x);
    Node *unused = linear("unused", 2, x);
    phase(square(linear("a", 2, trunk)));
    phase(square(linear("b", 2, trunk)));
    graph->predictions = named("p", unused);
    graph->n_predictions = 1;
    ck_assert(differentiate(graph));
    expect_trained(&graph->phases[0], "trunk.weight a.weight ");
    expect_trained(&graph->phases[1], "trunk.weight b.weight ");
    expect_slopes();
}
END_TEST

START_TEST(gradients_are_named_and_placed_like_layers) {
    Node *x = vector("x", 3), *h = linear("fc", 4, x);
    int line = h->loc.line;
    phase(square(h));
    ck_assert(differentiate(graph));
    const Node *gradient = graph->phases[0].trained[0].gradient;
    ck_assert_str_eq(gradient->name, "fc");
    ck_assert_int_eq(gradient->loc.line, line);
}
END_TEST

START_TEST(same_graph_same_gradients) {
    const char *text[2];
    for (int i = 0; i < 2; i++) {
        graph = graph_new(arena, diag);
        build_shared();
        ck_assert(differentiate(graph));
        text[i] = graph_dump(arena, graph);
    }
    ck_assert_str_eq(text[0], text[1]);
}
END_TEST

START_TEST(a_loss_on_a_comparison_alone_is_an_error) {
    Node *y = linear("fc", 3, vector("x", 3)), *guess = unary(&op_argmax, y);
    int line = graph->n_nodes;
    phase(square(binary(&op_equal, guess, label(3))));
    ck_assert(!differentiate(graph));
    ck_assert_str_eq(errors(), arena_printf(arena,
                                            "small.lua:99: error: this phase trains nothing: no "
                                            "gradient flows through equal (line %d)\n",
                                            line + 1));
}
END_TEST

/* A mask is a constant to the gradient. */
START_TEST(no_gradient_flows_through_masks) {
    Node *y = linear("fc", 3, vector("x", 3));
    Node *mask = binary(&op_less_equal, y, vector("t", 3));
    phase(square(binary(&op_mul, y, mask)));
    ck_assert(differentiate(graph));
    expect_slopes();
    ck_assert_int_eq(count_of(&op_less_equal), 1);
}
END_TEST

START_TEST(a_phase_must_train_something) {
    Node *x = vector("x", 3), *y = linear("fc", 2, x);
    phase(square(x));
    Phase *p = phase(square(y));
    p->frozen = &y->in[1];
    p->n_frozen = 1;
    p->loc.line = 100;
    ck_assert(!differentiate(graph));
    ck_assert_str_eq(
        errors(), "small.lua:99: error: this phase trains nothing: its loss depends on no "
                  "parameter\n"
                  "small.lua:100: error: this phase trains nothing: every parameter that its loss "
                  "reaches is frozen\n");
}
END_TEST

SUITE("differentiate", FIXTURE(begin, end),
      TESTS(a_network, uses_are_added, arithmetic_of_losses, both_sides_of_losses, joined_branches,
            statistics_of_the_batch, frozen_parameters_are_pruned, gradients_pass_frozen_layers,
            phases_train_what_their_losses_reach, gradients_are_named_and_placed_like_layers,
            same_graph_same_gradients, a_loss_on_a_comparison_alone_is_an_error,
            no_gradient_flows_through_masks, a_phase_must_train_something))
