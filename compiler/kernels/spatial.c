/* Which places of the input the taps of each output read, in one spatial direction. */
#include "spatial.h"

bool axis_reads(const Axis *axis, int x, int t, int *place) {
    int at = x * axis->a + t * axis->b + axis->c;
    if (at < 0 || at % axis->e != 0 || at / axis->e >= axis->in) return false;
    *place = at / axis->e;
    return true;
}

int axis_tap_step(const Axis *axis) {
    int step = 1;
    while (step * axis->b % axis->e != 0) step++;
    return step;
}

int axis_phases(const Axis *axis) {
    return axis->e < axis->out ? axis->e : axis->out;
}

int axis_first_tap(const Axis *axis, int phase) {
    int tap = 0;
    while (tap < axis->taps && (phase + tap * axis->b + axis->c) % axis->e) tap++;
    return tap;
}

Inner axis_inner(const Axis *axis, int window, int phase) {
    int step = axis_tap_step(axis), tap = axis_first_tap(axis, phase);
    int a = axis->e > 1 ? 1 : axis->a;
    Inner r = {.count = (axis->out - phase + axis->e - 1) / axis->e};
    r.to = r.count;
    if (tap >= axis->taps) return r;
    int last = tap + (axis->taps - 1 - tap) / step * step;
    int p = (phase + tap * axis->b + axis->c) / axis->e;
    int q = (phase + last * axis->b + axis->c) / axis->e;
    int low = p < q ? p : q, high = p < q ? q : p;
    if (low < 0) r.from = (-low + a - 1) / a;
    int past = high >= axis->in ? 0 : (axis->in - 1 - high) / a + 1;
    if (past < r.to) r.to = past;
    r.from = (r.from + window - 1) / window * window;
    r.to = r.to / window * window;
    if (r.to < r.from) r.from = r.to = 0;
    return r;
}

int axis_alike(const Axis *axis, int x0, int width) {
    const Inner inner = axis_inner(axis, 1, 0);
    for (int x1 = x0 + width;; x1 += width) {
        if (x1 + width > axis->out) return x1;
        if (axis->e == 1 && x0 >= inner.from && x1 + width <= inner.to) continue;
        for (int t = 0; t < axis->taps; t++)
            for (int q = 0; q < width; q++) {
                int p;
                if (axis_reads(axis, x0 + q, t, &p) != axis_reads(axis, x1 + q, t, &p)) return x1;
            }
    }
}

Reach axis_reach(const Axis *axis, int tap) {
    const int at = tap * axis->b + axis->c, last = axis->in - 1 - at;
    const int past = last < 0 ? 0 : last / axis->a + 1;
    return (Reach){.from = at >= 0 ? 0 : (-at + axis->a - 1) / axis->a,
                   .to = past < axis->out ? past : axis->out};
}

bool axis_always_inside(const Axis *axis) {
    for (int t = 0; t < axis->taps; t++) {
        const Reach r = axis_reach(axis, t);
        if (r.from != 0 || r.to != axis->out) return false;
    }
    return true;
}

void axis_tables(Loops *l, const Axis *axis, const char *name) {
    int *from = ARENA_ARRAY(l->arena, int, axis->taps);
    int *to = ARENA_ARRAY(l->arena, int, axis->taps);
    for (int t = 0; t < axis->taps; t++) {
        const Reach r = axis_reach(axis, t);
        from[t] = r.from;
        to[t] = r.to;
    }
    l_table(l, arena_printf(l->arena, "%s_from", name), from, axis->taps);
    l_table(l, arena_printf(l->arena, "%s_to", name), to, axis->taps);
}
