/* Files of named tensors in the safetensors format. The reader trusts nothing; the writer is
 * atomic and deterministic. */
#ifndef NN_RUNTIME_SAFETENSORS_H
#define NN_RUNTIME_SAFETENSORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TENSOR_MAX_RANK = 8 };

typedef struct Tensor {
    const char *name;
    const char *dtype; /* "F32", "I64", ... as the file says */
    int rank;
    int dim[TENSOR_MAX_RANK];
    int size;                   /* bytes of an element; 0 for a type that is not known */
    int64_t count;              /* elements; 1 for rank 0 */
    size_t begin, end;          /* bytes in the data part */
    const unsigned char *bytes; /* little endian, not aligned; belongs to the file */
} Tensor;

typedef struct TensorFile {
    const char *path;
    json_t *header; /* names, types and metadata lie in it */
    Tensor *tensors;
    int n_tensors;
} TensorFile;

/* Reads a whole file. Checked: length and syntax of the header, names occur once, shape and type
 * agree with the offsets, offsets stay inside, tensors neither overlap nor leave gaps. False with a
 * message that names the file (and tensor). */
bool tensors_read(const char *path, TensorFile *file);

/* The same of a file that may be larger than memory: its tensors are mapped. See file_map. */
bool tensors_map(const char *path, TensorFile *file);

/* NULL if there is none of that name. */
const Tensor *tensors_find(const TensorFile *file, const char *name);
const char *tensors_meta(const TensorFile *file, const char *key);

/* Whether its elements are U8, I8, U16, I16, I32 or I64; one of them. */
bool tensor_has_integers(const Tensor *tensor);
int64_t tensor_integer(const Tensor *tensor, int64_t index);

/* Whether its elements are F32, F64, F16 or BF16; a message if not. */
bool tensor_has_floats(const TensorFile *file, const Tensor *tensor);

/* Whether its elements are whole numbers, or else floats; a message if not. */
bool tensor_has(const TensorFile *file, const Tensor *tensor, bool whole);

/* Whether the file has a tensor of such elements, that name and shape; a message if not. */
bool tensors_have(const TensorFile *file, const char *name, bool whole, int rank, const int *dim);

/* Copies the elements of a tensor of floats; doubles are rounded. False, with a message, if one is
 * beyond what a float holds. */
bool tensor_floats(const TensorFile *file, const Tensor *tensor, float *out);

/* The same of `n` elements from number `first` on. */
bool tensor_floats_at(const TensorFile *file, const Tensor *tensor, int64_t first, int64_t n,
                      float *out);

/* The same of a tensor of floats or of whole numbers. */
bool tensor_numbers(const TensorFile *file, const Tensor *tensor, float *out);

/* Whether two shapes are equal. */
bool same_shape(int rank, const int *dim, int other_rank, const int *other_dim);

/* "(32, 1, 3, 3)" into `room`; returns `room`. */
enum { SHAPE_TEXT = 12 * TENSOR_MAX_RANK + 3 };
char *shape_words(char room[SHAPE_TEXT], int rank, const int *dim);

/* A tensor to be written; all members belong to the caller. */
typedef struct TensorOut {
    const char *name;
    int rank;
    const int *dim;
    int64_t count;
    const float *values;
    bool whole; /* as I64, else as F32 */
} TensorOut;

/* Adds a list to the metadata of a file to be written, as text: `[1,2]`. Takes it over. */
void tensors_add_meta(json_t *meta, const char *key, json_t *list);

/* The values of the i-th tensor, valid until the next call. */
typedef const float *TensorValues(const void *context, int i);

/* Writes tensors to a temporary file and renames it to `path`: first whole numbers, so that all lie
 * aligned, then floats, in the given order. Takes over `meta`, an object of strings, or NULL. The
 * bytes depend on these arguments alone. Returns false after a message. */
bool tensors_write(const char *path, int n, const TensorOut *tensors, json_t *meta);

/* The same with values from a function, one tensor after the other; those of `tensors` are ignored.
 */
bool tensors_write_made(const char *path, int n, const TensorOut *tensors, TensorValues *values,
                        const void *context, json_t *meta);

#endif
