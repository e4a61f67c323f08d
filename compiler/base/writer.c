/* Text under construction, with its indentation. */
#include "writer.h"

#include <stdarg.h>
#include <string.h>

#include "format.h"

enum { FULL = 100 }; /* characters of a line that w_flow fills, after its indentation */

struct Writer {
    Arena *arena;
    char *text, *line; /* line: what w_line formats */
    size_t length, capacity, line_capacity;
    int indent, lines;
    size_t flowed; /* characters of the last line after its indentation, if w_flow wrote it */
};

Writer *writer_new(Arena *arena) {
    Writer *w = ARENA_NEW(arena, Writer);
    w->arena = arena;
    w->capacity = 4096;
    w->text = arena_alloc(arena, w->capacity, 1);
    w->line_capacity = 256;
    w->line = arena_alloc(arena, w->line_capacity, 1);
    return w;
}

static void append(Writer *w, const char *text, size_t n) {
    w->flowed = 0;
    if (w->length + n + 1 > w->capacity) {
        size_t room = 2 * (w->length + n + 1);
        char *grown = arena_alloc(w->arena, room, 1);
        memcpy(grown, w->text, w->length);
        w->text = grown;
        w->capacity = room;
    }
    memcpy(w->text + w->length, text, n);
    w->length += n;
    w->text[w->length] = '\0';
}

static void indented(Writer *w, const char *text) {
    do {
        const char *end = strchr(text, '\n');
        size_t n = end ? (size_t)(end - text) : strlen(text);
        if (n)
            for (int i = 0; i < w->indent; i++) append(w, "    ", 4);
        append(w, text, n);
        append(w, "\n", 1);
        w->lines++;
        text = end ? end + 1 : NULL;
    } while (text);
}

/* The text that printf would write, until the next line. */
static const char *formatted(Writer *w, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = format_into(w->line, w->line_capacity, format, args);
    if (n >= 0 && (size_t)n >= w->line_capacity) {
        w->line_capacity = 2 * (size_t)n;
        w->line = arena_alloc(w->arena, w->line_capacity, 1);
        format_into(w->line, w->line_capacity, format, again);
    }
    va_end(again);
    return w->line;
}

void w_line(Writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    indented(w, formatted(w, format, args));
    va_end(args);
}

void w_flow(Writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = formatted(w, format, args);
    va_end(args);
    size_t line = w->flowed, n = strlen(text);
    if (line && line + 1 + n <= FULL) {
        w->length--; /* the line end */
        append(w, " ", 1);
        append(w, text, n);
        append(w, "\n", 1);
        w->flowed = line + 1 + n;
    } else {
        indented(w, text);
        w->flowed = n;
    }
}

void w_open(Writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = formatted(w, format, args);
    va_end(args);
    indented(w, *text ? arena_printf(w->arena, "%s {", text) : "{");
    w->indent++;
}

void w_close_with(Writer *w, const char *tail) {
    w->indent--;
    indented(w, arena_printf(w->arena, "}%s", tail));
}

void w_close(Writer *w) {
    w_close_with(w, "");
}

void w_indent(Writer *w, int levels) {
    w->indent += levels;
}

void w_raw(Writer *w, const char *text) {
    append(w, text, strlen(text));
    while ((text = strchr(text, '\n'))) text++, w->lines++;
}

const char *writer_text(const Writer *w) {
    return w->text;
}

int writer_lines(const Writer *w) {
    return w->lines;
}
