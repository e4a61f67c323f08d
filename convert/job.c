/* From sources to a data file. */
#include "job.h"

#include "options.h"
#include "summary.h"

bool job_run(const Options *options) {
    Job *job = allocate(1, sizeof *job);
    job->options = options;
    job->fields.request = options->cut;
    job->fields.like = options->like ? &job->like : NULL;
    if (options->like && !like_read(&job->like, options->like)) return false;
    if (!files_list(&job->files, options->sources, options->n_sources, options->quiet))
        return false;
    const Reader *reader = reader_choose(&job->files, options->as);
    if (!reader) return false;
    job->files.passes = LISTING + reader->passes;
    if (!reader->read(job) || !fields_end(&job->fields)) return false;
    report_clear();
    if (!options->quiet) summary(job, reader);
    return true;
}
