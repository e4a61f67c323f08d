/* Where the rows of files go that hold many. */
#ifndef CONVERT_ROWS_H
#define CONVERT_ROWS_H

#include "files.h"
#include "path.h"

/* `first` holds the number of rows of each wanted file; it gets the place of its first row in its
 * split, in the order of the files, wherever they lie. `rows`: of each split in all. */
void rows_number(const Files *files, SplitId (*split_of)(const char *name), int64_t *first,
                 int64_t rows[SPLIT_COUNT]);

#endif
