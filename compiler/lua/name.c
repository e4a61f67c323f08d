/* Checks names that users give. */
#include <string.h>

#include "front.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

bool name_check(lua_State *L, Loc loc, const char *what, const char *name) {
    const size_t n = strlen(name);
    if (n >= 1 && n <= MAX_NAME && strspn(name, LETTERS) == n) return true;
    diag_error(front_of(L)->diag, loc,
               "%s must have 1 to %d letters, digits, `_` and `-`, got \"%.80s\"", what, MAX_NAME,
               name);
    return false;
}

bool name_check_path(lua_State *L, Loc loc, const char *what, const char *name) {
    const size_t n = strlen(name);
    const bool parts = n && *name != '.' && name[n - 1] != '.' && !strstr(name, "..");
    if (parts && n <= MAX_NAME && strspn(name, LETTERS ".") == n) return true;
    diag_error(front_of(L)->diag, loc,
               "%s must have 1 to %d letters, digits, `_` and `-`, with dots between them, got "
               "\"%.80s\"",
               what, MAX_NAME, name);
    return false;
}

const char *name_at(lua_State *L, int index, Loc loc, const char *what, bool path) {
    Front *f = front_of(L);
    size_t length;
    const char *name = lua_tolstring(L, index, &length);
    if (strlen(name) != length) {
        diag_error(f->diag, loc, "%s has a zero byte in it", what);
        return NULL;
    }
    const bool good = path ? name_check_path(L, loc, what, name) : name_check(L, loc, what, name);
    return good ? arena_strdup(f->arena, name) : NULL;
}
