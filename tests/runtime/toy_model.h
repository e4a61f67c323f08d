/* A model written by hand, for tests of the runtime: softmax regression of `comparison` on `left`
 * and `right`, with dropout of inputs, in two phases (SGD with momentum on weight and bias, then
 * Adam on the weight). Implements all of model.h in portable C. */
#ifndef NN_TESTS_TOY_MODEL_H
#define NN_TESTS_TOY_MODEL_H

#include "../../runtime/model.h"

extern const NnModel nn_model_toy;

/* A learning rate far too high from this step on, so that training diverges; -1: never. */
extern int64_t toy_diverges_at;

#endif
