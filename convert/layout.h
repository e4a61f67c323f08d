/* Samples that are a file each, in folders: SPLIT/CLASS/..., or CLASS/... without splits. */
#ifndef CONVERT_LAYOUT_H
#define CONVERT_LAYOUT_H

#include "reader.h"

typedef struct Layout {
    Classes *classes; /* NULL: the samples have none */
    Field *class;     /* the label, or NULL */
    /* Of each entry that is wanted. */
    unsigned char *split;
    int *number;  /* of its class */
    int64_t *row; /* in its split */
    int64_t rows[SPLIT_COUNT];
} Layout;

/* Finds split, class and row of the wanted entries; folders that all files of a source have in
 * common do not count. The classes are those of the training split, or of --like; with that, files
 * that lie in no folders have none. False after a message. */
bool layout_find(const Job *job, Layout *layout);

/* Declares the label, `class`, beside the samples, and sets the rows of both. False after a
 * message.
 */
bool layout_declare(Job *job, Layout *layout, Field *samples);

/* Writes the class of an entry; of samples without classes nothing. False after a message. */
bool layout_put(Job *job, const Layout *layout, int64_t index);

#endif
