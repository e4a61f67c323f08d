/* Optimizers and their options by name. */
#include "optimizer.h"

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
