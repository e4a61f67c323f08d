/* Optimizer updates over runs of the parameter arena. The last addition of gradients is part of the
 * pass. */
#include "../graph/optimizer.h"
#include "family.h"

static bool never(const Node *node) {
    (void)node;
    return false;
}

static void write(Writer *w, const Kernel *k, const Isa *isa) {
    (void)isa;
    w_open(w, "for (int i = 0; i < n; i += 16)");
    w_line(w, "F16 d = LOAD(g + i);");
    w_line(w, "if (h) d = ADD(d, LOAD(h + i));");
    k->optimizer->kind->update(w, k->optimizer);
    w_close(w);
}

static void write_factors(Writer *w, const Kernel *k) {
    k->optimizer->kind->factors(w, k->optimizer);
}

const Family family_update = {
    .name = "update",
    .fits = never,
    .write = write,
    .write_factors = write_factors,
};
