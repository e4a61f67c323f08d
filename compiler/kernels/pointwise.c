#include "pointwise.h"

#include <ctype.h>
#include <string.h>

#include "../loops/loops.h"
#include "../ops/ops.h"
#include "../plan/lowering.h"

static bool keeps_zero(const Node *node) {
    bool samples = true;
    for (int i = 0; i < node->n_in; i++) samples = samples && node->in[i]->type.kind == KIND_SAMPLE;
    return node->op->zeros == ZEROS_KEPT || (node->op->zeros == ZEROS_OF_SAMPLES && samples);
}

static bool reads(const Kernel *k, const Node *node) {
    for (int i = 0; i < k->n_operands; i++)
        if (k->operands[i].value == node && !k->operands[i].written) return true;
    return false;
}

/* Expression for an operand: a register, a number, or a load. Nodes that share memory with their
 * operand are looked through. */
static const char *operand(const Kernel *k, Arena *arena, const Node *node, Site site) {
    if (node->type.kind != KIND_SAMPLE)
        return arena_printf(arena, "SET(%s)", kernel_argument(k, node));
    for (;; node = node->in[0]) {
        for (int i = 0; i < k->n_fused; i++)
            if (k->fused[i] == node) return arena_printf(arena, "f%d", i);
        if (node == k->pool && k->pool_after) return arena_printf(arena, "f%d", k->pool_after - 1);
        if (node == k->pool || node == k->node) return "h";
        if (reads(k, node) || !op_is(node->op, TRAIT_RENAMES))
            return arena_printf(arena, "LOAD(%s + %s)", kernel_param(k, node), site.offset);
    }
}

/* The part that the row belongs to. */
static const char *part_text(const Kernel *k, Arena *arena, Site site) {
    return arena_printf(arena, k->parts == 2 ? "(%s >= each)" : "(%s) / each", site.sample);
}

/* The decisions for the row: those of its part. The scale is the same for all. */
static const char *drop_text(const Kernel *k, Arena *arena, const Node *node, Site site) {
    const char *drop = kernel_argument(k, node);
    if (k->parts == 1 || node->op == &op_dropout_grad) return drop;
    return arena_printf(arena, "%s + %s", drop, part_text(k, arena, site));
}

/* The word that the first attribute stands for, in capitals. */
static const char *first_word(Arena *arena, const Node *node) {
    char *word = arena_strdup(
        arena, node->op->attrs[0].words[(int)attr_get(node->op, 0, node->attrs.values)]);
    for (char *c = word; *c; c++) *c = (char)toupper((unsigned char)*c);
    return word;
}

/* The row of the node's coefficients for the channels at hand. */
static const char *coefficient(const Kernel *k, Arena *arena, const Node *node, int row,
                               Site site) {
    for (int i = 0; i < k->n_operands; i++) {
        const Buffer *b = k->operands[i].buffer;
        if (b->space == SPACE_BATCH && b->node == node)
            return arena_printf(arena, "LOAD(%s + %d + %s)", k->operands[i].param,
                                row * round_up(k->out.C, LANES), site.channel);
    }
    bug("kernel %s has no coefficients of node %d", k->name, node->id);
}

static const char *expression(const Kernel *k, Arena *arena, const Node *node, Site site) {
    char *text = "";
    for (const char *p = node->op->row; *p; p++) {
        if (*p != '%') {
            text = arena_printf(arena, "%s%c", text, *p);
            continue;
        }
        const char *piece = "";
        switch (*++p) {
        case 'a':
        case 'b':
            piece = operand(k, arena, node->in[*p - 'a'], site);
            break;
        case 'x':
            piece = operand(k, arena, node->in[2], site);
            break;
        case '0':
        case '1':
        case '2':
        case '3':
            piece = coefficient(k, arena, node, *p - '0', site);
            break;
        case 'd':
            piece = drop_text(k, arena, node, site);
            break;
        case 's':
            piece = arena_printf(
                arena, "first + %s%s", site.sample,
                k->parts > 1 ? arena_printf(arena, " - %s * each", part_text(k, arena, site)) : "");
            break;
        case 'e':
            piece = site.element;
            break;
        case 'c':
            piece = site.channel;
            break;
        case 'p':
        case 'q':
            piece = arena_printf(arena, "(float)%.17g",
                                 attr_get(node->op, *p == 'q', node->attrs.values));
            break;
        case 'w':
            piece = first_word(arena, node);
            break;
        default:
            bug("row %s of %s", node->op->row, node->op->name);
        }
        text = arena_printf(arena, "%s%s", text, piece);
    }
    return text;
}

const char *row_text(const Kernel *k, Arena *arena, const char *head, Site site) {
    const char *text = "";
    if (head && strcmp(head, "h") != 0) text = arena_printf(arena, "const F16 h = %s;", head);
    bool clean = true;
    for (int i = 0; i < k->n_fused; i++) {
        const Node *node = k->fused[i];
        const char *e = expression(k, arena, node, site);
        text = arena_printf(arena, "%s%sconst F16 f%d = %s;", text, *text ? "\n" : "", i, e);
        clean = clean && keeps_zero(node);
    }
    for (int i = 0; i < k->n_operands; i++) {
        const Node *value = k->operands[i].value;
        if (!k->operands[i].written || !value || !kernel_computes(k, value)) continue;
        const char *name = operand(k, arena, value, site);
        int channels = k->out.C;
        if (!clean && channels % LANES)
            name = arena_printf(arena, "LANES(%s, 0, %d - (%s))", name, channels, site.channel);
        text = arena_printf(arena, "%s%sSTORE(%s + %s, %s);", text, *text ? "\n" : "",
                            k->operands[i].param, site.offset, name);
    }
    return text;
}

void build_all_rows(Loops *l, const Kernel *k, const char *head) {
    const Layout y = k->out;
    l_open(l, "for (int s = 0; s < n; s++)");
    l_open(l, "for (int p = 0; p < %d; p++)", y.H * y.W);
    l_open(l, "for (int c = 0; c < %d; c += 16)", y.cs);
    l_line(l, "const int e = p * %d + c, i = s * %d + e;", y.cs, y.stride);
    l_lines(l, row_text(k, l->arena, head, (Site){"i", "s", "e", "c"}));
    for (int i = 0; i < 3; i++) l_close(l);
}

/* Operands in the layout of the result, copied where they have another. */
static Kernel *own_kernel(Lowering *l, Node *node) {
    Buffer **in = ARENA_ARRAY(l->arena, Buffer *, node->n_in);
    Node **at = ARENA_ARRAY(l->arena, Node *, node->n_in);
    const Layout layout = l->value[node->id].layout;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i]->type.kind == KIND_SAMPLE)
            at[i] = in_layout(l, node->in[i], layout, &in[i]);
    Kernel *k = value_kernel(l, node);
    k->in = layout;
    for (int i = 0; i < node->n_in; i++) {
        if (!in[i]) continue;
        /* A copy in another layout stands for the operand in this kernel only. */
        lower_operand(l, k, NULL, in[i], at[i] ? at[i] : storage_of(l, node->in[i]), false);
    }
    return k;
}

static bool computes(const Lowering *l, const Kernel *k, const Node *node) {
    const Value *v = &l->value[node->id];
    return v->family && v->root == k->node;
}

static void lower(Lowering *l, Node *node) {
    Kernel *k = joined_kernel(l, node);
    const bool joined = k;
    if (!joined) k = own_kernel(l, node);
    add_fused(l, k, node);
    for (int i = 0; i < node->n_in && joined; i++) {
        if (node->in[i]->type.kind != KIND_SAMPLE) continue;
        Node *at = storage_of(l, node->in[i]);
        if (!computes(l, k, at)) lower_operand(l, k, NULL, earlier_value(l, k, at), at, false);
    }
    if (node->op->coefficients)
        lower_operand(l, k, arena_printf(l->arena, "c%d", k->n_operands),
                      make_tensor(l, node, node->op->n_coefficients), NULL, false);
    else
        lower_pointwise_args(l, k, node);
    make_value(l, node);
}

static bool fits(const Node *node) {
    return is_pointwise(node);
}

/* Loops over the chunk: one flat loop where no node asks where it is, else by place and channel. */
static void build(Loops *l, const Kernel *k) {
    bool flat = true;
    for (int i = 0; i < k->n_fused; i++)
        flat = flat && !op_is(k->fused[i]->op, TRAIT_RANDOM | TRAIT_CHANNELS) &&
               (keeps_zero(k->fused[i]) || k->out.C % LANES == 0);
    if (flat) {
        l_open(l, "for (int i = 0; i < n * %d; i += 16)", k->out.stride);
        l_lines(l, row_text(k, l->arena, NULL, (Site){"i", "0", "0", "0"}));
        l_close(l);
        return;
    }
    build_all_rows(l, k, NULL);
}

const Family family_pointwise = {
    .name = "pointwise",
    .fits = fits,
    .lower = lower,
    .fuses = true,
    .build = build,
};
