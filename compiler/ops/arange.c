/* The numbers 0 .. n - 1 as class indices: places of a sequence, for embeddings and comparisons. */
#include "rules.h"

static bool arange_shape(Graph *g, Node *n) {
    (void)g;
    const int count = ATTRS(n, ArangeAttrs)->n;
    n->type = type_sample(shape_of(1, count, 0, 0));
    n->type.classes = count;
    return true;
}

static void arange_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)in;
    const int count = n->type.shape.dim[0];
    for (int64_t i = 0; i < (int64_t)env->batch * count; i++) out[i] = (double)(i % count);
}

static const AttrSpec attrs[] = {MEMBER(ArangeAttrs, n, "n", 1, MAX_DIM, 1)};
static const OpSample samples[] = {{.inputs = "", WITH(7)}, {.inputs = "", WITH(1)}};

const Op op_arange = {.name = "arange",
                      .help = "0 .. n - 1, class indices",
                      .min_in = 0,
                      .max_in = 0,
                      HAS_ATTRS(ArangeAttrs, attrs),
                      .shape = arange_shape,
                      .reference = arange_value,
                      SAMPLES(samples),
                      .constant = true};
