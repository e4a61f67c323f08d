/* The rows of a CSV file. */
#ifndef CONVERT_CSV_ROWS_H
#define CONVERT_CSV_ROWS_H

#include "stream.h"

typedef struct CsvRow {
    const char *file;
    int64_t line; /* where it begins, from 1 */
    int n;
    const char *const *cell; /* without quotes, and without blanks around those that had none */
} CsvRow;

/* What is done with a row, the first one, of names, too. False, after a message, ends it. */
typedef bool CsvVisit(void *context, const CsvRow *row);

/* Reads a file whose cells are parted by commas, semicolons or tabs, whichever its first line has
 * most of. Empty lines do not count. False after a message. */
bool csv_rows(Stream *stream, CsvVisit *visit, void *context);

#endif
