/* Means and deviations of the fields that a model normalises: measured on the training split, kept
 * in the metadata of weights files and checkpoints (`input.image.mean`, `input.image.std`: lists of
 * numbers), set in the state. */
#ifndef NN_RUNTIME_NORMAL_H
#define NN_RUNTIME_NORMAL_H

#include "engine.h"

/* Measures what the architecture leaves to the training split, in double, in the order of its
 * samples: mean of x * scale, then deviation from it, both divided by the number of elements; the
 * deviation of equal elements is 1. Bytes are counted by value first, and those of all fields that
 * are normalised alike (NnNormal.bytes) together. */
void normals_measure(const NnModel *model, Dataset *data);

/* The numbers of a file of weights, per field; NULL where it has none. False, with a message, if
 * they are malformed or, unless `partial`, not as many as the model has; `partial` reports these
 * and leaves them out. */
bool normals_in(const NnModel *model, const TensorFile *file, bool partial, Normal *known);

/* Takes numbers that normals_in found. */
void normals_take(Engine *engine, const Normal *known);

/* Whether the data have to say numbers that no file of weights had. */
bool normals_wanted(const Engine *engine);

/* Decides between those of the file and of the data, and sets them in the state: MNIST's pairs are
 * normalised when they are made, so for fields of NnNormal.bytes the data's come first, else the
 * file's. */
void normals_settle(Engine *engine);

/* Whether all that the data need are known; a message if not. */
bool normals_known(const Engine *engine, const Split *split);

/* Adds them to the metadata of a file of weights. */
void normals_write(const Engine *engine, json_t *meta);

#endif
