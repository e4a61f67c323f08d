/* The allowed part of Lua's libraries. Functions that could reach outside are left out. Functions
 * that would differ from run to run or from machine to machine (addresses, the order of pairs, the
 * pivots of sort, libm) are replaced or left out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../common/clean.h"
#include "front.h"

/* NaN is printed without a sign, which some machines would print. */
static bool is_nan(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TNUMBER && isnan(lua_tonumber(L, index));
}

static void push_text(lua_State *L, int index) {
    int type = lua_type(L, index);
    if (is_nan(L, index))
        lua_pushstring(L, "nan");
    else if (type == LUA_TUSERDATA && !value_node(L, index) &&
             !luaL_testudata(L, index, value_layer_meta))
        lua_pushstring(L, value_words(L, index));
    else if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TLIGHTUSERDATA)
        lua_pushstring(L, type == LUA_TLIGHTUSERDATA ? "error" : lua_typename(L, type));
    else
        luaL_tolstring(L, index, NULL);
}

static int clean_tostring(lua_State *L) {
    luaL_checkany(L, 1);
    push_text(L, 1);
    return 1;
}

/* string.format of values without addresses; the original is the upvalue. */
static int clean_format(lua_State *L) {
    const char *p = luaL_checkstring(L, 1);
    while ((p = strchr(p, '%'))) {
        p++;
        p += strspn(p, "-+ #0123456789.");
        if (*p == 'p') return luaL_error(L, "format: %%p is not available");
        if (*p) p++;
    }
    int n = lua_gettop(L);
    for (int i = 2; i <= n; i++) {
        int type = lua_type(L, i);
        if (is_nan(L, i)) {
            lua_pushnumber(L, (lua_Number)NAN);
            lua_replace(L, i);
        }
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN || type == LUA_TNIL)
            continue;
        push_text(L, i);
        lua_replace(L, i);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, n, 1);
    return 1;
}

/* For users who debug: a line on standard error, with its place and without control characters. */
static int print_line(lua_State *L) {
    enum { MAX_LINES = 1000, MAX_TEXT = 400 };
    Front *f = front_of(L);
    if (f->printed++ >= MAX_LINES) return front_stop(L, "print: more than %d lines", MAX_LINES);
    Loc here = front_here(L);
    char line[MAX_TEXT];
    size_t used = 0;
    for (int i = 1, n = lua_gettop(L); i <= n; i++) {
        push_text(L, i);
        int got = snprintf(line + used, sizeof line - used, "%s%s", i > 1 ? " " : "",
                           lua_tostring(L, -1));
        used = got < 0 || used + (size_t)got >= sizeof line ? sizeof line - 1 : used + (size_t)got;
        lua_pop(L, 1);
    }
    char file[MAX_TEXT], words[MAX_TEXT];
    clean_text(file, sizeof file, here.file, strlen(here.file));
    clean_text(words, sizeof words, line, used);
    fprintf(stderr, "%s:%d: %s\n", file, here.line, words);
    return 0;
}

/* The iterator of pairs: upvalues are the table, the sorted keys and a position. */
static int pairs_next(lua_State *L) {
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    do {
        lua_settop(L, 0);
        if (lua_rawgeti(L, lua_upvalueindex(2), ++i) == LUA_TNIL) return 1;
        lua_pushvalue(L, -1);
    } while (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL); /* taken out since */
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int sorted_pairs(lua_State *L) {
    if (value_is_poison(L, 1)) lua_newtable(L), lua_replace(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!table_push_keys(L, 1))
        return luaL_error(
            L, "pairs wants keys that are numbers or strings, so that the order is fixed");
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

/* Reports a missing word, of the globals or of the library that the upvalue names. */
static int missing(lua_State *L) {
    static const char *const left_out[] = {"io",
                                           "os",
                                           "debug",
                                           "package",
                                           "load",
                                           "loadfile",
                                           "loadstring",
                                           "dofile",
                                           "module",
                                           "next",
                                           "coroutine",
                                           "rawget",
                                           "rawset",
                                           "rawequal",
                                           "rawlen",
                                           "utf8",
                                           "warn",
                                           "xpcall",
                                           "_G",
                                           "setmetatable",
                                           "getmetatable",
                                           "randomseed",
                                           "random",
                                           "dump",
                                           "exp",
                                           "log",
                                           "sin",
                                           "cos",
                                           "tan",
                                           "asin",
                                           "acos",
                                           "atan",
                                           "pow",
                                           "pack",
                                           "unpack",
                                           "packsize",
                                           "bit32",
                                           "setfenv",
                                           "getfenv",
                                           "torch",
                                           "collectgarbage",
                                           NULL};
    Front *f = front_of(L);
    const char *library = lua_tostring(L, lua_upvalueindex(1)), *key = luaL_tolstring(L, 2, NULL);
    bool known = false;
    for (int i = 0; left_out[i]; i++) known = known || !strcmp(left_out[i], key);
    if (known)
        diag_error(f->diag, front_here(L),
                   "`%s%s%s` is not available: a file can only describe a "
                   "model, the same on every machine",
                   library ? library : "", library ? "." : "", key);
    else if (library)
        diag_error(f->diag, front_here(L), "%s has no `%.64s`", library, key);
    else
        diag_error(f->diag, front_here(L), "there is no variable `%.64s`", key);
    return value_push_poison(L);
}

static void set_missing(lua_State *L, const char *library) {
    lua_newtable(L);
    if (library)
        lua_pushstring(L, library);
    else
        lua_pushnil(L);
    lua_pushcclosure(L, missing, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

/* Pushes a table that has the listed words of the table on top, and no others. */
static void push_words(lua_State *L, const char *const *words) {
    lua_newtable(L);
    for (; *words; words++) {
        lua_getfield(L, -2, *words);
        lua_setfield(L, -2, *words);
    }
}

/* Finishes the table `string` on top of the library's own. */
static void finish_string(lua_State *L) {
    lua_getfield(L, -2, "format");
    lua_pushcclosure(L, clean_format, 1);
    lua_setfield(L, -2, "format");
    /* Methods of strings come from the same table. */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

static void finish_table(lua_State *L) {
    lua_pushcfunction(L, table_sort);
    lua_setfield(L, -2, "sort");
}

static void finish_math(lua_State *L) {
    (void)L;
}

void library_open(lua_State *L) {
    static const char *const base[] = {"assert", "error",    "ipairs", "pcall",
                                       "select", "tonumber", "type",   NULL};
    static const luaL_Reg own[] = {
        {"tostring", clean_tostring}, {"pairs", sorted_pairs}, {"print", print_line}, {NULL, NULL}};
    static const struct {
        const char *name;
        lua_CFunction open;
        void (*finish)(lua_State *);
        const char *words[20];
    } libraries[] = {{"string",
                      luaopen_string,
                      finish_string,
                      {"byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "rep",
                       "reverse", "sub", "upper"}},
                     {"table",
                      luaopen_table,
                      finish_table,
                      {"concat", "insert", "move", "pack", "remove", "unpack"}},
                     {"math",
                      luaopen_math,
                      finish_math,
                      {"abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min",
                       "mininteger", "modf", "pi", "sqrt", "tointeger", "type", "ult"}}};
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    push_words(L, base);
    luaL_setfuncs(L, own, 0);
    int globals = lua_gettop(L);
    for (int i = 0; i < 3; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].open, 0);
        push_words(L, libraries[i].words);
        libraries[i].finish(L);
        set_missing(L, libraries[i].name);
        lua_setfield(L, globals, libraries[i].name);
        lua_settop(L, globals);
    }
    set_missing(L, NULL);
    /* Chunks get the table that stands here as their globals. */
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_settop(L, 0);
}
