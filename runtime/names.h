/* Names of the files that a command reads and writes. */
#ifndef NN_RUNTIME_NAMES_H
#define NN_RUNTIME_NAMES_H

#include "commands.h"

/* The file for the parameters of a round: --save, or for several rounds "out/aux.3.safetensors" for
 * "out/aux.safetensors" and round 3. NULL without --save. */
const char *weights_name(const Options *options, int64_t round);

/* The picture of a round: --plot, or "run.3.svg" as above. NULL without --plot. */
const char *plot_name(const Options *options, int64_t round);

/* The folder for the events of a round: --tensorboard, or of several rounds "DIR/3". NULL without.
 */
const char *events_name(const Options *options, int64_t round);

/* The file for the checkpoint of a round: "out/aux.checkpoint.safetensors" for
 * "out/aux.safetensors", of several rounds "out/aux.3.checkpoint.safetensors" for round 3; without
 * --save "<model>.interrupted.safetensors". NULL if --save is a device.
 */
const char *checkpoint_name(const NnModel *model, const Options *options, int64_t round);

/* The file for the last good state of a training that diverged. NULL without --save, or if that is
 * a device. */
const char *good_name(const Options *options);

/* Checks that no file to be written is one that is read or written otherwise, for all options and
 * all names derived from them. A training may replace the checkpoint from which it resumes. Returns
 * false after a message. */
bool names_differ(const NnModel *model, const Options *options);

/* The replacement for --save when its folder can no longer be written: its name in the current
 * folder or, if this round or a later one has a file there already, "aux-2.safetensors" and so on.
 * NULL if --save is in the current folder. */
const char *save_here(const NnModel *model, const Options *options, int64_t round);

/* The log or, if its folder is gone, a free name in the current folder. */
const char *log_still_possible(const char *log);

#endif
