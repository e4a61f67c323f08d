/* Rows that are cut off the training split. */
#ifndef NN_RUNTIME_CUT_H
#define NN_RUNTIME_CUT_H

#include "dataset.h"

/* Parts of the training split; 0: none is cut off. */
typedef struct CutRequest {
    double val, test;
    uint64_t seed;
    bool tail; /* they are the end, validation before test; else drawn by the seed */
} CutRequest;

/* Where the rows of the training split go. */
typedef struct Cut {
    int64_t n[SPLIT_COUNT]; /* rows that each split gets */
    unsigned char *split;   /* of each row; NULL: nothing is drawn */
    int32_t *row;           /* its place there */
    bool tail;
} Cut;

/* The part of the training split that becomes this one: 0 unless the request asks for some. */
double cut_part(const DataRequest *request, SplitId split);

/* Cuts floor(rows * part + 0.5) rows for each part. False, after a message, if a split that shall
 * have rows gets none, or none are left for training. */
bool cut_make(Cut *cut, const CutRequest *request, int64_t rows);

/* The cut that the request asks for of a source with so many training rows, which `has` splits.
 * False, after a message, also if one that it shall cut is there already. */
bool cut_wanted(const DataRequest *request, const char *source, const bool has[SPLIT_COUNT],
                int rows, Cut *cut);

/* The place of a row of the training split. */
SplitId cut_place(const Cut *cut, int64_t row, int64_t *place);

#endif
