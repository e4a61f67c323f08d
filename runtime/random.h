/* Random numbers that are functions of a key and a counter: no state, so the order in which, and
 * the thread on which, they are asked for does not matter. The same on every machine. A header
 * alone, which nn.c carries, too. */
#ifndef NN_RUNTIME_RANDOM_H
#define NN_RUNTIME_RANDOM_H

#include <math.h>
#include <stdint.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* the same bits where the machine has fused multiply-adds */
#endif

/* Finaliser of splitmix64: a bijection in which every input bit turns half of the output bits. */
static inline uint64_t random_mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Key of the n-th stream below a key. */
static inline uint64_t random_fork(uint64_t key, uint64_t n) {
    return random_mix(random_mix(key + 0x9e3779b97f4a7c15u) ^
                      (n * 0xd1342543de82ef95u + 0x2545f4914f6cdd1du));
}

/* Key of the stream called `name` of a seed. */
static inline uint64_t random_stream(uint64_t seed, const char *name) {
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return random_fork(random_mix(seed), hash);
}

/* 64 random bits. */
static inline uint64_t random_bits(uint64_t key, uint64_t counter) {
    return random_mix(key ^ random_mix(counter * 0x9e3779b97f4a7c15u + key));
}

/* In [0, 1), a multiple of 2^-53. */
static inline double random_uniform(uint64_t key, uint64_t counter) {
    return (double)(random_bits(key, counter) >> 11) * 0x1p-53;
}

/* In [low, high), up to rounding. */
static inline double random_between(uint64_t key, uint64_t counter, double low, double high) {
    return low + (high - low) * random_uniform(key, counter);
}

/* Natural logarithm of x in (0, 1]; libm's differs by machine. With m in [sqrt(1/2), sqrt(2)) and
 * t = (m - 1) / (m + 1), ln m = 2 (t + t^3/3 + ...); terms beyond t^21 are below 2^-53. */
static inline double random_log(double x) {
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    double t = (m - 1) / (m + 1), square = t * t, sum = 0;
    for (int k = 21; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
    return 2 * t * sum + exponent * 0.69314718055994531;
}

/* Normal with mean 0 and deviation 1. */
static inline double random_normal(uint64_t key, uint64_t counter) {
    /* Marsaglia's polar method; 256 tries per counter never run out in practice (2^-556). */
    for (uint64_t attempt = 0; attempt < 128; attempt++) {
        uint64_t at = counter * 256 + attempt * 2;
        double u = random_between(key, at, -1, 1), v = random_between(key, at + 1, -1, 1);
        double s = u * u + v * v;
        if (s < 1 && s > 0) return u * sqrt(-2 * random_log(s) / s);
    }
    return 0;
}

/* In 0 .. n-1, for n of 1 .. 2^31 - 1. */
static inline int random_below(uint64_t key, uint64_t counter, int n) {
    return (int)((random_bits(key, counter) >> 32) * (uint64_t)n >> 32);
}

/* A permutation of 0 .. n-1 into `order`. */
static inline void random_permutation(uint64_t key, int n, int *order) {
    for (int i = 0; i < n; i++) order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int other = random_below(key, (uint64_t)i, i + 1);
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

#endif
