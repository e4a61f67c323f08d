/* Scalars as TensorBoard reads them: a file of records, each with checksums, of the messages that
 * TensorFlow calls Event. */
#ifndef NN_RUNTIME_TENSORBOARD_H
#define NN_RUNTIME_TENSORBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "columns.h"

typedef struct EventFile EventFile;

/* Makes a new file in the folder, and the folder, for a training that has done so many steps.
 * TensorBoard takes all files of a folder as one run, and drops what earlier ones have of later
 * steps. NULL after a message. */
EventFile *events_open(const char *folder, int64_t steps);

/* Adds the values of an evaluation after so many steps, and flushes. False after a message. */
bool events_add(EventFile *file, int64_t step, const Columns *columns, double samples_per_second);

/* False, after a message, if something did not arrive. */
bool events_close(EventFile *file);

#endif
