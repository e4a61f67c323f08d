/* export --onnx. */
#ifndef NN_RUNTIME_ONNX_EXPORT_H
#define NN_RUNTIME_ONNX_EXPORT_H

#include "../engine.h"

/* Writes the network of the predictions, with the engine's weights, as an ONNX model: the fields
 * that prediction reads are inputs, (samples, ...), predictions outputs. Fields that the
 * architecture normalises are raw values, bytes where their scale says so; with `normalised` they
 * come as floats that are normalised. False after a message: an op draws random values or has
 * nothing like it in ONNX. */
bool onnx_write(const Engine *engine, bool normalised, const char *path);

#endif
