/* Runs an architecture file and checks what it returns. */
#include "frontend.h"

#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

static const char *folder_of(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1) : "";
}

/* Reports each -D that no nn.param asked for. */
static void check_defines(Front *f) {
    const char **names = ARENA_ARRAY(f->arena, const char *, f->n_param_names + 1);
    for (int i = 0; i < f->n_param_names; i++) names[i] = f->param_names[i];
    for (int i = 0; i < f->n_defines; i++) {
        if (f->define_used[i]) continue;
        const char *near = nearest_name(f->defines[i].name, names);
        if (near)
            diag_error(f->diag, (Loc){f->path, 0},
                       "-D %.64s: the file has no nn.param of this name; did you mean `%s`?",
                       f->defines[i].name, near);
        else
            diag_error(f->diag, (Loc){f->path, 0},
                       "-D %.64s: the file has no nn.param of this name", f->defines[i].name);
    }
}

static int run(lua_State *L) {
    Front *f = front_of(L);
    Loc whole = {f->path, 0};
    if (!files_run(L, f->path, whole)) return 0;
    if (luaL_testudata(L, -1, value_model_meta))
        check_defines(f);
    else if (lua_isnil(L, -1))
        diag_error(f->diag, whole,
                   "returns nothing; an architecture ends with `return nn.model { ... }`");
    else if (!value_is_poison(L, -1))
        diag_error(f->diag, whole,
                   "returns %s, not nn.model { ... }: it is a part, which architectures can "
                   "require",
                   value_words(L, -1));
    return 0;
}

Graph *frontend_load(Arena *arena, Diag *diag, const char *path, const Define *defines,
                     int n_defines, bool predicts, Sources *sources) {
    Front f = {.arena = arena,
               .diag = diag,
               .graph = graph_new(arena, diag),
               .sources = sources,
               .path = arena_strdup(arena, path),
               .folder = folder_of(arena, path),
               .defines = defines,
               .n_defines = n_defines,
               .predicts = predicts,
               .define_used = ARENA_ARRAY(arena, bool, n_defines + 1)};
    f.error_loc = (Loc){f.path, 0};
    lua_State *L = sandbox_new(&f);
    bool ok = L != NULL;
    if (L) {
        lua_pushcfunction(L, run);
        ok = lua_pcall(L, 0, 0, 0) == LUA_OK;
        sandbox_close(L);
    }
    if (!ok && !diag_errors(diag)) diag_error(diag, f.error_loc, "the file needs too much memory");
    if (diag_errors(diag)) return NULL;
    graph_rewrite(f.graph, NULL);
    return f.graph;
}
