/* Parts of file names. */
#ifndef CONVERT_PATH_H
#define CONVERT_PATH_H

#include <stdbool.h>

#include "../runtime/dataset.h"

/* The last part of a path. */
const char *path_base(const char *path);

/* Whether a name ends so, whatever its letters' case, and has something before it. */
bool has_ending(const char *name, const char *ending);

/* The split that the first part of a path names, a folder; -1: none. */
int path_first_split(const char *path);

/* The split that a path names: by a folder, test/a.csv, or by the file itself, test.csv; else that
 * of training. */
SplitId path_split(const char *path);

#endif
