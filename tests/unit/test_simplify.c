/* Simplification: each rule, what must stay, and that values do not change. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include "compiler/passes/differentiate.h"
#include "compiler/passes/simplify.h"

/* Simplification drops nodes that nothing needs; so each case starts with leaves of its own. */
static Node *fresh_vector(int n) {
    graph = graph_new(arena, diag);
    return vector("x", n);
}

static Node *fresh_image(void) {
    graph = graph_new(arena, diag);
    return add(&op_input, "i", ATTR(3, 3, 2, 2), NULL, NULL, NULL);
}

static Node *counter(const Op *op) {
    return add(op, NULL, NULL, NULL, NULL, NULL);
}

/* What is left of a node after simplification; the node is the only root besides a learning rate.
 */
static Node *simplified(Node *n) {
    phase(n->type.kind == KIND_SCALAR ? n : NULL);
    if (n->type.kind == KIND_SCHEDULE) graph->phases[0].optimizer.lr = n;
    if (n->type.kind == KIND_SAMPLE) {
        graph->predictions = named("p", n);
        graph->n_predictions = 1;
    }
    simplify(graph);
    Node *left = n->type.kind == KIND_SCALAR     ? graph->phases[0].loss
                 : n->type.kind == KIND_SCHEDULE ? graph->phases[0].optimizer.lr
                                                 : graph->predictions[0].node;
    graph->n_phases = graph->n_predictions = 0;
    return left;
}

static void expect_number(Node *n, double value) {
    Node *left = simplified(n);
    ck_assert_ptr_eq(left->op, &op_number);
    ck_assert_double_eq(ATTRS(left, NumberAttrs)->value, value);
}

START_TEST(constants_are_folded) {
    expect_number(binary(&op_add, number(2), number(3)), 5);
    expect_number(binary(&op_div, binary(&op_sub, number(2), number(3)), number(4)), -0.25);
    expect_number(unary(&op_neg, binary(&op_mul, number(2), number(3))), -6);
    expect_number(binary(&op_min, number(2), binary(&op_max, number(-1), number(1))), 1);
}
END_TEST

START_TEST(functions_that_differ_by_machine_are_left_to_generated_code) {
    ck_assert_ptr_eq(simplified(unary(&op_cos, number(0)))->op, &op_cos);
    ck_assert_ptr_eq(simplified(unary(&op_exp, number(0)))->op, &op_exp);
}
END_TEST

START_TEST(what_is_not_finite_is_left_alone) {
    ck_assert_ptr_eq(simplified(binary(&op_div, number(1), number(0)))->op, &op_div);
    ck_assert_ptr_eq(simplified(binary(&op_mul, number(1e200), number(1e200)))->op, &op_mul);
}
END_TEST

START_TEST(neutral_operands_go) {
    Node *e = counter(&op_epoch);
    ck_assert_ptr_eq(simplified(binary(&op_add, e, number(0))), e);
    ck_assert_ptr_eq(simplified(binary(&op_add, number(0), e)), e);
    ck_assert_ptr_eq(simplified(binary(&op_sub, e, number(0))), e);
    ck_assert_ptr_eq(simplified(binary(&op_mul, e, number(1))), e);
    ck_assert_ptr_eq(simplified(binary(&op_mul, number(1), e)), e);
    ck_assert_ptr_eq(simplified(binary(&op_div, e, number(1))), e);
    Node *x = fresh_vector(3), *loss = square(x);
    ck_assert_ptr_eq(simplified(binary(&op_mul, number(1), loss)), loss);
    ck_assert_ptr_eq(simplified(binary(&op_mul, number(1), x)), x);
    ck_assert_ptr_eq(simplified(unary(&op_neg, unary(&op_neg, x))), x);
}
END_TEST

START_TEST(what_does_something_stays) {
    Node *e = counter(&op_epoch);
    ck_assert_ptr_eq(simplified(binary(&op_sub, number(0), e))->op, &op_sub);
    ck_assert_ptr_eq(simplified(binary(&op_div, number(1), e))->op, &op_div);
    ck_assert_ptr_eq(simplified(binary(&op_mul, e, number(0)))->op, &op_mul);
    ck_assert_ptr_eq(simplified(unary(&op_neg, fresh_vector(3)))->op, &op_neg);
    ck_assert_ptr_eq(simplified(unary(&op_flatten, fresh_image()))->op, &op_flatten);
    ck_assert_ptr_eq(
        simplified(add(&op_slice, NULL, ATTR(0, 2, 1, 1), fresh_vector(3), NULL, NULL))->op,
        &op_slice);
}
END_TEST

START_TEST(moves_that_never_happen_go) {
    Node *x = fresh_image();
    ck_assert_ptr_eq(simplified(add(&op_random_flip, "f", ATTR(0, 1, -1), x, NULL, NULL)), x);
    ck_assert_ptr_eq(simplified(add(&op_random_erase, "e", ATTR(0, 1, 2), x, NULL, NULL)), x);
    ck_assert_ptr_eq(simplified(add(&op_random_crop, "c", ATTR(1, 1, 0), x, NULL, NULL)), x);
    x = fresh_image();
    Node *flip = add(&op_random_flip, "f", ATTR(0.5, 1, -1), x, NULL, NULL);
    ck_assert_ptr_eq(simplified(add(&op_random_crop, "c", ATTR(1, 1, 1), flip, NULL, NULL))->op,
                     &op_random_crop);
}
END_TEST

START_TEST(shapes_that_are_right_already) {
    double tensor[MAX_ATTRS] = {3, 3, 2, 2}, other[MAX_ATTRS] = {3, 2, 3, 2};
    Node *x = fresh_vector(12);
    ck_assert_ptr_eq(simplified(unary(&op_flatten, x)), x);
    ck_assert_ptr_eq(simplified(add(&op_reshape, NULL, ATTR(1, 12), x, NULL, NULL)), x);
    ck_assert_ptr_eq(simplified(unary(&op_concat, x)), x);
    ck_assert_ptr_eq(simplified(add(&op_slice, NULL, ATTR(0, 12, 1, 1), x, NULL, NULL)), x);
    Node *there = add(&op_reshape, NULL, tensor, x, NULL, NULL);
    ck_assert_ptr_eq(simplified(unary(&op_flatten, there)), x);
    there = add(&op_reshape, NULL, tensor, x, NULL, NULL);
    Node *left = simplified(add(&op_reshape, NULL, other, there, NULL, NULL));
    ck_assert(left->op == &op_reshape && left->in[0] == x && left->type.shape.dim[0] == 2);
    Node *image = fresh_image();
    there = unary(&op_flatten, image);
    ck_assert_ptr_eq(simplified(add(&op_reshape, NULL, tensor, there, NULL, NULL)), image);
}
END_TEST

START_TEST(orders_of_axes_compose) {
    double there[MAX_ATTRS] = {2, 3, 1}, back[MAX_ATTRS] = {3, 1, 2}, same[MAX_ATTRS] = {1, 2, 3};
    Node *x = fresh_image();
    ck_assert_ptr_eq(simplified(add(&op_permute, NULL, same, x, NULL, NULL)), x);
    Node *turned = add(&op_permute, NULL, there, fresh_image(), NULL, NULL);
    ck_assert_ptr_eq(simplified(add(&op_permute, NULL, back, turned, NULL, NULL))->op, &op_input);
    turned = add(&op_permute, NULL, there, fresh_image(), NULL, NULL);
    Node *twice = simplified(add(&op_permute, NULL, there, turned, NULL, NULL));
    ck_assert(twice->op == &op_permute && twice->in[0]->op == &op_input &&
              permuted_axis(twice, 0) == 2);
    /* A flip has its operand's shape, and other elements. */
    Node *flip = add(&op_slice, NULL, ATTR(2, 3, 1, -1), fresh_vector(3), NULL, NULL);
    ck_assert_ptr_eq(simplified(flip)->op, &op_slice);
}
END_TEST

START_TEST(equal_nodes_are_merged) {
    Node *x = vector("x", 3), *w = weight("w", 2, 3);
    Node *a = unary(&op_relu, binary(&op_linear, x, w));
    Node *b = unary(&op_relu, binary(&op_linear, x, w));
    Node *sum = simplified(binary(&op_add, a, b));
    ck_assert_ptr_eq(sum->in[0], sum->in[1]);
    ck_assert_ptr_eq(sum->in[0], a); /* the first stays */
    ck_assert_int_eq(count_of(&op_linear), 1);
    graph_verify(graph);
}
END_TEST

START_TEST(different_nodes_are_not_merged) {
    Node *x = vector("x", 3);
    const double p[3][MAX_ATTRS] = {{0.5, 1, 0}, {0.5, 2, 0}, {0.5, 1, 1}};
    Node *d[3];
    for (int i = 0; i < 3; i++) d[i] = add(&op_dropout, "d", p[i], x, NULL, NULL);
    Node *same = add(&op_dropout, "d", p[0], x, NULL, NULL);
    Node *slopes = binary(&op_add, add(&op_leaky_relu, NULL, ATTR(0.5), x, NULL, NULL),
                          add(&op_leaky_relu, NULL, ATTR(0.25), x, NULL, NULL));
    Node *order =
        binary(&op_sub, binary(&op_div, x, vector("y", 3)), binary(&op_div, vector("z", 3), x));
    Node *sum = binary(&op_add, binary(&op_add, d[0], d[1]), binary(&op_add, d[2], same));
    simplified(binary(&op_add, binary(&op_add, sum, slopes), order));
    ck_assert_int_eq(count_of(&op_dropout), 3);
    ck_assert_int_eq(count_of(&op_leaky_relu), 2);
    ck_assert_int_eq(count_of(&op_div), 2);
}
END_TEST

START_TEST(fields_and_parameters_are_not_merged) {
    Node *a = binary(&op_linear, vector("x", 3), weight("v", 3, 3));
    Node *b = binary(&op_linear, vector("y", 3), weight("w", 3, 3));
    simplified(binary(&op_add, a, b));
    ck_assert_int_eq(count_of(&op_input), 2);
    ck_assert_int_eq(count_of(&op_param), 2);
}
END_TEST

START_TEST(dead_nodes_are_dropped) {
    Node *x = vector("x", 3);
    unary(&op_tanh, vector("unused", 3));
    phase(square(x));
    ck_assert(simplify(graph));
    ck_assert_int_eq(count_of(&op_input), 1);
    ck_assert_int_eq(count_of(&op_tanh), 0);
    ck_assert_msg(!simplify(graph), "simplifying again changes something");
}
END_TEST

/* One round sees through whole chains: this would take hours if each round saw one link. */
START_TEST(long_chains_take_no_time) {
    Node *sum = number(0), *e = counter(&op_epoch), *product = e;
    for (int i = 0; i < 20000; i++) {
        sum = binary(&op_add, sum, number(1));
        product = binary(&op_mul, product, number(1));
    }
    Node *left = simplified(binary(&op_sub, product, sum));
    ck_assert_ptr_eq(left->in[0], e);
    ck_assert_double_eq(ATTRS(left->in[1], NumberAttrs)->value, 20000);
}
END_TEST

/* Values of a phase's loss and of its gradients, one after the other. */
static int results(double *out) {
    static double x[] = {0.5, -1, 2, 1, 0.25, -0.75}, label[] = {1, 0};
    Phase *p = &graph->phases[0];
    Node *wanted[8] = {p->loss};
    int n = 1, count = 0;
    for (int i = 0; i < p->n_trained; i++) wanted[n++] = p->trained[i].gradient;
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        Node *node = graph->nodes[i];
        if (node->op == &op_input) values[i] = x;
        if (node->op == &op_label) values[i] = label;
        if (node->op != &op_param) continue;
        values[i] = ARENA_ARRAY(arena, double, node_count(node));
        for (int64_t k = 0; k < node_count(node); k++)
            values[i][k] = (double)((k * 7 + 3) % 11 - 5) / 8;
    }
    Env env = {.batch = 2, .dropout = true, .seed = 3, .epoch = 2, .epochs = 5};
    interpret(arena, graph, &env, wanted, n, values);
    for (int i = 0; i < n; i++)
        for (int64_t k = 0; k < node_count(wanted[i]); k++) out[count++] = values[wanted[i]->id][k];
    return count;
}

/* A network with everything twice, and nothing lost. */
START_TEST(values_stay_the_same_bits) {
    Node *x = vector("x", 3), *y = add(&op_label, "y", ATTR(2), NULL, NULL, NULL);
    Node *w = weight("w", 4, 3), *v = weight("v", 2, 8), *half[2];
    for (int i = 0; i < 2; i++) {
        Node *h = binary(&op_mul, unary(&op_tanh, binary(&op_linear, x, w)), number(1));
        half[i] = add(&op_dropout, "d", ATTR(0.5, 9, 0), unary(&op_flatten, h), NULL, NULL);
    }
    Node *logits = binary(&op_linear, binary(&op_concat, half[0], half[1]), v);
    Node *fade = binary(&op_div, counter(&op_epoch), counter(&op_epochs));
    Node *loss = binary(&op_mul, fade, binary(&op_cross_entropy, logits, y));
    phase(binary(&op_add, loss, binary(&op_mul, binary(&op_sub, number(1), number(0.75)), loss)));
    ck_assert(differentiate(graph));
    double before[64], after[64];
    int n = results(before), nodes = graph->n_nodes;
    ck_assert(simplify(graph));
    graph_verify(graph);
    ck_assert_int_lt(graph->n_nodes, nodes);
    ck_assert_int_eq(count_of(&op_tanh), 1);
    ck_assert_int_eq(count_of(&op_flatten), 0);
    ck_assert_int_eq(results(after), n);
    ck_assert_int_eq(n, 1 + 12 + 16);
    for (int i = 0; i < n; i++) ck_assert_double_eq(after[i], before[i]);
    ck_assert_double_ne(before[0], 0);
}
END_TEST

SUITE("simplify", FIXTURE(begin, end),
      TESTS(constants_are_folded, functions_that_differ_by_machine_are_left_to_generated_code,
            what_is_not_finite_is_left_alone, neutral_operands_go, what_does_something_stays,
            moves_that_never_happen_go, shapes_that_are_right_already, orders_of_axes_compose,
            equal_nodes_are_merged, different_nodes_are_not_merged,
            fields_and_parameters_are_not_merged, dead_nodes_are_dropped, long_chains_take_no_time,
            values_stay_the_same_bits))
