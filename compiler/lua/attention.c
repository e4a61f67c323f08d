/* Attention as a function of queries, keys and values, products of matrices, and self attention as
 * a layer. */
#include <math.h>

#include "layer.h"

static const OptionSpec product_specs[] = {
    {"transpose_a", OPTION_BOOL, false, 0, 1, {0}, NULL, "multiplies with the transpose of a"},
    {"transpose_b", OPTION_BOOL, false, 0, 1, {0}, NULL, "multiplies with the transpose of b"}};

/* nn.matmul(a, b, { transpose_a = false, transpose_b = false }) */
static int matmul(lua_State *L) {
    const Options o = options_of_call(L, op_matmul.name);
    OptionValue v[2];
    Node *in[2] = {value_check_node(L, 1, o.what), value_check_node(L, 2, o.what)};
    lua_settop(L, 3);
    if (!options_read(&o, 3, product_specs, 2, v)) return value_push_poison(L);
    const MatmulAttrs attrs = {{v[0].number[0] != 0, v[1].number[0] != 0}};
    value_push_node(
        L, front_add_node(L, &op_matmul, o.call, NULL, 2, in, ATTRS_AT(MatmulAttrs, &attrs)));
    return 1;
}

enum { CALL_NAME, CALL_CAUSAL, CALL_DROPOUT, CALL_SCALE, CALL_OPTIONS };
static const OptionSpec call_specs[] = {
    {"name", OPTION_NAME, false, 0, 0, {0}, NULL, "its name, from which dropout draws"},
    CAUSAL_OPTION,
    DROPOUT_OPTION,
    {"scale",
     OPTION_REAL,
     false,
     -1e30,
     1e30,
     {NAN},
     NULL,
     "factor of the products; 1 / sqrt(D) if left out"}};

/* nn.scaled_dot_product_attention(q, k, v, { causal, dropout, scale, name }): each call is a layer
 * of its own, without parameters. */
static int attend(lua_State *L) {
    Front *f = front_of(L);
    const Options o = options_of_call(L, "scaled_dot_product_attention");
    OptionValue v[CALL_OPTIONS];
    Node *in[3];
    for (int i = 0; i < 3; i++) in[i] = value_check_node(L, 1 + i, o.what);
    lua_settop(L, 4);
    if (!options_read(&o, 4, call_specs, CALL_OPTIONS, v)) return value_push_poison(L);
    const char *name = v[CALL_NAME].text;
    if (!name_layer(L, "attention", &f->attentions, &name, name ? options_loc(&o, "name") : o.call))
        return value_push_poison(L);
    if (v[CALL_SCALE].given && v[CALL_SCALE].number[0] == 0) {
        diag_error(f->diag, options_loc(&o, "scale"),
                   "%s: scale 0 makes all weights equal; nn.mean does that", o.what);
        return value_push_poison(L);
    }
    const AttentionAttrs attrs = {
        .drop = {.p = v[CALL_DROPOUT].number[0], .stream = dropout_stream(name)},
        .heads = 1,
        .causal = v[CALL_CAUSAL].number[0] != 0,
        .scale = v[CALL_SCALE].given ? v[CALL_SCALE].number[0] : 0};
    value_push_node(
        L, front_add_node(L, &op_attention, o.call, name, 3, in, ATTRS_AT(AttentionAttrs, &attrs)));
    return 1;
}

/* nn.arange(n) */
static int arange(lua_State *L) {
    Front *f = front_of(L);
    const double n = lua_type(L, 1) == LUA_TNUMBER ? lua_tonumber(L, 1) : 0;
    if (n < 1 || n > (double)MAX_DIM || n != (int)n || lua_gettop(L) > 1) {
        if (!value_is_poison(L, 1))
            diag_error(f->diag, front_here(L),
                       "arange: is called as nn.arange(n), n a whole number from 1 on, got %s",
                       value_plain_words(L, 1));
        return value_push_poison(L);
    }
    value_push_node(L, front_add_node(L, &op_arange, front_here(L), NULL, 0, NULL,
                                      ATTRS_WITH(ArangeAttrs, (int)n)));
    return 1;
}

void attention_register(lua_State *L) {
    static const Word words[] = {
        {.name = "arange",
         .function = arange,
         .arguments = "n: integer",
         .result = "nn.Node",
         .help = "0 to n - 1, as class indices or numbers"},
        {.name = "matmul",
         .function = matmul,
         .arguments = "a: nn.Node, b: nn.Node",
         .result = "nn.Node",
         .specs = product_specs,
         .n_specs = 2,
         .help = "the product of the last two axes, (M, K), (K, N) to (M, N)"},
        {.name = "scaled_dot_product_attention",
         .function = attend,
         .arguments = "q: nn.Node, k: nn.Node, v: nn.Node",
         .result = "nn.Node",
         .specs = call_specs,
         .n_specs = CALL_OPTIONS,
         .help = "softmax(scale q k^T) v, of (T, D) or (heads, T, D)"},
        {0}};
    word_add(L, words);
}
