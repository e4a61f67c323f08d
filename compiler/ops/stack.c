/* Several values of one shape as one value of a larger batch, and back. */
#include <string.h>

#include "rules.h"

static bool stack_shape(Graph *g, Node *n) {
    for (int i = 0; i < n->n_in; i++) {
        if (!want_sample(g, n, i, -1, "real values per sample") || !want_same(g, n, 0, i))
            return false;
        if (n->in[i]->type.parts != 1) return op_error(g, n, i, "wants values of one part");
    }
    n->type = n->in[0]->type;
    n->type.parts = n->n_in;
    return true;
}

static void stack_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t each = all_elements(env, n) / n->n_in;
    for (int i = 0; i < n->n_in; i++) memcpy(out + i * each, in[i], sizeof *out * (size_t)each);
}

static bool part_shape(Graph *g, Node *n) {
    if (!want_sample(g, n, 0, -1, "real values per sample")) return false;
    if (ATTRS(n, PartAttrs)->index >= n->in[0]->type.parts)
        return op_error(g, n, 0, "wants more than %d parts", ATTRS(n, PartAttrs)->index);
    n->type = n->in[0]->type;
    n->type.parts = 1;
    return true;
}

static void part_value(const Env *env, const Node *n, const double *const *in, double *out) {
    int64_t count = all_elements(env, n);
    memcpy(out, in[0] + ATTRS(n, PartAttrs)->index * count, sizeof *out * (size_t)count);
}

static const AttrSpec part_attrs[] = {MEMBER(PartAttrs, index, "index", 0, MAX_DIM, 0)};
static const OpSample stack_samples[] = {{.inputs = "S(3,5,4) S(3,5,4)"},
                                         {.inputs = "S(37) S(37) S(37)"},
                                         {.inputs = "S(16,2,2) S(16,2,2)"}};
static const OpSample part_samples[] = {{.inputs = "S(3,5,4)*2", WITH(1)},
                                        {.inputs = "S(37)*3", WITH(2)},
                                        {.inputs = "S(5)*2", WITH(0)}};

const Op op_stack = {.name = "stack",
                     .help = "values as parts of one",
                     .min_in = 2,
                     .max_in = -1,
                     .shape = stack_shape,
                     .reference = stack_value,
                     SAMPLES(stack_samples),
                     .backward_only = true,
                     .restacks = true,
                     .traits = TRAIT_ACCESS};
const Op op_part = {.name = "part",
                    .help = "one of the values that are stacked",
                    .min_in = 1,
                    .max_in = 1,
                    HAS_ATTRS(PartAttrs, part_attrs),
                    .shape = part_shape,
                    .reference = part_value,
                    SAMPLES(part_samples),
                    .backward_only = true,
                    .restacks = true,
                    .traits = TRAIT_ACCESS};
