/* The text of a graph: exact there and back, readable, the same in every locale. */
#define _POSIX_C_SOURCE 200809L

#include "graphs.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "compiler/graph/double.h"
#include "compiler/passes/differentiate.h"

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
    Phase *p = &graph->phases[0];
    p->epochs = 0;
    p->steps = 100;
    p->drop_last = p->keep_best = true;
    p->min_delta = 0.125;
    expect_round_trip();
    ck_assert_ptr_nonnull(strstr(graph_dump(arena, graph),
                                 "counted steps=100 eval_every=0 eval_samples=0 drop_last=1\n"
                                 "judged best=1 patience=0 min_delta=0.125 monitor=\"\"\n"));
    p->monitor = "-val_x";
    p->patience = 3;
    p->eval_every = 5;
    p->eval_samples = 7;
    expect_round_trip();
    ck_assert_ptr_nonnull(strstr(graph_dump(arena, graph), "monitor=\"-val_x\""));
}
END_TEST

START_TEST(text_is_readable) {
    Node *x = vector("x", 3), *loss = square(linear("fc", 2, x));
    phase(loss);
    ck_assert(differentiate(graph));
    ck_assert_str_eq(
        graph_dump(arena, graph),
        "model \"small\"\n"
        "%0 = input() rank=1 d0=3 d1=0 d2=0 d3=0 : sample(3) \"x\"\n"
        "%1 = param() rank=2 d0=2 d1=3 d2=0 d3=0 init=0 a=0 b=0 : param(2,3) \"fc.weight\"\n"
        "%2 = linear(%0, %1) : sample(2) \"fc\"\n"
        "%3 = number() value=0 : schedule()\n"
        "%4 = mse(%2, %3) : scalar()\n"
        "%5 = number() value=0.125 : schedule()\n"
        "%6 = number() value=1 : schedule()\n"
        "%7 = mse_grad(%2, %3, %6) : sample(2)\n"
        "%8 = linear_wgrad(%0, %7) : param(2,3) \"fc\"\n"
        "phase 1 epochs=2 batch=4 shuffle=0 loss=%4 lr=%5 optimizer=sgd momentum=0 dampening=0 "
        "weight_decay=0 nesterov=0\n"
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
        {"phase 1 epochs=1e11\n", "too many places"},
        {"phase 1 epochs=100000000000 batch=1\n", "epochs is 1e+11, not a whole number"},
        {"phase 1 epochs=-1 batch=1\n", "epochs is -1, not a whole number"},
        {"phase 1 epochs=1 batch=0.5\n", "batch is 0.5, not a whole number"},
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

/* Where such a locale is installed; elsewhere the test proves nothing. */
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

SUITE("graph text", FIXTURE(begin, end),
      TESTS(text_reads_back, text_is_readable, malformed_text_is_a_bug, doubles_read_back,
            text_is_the_same_in_every_locale, wide_nodes_are_no_trouble))
