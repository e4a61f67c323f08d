#include "format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct Output {
    char *to;
    size_t room, length;
} Output;

static void put(Output *o, const char *text, size_t n) {
    if (o->length + n < o->room) memcpy(o->to + o->length, text, n);
    o->length += n;
}

static void put_number(Output *o, long long n) {
    char digits[24], *at = digits + sizeof digits;
    unsigned long long rest = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
    do *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0) *--at = '-';
    put(o, at, (size_t)(digits + sizeof digits - at));
}

/* Returns false for a format that this file does not know. Leaves out a piece that does not fit,
 * but counts it. */
static bool write_simple(Output *o, const char *format, va_list args) {
    for (const char *next; (next = strchr(format, '%')); format = next) {
        put(o, format, (size_t)(next - format));
        if (*++next == 's') {
            const char *text = va_arg(args, const char *);
            put(o, text, strlen(text));
        } else if (*next == 'd') {
            put_number(o, va_arg(args, int));
        } else if (!strncmp(next, "lld", 3)) {
            put_number(o, va_arg(args, long long));
            next += 2;
        } else if (*next == '%') {
            put(o, "%", 1);
        } else {
            return false;
        }
        next++;
    }
    put(o, format, strlen(format));
    return true;
}

int format_into(char *to, size_t room, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    Output o = {to, room, 0};
    const bool simple = write_simple(&o, format, args);
    if (simple && o.length < room) to[o.length] = '\0';
    const int length = simple ? (int)o.length : vsnprintf(to, room, format, again);
    va_end(again);
    return length;
}
