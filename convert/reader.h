/* Readers: one for each kind of data, all behind one table entry. */
#ifndef CONVERT_READER_H
#define CONVERT_READER_H

#include "fields.h"
#include "files.h"
#include "like.h"

struct Options;

/* What a reader works on. */
typedef struct Job {
    const struct Options *options;
    Files files;
    Like like;
    Fields fields;
    const char **remarks; /* for the report */
    int n_remarks;
    size_t remarks_room;
} Job;

/* Adds a line to the report. */
void job_remark(Job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct Reader {
    const char *kind;  /* of --as */
    const char *files; /* its files, in words */
    int passes;        /* over the files */
    uint64_t takes;    /* bits 1 << OptionId: options that some readers take, and it does */
    /* Whether a file is its; `name` is its path without .gz. */
    bool (*fits)(const char *name);
    /* The first bytes of such a file, for those whose names say nothing; "": they may be any. */
    const char *magic;
    /* Looks through its files, which are wanted, declares the fields, begins the data file and
     * writes all rows. False after a message. */
    bool (*read)(Job *job);
} Reader;

/* All of them, in the order in which they are tried; ends with NULL. */
extern const Reader *const all_readers[];

/* Finds the reader for the files, `as` if that is not NULL, and marks those that are its as wanted.
 * NULL after a message. */
const Reader *reader_choose(Files *files, const Reader *as);

#endif
