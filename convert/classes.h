/* Names of classes, and the order that makes them numbers. */
#ifndef CONVERT_CLASSES_H
#define CONVERT_CLASSES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_CLASSES = 1 << 20 };

typedef struct Classes {
    const char **names; /* in the order in which they were added, until they are sorted */
    int n, room;
    bool fixed; /* those of an earlier file: none is added */
    int *slots; /* of a hash table, number + 1 */
    int n_slots;
} Classes;

/* The number of the name; -1: it is none of them. */
int classes_find(const Classes *classes, const char *name);

/* The same, after adding it if it is new and may be; -1 if it may not. */
int classes_add(Classes *classes, const char *name);

/* Numbers the names anew: numbers come first, by value, then the others by their bytes. */
void classes_sort(Classes *classes);

/* Takes the names of a JSON list, and fixes them. */
void classes_fix(Classes *classes, const json_t *names);

/* The names as a JSON list. */
json_t *classes_json(const Classes *classes);

/* A decimal number, 3, -2.5 or 1e-3, without anything around it. False if the text is none. */
bool text_number(const char *text, double *value);

#endif
