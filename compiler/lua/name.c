/* Checks names that users give. */
#include <string.h>

#include "front.h"

bool name_check(lua_State *L, Loc loc, const char *what, const char *name) {
    size_t n = strlen(name);
    if (n >= 1 && n <= MAX_NAME &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n)
        return true;
    diag_error(front_of(L)->diag, loc,
               "%s must have 1 to %d letters, digits, `_` and `-`, got \"%.80s\"", what, MAX_NAME,
               name);
    return false;
}

const char *name_at(lua_State *L, int index, Loc loc, const char *what) {
    Front *f = front_of(L);
    size_t length;
    const char *name = lua_tolstring(L, index, &length);
    if (strlen(name) != length) {
        diag_error(f->diag, loc, "%s has a zero byte in it", what);
        return NULL;
    }
    return name_check(L, loc, what, name) ? arena_strdup(f->arena, name) : NULL;
}
