/* Suggestions: "did you mean `kernel`?". */
#ifndef COMMON_NEAREST_H
#define COMMON_NEAREST_H

/* The name in `names` (NULL-terminated) that `name` was probably meant to be, or NULL if none is
 * that near: no suggestion is better than an unrelated one. Slips of the keyboard are counted, a
 * letter too many, too few, another one, or two neighbours swapped, whatever the case; one for
 * every three letters of the longer word, three at most, is near. In short words one slip may make
 * another word (`sin` and `min`), so there the first letter must be right, as it mostly is, and in
 * those of three letters no letter may be another one. The beginning of a name, three letters or
 * more, stands for the name. Of equally near names the first is given. */
const char *nearest_name(const char *name, const char *const *names);

#endif
