/* Lists that grow. */
#ifndef CONVERT_GROW_H
#define CONVERT_GROW_H

#include <string.h>

#include "../runtime/report.h"

/* The list of `n` items of `size` bytes, or a copy with room for more if `*room` is used up. */
static inline void *grown(void *list, size_t n, size_t *room, size_t size) {
    if (n < *room) return list;
    *room = 2 * *room + 16;
    void *more = allocate(*room, size);
    return n ? memcpy(more, list, n * size) : more;
}

#endif
