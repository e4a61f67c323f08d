/* Layers with states: nn.rnn, nn.gru, nn.lstm. A layer is made of recurrences, one for each of its
 * layers and directions, whose input goes through a linear layer first. Parameters have PyTorch's
 * names and shapes. */
#include "layer.h"

#include "../ops/recurrence.h"

enum { MOST_LAYERS = 64 };

enum {
    RECURRENT_NAME,
    RECURRENT_HIDDEN,
    RECURRENT_LAYERS,
    RECURRENT_BIDIRECTIONAL,
    RECURRENT_DROPOUT,
    RECURRENT_LAST,
    RECURRENT_BIAS,
    RECURRENT_INIT
};
static const OptionSpec recurrent_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"hidden", OPTION_INT, true, 1, 1 << 16, {1, 0}, NULL, "size of the state"},
    {"layers", OPTION_INT, false, 1, MOST_LAYERS, {1, 0}, NULL, "layers on top of each other"},
    {"bidirectional", OPTION_BOOL, false, 0, 1, {0}, NULL, "whether it goes in both directions"},
    {"dropout",
     OPTION_REAL,
     false,
     0,
     1,
     {0},
     NULL,
     "probability of dropping an element between layers"},
    {"last", OPTION_BOOL, false, 0, 1, {0}, NULL, "whether it gives the final states alone"},
    {"bias", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it has a bias"},
    {"init",
     OPTION_INIT,
     false,
     0,
     0,
     {0},
     options_inits,
     "how the weight begins, or weight and bias"}};

/* The parameters of one recurrence. */
enum { INPUT_WEIGHT, STATE_WEIGHT, INPUT_BIAS, STATE_BIAS, N_WEIGHTS };

typedef struct Apply {
    lua_State *L;
    const Layer *layer;
    Loc loc;
    int hidden, directions;
} Apply;

static Node *add(const Apply *a, const Op *op, int n_in, Node *const *in, const Attrs *attrs) {
    return front_add_node(a->L, op, a->loc, a->layer->name, n_in, in, attrs);
}

static Node *parameter(const Apply *a, const char *what, int number, bool reverse, Shape shape,
                       const Init *init) {
    const char *name =
        arena_printf(front_of(a->L)->arena, "%s_l%d%s", what, number, reverse ? "_reverse" : "");
    /* PyTorch draws all of them by the number of units. */
    const int fan_in = init->kind >= 0 && shape.rank > 1 ? shape.dim[1] : a->hidden;
    return layer_weights_add(a->L, a->layer, name, shape, init, fan_in, shape.dim[0]);
}

/* The parameters of all recurrences, for inputs of so many features. */
static Node **make_weights(const Apply *a, int layers, int features, bool bias) {
    const Layer *layer = a->layer;
    Node **all = ARENA_ARRAY(front_of(a->L)->arena, Node *, layers * a->directions * N_WEIGHTS);
    const int rows = recurrence_gates(layer->kind->op) * a->hidden;
    for (int i = 0; i < layers * a->directions; i++) {
        const int number = i / a->directions, in = number ? a->directions * a->hidden : features;
        const bool reverse = i % a->directions;
        Node **to = all + i * N_WEIGHTS;
        to[INPUT_WEIGHT] =
            parameter(a, "weight_ih", number, reverse, (Shape){2, {rows, in}}, &layer->init);
        to[STATE_WEIGHT] =
            parameter(a, "weight_hh", number, reverse, (Shape){2, {rows, a->hidden}}, &layer->init);
        if (!bias) continue;
        const Shape vector = {1, {rows}};
        to[INPUT_BIAS] = parameter(a, "bias_ih", number, reverse, vector, &layer->bias_init);
        to[STATE_BIAS] = parameter(a, "bias_hh", number, reverse, vector, &layer->bias_init);
    }
    return all;
}

/* The states of one recurrence of x. */
static Node *states(const Apply *a, Node *x, Node *const *weights, bool reverse) {
    Node *in[3] = {x, weights[INPUT_WEIGHT], weights[INPUT_BIAS]};
    in[0] = add(a, &op_linear, in[2] ? 3 : 2, in, NULL);
    in[1] = weights[STATE_WEIGHT];
    in[2] = weights[STATE_BIAS];
    return add(a, a->layer->kind->op, in[2] ? 3 : 2, in,
               ATTRS_WITH(RecurrenceAttrs, .reverse = reverse));
}

/* The state after all places, as a vector. */
static Node *final_state(const Apply *a, Node *x, bool reverse) {
    if (x->type.kind == KIND_ERROR) return x;
    const SliceAttrs last = {
        .offset = reverse ? 0 : x->type.shape.dim[0] - 1, .count = 1, .axis = 1, .step = 1};
    Node *place = add(a, &op_slice, 1, &x, ATTRS_AT(SliceAttrs, &last));
    return add(a, &op_flatten, 1, &place, NULL);
}

/* All directions of a layer, side by side. */
static Node *all_states(const Apply *a, Node *x, Node *const *weights, bool last) {
    Node *of[2];
    for (int i = 0; i < a->directions; i++) {
        of[i] = states(a, x, weights + i * N_WEIGHTS, i == 1);
        if (last) of[i] = final_state(a, of[i], i == 1);
    }
    if (a->directions < 2) return of[0];
    return add(a, &op_concat, 2, of, ATTRS_WITH(AxisAttrs, last ? 1 : 2));
}

/* Dropout after layer `number`: each has decisions of its own. */
static Node *dropped(const Apply *a, Node *x, int number, double p) {
    const char *name =
        arena_printf(front_of(a->L)->arena, "%s.dropout_l%d", a->layer->name, number);
    const DropoutAttrs drop = {
        .p = p, .stream = dropout_stream(name), .application = a->layer->applications};
    return front_add_node(a->L, &op_dropout, a->loc, name, 1, &x, ATTRS_AT(DropoutAttrs, &drop));
}

static Node *recurrent_apply(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const Type *t = &x->type;
    const int layers = (int)o[RECURRENT_LAYERS].number[0];
    const char *wants = t->classes ? "(T, C), a sequence; nn.embedding makes one of class indices"
                                   : "(T, C), a sequence";
    if (!layer_weights_want(L, layer, x, loc, 2, wants)) return front_poison(L);
    const int features = t->shape.dim[1];
    if (!layer_weights_fit(L, layer, loc, features)) return front_poison(L);
    const Apply a = {.L = L,
                     .layer = layer,
                     .loc = loc,
                     .hidden = (int)o[RECURRENT_HIDDEN].number[0],
                     .directions = o[RECURRENT_BIDIRECTIONAL].number[0] != 0 ? 2 : 1};
    if (!layer->weights) {
        layer->weights = make_weights(&a, layers, features, o[RECURRENT_BIAS].number[0] != 0);
        layer->weight = layer->weights[0];
        layer->in = features;
    }
    for (int i = 0; i < layers; i++) {
        const bool top = i == layers - 1;
        Node *const *weights = layer->weights + i * a.directions * N_WEIGHTS;
        x = all_states(&a, x, weights, top && o[RECURRENT_LAST].number[0] != 0);
        if (!top && o[RECURRENT_DROPOUT].number[0] > 0)
            x = dropped(&a, x, i, o[RECURRENT_DROPOUT].number[0]);
    }
    return x;
}

#define SPECS recurrent_specs, (int)(sizeof recurrent_specs / sizeof *recurrent_specs)
const LayerKind recurrent_kinds[] = {{"rnn",
                                      "h = tanh(W x + b + V h' + c) over the places of (T, C)",
                                      &op_rnn, SPECS, true, RECURRENT_INIT, recurrent_apply},
                                     {"gru", "gated recurrent units over the places of (T, C)",
                                      &op_gru, SPECS, true, RECURRENT_INIT, recurrent_apply},
                                     {"lstm", "long short-term memory over the places of (T, C)",
                                      &op_lstm, SPECS, true, RECURRENT_INIT, recurrent_apply},
                                     {0}};
