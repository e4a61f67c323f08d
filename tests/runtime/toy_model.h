/* A model written by hand, for tests of the runtime: softmax regression of `comparison` on `left`
 * and `right`, with dropout of inputs, in two phases (SGD with momentum on weight and bias, then
 * Adam on the weight). Implements all of model.h in portable C. */
#ifndef NN_TESTS_TOY_MODEL_H
#define NN_TESTS_TOY_MODEL_H

#include "../../runtime/model.h"

/* A field of square images and a label, as members of an NnField; the last is NnField.normal. */
#define IMAGE_FIELD(name_, channels, side, ...)                                                    \
    .name = (name_), .kind = NN_INPUT, .rank = 3, .dim = {(channels), (side), (side)},             \
    .count = (channels) * (side) * (side), .predicts = true, .normal = {__VA_ARGS__}
#define LABEL_FIELD(name_, classes_)                                                               \
    .name = (name_), .kind = NN_LABEL, .count = 1, .classes = (classes_)
/* Normalised as MNIST's pixels are. */
#define MEASURED_BYTES 1, 1, true, 1 / 255., NULL, NULL

extern const NnModel nn_model_toy;

/* A learning rate far too high from this step on, so that training diverges; -1: never. */
extern int64_t toy_diverges_at;

#endif
