/* Makes a data file. */
#ifndef CONVERT_JOB_H
#define CONVERT_JOB_H

#include <stdbool.h>

struct Options;

/* Does what the options say. False after a message; then there is no file, or the earlier one. */
bool job_run(const struct Options *options);

#endif
