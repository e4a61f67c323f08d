/* Functions of nodes that are made of others: powers of samples and losses, and those whose
 * arguments are no nodes alone. */
#include <math.h>

#include "nodes.h"

/* x to a positive whole power, by squaring: the highest bit of the exponent first. */
static Node *whole_power(lua_State *L, Node *x, int exponent) {
    int bit = 1;
    while (bit <= exponent / 2) bit *= 2;
    Node *y = x;
    while (bit /= 2) {
        y = n_mul(L, y, y);
        if (exponent & bit) y = n_mul(L, y, x);
    }
    return y;
}

static Node *power(lua_State *L, Node *x, double exponent) {
    enum { MOST = 64 };
    if (exponent < 0) return n_div(L, value_number(L, 1), power(L, x, -exponent));
    if (exponent == 0) return n_add(L, n_mul(L, x, value_number(L, 0)), value_number(L, 1));
    if (exponent == floor(exponent) && exponent <= (double)MOST)
        return whole_power(L, x, (int)exponent);
    if (exponent == 0.5) return n_sqrt(L, x);
    if (exponent == 1.5) return n_mul(L, x, n_sqrt(L, x));
    return n_exp(L, n_mul(L, n_log(L, x), value_number(L, exponent)));
}

static bool is_number(lua_State *L, int index) {
    const Node *node = value_node(L, index);
    return node ? node->type.kind == KIND_SCHEDULE : lua_type(L, index) == LUA_TNUMBER;
}

int functions_power(lua_State *L) {
    if (value_is_poison(L, 1) || value_is_poison(L, 2)) return value_push_poison(L);
    if (is_number(L, 1) && is_number(L, 2)) {
        Node *base = value_check_node(L, 1, op_pow.name);
        value_push_node(L, n_pow(L, base, value_check_node(L, 2, op_pow.name)));
        return 1;
    }
    Node *x = value_node(L, 1);
    if (!x || lua_type(L, 2) != LUA_TNUMBER) {
        diag_error(front_of(L)->diag, front_here(L),
                   "the exponent of a node is a plain number, x ^ 2, else it is written "
                   "nn.exp(y * nn.log(x)); got %s ^ %s",
                   value_words(L, 1), value_words(L, 2));
        return value_push_poison(L);
    }
    const double exponent = lua_tonumber(L, 2);
    if (!(fabs(exponent) <= 1e6)) {
        diag_error(front_of(L)->diag, front_here(L), "the exponent %s is out of range",
                   value_number_words(front_of(L)->arena, exponent));
        return value_push_poison(L);
    }
    value_push_node(L, power(L, x, exponent));
    return 1;
}

/* nn.square(x) */
static int square(lua_State *L) {
    Node *x = value_check_node(L, 1, "square");
    value_push_node(L, n_mul(L, x, x));
    return 1;
}

/* A bound of clamp: a number, or nil for none. */
static bool read_bound(lua_State *L, int index, double *bound) {
    if (lua_isnoneornil(L, index)) return true;
    if (lua_type(L, index) == LUA_TNUMBER && !isnan(lua_tonumber(L, index))) {
        *bound = fmin(fmax(lua_tonumber(L, index), -3.4e38), 3.4e38);
        return true;
    }
    if (!value_is_poison(L, index))
        diag_error(
            front_of(L)->diag, front_here(L),
            "clamp: is called as nn.clamp(x, low, high), its bounds are numbers or nil, got %s",
            value_words(L, index));
    return false;
}

/* nn.clamp(x, low, high) */
static int clamp(lua_State *L) {
    Node *x = value_check_node(L, 1, "clamp");
    double low = -3.4e38, high = 3.4e38;
    if (!read_bound(L, 2, &low) || !read_bound(L, 3, &high)) return value_push_poison(L);
    if (low > high) {
        Arena *arena = front_of(L)->arena;
        diag_error(front_of(L)->diag, front_here(L),
                   "clamp: the lower bound, %s, is above the upper, %s",
                   value_number_words(arena, low), value_number_words(arena, high));
        return value_push_poison(L);
    }
    value_push_node(L, n_clamp(L, x, low, high));
    return 1;
}

/* Two vectors of one size; false after a report. */
static bool read_vectors(lua_State *L, const char *what, Node *in[2]) {
    front_count_call(L);
    for (int i = 0; i < 2; i++) in[i] = value_check_node(L, i + 1, what);
    if (in[0]->type.kind == KIND_ERROR || in[1]->type.kind == KIND_ERROR) return false;
    for (int i = 0; i < 2; i++) {
        const Type *t = &in[i]->type;
        if (t->kind != KIND_SAMPLE || t->classes || t->shape.rank != 1)
            return value_mistake(L, what, in[i], "wants (N), a vector");
    }
    if (shape_equal(in[0]->type.shape, in[1]->type.shape)) return true;
    return value_mistake(L, what, in[1], "wants equal shapes, %s on one side",
                         shape_text(front_of(L)->arena, in[0]->type.shape));
}

static Node *dot(lua_State *L, Node *a, Node *b) {
    return n_sum(L, n_mul(L, a, b), 0, false);
}

/* The length of a vector, at least 1e-8, so that a quotient and its slope are finite. */
static Node *length(lua_State *L, Node *x) {
    return n_sqrt(L, n_clamp(L, dot(L, x, x), 1e-16, 3.4e38));
}

/* nn.cosine_similarity(a, b) */
static int cosine_similarity(lua_State *L) {
    Node *in[2];
    if (!read_vectors(L, "cosine_similarity", in)) return value_push_poison(L);
    Node *lengths = n_mul(L, length(L, in[0]), length(L, in[1]));
    value_push_node(L, n_div(L, dot(L, in[0], in[1]), lengths));
    return 1;
}

/* nn.pairwise_distance(a, b): of a - b + 1e-6, as PyTorch's, whose slope is finite everywhere. */
static int pairwise_distance(lua_State *L) {
    Node *in[2];
    if (!read_vectors(L, "pairwise_distance", in)) return value_push_poison(L);
    Node *d = n_add(L, n_sub(L, in[0], in[1]), value_number(L, 1e-6));
    value_push_node(L, n_sqrt(L, dot(L, d, d)));
    return 1;
}

void functions_register(lua_State *L) {
    static const Word words[] = {{.name = "cosine_similarity",
                                  .function = cosine_similarity,
                                  .arguments = "a: nn.Node, b: nn.Node",
                                  .result = "nn.Node",
                                  .help = "the product of two vectors by their lengths"},
                                 {.name = "pairwise_distance",
                                  .function = pairwise_distance,
                                  .arguments = "a: nn.Node, b: nn.Node",
                                  .result = "nn.Node",
                                  .help = "the length of a - b + 1e-6, of vectors"},
                                 {.name = "square",
                                  .function = square,
                                  .arguments = "x: nn.Value",
                                  .result = "nn.Node",
                                  .also = "fun(x: nn.Number): nn.Schedule",
                                  .help = "x * x"},
                                 {.name = "clamp",
                                  .function = clamp,
                                  .arguments = "x: nn.Node, low?: number, high?: number",
                                  .result = "nn.Node",
                                  .help = "min(max(x, low), high); a bound that is nil is none"},
                                 {0}};
    word_add(L, words);
}
