/* A safetensors file whose arrays are written piece by piece, in any order. */
#ifndef CONVERT_ARRAYS_H
#define CONVERT_ARRAYS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/newfile.h"

/* ELEMENT(name, bytes): types of elements. */
#define ELEMENTS                                                                                   \
    ELEMENT(U8, 1)                                                                                 \
    ELEMENT(I8, 1)                                                                                 \
    ELEMENT(U16, 2)                                                                                \
    ELEMENT(I16, 2)                                                                                \
    ELEMENT(I32, 4)                                                                                \
    ELEMENT(I64, 8)                                                                                \
    ELEMENT(F16, 2)                                                                                \
    ELEMENT(BF16, 2)                                                                               \
    ELEMENT(F32, 4)                                                                                \
    ELEMENT(F64, 8)

#define ELEMENT(name, bytes) name,
typedef enum Element { ELEMENTS ELEMENT_COUNT } Element;
#undef ELEMENT

extern const char *const element_names[ELEMENT_COUNT];
extern const int element_bytes[ELEMENT_COUNT];

enum { ARRAY_RANK = 8 };

typedef struct ArrayFile ArrayFile;

typedef struct Array {
    const char *name;
    Element type;
    int rank;
    int64_t dim[ARRAY_RANK];
    int64_t row_bytes; /* of one index of the first axis; of the whole array without axes */
    int64_t begin;     /* in the file */
    ArrayFile *file;
    /* Rows that wait to be written together. */
    unsigned char *waiting;
    int64_t first, n;
} Array;

struct ArrayFile {
    Array **arrays;
    int n;
    size_t room;
    json_t *meta;
    NewFile *out;
};

/* Declares an array; the shape is checked for sizes that no file can have. NULL after a message. */
Array *array_add(ArrayFile *file, const char *name, Element type, int rank, const int64_t *dim);

/* Metadata, a string; takes `value` over: any JSON, of which the text is stored. */
void arrayfile_note(ArrayFile *file, const char *key, json_t *value);

/* Opens the file under a temporary name and writes the header: from now on nothing is declared.
 * False after a message. */
bool arrayfile_begin(ArrayFile *file, const char *path);

/* Writes `n` rows, beginning with row `first`. Each row is to be written once. False after a
 * message. */
bool array_put(Array *array, int64_t first, int64_t n, const void *values);

/* The file is complete and gets its name. False after a message. */
bool arrayfile_end(ArrayFile *file);

#endif
