/* Patterns of names: `*` is any run of characters, `?` one. They are matched with the whole name of
 * a parameter, or of its layer. */
#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

enum { MOST_PATTERNS = 1000, MOST_CHARACTERS = 2 * MAX_NAME };

bool pattern_matches(const char *pattern, const char *name) {
    const char *star = NULL, *again = NULL; /* the latest star, and where its run ends so far */
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            again = name;
        } else if (*pattern == *name || *pattern == '?') {
            pattern++;
            name++;
        } else if (star) {
            pattern = star + 1;
            name = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

/* The layer that the parameter belongs to, NULL if it is one of its own. A layer's name may begin
 * with that of another one: the longest counts. */
static const char *layer_of(const Front *f, const char *param) {
    const char *layer = NULL;
    size_t longest = 0;
    for (int i = 0; i < f->n_layers; i++) {
        const size_t n = strlen(f->layers[i]);
        if (n <= longest || strncmp(param, f->layers[i], n) != 0 || param[n] != '.') continue;
        layer = f->layers[i];
        longest = n;
    }
    return layer;
}

Patterns pattern_read(lua_State *L, int index, Loc loc, const char *what) {
    Front *f = front_of(L);
    Patterns p = {.what = what, .loc = loc};
    const char *wants = "a pattern of names, such as \"conv*\", or a list of some";
    if (value_is_poison(L, index)) return p;
    const bool list = lua_istable(L, index);
    if (list && lua_rawlen(L, index) > 0 && !table_check_list(L, index, loc, what)) return p;
    const lua_Integer n = list ? (lua_Integer)lua_rawlen(L, index) : 1;
    if (list && n == 0) {
        lua_pushnil(L);
        if (lua_next(L, index)) /* { conv1 = true } */
            diag_error(f->diag, loc, "%s: wants %s", what, wants);
        return p;
    }
    if (n > MOST_PATTERNS) {
        diag_error(f->diag, loc, "%s: at most %d patterns are possible", what, MOST_PATTERNS);
        return p;
    }
    p.list = ARENA_ARRAY(f->arena, const char *, n);
    for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 1)) {
        front_check_mistakes(L);
        front_count_call(L);
        if (list)
            lua_rawgeti(L, index, i);
        else
            lua_pushvalue(L, index);
        if (lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) <= MOST_CHARACTERS)
            p.list[p.n++] = arena_strdup(f->arena, lua_tostring(L, -1));
        else if (!value_is_poison(L, -1))
            diag_error(f->diag, loc, "%s: wants %s, got %s", what, wants, value_words(L, -1));
    }
    return p;
}

/* Reports a pattern that matches no parameter. */
static void report_unmatched(Front *f, const Patterns *p, const char *pattern, Node *const *params,
                             const char *const *layers, int n) {
    /* A layer with a reported mistake has no parameters. */
    for (int i = 0; diag_errors(f->diag) && i < f->n_layers; i++)
        if (pattern_matches(pattern, f->layers[i])) return;
    const char **names = ARENA_ARRAY(f->arena, const char *, 2 * n + 1);
    int count = 0;
    for (int i = 0; i < n; i++)
        if (layers[i] && (!count || names[count - 1] != layers[i])) names[count++] = layers[i];
    for (int i = 0; i < n; i++) names[count++] = params[i]->name;
    const char *near = nearest_name(pattern, names);
    diag_error(
        f->diag, p->loc, "%s: no parameter, nor layer with parameters, is called \"%.64s\"%s",
        p->what, pattern,
        near ? arena_printf(f->arena, "; did you mean \"%s\"?", near)
        : n  ? arena_printf(f->arena, "; the first ones are \"%s\"%s", params[0]->name,
                           n > 1 ? arena_printf(f->arena, " and \"%s\"", params[1]->name) : "")
             : "");
}

bool *pattern_match(Front *f, const Patterns *p, Node *const *params, int n) {
    bool *taken = ARENA_ARRAY(f->arena, bool, n + 1);
    const char **layers = ARENA_ARRAY(f->arena, const char *, n + 1);
    for (int i = 0; i < n; i++) layers[i] = layer_of(f, params[i]->name);
    for (int i = 0; i < p->n; i++) {
        bool found = false;
        for (int j = 0; j < n; j++) {
            const bool matches = pattern_matches(p->list[i], params[j]->name) ||
                                 (layers[j] && pattern_matches(p->list[i], layers[j]));
            taken[j] = taken[j] || matches;
            found = found || matches;
        }
        if (!found) report_unmatched(f, p, p->list[i], params, layers, n);
    }
    return taken;
}
