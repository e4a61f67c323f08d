/* Makes foreign text safe for a terminal. */
#include "clean.h"

#include <string.h>

/* Number of bytes of the character at `s`, 0 if it is no well-formed UTF-8. */
static size_t character_length(const unsigned char *s, size_t n) {
    size_t length = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;
    if (length > n || (length == 4 && (*s < 0xf0 || *s > 0xf4))) return 0;
    for (size_t i = 1; i < length; i++)
        if (s[i] >> 6 != 2) return 0;
    bool overlong = (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xf0 && s[1] < 0x90);
    bool beyond = (*s == 0xed && s[1] > 0x9f) || (*s == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/* Whether the character can move the cursor, colour or reorder what stands beside it: the C0 and C1
 * controls, and U+202A..202E and U+2066..2069, which change the direction of writing. */
static bool is_control(const unsigned char *s) {
    if (*s < 0x80) return (*s < 32 && *s != '\t') || *s == 127;
    if (*s == 0xc2) return s[1] < 0xa0;
    return *s == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
                          (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

size_t clean_text(char *to, size_t room, const char *text, size_t n) {
    size_t used = 0;
    for (size_t i = 0, length, kept; i < n; i += length, used += kept) {
        const unsigned char *s = (const unsigned char *)text + i;
        length = character_length(s, n - i);
        bool shown = length && !is_control(s);
        if (!length) length = 1;
        kept = shown ? length : 1;
        if (used + kept >= room) break;
        memmove(to + used, shown ? text + i : "?", kept);
    }
    to[used] = '\0';
    return used;
}

bool is_clean(const char *text) {
    for (size_t i = 0, n = strlen(text), length; i < n; i += length) {
        const unsigned char *s = (const unsigned char *)text + i;
        length = character_length(s, n - i);
        if (!length || is_control(s)) return false;
    }
    return true;
}
