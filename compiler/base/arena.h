/* Bump allocation: everything made during a compilation belongs to one arena and dies with it. */
#ifndef NNGEN_BASE_ARENA_H
#define NNGEN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

/* A new, empty arena. Ends the program with a message and status 1 when memory is exhausted, as do
 * all allocations from it. */
Arena *arena_new(void);

/* Frees the arena and everything allocated from it. NULL is allowed. */
void arena_free(Arena *arena);

/* Zeroed memory for `count` items of `size` bytes, aligned for any type. */
void *arena_alloc(Arena *arena, size_t count, size_t size);

/* Copy of a string, or of its first n characters. */
char *arena_strdup(Arena *arena, const char *s);
char *arena_strndup(Arena *arena, const char *s, size_t n);

/* The text that printf would write. */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list args);

/* Grows an array that lives in an arena: returns room for at least `count + 1` items, keeping the
 * first `count`. `*capacity` is updated. The old copy stays until the arena dies. */
void *arena_grow(Arena *arena, void *items, int count, int *capacity, size_t item_size);

#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), 1, sizeof(Type)))
#define ARENA_ARRAY(arena, Type, n) ((Type *)arena_alloc((arena), (size_t)(n), sizeof(Type)))
/* Appends `value` to the array `items` with members `n` and `cap` beside it. */
#define ARENA_PUSH(arena, items, n, cap, value)                                                    \
    do {                                                                                           \
        (items) = arena_grow((arena), (items), (n), &(cap), sizeof *(items));                      \
        (items)[(n)++] = (value);                                                                  \
    } while (0)

#endif
