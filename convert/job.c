/* From sources to a data file. */
#include "job.h"

#include <inttypes.h>

#include "options.h"
#include "summary.h"

/* Files that no reader wants might be meant: images of a format that is not read. */
static void remark_others(Job *job, const Reader *reader) {
    char room[ENTRY_SHOWN];
    const Entry *other = NULL;
    int64_t n = 0;
    for (int64_t i = job->files.n - 1; i >= 0; i--) {
        if (job->files.entries[i].wanted) continue;
        other = &job->files.entries[i];
        n++;
    }
    if (!n) return;
    entry_shown(&job->files, other, room);
    if (n == 1)
        job_remark(job, "left out: %s, as it is none of the %s", room, reader->files);
    else
        job_remark(job, "left out: %" PRId64 " files that are none of the %s, such as %s", n,
                   reader->files, room);
}

bool job_run(const Options *options) {
    Job *job = allocate(1, sizeof *job);
    job->options = options;
    job->fields.request = options->cut;
    job->fields.like = options->like ? &job->like : NULL;
    if (options->like && !like_read(&job->like, options->like)) return false;
    if (!files_list(&job->files, options->sources, options->n_sources, options->quiet))
        return false;
    const Reader *reader = reader_choose(&job->files, options->as);
    if (!reader || !options_suit(options, reader)) return false;
    remark_others(job, reader);
    job->files.passes = LISTING + reader->passes;
    if (!reader->read(job) || !fields_end(&job->fields)) return false;
    report_clear();
    if (!options->quiet) summary(job, reader);
    warnings(job);
    return true;
}
