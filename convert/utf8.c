/* Reads and writes UTF-8. */
#include "utf8.h"

int utf8_take(Utf8 *u, unsigned char byte) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (u->have == 0) {
        u->want = byte < 0x80       ? 1
                  : byte >> 5 == 6  ? 2
                  : byte >> 4 == 14 ? 3
                  : byte >> 3 == 30 ? 4
                                    : 0;
        if (u->want == 0) return -1;
        u->point = u->want == 1 ? byte : byte & (0x7fu >> u->want);
    } else {
        if (byte >> 6 != 2) return -1;
        u->point = u->point << 6 | (byte & 0x3fu);
    }
    if (++u->have < u->want) return 0;
    u->have = 0;
    if (u->point < least[u->want] || u->point >= UTF8_POINTS || u->point >> 11 == 0x1b) return -1;
    return 1;
}

void utf8_put(uint32_t point, char text[5]) {
    const int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    /* As many ones in front as bytes. */
    text[0] = (char)(more ? (0xff00u >> (more + 1) & 0xff) | point >> (6 * more) : point);
    for (int i = 1; i <= more; i++) text[i] = (char)(0x80 | (point >> (6 * (more - i)) & 0x3f));
    text[more + 1] = '\0';
}

bool is_utf8(const char *text) {
    Utf8 utf8 = {.have = 0};
    for (; *text; text++)
        if (utf8_take(&utf8, (unsigned char)*text) < 0) return false;
    return utf8.have == 0;
}
