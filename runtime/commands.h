/* The commands of a model program; `train` is in train.h. Each returns the exit status and has
 * written its messages. */
#ifndef NN_RUNTIME_COMMANDS_H
#define NN_RUNTIME_COMMANDS_H

#include "options.h"

/* What the model is: parameters, shapes, FLOPs, memory, instruction sets, hash of the source. FLOPs
 * are per sample and of the first phase; memory is that of a training step with the largest batch
 * of the phases on --threads (1) threads. */
Status info_command(const NnModel *model, const Options *options);

/* Metrics of --load on --split; with --predictions a file with a line for each sample. */
Status eval_command(const NnModel *model, const Options *options);

/* A line on standard output (or in --predictions) for each sample of --split. */
Status predict_command(const NnModel *model, const Options *options);

/* Initial weights to --save. */
Status init_command(const NnModel *model, const Options *options);

/* Loss and gradients on the first --batch training samples to --out. */
Status grad_command(const NnModel *model, const Options *options);

/* Compiled code against the double-precision interpreter. */
Status check_command(const NnModel *model, const Options *options);

/* Time per step and per kernel. */
Status bench_command(const NnModel *model, const Options *options);

/* Runs a whole command line; what main returns. */
Status run_program(const NnModel *model, int argc, char **argv);

#endif
