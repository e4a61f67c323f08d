/* Samples by field name, from MNIST's files, drawn digits, CIFAR-10's files, or a safetensors file.
 *
 * mnist-pairs  pairs of digits, averaged over 2x2 blocks to 14x14: left, right (1, 14, 14), pair
 *              (2, 14, 14), left_digit, right_digit (10 classes), comparison (2 classes, 1 where
 *              left <= right). Training pairs are drawn from the training digits, validation and
 *              test pairs from the test digits; no digit occurs twice in a set, nor in both
 *              validation and test. The draw depends on the data seed alone, and the test pairs do
 *              not depend on the number of validation pairs.
 * mnist        image (1, 28, 28), digit (10 classes). Test: the test file; validation: the last
 *              5,000 of the training file, or its last tenth if it has 10,000 digits or fewer;
 *              training: the rest.
 * cifar10      image (3, 32, 32), class (10 classes), of CIFAR-10's binary files. Validation:
 *              a tenth of the training files, drawn by --split-seed.
 *
 * MNIST's pixels have one mean and one deviation, those of the training split's digits. Images of
 * mnist are bytes, those of pairs are floats that are normalised already, unless the architecture
 * says how: then they are numbers from 0 to 255. A safetensors file is taken as it is. */
#ifndef NN_RUNTIME_DATASET_H
#define NN_RUNTIME_DATASET_H

#include <stdint.h>

#include "model.h"
#include "report.h"
#include "safetensors.h"

typedef enum SplitId { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST, SPLIT_COUNT } SplitId;
extern const char *const split_names[SPLIT_COUNT]; /* "train", "val", "test" */

/* One field of one split, as it lies in the file or was made. */
typedef struct DataField {
    const char *name;
    bool label;
    NnType type;        /* of the elements */
    const void *values; /* row r begins at element begin + r * stride */
    int64_t begin, stride;
    int64_t count; /* elements in one row */
} DataField;

typedef struct Split {
    const char *name;
    int samples;
    const int32_t *rows; /* the row of each sample; NULL: they are in order */
    DataField *fields;   /* the model reads them; labels that it does not read are here too */
    int n_fields;
    const DataField **bound; /* per field of the model; NULL where the data has none */
} Split;

/* Means and deviations of a field that is normalised, as many as it has; NULL: not known. */
typedef struct Normal {
    const double *mean, *deviation;
} Normal;

typedef struct Dataset {
    const char *source;       /* folder, file or "synthetic" */
    Split split[SPLIT_COUNT]; /* samples 0: not loaded, or not there */
    bool has[SPLIT_COUNT];    /* the source has such a split, loaded or not */
    /* Per field of the model. Names of its classes; NULL, or a NULL member: the data have none. */
    const char *const **class_names;
    /* Per field of the model, measured on the training split. NULL: nothing is. */
    Normal *normals;
} Dataset;

/* A part of the training split that becomes another one. */
typedef struct DataCut {
    bool asked;
    double part; /* 0 to 1 */
} DataCut;

/* The data that a command wants. */
typedef struct DataRequest {
    const char *source; /* folder, safetensors file or "synthetic"; NULL: the default */
    uint64_t seed;      /* of the draw of pairs */
    int pairs, val_pairs, test_pairs;
    bool wanted[SPLIT_COUNT];
    bool spare;    /* val and test may be missing */
    bool measured; /* the training split, if there is one, tells what fields are normalised by */
    /* Of val and test: the part of train's rows that is cut off for it, by cut_seed; 0: it has
     * none. */
    DataCut cut[SPLIT_COUNT];
    uint64_t cut_seed;
    const char
        *map; /* "image=x_train,test/image=x_test": other names of arrays in a file; or NULL */
    bool predict_only; /* only fields marked `predicts` must exist; others are bound if they do */
    /* More than 0: of a prediction, or a model, that reads no field. No data is read, and each
     * wanted split, or `train` if the others are spare, has so many samples. */
    int samples;
    bool quiet; /* no note about the default */
} DataRequest;

/* The source of the data: that of the request, else $NNGEN_DATA (no folder without CIFAR-10 for a
 * model of that set), else data/cifar10 for such a model, data/mnist for others, if there is such a
 * folder, else NULL: digits are drawn. */
const char *dataset_source(const NnModel *model, const DataRequest *request);

/* Loads the wanted splits and binds the model's fields. False with a message. */
bool dataset_load(const NnModel *model, const DataRequest *request, Dataset *data);

/* The same where data are welcome and not needed: none (`data->source` NULL) if none were asked for
 * by name, no built-in set has the model's fields, and the default, $NNGEN_DATA, does not serve
 * either, which is said. */
bool dataset_load_any(const NnModel *model, const DataRequest *request, Dataset *data);

/* Data without labels are for predictions alone, and who makes them does not care what their split
 * is called: if the file lacks the split, and has one other without fields that the model trains
 * with, *split becomes that. False with a message. */
bool dataset_only_split(const NnModel *model, const DataRequest *request, SplitId *split);

/* Whether every field of the model is bound. */
bool split_complete(const Split *split, const NnModel *model);

/* The elements of a sample: `field->count` of them. */
const void *split_values(const Split *split, const DataField *field, int sample);

/* The class of a sample, of a label with one element. */
int64_t split_class(const Split *split, const DataField *label, int sample);

/* Continues a hash over so many bytes. */
uint64_t fingerprint(uint64_t hash, const void *bytes, size_t size);

/* Hash of the bound values as they lie: the same data gives the same number. */
uint64_t split_fingerprint(const Split *split, const NnModel *model);

/* For the files of data sets alone: */

/* The field of that name, or NULL. */
const NnField *model_field(const NnModel *model, const char *name);

/* Makes room for so many fields. */
void split_reserve(Split *split, int n_fields);

/* Adds a field of the model; returns room for the values of split->samples rows. */
void *split_add(Split *split, const NnField *field, NnType type);

/* A map: the name of the array that serves a field of a split, in a file that has it or not; `file`
 * NULL: none is asked. */
const char *map_array(const DataRequest *request, const TensorFile *file, SplitId split,
                      const NnField *field);

/* Whether all that the map renames are fields of the model; a message if not. */
bool map_fits(const NnModel *model, const DataRequest *request);

/* The wanted splits that a safetensors file has. False with a message, also if a split has some of
 * the fields and not all. */
bool dataset_file(const NnModel *model, const DataRequest *request, const char *path,
                  Dataset *data);

/* Cuts rows off the training split, as the request asks: all rows keep their order. False with a
 * message. Sequences are cut when they are read: see window_field. */
bool dataset_cut(const NnModel *model, const DataRequest *request, Dataset *data);

/* Places from one training sample to the next where fields are windows of sequences, else 0. */
int model_windows(const NnModel *model);

/* Of a sequence of `n` places (the array's first axis), `count` elements in all: the field's
 * samples of the split, whose pieces are cut off the end of the training split's array if the
 * request asks for that. Sets begin, stride and count of `field`; the number of its samples goes to
 * `*samples`. False, after a message about `array`, if no window fits. */
bool window_field(const NnModel *model, const NnField *want, const DataRequest *request,
                  SplitId split, const char *array, int64_t n, int64_t count, DataField *field,
                  int64_t *samples);

/* CIFAR-10's binary files in a folder, the last one is of test; whether a folder has them; whether
 * the model reads that set. */
enum { CIFAR10_FILES = 6 };
const char *cifar10_path(const char *folder, int i);
bool cifar10_is_in(const char *folder);
bool cifar10_fits(const NnModel *model);

/* The wanted splits of that set: bytes as they lie in the files, which are kept in memory. */
bool dataset_cifar10(const NnModel *model, const DataRequest *request, const char *folder,
                     Dataset *data);

/* Whether there is a built-in set with the model's fields. */
bool dataset_builtin(const NnModel *model);

/* The wanted splits of a built-in set, from MNIST's files in a folder or drawn (NULL). */
bool dataset_digits(const NnModel *model, const DataRequest *request, const char *folder,
                    Dataset *data);

#endif
