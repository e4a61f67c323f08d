/* Writes models that hold every op with every sample of it: make_models FOLDER NUMBER writes
 * model_0.c ... and table.c, the list of them.
 *
 * Of a sample of an op that users write, a model has two uses: `direct`, on fields of the data, and
 * `through`, on values that depend on parameters, so that gradients flow through the op. A sample
 * of an op that differentiation makes has one, on fields; its value, or its sum by bias_grad, is
 * the gradient of a parameter made for it. But gradients of contractions need the layer, which
 * decides how the weight lies: their samples become samples of the layer. Values per sample are
 * predictions, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../compiler/emit/emit.h"
#include "../../../compiler/optimizers/optimizers.h"
#include "../../../compiler/passes/differentiate.h"
#include "../../../compiler/pipeline.h"
#include "../../attrs.h"
#include "operands.h"

enum { MAX_NAMED = 1000, MAX_CASES = 1000 };
static const Loc nowhere = {"", 0};

/* A model under construction. */
typedef struct Model {
    Graph *g;
    const char *prefix; /* of the names of the sample in hand: "relu0_" */
    int leaves;         /* made for it */
    bool through;       /* sample operands depend on parameters */
    Node *loss;
    Named predictions[MAX_NAMED], metrics[MAX_NAMED];
    int n_predictions, n_metrics;
    Trained trained[MAX_NAMED]; /* gradients that differentiation does not make */
    int n_trained;
} Model;

static const char *new_name(Model *m, const char *what) {
    return arena_printf(m->g->arena, "%s%s%d", m->prefix, what, m->leaves++);
}

static void add_loss(Model *m, Node *term) {
    m->loss = m->loss ? binary(m->g, &op_add, m->loss, term) : term;
}

/* A layer of one step in space, or a normalisation of the last axis: a value that depends on
 * parameters. */
static Node *dense(Model *m, Node *x) {
    Shape s = x->type.shape, weight = {2, {s.dim[0], s.dim[0]}};
    if (s.rank == 0) return unary(m->g, &op_sum, dense(m, unary(m->g, &op_flatten, x)));
    if (s.rank == 2 || s.rank == 4)
        return binary(m->g, &op_layer_norm, x,
                      param_leaf(m->g, new_name(m, "w"), shape_last(s, 1), 1));
    const Op *op = &op_linear;
    if (s.rank == 3) {
        weight = (Shape){4, {s.dim[0], s.dim[0], 1, 1}};
        op = &op_conv2d;
    }
    Node *in[3] = {x, param_leaf(m->g, new_name(m, "w"), weight, 1),
                   param_leaf(m->g, new_name(m, "b"), (Shape){1, {s.dim[0]}}, 1)};
    return graph_add(m->g, op, nowhere, NULL, 3, in, NULL);
}

static Node *sample_operand(Model *m, Shape shape) {
    Node *x = field_leaf(m->g, &op_input, new_name(m, "x"), shape);
    return m->through ? dense(m, x) : x;
}

/* A gradient of a parameter, as backward passes have them. */
static Node *param_operand(Model *m, Shape shape) {
    Shape x = {1, {shape.dim[1]}}, dy = {1, {shape.dim[0]}};
    if (shape.rank != 2) bug("no gradient of that shape");
    return binary(m->g, &op_linear_wgrad, field_leaf(m->g, &op_input, new_name(m, "x"), x),
                  field_leaf(m->g, &op_input, new_name(m, "x"), dy));
}

/* A number that changes from step to step. */
static Node *schedule_operand(Model *m) {
    Node *step = graph_add(m->g, &op_step, nowhere, NULL, 0, NULL, NULL);
    Node *slope = number_leaf(m->g, 0.1), *start = number_leaf(m->g, 0.7 + 0.1 * m->leaves++);
    return binary(m->g, &op_add, binary(m->g, &op_mul, step, slope), start);
}

static Node *operand(Model *m, const Op *op, const Attrs *attrs, int index, const Type *type) {
    switch (type->kind) {
    case KIND_SCHEDULE:
        return schedule_operand(m);
    case KIND_PARAM:
        if (op == &op_add) return param_operand(m, type->shape);
        return op->positive ? positive_leaf(m->g, new_name(m, "p"), type->shape)
                            : param_leaf(m->g, new_name(m, "p"), type->shape, 0.5);
    case KIND_SCALAR:
        return binary(m->g, &op_mse, sample_operand(m, (Shape){1, {5}}), number_leaf(m->g, 0.5));
    case KIND_SPLIT:
        return unary(m->g, &op_overall,
                     unary(m->g, &op_sigmoid, sample_operand(m, (Shape){1, {1}})));
    default:
        break;
    }
    /* It adds what the chunks of a batch have. */
    if (op == &op_shared_grad) return unary(m->g, &op_sum_samples, sample_operand(m, type->shape));
    if (type->once)
        return unary(m->g, &op_shared, param_leaf(m->g, new_name(m, "p"), type->shape, 0.5));
    if (type->classes) return label_leaf(m->g, new_name(m, "l"), type->classes, type->shape);
    const DropoutAttrs *drop = op == &op_dropout && attrs ? attrs->values : NULL;
    if (drop && drop->channels > 0) {
        /* Decisions go by the places of the value that was flattened. */
        Shape s = {3, {drop->channels, drop->height, drop->width}};
        return unary(m->g, &op_flatten, sample_operand(m, s));
    }
    if (type->parts > 1) {
        Node **parts = ARENA_ARRAY(m->g->arena, Node *, type->parts);
        for (int i = 0; i < type->parts; i++) parts[i] = sample_operand(m, type->shape);
        return graph_add(m->g, &op_stack, nowhere, NULL, type->parts, parts, NULL);
    }
    Node *x = sample_operand(m, type->shape);
    /* Divisors stay away from zero, and decisions meet equal values. */
    if (op->positive || (op == &op_div && index == 1))
        return binary(m->g, &op_add, unary(m->g, &op_sigmoid, x), number_leaf(m->g, 0.5));
    if (op == &op_exp) return unary(m->g, &op_tanh, x); /* else steps may lead to infinity */
    return op_is(op, TRAIT_COMPARISON) ? unary(m->g, &op_relu, x) : x;
}

static void predict(Model *m, Node *value) {
    if (m->n_predictions == MAX_NAMED || m->n_metrics == MAX_NAMED) bug("too many values");
    Named named = {.name = new_name(m, "y"), .node = value};
    if (value->type.kind == KIND_SAMPLE) m->predictions[m->n_predictions++] = named;
    if (value->type.kind == KIND_SAMPLE && node_count(value) == 1 && !value->type.classes)
        named.node = value = unary(m->g, &op_overall, value);
    if (value->type.kind == KIND_SCALAR || value->type.kind == KIND_SPLIT)
        m->metrics[m->n_metrics++] = named;
}

/* One sample; `layer` stands in for one of a contraction's gradient. */
typedef struct Case {
    const Op *op;
    int sample;
    bool backward;
    const Op *layer;
} Case;

/* The layer that a contraction's gradient belongs to. */
static const Op *layer_of(const Op *op) {
    if (op == &op_linear_dgrad || op == &op_linear_wgrad) return &op_linear;
    return op == &op_conv2d_dgrad || op == &op_conv2d_wgrad ? &op_conv2d : NULL;
}

/* Operands of the layer whose gradient the sample is. */
static void layer_operands(Arena *arena, const Op *op, const OpSample *sample, Type types[2]) {
    operand_types(sample, types);
    Shape *x = &types[0].shape, *w = &types[1].shape;
    types[1].kind = KIND_PARAM;
    /* Of a sequence each place has features. */
    if (op == &op_linear_dgrad) x->dim[x->rank - 1] = w->dim[1];
    if (op == &op_linear_wgrad) *w = (Shape){2, {w->dim[w->rank - 1], x->dim[x->rank - 1]}};
    if (op != &op_conv2d_dgrad && op != &op_conv2d_wgrad) return;
    const ConvAttrs *conv = listed(arena, op, sample->attr)->values;
    const int groups = conv->groups, h = conv->extra[0], v = conv->extra[1];
    if (op == &op_conv2d_dgrad) *x = (Shape){3, {w->dim[1] * groups, h, v}};
    if (op == &op_conv2d_wgrad)
        *w = h ? (Shape){4, {w->dim[0], x->dim[0] / groups, h, v}}
               : (Shape){3, {w->dim[0], x->dim[0] / groups, v}};
}

/* Fields, labels and parameters: operands of all the others. */
static bool is_outside(const Op *op) {
    return op->max_in == 0 && !op->constant && !op_is(op, TRAIT_DRAWN);
}

static Node *build(Model *m, const Case *c) {
    const OpSample *sample = &c->op->samples[c->sample];
    const Op *op = c->layer ? c->layer : c->op;
    Type types[MAX_OPERAND_TYPES];
    Node *in[MAX_OPERAND_TYPES];
    const Attrs *attrs = listed(m->g->arena, op, sample->has_attr ? sample->attr : NULL);
    int n = operand_types(sample, types);
    if (c->layer) layer_operands(m->g->arena, c->op, sample, types);
    for (int i = 0; i < n; i++) in[i] = operand(m, op, attrs, i, &types[i]);
    Node *value = graph_add(m->g, op, nowhere, NULL, n, in, attrs);
    if (value->type.kind == KIND_ERROR) bug("%s: \"%s\" is refused", op->name, sample->inputs);
    return value;
}

/* Lets the loss depend on a value, where it can. */
static void use(Model *m, Node *value) {
    const Type *t = &value->type;
    if (t->kind == KIND_SCALAR) add_loss(m, value);
    if (t->kind == KIND_SCHEDULE) {
        Node *base =
            binary(m->g, &op_mse, sample_operand(m, (Shape){1, {3}}), number_leaf(m->g, 0.25));
        add_loss(m, binary(m->g, &op_mul, base, value));
    }
    if (t->kind != KIND_SAMPLE || t->classes || !value->op->gradient) return;
    /* One number of a sample is mostly below its target: gradients of both signs, added over
     * samples, could cancel and leave their roundings. */
    Node *target = shape_count(t->shape) == 1
                       ? number_leaf(m->g, 4)
                       : field_leaf(m->g, &op_target, new_name(m, "t"), t->shape);
    add_loss(m, binary(m->g, &op_mse, value, target));
}

static void add_forward(Model *m, const Case *c) {
    Node *value = build(m, c);
    if (value->type.once) value = unary(m->g, &op_repeat, value);
    predict(m, value);
    use(m, value);
}

/* Makes a value of the backward pass the gradient of a parameter. */
static void add_backward(Model *m, const Case *c) {
    const Op *op = c->op;
    Node *value = build(m, c);
    if (op == &op_max_pool2d_grad) {
        /* It reads the pool's winners, so the pool must be in the graph. */
        Node *x = value->in[0], *half = number_leaf(m->g, 0.5), **loss = &m->g->phases[0].loss;
        Node *pool = graph_add(m->g, &op_max_pool2d, nowhere, NULL, 1, &x, &value->attrs);
        *loss = binary(m->g, &op_add, *loss, binary(m->g, &op_mse, pool, half));
    } else if (op == &op_stack) {
        const int last = value->n_in - 1;
        predict(m,
                graph_add(m->g, &op_part, nowhere, NULL, 1, &value, ATTRS_WITH(PartAttrs, last)));
    } else if (value->type.kind == KIND_SAMPLE && value->type.parts == 1 && !value->type.once &&
               op != &op_dropout_grad) {
        predict(m, value);
    }
    if (value->type.kind == KIND_SAMPLE && value->type.shape.rank != 3) {
        /* Backward passes reshape; flatten keeps the places of channels. */
        const Attrs *vector = ATTRS_WITH(ShapeAttrs, {1, {(int)node_count(value)}});
        value = op_is(op, TRAIT_CHANNELS)
                    ? graph_add(m->g, &op_reshape, nowhere, NULL, 1, &value, vector)
                    : unary(m->g, &op_flatten, value);
    }
    if (value->type.kind == KIND_SAMPLE) value = unary(m->g, &op_bias_grad, value);
    Node *param = param_leaf(m->g, new_name(m, "g"), value->type.shape, 0.5);
    m->trained[m->n_trained++] = (Trained){param, value, 0};
}

/* Arithmetic on what exists once for the batch. */
static bool takes_param(const OpSample *sample) {
    Type types[MAX_OPERAND_TYPES];
    return operand_types(sample, types) && types[0].kind == KIND_PARAM;
}

static int list_cases(Case cases[MAX_CASES]) {
    int n = 0;
    for (int i = 0; all_ops[i]; i++)
        for (int k = 0; k < all_ops[i]->n_samples && !is_outside(all_ops[i]); k++) {
            const Op *op = all_ops[i];
            bool of_params = takes_param(&op->samples[k]);
            /* Gradients of parameters are added, nothing else. */
            if (of_params && op != &op_add) continue;
            if (n == MAX_CASES) bug("too many samples");
            const Op *layer = layer_of(op);
            bool backward = (op->backward_only && !layer) || of_params;
            cases[n++] = (Case){op, k, backward, layer};
        }
    return n;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

/* Another kind of optimizer for each model, so that all of them occur. */
static Optimizer optimizer(Graph *g, int index) {
    static const struct {
        const OptimizerKind *kind;
        const char *options;
    } variants[] = {
        {&optimizer_sgd, ""},
        {&optimizer_sgd, "momentum=0.9 dampening=0.1 weight_decay=0.01"},
        {&optimizer_sgd, "momentum=0.8 nesterov=1"},
        {&optimizer_adam, "beta2=0.99 weight_decay=0.01"},
        {&optimizer_adamw, "beta2=0.99 weight_decay=0.01"},
        {&optimizer_adam, "beta2=0.9 amsgrad=1"},
        {&optimizer_adagrad, "lr_decay=0.1 weight_decay=0.01 initial_accumulator_value=0.1"},
        {&optimizer_rmsprop, "alpha=0.9 eps=1e-6"},
        {&optimizer_rmsprop, "alpha=0.9 eps=1e-6 momentum=0.5 centered=1 weight_decay=0.01"}};
    int n = sizeof variants / sizeof *variants, kinds = 0;
    while (all_optimizers[kinds]) kinds++;
    index %= n + kinds;
    Optimizer o = index < n ? optimizer_with(variants[index].kind, variants[index].options)
                            : optimizer_new(all_optimizers[index - n]);
    o.lr = number_leaf(g, 0.01);
    return o;
}

/* The compiler's pipeline for a differentiated graph. */
static const char *compile(Graph *g) {
    Unit u = {.arena = g->arena,
              .diag = g->diag,
              .options = {.input = g->name, .optimize = true, .winograd = true},
              .graph = g,
              .graph_text = graph_dump(g->arena, g)};
    if (!pipeline_passes(&u, "split")) bug("%s cannot be lowered", g->name);
    EmitInfo info = {.version = "test",
                     .source = "make_models.c",
                     .sha256 = "0",
                     .graph = u.graph_text,
                     .isas = all_isas,
                     .inference = false};
    return emit_c(u.plan, &info);
}

/* Roots of the values so far. */
static void name_roots(Model *m) {
    qsort(m->predictions, (size_t)m->n_predictions, sizeof(Named), by_name);
    qsort(m->metrics, (size_t)m->n_metrics, sizeof(Named), by_name);
    m->g->predictions = m->predictions;
    m->g->n_predictions = m->n_predictions;
    m->g->metrics = m->metrics;
    m->g->n_metrics = m->n_metrics;
}

static void add_forward_cases(Model *m, const Case *cases, int n) {
    for (int i = 0; i < 2 * n; i++) {
        const Case *c = &cases[i / 2];
        if (c->backward || (c->layer && i % 2 == 0)) continue;
        m->through = i % 2;
        m->leaves = 0;
        m->prefix = arena_printf(m->g->arena, "%s%d_%s_", c->op->name, c->sample,
                                 m->through ? "through" : "direct");
        add_forward(m, c);
    }
}

static void add_backward_cases(Model *m, const Case *cases, int n) {
    m->through = false;
    for (int i = 0; i < n; i++) {
        const Case *c = &cases[i];
        if (!c->backward) continue;
        m->leaves = 0;
        m->prefix = arena_printf(m->g->arena, "%s%d_", c->op->name, c->sample);
        add_backward(m, c);
    }
    Phase *p = &m->g->phases[0];
    Trained *all = ARENA_ARRAY(m->g->arena, Trained, p->n_trained + m->n_trained);
    for (int i = 0; i < p->n_trained; i++) all[i] = p->trained[i];
    for (int i = 0; i < m->n_trained; i++) all[p->n_trained + i] = m->trained[i];
    p->trained = all;
    p->n_trained += m->n_trained;
}

static const char *make_model(Arena *arena, int index, const Case *cases, int n) {
    Diag *diag = diag_new(arena);
    Model *m = ARENA_NEW(arena, Model);
    m->g = graph_new(arena, diag);
    m->g->name = arena_printf(arena, "op_%d", index);
    /* Something to train in every model, whatever its ops. */
    m->prefix = "base_";
    m->through = true;
    use(m, unary(m->g, &op_tanh, sample_operand(m, (Shape){1, {4}})));
    add_forward_cases(m, cases, n);
    name_roots(m);
    m->g->n_phases = 1;
    m->g->phases = ARENA_NEW(arena, Phase);
    *m->g->phases = (Phase){.loc = nowhere,
                            .epochs = 4,
                            .batch = 16,
                            .loss = m->loss,
                            .optimizer = optimizer(m->g, index)};
    if (!differentiate(m->g)) {
        diag_print(diag, stderr);
        bug("%s cannot be differentiated", m->g->name);
    }
    /* Only now, since differentiation finds what a phase trains by itself. */
    add_backward_cases(m, cases, n);
    name_roots(m);
    return compile(m->g);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    const char *folder = argv[1];
    int n_models = atoi(argv[2]);
    static Case cases[MAX_CASES];
    int n = list_cases(cases);
    char table[10000] = "#include \"op_models.h\"\n\n", list[10000] = "";
    for (int i = 0; i < n_models; i++) {
        Arena *arena = arena_new();
        /* Every n_models-th case: samples of one op cost much the same. */
        Case of_model[MAX_CASES];
        int n_of_model = 0;
        for (int k = i; k < n; k += n_models) of_model[n_of_model++] = cases[k];
        const char *text = make_model(arena, i, of_model, n_of_model);
        write_file(folder, arena_printf(arena, "model_%d.c", i), text);
        size_t at = strlen(table), in = strlen(list);
        snprintf(table + at, sizeof table - at, "extern const NnModel nn_model_op_%d;\n", i);
        snprintf(list + in, sizeof list - in, "    &nn_model_op_%d,\n", i);
        arena_free(arena);
    }
    size_t at = strlen(table);
    snprintf(table + at, sizeof table - at, "\nconst NnModel *const op_models[] = {\n%s    0};\n",
             list);
    write_file(folder, "table.c", table);
    return 0;
}
