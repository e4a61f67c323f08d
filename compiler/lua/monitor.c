/* `monitor` of a phase: the column of a training's log that evaluations are judged by. */
#include <string.h>

#include "../../common/nearest.h"
#include "front.h"

const char *monitor_read(lua_State *L, int index, Loc loc) {
    Front *f = front_of(L);
    if (!index || value_is_poison(L, index)) return NULL;
    if (lua_type(L, index) == LUA_TSTRING) return arena_strdup(f->arena, lua_tostring(L, index));
    diag_error(f->diag, loc,
               "train: monitor wants the name of a column, such as \"val_loss\", got %s",
               value_words(L, index));
    return NULL;
}

/* The columns that a training's log has in the phase; NULL behind the last. */
static const char **columns_of(const Graph *g, const Phase *p) {
    static const char *const splits[] = {"train", "val"};
    const char **names = ARENA_ARRAY(g->arena, const char *, 2 * g->n_metrics + 6 + MAX_MEMBERS);
    int n = 0;
    for (int i = 0; i < p->members; i++) names[n++] = arena_printf(g->arena, "loss_%d", i + 1);
    if (!p->members) names[n++] = "loss";
    for (int s = 0; s < 2; s++) {
        if (!p->members) names[n++] = arena_printf(g->arena, "%s_loss", splits[s]);
        for (int m = 0; m < g->n_metrics; m++)
            names[n++] = arena_printf(g->arena, "%s_%s", splits[s], g->metrics[m].name);
    }
    names[n++] = "lr";
    names[n++] = "grad_norm";
    return names;
}

void monitor_check_all(Front *f) {
    const Graph *g = f->graph;
    for (int i = 0; i < g->n_phases; i++) {
        const Phase *p = &g->phases[i];
        if (!p->monitor || p->member) continue;
        const char **names = columns_of(g, p), *list = "";
        for (int k = 0; names[k]; k++)
            list = arena_printf(f->arena, "%s%s%s", list, k ? ", " : "", names[k]);
        const bool reversed = *p->monitor == '-';
        const char *name = p->monitor + reversed;
        int k = 0;
        while (names[k] && strcmp(names[k], name) != 0) k++;
        if (names[k]) continue;
        const char *near = nearest_name(name, names);
        if (near)
            diag_error(f->diag, p->monitor_loc,
                       "train: monitor: there is no column \"%.64s\"; did you mean \"%s%s\"?", name,
                       reversed ? "-" : "", near);
        else
            diag_error(f->diag, p->monitor_loc,
                       "train: monitor: there is no column \"%.64s\"; there are %s", name, list);
    }
}
