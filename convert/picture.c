/* Images in memory: their room, and their colours. */
#include "picture.h"

#include <stdlib.h>

#include "../runtime/report.h"

bool picture_sane(const char *name, const Picture *picture) {
    return (picture->width > 0 && picture->height > 0 &&
            picture->width <= MOST_PIXELS / picture->height) ||
           problem("%s: %d x %d pixels, %d in all are the most", name, picture->width,
                   picture->height, MOST_PIXELS);
}

bool picture_room(const char *name, Picture *picture) {
    static unsigned char *room;
    static size_t have;
    if (!picture_sane(name, picture)) return false;
    const size_t wanted =
        (size_t)picture->width * (size_t)picture->height * (size_t)picture->channels;
    if (wanted > have) {
        free(room);
        room = malloc(wanted);
        have = room ? wanted : 0;
        if (!room) return problem("%s: out of memory", name);
    }
    picture->pixels = room;
    return true;
}

void picture_gray(Picture *picture) {
    if (picture->channels == 1) return;
    unsigned char *to = picture->pixels;
    const unsigned char *from = picture->pixels;
    const size_t n = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; i < n; i++, from += 3)
        to[i] = (unsigned char)((from[0] * 19595u + from[1] * 38470u + from[2] * 7471u + 0x8000u) >>
                                16);
    picture->channels = 1;
}
