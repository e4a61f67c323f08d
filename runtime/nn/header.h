/* The header of a safetensors file: 8 bytes of length, then JSON (RFC 8259),
 * {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0,
 * 24]}}, read byte by byte, so that no memory is needed. The reader trusts nothing. Part of nn.c.
 */
#ifndef NN_RUNTIME_NN_HEADER_H
#define NN_RUNTIME_NN_HEADER_H

#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model.h"

enum { SOURCE_BUFFER = 4096, NAME_ROOM = 256, NUMBER_ROOM = 64 };

/* Bytes of a file, or of memory. */
typedef struct Source {
    const unsigned char *bytes; /* NULL: the file's */
    FILE *file;
    uint64_t size;
    unsigned char buffer[SOURCE_BUFFER]; /* the file's bytes from `first` on */
    uint64_t first;
    size_t filled;
} Source;

/* Copies n bytes; false if there are fewer, or the file can't be read. */
static bool source_read(Source *s, uint64_t at, void *to, size_t n) {
    if (at > s->size || n > s->size - at) return false;
    if (s->bytes) {
        memcpy(to, s->bytes + at, n);
        return true;
    }
    return at <= (uint64_t)LONG_MAX && fseek(s->file, (long)at, SEEK_SET) == 0 &&
           fread(to, 1, n, s->file) == n;
}

/* The byte at a place, -1 where there is none. */
static int source_byte(Source *s, uint64_t at) {
    if (at >= s->size) return -1;
    if (s->bytes) return s->bytes[at];
    if (at < s->first || at - s->first >= s->filled) {
        const uint64_t left = s->size - at;
        const size_t n = left < SOURCE_BUFFER ? (size_t)left : SOURCE_BUFFER;
        s->filled = 0;
        if (!source_read(s, at, s->buffer, n)) return -1;
        s->first = at;
        s->filled = n;
    }
    return s->buffer[at - s->first];
}

/* A place in the header. After a mistake `bad` stays set and nothing more is read. */
typedef struct Reader {
    Source *source;
    uint64_t at, end;
    bool bad;
    int pending[3], n_pending; /* further bytes of the character of a string that was read last */
} Reader;

static int peek(Reader *r) {
    return r->bad || r->at >= r->end ? -1 : source_byte(r->source, r->at);
}

static int peek_token(Reader *r) {
    int c = peek(r);
    for (; c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r)) r->at++;
    return c;
}

static bool accept(Reader *r, int token) {
    if (peek_token(r) != token) return false;
    r->at++;
    return true;
}

static void expect(Reader *r, int token) {
    if (!accept(r, token)) r->bad = true;
}

static int hex_digit(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \u. */
static uint32_t read_unit(Reader *r) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_digit(peek(r));
        if (digit < 0) {
            r->bad = true;
            return 0;
        }
        unit = unit << 4 | (uint32_t)digit;
        r->at++;
    }
    return unit;
}

/* First byte of the character in UTF-8; the rest are pending, last one first. */
static int utf8(Reader *r, uint32_t code) {
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    for (r->n_pending = 0; r->n_pending < more; code >>= 6)
        r->pending[r->n_pending++] = (int)(0x80 | (code & 0x3f));
    return (int)(lead[more] | code);
}

static int read_escape(Reader *r) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const int c = peek(r);
    const char *known = c > 0 ? strchr(names, c) : NULL;
    r->at++;
    if (known) return values[known - names];
    if (c != 'u') r->bad = true;
    uint32_t code = c == 'u' ? read_unit(r) : 0;
    if (code >= 0xdc00 && code < 0xe000) r->bad = true;
    if (code >= 0xd800 && code < 0xdc00) { /* the first half of a pair */
        const bool next = peek(r) == '\\';
        r->at++;
        if (!next || peek(r) != 'u') r->bad = true;
        r->at++;
        const uint32_t low = read_unit(r);
        if (low < 0xdc00 || low >= 0xe000) r->bad = true;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return r->bad ? -1 : utf8(r, code);
}

/* After the opening quote: the next byte of the string's text, -1 after its end, which is passed.
 */
static int string_byte(Reader *r) {
    if (r->n_pending > 0) return r->pending[--r->n_pending];
    const int c = peek(r);
    if (c < ' ') r->bad = true; /* the end, or a control character */
    if (r->bad) return -1;
    r->at++;
    if (c == '"') return -1;
    return c == '\\' ? read_escape(r) : c;
}

/* A string as text; longer ones, and ones with a zero byte, become what no name is: "". */
static void read_string(Reader *r, char text[NAME_ROOM]) {
    size_t n = 0;
    bool odd = false;
    expect(r, '"');
    for (int c = string_byte(r); c >= 0; c = string_byte(r)) {
        odd = odd || c == 0 || n == NAME_ROOM - 1;
        if (!odd) text[n++] = (char)c;
    }
    text[odd || r->bad ? 0 : n] = '\0';
}

/* A whole number from 0 on. */
static uint64_t read_whole(Reader *r) {
    uint64_t value = 0;
    int c = peek_token(r);
    if (c < '0' || c > '9') r->bad = true;
    for (; c >= '0' && c <= '9' && !r->bad; c = peek(r)) {
        if (value > (UINT64_MAX - 9) / 10) r->bad = true;
        value = value * 10 + (uint64_t)(c - '0');
        r->at++;
    }
    return value;
}

/* [1.5, 2], or one number for all, inside a string of the header: exactly n numbers, all finite
 * and, if `positive`, above 0. False if it is something else; the string's end is passed. */
static bool read_numbers(Reader *r, int n, bool positive, double *values) {
    char text[NUMBER_ROOM + 1];
    const char point = *localeconv()->decimal_point;
    int count = 0, length = 0;
    bool good = true, list = false, closed = false;
    expect(r, '"');
    for (int c = 0; c >= 0;) {
        c = string_byte(r);
        const bool part = c > 0 && strchr("0123456789+-.eE", c);
        if (part && length < NUMBER_ROOM) text[length++] = c == '.' ? point : (char)c;
        good = good && !(part && (closed || length == NUMBER_ROOM));
        if (part) continue;
        if (length > 0) {
            char *end;
            text[length] = '\0';
            const double value = strtod(text, &end);
            good = good && count < n && !*end && isfinite(value) && (!positive || value > 0);
            if (good) values[count] = value;
            count++;
            length = 0;
        }
        if (c == '[') {
            good = good && !list && count == 0;
            list = true;
        } else if (c == ']') {
            good = good && list && !closed;
            closed = true;
        } else if (c != ',' && c != ' ' && c >= 0) {
            good = false;
        }
    }
    good = good && !r->bad && list == closed && count == (list ? n : 1);
    for (int i = 1; good && !list && i < n; i++) values[i] = values[0];
    return good;
}

#endif
