/* Values that all samples share: own parameters and constants, and what is computed of them. They
 * have no batch; `repeat` gives each sample its copy, where they meet values per sample. */
#include <math.h>
#include <string.h>

#include "rules.h"

static bool want_shared(Graph *g, const Node *n, int i) {
    const Type *t = &n->in[i]->type;
    if (t->kind == KIND_SAMPLE && t->once) return true;
    return op_error(g, n, i, "wants a value that all samples share");
}

static bool shared_shape(Graph *g, Node *n) {
    if (n->in[0]->type.kind != KIND_PARAM) return op_error(g, n, 0, "wants a parameter");
    n->type = type_sample(n->in[0]->type.shape);
    n->type.once = true;
    return true;
}

static bool shared_grad_shape(Graph *g, Node *n) {
    if (!want_shared(g, n, 0)) return false;
    n->type = type_param(n->in[0]->type.shape);
    return true;
}

static void shared_gradient(Gradient *g) {
    g->dx[0] = grad_unary(g, &op_shared_grad, g->dy);
}

static bool repeat_shape(Graph *g, Node *n) {
    if (!want_shared(g, n, 0)) return false;
    n->type = type_sample(n->in[0]->type.shape);
    return true;
}

static void repeat_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t each = node_count(n);
    for (int64_t k = 0; k < env->batch * each; k++) out[k] = in[0][k % each];
}

static void repeat_gradient(Gradient *g) {
    g->dx[0] = grad_unary(g, &op_sum_samples, g->dy);
}

static bool sum_samples_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    n->type = type_sample(n->in[0]->type.shape);
    n->type.once = true;
    return true;
}

static void sum_samples_value(const Env *env, const Node *n, const double *const *in, double *out) {
    const int64_t each = node_count(n);
    for (int64_t i = 0; i < each; i++) out[i] = 0;
    for (int64_t k = 0; k < env->batch * each; k++)
        out[k % each] = partial_sum(env, out[k % each] + in[0][k]);
}

static bool tensor_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, ShapeAttrs)->shape, &s)) return false;
    n->type = type_sample(s);
    n->type.once = true;
    return true;
}

static void tensor_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)in;
    memcpy(out, n->elements, sizeof *out * (size_t)node_count(n));
}

static const AttrSpec tensor_attrs[] = {SHAPE_ATTRS(ShapeAttrs, 1)};
static const OpSample shared_samples[] = {
    {.inputs = "P(37)"}, {.inputs = "P(3,5,4)"}, {.inputs = "P(7,20)"}, {.inputs = "P()"}};
static const OpSample once_samples[] = {
    {.inputs = "C(37)"}, {.inputs = "C(3,5,4)"}, {.inputs = "C(7,20)"}, {.inputs = "C()"}};
static const OpSample sum_samples[] = {
    {.inputs = "S(37)"}, {.inputs = "S(3,5,4)"}, {.inputs = "S(7,20)"}, {.inputs = "S()"}};
static const OpSample tensor_samples[] = {{.inputs = "", WITH(2, 3, 5)}, {.inputs = "", WITH(0)}};

#define SHARED(op_name, words, its_shape, its_reference, its_samples, ...)                         \
    const Op op_##op_name = {.name = #op_name,                                                     \
                             .help = words,                                                        \
                             .min_in = 1,                                                          \
                             .max_in = 1,                                                          \
                             .shape = its_shape,                                                   \
                             .reference = its_reference,                                           \
                             SAMPLES(its_samples),                                                 \
                             .respreads = true,                                                    \
                             __VA_ARGS__};
SHARED(shared, "a parameter as a value that all samples share", shared_shape, copy_value,
       shared_samples, .gradient = shared_gradient)
SHARED(shared_grad, "gradient of shared", shared_grad_shape, copy_value, once_samples,
       .backward_only = true, .traits = TRAIT_PARAM_GRADIENT)
SHARED(repeat, "a copy for each sample of a value that they share", repeat_shape, repeat_value,
       once_samples, .gradient = repeat_gradient)
SHARED(sum_samples, "sum over the samples of the batch", sum_samples_shape, sum_samples_value,
       sum_samples, .backward_only = true)

const Op op_tensor = {.name = "tensor",
                      .help = "a constant that all samples share",
                      HAS_ATTRS(ShapeAttrs, tensor_attrs),
                      .shape = tensor_shape,
                      .reference = tensor_value,
                      SAMPLES(tensor_samples),
                      .respreads = true};
