/* Lines of the report that readers add. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/report.h"
#include "reader.h"

void job_remark(Job *job, const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) text = NULL;
    va_end(args);
    if (job->n_remarks == job->remarks_room) {
        job->remarks_room = 2 * job->remarks_room + 16;
        const char **more = allocate((size_t)job->remarks_room, sizeof *more);
        if (job->n_remarks) memcpy(more, job->remarks, (size_t)job->n_remarks * sizeof *more);
        job->remarks = more;
    }
    job->remarks[job->n_remarks++] = keep(text, free);
}
