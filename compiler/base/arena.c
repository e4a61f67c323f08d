/* Bump allocation out of blocks that are freed together. */
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

enum { BLOCK_BYTES = 1 << 16, ALIGNMENT = 16 };

typedef struct Block Block;
struct Block {
    Block *next;
    size_t used, size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct Arena {
    Block *blocks;
};

static _Noreturn void out_of_memory(void) {
    fputs("nngen: error: out of memory\n", stderr);
    exit(1);
}

Arena *arena_new(void) {
    Arena *arena = calloc(1, sizeof *arena);
    if (!arena) out_of_memory();
    return arena;
}

void arena_free(Arena *arena) {
    if (!arena) return;
    for (Block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

/* Memory that is not cleared: small arenas would clear a block for a few bytes. */
static void *reserve(Arena *arena, size_t count, size_t size) {
    if (size && count > (SIZE_MAX / 2) / size) out_of_memory();
    size_t bytes = (count * size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    Block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (!block) out_of_memory();
        *block = (Block){.next = arena->blocks, .size = room};
        arena->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memory;
}

void *arena_alloc(Arena *arena, size_t count, size_t size) {
    void *memory = reserve(arena, count, size);
    return memset(memory, 0, count * size);
}

char *arena_strndup(Arena *arena, const char *s, size_t n) {
    char *copy = reserve(arena, n + 1, 1);
    copy[n] = '\0';
    return memcpy(copy, s, n);
}

char *arena_strdup(Arena *arena, const char *s) {
    return arena_strndup(arena, s, strlen(s));
}

/* Written where the next allocation will be: most texts fit there, and are written once. */
char *arena_vprintf(Arena *arena, const char *format, va_list args) {
    Block *block = arena->blocks;
    char *s = block ? (char *)block->bytes + block->used : NULL;
    size_t room = block ? block->size - block->used : 0;
    va_list again;
    va_copy(again, args);
    int n = format_into(s, room, format, args);
    size_t length = n < 0 ? 0 : (size_t)n;
    const bool fits = length < room;
    s = reserve(arena, length + 1, 1);
    if (!fits) format_into(s, length + 1, format, again);
    va_end(again);
    return s;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *s = arena_vprintf(arena, format, args);
    va_end(args);
    return s;
}

void *arena_grow(Arena *arena, void *items, int count, int *capacity, size_t item_size) {
    if (count < *capacity) return items;
    int room = *capacity ? 2 * *capacity : 4;
    char *grown = reserve(arena, (size_t)room, item_size);
    const size_t kept = (size_t)count * item_size;
    if (count) memcpy(grown, items, kept);
    memset(grown + kept, 0, ((size_t)room - (size_t)count) * item_size);
    *capacity = room;
    return grown;
}
