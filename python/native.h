/* What the Python package calls besides nn.h. */
#ifndef NN_PYTHON_NATIVE_H
#define NN_PYTHON_NATIVE_H

#include "../runtime/nn.h"

/* A handle of nn.h with threads of its own. */
typedef struct NnPy NnPy;

/* Writes what the model is as JSON into `to`, which has `room` bytes; returns the bytes that it
 * takes, without the zero at the end. 0 for a model of another version of model.h. */
size_t nnpy_describe(const NnModel *model, char *to, size_t room);

/* nn_open or, with an owner, nn_share. NULL and the reason in `words`, of NN_WORDS bytes. */
NnPy *nnpy_open(const NnModel *model, const NnPy *owner, int batch, int threads, const char *isa,
                const NnType *types, char *words);

/* Ends threads and handle. NULL is allowed. */
void nnpy_close(NnPy *py);

/* nn_begin. */
bool nnpy_begin(NnPy *py, int phase, int64_t samples, int batch, int64_t length, uint64_t seed);

/* The handle. */
Nn *nnpy_net(const NnPy *py);

/* Processors that this process may run on. */
int nnpy_processors(void);

#endif
