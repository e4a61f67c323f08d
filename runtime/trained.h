/* Where the training of a file of weights ended, for losses and metrics that change with the
 * schedules: `trained`, an object, in the file's metadata. Without it that is the end of the
 * architecture's own epochs or steps. */
#ifndef NN_RUNTIME_TRAINED_H
#define NN_RUNTIME_TRAINED_H

#include "engine.h"

/* Remembers what a file of weights says. */
void trained_read(Engine *engine, const TensorFile *file);

/* Adds it to the metadata of a file of weights, if a training set it. */
void trained_write(const Engine *engine, json_t *meta);

/* The last step of the training of the engine's weights. */
When trained_when(const Engine *engine);

#endif
