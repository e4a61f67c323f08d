/* Reads the texts of samples, and draws values for them. */
#include "samples.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../attrs.h"
#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"

static const Loc nowhere = {"", 0};

static Node *leaf(Graph *g, const Op *op, const char *name, const Attrs *attrs) {
    return graph_add(g, op, nowhere, name, 0, NULL, attrs);
}

Node *sample_leaf(Graph *g, Type type, const char *name) {
    if (type.kind == KIND_SCALAR) {
        Type three = {.kind = KIND_SAMPLE, .shape = {1, {3}}, .parts = 1};
        Node *in[2] = {sample_leaf(g, three, name), leaf(g, &op_number, NULL, NULL)};
        return graph_add(g, &op_mse, nowhere, NULL, 2, in, NULL);
    }
    if (type.kind == KIND_SPLIT) {
        Type one = {.kind = KIND_SAMPLE, .shape = {1, {1}}, .parts = 1};
        Node *in = sample_leaf(g, one, name);
        return graph_add(g, &op_overall, nowhere, NULL, 1, &in, NULL);
    }
    if (type.once) {
        Node *in = sample_leaf(g, (Type){.kind = KIND_PARAM, .shape = type.shape}, name);
        return graph_add(g, &op_shared, nowhere, NULL, 1, &in, NULL);
    }
    if (type.parts > 1) {
        Type one = type;
        one.parts = 1;
        Node **parts = ARENA_ARRAY(g->arena, Node *, type.parts);
        for (int i = 0; i < type.parts; i++) parts[i] = sample_leaf(g, one, name);
        return graph_add(g, &op_stack, nowhere, NULL, type.parts, parts, NULL);
    }
    const Shape shape = shape_stated(type.shape);
    if (type.classes) return leaf(g, &op_label, name, ATTRS_WITH(LabelAttrs, type.classes, shape));
    if (type.kind == KIND_PARAM)
        return leaf(g, &op_param, name, ATTRS_WITH(ParamAttrs, .shape = shape));
    return leaf(g, &op_input, name, ATTRS_WITH(ShapeAttrs, shape));
}

/* Reads a whole number; a word that has none is malformed. */
static int whole(const char **p, const char *inputs) {
    char *end;
    long n = strtol(*p, &end, 10);
    if (end == *p) bug("sample: a number is missing in `%s`", inputs);
    *p = end;
    return (int)n;
}

static Shape shape_at(const char **p, const char *inputs) {
    Shape shape = {0, {0}};
    if (*(*p)++ != '(') bug("sample: a ( is missing in `%s`", inputs);
    while (**p && **p != ')') {
        if (shape.rank == MAX_RANK) bug("sample: too many sizes in `%s`", inputs);
        shape.dim[shape.rank++] = whole(p, inputs);
        if (**p == ',') (*p)++;
    }
    if (*(*p)++ != ')') bug("sample: a ) is missing in `%s`", inputs);
    return shape;
}

SampleCase sample_case(Arena *arena, const Op *op, const OpSample *sample) {
    static const Op *const counters[] = {&op_epoch, &op_epochs, &op_step};
    SampleCase c = {.diag = diag_new(arena)};
    c.graph = graph_new(arena, c.diag);
    Node **in = NULL;
    int n = 0, cap = 0, n_counters = 0;
    for (const char *p = sample->inputs; *p;) {
        const char letter = *p++, *name = arena_printf(arena, "x%d", n);
        Node *node;
        if (letter == 'L') {
            Type index = {.kind = KIND_SAMPLE, .classes = whole(&p, sample->inputs), .parts = 1};
            if (*p == '(') index.shape = shape_at(&p, sample->inputs);
            node = sample_leaf(c.graph, index, name);
        } else {
            Shape shape = shape_at(&p, sample->inputs);
            int parts = 1;
            if (*p == '*') {
                p++;
                parts = whole(&p, sample->inputs);
            }
            if (letter == 'S')
                node = sample_leaf(
                    c.graph, (Type){.kind = KIND_SAMPLE, .shape = shape, .parts = parts}, name);
            else if (letter == 'C')
                node = sample_leaf(c.graph,
                                   (Type){.kind = KIND_SAMPLE, .shape = shape, .once = true}, name);
            else if (letter == 'P')
                node = sample_leaf(c.graph, (Type){.kind = KIND_PARAM, .shape = shape}, name);
            else if (letter == 'X' && !shape.rank)
                node = sample_leaf(c.graph, (Type){.kind = KIND_SCALAR, .shape = shape}, name);
            else if (letter == 'O' && !shape.rank)
                node = sample_leaf(c.graph, (Type){.kind = KIND_SPLIT, .shape = shape}, name);
            else if (letter == 'E' && !shape.rank && n_counters < 3)
                node = leaf(c.graph, counters[n_counters++], NULL, NULL);
            else
                bug("sample: cannot read `%s`", sample->inputs);
        }
        ARENA_PUSH(arena, in, n, cap, node);
        while (isspace((unsigned char)*p)) p++;
    }
    const Attrs *attrs = listed(arena, op, sample->has_attr ? sample->attr : NULL);
    c.node = graph_add(c.graph, op, nowhere, n || !op->n_attrs ? NULL : "x", n, in, attrs);
    return c;
}

Env sample_env(int batch) {
    return (Env){.batch = batch,
                 .dropout = true,
                 .seed = 0x123456789abcdef,
                 .first_sample = 5,
                 .epoch = 3,
                 .epochs = 7,
                 .step = 5,
                 .steps = 11};
}

uint64_t sample_random(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

double *sample_numbers(Arena *arena, int64_t count, uint64_t seed) {
    double *x = ARENA_ARRAY(arena, double, count);
    for (int64_t i = 0; i < count; i++) {
        double magnitude = 0.5 + 1.5 * ((double)i + 0.5) / (double)count;
        x[i] = sample_random(&seed) % 2 ? magnitude : -magnitude;
        int64_t j = (int64_t)(sample_random(&seed) % (uint64_t)(i + 1));
        double swapped = x[i];
        x[i] = x[j];
        x[j] = swapped;
    }
    return x;
}

double **sample_values(Arena *arena, const Graph *graph, int batch, uint64_t seed) {
    double **values = ARENA_ARRAY(arena, double *, graph->n_nodes);
    for (int i = 0; i < graph->n_nodes; i++) {
        const Node *n = graph->nodes[i];
        if (n->op->min_in || n->op->constant) continue;
        int64_t count = node_count(n) * (n->type.kind == KIND_SAMPLE ? batch : 1);
        values[i] = sample_numbers(arena, count, sample_random(&seed));
        for (int64_t k = 0; n->type.classes && k < count; k++)
            values[i][k] = (double)(sample_random(&seed) % (uint64_t)n->type.classes);
    }
    return values;
}

int64_t sample_elements(const Node *n, int batch) {
    return node_count(n) * node_values(n, batch);
}

double **sample_operands(Arena *arena, const SampleCase *c, int batch, uint64_t seed) {
    const Op *op = c->node->op;
    double **values = sample_values(arena, c->graph, batch, seed);
    Env env = sample_env(batch);
    for (int i = 0; i < c->node->n_in; i++) {
        Node *in = c->node->in[i];
        const int64_t count = sample_elements(in, batch);
        if (in->type.kind == KIND_SCALAR || in->type.kind == KIND_SPLIT)
            values[in->id] = sample_numbers(arena, 8, seed) + i;
        else
            interpret(arena, c->graph, &env, &in, 1, values);
        /* Masks and sides of comparisons are zero at some places. */
        for (int64_t k = 0; op->stops >> i & 1 && !in->type.classes && k < count; k += 3)
            values[in->id][k] = 0;
        for (int64_t k = 0; op->positive && k < count; k++)
            values[in->id][k] = fabs(values[in->id][k]);
    }
    return values;
}

bool sample_gradient(Arena *arena, const SampleCase *c, Gradient *gradient) {
    Node *n = c->node;
    bool *wanted = ARENA_ARRAY(arena, bool, n->n_in), any = false;
    for (int i = 0; i < n->n_in; i++) {
        const Type *x = &n->in[i]->type;
        wanted[i] = x->kind != KIND_SCHEDULE && !x->classes && !(n->op->stops >> i & 1);
        any = any || wanted[i];
    }
    if (!any || !n->op->gradient) return false;
    Node *dy = sample_leaf(c->graph, n->type, "dy");
    *gradient = (Gradient){c->graph, n, n, dy, wanted, ARENA_ARRAY(arena, Node *, n->n_in)};
    n->op->gradient(gradient);
    return true;
}
