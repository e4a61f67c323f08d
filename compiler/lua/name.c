/* Checks names that users give, and takes those of layers and parameters. */
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

/* Index of the layer of that name, -1 if there is none. */
static int layer_named(const Front *f, const char *name) {
    for (int i = 0; i < f->n_layers; i++)
        if (!strcmp(f->layers[i], name)) return i;
    return -1;
}

bool name_claim(lua_State *L, const char *name, Loc loc, const char *what) {
    Front *f = front_of(L);
    if (f->n_layers >= MAX_LAYERS)
        front_stop(L, "the model is too large (more than %d layers)", MAX_LAYERS);
    const int same = layer_named(f, name);
    if (same >= 0) {
        diag_error(f->diag, loc, "two %s are called \"%s\"", what, name);
        diag_note(f->diag, f->layer_locs[same], "the other one is here");
        return false;
    }
    ARENA_PUSH(f->arena, f->layer_locs, f->n_layers, f->cap_layer_locs, loc);
    f->n_layers--;
    ARENA_PUSH(f->arena, f->layers, f->n_layers, f->cap_layers, name);
    return true;
}

const Node *name_tensor(lua_State *L, const char *name) {
    const Graph *g = front_of(L)->graph;
    for (int i = 0; i < g->n_ties; i++)
        if (!strcmp(g->ties[i].name, name)) name = g->ties[i].param;
    int n;
    Node **tensors = graph_tensors(g, &n);
    for (int i = 0; i < n; i++)
        if (!strcmp(tensors[i]->name, name)) return tensors[i];
    return NULL;
}

bool name_layer(lua_State *L, const char *kind, int *number, const char **name, Loc loc) {
    Front *f = front_of(L);
    while (!*name) {
        const char *next = arena_printf(f->arena, "%s_%d", kind, ++*number);
        if (layer_named(f, next) < 0) *name = next;
    }
    return name_claim(L, *name, loc, "layers");
}
