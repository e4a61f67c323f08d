/* Writes the samples of the op table as models of ONNX for compare_ops.py: write_ops TEXT NUMBERS,
 * and a file N.onnx for each case that a prediction can be. Lines of TEXT: op "conv2d" an op that
 * users write; its cases follow case 12                    12.onnx value x0 0 3 2 8 8         an
 * input: its classes or 0, then its sizes, that of the batch first value y 0 3 4 8 8          the
 * value of the op, by its reference refused 13 randn "x"       it cannot be translated, and that is
 * why random                     and this is right: the case draws, or has a number of the step in
 * it For each `value` its elements follow in NUMBERS, doubles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ops/samples.h"
#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"
#include "runtime/onnx/nodes.h"

enum { BATCH = 3 };

typedef struct Output {
    FILE *text, *numbers;
    int cases;
} Output;

typedef struct Case {
    Builder *b;
    double **values; /* by node id */
} Case;

static const float *values_of(void *arg, const Node *param) {
    const Case *c = arg;
    const int64_t count = node_count(param);
    float *values = ARENA_ARRAY(c->b->arena, float, count);
    for (int64_t i = 0; i < count; i++) values[i] = (float)c->values[param->id][i];
    return values;
}

static const char *input_of(void *arg, const Node *field) {
    const Case *c = arg;
    int64_t sizes[MAX_RANK + 1] = {BUILDER_SAMPLES};
    const Shape s = field->type.shape;
    for (int i = 0; i < s.rank; i++) sizes[1 + i] = s.dim[i];
    builder_input(c->b, field->name,
                  field->type.classes ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                                      : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                  1 + s.rank, sizes);
    return field->name;
}

static void write_value(Output *out, const char *name, const Node *n, double *const *values) {
    fprintf(out->text, "value %s %d %d", name, n->type.classes, BATCH);
    for (int i = 0; i < n->type.shape.rank; i++) fprintf(out->text, " %d", n->type.shape.dim[i]);
    fputc('\n', out->text);
    fwrite(values[n->id], sizeof **values, (size_t)sample_elements(n, BATCH), out->numbers);
}

/* Values as floats have them; what parameters share is the parameters'. */
static void round_values(const Graph *graph, double **values) {
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        for (int64_t k = 0; values[i] && k < sample_elements(n, BATCH); k++)
            values[i][k] = (float)values[i][k];
        if (values[i] && n->op == &op_shared) values[n->in[0]->id] = values[i];
    }
}

/* Whether something in the graph is drawn, or is another number at each step or batch. */
static bool may_be_refused(const Graph *graph) {
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        if (op_is(n->op, TRAIT_DRAWN) || (kind_is_number(n->type.kind) && n->op != &op_number))
            return true;
    }
    return false;
}

static void write_model(const Output *out, Builder *b) {
    char path[32];
    size_t size;
    const unsigned char *bytes = builder_pack(b, "case", "0", &size);
    snprintf(path, sizeof path, "%d.onnx", out->cases);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_case(Output *out, const Op *op, const OpSample *sample) {
    static const Loc nowhere = {"", 0};
    Arena *arena = arena_new();
    const SampleCase c = sample_case(arena, op, sample);
    Graph *graph = c.graph;
    if (c.node->type.kind == KIND_SAMPLE && c.node->type.parts <= 1 && !op->backward_only) {
        Node *y = c.node;
        if (op == &op_repeat) y = y->in[0];
        double **values = sample_operands(arena, &c, BATCH, 7);
        round_values(graph, values);
        if (op == &op_tensor) y->elements = values[y->id];
        Env env = sample_env(BATCH);
        env.dropout = false;
        env.evaluates = true;
        /* A prediction is of samples, and a field says how many there are. */
        Named named[2] = {{"y", y, 0}};
        int n = 1;
        if (y->type.once || y->n_in == 0) {
            Type one = {.kind = KIND_SAMPLE, .shape = {1, {1}}, .parts = 1};
            named[n++] = (Named){"of_x", sample_leaf(graph, one, "of"), 0};
            named[0].node =
                y->type.once ? graph_add(graph, &op_repeat, nowhere, NULL, 1, &y, NULL) : y;
        }
        graph->predictions = named;
        graph->n_predictions = n;
        double **all = ARENA_ARRAY(arena, double *, graph->n_nodes);
        memcpy(all, values,
               (size_t)(graph->n_nodes - (n - 1) - (named[0].node != y)) * sizeof *all);
        if (n > 1) all[named[1].node->id] = sample_numbers(arena, BATCH, 9);
        Builder b = {.arena = arena};
        Case own = {&b, all};
        Translation t = {
            .b = &b, .graph = graph, .values = values_of, .input = input_of, .arg = &own};
        translate_predictions(&t);
        if (t.refused) {
            fprintf(out->text, "refused %d %s\n%s", out->cases, t.refused,
                    may_be_refused(graph) ? "random\n" : "");
        } else {
            fprintf(out->text, "case %d\n", out->cases);
            for (int i = 0; i < graph->n_nodes; i++)
                if (op_is(graph->nodes[i]->op, TRAIT_FIELD))
                    write_value(out, graph->nodes[i]->name, graph->nodes[i], all);
            interpret(arena, graph, &env, &named[0].node, 1, all);
            write_value(out, "y", named[0].node, all);
            write_model(out, &b);
        }
        out->cases++;
    }
    arena_free(arena);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    Output out = {fopen(argv[1], "w"), fopen(argv[2], "wb"), 0};
    if (!out.text || !out.numbers) {
        perror("write_ops");
        return 1;
    }
    for (int i = 0; all_ops[i]; i++) {
        const Op *op = all_ops[i];
        if (op->backward_only) continue;
        fprintf(out.text, "op \"%s\"\n", op->name);
        for (int k = 0; k < op->n_samples; k++) write_case(&out, op, &op->samples[k]);
    }
    const bool ok = !ferror(out.text) && !ferror(out.numbers);
    return fclose(out.text) == 0 && fclose(out.numbers) == 0 && ok ? 0 : 1;
}
