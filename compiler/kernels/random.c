/* Random values: a row of 16 elements is a function of counters, so rows are made in registers and
 * go on to what follows. */
#include "../ops/ops.h"
#include "../plan/lowering.h"
#include "lines.h"
#include "pointwise.h"

static bool fits(const Node *node) {
    return op_is(node->op, TRAIT_DRAWN);
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = value_kernel(l, node);
    k->in = k->out;
    lower_draw_args(l, k, node);
    make_value(l, node);
}

static void build(Loops *l, const Kernel *k) {
    const char *row =
        arena_printf(l->arena, "%s(%s, first + s, e)",
                     k->node->op == &op_randn ? "NORMAL" : "UNIFORM", kernel_argument(k, k->node));
    build_all_rows(l, k, clean_row(l->arena, row, k->out.C));
}

const Family family_random = {
    .name = "random value",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
};
