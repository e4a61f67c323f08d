/* The kinds of layers: their options, and what they do to a node. Weights are made at the first
 * call, when the input's size is known; later calls share them. */
#include "layer.h"

enum { LINEAR_NAME, LINEAR_OUT, LINEAR_BIAS, LINEAR_INIT };
static const OptionSpec linear_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"out", OPTION_INT, true, 1, MAX_DIM, {0}, NULL, "output features"},
    {"bias", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it has a bias"},
    {"init",
     OPTION_INIT,
     false,
     0,
     0,
     {0},
     options_inits,
     "how the weight begins, or weight and bias"},
    {"tie",
     OPTION_ANY,
     false,
     0,
     0,
     {0},
     (const char *const[]){"nn.Layer", NULL},
     "an embedding or a linear layer, called before, whose weight it has"}};

/* The weight of the layer that this one is tied to; NULL after a report. */
static Node *tied_weight(lua_State *L, const Layer *layer, int in) {
    Front *f = front_of(L);
    const Layer *owner = layer->tied;
    const OptionValue *out = &layer->options[LINEAR_OUT];
    if (owner->poisoned || (owner->weight && owner->weight->type.kind == KIND_ERROR)) return NULL;
    const Shape s = owner->weight ? owner->weight->type.shape : (Shape){0};
    const char *mistake = NULL;
    if (!owner->weight)
        mistake = "has no weight before its first use; call it before";
    else if (s.rank != 2 || s.dim[1] != in)
        mistake = arena_printf(f->arena, "has a weight %s, where one of (out, %d) is wanted",
                               shape_text(f->arena, s), in);
    else if (out->given && out->number[0] != s.dim[0])
        mistake = arena_printf(f->arena, "has a weight %s, so out is %d, not %g",
                               shape_text(f->arena, s), s.dim[0], out->number[0]);
    if (!mistake) {
        const char *name = layer_weights_name(L, layer, "weight");
        if (!name) return NULL;
        graph_tie(f->graph, name, owner->weight->name);
        return owner->weight;
    }
    diag_error(f->diag, layer->loc, "linear \"%s\": tie: %s %s%s%s %s", layer->name,
               owner->kind->name, owner->name ? "\"" : "", owner->name ? owner->name : "",
               owner->name ? "\"" : "", mistake);
    return NULL;
}

static Node *add(lua_State *L, const Layer *layer, Loc loc, int n_in, Node **in,
                 const Attrs *attrs) {
    return front_add_node(L, layer->kind->op, loc, layer->name, n_in, in, attrs);
}

static Node *apply_linear(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const int rank = x->type.shape.rank;
    if (!layer_weights_want(L, layer, x, loc, rank == 2 ? 2 : 1,
                            rank > 2 ? LINEAR_WANTS "; " LINEAR_ADVICE : LINEAR_WANTS))
        return front_poison(L);
    const int n = x->type.shape.dim[rank - 1];
    if (!layer_weights_fit(L, layer, loc, n)) return front_poison(L);
    if (!layer->weight) {
        int out = (int)layer->options[LINEAR_OUT].number[0];
        layer->weight = layer->tied ? tied_weight(L, layer, n)
                                    : layer_weights_add(L, layer, "weight", (Shape){2, {out, n}},
                                                        &layer->init, n, out);
        if (!layer->weight) return front_poison(L);
        if (layer->tied) out = layer->weight->type.shape.dim[0];
        if (layer->options[LINEAR_BIAS].number[0] != 0)
            layer->bias =
                layer_weights_add(L, layer, "bias", (Shape){1, {out}}, &layer->bias_init, n, out);
        layer->in = n;
    }
    Node *in[3] = {x, layer->weight, layer->bias};
    return add(L, layer, loc, layer->bias ? 3 : 2, in, NULL);
}

enum { NORM_NAME, NORM_AXES, NORM_EPS, NORM_AFFINE, NORM_BIAS };
static const OptionSpec norm_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"axes", OPTION_INT, false, 1, MAX_RANK, {1, 0}, NULL, "last axes that are normalised over"},
    EPS_OPTION,
    AFFINE_OPTION(1),
    {"bias", OPTION_BOOL, false, 0, 1, {1, 0}, NULL, "whether it has a bias beside the weight"},
};

static Node *apply_layer_norm(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    const int axes = (int)o[NORM_AXES].number[0], rank = x->type.shape.rank;
    const Attrs *attrs = ATTRS_WITH(NormAttrs, .axes = axes, .eps = o[NORM_EPS].number[0]);
    Node *in[3] = {x, NULL, NULL};
    const bool affine = o[NORM_AFFINE].number[0] != 0;
    /* What is no input of such a layer is reported by the op. */
    const bool fits = x->type.kind == KIND_SAMPLE && !x->type.classes && axes <= rank;
    if (!affine || !fits) return add(L, layer, loc, 1, in, attrs);
    const Shape s = shape_last(x->type.shape, axes);
    if (!layer_weights_fit(L, layer, loc, (int)shape_count(s))) return front_poison(L);
    if (!layer->weight) {
        const Init ones = init_constant(1), zeros = init_constant(0);
        layer->weight = layer_weights_add(L, layer, "weight", s, &ones, 1, 1);
        if (o[NORM_BIAS].number[0] != 0)
            layer->bias = layer_weights_add(L, layer, "bias", s, &zeros, 1, 1);
        layer->in = (int)shape_count(s);
    }
    in[1] = layer->weight;
    in[2] = layer->bias;
    return add(L, layer, loc, layer->bias ? 3 : 2, in, attrs);
}

enum { EMBEDDING_NAME, EMBEDDING_DIM, EMBEDDING_ROWS, EMBEDDING_PAD, EMBEDDING_INIT };
static const OptionSpec embedding_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"},
    {"dim", OPTION_INT, true, 1, MAX_DIM, {1, 0}, NULL, "size of a row"},
    {"num",
     OPTION_INT,
     false,
     1,
     MAX_DIM,
     {0},
     NULL,
     "number of rows; that of the label's classes if left out"},
    {"padding_idx",
     OPTION_INT,
     false,
     0,
     MAX_DIM - 1,
     {-1, 0},
     NULL,
     "a class whose row is not trained, counted from 0"},
    {"init", OPTION_INIT, false, 0, 0, {0}, options_inits, "how the weight begins"}};

static Node *apply_embedding(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    if (x->type.kind == KIND_ERROR) return front_poison(L);
    Node *in[2] = {x, layer->weight};
    if (x->type.kind != KIND_SAMPLE || !x->type.classes) {
        layer_weights_error(L, layer, x, loc, "wants a label, or other class indices per sample");
        return front_poison(L);
    }
    const int num = o[EMBEDDING_ROWS].given ? (int)o[EMBEDDING_ROWS].number[0] : x->type.classes;
    const int padding = o[EMBEDDING_PAD].given ? (int)o[EMBEDDING_PAD].number[0] : -1;
    if (padding >= num) {
        layer_weights_error(L, layer, NULL, loc, "padding_idx counts from 0 to %d, got %d", num - 1,
                            padding);
        return front_poison(L);
    }
    if (!layer->weight) {
        const int dim = (int)o[EMBEDDING_DIM].number[0];
        const Init preset = init_normal(0, 1);
        in[1] = layer->weight =
            layer_weights_add(L, layer, "weight", (Shape){2, {num, dim}},
                              layer->init.kind < 0 ? &preset : &layer->init, dim, num);
        /* As PyTorch has it, only its own draw leaves the padding at zero. */
        if (padding >= 0 && layer->weight->op == &op_param && layer->init.kind < 0)
            graph_zero_row(front_of(L)->graph, layer->weight->name, padding + 1);
    }
    return add(L, layer, loc, 2, in, ATTRS_WITH(EmbeddingAttrs, .padding = padding));
}

static const OptionSpec prelu_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name in weights files and patterns"}};

/* x where it is positive, else x times the one weight. */
static Node *apply_prelu(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const Init quarter = init_constant(0.25);
    if (x->type.kind == KIND_ERROR) return x;
    if (x->type.kind != KIND_SAMPLE || x->type.classes) {
        layer_weights_error(L, layer, x, loc, "wants real values per sample");
        return front_poison(L);
    }
    if (!layer->weight)
        layer->weight = layer_weights_add(L, layer, "weight", (Shape){1, {1}}, &quarter, 1, 1);
    Node *slope = front_add_node(L, &op_shared, loc, layer->name, 1, &layer->weight, NULL);
    Node *scaled[2] = {x, slope}, *positive[2] = {x, value_number(L, 0)};
    broadcast_operands(L, loc, 2, scaled);
    Node *in[3] = {front_add_node(L, &op_greater, loc, layer->name, 2, positive, NULL), x,
                   front_add_node(L, &op_mul, loc, layer->name, 2, scaled, NULL)};
    return front_add_node(L, &op_where, loc, layer->name, 3, in, NULL);
}

enum { DROP_NAME, DROP_P };
static const OptionSpec dropout_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which it draws"},
    {"p",
     OPTION_REAL,
     false,
     0,
     1,
     {0.5, 0},
     NULL,
     "probability of dropping an element or channel"}};

static Node *apply_dropout(lua_State *L, Layer *layer, Node *x, Loc loc) {
    return add(L, layer, loc, 1, &x,
               ATTRS_WITH(DropoutAttrs, .p = layer->options[DROP_P].number[0],
                          .stream = dropout_stream(layer->name),
                          .application = layer->applications));
}

/* Whatever a layer that moves elements is called on, it draws once for each sample: its uses do not
 * count. */
static Node *apply_move(lua_State *L, const Layer *layer, Node *x, Loc loc, MoveAttrs move) {
    move.stream = dropout_stream(layer->name);
    return add(L, layer, loc, 1, &x, ATTRS_AT(MoveAttrs, &move));
}

enum { FLIP_NAME, FLIP_ALONG, FLIP_P };
static const OptionSpec flip_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which it draws"},
    {"axis",
     OPTION_INT,
     false,
     -MAX_RANK,
     MAX_RANK,
     {-1, 0},
     NULL,
     "the axis that is turned round; -1 is the last"},
    {"p", OPTION_REAL, false, 0, 1, {0.5, 0}, NULL, "probability of a turn"}};

static Node *apply_flip(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    return apply_move(L, layer, x, loc,
                      (MoveAttrs){.p = o[FLIP_P].number[0], .axis = (int)o[FLIP_ALONG].number[0]});
}

enum { CROP_NAME, CROP_BORDER, CROP_FILL };
static const OptionSpec crop_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which it draws"},
    {"padding",
     OPTION_INT,
     false,
     0,
     MAX_PADDING,
     {4, 0},
     NULL,
     "places added on each side before the old size is cut out"},
    {"mode",
     OPTION_WORD,
     false,
     0,
     0,
     {PAD_CONSTANT, 0},
     pad_modes,
     "what the places around are: zeros, mirrored, or the border's values"}};

static Node *apply_crop(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    return apply_move(L, layer, x, loc,
                      (MoveAttrs){.p = 1,
                                  .padding = (int)o[CROP_BORDER].number[0],
                                  .mode = (int)o[CROP_FILL].number[0]});
}

enum { ERASE_NAME, ERASE_SIDE, ERASE_P };
static const OptionSpec erase_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which it draws"},
    {"size", OPTION_INT, false, 1, MAX_DIM, {8, 0}, NULL, "side of the square"},
    {"p", OPTION_REAL, false, 0, 1, {0.5, 0}, NULL, "probability of erasing"}};

static Node *apply_erase(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const OptionValue *o = layer->options;
    return apply_move(L, layer, x, loc,
                      (MoveAttrs){.p = o[ERASE_P].number[0], .size = (int)o[ERASE_SIDE].number[0]});
}

/* A layer whose options are its op's attributes. */
static Node *apply_op(lua_State *L, Layer *layer, Node *x, Loc loc) {
    const Op *op = layer->kind->op;
    const Attrs attrs = attrs_new(front_of(L)->arena, op);
    for (int i = 0; i < op->n_attrs; i++)
        attr_set(op, i, attrs.values, layer->options[i].number[0]);
    return add(L, layer, loc, 1, &x, &attrs);
}

static const OptionSpec *specs_of(Arena *arena, const Op *op) {
    static const OptionType types[] = {[ATTR_REAL] = OPTION_REAL,
                                       [ATTR_INT] = OPTION_INT,
                                       [ATTR_BOOL] = OPTION_BOOL,
                                       [ATTR_BITS] = OPTION_INT,
                                       [ATTR_WORD] = OPTION_WORD};
    OptionSpec *specs = ARENA_ARRAY(arena, OptionSpec, op->n_attrs + 1);
    enum { HELPS = sizeof op->attr_help / sizeof *op->attr_help };
    if (op->n_attrs > HELPS) bug("%s has too many options", op->name);
    for (int i = 0; i < op->n_attrs; i++) {
        const AttrSpec *a = &op->attrs[i];
        specs[i] = (OptionSpec){a->name, types[a->type], false,    a->low,
                                a->high, {a->preset, 0}, a->words, op->attr_help[i]};
    }
    return specs;
}

#define SPECS(s) s, (int)(sizeof s / sizeof *s)
static const LayerKind kinds[] = {{"linear", "W x + b of (N), or of each place of (T, N)",
                                   &op_linear, SPECS(linear_specs), true, LINEAR_INIT,
                                   apply_linear},
                                  {"embedding", "for each class a row of its weight", &op_embedding,
                                   SPECS(embedding_specs), true, EMBEDDING_INIT, apply_embedding},
                                  {"layer_norm", "normalises over the last axes", &op_layer_norm,
                                   SPECS(norm_specs), true, 0, apply_layer_norm},
                                  {"prelu", "x where it is positive, else x times a trained weight",
                                   &op_where, SPECS(prelu_specs), true, 0, apply_prelu},
                                  {"dropout", "sets elements to zero in training", &op_dropout,
                                   SPECS(dropout_specs), true, 0, apply_dropout},
                                  {"dropout2d", "sets whole channels to zero in training",
                                   &op_dropout2d, SPECS(dropout_specs), true, 0, apply_dropout},
                                  {"random_flip", "turns an axis round in training",
                                   &op_random_flip, SPECS(flip_specs), true, 0, apply_flip},
                                  {"random_crop", "moves images in training", &op_random_crop,
                                   SPECS(crop_specs), true, 0, apply_crop},
                                  {"random_erase", "sets a square to zero in training",
                                   &op_random_erase, SPECS(erase_specs), true, 0, apply_erase},
                                  {0}};

const LayerKind *layer_kinds(Arena *arena, int *count) {
    static const LayerKind *const parts[] = {kinds, convolution_kinds, recurrent_kinds, norm_kinds,
                                             multihead_kinds};
    enum { N_PARTS = sizeof parts / sizeof *parts };
    int n = 0;
    for (int p = 0; p < N_PARTS; p++)
        for (int i = 0; parts[p][i].name; i++) n++;
    for (int i = 0; all_ops[i]; i++) n += all_ops[i]->layer;
    LayerKind *list = ARENA_ARRAY(arena, LayerKind, n);
    *count = 0;
    for (int p = 0; p < N_PARTS; p++)
        for (int i = 0; parts[p][i].name; i++) list[(*count)++] = parts[p][i];
    for (int i = 0; all_ops[i]; i++)
        if (all_ops[i]->layer)
            list[(*count)++] = (LayerKind){all_ops[i]->name,
                                           all_ops[i]->help,
                                           all_ops[i],
                                           specs_of(arena, all_ops[i]),
                                           all_ops[i]->n_attrs,
                                           false,
                                           0,
                                           apply_op};
    return list;
}

bool layer_needs_options(const LayerKind *kind) {
    for (int i = 0; i < kind->n_specs; i++)
        if (kind->specs[i].required) return true;
    return false;
}
