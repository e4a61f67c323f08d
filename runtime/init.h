/* Initial values of parameters. */
#ifndef NN_RUNTIME_INIT_H
#define NN_RUNTIME_INIT_H

#include "model.h"

/* Draws the values of the parameter, in PyTorch's order, from the seed and its name alone. */
void init_values(const NnParam *param, uint64_t seed, float *values);

#endif
