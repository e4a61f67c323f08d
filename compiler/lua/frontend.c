#include "frontend.h"

#include <string.h>

#include "front.h"

static const char *folder_of(Arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_printf(arena, "%.*s", (int)(slash - path) + 1, path) : "";
}

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

Graph *load_architecture(Arena *arena, Diag *diag, const char *path, const Define *defines,
                         int n_defines, Sources *sources) {
    Front f = {.arena = arena,
               .diag = diag,
               .sources = sources,
               .defines = defines,
               .n_defines = n_defines};
    f.path = arena_strdup(arena, path);
    f.folder = folder_of(arena, path);
    f.graph = graph_new(arena, diag);
    f.define_used = ARENA_ARRAY(arena, bool, n_defines + 1);
    lua_State *L = sandbox_new(&f);
    if (!L) {
        diag_error(diag, (Loc){f.path, 0}, "out of memory");
        return NULL;
    }
    if (sandbox_run(L, f.path, (Loc){f.path, 0})) {
        if (!luaL_testudata(L, -1, model_meta))
            diag_error(diag, (Loc){f.path, 0},
                       lua_isnil(L, -1)
                           ? "returns nothing; an architecture ends with `return nn.model { ... }`"
                           : "returns %s, not nn.model { ... }: it is a part that architectures "
                             "can require",
                       value_words(L, -1));
        else
            check_defines(&f);
    }
    sandbox_close(L);
    if (diag_errors(diag)) return NULL;
    graph_rewrite(f.graph, NULL);
    return f.graph;
}
