/* Random values: drawn for each sample, by the counters of ops.h, in training anew in each step,
 * elsewhere by name and index of the sample alone. */
#include <math.h>

#include "rules.h"

static const double two_pi = 6.283185307179586;

static bool random_shape(Graph *g, Node *n) {
    Shape s;
    if (!stated_shape(g, n, ATTRS(n, RandomAttrs)->shape, &s)) return false;
    n->type = type_sample(s);
    return true;
}

/* The number of element k, counted in rows of 16 along the axis in lanes. */
static int64_t number_of(Shape s, int64_t k) {
    if (s.rank == 0) return 0;
    const int lanes = s.rank == 2 ? s.dim[1] : s.dim[0], row = (lanes + 15) / 16 * 16;
    const int64_t places = shape_count(s) / lanes;
    return s.rank == 2 ? k / lanes * row + k % lanes : k % places * row + k / places;
}

int64_t random_words(Shape s) {
    return (number_of(s, shape_count(s) - 1) / 32 + 1) * 32;
}

/* 24 bits of a word. */
static double bits_of(uint32_t key, int64_t word) {
    return (double)(dropout_hash((uint32_t)word, key) >> 8);
}

static double uniform(uint32_t key, int64_t first, int64_t number) {
    return bits_of(key, first + number) / 0x1p24;
}

/* One of the pair of G. Box and M. Muller (1958), whose other one is 16 elements away. */
static double normal(uint32_t key, int64_t first, int64_t number) {
    const int64_t word = first + number / 32 * 32 + number % 16;
    const double size = sqrt(-2 * log((bits_of(key, word) + 1) / 0x1p24));
    const double angle = two_pi * (bits_of(key, word + 16) / 0x1p24 - 0.5);
    return size * (number & 16 ? sin(angle) : cos(angle));
}

static void random_value(const Env *env, const Node *n, const double *const *in, double *out) {
    (void)in;
    const Shape s = n->type.shape;
    const int64_t each = shape_count(s), words = random_words(s);
    const uint32_t stream = ATTRS(n, RandomAttrs)->stream;
    const uint32_t key = env->dropout ? dropout_key(env->seed, stream, 0, (uint64_t)env->step)
                                      : dropout_key(0, stream, RANDOM_STEADY, 0);
    for (int b = 0; b < env->batch; b++)
        for (int64_t k = 0; k < each; k++)
            out[b * each + k] = (n->op == &op_randn ? normal : uniform)(
                key, (env->first_sample + b) * words, number_of(s, k));
}

static const AttrSpec attrs[] = {MEMBER(RandomAttrs, stream, "stream", 0, 4294967295.0, 0),
                                 SHAPE_ATTRS(RandomAttrs, 1)};
static const OpSample samples[] = {
    {.inputs = "", WITH(17, 1, 37)},       {.inputs = "", WITH(18, 3, 3, 5, 4)},
    {.inputs = "", WITH(4000000000.0, 0)}, {.inputs = "", WITH(19, 2, 7, 20)},
    {.inputs = "", WITH(20, 3, 48, 3, 3)}, {.inputs = "", WITH(21, 4, 18, 2, 3, 2)},
    {.inputs = "", WITH(22, 1, 64)}};

#define RANDOM(word, help_)                                                                        \
    const Op op_##word = {.name = #word,                                                           \
                          .help = help_,                                                           \
                          HAS_ATTRS(RandomAttrs, attrs),                                           \
                          .shape = random_shape,                                                   \
                          .reference = random_value,                                               \
                          SAMPLES(samples),                                                        \
                          .traits = TRAIT_DRAWN,                                                   \
                          .lost_bits = 4};
RANDOM(randn, "normal numbers with mean 0 and deviation 1, drawn for each sample")
RANDOM(rand, "numbers from [0, 1), drawn for each sample")
