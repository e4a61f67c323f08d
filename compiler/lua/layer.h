/* Layers: values that are called on a node and give a node. The word of a kind, such as nn.gelu, is
 * a value that is called on options and gives a layer; where no option must be given, it is a layer
 * of all defaults, too. */
#ifndef NNGEN_LUA_LAYER_H
#define NNGEN_LUA_LAYER_H

#include "front.h"

enum { MAX_LAYER_OPTIONS = 10 };

typedef struct LayerKind LayerKind;

/* Lives in a Lua userdata. */
typedef struct Layer {
    const LayerKind *kind;
    const char *name; /* NULL for layers without parameters or random numbers */
    Loc loc;          /* of the constructor; line 0: the word itself, nn.relu */
    OptionValue options[MAX_LAYER_OPTIONS];
    bool poisoned; /* its options have mistakes, already reported */
    Init init, bias_init;
    struct Layer *tied; /* whose weight is its, too; NULL: it has its own */
    Node *weight, *bias;
    Node *out_weight, *out_bias; /* of attention: of what follows it */
    Node **weights; /* of a recurrent layer, in the order in which it uses them; bias may be NULL */
    Node *running[3]; /* batch normalisation: mean, variance, number of batches */
    int in;           /* features or channels that the weights are for */
    Loc first_use;
    int applications;
} Layer;

struct LayerKind {
    const char *name;
    const char *help; /* one line */
    const Op *op;
    const OptionSpec *specs;
    int n_specs;
    bool named; /* the first option is its name */
    int init;   /* index of the option `init`, 0 for none */
    Node *(*apply)(lua_State *L, Layer *layer, Node *x, Loc loc);
};

/* layer_weights.c: the name `<layer>.<what>` of a tensor; NULL after a report that it is taken. */
const char *layer_weights_name(lua_State *L, const Layer *layer, const char *what);

/* A parameter `<layer>.<what>`; sizes are checked so that products stay small. */
Node *layer_weights_add(lua_State *L, const Layer *layer, const char *what, Shape shape,
                        const Init *init, double fan_in, double fan_out);

/* Reports a further input whose size differs from the first one's, for which the weights were made.
 */
bool layer_weights_fit(lua_State *L, const Layer *layer, Loc loc, int in);

/* Checks the input's rank: the sizes of the weights, which the op's rule wants, come from it. */
bool layer_weights_want(lua_State *L, const Layer *layer, Node *x, Loc loc, int rank,
                        const char *words);

/* Reports `<kind> "<name>": ...` and, unless x is NULL, what the input is; returns false. */
bool layer_weights_error(lua_State *L, const Layer *layer, Node *x, Loc loc, const char *format,
                         ...) __attribute__((format(printf, 5, 6)));

/* Kinds of a file, the last without a name. In convolution.c convolutions and pools over windows,
 * in norm.c normalisations that learn one scale or keep statistics, in recurrent.c layers with
 * states, in multihead.c self attention. */
extern const LayerKind convolution_kinds[], norm_kinds[], recurrent_kinds[], multihead_kinds[];

/* All kinds: those of layer.c and the files above, and of the ops that are layers by themselves. */
const LayerKind *layer_kinds(Arena *arena, int *count);

/* Whether an option must be given; else the kind may be used as a layer, with all defaults. */
bool layer_needs_options(const LayerKind *kind);

#endif
