/* Fields of the data set, parameters and states: leaves whose values come from outside. */
#include "rules.h"

bool stated_shape(Graph *g, const Node *n, int rank, Shape *shape) {
    *shape = (Shape){(int)n->attr[rank], {0}};
    for (int i = 0; i < shape->rank; i++) {
        int size = shape->dim[i] = (int)n->attr[rank + 1 + i];
        if (size < 1) return op_error(g, n, -1, "sizes must be 1 or more, got %d", size);
    }
    return true;
}

static bool field_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, SHAPE_RANK, &s)) return false;
    n->type = type_sample(s);
    return true;
}

static bool label_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, LABEL_RANK, &s)) return false;
    n->type = type_sample(s);
    n->type.classes = (int)n->attr[LABEL_CLASSES];
    return true;
}

static bool param_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, SHAPE_RANK, &s)) return false;
    n->type = type_param(s);
    return true;
}

/* Leaves have no rule: their values are given. */
static void given(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)in, (void)out;
    bug("the value of %s \"%s\" is not given", n->op->name, n->name ? n->name : "");
}

#define PARAM_ATTRS(last_init)                                                                     \
    SHAPE_ATTRS(1), {"init", ATTR_INT, 0, last_init, INIT_CONSTANT, NULL},                         \
        {"a", ATTR_REAL, -1e30, 1e30, 0, NULL}, {                                                  \
        "b", ATTR_REAL, -1e30, 1e30, 0, NULL                                                       \
    }
static const AttrSpec field_attrs[] = {SHAPE_ATTRS(1)};
static const AttrSpec label_attrs[] = {{"classes", ATTR_INT, 1, MAX_DIM, 2, NULL}, SHAPE_ATTRS(0)};
static const AttrSpec param_attrs[] = {PARAM_ATTRS(INIT_LAST)};
static const AttrSpec state_attrs[] = {PARAM_ATTRS(INIT_NORMAL), {"role", ATTR_INT, 0, 2, 0, NULL}};

static const OpSample field_samples[] = {{.inputs = "", WITH(3, 2, 14, 13)},
                                         {.inputs = "", WITH(1, 37)},
                                         {.inputs = "", WITH(0)},
                                         {.inputs = "", WITH(4, 2, 3, 5, 4)}};
static const OpSample label_samples[] = {
    {.inputs = ""}, {.inputs = "", WITH(10)}, {.inputs = "", WITH(65, 1, 37)}};
static const OpSample param_samples[] = {{.inputs = "", WITH(4, 5, 3, 2, 1)},
                                         {.inputs = "", WITH(1, 37, 0, 0, 0, INIT_UNIFORM, -1, 1)}};

const Op op_input = {.name = "input",
                     .help = "a field of the data",
                     .attrs = field_attrs,
                     .n_attrs = COUNT_OF(field_attrs),
                     .shape = field_shape,
                     .reference = given,
                     SAMPLES(field_samples),
                     .traits = TRAIT_FIELD};
const Op op_target = {.name = "target",
                      .help = "a field of real targets",
                      .attrs = field_attrs,
                      .n_attrs = COUNT_OF(field_attrs),
                      .shape = field_shape,
                      .reference = given,
                      SAMPLES(field_samples),
                      .traits = TRAIT_FIELD};
const Op op_label = {.name = "label",
                     .help = "a field of class indices",
                     .attrs = label_attrs,
                     .n_attrs = COUNT_OF(label_attrs),
                     .shape = label_shape,
                     .reference = given,
                     SAMPLES(label_samples),
                     .traits = TRAIT_FIELD};
const Op op_param = {.name = "param",
                     .help = "a parameter",
                     .attrs = param_attrs,
                     .n_attrs = COUNT_OF(param_attrs),
                     .shape = param_shape,
                     .reference = given,
                     SAMPLES(param_samples)};
const Op op_state = {.name = "state",
                     .help = "a tensor that is assigned at the end of a step",
                     .attrs = state_attrs,
                     .n_attrs = COUNT_OF(state_attrs),
                     .shape = param_shape,
                     .reference = given,
                     SAMPLES(param_samples)};
