/* Names of classes: those of the architecture, else of the data, else of the file of weights, which
 * keeps them: `classes.<field>`, a list of strings. */
#ifndef NN_RUNTIME_CLASS_NAMES_H
#define NN_RUNTIME_CLASS_NAMES_H

#include "engine.h"

/* The list of `count` strings under the key and name in a file's metadata; NULL: there is none. */
const char *const *class_names(const TensorFile *file, const char *key, const char *name,
                               int count);

/* Remembers those of a file of weights. */
void class_names_read(Engine *engine, const TensorFile *file);

/* Gives data without names those of the weights. */
void class_names_settle(Engine *engine);

/* Adds them to the metadata of a file of weights. */
void class_names_write(const Engine *engine, json_t *meta);

#endif
