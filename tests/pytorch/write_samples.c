/* Writes the samples of the op table for compare_ops.py: write_samples TEXT NUMBERS. Into TEXT
 *   env batch=3 dropout=1 seed=... first_sample=... epoch=... epochs=... step=... steps=...
 *   op "conv2d" users=1
 *   case %3                    the op's node, then the graph with its gradients, then
 *   gradient %1 %7             of operand %1 is node %7
 *   values %3 180              of node %3 so many doubles follow in NUMBERS
 *   end
 * The values are those of the operands, of dy, and, by the reference rules, of the node and of the
 * gradients. */
#include <stdio.h>
#include <stdlib.h>

#include "../ops/samples.h"
#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"

enum { BATCH = 3 };

typedef struct Output {
    FILE *text, *numbers;
} Output;

static void write_values(Output out, const Node *n, double *const *values) {
    const int64_t count = sample_elements(n, BATCH);
    fprintf(out.text, "values %%%d %lld\n", n->id, (long long)count);
    fwrite(values[n->id], sizeof **values, (size_t)count, out.numbers);
}

static void write_case(Output out, const Op *op, const OpSample *sample) {
    Arena *arena = arena_new();
    const SampleCase c = sample_case(arena, op, sample);
    Node *n = c.node;
    Gradient g;
    const bool differentiable = sample_gradient(arena, &c, &g);
    double **values = sample_operands(arena, &c, BATCH, 7);
    const Env env = sample_env(BATCH);
    fprintf(out.text, "case %%%d\n%s", n->id, graph_dump(arena, c.graph));
    for (int i = 0; i < n->n_in; i++) write_values(out, n->in[i], values);
    interpret(arena, c.graph, &env, &n, 1, values);
    write_values(out, n, values);
    if (differentiable) {
        values[g.dy->id] = sample_numbers(arena, sample_elements(g.dy, BATCH), 8);
        write_values(out, g.dy, values);
    }
    for (int i = 0; differentiable && i < n->n_in; i++) {
        if (!g.wanted[i]) continue;
        if (!g.dx[i]) bug("%s: no gradient of operand %d", op->name, i);
        fprintf(out.text, "gradient %%%d %%%d\n", n->in[i]->id, g.dx[i]->id);
        interpret(arena, c.graph, &env, &g.dx[i], 1, values);
        write_values(out, g.dx[i], values);
    }
    fputs("end\n", out.text);
    arena_free(arena);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    const Output out = {fopen(argv[1], "w"), fopen(argv[2], "wb")};
    if (!out.text || !out.numbers) {
        perror("write_samples");
        return 1;
    }
    const Env env = sample_env(BATCH);
    fprintf(out.text,
            "env batch=%d dropout=%d seed=%llu first_sample=%lld epoch=%g epochs=%g step=%g "
            "steps=%g\n",
            env.batch, env.dropout, (unsigned long long)env.seed, (long long)env.first_sample,
            env.epoch, env.epochs, env.step, env.steps);
    for (int i = 0; all_ops[i]; i++) {
        const Op *op = all_ops[i];
        fprintf(out.text, "op \"%s\" users=%d\n", op->name, !op->backward_only);
        const bool given = !op->min_in && !op->constant;
        for (int k = 0; !op->backward_only && !given && k < op->n_samples; k++)
            write_case(out, op, &op->samples[k]);
    }
    const bool ok = !ferror(out.text) && !ferror(out.numbers);
    return fclose(out.text) == 0 && fclose(out.numbers) == 0 && ok ? 0 : 1;
}
