/* Tables of an architecture file: sorts them, lists their keys in the same order on every machine,
 * checks that they are lists. */
#include <math.h>
#include <string.h>

#include "front.h"

/* Compares bytes: Lua's `<` of strings depends on the locale. */
static bool bytes_before(lua_State *L, int a, int b) {
    size_t na, nb;
    const char *x = lua_tolstring(L, a, &na), *y = lua_tolstring(L, b, &nb);
    int order = memcmp(x, y, na < nb ? na : nb);
    return order < 0 || (order == 0 && na < nb);
}

/* Whether the value at `a` comes before that at `b`: by the function at `less`, else by `<`; keys
 * of both types: numbers first. */
static bool before(lua_State *L, int a, int b, int less) {
    if (less) {
        lua_pushvalue(L, less);
        lua_pushvalue(L, a < 0 ? a - 1 : a);
        lua_pushvalue(L, b < 0 ? b - 2 : b);
        lua_call(L, 2, 1);
        bool result = lua_toboolean(L, -1);
        lua_pop(L, 1);
        return result;
    }
    int ta = lua_type(L, a), tb = lua_type(L, b);
    if (ta == LUA_TSTRING && tb == LUA_TSTRING) return bytes_before(L, a, b);
    if (ta == LUA_TNUMBER && tb == LUA_TSTRING) return true;
    if (ta == LUA_TSTRING && tb == LUA_TNUMBER) return false;
    return lua_compare(L, a, b, LUA_OPLT);
}

/* Heap sort of list[1..n]: it ends for any comparison function, and always takes the same steps. */
static void sort_list(lua_State *L, int list, lua_Integer n, int less) {
    luaL_checkstack(L, 10, "sort");
    for (lua_Integer start = n / 2, end = n; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            lua_rawgeti(L, list, 1);
            lua_rawgeti(L, list, end + 1);
            lua_rawseti(L, list, 1);
            lua_rawseti(L, list, end + 1);
        }
        for (lua_Integer root = start, child; (child = 2 * root + 1) < end; root = child) {
            lua_rawgeti(L, list, child + 1);
            if (child + 1 < end) {
                lua_rawgeti(L, list, child + 2);
                if (before(L, -2, -1, less)) {
                    lua_remove(L, -2);
                    child++;
                } else {
                    lua_pop(L, 1);
                }
            }
            lua_rawgeti(L, list, root + 1);
            if (!before(L, -1, -2, less)) {
                lua_pop(L, 2);
                break;
            }
            lua_rawseti(L, list, child + 1);
            lua_rawseti(L, list, root + 1);
        }
    }
}

int table_sort(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    sort_list(L, 1, (lua_Integer)lua_rawlen(L, 1), lua_isnil(L, 2) ? 0 : 2);
    return 0;
}

bool table_push_keys(lua_State *L, int index) {
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, "keys");
    lua_newtable(L);
    int keys = lua_gettop(L);
    lua_Integer n = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER && lua_type(L, -1) != LUA_TSTRING) {
            lua_settop(L, keys - 1);
            return false;
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, keys, ++n);
    }
    sort_list(L, keys, n, 0);
    return true;
}

bool table_check_list(lua_State *L, int index, Loc loc, const char *what) {
    index = lua_absindex(L, index);
    lua_Integer n = (lua_Integer)lua_rawlen(L, index), k;
    if (!table_push_keys(L, index)) {
        diag_error(front_of(L)->diag, loc, "%s: wants a list { a, b, ... }", what);
        return false;
    }
    bool ok = true;
    for (int i = 1; ok && lua_rawgeti(L, -1, i) != LUA_TNIL; i++, lua_pop(L, 1)) {
        if (lua_isinteger(L, -1) && (k = lua_tointeger(L, -1)) >= 1 && k <= n) continue;
        diag_error(front_of(L)->diag, loc,
                   "%s: wants a list { a, b, ... }; `%.64s` has no place in it", what,
                   lua_tostring(L, -1));
        ok = false;
    }
    lua_pop(L, ok ? 2 : 1);
    return ok;
}

bool table_read_shape(lua_State *L, int index, int least, Shape *s) {
    const lua_Unsigned n = lua_istable(L, index) ? lua_rawlen(L, index) : MAX_RANK + 1;
    if (n < (lua_Unsigned)least || n > MAX_RANK) return false;
    *s = (Shape){(int)n, {0}};
    for (int i = 0; i < s->rank; i++) {
        lua_rawgeti(L, index, i + 1);
        const double v = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
        lua_pop(L, 1);
        if (!(v >= 1 && v <= (double)MAX_DIM && v == floor(v))) return false;
        s->dim[i] = (int)v;
    }
    return true;
}
