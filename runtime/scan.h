/* The little of JSON that a safetensors header needs, read strictly. */
#ifndef NN_RUNTIME_SCAN_H
#define NN_RUNTIME_SCAN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Scan {
    const char *at, *begin, *end;
    const char *wrong; /* what is wrong at `at`, once something is */
} Scan;

/* Notes what is wrong; returns false. */
bool scan_wrong(Scan *scan, const char *wrong);

/* The given character, after white space. */
bool scan_char(Scan *scan, char wanted);

/* Takes the character if it is next; false without a complaint if not. */
bool scan_more(Scan *scan, char wanted);

/* A string without quotes and escapes, in UTF-8; the caller's to free. NULL if there is none, or
 * if it holds a zero byte. */
char *scan_string(Scan *scan);

/* [1, 2, 3]: at most `max` whole numbers, none negative. */
bool scan_integers(Scan *scan, int64_t *out, int max, int *count);

/* Nothing but white space up to the end. */
bool scan_end(Scan *scan);

#endif
