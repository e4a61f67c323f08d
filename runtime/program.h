/* The interface of libnngen_runtime to the main file of a program. */
#ifndef NN_PROGRAM_H
#define NN_PROGRAM_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs a whole command line on the model and returns what main returns: 0 done, 1 bad input or
 * failed check, 2 wrong usage. */
int run_program(const NnModel *model, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
