/* Optimizers and their options by name. */
#include "optimizer.h"

#include <math.h>
#include <string.h>

#include "double.h"
#include "interpreter.h"

Optimizer optimizer_new(const OptimizerKind *kind) {
    Optimizer o = {.kind = kind};
    for (int i = 0; i < kind->n_options; i++) o.option[i] = kind->options[i].preset;
    return o;
}

Optimizer optimizer_with(const OptimizerKind *kind, const char *options) {
    Optimizer o = optimizer_new(kind);
    char name[64];
    while (*options) {
        const size_t n = strcspn(options, "=");
        if (n >= sizeof name || !options[n]) bug("options of %s: `%s`", kind->name, options);
        memcpy(name, options, n);
        name[n] = '\0';
        options += n + 1;
        *optimizer_option(&o, name) = double_read(&options);
        while (*options == ' ') options++;
    }
    return o;
}

double *optimizer_option(Optimizer *o, const char *name) {
    for (int i = 0; i < o->kind->n_options; i++)
        if (!strcmp(o->kind->options[i].name, name)) return &o->option[i];
    bug("%s has no %s", o->kind->name, name);
}

const char *const *optimizer_slots(const Optimizer *o) {
    return o->kind->moments(o);
}

static int place_of(const char *const *slots, const char *name) {
    int i = 0;
    while (slots[i] && strcmp(slots[i], name) != 0) i++;
    return i;
}

const char *const *phase_slots(Arena *arena, const Phase *phase) {
    const char **slots = ARENA_ARRAY(arena, const char *, (phase->n_groups + 1) * MAX_MOMENTS + 1);
    for (int g = 0, n = 0; g <= phase->n_groups; g++)
        for (const char *const *s = optimizer_slots(phase_optimizer(phase, g)); *s; s++)
            if (place_of(slots, *s) == n) slots[n++] = *s;
    return slots;
}

void slots_of(const char *const *slots, const Optimizer *o, int *places) {
    const char *const *own = optimizer_slots(o);
    for (int i = 0; own[i]; i++) places[i] = place_of(slots, own[i]);
}

double reference_clip_factor(const Phase *phase, double squares) {
    return phase->clip_norm > 0 ? fmin(1, phase->clip_norm / (sqrt(squares) + 1e-6)) : 1;
}

double reference_clip(const Phase *phase, double factor, double gradient) {
    const double g = factor * gradient;
    return phase->clip_value > 0 ? fmax(-phase->clip_value, fmin(phase->clip_value, g)) : g;
}

void reference_update(const Optimizer *o, int64_t step, double lr, int64_t count, double *param,
                      const double *gradient, double *const *slot) {
    int n = 0;
    while (optimizer_slots(o)[n]) n++;
    for (int64_t i = 0; i < count; i++) {
        double *m[MAX_MOMENTS];
        for (int j = 0; j < n; j++) m[j] = &slot[j][i];
        o->kind->reference(o, step, lr, &param[i], gradient[i], m);
    }
}
