/* Scalars as TensorBoard reads them: a file of records, each with checksums, of the messages that
 * TensorFlow calls Event. */
#ifndef NN_RUNTIME_TENSORBOARD_H
#define NN_RUNTIME_TENSORBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "columns.h"

typedef struct EventFile EventFile;

/* Makes a new file in the folder, and the folder. TensorBoard takes all files of a folder as one
 * run, of which a later file replaces the steps from its first on. NULL after a message. */
EventFile *events_open(const char *folder);

/* Adds the values of an evaluation after so many steps, and flushes. False after a message. */
bool events_add(EventFile *file, int64_t step, const Columns *columns, double samples_per_second);

/* False, after a message, if something did not arrive. */
bool events_close(EventFile *file);

#endif
