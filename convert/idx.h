/* The head of an IDX file. */
#ifndef CONVERT_IDX_H
#define CONVERT_IDX_H

#include "arrays.h"
#include "stream.h"

typedef struct IdxHead {
    Element type; /* of the values, which lie big end first */
    int rank;     /* 1 or more */
    int64_t dim[ARRAY_RANK];
} IdxHead;

/* Reads the head; the values follow. False after a message. */
bool idx_head(Stream *stream, IdxHead *head);

#endif
