/* The sandbox: text chunks only, no access to the outside, limits on memory, instructions, CPU
 * time. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "front.h"

enum { MAX_MEMORY = 256 << 20, HOOK_EVERY = 10000, CPU_SECONDS = 6 };
static const long max_instructions = 200000000;

Front *front_of(lua_State *L) {
    return *(Front **)lua_getextraspace(L);
}

/* The limit holds for the script; a state that is being closed may always free. */
static void *limited_alloc(void *context, void *block, size_t old, size_t size) {
    Front *f = context;
    if (!block) old = 0;
    if (size == 0) {
        f->memory -= old;
        free(block);
        return NULL;
    }
    if (size > old && f->memory + (size - old) > MAX_MEMORY) return NULL;
    void *grown = realloc(block, size);
    if (grown) f->memory = f->memory - old + size;
    return grown;
}

static void count_instructions(lua_State *L, lua_Debug *debug) {
    (void)debug;
    Front *f = front_of(L);
    f->instructions += HOOK_EVERY;
    if (!f->exhausted && f->instructions < max_instructions) return;
    f->exhausted = true;
    /* From now on every instruction fails, also those of a pcall that hides this one. */
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, 1);
    luaL_error(L, "the file runs too long (more than %d million instructions)",
               (int)(max_instructions / 1000000));
}

Loc front_here(lua_State *L) {
    lua_Debug ar;
    Front *f = front_of(L);
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || ar.source[0] != '@') continue;
        for (int i = 0; i < f->n_files; i++)
            if (!strcmp(f->files[i], ar.source + 1)) return (Loc){f->files[i], ar.currentline};
    }
    return (Loc){f->path, 0};
}

/* "file:12: words" of Lua as a located diagnostic. */
static void report_lua_error(lua_State *L, const char *fallback) {
    Front *f = front_of(L);
    const char *message = lua_tostring(L, -1);
    if (!message) message = "the error is not a text";
    Loc loc = {fallback, 0};
    for (int i = 0; i < f->n_files; i++) {
        size_t n = strlen(f->files[i]);
        if (strncmp(message, f->files[i], n) != 0 || message[n] != ':') continue;
        char *end;
        long line = strtol(message + n + 1, &end, 10);
        if (end == message + n + 1 || *end != ':') continue;
        loc = (Loc){f->files[i], (int)line};
        message = end + 1;
        while (*message == ' ') message++;
        break;
    }
    diag_error(f->diag, loc, "%s", message);
}

/* Reads a whole regular file; NULL after a report. The last part of the path may not be a link when
 * `inside` the architecture's folder. */
static char *read_file(Front *f, const char *path, Loc from, bool inside, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (inside ? O_NOFOLLOW : 0));
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        if (fd >= 0) close(fd);
        diag_error(f->diag, from,
                   inside && errno == ELOOP ? "cannot open %s: it is a symbolic link"
                                            : "cannot open %s: %s",
                   path, strerror(errno));
        return NULL;
    }
    const char *problem = S_ISDIR(st.st_mode)     ? "it is a folder"
                          : !S_ISREG(st.st_mode)  ? "it is not a regular file"
                          : st.st_size > MAX_FILE ? "it is larger than 1 MiB"
                                                  : NULL;
    char *text = arena_alloc(f->arena, MAX_FILE + 2, 1);
    size_t n = 0;
    for (ssize_t got;
         !problem && n <= MAX_FILE && (got = read(fd, text + n, MAX_FILE + 1 - n)) != 0;) {
        if (got < 0)
            problem = strerror(errno);
        else
            n += (size_t)got;
    }
    if (n > MAX_FILE) problem = "it is larger than 1 MiB";
    close(fd);
    if (problem) {
        diag_error(f->diag, from, "cannot read %s: %s", path, problem);
        return NULL;
    }
    *length = n;
    text[n] = '\0';
    return text;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool sandbox_run(lua_State *L, const char *path, Loc from) {
    Front *f = front_of(L);
    size_t length;
    bool inside = f->n_files > 0;
    char *text = read_file(f, path, from, inside, &length);
    if (!text) return false;
    if (length && text[0] == '\x1b') {
        diag_error(f->diag, (Loc){path, 0}, "is a precompiled chunk; only Lua text is allowed");
        return false;
    }
    if (memchr(text, '\0', length)) {
        diag_error(f->diag, (Loc){path, 0}, "is not a text: it has a zero byte");
        return false;
    }
    diag_source(f->diag, path, text);
    ARENA_PUSH(f->arena, f->files, f->n_files, f->cap_files, path);
    SourceFile source = {base_name(path), text, length};
    ARENA_PUSH(f->arena, f->sources->files, f->sources->n_files, f->sources->cap_files, source);
    char *chunk = arena_printf(f->arena, "@%s", path);
    int errors = diag_errors(f->diag);
    if (luaL_loadbufferx(L, text, length, chunk, "t") != LUA_OK ||
        lua_pcall(L, 0, 1, 0) != LUA_OK) {
        /* An error in a required file is reported there; the error it raises here adds nothing. */
        if (diag_errors(f->diag) == errors || !inside || f->exhausted) {
            const char *message = lua_tostring(L, -1);
            if (!message || !strstr(message, "\x01reported")) report_lua_error(L, path);
        }
        lua_pop(L, 1);
        return false;
    }
    return true;
}

static int lua_require(lua_State *L) {
    Front *f = front_of(L);
    const char *name = luaL_checkstring(L, 1);
    Loc here = front_here(L);
    if (!strcmp(name, "nn")) {
        lua_getfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
        return 1;
    }
    if (!check_name(L, here, "the name of a required file", name))
        return luaL_error(L, "\x01reported");
    lua_getfield(L, LUA_REGISTRYINDEX, "nn.loaded");
    lua_getfield(L, -1, name);
    if (lua_islightuserdata(L, -1)) {
        diag_error(f->diag, here, "require \"%s\": the files require each other in a circle", name);
        return luaL_error(L, "\x01reported");
    }
    if (!lua_isnil(L, -1)) return 1;
    lua_pop(L, 1);
    lua_pushlightuserdata(L, f);
    lua_setfield(L, -2, name);
    const char *path = arena_printf(f->arena, "%s%s.lua", f->folder, name);
    if (!sandbox_run(L, path, here)) return luaL_error(L, "\x01reported");
    if (lua_isnil(L, -1)) {
        diag_error(f->diag, here, "require \"%s\": %s returns nothing", name, path);
        return luaL_error(L, "\x01reported");
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    return 1;
}

/* tostring without addresses: the same text in every run. */
static int lua_tostring_clean(lua_State *L) {
    luaL_checkany(L, 1);
    switch (lua_type(L, 1)) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
        lua_pushstring(L, luaL_typename(L, 1));
        break;
    default:
        luaL_tolstring(L, 1, NULL);
    }
    return 1;
}

static int compare_keys(lua_State *L, int a, int b) {
    int ta = lua_type(L, a), tb = lua_type(L, b);
    if (ta != tb) return ta == LUA_TNUMBER ? -1 : 1;
    return lua_compare(L, a, b, LUA_OPLT) ? -1 : lua_compare(L, b, a, LUA_OPLT) ? 1 : 0;
}

bool push_sorted_keys(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_newtable(L);
    int keys = lua_gettop(L);
    lua_Integer n = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER && lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 2);
            return false;
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, keys, ++n);
    }
    /* Heap sort: sizes come from strangers. */
    for (lua_Integer start = n / 2, end = n; end > 1;) {
        if (start > 0)
            start--;
        else {
            end--;
            lua_rawgeti(L, keys, 1);
            lua_rawgeti(L, keys, end + 1);
            lua_rawseti(L, keys, 1);
            lua_rawseti(L, keys, end + 1);
        }
        for (lua_Integer root = start, child; (child = 2 * root + 1) < end; root = child) {
            lua_rawgeti(L, keys, child + 1);
            if (child + 1 < end) {
                lua_rawgeti(L, keys, child + 2);
                if (compare_keys(L, -2, -1) < 0) {
                    lua_remove(L, -2);
                    child++;
                } else {
                    lua_pop(L, 1);
                }
            }
            lua_rawgeti(L, keys, root + 1);
            if (compare_keys(L, -1, -2) >= 0) {
                lua_pop(L, 2);
                break;
            }
            lua_rawseti(L, keys, child + 1);
            lua_rawseti(L, keys, root + 1);
        }
    }
    return true;
}

/* The iterator of pairs: upvalues are the table, the sorted keys and a position. */
static int pairs_next(lua_State *L) {
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;
    for (;; i++) {
        if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL) return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) break;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int lua_pairs_sorted(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!push_sorted_keys(L, 1))
        return luaL_error(
            L, "pairs wants keys that are numbers or strings, so that the order is fixed");
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

static void drop(lua_State *L, const char *table, const char *const *names) {
    if (table)
        lua_getglobal(L, table);
    else
        lua_pushglobaltable(L);
    for (; *names; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
    lua_pop(L, 1);
}

static int open_all(lua_State *L) {
    static const char *const base[] = {
        "collectgarbage", "dofile", "getmetatable", "load",     "loadfile", "loadstring",
        "next",           "print",  "warn",         "rawequal", "rawget",   "rawlen",
        "rawset",         "_G",     "setmetatable", "xpcall",   NULL};
    static const char *const string[] = {"dump", "pack", "unpack", "packsize", NULL};
    static const char *const math[] = {"random", "randomseed", NULL};
    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    lua_settop(L, 0);
    drop(L, NULL, base);
    drop(L, "string", string);
    drop(L, "math", math);
    lua_register(L, "require", lua_require);
    lua_register(L, "tostring", lua_tostring_clean);
    lua_register(L, "pairs", lua_pairs_sorted);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "nn.loaded");
    vocabulary_push(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
    return 0;
}

static char watchdog_text[400];

/* C functions (patterns, sorting) do not pass the instruction hook. */
static void watchdog(int signal_number) {
    (void)signal_number;
    ssize_t ignored = write(STDERR_FILENO, watchdog_text, strlen(watchdog_text));
    (void)ignored;
    _exit(1);
}

static void set_watchdog(int seconds) {
    struct itimerval limit = {.it_value = {.tv_sec = seconds}};
    struct sigaction action = {.sa_handler = seconds ? watchdog : SIG_DFL};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &limit, NULL);
}

lua_State *sandbox_new(Front *front) {
    lua_State *L = lua_newstate(limited_alloc, front);
    if (!L) return NULL;
    *(Front **)lua_getextraspace(L) = front;
    snprintf(watchdog_text, sizeof watchdog_text,
             "%.300s: error: the file runs too long (more than %d s)\n", front->path, CPU_SECONDS);
    set_watchdog(CPU_SECONDS);
    lua_pushcfunction(L, open_all);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        lua_close(L);
        return NULL;
    }
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, HOOK_EVERY);
    return L;
}

void sandbox_close(lua_State *L) {
    set_watchdog(0);
    lua_close(L);
}
