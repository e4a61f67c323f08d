/* An earlier data file, whose classes, vocabulary and columns new data gets. */
#ifndef CONVERT_LIKE_H
#define CONVERT_LIKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Like {
    const char *path; /* NULL: there is none, and nothing is found in it */
    json_t *header, *meta;
} Like;

/* Reads the metadata of a data file, and nothing else of it. False after a message. */
bool like_read(Like *like, const char *path);

/* Any JSON, the list of strings, or the object of numbers, under a key of common/datameta.h and a
 * field's name; NULL: there is none. */
json_t *like_value(const Like *like, const char *key, const char *name);
json_t *like_names(const Like *like, const char *key, const char *name);
json_t *like_numbers(const Like *like, const char *key, const char *name);

/* The size of an axis of a field's samples, from 0; -1: there is none. */
int64_t like_size(const Like *like, const char *name, size_t axis);

#endif
