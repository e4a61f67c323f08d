/* Reader of MNIST's IDX files: arrays of bytes, plain or compressed with gzip. */
#ifndef NN_RUNTIME_IDX_H
#define NN_RUNTIME_IDX_H

#include <stdbool.h>
#include <stddef.h>

enum { IDX_MAX_RANK = 3 };

typedef struct Idx {
    int rank;
    int dim[IDX_MAX_RANK]; /* dim[0] counts images or labels */
    unsigned char *values; /* row by row; owned, freed by idx_free */
} Idx;

/* Reads a file of unsigned bytes of the given rank (1 labels, 3 images). Trusts nothing: magic,
 * sizes and the length of the data must agree exactly. False with a message that names the file. */
bool idx_read(const char *path, int rank, Idx *idx);

void idx_free(Idx *idx);

#endif
