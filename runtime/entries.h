/* The tensors of a file of parameters, or of a checkpoint: parameters and the moments of a phase.
 * For weights.c and checkpoint.c alone. */
#ifndef NN_RUNTIME_ENTRIES_H
#define NN_RUNTIME_ENTRIES_H

#include "engine.h"
#include "safetensors.h"

/* In place of a phase: parameters alone. */
enum { NO_PHASE = -1 };

typedef struct Entry {
    int slot, param; /* as for NnModel.get */
    const char *name;
} Entry;

int entry_count(const NnModel *model, int phase);
Entry entry_of(const NnModel *model, int phase, int i);

/* Writes them, and takes over `meta`. False with a message. */
bool entries_write(const Engine *engine, int phase, json_t *meta, const char *path);

/* Whether the tensor is one of the model, or of a checkpoint's states. */
bool entry_is_known(const NnModel *model, const char *name);

/* Whether the file has these tensors and, apart from states, no others; a message if not. */
bool entries_fit(const NnModel *model, int phase, const TensorFile *file);

/* The file's tensor for an entry; NULL where none fits, as --load-partial allows. */
const Tensor *entry_tensor(const NnModel *model, Entry entry, const TensorFile *file);

/* Refuses, with a message, values that are not finite: ReLU would hide them. */
bool entries_finite(const Engine *engine, int phase, const TensorFile *file);

/* Sets what the file has, and prepares. False, with a message, if a value is not finite; nothing
 * has changed then. */
bool entries_take(Engine *engine, int phase, const TensorFile *file);

#endif
