/* Names of the files that a command reads and writes. */
#ifndef NN_RUNTIME_NAMES_H
#define NN_RUNTIME_NAMES_H

#include "commands.h"

/* Where the parameters of a round go: --save, or of several rounds "out/aux.3.safetensors" for
 * "out/aux.safetensors" and round 3. NULL without --save. */
const char *weights_name(const Options *options, int64_t round);

/* Where the checkpoint of a round goes: "out/aux.checkpoint.safetensors" for
 * "out/aux.safetensors", of several rounds "out/aux.3.checkpoint.safetensors" for round 3; without
 * --save "<model>.interrupted.safetensors". NULL if --save is a device.
 */
const char *checkpoint_name(const NnModel *model, const Options *options, int64_t round);

/* Where the last good state of a training that diverged goes. NULL without --save, or if that is a
 * device. */
const char *good_name(const Options *options);

/* What is written must not take the place of what is read, nor of what else is written: whether
 * that holds for all options and for all names that are made of them. A training may take the place
 * of the checkpoint that it goes on from. False, with a message, if not. */
bool names_differ(const NnModel *model, const Options *options);

/* What --save is where its folder cannot be written any more: its name in the current folder or, if
 * this round or one behind it would find a file of its own there, "aux-2.safetensors" and so on.
 * NULL if --save is in the current folder. */
const char *save_here(const NnModel *model, const Options *options, int64_t round);

/* The log or, if its folder is gone, a name in the current folder that no file has. */
const char *log_still_possible(const char *log);

#endif
