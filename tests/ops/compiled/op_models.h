/* The models that make_models writes; NULL-terminated. */
#ifndef TESTS_OPS_COMPILED_OP_MODELS_H
#define TESTS_OPS_COMPILED_OP_MODELS_H

#include "../../../runtime/model.h"

extern const NnModel *const op_models[];

#endif
