/* The tests that every op gets: its samples against its rules. The reference must fill the result
 * that the shape rule states, and the nodes that the gradient rule builds must have the value of
 * central differences of the reference. */
#include <math.h>

#include "../suite.h"

#include "compiler/graph/interpreter.h"
#include "compiler/ops/ops.h"
#include "compiler/optimizers/optimizers.h"
#include "samples.h"

enum { BATCH = 3, POINTS = 24, GUARD = 8 };
static const double difference = 1e-4, tolerance = 1e-6;
/* Marks elements that a rule has not written: no rule computes it. */
static const double unwritten = -7.25e201;

static Arena *arena;

static void begin(void) {
    arena = arena_new();
}

static void end(void) {
    arena_free(arena);
}

static int64_t elements(const Node *n) {
    return sample_elements(n, BATCH);
}

static bool is_given(const Op *op) {
    return !op->min_in && !op->constant;
}

/* The reference's value with the operands' values; a fault is named in `*fault`. */
static double *value_of(Arena *room, const Node *n, double *const *values, const char **fault) {
    int64_t count = elements(n);
    const double **in = ARENA_ARRAY(room, const double *, n->n_in + 1);
    for (int i = 0; i < n->n_in; i++) in[i] = values[n->in[i]->id];
    double *out = ARENA_ARRAY(room, double, count + GUARD);
    for (int64_t k = 0; k < count + GUARD; k++) out[k] = unwritten;
    Env env = sample_env(node_once(n) ? 1 : BATCH * node_parts(n));
    n->op->reference(&env, n, in, out);
    for (int64_t k = 0; k < count; k++) {
        if (out[k] == unwritten) *fault = "the reference leaves an element unwritten";
        if (!isfinite(out[k])) *fault = "the reference gives no finite value";
        double index = n->type.classes;
        if (index > 0 && !(out[k] >= 0 && out[k] < index && out[k] == floor(out[k])))
            *fault = "the reference gives no class index";
    }
    for (int k = 0; k < GUARD; k++)
        if (out[count + k] != unwritten) *fault = "the reference writes beyond the result";
    return out;
}

/* The product of the value with dy: what the gradient differentiates. */
static double product(const Node *n, double *const *values, const double *dy) {
    Arena *room = arena_new();
    const char *fault = NULL;
    const double *y = value_of(room, n, values, &fault);
    double sum = fault ? (double)NAN : 0;
    for (int64_t k = 0; k < elements(n); k++) sum += dy[k] * y[k];
    arena_free(room);
    return sum;
}

/* Slope of the product where operand x moves along `way`. */
static double slope(const Node *n, double **values, const Node *x, const double *way,
                    const double *dy) {
    int64_t count = elements(x);
    double *at = values[x->id], *moved = ARENA_ARRAY(arena, double, count), side[2];
    for (int s = 0; s < 2; s++) {
        for (int64_t k = 0; k < count; k++)
            moved[k] = at[k] + (s ? difference : -difference) * way[k];
        values[x->id] = moved;
        side[s] = product(n, values, dy);
        values[x->id] = at;
    }
    return (side[1] - side[0]) / (2 * difference);
}

/* Compares one operand's gradient dx: all elements at once along a random way, some by themselves.
 */
static const char *compare_gradient(const Node *n, double **values, const Node *x, const double *dx,
                                    const double *dy) {
    int64_t count = elements(x);
    double largest = 0, along = 0, scale = 0;
    uint64_t random = 99;
    double *way = ARENA_ARRAY(arena, double, count);
    for (int64_t k = 0; k < count; k++) {
        way[k] = sample_random(&random) % 2 ? 0.5 : -0.5;
        along += way[k] * dx[k];
        scale += fabs(way[k] * dx[k]);
        largest = fmax(largest, fabs(dx[k]));
    }
    if (!(largest > 0)) return "the gradient is zero throughout, which proves nothing";
    if (!(fabs(slope(n, values, x, way, dy) - along) <= tolerance * scale))
        return "the gradient is not the slope of the reference";
    for (int i = 0; i < POINTS && i < count; i++) {
        int64_t k = count <= POINTS ? i : (int64_t)(sample_random(&random) % (uint64_t)count);
        memset(way, 0, sizeof *way * (size_t)count);
        way[k] = 1;
        if (!(fabs(slope(n, values, x, way, dy) - dx[k]) <= tolerance * largest))
            return "an element of the gradient is not the slope of the reference";
    }
    return NULL;
}

static const char *check_gradient(const SampleCase *c) {
    Gradient g;
    if (!sample_gradient(arena, c, &g)) return NULL;
    const Node *n = c->node;
    double **values = sample_operands(arena, c, BATCH, 5);
    values[g.dy->id] = sample_numbers(arena, elements(g.dy), 6);
    for (int i = 0; i < n->n_in; i++) {
        if (!g.wanted[i]) continue;
        if (!g.dx[i]) return "the gradient rule gives nothing for an operand";
        if (diag_errors(c->diag)) return "the gradient rule makes a node that does not fit";
        if (g.dx[i]->type.kind != n->in[i]->type.kind ||
            !shape_equal(g.dx[i]->type.shape, n->in[i]->type.shape))
            return "a gradient has not the type of its operand";
        Env env = sample_env(BATCH);
        interpret(arena, c->graph, &env, &g.dx[i], 1, values);
        const char *fault =
            compare_gradient(n, values, n->in[i], values[g.dx[i]->id], values[g.dy->id]);
        if (fault) return fault;
    }
    return NULL;
}

static const char *check_sample(const Op *op, const OpSample *sample) {
    SampleCase c = sample_case(arena, op, sample);
    if (c.node->type.kind == KIND_ERROR) {
        diag_print(c.diag, stderr);
        return "the shape rule refuses the sample";
    }
    graph_verify(c.graph);
    const char *text = graph_dump(arena, c.graph);
    if (strcmp(graph_dump(arena, graph_parse(arena, c.diag, text)), text) != 0)
        return "the graph's text does not read back";
    if (is_given(op)) return NULL;
    const char *fault = NULL;
    const double *y = value_of(arena, c.node, sample_operands(arena, &c, BATCH, 4), &fault);
    bool zero = true;
    for (int64_t k = 0; k < elements(c.node); k++) zero = zero && y[k] == 0;
    /* Indices and comparisons may well be zero. */
    if (!fault && zero && (op->gradient || op->backward_only))
        fault = "the value is zero throughout, which proves nothing";
    return fault ? fault : check_gradient(&c);
}

/* Whether each attribute keeps its lowest and highest value when all others are set. */
static bool holds_attributes(const Op *op) {
    void *values = attrs_new(arena, op).values;
    for (int i = 0; i < op->n_attrs; i++) {
        const AttrSpec *a = &op->attrs[i];
        for (int k = 0; k < op->n_attrs; k++) attr_set(op, k, values, op->attrs[k].low);
        attr_set(op, i, values, a->high);
        for (int k = 0; k < op->n_attrs; k++)
            if (attr_get(op, k, values) != (k == i ? a->high : op->attrs[k].low)) return false;
    }
    return true;
}

/* The fault of an op, or NULL. */
static const char *fault_of(const Op *op) {
    const bool next = op_is(op, TRAIT_NEXT); /* depends on earlier calls: tests/train/next.sh */
    if (!op->n_samples && !next) return "the op has no samples";
    if (!op->help || !op->name || !op->shape || (!op->reference && !next))
        return "the table is incomplete";
    for (int i = 0; i < op->n_attrs; i++) {
        const AttrSpec *a = &op->attrs[i];
        if (!(a->preset >= a->low && a->preset <= a->high)) return "a default is out of its range";
    }
    if (!holds_attributes(op)) return "its struct does not hold the attributes apart";
    for (int i = 0; i < op->n_samples; i++) {
        const char *fault = check_sample(op, &op->samples[i]);
        if (fault)
            return arena_printf(arena, "sample %d, `%s`: %s", i, op->samples[i].inputs, fault);
    }
    return NULL;
}

START_TEST(op_fits_its_samples) {
    const Op *op = all_ops[_i];
    const char *fault = fault_of(op);
    ck_assert_msg(!fault, "%s: %s", op->name, fault ? fault : "");
}
END_TEST

START_TEST(names_are_unique) {
    for (int i = 0; all_ops[i]; i++)
        ck_assert_msg(op_by_name(all_ops[i]->name) == all_ops[i], "%s", all_ops[i]->name);
    ck_assert_ptr_null(op_by_name("no_such_op"));
}
END_TEST

/* docs/language.md names each word that comes from the table, and the options of layers. */
START_TEST(words_are_documented) {
    static char text[1 << 17];
    FILE *file = fopen(NNGEN_SOURCE "/docs/language.md", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    for (int i = 0; all_ops[i]; i++) {
        const Op *op = all_ops[i];
        if (!op->layer && !op->function) continue;
        ck_assert_msg(strstr(text, arena_printf(arena, "`nn.%s", op->name)), "nn.%s", op->name);
        for (int k = 0; op->layer && k < op->n_attrs; k++)
            ck_assert_msg(strstr(text, arena_printf(arena, "`%s = ", op->attrs[k].name)),
                          "%s of nn.%s", op->attrs[k].name, op->name);
    }
    for (int i = 0; all_optimizers[i]; i++) {
        const OptimizerKind *kind = all_optimizers[i];
        ck_assert_msg(strstr(text, arena_printf(arena, "`nn.%s`", kind->name)), "nn.%s",
                      kind->name);
        for (int k = 0; k < kind->n_options; k++)
            ck_assert_msg(strstr(text, arena_printf(arena, "`%s = ", kind->options[k].name)),
                          "%s of nn.%s", kind->options[k].name, kind->name);
    }
}
END_TEST

/* The tests above must be able to fail. */
static void no_gradient(Gradient *g) {
    (void)g;
}
static void twice(Gradient *g) {
    Node *in[2] = {g->dy, g->dy};
    g->dx[0] = graph_add(g->graph, &op_add, g->node->loc, NULL, 2, in, NULL);
}
static void constant(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)in;
    for (int64_t k = 0; k < node_count(n) * env->batch; k++) out[k] = 1;
}
static void nothing(Gradient *g) {
    Node *in[2] = {g->dy, g->dy};
    g->dx[0] = graph_add(g->graph, &op_sub, g->node->loc, NULL, 2, in, NULL);
}
static void one_short(const Env *env, const Node *n, const double *const *in, double *out) {
    memcpy(out, in[0], sizeof *out * (size_t)(node_count(n) * env->batch - 1));
}
static void one_long(const Env *env, const Node *n, const double *const *in, double *out) {
    memcpy(out, in[0], sizeof *out * (size_t)(node_count(n) * env->batch));
    out[node_count(n) * env->batch] = 0;
}
static bool refuse(Graph *g, Node *n) {
    (void)g, (void)n;
    return false;
}

static void expect_fault(Op op, const char *words) {
    const char *fault = fault_of(&op);
    ck_assert_msg(fault && strstr(fault, words), "wanted `%s`, got `%s`", words,
                  fault ? fault : "nothing");
}

START_TEST(planted_faults_are_found) {
    Op op = op_tanh;
    op.n_samples = 0;
    expect_fault(op, "no samples");
    op = op_tanh;
    op.gradient = op_sigmoid.gradient;
    expect_fault(op, "not the slope");
    op.gradient = twice;
    expect_fault(op, "not the slope");
    op.gradient = no_gradient;
    expect_fault(op, "gives nothing");
    op = op_tanh;
    op.reference = one_short;
    expect_fault(op, "unwritten");
    op.reference = one_long;
    expect_fault(op, "beyond");
    op = op_tanh;
    op.shape = refuse;
    expect_fault(op, "refuses");
}
END_TEST

START_TEST(zeros_against_zeros_fail) {
    Op op = op_tanh;
    op.reference = constant;
    op.gradient = nothing;
    expect_fault(op, "zero throughout");
}
END_TEST

static int count_ops(void) {
    int n = 0;
    while (all_ops[n]) n++;
    return n;
}

SUITE("ops", FIXTURE(begin, end), LOOP(op_fits_its_samples, count_ops()),
      TESTS(names_are_unique, words_are_documented, planted_faults_are_found,
            zeros_against_zeros_fail))
