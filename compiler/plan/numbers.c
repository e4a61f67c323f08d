/* Numbers of the batch and dropout decisions of an entry, for the code outside kernels. */
#include <string.h>

#include "../ops/ops.h"
#include "lowering.h"

static const char *operand_text(Arena *arena, const Node *node) {
    return arena_printf(arena, "job->numbers.n%d", node->id);
}

/* The C expression of a schedule or scalar in terms of its operands. */
static const char *number_text(Arena *arena, const Node *n) {
    if (n->op == &op_number) return arena_printf(arena, "%.17g", ATTRS(n, NumberAttrs)->value);
    const char *a = n->n_in > 0 ? operand_text(arena, n->in[0]) : "";
    const char *b = n->n_in > 1 ? operand_text(arena, n->in[1]) : "";
    const char *c = n->n_in > 2 ? operand_text(arena, n->in[2]) : "";
    if (!n->op->number) bug("no number for %s", n->op->name);
    return arena_printf(arena, n->op->number, a, b, c);
}

void lower_number(Lowering *l, Node *node, Buffer *sum) {
    Number number = {.node = node,
                     .name = arena_printf(l->arena, "n%d", node->id),
                     .stage = l->value[node->id].stage,
                     .sum = sum,
                     .elements = 1};
    if (!sum)
        number.text = number_text(l->arena, node);
    else if (op_is(node->op, TRAIT_LOSS) && node->op != &op_cross_entropy)
        number.elements = shape_count(node->in[0]->type.shape);
    ARENA_PUSH(l->arena, l->entry->numbers, l->entry->n_numbers, l->entry->cap_numbers, number);
}

int lower_drop(Lowering *l, const Node *node) {
    Entry *e = l->entry;
    bool channels = node->op == &op_dropout2d;
    for (int i = 0; i < e->n_drops; i++) {
        const Node *d = e->drops[i].node;
        if (d && !op_is(d->op, TRAIT_MOVES | TRAIT_DRAWN) && d->type.parts == node->type.parts &&
            attrs_equal(d->op, &d->attrs, &node->attrs) &&
            attrs_equal(node->op, &d->attrs, &node->attrs) && (d->op == &op_dropout2d) == channels)
            return i;
    }
    const DropoutAttrs *attrs = dropout_attrs(node);
    int elements = round_up(attrs->channels, LANES);
    if (!channels) elements *= attrs->height * attrs->width;
    double p = attrs->p;
    Drop drop = {.layer = node->name ? node->name : "dropout",
                 .stream = attrs->stream,
                 .application = (uint32_t)attrs->application,
                 .threshold = dropout_threshold(p),
                 .words = (uint32_t)round_up(elements, 32) / 2,
                 .scale = p < 1 ? 1 / (1 - p) : 0,
                 .node = node};
    int first = e->n_drops;
    for (int i = 0; i < node->type.parts; i++) {
        ARENA_PUSH(l->arena, e->drops, e->n_drops, e->cap_drops, drop);
        drop.application += (uint32_t)attrs->application_step;
        drop.node = NULL;
    }
    return first;
}

/* Of a node that moves elements. */
static Drop move_draw(const Node *node) {
    return (Drop){.layer = node->name ? node->name : node->op->name,
                  .stream = ATTRS(node, MoveAttrs)->stream,
                  .threshold = dropout_threshold(ATTRS(node, MoveAttrs)->p),
                  .words = MOVE_WORDS,
                  .scale = 1,
                  .node = node};
}

/* Of a value that is drawn itself. */
static Drop random_draw(const Node *node) {
    return (Drop){.layer = node->name ? node->name : node->op->name,
                  .stream = ATTRS(node, RandomAttrs)->stream,
                  .application = RANDOM_STEADY,
                  .words = (uint32_t)random_words(node->type.shape),
                  .steady = true,
                  .node = node};
}

int lower_draw(Lowering *l, const Node *node) {
    Entry *e = l->entry;
    const bool moves = op_is(node->op, TRAIT_MOVES);
    const Drop draw = moves ? move_draw(node) : random_draw(node);
    for (int i = 0; i < e->n_drops && moves; i++) {
        const Drop *d = &e->drops[i];
        if (d->node && op_is(d->node->op, TRAIT_MOVES) && d->stream == draw.stream &&
            d->threshold == draw.threshold)
            return i;
    }
    ARENA_PUSH(l->arena, e->drops, e->n_drops, e->cap_drops, draw);
    return e->n_drops - 1;
}
