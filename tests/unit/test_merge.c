/* Merging of layers that are applied to several values: what becomes one node, what must not, and
 * that values do not change. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>

#include "graphs.h"

#include "compiler/passes/differentiate.h"
#include "compiler/passes/merge.h"
#include "compiler/passes/simplify.h"

enum { BATCH = 3, SIZE = 4, MAX_VALUES = 10000 };

static Node *use(const char *layer, Node *x) {
    const char *name = arena_printf(arena, "%s.weight", layer);
    int n;
    Node **params = graph_nodes_of(graph, "param", &n), *w = NULL;
    for (int i = 0; i < n; i++)
        if (!strcmp(params[i]->name, name)) w = params[i];
    if (!w) w = weight(name, SIZE, SIZE);
    return add(&op_linear, layer, NULL, x, w, NULL);
}

static Node *drop(Node *x, int application) {
    return add(&op_dropout, "drop", ATTR(0.4, 7, application), x, NULL, NULL);
}

/* Values of leaves by name, of other nodes by the interpreter; all values of the nodes asked for,
 * one node after the other. */
static int values_of(Node *const *wanted, int n, double *out) {
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        Node *node = graph->nodes[i];
        if (node->op->min_in || node->op->constant) continue;
        int64_t count = node_count(node) * (node->type.kind == KIND_SAMPLE ? BATCH : 1);
        values[i] = ARENA_ARRAY(arena, double, count);
        uint32_t salt = dropout_stream(node->name);
        for (int64_t k = 0; k < count; k++)
            values[i][k] = (double)(((uint32_t)k * 7919 + salt) % 1009) / 504 - 1;
    }
    Env env = {.batch = BATCH, .dropout = true, .seed = 3, .first_sample = 11, .step = 2};
    interpret(arena, graph, &env, wanted, n, values);
    int count = 0;
    for (int i = 0; i < n; i++) {
        int64_t each = node_count(wanted[i]) * (wanted[i]->type.kind == KIND_SAMPLE ? BATCH : 1);
        ck_assert_int_le(count + each, MAX_VALUES);
        memcpy(out + count, values[wanted[i]->id], sizeof *out * (size_t)each);
        count += (int)each;
    }
    return count;
}

/* Loss and gradients of the first phase. */
static int results(double *out) {
    const Phase *p = &graph->phases[0];
    Node **wanted = ARENA_ARRAY(arena, Node *, p->n_trained + 1);
    wanted[0] = p->loss;
    for (int i = 0; i < p->n_trained; i++) wanted[i + 1] = p->trained[i].gradient;
    return values_of(wanted, p->n_trained + 1, out);
}

/* Merges a graph that trains with this loss, and compares all values before and after. */
static bool merges(Node *loss) {
    static double before[MAX_VALUES], after[MAX_VALUES];
    phase(loss);
    ck_assert(differentiate(graph));
    simplify(graph);
    graph_verify(graph);
    int n = results(before);
    bool changed = merge(graph);
    graph_verify(graph);
    ck_assert_int_eq(results(after), n);
    for (int i = 0; i < n; i++) ck_assert_double_eq_tol(before[i], after[i], 1e-12);
    simplify(graph);
    graph_verify(graph);
    ck_assert_msg(!merge(graph), "merging again changes something");
    return changed;
}

/* The only node of an op. */
static Node *the(const Op *op) {
    int n;
    Node **nodes = graph_nodes_of(graph, op->name, &n);
    ck_assert_msg(n == 1, "%d nodes of %s", n, op->name);
    return nodes[0];
}

START_TEST(twins_run_once) {
    Node *x[2];
    for (int i = 0; i < 2; i++) {
        x[i] = vector(i ? "right" : "left", SIZE);
        x[i] = use("b", drop(unary(&op_relu, use("a", x[i])), i));
        x[i] = unary(&op_tanh, x[i]);
    }
    ck_assert(merges(square(use("c", binary(&op_mul, x[0], x[1])))));
    ck_assert_int_eq(count_of(&op_linear), 3);
    ck_assert_int_eq(count_of(&op_linear_wgrad), 3);
    ck_assert_int_eq(the(&op_relu)->type.parts, 2);
    ck_assert_int_eq(the(&op_tanh)->type.parts, 2);
    ck_assert_int_eq(the(&op_tanh_grad)->type.parts, 2);
    ck_assert_int_eq(the(&op_relu_grad)->type.parts, 2);
    ck_assert_int_eq(the(&op_mse)->in[0]->type.parts, 1);
    int n;
    Node **drops = graph_nodes_of(graph, "dropout", &n);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(drops[i]->type.parts, 2);
        ck_assert_int_eq(dropout_attrs(drops[i])->application, 0);
        ck_assert_int_eq(dropout_attrs(drops[i])->application_step, 1);
    }
    ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(images_go_through_pools_together) {
    double window[MAX_ATTRS] = {1, 1, 0, 0, 1, 1, 1}, pool[MAX_ATTRS] = {2, 2, 2, 2, 0, 0};
    Node *w = add(&op_param, "w", ATTR(4, 3, 2, 2, 2), NULL, NULL, NULL), *b = bias("b", 3);
    Node *y[2];
    for (int i = 0; i < 2; i++) {
        Node *x = add(&op_input, i ? "right" : "left", ATTR(3, 2, 5, 5), NULL, NULL, NULL);
        Node *c = unary(&op_relu, add(&op_conv2d, "conv", window, x, w, b));
        y[i] = unary(&op_flatten, add(&op_max_pool2d, NULL, pool, c, NULL, NULL));
    }
    Node *loss = binary(&op_add, square(y[0]), square(y[1]));
    ck_assert(merges(loss));
    ck_assert_int_eq(the(&op_conv2d)->type.parts, 2);
    ck_assert_ptr_eq(the(&op_max_pool2d_grad)->in[0], the(&op_max_pool2d)->in[0]);
    ck_assert_ptr_eq(the(&op_conv2d_wgrad)->in[0], the(&op_conv2d)->in[0]);
    ck_assert_int_eq(node_parts(the(&op_bias_grad)), 2);
    ck_assert_int_eq(count_of(&op_mse), 2);
}
END_TEST

START_TEST(flattened_fields_are_stacked_first) {
    Node *y[2];
    for (int i = 0; i < 2; i++) {
        Node *x = add(&op_input, i ? "right" : "left", ATTR(3, 1, 2, 2), NULL, NULL, NULL);
        y[i] = use("a", unary(&op_flatten, x));
    }
    ck_assert(merges(square(binary(&op_sub, y[0], y[1]))));
    ck_assert_ptr_eq(the(&op_stack)->in[0]->op, &op_input);
}
END_TEST

START_TEST(dependent_applications_stay) {
    Node *x = vector("x", SIZE);
    ck_assert(!merges(square(use("a", unary(&op_tanh, use("a", x))))));
    ck_assert_int_eq(count_of(&op_stack), 0);
}
END_TEST

/* Steps of two recurrent chains: each step merges with the other chain's. */
START_TEST(chains_merge_step_by_step) {
    Node *x = vector("x", SIZE), *y = vector("y", SIZE);
    for (int i = 0; i < 3; i++) {
        x = unary(&op_tanh, use("a", x));
        y = unary(&op_tanh, use("a", y));
    }
    ck_assert(merges(square(binary(&op_mul, x, y))));
    ck_assert_int_eq(count_of(&op_linear), 3);
}
END_TEST

/* a comes before b on one side and after it on the other: only one of them can merge. */
START_TEST(crossing_merges_make_no_circle) {
    Node *x = use("b", use("a", vector("x", SIZE)));
    Node *y = use("a", use("b", vector("y", SIZE)));
    ck_assert(merges(square(binary(&op_mul, x, y))));
    ck_assert_int_eq(count_of(&op_linear), 3);
}
END_TEST

START_TEST(dropout_keeps_its_applications) {
    static const int uses[][4] = {{0, 1, 2, 1}, {2, 1, 0, 1}, {5, 2, -1, 1}, {0, 1, 3, 3}};
    for (int k = 0; k < 4; k++) {
        graph = graph_new(arena, diag);
        Node *sum = NULL;
        for (int i = 0; i < 3 && uses[k][i] >= 0; i++) {
            Node *x = vector(arena_printf(arena, "x%d", i), SIZE);
            Node *y = drop(use("a", x), uses[k][i]);
            sum = sum ? binary(&op_mul, sum, y) : y;
        }
        ck_assert(merges(square(sum)));
        int n;
        Node **list = graph_nodes_of(graph, "dropout", &n);
        int forward = 0;
        for (int i = 0; i < n; i++)
            forward += list[i]->in[0]->op == &op_linear || list[i]->in[0]->op == &op_part;
        ck_assert_int_eq(forward, uses[k][3]);
    }
}
END_TEST

START_TEST(many_applications_are_bounded) {
    Node *sum = NULL;
    for (int i = 0; i < 20; i++) {
        Node *y = use("a", vector(arena_printf(arena, "x%d", i), SIZE));
        sum = sum ? binary(&op_add, sum, y) : y;
    }
    ck_assert(merges(square(sum)));
    ck_assert_int_eq(count_of(&op_linear), 2);
}
END_TEST

/* A frozen layer runs once, too, and has no gradient; predictions may be parts. */
START_TEST(predictions_are_parts) {
    Node *x = unary(&op_relu, use("a", vector("x", SIZE)));
    Node *y = unary(&op_relu, use("a", vector("y", SIZE)));
    phase(NULL);
    graph->predictions = named("p", y);
    graph->n_predictions = 1;
    graph->metrics = named("m", square(x));
    graph->n_metrics = 1;
    double before[BATCH * SIZE + 1], after[BATCH * SIZE + 1];
    ck_assert_int_eq(values_of((Node *[]){y, graph->metrics[0].node}, 2, before), BATCH * SIZE + 1);
    ck_assert(merge(graph));
    graph->n_phases = 0;
    graph_verify(graph);
    Node *p = graph->predictions[0].node;
    ck_assert_ptr_eq(p->op, &op_part);
    values_of((Node *[]){p, graph->metrics[0].node}, 2, after);
    for (int i = 0; i < BATCH * SIZE + 1; i++) ck_assert_double_eq(before[i], after[i]);
}
END_TEST

static uint64_t random_state;

static int draw(int below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)(random_state >> 33) % below;
}

/* Layers applied here and there in a random network. */
START_TEST(random_networks_keep_their_values) {
    static const Op *const maps[] = {&op_relu, &op_tanh, &op_sigmoid, &op_neg};
    static const Op *const pairs[] = {&op_add, &op_mul, &op_sub};
    random_state = (uint64_t)_i + 1;
    Node *made[40];
    int n = 0, uses = 0;
    for (; n < 3; n++) made[n] = vector(arena_printf(arena, "x%d", n), SIZE);
    for (; n < 40; n++) {
        Node *a = made[draw(n)], *b = made[n < 12 ? draw(n) : n - 1 - draw(10)];
        int kind = draw(8);
        made[n] = kind < 4   ? use(draw(2) ? "a" : "b", b)
                  : kind < 6 ? unary(maps[draw(4)], b)
                  : kind < 7 ? unary(&op_tanh, binary(pairs[draw(3)], a, b))
                             : drop(b, uses++);
    }
    Node *loss = square(use("c", made[n - 1]));
    for (int i = 2; i < 6; i++) loss = binary(&op_add, loss, square(unary(&op_tanh, made[n - i])));
    merges(loss);
}
END_TEST

SUITE("merge", FIXTURE(begin, end), LOOP(random_networks_keep_their_values, 200),
      TESTS(twins_run_once, images_go_through_pools_together, flattened_fields_are_stacked_first,
            dependent_applications_stay, chains_merge_step_by_step, crossing_merges_make_no_circle,
            dropout_keeps_its_applications, many_applications_are_bounded, predictions_are_parts))
