/* The tensors of a file of parameters, or of a checkpoint: parameters and the moments of a phase.
 * For weights.c and checkpoint.c alone. */
#ifndef NN_RUNTIME_ENTRIES_H
#define NN_RUNTIME_ENTRIES_H

#include "engine.h"
#include "safetensors.h"

/* In place of a phase: parameters alone. */
enum { NO_PHASE = -1 };

/* What a file has. Under its own name a parameter has its kept values, else the state's average,
 * else the state's value: what an evaluation takes. A checkpoint also has what the training goes on
 * with: state/raw/<parameter>, the state's value, and state/ema/<parameter>, its average. */
typedef struct Contents {
    int phase;          /* whose moments it has */
    float *const *kept; /* per parameter its values; NULL: none are kept */
    bool averages;      /* the state has averages, too */
} Contents;

enum { KEPT = NN_AVERAGE - 1 };

typedef struct Entry {
    int slot, param; /* as for NnModel.get; slot KEPT: Contents.kept */
    const char *name;
} Entry;

Entry entry_of(const NnModel *model, Contents what, int i);

/* Writes them, and takes over `meta`. False with a message. */
bool entries_write(const Engine *engine, Contents what, json_t *meta, const char *path);

/* Whether the tensor is one of the model, or of a checkpoint's states. */
bool entry_is_known(const NnModel *model, const char *name);

/* Whether the file has these tensors and, apart from states, no others; a message if not. */
bool entries_fit(const NnModel *model, Contents what, const TensorFile *file);

/* The file's tensor for an entry; NULL where none fits, as --load-partial allows. */
const Tensor *entry_tensor(const NnModel *model, Entry entry, const TensorFile *file);

/* Refuses, with a message, values that are not finite, which ReLU would hide, and parameters of two
 * names that differ. */
bool entries_finite(const Engine *engine, Contents what, const TensorFile *file);

/* Sets what the file has, with names of classes and the normalisation of fields, which is `known`,
 * and prepares. */
void entries_set(Engine *engine, Contents what, const TensorFile *file, const Normal *known);

/* The same after checks. False, with a message, if a value is not finite or the normalisation
 * malformed; nothing has changed then. */
bool entries_take(Engine *engine, Contents what, const TensorFile *file);

#endif
