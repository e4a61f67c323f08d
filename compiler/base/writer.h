/* Text under construction. The writer owns all indentation: callers write lines, never spaces. */
#ifndef NNGEN_BASE_WRITER_H
#define NNGEN_BASE_WRITER_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"

typedef struct Writer Writer;

/* A new, empty writer in `arena`. */
Writer *writer_new(Arena *arena);

/* One line at the current indentation; an empty text gives an empty line. Text may contain several
 * lines; each is indented. */
void w_line(Writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As w_line, but continues the line of the last w_flow while it has room: for many short
 * statements. */
void w_flow(Writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line ending in ` {`, after which lines are indented by four more spaces, until w_close. */
void w_open(Writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Closes the block opened last: a line `}`. */
void w_close(Writer *w);

/* As w_close, with `tail` after the brace: `};`. */
void w_close_with(Writer *w, const char *tail);

/* Indents the following lines by `levels` more. */
void w_indent(Writer *w, int levels);

/* Raw text without indentation or line end, for constant tables and whole files of text. */
void w_raw(Writer *w, const char *text);

/* The text so far; belongs to the writer and is valid until the next write. */
const char *writer_text(const Writer *w);

/* Number of lines written so far. */
int writer_lines(const Writer *w);

#endif
