/* Samples that are a file each, in folders: SPLIT/CLASS/..., or CLASS/... without splits. */
#ifndef CONVERT_LAYOUT_H
#define CONVERT_LAYOUT_H

#include "reader.h"

typedef struct Layout {
    Classes *classes;
    /* Of each entry that is wanted. */
    unsigned char *split;
    int *class;
    int64_t *row; /* in its split */
    int64_t rows[SPLIT_COUNT];
} Layout;

/* Finds split, class and row of the wanted entries; folders that all files of a source have in
 * common do not count. The classes are those of the training split, or of --like. False after a
 * message. */
bool layout_find(const Job *job, Layout *layout);

#endif
