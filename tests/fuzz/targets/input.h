/* Shared by the targets. */
#ifndef NNGEN_FUZZ_INPUT_H
#define NNGEN_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls it with every input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Libfuzzer's own mutation of bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* These replace it where a target has them. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b,
                                 uint8_t *out, size_t max, unsigned seed);

/* Path of a file in memory that holds these bytes, until the next call. */
const char *input_file(const void *bytes, size_t size);

/* Words that text.c puts into texts, with a NULL at the end; the target's. */
const char *const *fuzz_words(void);

#endif
