/* Losses: a value for each place, made of functions of nodes, and what becomes of these values by
 * `reduction`. The plain ones are ops with kernels of their own. */
#include <math.h>
#include <string.h>

#include "nodes.h"

static Node *two(lua_State *L, const Op *op, Node *a, Node *b) {
    return front_add_node(L, op, front_here(L), NULL, 2, (Node *[]){a, b}, NULL);
}

static Node *scaled(lua_State *L, Node *x, double factor) {
    return factor == 1 ? x : n_mul(L, x, value_number(L, factor));
}

/* Reduces the axis (1 is the first one), or all with 0. */
static Node *along(lua_State *L, const Op *op, Node *x, int axis) {
    const bool all = x->type.shape.rank == 1;
    return front_add_node(L, op, front_here(L), NULL, 1, &x,
                          ATTRS_WITH(ReduceAttrs, .axes = axis && !all ? 1 << (axis - 1) : 0));
}

static Node *sum_along(lua_State *L, Node *x, int axis) {
    return along(L, &op_sum, x, axis);
}

static Node *mean_along(lua_State *L, Node *x, int axis) {
    return along(L, &op_mean, x, axis);
}

static bool is_real(const Node *x) {
    return x->type.kind == KIND_SAMPLE && !x->type.classes;
}

/* One value, () or (1), in the shape that the other side has it in. */
static Node *fitted(lua_State *L, const Node *x, Node *t) {
    const Shape s = x->type.shape, other = t->type.shape;
    const bool values = x->type.kind == KIND_SAMPLE && t->type.kind == KIND_SAMPLE;
    if (!values || s.rank + other.rank != 1 || shape_count(s) != shape_count(other)) return t;
    return rearrange_reshape(L, front_here(L), t, s);
}

enum { REDUCE_MEAN, REDUCE_NONE };
static const char *const reductions[] = {"mean", "none", NULL};
#define REDUCTION                                                                                  \
    {                                                                                              \
        "reduction", OPTION_WORD, false, 0, 0, {REDUCE_MEAN, 0}, reductions,                       \
            "the mean over the batch, or none: the values"                                         \
    }

/* Reads the options of nn.<what>(a, b, { ... }), the first of which is the reduction. */
static bool read_options(lua_State *L, Options *o, const char *what, const OptionSpec *specs, int n,
                         OptionValue *v) {
    *o = options_of_call(L, what);
    lua_settop(L, 3);
    if (lua_istable(L, 3)) {
        lua_getfield(L, 3, "reduction");
        const bool sum = lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), "sum");
        lua_pop(L, 1);
        if (sum) {
            diag_error(
                front_of(L)->diag, options_loc(o, "reduction"),
                "%s: a loss is a mean over the batch; for the sum of a sample's values there "
                "is nn.sum(nn.%s(x, t, { reduction = \"none\" }))",
                what, what);
            return false;
        }
    }
    return options_read(o, 3, specs, n, v);
}

/* The loss by `reduction`: the values, or the sum of those of the batch divided by the sum of
 * `weights`. NULL stands for ones. */
static Node *reduced(lua_State *L, Node *value, Node *weights, int reduction) {
    if (reduction == REDUCE_NONE) return value;
    if (!weights) return n_batch_mean(L, mean_along(L, value, 0));
    return n_ratio(L, n_batch_mean(L, sum_along(L, value, 0)),
                   n_batch_mean(L, sum_along(L, weights, 0)));
}

/* --- losses of classes --- */

enum { CE_REDUCTION, CE_WEIGHT, CE_IGNORE, CE_SMOOTHING, CE_OPTIONS };
static const OptionSpec class_specs[] = {
    REDUCTION,
    {"weight",
     OPTION_NUMBERS,
     false,
     0,
     1e30,
     {NAN},
     NULL,
     "a factor for each class, beginning with class 0"},
    {"ignore_index",
     OPTION_INT,
     false,
     -2147483648.0,
     2147483647.0,
     {NAN},
     NULL,
     "a class that counts nothing"},
    {"label_smoothing", OPTION_REAL, false, 0, 1, {0}, NULL, "share of all classes in the target"}};

/* The axis of the classes: the only one, the last of sequences, the first of images. 0: none. */
static int class_axis(const Node *x) {
    if (!is_real(x)) return 0;
    const int rank = x->type.shape.rank;
    return rank == 1 || rank == 3 ? 1 : rank == 2 ? 2 : 0;
}

static bool is_label(const Node *x) {
    return x->type.kind == KIND_SAMPLE && x->type.classes;
}

/* Reports unless x has one number for each class and place of what is to be a label. */
static bool fits_label(lua_State *L, const char *what, Node *x, Node *label) {
    const int axis = class_axis(x), classes = label->type.classes;
    Arena *arena = front_of(L)->arena;
    Shape s = {0};
    for (int i = 0; axis && i < x->type.shape.rank; i++)
        if (i != axis - 1) s.dim[s.rank++] = x->type.shape.dim[i];
    if (!is_label(label)) {
        value_mistake(L, what, label, "wants a label");
    } else if (!axis) {
        value_mistake(L, what, x, "wants (N), (T, N) or (C, H, W), one number a class");
    } else if (!shape_equal(s, label->type.shape)) {
        const int *dim = x->type.shape.dim;
        const bool turned = x->type.shape.rank == 2 && dim[0] == classes &&
                            label->type.shape.rank == 1 && label->type.shape.dim[0] == dim[1];
        value_mistake(
            L, what, label,
            "wants a label of shape %s for the places of %s, whose axis %d has the classes%s",
            shape_text(arena, s), shape_text(arena, x->type.shape), axis,
            turned ? "; nn.transpose(x, 1, 2) puts them there" : "");
    } else if (x->type.shape.dim[axis - 1] != classes) {
        const char *name = label->name ? arena_printf(arena, " of label \"%s\"", label->name) : "";
        value_mistake(L, what, x, "wants %d in axis %d, one number for each class%s", classes, axis,
                      name);
    } else {
        return true;
    }
    return false;
}

/* Notes that data may hold the value where it is no class. */
static void note_ignored(lua_State *L, const Node *label, double ignored) {
    if (ignored >= 0 && ignored < label->type.classes) return;
    while (label->n_in && label->type.classes) label = label->in[0];
    if (label->op == &op_label) fields_ignore(L, label, ignored);
}

static Node *one_hot(lua_State *L, Node *label, int axis) {
    return front_add_node(L, &op_one_hot, front_here(L), NULL, 1, &label,
                          ATTRS_WITH(AxisAttrs, axis));
}

/* x where the class is that of the label, else zero. */
static Node *of_class(lua_State *L, Node *x, Node *label, int axis) {
    Node *hot = one_hot(L, label, axis);
    return n_where(L, hot, x, value_number(L, 0));
}

/* x at the class of each place, and zero where the label is none. */
static Node *at_class(lua_State *L, Node *x, Node *label, int axis) {
    return sum_along(L, of_class(L, x, label, axis), axis);
}

/* The weights of classes as a value of as many axes as x has; NULL: all are 1. */
static Node *class_weights(lua_State *L, const Node *x, const OptionValue *v) {
    if (!v[CE_WEIGHT].given) return NULL;
    const int axis = class_axis(x);
    Shape s = {x->type.shape.rank, {1, 1, 1, 1}};
    s.dim[axis - 1] = x->type.shape.dim[axis - 1];
    return shared_tensor(L, front_here(L), s, v[CE_WEIGHT].list);
}

/* Reports unless there is a weight for each class. */
static bool fits_weights(const Options *o, const Node *x, const OptionValue *v) {
    const int classes = x->type.shape.dim[class_axis(x) - 1];
    if (!v[CE_WEIGHT].given || v[CE_WEIGHT].n == classes) return true;
    diag_error(front_of(o->L)->diag, options_loc(o, "weight"),
               "%s: weight wants a number for each of %d classes, got %d", o->what, classes,
               v[CE_WEIGHT].n);
    return false;
}

static Node *product(lua_State *L, Node *a, Node *b) {
    Node *in[2] = {a, b};
    broadcast_operands(L, front_here(L), 2, in);
    return n_mul(L, in[0], in[1]);
}

/* The weight of each place's class; NULL: all are 1. */
static Node *weights_of_places(lua_State *L, Node *x, Node *label, const OptionValue *v) {
    const int axis = class_axis(x);
    Node *weights = class_weights(L, x, v);
    if (!weights) return NULL;
    return sum_along(L, product(L, one_hot(L, label, axis), weights), axis);
}

/* Values of places, without those to be ignored; `*weights`, which may be NULL, are 0 there. */
static Node *without_ignored(lua_State *L, Node *value, Node *label, const OptionValue *v,
                             Node **weights) {
    if (!v[CE_IGNORE].given) return value;
    const double ignored = v[CE_IGNORE].number[0];
    note_ignored(L, label, ignored);
    Node *zero = value_number(L, 0), *whole = *weights ? *weights : value_number(L, 1);
    Node *mask = n_equal(L, label, value_number(L, ignored));
    *weights = n_where(L, mask, zero, whole);
    return n_where(L, mask, zero, value);
}

/* -log softmax(x) of the class, times its weight. label_smoothing is the share that the mean of all
 * classes has in it. */
static Node *hard_cross_entropy(lua_State *L, Node *x, Node *label, const OptionValue *v,
                                Node *weights) {
    const int axis = class_axis(x), classes = label->type.classes;
    const double smoothing = v[CE_SMOOTHING].number[0];
    Node *total = along(L, &op_logsumexp, x, axis);
    if (!weights) {
        Node *value = n_sub(L, total, scaled(L, at_class(L, x, label, axis), 1 - smoothing));
        if (smoothing == 0) return value;
        return n_sub(L, value, scaled(L, mean_along(L, x, axis), smoothing));
    }
    Node *value = n_mul(L, weights, n_sub(L, total, at_class(L, x, label, axis)));
    if (smoothing == 0) return value;
    double whole = 0;
    for (int i = 0; i < classes; i++) whole += v[CE_WEIGHT].list[i];
    Node *all = n_sub(L, scaled(L, total, whole),
                      sum_along(L, product(L, x, class_weights(L, x, v)), axis));
    return n_add(L, scaled(L, value, 1 - smoothing), scaled(L, all, smoothing / classes));
}

static Node *soft_cross_entropy(lua_State *L, Node *x, Node *t, const OptionValue *v) {
    const int axis = class_axis(x);
    const double smoothing = v[CE_SMOOTHING].number[0];
    if (smoothing > 0)
        t = n_add(L, scaled(L, t, 1 - smoothing),
                  value_number(L, smoothing / x->type.shape.dim[axis - 1]));
    Node *weights = class_weights(L, x, v), *log_p = along(L, &op_log_softmax, x, axis);
    if (weights) log_p = product(L, log_p, weights);
    return n_neg(L, sum_along(L, n_mul(L, t, log_p), axis));
}

/* Whether it is a label of the data that functions have moved, from one place of several. */
static bool is_moved(const Node *label) {
    const bool moves = op_is(label->op, TRAIT_COPIES) || label->op == &op_reshape;
    return moves && (label->in[0]->op == &op_label || is_moved(label->in[0]));
}

/* A label (1) of a vector is the label () that it has. */
static Node *label_of(lua_State *L, const Node *x, Node *label) {
    const Shape s = label->type.shape;
    const bool one_place = is_label(label) && s.rank == 1 && s.dim[0] == 1;
    if (!one_place || x->type.shape.rank != 1) return label;
    return rearrange_reshape(L, front_here(L), label, (Shape){0});
}

/* nn.cross_entropy(x, label, { ... }): the label may be values of the shape of x. */
static int cross_entropy(lua_State *L) {
    const char *what = op_cross_entropy.name;
    Options o;
    OptionValue v[CE_OPTIONS];
    if (!read_options(L, &o, what, class_specs, CE_OPTIONS, v)) return value_push_poison(L);
    Node *x = value_check_node(L, 1, what), *t = value_check_node(L, 2, what);
    if (x->type.kind == KIND_ERROR || t->type.kind == KIND_ERROR) return value_push_poison(L);
    t = label_of(L, x, t);
    const int reduction = (int)v[CE_REDUCTION].number[0];
    const bool plain = v[CE_SMOOTHING].number[0] == 0 && reduction == REDUCE_MEAN &&
                       !v[CE_IGNORE].given && !v[CE_WEIGHT].given;
    if (is_real(t) && class_axis(x)) {
        if (!shape_equal(x->type.shape, t->type.shape)) {
            value_mistake(L, what, t, "wants a label, or targets of shape %s",
                          shape_text(front_of(L)->arena, x->type.shape));
            return value_push_poison(L);
        }
        if (v[CE_IGNORE].given) {
            diag_error(
                front_of(L)->diag, options_loc(&o, "ignore_index"),
                "%s: ignore_index is a class of a label, the target here is values; multiply "
                "the losses of places, { reduction = \"none\" }, by a mask",
                what);
            return value_push_poison(L);
        }
        if (!fits_weights(&o, x, v)) return value_push_poison(L);
        value_push_node(L, reduced(L, soft_cross_entropy(L, x, t, v), NULL, reduction));
        return 1;
    }
    const bool vector = x->type.shape.rank == 1 && t->type.shape.rank == 0;
    if (!is_label(t) || (plain && vector && !is_moved(t))) {
        value_push_node(L, two(L, &op_cross_entropy, x, t));
        return 1;
    }
    if (!fits_label(L, what, x, t) || !fits_weights(&o, x, v)) return value_push_poison(L);
    Node *weights = weights_of_places(L, x, t, v);
    Node *value = hard_cross_entropy(L, x, t, v, weights);
    value = without_ignored(L, value, t, v, &weights);
    value_push_node(L, reduced(L, value, weights, reduction));
    return 1;
}

/* nn.nll(log_p, label, { ... }) */
static int nll(lua_State *L) {
    static const char what[] = "nll";
    Options o;
    OptionValue v[CE_OPTIONS];
    if (!read_options(L, &o, what, class_specs, CE_SMOOTHING, v)) return value_push_poison(L);
    Node *x = value_check_node(L, 1, what), *label = value_check_node(L, 2, what);
    if (x->type.kind == KIND_ERROR || label->type.kind == KIND_ERROR) return value_push_poison(L);
    label = label_of(L, x, label);
    if (!fits_label(L, what, x, label) || !fits_weights(&o, x, v)) return value_push_poison(L);
    Node *value = n_neg(L, at_class(L, x, label, class_axis(x)));
    Node *weights = weights_of_places(L, x, label, v);
    if (weights) value = n_mul(L, value, weights);
    value = without_ignored(L, value, label, v, &weights);
    value_push_node(L, reduced(L, value, weights, (int)v[CE_REDUCTION].number[0]));
    return 1;
}

/* nn.top_k(x, label, k): 1 where less than k classes have more than that of the label, else 0. */
static int top_k(lua_State *L) {
    static const char what[] = "top_k";
    Front *f = front_of(L);
    front_count_call(L);
    Node *x = value_check_node(L, 1, what), *label = value_check_node(L, 2, what);
    if (x->type.kind == KIND_ERROR || label->type.kind == KIND_ERROR) return value_push_poison(L);
    const double k = lua_type(L, 3) == LUA_TNUMBER ? lua_tonumber(L, 3) : -1;
    label = label_of(L, x, label);
    if (!fits_label(L, what, x, label)) return value_push_poison(L);
    if (!(k >= 1 && k == floor(k)) || lua_gettop(L) != 3) {
        diag_error(f->diag, front_here(L),
                   "top_k: is called as nn.top_k(x, label, k), k a whole number from 1 on, got %s",
                   lua_gettop(L) > 3 ? "more" : value_words(L, 3));
        return value_push_poison(L);
    }
    if (k > label->type.classes) {
        diag_error(f->diag, front_here(L), "top_k: k counts up to the %d classes, got %g",
                   label->type.classes, k);
        return value_push_poison(L);
    }
    const int axis = class_axis(x);
    Node *own = of_class(L, x, label, axis);
    Node *in[2] = {x, n_sum(L, own, 1 << (axis - 1), true)};
    broadcast_operands(L, front_here(L), 2, in);
    Node *above = sum_along(L, n_greater(L, in[0], in[1]), axis);
    value_push_node(L, n_less(L, above, value_number(L, k)));
    return 1;
}

/* --- losses of values --- */

/* The loss of an element; `option` is that of the loss: of `n` numbers, one for each element of the
 * last axis, where the option may be a list, else of one. */
typedef Node *Element(lua_State *L, Node *x, Node *t, const double *option, int n);

typedef struct Loss {
    const char *name;
    const char *help;         /* one line */
    const Op *plain;          /* the mean by a kernel of its own, with the option as it is preset */
    const OptionSpec *option; /* NULL: none */
    Element *element;
} Loss;

static Node *squared(lua_State *L, Node *x, Node *t, const double *option, int n) {
    (void)option, (void)n;
    Node *d = n_sub(L, x, t);
    return n_mul(L, d, d);
}

static Node *distance(lua_State *L, Node *x, Node *t, const double *option, int n) {
    (void)option, (void)n;
    return n_abs(L, n_sub(L, x, t));
}

/* m (|d| - m / 2) with m = min(|d|, delta): d^2 / 2 up to delta, and delta (|d| - delta / 2). */
static Node *huber(lua_State *L, Node *x, Node *t, const double *delta, int n) {
    Node *d = distance(L, x, t, delta, n), *m = n_minimum(L, d, value_number(L, *delta));
    return n_mul(L, m, n_sub(L, d, scaled(L, m, 0.5)));
}

static Node *smooth(lua_State *L, Node *x, Node *t, const double *beta, int n) {
    return *beta > 0 ? scaled(L, huber(L, x, t, beta, n), 1 / *beta) : distance(L, x, t, beta, n);
}

/* (1 - t) x + (1 + (p - 1) t) log(1 + exp(-x)) */
static Node *binary_entropy(lua_State *L, Node *x, Node *t, const double *p, int n) {
    Node *one_number = value_number(L, 1);
    Node *soft = n_softplus(L, n_neg(L, x));
    if (n == 1 && *p != 1) soft = n_mul(L, soft, n_add(L, one_number, scaled(L, t, *p - 1)));
    if (n > 1) {
        double *more = ARENA_ARRAY(front_of(L)->arena, double, n);
        for (int i = 0; i < n; i++) more[i] = p[i] - 1;
        Node *of_axis = shared_tensor(L, front_here(L), (Shape){1, {n}}, more);
        soft = product(L, soft, n_add(L, one_number, product(L, t, of_axis)));
    }
    return n_add(L, n_mul(L, n_sub(L, one_number, t), x), soft);
}

/* q (log q - log_p), 0 where q is 0. */
static Node *divergence(lua_State *L, Node *log_p, Node *q, const double *option, int n) {
    (void)option, (void)n;
    Node *log_q = n_log(L, n_clamp(L, q, 1.17549435e-38, 3.4e38));
    return n_mul(L, q, n_sub(L, log_q, log_p));
}

static const OptionSpec delta = {
    "delta", OPTION_REAL, false, 1e-30,
    1e30,    {1, 0},      NULL,  "where the square ends and the straight line begins"};
static const OptionSpec beta = {
    "beta", OPTION_REAL, false, 0,
    1e30,   {1, 0},      NULL,  "where the square ends and the straight line begins"};
static const OptionSpec pos_weight = {
    "pos_weight", OPTION_NUMBERS,
    false,        0,
    1e30,         {1, 0},
    NULL,         "factor of the part for targets of 1, or one for each place of the last axis"};
static const Loss losses[] = {
    {"mse", "(x - target)^2", &op_mse, NULL, squared},
    {"l1", "|x - target|", NULL, NULL, distance},
    {"huber", "d^2 / 2 of d = |x - target| up to delta, then a straight line", NULL, &delta, huber},
    {"smooth_l1", "Huber's loss with delta = beta, divided by it", NULL, &beta, smooth},
    {"bce_with_logits", "the binary cross-entropy of sigmoid(x)", &op_bce_with_logits, &pos_weight,
     binary_entropy},
    {"kl_div", "q (log q - log_p), summed over the last axis", NULL, NULL, divergence}};

/* The options of the loss; how many. */
static int loss_specs(const Loss *loss, OptionSpec *specs) {
    const OptionSpec reduction = REDUCTION;
    specs[0] = reduction;
    if (loss->option) specs[1] = *loss->option;
    return loss->option ? 2 : 1;
}

/* nn.<loss>(x, t, { ... }); the upvalue is the index in `losses`. */
static int of_values(lua_State *L) {
    const Loss *loss = &losses[lua_tointeger(L, lua_upvalueindex(1))];
    const char *what = loss->name;
    const bool divergent = loss->element == divergence;
    OptionSpec specs[2];
    Options o;
    OptionValue v[2] = {0};
    if (!read_options(L, &o, what, specs, loss_specs(loss, specs), v)) return value_push_poison(L);
    Node *x = value_check_node(L, 1, what), *t = value_check_node(L, 2, what);
    if (x->type.kind == KIND_ERROR || t->type.kind == KIND_ERROR) return value_push_poison(L);
    t = fitted(L, x, t);
    const int reduction = (int)v[0].number[0];
    const bool list = loss->option && loss->option->type == OPTION_NUMBERS && v[1].given;
    const double *option = list ? v[1].list : v[1].number;
    const int n = list ? v[1].n : 1;
    if (loss->plain && reduction == REDUCE_MEAN &&
        (!loss->option || (n == 1 && *option == loss->option->preset[0]))) {
        value_push_node(L, two(L, loss->plain, x, t));
        return 1;
    }
    const bool number = t->type.kind == KIND_SCHEDULE && !divergent;
    const Shape s = x->type.shape;
    if (!is_real(x)) {
        value_mistake(L, what, x, "wants real values per sample");
        return value_push_poison(L);
    }
    if (!number && (!is_real(t) || !shape_equal(t->type.shape, s))) {
        value_mistake(L, what, t, "wants real targets of shape %s%s",
                      shape_text(front_of(L)->arena, s), divergent ? "" : ", or a number");
        return value_push_poison(L);
    }
    if (n > 1 && (!s.rank || n != s.dim[s.rank - 1])) {
        diag_error(front_of(L)->diag, options_loc(&o, loss->option->name),
                   "%s: %s wants a number, or one for each place of the last axis of %s, got %d",
                   what, loss->option->name, shape_text(front_of(L)->arena, s), n);
        return value_push_poison(L);
    }
    Node *value = loss->element(L, x, t, option, n);
    if (divergent && reduction == REDUCE_MEAN) value = sum_along(L, value, s.rank);
    value_push_node(L, reduced(L, value, NULL, reduction));
    return 1;
}

void losses_register(lua_State *L) {
    static const Word words[] = {
        {.name = "cross_entropy",
         .function = cross_entropy,
         .arguments = "x: nn.Node, target: nn.Node",
         .result = "nn.Node",
         .specs = class_specs,
         .n_specs = CE_OPTIONS,
         .help = "-log softmax(x) of the label, or of classes that have shares"},
        {.name = "nll",
         .function = nll,
         .arguments = "log_p: nn.Node, label: nn.Node",
         .result = "nn.Node",
         .specs = class_specs,
         .n_specs = CE_SMOOTHING,
         .help = "-log_p of the label"},
        {.name = "top_k",
         .function = top_k,
         .arguments = "x: nn.Node, label: nn.Node, k: integer",
         .result = "nn.Node",
         .help = "1 where the label is among the k classes of the largest values, else 0"},
        {0}};
    word_add(L, words);
    for (int i = 0; i < (int)(sizeof losses / sizeof *losses); i++) {
        OptionSpec *specs = ARENA_ARRAY(front_of(L)->arena, OptionSpec, 2);
        const int n = loss_specs(&losses[i], specs);
        lua_pushinteger(L, i);
        lua_pushcclosure(L, of_values, 1);
        word_set(L, &(Word){.name = losses[i].name,
                            .arguments = "x: nn.Node, target: nn.Value",
                            .result = "nn.Node",
                            .help = losses[i].help,
                            .specs = specs,
                            .n_specs = n});
    }
}
