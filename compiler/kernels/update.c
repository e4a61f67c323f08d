/* Optimizer updates over runs of the parameter arena. The last addition of gradients is part of the
 * pass. The function has the parameters
 *   float *p, const float *g, const float *h, float *s0, s1, s2 (as many as moments), int n,
 *   const float *k, float scale (where a bound of the norm scales gradients)
 * for n rows of 16 parameters, gradients g + h (h NULL: g alone), moments; factors. */
#include "../graph/optimizer.h"
#include "../loops/loops.h"
#include "family.h"

/* Adds what the optimizer says, line by line. */
static void add_lines(Loops *l, const Optimizer *o, void (*say)(Writer *w, const Optimizer *o)) {
    Writer *w = writer_new(l->arena);
    say(w, o);
    l_lines(l, writer_text(w));
}

static void build(Loops *l, const Kernel *k) {
    const Phase *phase = k->phase;
    l_open(l, "for (int i = 0; i < n * 16; i += 16)");
    l_line(l, "F16 d = LOAD(g + i);");
    l_open(l, "if (h)");
    l_line(l, "d = ADD(d, LOAD(h + i));");
    l_close(l);
    if (phase->clip_norm > 0) l_line(l, "d = ROUNDED(MUL(SET(scale), d));");
    if (phase->clip_value > 0) {
        const double most = phase->clip_value;
        l_line(l, "d = MIN(SET((float)%.17g), MAX(SET((float)%.17g), d));", most, -most);
    }
    const Optimizer *o = phase_optimizer(phase, k->group);
    add_lines(l, o, o->kind->update);
    l_close(l);
}

static void build_factors(Loops *l, const Kernel *k) {
    const Optimizer *o = phase_optimizer(k->phase, k->group);
    add_lines(l, o, o->kind->factors);
}

const Family family_update = {
    .name = "update",
    .role = ROLE_UPDATE,
    .build = build,
    .build_factors = build_factors,
};
