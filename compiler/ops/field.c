/* Fields of the data set, parameters and states: leaves whose values come from outside. */
#include "rules.h"

bool stated_shape(Graph *g, const Node *n, Shape stated, Shape *shape) {
    *shape = (Shape){stated.rank, {0}};
    for (int i = 0; i < shape->rank; i++) {
        const int size = shape->dim[i] = stated.dim[i];
        if (size < 1) return op_error(g, n, -1, "sizes must be 1 or more, got %d", size);
    }
    return true;
}

static bool field_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, ShapeAttrs)->shape, &s)) return false;
    n->type = type_sample(s);
    return true;
}

static bool label_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, LabelAttrs)->shape, &s)) return false;
    n->type = type_sample(s);
    n->type.classes = ATTRS(n, LabelAttrs)->classes;
    return true;
}

static bool param_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, ParamAttrs)->shape, &s)) return false;
    n->type = type_param(s);
    return true;
}

/* Leaves have no rule: their values are given. */
static void given(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)env, (void)in, (void)out;
    bug("the value of %s \"%s\" is not given", n->op->name, n->name ? n->name : "");
}

#define PARAM_ATTRS(last_init)                                                                     \
    SHAPE_ATTRS(ParamAttrs, 1), MEMBER(ParamAttrs, init, "init", 0, last_init, INIT_CONSTANT),     \
        MEMBER(ParamAttrs, a, "a", -1e30, 1e30, 0), MEMBER(ParamAttrs, b, "b", -1e30, 1e30, 0)
static const AttrSpec field_attrs[] = {SHAPE_ATTRS(ShapeAttrs, 1)};
static const AttrSpec label_attrs[] = {MEMBER(LabelAttrs, classes, "classes", 1, MAX_DIM, 2),
                                       SHAPE_ATTRS(LabelAttrs, 0)};
static const AttrSpec param_attrs[] = {PARAM_ATTRS(INIT_LAST)};
static const AttrSpec state_attrs[] = {
    PARAM_ATTRS(INIT_NORMAL), MEMBER(ParamAttrs, role, "role", 0, STATE_FIXED, STATE_RUNNING)};

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
                     HAS_ATTRS(ShapeAttrs, field_attrs),
                     .shape = field_shape,
                     .reference = given,
                     SAMPLES(field_samples),
                     .traits = TRAIT_FIELD};
const Op op_target = {.name = "target",
                      .help = "a field of real targets",
                      HAS_ATTRS(ShapeAttrs, field_attrs),
                      .shape = field_shape,
                      .reference = given,
                      SAMPLES(field_samples),
                      .traits = TRAIT_FIELD};
const Op op_label = {.name = "label",
                     .help = "a field of class indices",
                     HAS_ATTRS(LabelAttrs, label_attrs),
                     .shape = label_shape,
                     .reference = given,
                     SAMPLES(label_samples),
                     .traits = TRAIT_FIELD};
const Op op_param = {.name = "param",
                     .help = "a parameter",
                     HAS_ATTRS(ParamAttrs, param_attrs),
                     .shape = param_shape,
                     .reference = given,
                     SAMPLES(param_samples)};
const Op op_state = {.name = "state",
                     .help = "a tensor that is assigned at the end of a step",
                     HAS_ATTRS(ParamAttrs, state_attrs),
                     .shape = param_shape,
                     .reference = given,
                     SAMPLES(param_samples)};
