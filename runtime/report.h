/* Messages to the person who runs the program, and memory that never fails quietly. */
#ifndef NN_RUNTIME_REPORT_H
#define NN_RUNTIME_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses of the program, and results of what may fail in more than one way. */
typedef enum Status { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 } Status;

/* Name that messages begin with; kept, not copied. */
void report_program(const char *name);

/* Writes `<program>: error: <words>` to standard error. Returns false, so that a function can
 * `return problem(...)`. */
bool problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for wrong usage, with a hint at --help. Returns STATUS_USAGE. */
Status usage_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `<program>: <words>` on standard error: something to know, not a mistake. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the value as one line and releases it; a reader at the other end of a pipe sees it now.
 * Errors stay in the stream. */
void json_line(FILE *out, json_t *value);

/* A number that reads back as the same double; null for NaN and infinities, which JSON does not
 * have. */
json_t *json_number(double value);

/* Seconds of a clock that only goes forward. */
double seconds_now(void);

/* Words of the last problem; "" before the first. For tests. */
const char *problem_text(void);

/* Zeroed memory for `count` items of `size` bytes, to be freed with free(). Ends the program with a
 * message and status 1 when there is none; so do the others. */
void *allocate(size_t count, size_t size);

/* Zeroed memory aligned to `alignment`, a power of two. */
void *allocate_aligned(size_t alignment, size_t bytes);

/* realloc for `count` items of `size` bytes; new bytes are not cleared. */
void *reallocate(void *memory, size_t count, size_t size);

/* Copy of a string, and the string that printf would write. */
char *copy_text(const char *text);
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
