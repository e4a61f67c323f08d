/* What a layer draws in one step, dropout's decisions or where elements move, the same for all
 * instruction sets. compiler/ops/ops.h defines it. */
#ifndef NNGEN_ISA_VOCABULARY_DROPOUT_H
#define NNGEN_ISA_VOCABULARY_DROPOUT_H

#include <stdint.h>

/* Dropout of one layer in one step, see DROPPED; or draws that move elements, see nn_drawn. */
typedef struct NnDrop {
    uint32_t key, threshold; /* an element is dropped, a sample moved, if its 16 bits are below */
    uint32_t first, words;   /* the batch's first sample in the epoch; 32-bit words per sample */
    float scale;
} NnDrop;

/* 64-bit finaliser of MurmurHash3. */
static uint64_t nn_mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

/* Key of a layer's decisions in a step. */
static uint32_t nn_dropout_key(uint64_t seed, uint32_t stream, uint32_t application,
                               uint64_t step) {
    uint64_t x = nn_mix(seed + 0x9e3779b97f4a7c15ULL);
    x = nn_mix(x ^ step);
    x = nn_mix(x ^ ((uint64_t)application << 32 | stream));
    return (uint32_t)(x >> 32);
}

#endif
