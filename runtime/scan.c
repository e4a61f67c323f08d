#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

bool scan_wrong(Scan *scan, const char *wrong) {
    if (!scan->wrong) scan->wrong = wrong;
    return false;
}

static void skip_space(Scan *scan) {
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

bool scan_more(Scan *scan, char wanted) {
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != wanted) return false;
    scan->at++;
    return true;
}

bool scan_char(Scan *scan, char wanted) {
    if (scan_more(scan, wanted)) return true;
    switch (wanted) {
    case '{':
        return scan_wrong(scan, "'{' wanted");
    case '}':
        return scan_wrong(scan, "',' or '}' wanted");
    case '[':
        return scan_wrong(scan, "'[' wanted");
    case ']':
        return scan_wrong(scan, "',' or ']' wanted");
    case '"':
        return scan_wrong(scan, "string wanted");
    default:
        return scan_wrong(scan, "':' wanted");
    }
}

bool scan_end(Scan *scan) {
    skip_space(scan);
    return scan->at == scan->end || scan_wrong(scan, "text after the header");
}

/* Four hexadecimal digits; -1 if there are none. */
static long scan_hex(Scan *scan) {
    long value = 0;
    if (scan->end - scan->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = *scan->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Code point of the escape after \u, joining surrogates; -1 if it is none. */
static long scan_unicode(Scan *scan) {
    long code = scan_hex(scan);
    if (code >= 0xd800 && code < 0xdc00) {
        if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u') return -1;
        scan->at += 2;
        long low = scan_hex(scan);
        if (low < 0xdc00 || low > 0xdfff) return -1;
        return 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
    }
    return code >= 0xdc00 && code <= 0xdfff ? -1 : code;
}

static char *put_utf8(char *out, long code) {
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(lead[more] | code >> 6 * more);
    while (more-- > 0) *out++ = (char)(0x80 | (code >> 6 * more & 0x3f));
    return out;
}

static char *scan_escape(Scan *scan, char *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (scan->at == scan->end) return NULL;
    char c = *scan->at++;
    if (c == 'u') {
        long code = scan_unicode(scan);
        return code > 0 ? put_utf8(out, code) : NULL;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found) return NULL;
    *out++ = to[found - from];
    return out;
}

char *scan_string(Scan *scan) {
    if (!scan_char(scan, '"')) return NULL;
    const char *close = scan->at;
    while (close < scan->end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= scan->end) {
        scan_wrong(scan, "string without end");
        return NULL;
    }
    /* No escape becomes longer than it was. */
    char *text = allocate((size_t)(close - scan->at) + 1, 1), *out = text;
    while (out && scan->at < close) {
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '\\')
            out = scan_escape(scan, out);
        else if (c < 0x20)
            out = NULL;
        else
            *out++ = (char)c;
    }
    if (!out) {
        scan_wrong(scan, "bad character in a string");
        free(text);
        return NULL;
    }
    scan->at = close + 1;
    return text;
}

static bool scan_integer(Scan *scan, int64_t *out) {
    skip_space(scan);
    const char *first = scan->at;
    int64_t value = 0;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
        int digit = *scan->at - '0';
        if (value > (INT64_MAX - digit) / 10) return scan_wrong(scan, "number too large");
        value = value * 10 + digit;
        scan->at++;
    }
    if (scan->at == first || (*first == '0' && scan->at > first + 1))
        return scan_wrong(scan, "whole number wanted");
    *out = value;
    return true;
}

bool scan_integers(Scan *scan, int64_t *out, int max, int *count) {
    *count = 0;
    if (!scan_char(scan, '[')) return false;
    if (scan_more(scan, ']')) return true;
    do {
        if (*count == max) return scan_wrong(scan, "too many numbers");
        if (!scan_integer(scan, &out[(*count)++])) return false;
    } while (scan_more(scan, ','));
    return scan_char(scan, ']');
}
