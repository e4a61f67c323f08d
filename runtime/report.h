/* Messages to the person who runs the program, and memory that never fails quietly. */
#ifndef NN_RUNTIME_REPORT_H
#define NN_RUNTIME_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses of the program, and results of functions that may fail in more than one way. */
typedef enum Status { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 } Status;

/* Name that messages begin with; kept, not copied. From now on JSON ends the program when memory is
 * exhausted. */
void report_program(const char *name);

/* Writes `<program>: error: <words>` to standard error. Returns false, so that a function can
 * `return problem(...)`. */
bool problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether problems are shown. While something is tried that may fail they are only remembered. */
void problems_shown(bool shown);

/* Of a process that others speak for: from now on problems are kept, and notes dropped. Released,
 * the last problem is shown after all, with these words in front, and so are later ones. */
void report_held(const char *words);
void report_released(void);

/* The same for wrong usage, with a hint at --help. Returns STATUS_USAGE. */
Status usage_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes `<program>: <words>` to standard error: a note, not a mistake. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether standard error is a terminal that can draw a line anew. */
bool report_terminal(void);

/* Shows a passing line on such a terminal: the next message, JSON value or passing line replaces
 * it. Elsewhere it is a line like any other. It must be shorter than the terminal is wide. */
void report_passing(const char *line);

/* Removes the passing line: to be called before other words go to standard output. */
void report_clear(void);

/* Writes the value as one line and releases it, numbers with the fewest digits that read back as
 * the same double; the line is flushed, for readers at the other end of a pipe. Errors stay in the
 * stream. */
void json_line(FILE *out, json_t *value);

/* Null for NaN and infinities, which JSON does not have. */
json_t *json_number(double value);

/* The shortest decimal that reads back as the same float: 0.1 for 0.1f, not 0.10000000149011612. */
json_t *json_float(float value);

/* Lists; of numbers and of strings NULL becomes null. */
json_t *json_integers(const int *values, int n);
json_t *json_numbers(const double *values, int n);
json_t *json_strings(const char *const *strings, int n);

/* Seconds of a clock that only goes forward. */
double seconds_now(void);

/* Words of the last problem; "" before the first. */
const char *problem_text(void);

/* Memory and other things belong to a command, or to a part of one that has set a mark, and are
 * released at its end and nowhere else, so an error is a plain return. For one thread alone. */

/* Zeroed memory for `count` items of `size` bytes, aligned to 64 bytes. Ends the program with a
 * message and status 1 when there is none; so do the others. */
void *allocate(size_t count, size_t size);

/* The string that printf would write. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Registers `thing` for release; returns it. */
void *keep(void *thing, void (*release)(void *));

/* The same for a JSON value; NULL stays NULL. */
json_t *keep_json(json_t *json);

/* Releases all that was registered after the mark, the last first. */
size_t memory_mark(void);
void memory_release(size_t mark);

#endif
