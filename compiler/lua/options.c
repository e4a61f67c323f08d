/* Option tables: every field is known, of the right type and in range, or the user hears of it. */
#include <math.h>
#include <string.h>

#include "front.h"

static bool mistake(lua_State *L, const char *what, const OptionSpec *spec, const char *wants,
                    int index) {
    diag_error(front_of(L)->diag, front_here(L), "%s: %s wants %s, got %s", what, spec->name, wants,
               value_words(L, index));
    return false;
}

static bool in_range(lua_State *L, const char *what, const OptionSpec *spec, double v) {
    if (v >= spec->low && v <= spec->high) return true;
    diag_error(front_of(L)->diag, front_here(L), "%s: %s must be between %g and %g, got %g", what,
               spec->name, spec->low, spec->high, v);
    return false;
}

static bool whole(lua_State *L, const char *what, const OptionSpec *spec, int index, double *out) {
    if (lua_type(L, index) != LUA_TNUMBER) return mistake(L, what, spec, "a whole number", index);
    double v = lua_tonumber(L, index);
    if (v != floor(v)) {
        diag_error(front_of(L)->diag, front_here(L), "%s: %s must be a whole number, got %g", what,
                   spec->name, v);
        return false;
    }
    if (!in_range(L, what, spec, v)) return false;
    *out = v;
    return true;
}

static bool read_pair(lua_State *L, const char *what, const OptionSpec *spec, OptionValue *value) {
    if (!lua_istable(L, -1)) {
        if (lua_type(L, -1) != LUA_TNUMBER)
            return mistake(L, what, spec, "a whole number or {height, width}", -1);
        if (!whole(L, what, spec, -1, &value->number[0])) return false;
        value->number[1] = value->number[0];
        return true;
    }
    if (lua_rawlen(L, -1) != 2) {
        diag_error(front_of(L)->diag, front_here(L), "%s: %s wants {height, width}", what,
                   spec->name);
        return false;
    }
    double pair[2];
    for (int i = 0; i < 2; i++) {
        lua_rawgeti(L, -1, i + 1);
        bool ok = whole(L, what, spec, -1, &pair[i]);
        lua_pop(L, 1);
        if (!ok) return false;
    }
    memcpy(value->number, pair, sizeof pair);
    return true;
}

/* The value is on top of the stack. */
static bool read_value(lua_State *L, const char *what, const OptionSpec *spec, OptionValue *value) {
    switch (spec->type) {
    case OPTION_NAME:
        if (lua_type(L, -1) != LUA_TSTRING) return mistake(L, what, spec, "a string", -1);
        if (!check_name(L, front_here(L), "a name", lua_tostring(L, -1))) return false;
        value->text = arena_strdup(front_of(L)->arena, lua_tostring(L, -1));
        return true;
    case OPTION_INT:
        return whole(L, what, spec, -1, &value->number[0]);
    case OPTION_PAIR:
        return read_pair(L, what, spec, value);
    case OPTION_REAL:
        if (lua_type(L, -1) != LUA_TNUMBER) return mistake(L, what, spec, "a number", -1);
        if (!in_range(L, what, spec, lua_tonumber(L, -1))) return false;
        value->number[0] = lua_tonumber(L, -1);
        return true;
    case OPTION_BOOL:
        if (!lua_isboolean(L, -1)) return mistake(L, what, spec, "true or false", -1);
        value->number[0] = lua_toboolean(L, -1);
        return true;
    case OPTION_INIT:
        if (!to_init(L, -1) && !lua_istable(L, -1))
            return mistake(L, what, spec, "an initialiser", -1);
        break;
    case OPTION_ANY:
        break;
    }
    lua_pushvalue(L, -1);
    value->stack = lua_gettop(L);
    return true;
}

static void unknown_option(lua_State *L, const char *what, const char *key, const OptionSpec *specs,
                           int n) {
    const char *names[32] = {NULL}, *list = "";
    Front *f = front_of(L);
    for (int i = 0; i < n && i < 31; i++) {
        names[i] = specs[i].name;
        list = arena_printf(f->arena, "%s%s%s", list, i ? ", " : "", specs[i].name);
    }
    const char *near = nearest_name(key, names);
    if (near)
        diag_error(f->diag, front_here(L), "%s: unknown option `%.64s`; did you mean `%s`?", what,
                   key, near);
    else
        diag_error(f->diag, front_here(L), "%s: unknown option `%.64s`; there are %s", what, key,
                   list);
}

bool read_options(lua_State *L, int index, const char *what, const OptionSpec *specs, int n,
                  OptionValue *values) {
    Front *f = front_of(L);
    bool ok = true;
    for (int i = 0; i < n; i++) {
        values[i] = (OptionValue){0};
        memcpy(values[i].number, specs[i].preset, sizeof specs[i].preset);
    }
    if (!lua_isnoneornil(L, index) && !lua_istable(L, index)) {
        diag_error(f->diag, front_here(L), "%s: wants a table of options, got %s", what,
                   value_words(L, index));
        return false;
    }
    luaL_checkstack(L, 2 * n + 8, "options");
    if (lua_istable(L, index)) {
        index = lua_absindex(L, index);
        if (!push_sorted_keys(L, index)) {
            diag_error(f->diag, front_here(L), "%s: the names of options are strings", what);
            return false;
        }
        int keys = lua_gettop(L);
        lua_Integer count = (lua_Integer)lua_rawlen(L, keys);
        for (lua_Integer k = 1; k <= count; k++) {
            lua_rawgeti(L, keys, k);
            /* lua_tostring would change a number in place. */
            const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
            if (!key) {
                diag_error(f->diag, front_here(L), "%s: options have names: %s { %s = ... }", what,
                           what, specs[0].name);
                ok = false;
                lua_pop(L, 1);
                continue;
            }
            int i = 0;
            while (i < n && strcmp(specs[i].name, key) != 0) i++;
            if (i == n) {
                unknown_option(L, what, key, specs, n);
                ok = false;
                lua_pop(L, 1);
                continue;
            }
            lua_rawget(L, index);
            values[i].given = true;
            int top = lua_gettop(L);
            if (!read_value(L, what, &specs[i], &values[i])) ok = false;
            if (values[i].stack)
                lua_remove(L, top), values[i].stack--;
            else
                lua_settop(L, top - 1);
        }
    }
    for (int i = 0; i < n; i++)
        if (specs[i].required && !values[i].given) {
            diag_error(f->diag, front_here(L), "%s: option `%s` is missing", what, specs[i].name);
            ok = false;
        }
    return ok;
}
