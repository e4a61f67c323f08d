/* Characters in UTF-8. */
#ifndef CONVERT_UTF8_H
#define CONVERT_UTF8_H

#include <stdbool.h>
#include <stdint.h>

enum { UTF8_POINTS = 0x110000 };

/* A character whose bytes come one by one. */
typedef struct Utf8 {
    uint32_t point;
    int have, want; /* bytes; have 0: none has begun */
} Utf8;

/* Takes a byte: 1 if it completes the character `point`, 0 if more must follow, -1 if this is no
 * UTF-8. */
int utf8_take(Utf8 *utf8, unsigned char byte);

bool is_utf8(const char *text);

/* The bytes of a character, with a zero behind them. */
void utf8_put(uint32_t point, char text[5]);

#endif
