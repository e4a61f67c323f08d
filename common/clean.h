/* Foreign text, made safe to show. */
#ifndef COMMON_CLEAN_H
#define COMMON_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* Copies `n` bytes of foreign text, as far as `room` goes, with a zero after them. Characters that
 * a terminal would obey instead of showing become `?`: controls, characters that turn the direction
 * of writing, and bytes that are no UTF-8. Returns the length, which is never more than `n`. `to`
 * may be `text`. */
size_t clean_text(char *to, size_t room, const char *text, size_t n);

/* Whether clean_text would change nothing. */
bool is_clean(const char *text);

#endif
