/* Parameters in files, by PyTorch's names, shapes and order. */
#ifndef NN_RUNTIME_WEIGHTS_H
#define NN_RUNTIME_WEIGHTS_H

#include "engine.h"
#include "safetensors.h"

/* Whether the file holds exactly the model's parameters (besides tensors of checkpoints, which are
 * named `state/...`), F32, in their shapes; a message names file and tensor if not. */
bool weights_fit(const NnModel *model, const TensorFile *file);

/* Sets the parameters from a file that fits, and prepares. */
void weights_take(Engine *engine, const TensorFile *file);

/* Reads a file and takes its parameters. Nothing changes if it fails. */
bool weights_load(Engine *engine, const char *path);

/* Writes the parameters and nothing else. */
bool weights_save(const Engine *engine, const char *path);

/* Values of a slot of a parameter (0: the parameter) as a tensor to write; name and values are the
 * caller's to free. */
TensorOut weights_tensor(const Engine *engine, int phase, int slot, int param, const char *name);

/* "out/aux.3.safetensors" for "out/aux.safetensors" and round 3; the caller's to free. */
char *numbered_name(const char *path, int round);

#endif
