/* printf for the texts of a compiler, which spends much of its time on them. */
#ifndef NNGEN_BASE_FORMAT_H
#define NNGEN_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf, and quicker where the format has only %s, %d, %lld and %%. If the text does not
 * fit, what `to` has is undefined. */
int format_into(char *to, size_t room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
