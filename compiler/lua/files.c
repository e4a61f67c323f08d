/* The files of an architecture: reading, running, `require`, and Lua's own errors with their
 * places. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front.h"

/* Message handler: notes the place of an error while the stack still stands. */
static int note_place(lua_State *L) {
    Front *f = front_of(L);
    f->error_loc = front_here(L);
    if (lua_type(L, 1) != LUA_TSTRING && !lua_islightuserdata(L, 1))
        lua_pushfstring(L, "`error` was called with %s, not with a message", value_words(L, 1));
    return 1;
}

/* A message's first lines. */
static const char *shortened(Arena *arena, const char *message) {
    enum { MAX_LINES = 10, MAX_LENGTH = 2000 };
    size_t n = 0;
    for (int lines = 0; message[n] && n < MAX_LENGTH; n++)
        if (message[n] == '\n' && ++lines == MAX_LINES) break;
    return arena_printf(arena, "%.*s%s", (int)n, message, message[n] ? " ..." : "");
}

/* The error on top of the stack as a located diagnostic. Replaces Lua's "name:12: " with the place
 * as the user names it. */
static void report_lua_error(lua_State *L, int status) {
    Front *f = front_of(L);
    if (lua_islightuserdata(L, -1)) return; /* reported already */
    if (status == LUA_ERRMEM) {
        diag_error(f->diag, f->error_loc, "the file needs too much memory (more than 256 MiB)");
        return;
    }
    const char *message = lua_tostring(L, -1);
    if (!message) message = "";
    Loc loc = f->error_loc;
    for (int i = 0; i < f->n_files; i++) {
        size_t n = strlen(f->chunks[i] + 1);
        if (strncmp(message, f->chunks[i] + 1, n) != 0 || message[n] != ':') continue;
        char *end;
        long line = strtol(message + n + 1, &end, 10);
        if (end == message + n + 1 || strncmp(end, ": ", 2) != 0) continue;
        loc = (Loc){f->files[i], (int)line};
        message = end + 2;
        break;
    }
    if (strstr(message, "stack overflow") && f->error_loc.line == 0)
        message = "brackets or operators are nested too deeply";
    else if (!strcmp(message, "stack overflow") || !strcmp(message, "C stack overflow"))
        message = "functions call each other too deeply";
    diag_error(f->diag, loc, "%s",
               *message ? shortened(f->arena, message) : "`error` was called without a message");
}

/* Reads a whole regular file; NULL after a report. A required file may not be a link: it must lie
 * in the architecture's folder. */
static char *read_file(Front *f, const char *path, Loc from, bool required, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (required ? O_NOFOLLOW : 0));
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        int error = errno;
        if (fd >= 0) close(fd);
        diag_error(f->diag, from, "cannot open %s: %s", path,
                   required && error == ELOOP ? "it is a symbolic link" : strerror(error));
        return NULL;
    }
    const char *problem = S_ISDIR(st.st_mode)     ? "it is a folder"
                          : !S_ISREG(st.st_mode)  ? "it is not a regular file"
                          : st.st_size > MAX_FILE ? "it is larger than 1 MiB"
                                                  : NULL;
    size_t n = 0, room = problem ? 0 : (size_t)st.st_size + 1;
    char *text = arena_alloc(f->arena, room + 1, 1);
    while (!problem && n < room) {
        ssize_t got = read(fd, text + n, room - n);
        if (got < 0)
            problem = strerror(errno);
        else if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    if (!problem && n == room) problem = "it grows while it is read";
    if (problem) {
        diag_error(f->diag, from, "cannot read %s: %s", path, problem);
        return NULL;
    }
    *length = n;
    return text;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Notes the file. Lua's name of it is short enough that Lua's messages do not cut it. */
static const char *enter_source(Front *f, const char *path, const char *text, size_t length) {
    SourceFile source = {base_name(path), path, text, length};
    const char *chunk = strlen(source.name) < 50 ? arena_printf(f->arena, "=%s", source.name)
                                                 : arena_printf(f->arena, "=file%d", f->n_files);
    diag_source(f->diag, path, text);
    ARENA_PUSH(f->arena, f->sources->files, f->sources->n_files, f->sources->cap_files, source);
    ARENA_PUSH(f->arena, f->chunks, f->n_files, f->cap_chunks, chunk);
    f->n_files--;
    ARENA_PUSH(f->arena, f->files, f->n_files, f->cap_files, path);
    return chunk;
}

/* Where Lua begins to read, as its own loader does: after an editor's byte order mark, and at the
 * end of a first line with `#`. The text ends with a zero. */
static const char *first_line(const char *text, size_t length) {
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3;
    return *text == '#' ? text + strcspn(text, "\n") : text;
}

bool files_run(lua_State *L, const char *path, Loc from) {
    Front *f = front_of(L);
    size_t length;
    char *text = read_file(f, path, from, f->n_files > 0, &length);
    if (!text) return false;
    const char *start = first_line(text, length);
    const char *problem = *start == LUA_SIGNATURE[0]
                              ? "is a precompiled chunk; only Lua text is allowed"
                          : memchr(text, '\0', length) ? "is not a text: it has a zero byte"
                                                       : NULL;
    if (problem) {
        diag_error(f->diag, (Loc){path, 0}, "%s", problem);
        return false;
    }
    const char *chunk = enter_source(f, path, text, length);
    f->error_loc = (Loc){path, 0};
    lua_pushcfunction(L, note_place);
    int handler = lua_gettop(L);
    int status = luaL_loadbufferx(L, start, length - (size_t)(start - text), chunk, "t");
    if (status == LUA_OK) status = lua_pcall(L, 0, 1, handler);
    if (status != LUA_OK) report_lua_error(L, status);
    lua_remove(L, handler);
    if (status != LUA_OK) lua_pop(L, 1);
    return status == LUA_OK;
}

static int nn_require(lua_State *L) {
    Front *f = front_of(L);
    Loc here = front_here(L);
    front_count_call(L);
    if (value_is_poison(L, 1)) return value_push_poison(L);
    if (lua_type(L, 1) != LUA_TSTRING) {
        diag_error(f->diag, here, "require wants the name of a file, got %s", value_words(L, 1));
        return value_push_poison(L);
    }
    if (!strcmp(lua_tostring(L, 1), "nn")) {
        lua_getfield(L, LUA_REGISTRYINDEX, "nn.vocabulary");
        return 1;
    }
    const char *name = name_at(L, 1, here, "the name of a required file", false);
    if (!name) return value_push_poison(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "nn.loaded");
    int loaded = lua_gettop(L);
    if (lua_getfield(L, loaded, name) == LUA_TLIGHTUSERDATA) {
        diag_error(f->diag, here, "require \"%s\": the files require each other in a circle", name);
        return value_push_poison(L);
    }
    if (!lua_isnil(L, -1)) return 1;
    lua_pushlightuserdata(L, f);
    lua_setfield(L, loaded, name);
    const char *path = arena_printf(f->arena, "%s%s.lua", f->folder, name);
    if (!files_run(L, path, here)) {
        if (f->exhausted) return front_raise(L);
        value_push_poison(L);
    } else if (lua_isnil(L, -1)) {
        diag_error(f->diag, here, "require \"%s\": %s returns nothing", name, path);
        value_push_poison(L);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, loaded, name);
    return 1;
}

void files_open_require(lua_State *L) {
    Front *f = front_of(L);
    const char *name = base_name(f->path), *dot = strrchr(name, '.');
    lua_register(L, "require", nn_require);
    lua_newtable(L);
    /* The architecture itself is being loaded. */
    lua_pushlstring(L, name, dot ? (size_t)(dot - name) : strlen(name));
    lua_pushlightuserdata(L, f);
    lua_settable(L, -3);
    lua_setfield(L, LUA_REGISTRYINDEX, "nn.loaded");
}
