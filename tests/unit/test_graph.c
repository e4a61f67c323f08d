/* The graph: what graph_add refuses, rewriting, the verifier, the interpreter. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include <math.h>

#include "compiler/passes/differentiate.h"

START_TEST(mistakes_are_reported_once_with_their_place) {
    Node *x = vector("x", 3), *image = add(&op_input, "im", ATTR(3, 1, 4, 4), NULL, NULL, NULL);
    Node *wrong = linear("fc", 2, image);
    ck_assert_int_eq(wrong->type.kind, KIND_ERROR);
    ck_assert_int_eq(unary(&op_relu, binary(&op_add, x, wrong))->type.kind, KIND_ERROR);
    ck_assert_int_eq(diag_errors(diag), 1);
    ck_assert_str_eq(
        errors(), "small.lua:3: error: linear \"fc\": wants (N), a vector, or (T, N), a sequence; "
                  "use nn.flatten, or nn.permute and nn.reshape, before it, got (1, 4, 4), the "
                  "input \"im\"\n");
}
END_TEST

static void expect_error(Node *n, const char *words) {
    ck_assert_int_eq(n->type.kind, KIND_ERROR);
    ck_assert_msg(strstr(errors(), words) != NULL, "wanted `%s` in:\n%s", words, errors());
    diag = graph->diag = diag_new(arena);
}

START_TEST(graph_add_refuses) {
    Node *x = vector("x", 3), *w = weight("w", 2, 3), *v = vector("v", 4), *y = linear("y", 3, x);
    Node *image = add(&op_input, "im", ATTR(3, 4, 5, 5), NULL, NULL, NULL);
    Node *label = add(&op_label, "l", ATTR(4), NULL, NULL, NULL), *loss = square(x);
    Node *filter = add(&op_param, "k", ATTR(4, 6, 4, 3, 3), NULL, NULL, NULL);
    expect_error(unary(&op_add, x), "add: wants 2 operands, got 1");
    expect_error(unary(&op_linear, x), "linear: wants 2 to 3 operands, got 1");
    expect_error(add(&op_concat, NULL, NULL, NULL, NULL, NULL), "wants 1 or more operands, got 0");
    expect_error(add(&op_dropout, "d", ATTR(1.5), x, NULL, NULL),
                 "dropout \"d\": p must be between 0 and 1, got 1.5");
    expect_error(add(&op_dropout, "d", ATTR((double)NAN), x, NULL, NULL), "p must be between");
    expect_error(binary(&op_linear, v, w),
                 "linear: wants (3), the size of its weights' rows, got (4), the input \"v\"");
    expect_error(
        add(&op_linear, "f", NULL, x, w, bias("b", 5)),
        "linear \"f\": wants a bias for each of 2 outputs, got a parameter, the param \"b\"");
    expect_error(add(&op_conv2d, "c", NULL, image, filter, bias("b", 5)),
                 "conv2d \"c\": wants a bias for each of 6 outputs");
    expect_error(binary(&op_conv2d, y, filter),
                 "conv2d: wants (C, H, W), got (3), the output of linear \"y\" (line 4)");
    expect_error(add(&op_conv2d, NULL, ATTR(1, 1, 0, 0, 1, 1, 3), image, filter, NULL),
                 "groups (3) must divide input channels (4) and output channels (6)");
    expect_error(add(&op_conv2d, NULL, ATTR(1, 1, 0, 0, 1 << 24, 1 << 24, 1), image, filter, NULL),
                 "its kernel (3, 3) is larger than its padded input");
    expect_error(add(&op_conv2d, NULL, ATTR(1, 1, 1 << 24, 1 << 24, 1, 1, 1), image, filter, NULL),
                 "values a sample; at most 16777216 are possible");
    expect_error(add(&op_max_pool2d, NULL, ATTR(2, 2, 2, 2, 2, 0), image, NULL, NULL),
                 "padding (2) can be half of the kernel (2) at most");
    expect_error(add(&op_avg_pool2d, NULL, ATTR(9, 2, 2, 2), image, NULL, NULL),
                 "its kernel (9) is larger than its padded input, got (4, 5, 5)");
    expect_error(add(&op_max_pool2d, NULL, ATTR(1 << 24, 1 << 24, 1, 1, 1 << 23, 1 << 23), image,
                     NULL, NULL),
                 "its window has more than 16777216 elements");
    expect_error(unary(&op_dropout2d, x), "dropout2d: wants (C, H, W), whose channels it drops");
    expect_error(
        binary(&op_mul, loss, x),
        "a loss is one number for the batch, it cannot be combined with values per sample");
    expect_error(binary(&op_add, x, label), "class indices cannot be calculated with");
    expect_error(binary(&op_add, x, w), "wants operands of one kind, got");
    expect_error(binary(&op_add, x, v), "or 1; the other side has (3), got (4)");
    expect_error(binary(&op_cross_entropy, x, label),
                 "wants (4), one number for each class of label \"l\", got (3), the input \"x\"");
    expect_error(binary(&op_cross_entropy, v, x), "wants a label, got (3)");
    expect_error(binary(&op_mse, loss, x), "wants real values per sample, got a loss");
    expect_error(binary(&op_equal, label, unary(&op_argmax, x)),
                 "wants equal numbers of classes, 4 on one side, got a class index of 3 classes");
    expect_error(binary(&op_min, number(1), x), "wants numbers and schedules");
    expect_error(binary(&op_concat, image, x), "wants operands that differ in axis 1 only");
    expect_error(add(&op_input, "i", ATTR(2, 3, 0), NULL, NULL, NULL), "sizes must be 1 or more");
    expect_error(add(&op_input, "i", ATTR(3, 1 << 24, 1 << 24, 1 << 24), NULL, NULL, NULL),
                 "input \"i\": makes 4.722366483e+21 values a sample");
    expect_error(add(&op_param, "p", ATTR(4, 1 << 24, 1 << 24, 1 << 24, 1 << 24), NULL, NULL, NULL),
                 "values; at most 268435456 are possible");
}
END_TEST

START_TEST(rewrite_replaces_and_drops) {
    Node *x = vector("x", 3), *dead = unary(&op_tanh, x), *a = unary(&op_relu, x);
    Node *b = unary(&op_neg, a), *loss = square(b);
    phase(loss);
    graph->metrics = named("m", loss);
    graph->n_metrics = 1;
    Node *other = unary(&op_sigmoid, x), *last = unary(&op_tanh, other);
    Node **replacement = ARENA_ARRAY(arena, Node *, graph->n_nodes);
    replacement[a->id] = other; /* a chain whose end has a higher id than the users */
    replacement[other->id] = last;
    last->in[0] = x;
    graph_rewrite(graph, replacement);
    graph_verify(graph);
    ck_assert_ptr_eq(b->in[0], last);
    ck_assert_int_lt(last->id, b->id);
    ck_assert_int_eq(x->id, 0);
    for (int i = 0; i < graph->n_nodes; i++)
        ck_assert(graph->nodes[i] != dead && graph->nodes[i] != a && graph->nodes[i] != other);
    replacement = ARENA_ARRAY(arena, Node *, graph->n_nodes + 3);
    replacement[loss->id] = square(x);
    graph_rewrite(graph, replacement);
    graph_verify(graph);
    ck_assert_ptr_eq(graph->phases[0].loss, graph->metrics[0].node);
    ck_assert_int_eq(graph->n_nodes, 4); /* x, 0, mse, the learning rate */
}
END_TEST

START_TEST(rewrite_keeps_the_order_of_what_stays) {
    build_model();
    ck_assert(differentiate(graph));
    const char *text = graph_dump(arena, graph);
    graph_rewrite(graph, NULL);
    ck_assert_str_eq(graph_dump(arena, graph), text);
}
END_TEST

START_TEST(deep_graphs_are_no_trouble) {
    Node *x = vector("x", 1), *y = x;
    for (int i = 0; i < 60000; i++) y = unary(&op_neg, y);
    phase(square(y));
    graph_rewrite(graph, NULL);
    graph_verify(graph);
    ck_assert_int_eq(graph->n_nodes, 60004);
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    values[x->id] = (double[]){3};
    interpret(arena, graph, &(Env){.batch = 1}, &graph->phases[0].loss, 1, values);
    ck_assert_double_eq(values[graph->phases[0].loss->id][0], 9);
}
END_TEST

static Node *node_of(const Op *op) {
    int n;
    Node **list = graph_nodes_of(graph, op->name, &n);
    ck_assert_int_gt(n, 0);
    return list[0];
}

/* Each spoils the model in its own way. */
static void spoil_id(void) {
    node_of(&op_relu)->id++;
}
static void spoil_order(void) {
    Node *relu = node_of(&op_relu);
    relu->in[0] = node_of(&op_max_pool2d);
}
static void spoil_stranger(void) {
    Node *copy = ARENA_NEW(arena, Node);
    *copy = *node_of(&op_conv2d);
    node_of(&op_relu)->in[0] = copy;
}
static void spoil_arity(void) {
    node_of(&op_linear)->n_in = 1;
}
static void spoil_range(void) {
    node_set(node_of(&op_dropout), "p", 2);
}
static void spoil_whole(void) {
    node_set(node_of(&op_conv2d), "stride_h", 1.5);
}
static void spoil_attrs(void) {
    node_of(&op_conv2d)->attrs.type = node_of(&op_max_pool2d)->attrs.type;
}
static void spoil_type(void) {
    node_of(&op_relu)->type.shape.dim[0]++;
}
static void spoil_kind(void) {
    node_of(&op_relu)->type.kind = KIND_ERROR;
}
static void spoil_operand(void) {
    Node *linear_node = node_of(&op_linear);
    linear_node->in[1] = node_of(&op_param);
}
static void spoil_loss(void) {
    graph->phases[0].loss = node_of(&op_relu);
}
static void spoil_rate(void) {
    graph->phases[1].optimizer.lr = graph->phases[1].loss;
}
static void spoil_frozen(void) {
    graph->phases[1].frozen[0] = node_of(&op_relu);
}
static void spoil_both(void) {
    graph->phases[1].frozen[0] = graph->phases[1].trained[0].param;
}
static void spoil_trained(void) {
    Trained *t = graph->phases[0].trained, first = t[0];
    t[0] = t[1];
    t[1] = first;
}
static void spoil_gradient(void) {
    Trained *t = graph->phases[0].trained;
    t[0].gradient = t[1].gradient;
}
static void spoil_turns(void) {
    graph->phases[1].members = 2;
    graph->phases[1].turn = 1;
}
static void spoil_metric(void) {
    graph->metrics[0].node = node_of(&op_relu);
}
static void spoil_prediction(void) {
    graph->predictions[0].node = graph->phases[0].loss;
}
static void spoil_names(void) {
    Named *list = ARENA_ARRAY(arena, Named, 2);
    list[0] = list[1] = graph->metrics[0];
    graph->metrics = list;
    graph->n_metrics = 2;
}
static void spoil_root(void) {
    Node *copy = ARENA_NEW(arena, Node);
    *copy = *graph->predictions[0].node;
    graph->predictions[0].node = copy;
}

typedef struct Spoil {
    void (*act)(void);
    const char *words;
} Spoil;

static void spoil_and_verify(void *context) {
    const Spoil *spoil = context;
    spoil->act();
    graph_verify(graph);
}

START_TEST(verifier_catches_planted_mistakes) {
    Spoil spoils[] = {
        {spoil_id, "is at place"},
        {spoil_order, "does not precede it"},
        {spoil_stranger, "does not precede it"},
        {spoil_arity, "has 1 operands"},
        {spoil_range, "attribute p is out of range"},
        {spoil_whole, "attribute stride_h of conv2d cannot be 1.5"},
        {spoil_attrs, "has the attributes of another op"},
        {spoil_type, "its type is not what its operands give"},
        {spoil_kind, "is an error node"},
        {spoil_operand, "its operands do not fit"},
        {spoil_loss, "a loss is of the wrong kind"},
        {spoil_rate, "a learning rate is of the wrong kind"},
        {spoil_frozen, "a frozen parameter is of the wrong kind"},
        {spoil_both, "is frozen and trained"},
        {spoil_trained, "is out of order"},
        {spoil_gradient, "has another shape"},
        {spoil_turns, "phase 2 is no member"},
        {spoil_metric, "a metric is of the wrong kind"},
        {spoil_prediction, "a prediction is of the wrong kind"},
        {spoil_names, "metric \"accuracy\" is out of order"},
        {spoil_root, "a prediction is not a node of the graph"},
    };
    build_model();
    ck_assert(differentiate(graph));
    graph_verify(graph);
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++)
        expect_bug(spoil_and_verify, &spoils[i], spoils[i].words);
}
END_TEST

static void interpret_without_values(void *context) {
    (void)context;
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    interpret(arena, graph, &(Env){.batch = 1}, &graph->phases[0].loss, 1, values);
}

START_TEST(interpreter_computes_what_is_wanted) {
    Node *x = vector("x", 2), *y = linear("fc", 2, x), *other = linear("unused", 2, x);
    phase(square(y));
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    values[x->id] = (double[]){1, 2, 3, 4};
    values[y->in[1]->id] = (double[]){1, 0, 1, 1};
    interpret(arena, graph, &(Env){.batch = 2}, &graph->phases[0].loss, 1, values);
    double wanted[] = {1, 3, 3, 7};
    for (int i = 0; i < 4; i++) ck_assert_double_eq(values[y->id][i], wanted[i]);
    ck_assert_double_eq(values[graph->phases[0].loss->id][0], 17);
    ck_assert_ptr_null(values[other->id]);
    expect_bug(interpret_without_values, NULL, "the value of input \"x\" is not given");
}
END_TEST

static void read_others(void *context) {
    (void)ATTRS((Node *)context, PoolAttrs);
}
static void read_none(void *context) {
    (void)ATTRS(unary(&op_relu, context), DropoutAttrs);
}
static void add_with_others(void *context) {
    Node *x = context;
    graph_add(graph, &op_dropout, x->loc, NULL, 1, &x, ATTRS_WITH(PoolAttrs, .kernel = {2, 2}));
}

START_TEST(attributes_of_another_op_are_refused) {
    Node *d = add(&op_dropout, "d", ATTR(0.25, 4294967295.0), vector("x", 3), NULL, NULL);
    ck_assert_uint_eq(ATTRS(d, DropoutAttrs)->stream, 4294967295u);
    expect_bug(read_others, d, "has DropoutAttrs, not PoolAttrs");
    expect_bug(read_none, d, "has no attributes, not DropoutAttrs");
    expect_bug(add_with_others, d, "dropout has DropoutAttrs, and gets PoolAttrs");
}
END_TEST

/* An attribute that is not stated is 0; without any stated they are the presets. */
START_TEST(attributes_that_are_left_out) {
    Node *x = vector("x", 3);
    Node *none = graph_add(graph, &op_slice, x->loc, NULL, 1, &x, NULL);
    Node *some = graph_add(graph, &op_slice, x->loc, NULL, 1, &x,
                           ATTRS_WITH(SliceAttrs, .count = 2, .axis = 1));
    ck_assert_int_eq(ATTRS(none, SliceAttrs)->step, 1);
    ck_assert_int_eq(ATTRS(some, SliceAttrs)->step, 0);
    ck_assert(!attrs_equal(&op_slice, &none->attrs, &some->attrs));
    ck_assert(attrs_equal(&op_slice, &some->attrs, &some->attrs));
}
END_TEST

START_TEST(attributes_by_name) {
    Node *d = add(&op_dropout, "d", ATTR(0.25, 7), vector("x", 3), NULL, NULL);
    ck_assert_double_eq(node_attr(d, "p"), 0.25);
    ck_assert_int_eq(node_int(d, "stream"), 7);
    ck_assert_str_eq(op_dropout.attrs[op_attr_index(&op_dropout, "width")].name, "width");
    ck_assert_str_eq(node_words(graph, d), "dropout \"d\"");
    ck_assert_str_eq(shape_text(arena, d->type.shape), "(3)");
    ck_assert_str_eq(shape_text(arena, (Shape){0, {0}}), "()");
    Shape huge = {4, {MAX_DIM, MAX_DIM, MAX_DIM, MAX_DIM}};
    ck_assert_int_eq(shape_count(huge), INT64_MAX);
}
END_TEST

SUITE("graph", FIXTURE(begin, end),
      TESTS(mistakes_are_reported_once_with_their_place, graph_add_refuses,
            rewrite_replaces_and_drops, rewrite_keeps_the_order_of_what_stays,
            deep_graphs_are_no_trouble, verifier_catches_planted_mistakes,
            interpreter_computes_what_is_wanted, attributes_by_name,
            attributes_of_another_op_are_refused, attributes_that_are_left_out))
