/* Located diagnostics about the user's file, and the report of our own mistakes. */
#ifndef NNGEN_BASE_DIAG_H
#define NNGEN_BASE_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"

/* A place in a source file. `file` is as the user named it (or "" where there is none), lines count
 * from 1, 0 = the file as a whole. */
typedef struct Loc {
    const char *file;
    int line;
} Loc;

typedef struct Diag Diag;

/* Collector of diagnostics; lives in `arena`. */
Diag *diag_new(Arena *arena);

/* Gives the collector the text of a source file, so that it can show the line of a diagnostic. */
void diag_source(Diag *diag, const char *file, const char *text);

/* Adds an error at `loc`. An error with the same place and words as one already there is dropped.
 */
void diag_error(Diag *diag, Loc loc, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds a note that belongs to the last error. */
void diag_note(Diag *diag, Loc loc, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Number of errors so far. */
int diag_errors(const Diag *diag);

/* Writes all diagnostics in order: `file:line: error: words`, then the source line. */
void diag_print(const Diag *diag, FILE *out);

/* Called by bug() before it aborts; the pipeline sets it to say which pass ran and on what. */
extern void (*bug_context)(FILE *out);

/* A mistake of nngen itself: says where, calls bug_context, aborts. */
_Noreturn void bug_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define bug(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)

#endif
