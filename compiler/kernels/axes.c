#include "axes.h"

/* Gives the kept axes of the larger side their steps on the smaller one, which has them in the same
 * order, perhaps among sizes of 1. */
static void match(Axis *axis, int n, Shape small, Layout layout) {
    int step[MAX_RANK], at = 0;
    layout_steps(small, layout, step);
    for (int i = 0; i < n; i++) {
        if (!axis[i].kept) continue;
        while (small.dim[at] == 1) at++;
        axis[i].small = step[at++];
    }
}

Axes axes_of(const Node *node, Shape large, Layout layout, Shape small, Layout of_small) {
    Axis all[MAX_RANK];
    Axes v = {.lanes = {.size = layout.C, .step = 1}};
    int step[MAX_RANK];
    layout_steps(large, layout, step);
    for (int i = 0; i < large.rank; i++)
        all[i] = (Axis){large.dim[i], step[i], 0,
                        large.dim[i] > 1 && !reduces_axis(node, large.rank, i)};
    match(all, large.rank, small, of_small);
    /* A vector may have the places of the tensor that it was made of. */
    if (large.rank == 1 && layout.H * layout.W > 1) {
        v.place[v.n_places++] = (Axis){.size = layout.H * layout.W, .step = layout.cs};
        return v;
    }
    const int lanes = layout.last ? large.rank - 1 : 0;
    for (int i = 0; i < large.rank; i++)
        if (i == lanes)
            v.lanes = all[i];
        else
            v.place[v.n_places++] = all[i];
    return v;
}

int axes_open(Loops *l, const Axes *v, bool kept, const char *row, const char **at,
              const char **small) {
    int n = 0, all = 0;
    for (int i = 0; i < v->n_places; i++) all += v->place[i].kept == kept && v->place[i].size > 1;
    *at = *small = "";
    for (int i = 0; i < v->n_places; i++) {
        const Axis *a = &v->place[i];
        if (a->kept != kept || a->size == 1) continue;
        if (row && n && n == all - 1) l_line(l, "%s", row);
        l_open(l, "for (int a%d = 0; a%d < %d; a%d++)", i, i, a->size, i);
        *at = arena_printf(l->arena, "%s + a%d * %d", *at, i, a->step);
        if (kept) *small = arena_printf(l->arena, "%s + a%d * %d", *small, i, a->small);
        n++;
    }
    return n;
}

void axes_close(Loops *l, int n) {
    while (n--) l_close(l);
}
