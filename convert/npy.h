/* The head of a NumPy array file. */
#ifndef CONVERT_NPY_H
#define CONVERT_NPY_H

#include "arrays.h"
#include "stream.h"

typedef struct NpyHead {
    Element type; /* that the data file gets */
    char kind;    /* of the values in the file: b, i, u or f, */
    int size;     /* their bytes, */
    bool big;     /* the big end first */
    bool fortran; /* the first axis runs fastest */
    int rank;     /* 0: one value */
    int64_t dim[ARRAY_RANK];
    int64_t count; /* of values */
} NpyHead;

/* Reads the head; the values follow. False after a message. */
bool npy_head(Stream *stream, NpyHead *head);

/* Turns `n` values into those of the data file; `to` may be `from` where both have one size. False,
 * after a message, if one does not fit. */
bool npy_values(const Stream *stream, const NpyHead *head, const unsigned char *from, int64_t n,
                unsigned char *to);

#endif
