/* The graph: what graph_add refuses, text and back, rewriting, the verifier, the interpreter. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "compiler/graph/double.h"
#include "compiler/passes/differentiate.h"

/* Two phases of a small network with most of what a graph can have. */
static void build_model(void) {
    Node *x = add(&op_input, "image", ATTR(3, 2, 6, 6), NULL, NULL, NULL);
    Node *y = add(&op_label, "digit", ATTR(3), NULL, NULL, NULL);
    double uniform[MAX_ATTRS] = {4, 4, 2, 3, 3, INIT_UNIFORM, -1.0 / 3, 1.0 / 3};
    Node *w = add(&op_param, "conv.weight", uniform, NULL, NULL, NULL);
    Node *b = bias("conv.bias", 4);
    double window[MAX_ATTRS] = {1, 1, 1, 1, 1, 1, 1}, pool[MAX_ATTRS] = {2, 2, 2, 2, 0, 0};
    Node *c = unary(&op_relu, add(&op_conv2d, "conv", window, x, w, b));
    Node *p = add(&op_max_pool2d, NULL, pool, c, NULL, NULL);
    Node *d = add(&op_dropout, "drop", ATTR(0.3, 4294967295.0, 1), p, NULL, NULL);
    Node *logits = linear("out", 3, unary(&op_flatten, d));
    Node *loss = binary(&op_cross_entropy, logits, y);
    Node *fading = binary(&op_div, add(&op_epoch, NULL, NULL, NULL, NULL, NULL),
                          add(&op_epochs, NULL, NULL, NULL, NULL, NULL));
    Phase *first = phase(binary(&op_mul, fading, loss));
    first->optimizer = (Optimizer){
        .kind = OPTIMIZER_ADAM, .lr = number(1e-3), .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    Phase *second = phase(loss);
    second->shuffle = true;
    second->optimizer = (Optimizer){.kind = OPTIMIZER_RMSPROP,
                                    .lr = fading,
                                    .alpha = 0.99,
                                    .momentum = 1.0 / 7,
                                    .centered = true};
    second->frozen = ARENA_NEW(arena, Node *);
    second->frozen[second->n_frozen++] = w;
    Node *guess = unary(&op_argmax, logits);
    graph->data = "digits";
    graph->metrics = named("accuracy", binary(&op_equal, guess, y));
    graph->predictions = named("digit", guess);
    graph->n_metrics = graph->n_predictions = 1;
}

static void expect_round_trip(void) {
    const char *text = graph_dump(arena, graph);
    Graph *again = graph_parse(arena, diag, text);
    graph_verify(again);
    ck_assert_str_eq(graph_dump(arena, again), text);
}

START_TEST(text_reads_back) {
    build_model();
    graph_verify(graph);
    expect_round_trip();
    ck_assert(differentiate(graph));
    graph_verify(graph);
    expect_round_trip();
    graph->data = NULL;
    expect_round_trip();
}
END_TEST

START_TEST(text_is_readable) {
    Node *x = vector("x", 3), *loss = square(linear("fc", 2, x));
    phase(loss);
    ck_assert(differentiate(graph));
    ck_assert_str_eq(
        graph_dump(arena, graph),
        "model \"small\"\n"
        "%0 = input() rank=1 d0=3 d1=0 d2=0 : sample(3) \"x\"\n"
        "%1 = param() rank=2 d0=2 d1=3 d2=0 d3=0 init=0 a=0 b=0 : param(2,3) \"fc.weight\"\n"
        "%2 = linear(%0, %1) : sample(2) \"fc\"\n"
        "%3 = number() value=0 : schedule()\n"
        "%4 = mse(%2, %3) : scalar()\n"
        "%5 = number() value=0.125 : schedule()\n"
        "%6 = number() value=1 : schedule()\n"
        "%7 = mse_grad(%2, %3, %6) : sample(2)\n"
        "%8 = linear_wgrad(%0, %7) : param(2,3) \"fc\"\n"
        "phase 1 epochs=2 batch=4 shuffle=0 loss=%4 lr=%5 optimizer=sgd momentum=0 dampening=0 "
        "weight_decay=0 nesterov=0 centered=0 beta1=0 beta2=0 eps=0 alpha=0\n"
        "trained %1 gradient=%8\n");
}
END_TEST

static void parse(void *text) {
    graph_parse(arena, diag, text);
}

START_TEST(malformed_text_is_a_bug) {
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"%0 = number() value=1 : schedule()", "expected `\n`"},
        {"%1 = number() value=1 : schedule()\n", "out of order"},
        {"%0 = numbr() value=1 : schedule()\n", "unknown op `numbr`"},
        {"%0 = number() valu=1 : schedule()\n", "expected `value`"},
        {"%0 = number() value=x : schedule()\n", "expected a number"},
        {"%0 = number() value=1 : scalar()\n", "is schedule(), not scalar()"},
        {"%0 = neg(%0) : schedule()\n", "no node 0"},
        {"%0 = neg() : schedule()\n", "does not fit"},
        {"%0 = number() value=1 : schedule() \"n\n", "expected `\"`"},
        {"trained %0 gradient=%0\n", "no phase"},
        {"phase 2 epochs=1\n", "phases are out of order"},
        {"nonsense\n", "expected `\n`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = arena_strdup(arena, cases[i].text);
        expect_bug(parse, text, cases[i].words);
    }
}
END_TEST

static void expect_double(double value) {
    const char *text = double_text(arena, value), *p = text;
    double read = double_read(&p);
    ck_assert_msg(!memcmp(&read, &value, sizeof value) && !*p, "%a: %s: %a", value, text, read);
}

START_TEST(doubles_read_back) {
    static const double values[] = {
        0,       -0.0,    1,         -1,          0.1,    1e-3,       1.0 / 3,   1e-8,
        1.5e-7,  1e-22,   1e-23,     123456.789,  1e15,   1e16,       4e9,       1e300,
        DBL_MAX, DBL_MIN, 0x1p-1074, 0x1.8p-1070, 0x1p53, 0x1p53 + 2, 0.3 - 0.1, 1e22};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) expect_double(values[i]);
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) expect_double(value);
        expect_double((double)(bits >> 40) / 1000);
    }
    ck_assert_str_eq(double_text(arena, 0.001), "0.001");
    ck_assert_str_eq(double_text(arena, -2.5), "-2.5");
    ck_assert_str_eq(double_text(arena, 1e-8), "1e-08");
    ck_assert_str_eq(double_text(arena, 1.5e-7), "1.5e-07");
    ck_assert_str_eq(double_text(arena, 1.0 / 3), "0x1.5555555555555p-2");
    ck_assert_str_eq(double_text(arena, 0x1p60), "0x1p+60");
}
END_TEST

/* Where such a locale is installed; elsewhere the test says nothing. */
START_TEST(text_is_the_same_in_every_locale) {
    build_model();
    const char *text = graph_dump(arena, graph);
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8", "de_DE"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (!setlocale(LC_ALL, locales[i])) continue;
        ck_assert_str_eq(graph_dump(arena, graph), text);
        expect_round_trip();
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(mistakes_are_reported_once_with_their_place) {
    Node *x = vector("x", 3), *image = add(&op_input, "im", ATTR(3, 1, 4, 4), NULL, NULL, NULL);
    Node *wrong = linear("fc", 2, image);
    ck_assert_int_eq(wrong->type.kind, KIND_ERROR);
    ck_assert_int_eq(unary(&op_relu, binary(&op_add, x, wrong))->type.kind, KIND_ERROR);
    ck_assert_int_eq(diag_errors(diag), 1);
    ck_assert_str_eq(errors(),
                     "small.lua:3: error: linear \"fc\": wants (N), a vector; use nn.flatten "
                     "before it, got (1, 4, 4), the input \"im\"\n");
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
    expect_error(add(&op_max_pool2d, NULL, ATTR(2.5, 2, 2, 2), image, NULL, NULL),
                 "kernel_h must be a whole number, got 2.5");
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
    expect_error(binary(&op_add, x, v), "wants equal shapes, (3) on one side, got (4)");
    expect_error(binary(&op_cross_entropy, x, label),
                 "wants (4), one number for each class of label \"l\", got (3), the input \"x\"");
    expect_error(binary(&op_cross_entropy, v, x), "wants a label, got (3)");
    expect_error(binary(&op_mse, loss, x), "wants real values per sample, got a loss");
    expect_error(binary(&op_equal, label, unary(&op_argmax, x)),
                 "wants equal numbers of classes, 4 on one side, got a class index of 3 classes");
    expect_error(binary(&op_min, number(1), x), "wants numbers and schedules");
    expect_error(binary(&op_concat, image, x), "wants operands that differ in the first size only");
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

START_TEST(wide_nodes_are_no_trouble) {
    enum { MANY = 3000 };
    Node *x = vector("x", 1), *in[MANY];
    for (int i = 0; i < MANY; i++) in[i] = x;
    Node *wide = graph_add(graph, &op_concat, (Loc){"", 0}, NULL, MANY, in, NULL);
    ck_assert_int_eq(wide->type.shape.dim[0], MANY);
    phase(square(wide));
    expect_round_trip();
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
    node_of(&op_dropout)->attr[DROPOUT_P] = 2;
}
static void spoil_whole(void) {
    node_of(&op_conv2d)->attr[CONV_STRIDE_H] = 1.5;
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
        {spoil_id, "has id"},
        {spoil_order, "does not precede it"},
        {spoil_stranger, "does not precede it"},
        {spoil_arity, "has 1 operands"},
        {spoil_range, "attribute p is out of range"},
        {spoil_whole, "attribute stride_h is out of range"},
        {spoil_type, "its type is not what its operands give"},
        {spoil_kind, "is an error node"},
        {spoil_operand, "its operands do not fit"},
        {spoil_loss, "a loss (node"},
        {spoil_rate, "a learning rate (node"},
        {spoil_frozen, "a frozen parameter (node"},
        {spoil_both, "is frozen and trained"},
        {spoil_trained, "is out of order"},
        {spoil_gradient, "has another shape"},
        {spoil_metric, "a metric (node"},
        {spoil_prediction, "a prediction (node"},
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

START_TEST(attributes_by_name) {
    Node *d = add(&op_dropout, "d", ATTR(0.25, 7), vector("x", 3), NULL, NULL);
    ck_assert_double_eq(node_attr(d, "p"), 0.25);
    ck_assert_int_eq(node_int(d, "stream"), 7);
    ck_assert_int_eq(op_attr_index(&op_dropout, "application"), DROPOUT_APPLICATION);
    ck_assert_str_eq(node_words(graph, d), "dropout \"d\"");
    ck_assert_str_eq(shape_text(arena, d->type.shape), "(3)");
    ck_assert_str_eq(shape_text(arena, (Shape){0, {0}}), "()");
    Shape huge = {4, {MAX_DIM, MAX_DIM, MAX_DIM, MAX_DIM}};
    ck_assert_int_eq(shape_count(huge), INT64_MAX);
}
END_TEST

RUN_TESTS("graph", text_reads_back, text_is_readable, malformed_text_is_a_bug, doubles_read_back,
          text_is_the_same_in_every_locale, mistakes_are_reported_once_with_their_place,
          graph_add_refuses, rewrite_replaces_and_drops, rewrite_keeps_the_order_of_what_stays,
          deep_graphs_are_no_trouble, wide_nodes_are_no_trouble, verifier_catches_planted_mistakes,
          interpreter_computes_what_is_wanted, attributes_by_name)
