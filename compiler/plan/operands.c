/* Kernels of an entry as they are made: names, operands, arguments, order. */
#include <string.h>

#include "../ops/ops.h"
#include "lowering.h"
#include "params.h"

static const char *kernel_name(Lowering *l, const Node *node) {
    const char *suffix = node->op->kernel ? node->op->kernel : node->op->name;
    return node->name ? arena_printf(l->arena, "%s_%s", identifier(l->arena, node->name), suffix)
                      : identifier(l->arena, suffix);
}

Kernel *new_kernel(Lowering *l, const Family *family, Node *node, const char *name) {
    Kernel *k = ARENA_NEW(l->arena, Kernel);
    k->family = family;
    k->node = node;
    k->name = name;
    k->parts = node_parts(node);
    k->once = node_once(node);
    k->stage = l->value[node->id].stage;
    k->index = l->entry->n_kernels;
    ARENA_PUSH(l->arena, l->entry->kernels, l->entry->n_kernels, l->entry->cap_kernels, k);
    return k;
}

Kernel *node_kernel(Lowering *l, Node *node) {
    return new_kernel(l, l->value[node->id].family, node, kernel_name(l, node));
}

Kernel *value_kernel(Lowering *l, Node *node) {
    Kernel *k = node_kernel(l, node);
    l->kernel[node->id] = k;
    k->out = l->value[node->id].layout;
    return k;
}

Kernel *joined_kernel(Lowering *l, Node *node) {
    const Node *root = l->value[node->id].root;
    if (root == node) return NULL;
    l->kernel[node->id] = l->kernel[root->id];
    return l->kernel[node->id];
}

/* Remembers that a kernel reads the value, and those whose memory it shares. */
static void mark_read(Lowering *l, const Node *value) {
    l->read[value->id] = true;
    bool shares = op_is(value->op, TRAIT_ACCESS);
    for (int i = 0; shares && i < value->n_in; i++) mark_read(l, storage_of(l, value->in[i]));
}

const char *lower_operand(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value,
                          bool written) {
    for (int i = 0; i < k->n_operands && !param; i++)
        if (value && k->operands[i].value == value && k->operands[i].written == written)
            return k->operands[i].param;
    if (!param) param = arena_printf(l->arena, "%c%d", written ? 'y' : 'r', k->n_operands);
    const Operand operand = {param, buffer, written, value};
    ARENA_PUSH(l->arena, k->operands, k->n_operands, k->cap_operands, operand);
    if (value && !written) mark_read(l, value);
    return param;
}

void read_value(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value) {
    lower_operand(l, k, param, buffer, value && !is_field(value) ? value : NULL, false);
}

void read_param(Lowering *l, Kernel *k, const char *param, const Node *node) {
    lower_operand(l, k, param, param_place(l->plan, node)->value, NULL, false);
}

void place_last(Lowering *l, Kernel *k) {
    Entry *e = l->entry;
    for (int i = k->index; i + 1 < e->n_kernels; i++) {
        e->kernels[i] = e->kernels[i + 1];
        e->kernels[i]->index = i;
    }
    k->index = e->n_kernels - 1;
    e->kernels[k->index] = k;
}

static void add_arg(Lowering *l, Kernel *k, Arg arg) {
    ARENA_PUSH(l->arena, k->args, k->n_args, k->cap_args, arg);
}

void add_fused(Lowering *l, Kernel *k, Node *node) {
    ARENA_PUSH(l->arena, k->fused, k->n_fused, k->cap_fused, node);
}

static const char *number_name(Lowering *l, const Node *node) {
    for (int i = 0; i < l->entry->n_numbers; i++)
        if (l->entry->numbers[i].node == node) return l->entry->numbers[i].name;
    bug("node %d (%s) is no number", node->id, node->op->name);
}

void number_arg(Lowering *l, Kernel *k, Node *node, const char *name, const char *format) {
    add_arg(l, k,
            (Arg){"float", name, arena_printf(l->arena, format, number_name(l, node)), node, 0});
}

/* What a kernel needs to know the index of a sample, once: `first`, and `each`, the samples of a
 * part. */
static void sample_args(Lowering *l, Kernel *k) {
    for (int i = 0; i < k->n_args; i++)
        if (!strcmp(k->args[i].name, "first")) return;
    add_arg(l, k, (Arg){"int", "first", "first", NULL, 0});
    if (k->parts > 1) add_arg(l, k, (Arg){"int", "each", "n", NULL, 0});
}

/* Entry.drops from index `slot` on. */
static void draws_arg(Lowering *l, Kernel *k, Node *node, int slot) {
    add_arg(l, k,
            (Arg){"const NnDrop *", arena_printf(l->arena, "d%d", k->n_args),
                  arena_printf(l->arena, "&job->drops[%d]", slot), node, 0});
}

void lower_pointwise_args(Lowering *l, Kernel *k, Node *node) {
    for (int i = 0; i < node->n_in; i++) {
        Node *in = node->in[i];
        if (in->type.kind == KIND_SAMPLE) continue;
        bool known = false;
        for (int j = 0; j < k->n_args; j++) known = known || k->args[j].node == in;
        if (!known)
            number_arg(l, k, in, arena_printf(l->arena, "k%d", k->n_args),
                       "(float)job->numbers.%s");
    }
    if (!op_is(node->op, TRAIT_RANDOM)) return;
    if (node->op != &op_dropout_grad) sample_args(l, k);
    draws_arg(l, k, node, lower_drop(l, node));
}

void lower_place_arg(Lowering *l, Kernel *k, int places) {
    add_arg(l, k, (Arg){"int", "place", "call->place", NULL, places});
}

void lower_drop_args(Lowering *l, Kernel *k, Node *node) {
    sample_args(l, k);
    draws_arg(l, k, node, lower_drop(l, node));
}

void lower_draw_args(Lowering *l, Kernel *k, Node *node) {
    sample_args(l, k);
    draws_arg(l, k, node, lower_draw(l, node));
}
