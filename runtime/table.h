/* Numbers as text, and tables of text for people: as narrow as their contents allow, so that they
 * look the same on every terminal and in files. */
#ifndef NN_RUNTIME_TABLE_H
#define NN_RUNTIME_TABLE_H

#include <stdio.h>

/* Prints rows of cells, [rows][columns]. The first `left` columns are aligned at the left, numbers
 * in the others at the right. NULL is an empty cell. */
void table_print(FILE *out, int rows, int columns, int left, const char *const *cells);

/* A number for people in at most 11 characters: "0.1234", "1.234e-07". This and those below live as
 * long as format_text's. NaN is "nan": it has no sign, though printf shows one on some machines. */
const char *number_text(double value);

/* With at most so many significant digits, as "%g" of printf: "0.1", "1e+300", "nan". */
const char *real_text(double value, int digits);

/* "1.23 MiB", of little "12.3 KiB" or "123 bytes". */
const char *bytes_text(size_t bytes);

/* "1,234,567" */
const char *count_text(long long value);

#endif
