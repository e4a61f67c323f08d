/* Random numbers that are functions of a key and a counter: no state, so the order in which, and
 * the thread on which, they are asked for does not matter. The same on every machine. */
#ifndef NN_RUNTIME_RANDOM_H
#define NN_RUNTIME_RANDOM_H

#include <stdint.h>

/* Key of the stream called `name` of a seed. */
uint64_t random_stream(uint64_t seed, const char *name);

/* Key of the n-th stream below a key. */
uint64_t random_fork(uint64_t key, uint64_t n);

/* 64 random bits. */
uint64_t random_bits(uint64_t key, uint64_t counter);

/* In [0, 1), a multiple of 2^-53. */
double random_uniform(uint64_t key, uint64_t counter);

/* In [low, high), up to rounding. */
double random_between(uint64_t key, uint64_t counter, double low, double high);

/* Normal with mean 0 and deviation 1. */
double random_normal(uint64_t key, uint64_t counter);

/* In 0 .. n-1, for n of 1 .. 2^31 - 1. */
int random_below(uint64_t key, uint64_t counter, int n);

/* A permutation of 0 .. n-1 into `order`. */
void random_permutation(uint64_t key, int n, int *order);

#endif
