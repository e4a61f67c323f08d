/* Parts of file names. */
#ifndef CONVERT_PATH_H
#define CONVERT_PATH_H

#include <stdbool.h>

/* The last part of a path. */
const char *path_base(const char *path);

/* Whether a name ends so, whatever its letters' case, and has something before it. */
bool has_ending(const char *name, const char *ending);

#endif
