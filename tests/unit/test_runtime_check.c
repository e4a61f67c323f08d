/* `check`: right code passes, wrong code fails. */
#define _GNU_SOURCE
#include <float.h>
#include <math.h>

#include "../../compiler/ops/ops.h"
#include "../../compiler/optimizers/optimizers.h"
#include "../../compiler/passes/differentiate.h"
#include "../../runtime/check.h"
#include "../../runtime/commands.h"
#include "../attrs.h"
#include "../runtime/support.h"
#include "../runtime/toy_model.h"

static Graph *graph;

static Node *add(const Op *op, const char *name, int n, Node *const *in, const Attrs *attrs) {
    return graph_add(graph, op, (Loc){"", 0}, name, n, in, attrs);
}

static Node *add_field(const Op *op, const char *name, double a, double b, double c, double d) {
    return add(op, name, 0, NULL, listed(graph->arena, op, ATTR(a, b, c, d)));
}

static Node *number(double value) {
    return add(&op_number, NULL, 0, NULL, ATTRS_WITH(NumberAttrs, value));
}

static Node *one(const Op *op, const char *name, Node *in, const Attrs *attrs) {
    return add(op, name, 1, &in, attrs);
}

static Node *two(const Op *op, Node *a, Node *b) {
    return add(op, NULL, 2, (Node *[]){a, b}, NULL);
}

/* The toy model as a graph; with another learning rate if asked for. */
static const char *toy_graph(Arena *arena, double sgd_rate) {
    graph = graph_new(arena, diag_new(arena));
    graph->name = "toy";
    graph->data = "mnist-pairs";
    Node *sides[2], *in[3];
    for (int i = 0; i < 2; i++) {
        Node *side = add_field(&op_input, i ? "right" : "left", 3, 1, 14, 14);
        sides[i] = one(&op_flatten, NULL, side, NULL);
    }
    Node *label = add_field(&op_label, "comparison", 2, 0, 0, 0);
    const ParamAttrs weight = {{2, {2, 392}}, .init = INIT_UNIFORM, .a = -.05, .b = .05};
    const ParamAttrs bias = {{1, {2}}, .init = INIT_NORMAL, .a = 0, .b = .01};
    in[0] = one(&op_dropout, "drop", add(&op_concat, NULL, 2, sides, NULL),
                ATTRS_WITH(DropoutAttrs, .p = .1875, .stream = dropout_stream("drop")));
    in[1] = add(&op_param, "fc.weight", 0, NULL, ATTRS_AT(ParamAttrs, &weight));
    in[2] = add(&op_param, "fc.bias", 0, NULL, ATTRS_AT(ParamAttrs, &bias));
    Node *logits = add(&op_linear, "fc", 3, in, NULL);
    Node *loss = two(&op_cross_entropy, logits, label);
    Node *verdict = one(&op_argmax, NULL, logits, NULL);
    static Named metrics[2], predictions[2];
    metrics[0] = (Named){.name = "accuracy",
                         .node = one(&op_overall, NULL, two(&op_equal, verdict, label), NULL)};
    metrics[1] = (Named){.name = "cross_entropy", .node = loss};
    predictions[0] = (Named){.name = "comparison", .node = verdict};
    predictions[1] = (Named){.name = "logits", .node = logits};
    Phase *phases = ARENA_ARRAY(arena, Phase, 2);
    phases[0] = (Phase){.epochs = 3, .batch = 30, .shuffle = true, .loss = loss};
    phases[0].optimizer = optimizer_with(&optimizer_sgd, "momentum=0.9");
    phases[0].optimizer.lr = number(sgd_rate);
    phases[1] = (Phase){.epochs = 2, .batch = 50, .shuffle = true, .loss = loss};
    phases[1].optimizer = optimizer_new(&optimizer_adam);
    phases[1].optimizer.lr = number(.001);
    phases[1].frozen = ARENA_ARRAY(arena, Node *, 1);
    phases[1].frozen[0] = in[2];
    phases[1].n_frozen = 1;
    graph->phases = phases;
    graph->n_phases = 2;
    graph->metrics = metrics;
    graph->predictions = predictions;
    graph->n_metrics = graph->n_predictions = 2;
    ck_assert(differentiate(graph));
    return graph_dump(arena, graph);
}

/* Runs `check` with that learning rate in the graph; its JSON goes to `line`. */
static Status run_check(double sgd_rate, char *line, int size) {
    Arena *arena = arena_new();
    NnModel model = nn_model_toy;
    const char *const lines[] = {toy_graph(arena, sgd_rate), NULL};
    model.graph = lines;
    char *argv[] = {"toy", "check", "--json", "--threads", "2"};
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("out", "w", stdout));
    Status status = (Status)run_program(&model, 5, argv);
    fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    close(kept);
    FILE *out = fopen("out", "r");
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(fgets(line, size, out));
    fclose(out);
    arena_free(arena);
    return status;
}

START_TEST(right_code_passes) {
    enter_scratch();
    char line[512];
    Status status = run_check(.05, line, sizeof line);
    ck_assert_msg(status == STATUS_OK, "%s", line);
    ck_assert_msg(
        strstr(line, "{\"ok\":true,\"isa\":\"portable\",\"processes\":1,\"forward_error\":") ==
            line,
        "%s", line);
    leave_scratch();
}
END_TEST

START_TEST(wrong_code_fails) {
    enter_scratch();
    char line[512];
    Status status = run_check(.0501, line, sizeof line);
    ck_assert_int_eq(status, STATUS_FAILED);
    ck_assert_msg(strstr(line, "\"ok\":false") != NULL, "%s", line);
    ck_assert_msg(strstr(line, "\"worst\":\"step of fc.") != NULL, "%s", line);
    leave_scratch();
}
END_TEST

static double error_of(const float *found, const double *wanted, const float *before) {
    return relative_error(distance_of(found, wanted, before, 3, 0x1p-23));
}

START_TEST(errors_are_relative) {
    const double wanted[] = {10, 0, -20}, zero[] = {0, 0, 0};
    const float exact[] = {10, 0, -20}, off[] = {10, 1, -20}, none[] = {0, 0, 0};
    const float broken[] = {10, NAN, -20}, before[] = {10, -1, -20};
    ck_assert(error_of(exact, wanted, NULL) == 0);
    ck_assert(fabs(error_of(off, wanted, NULL) - .05) < 1e-12);
    ck_assert(error_of(none, zero, NULL) == 0);
    ck_assert(isinf(error_of(off, zero, NULL)));
    ck_assert(isinf(error_of(broken, wanted, NULL)));
    ck_assert(error_of(exact, wanted, before) == 0);
    ck_assert(fabs(error_of(off, wanted, before) - 1) < 1e-12);
    ck_assert(isinf(error_of(off, wanted, exact)));
    Worst worst = {0};
    worst_note(&worst, .5, "gradient of", "a");
    worst_note(&worst, .25, "gradient of", "b");
    ck_assert_str_eq(worst.name, "gradient of a");
    worst_note(&worst, NAN, "gradient of", "c");
    ck_assert(isinf(worst.error));
}
END_TEST

SUITE("check", TESTS(right_code_passes, wrong_code_fails, errors_are_relative))
