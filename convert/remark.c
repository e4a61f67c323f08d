/* Lines of the report that readers add. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "grow.h"
#include "reader.h"

void job_remark(Job *job, const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) text = NULL;
    va_end(args);
    job->remarks =
        grown(job->remarks, (size_t)job->n_remarks, &job->remarks_room, sizeof *job->remarks);
    job->remarks[job->n_remarks++] = keep(text, free);
}
