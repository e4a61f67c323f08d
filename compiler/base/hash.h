/* A hash of names, for tables in memory: FNV-1a. */
#ifndef NNGEN_BASE_HASH_H
#define NNGEN_BASE_HASH_H

#include <stddef.h>

static inline unsigned hash_name(const char *name, size_t length) {
    unsigned h = 2166136261u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h;
}

#endif
