/* Where values lie while kernels are made: buffers, operands, and copies in another layout. */
#include <string.h>

#include "../ops/ops.h"
#include "lowering.h"

Buffer *new_buffer(Lowering *l, BufferSpace space, const char *name, const Node *node) {
    Buffer *b = ARENA_NEW(l->arena, Buffer);
    b->name = name;
    b->index = l->entry->n_buffers;
    b->space = space;
    b->node = node;
    b->first = b->last = -1;
    ARENA_PUSH(l->arena, l->entry->buffers, l->entry->n_buffers, l->entry->cap_buffers, b);
    return b;
}

Buffer *sample_buffer(Lowering *l, const char *name, const Node *node, Layout layout) {
    Buffer *b = new_buffer(l, SPACE_SAMPLE, name, node);
    b->layout = layout;
    b->size = layout.stride;
    b->parts = node_parts(node);
    return b;
}

Buffer *part_buffer(Lowering *l, Buffer *whole, int part) {
    Buffer *b = new_buffer(l, SPACE_SAMPLE, arena_printf(l->arena, "%s[%d]", whole->name, part),
                           whole->node);
    b->element = whole->element;
    b->layout = whole->layout;
    b->size = whole->size;
    b->parts = 1;
    b->whole = whole;
    b->part = part;
    return b;
}

Buffer *sum_buffer(Lowering *l, const Node *node) {
    Buffer *b = new_buffer(l, SPACE_SUM, "sum", node);
    b->element = ELEMENT_DOUBLE;
    b->offset = l->entry->n_sums++;
    return b;
}

Buffer *cache_buffer(Lowering *l, const Node *node, int64_t size) {
    Buffer *b = new_buffer(l, SPACE_CACHE, "cache", node);
    b->size = (size + LANES - 1) / LANES * LANES;
    b->offset = l->entry->cache_floats;
    l->entry->cache_floats += b->size;
    return b;
}

Buffer *field_buffer(Lowering *l, Node *node) {
    for (int i = 0; i < l->entry->n_buffers; i++)
        if (l->entry->buffers[i]->space == SPACE_FIELD && l->entry->buffers[i]->node == node)
            return l->entry->buffers[i];
    Buffer *b = new_buffer(l, SPACE_FIELD, identifier(l->arena, node->name), node);
    Layout v = l->value[node->id].layout;
    b->layout = (Layout){v.C, v.H, v.W, v.C, v.C * v.H * v.W, v.last};
    b->size = b->layout.stride;
    b->element = node->type.classes ? ELEMENT_INT : ELEMENT_FLOAT;
    int index = 0;
    while (index < l->plan->n_fields && strcmp(l->plan->fields[index]->name, node->name) != 0)
        index++;
    if (index == l->plan->n_fields) bug("field %s is not in the plan", node->name);
    b->offset = index;
    if (l->entry->kind == ENTRY_PREDICT) l->plan->field_predicts[index] = true;
    return b;
}

void pack_field(Lowering *l, Node *node, Buffer *to, const char *kind) {
    Node *moved = moved_field(node), *field = moved ? moved : node;
    Kernel *k = new_kernel(l, l->plan->role[moved ? ROLE_MOVE : ROLE_PACK], node,
                           arena_printf(l->arena, moved ? "%s_moved_%s" : "%s_%s",
                                        identifier(l->arena, field->name), kind));
    Buffer *from = field_buffer(l, field);
    k->in = from->layout;
    k->out = to->layout;
    lower_operand(l, k, "x", from, NULL, false);
    lower_operand(l, k, "y", to, NULL, true);
    for (Node *at = node; at != field; at = at->in[0]) lower_draw_args(l, k, at);
}

static Buffer *packed(Lowering *l, Node *node, Layout layout, const char *kind) {
    const bool stack = node->op == &op_stack;
    const Node *one = stack ? node->in[0] : node, *moved = moved_field(one);
    Buffer *b = sample_buffer(l,
                              arena_printf(l->arena, moved ? "%s.moved.%s" : "%s.%s",
                                           moved ? moved->name : one->name, kind),
                              node, layout);
    if (!stack) pack_field(l, node, b, kind);
    for (int i = 0; stack && i < node->n_in; i++)
        pack_field(l, node->in[i], part_buffer(l, b, i), kind);
    return b;
}

Buffer *lower_value(Lowering *l, Node *node) {
    node = storage_of(l, node);
    if (!is_field(node)) return l->buffer[node->id];
    if (node->type.classes && !node->n_in) return field_buffer(l, node);
    if (!l->buffer[node->id])
        l->buffer[node->id] = packed(l, node, l->value[node->id].layout, "packed");
    return l->buffer[node->id];
}

static bool packs(const Kernel *k, const Buffer *b) {
    const Role role = k->family->role;
    if (role != ROLE_PACK && role != ROLE_MOVE) return false;
    const Buffer *to = k->operands[1].buffer;
    return to == b || to->whole == b;
}

Buffer *earlier_value(Lowering *l, Kernel *k, Node *node) {
    Buffer *b = lower_value(l, node);
    Entry *e = l->entry;
    for (int i = k->index + 1; i < e->n_kernels; i++) {
        Kernel *pack = e->kernels[i];
        if (!packs(pack, b)) continue;
        for (int j = i; j > k->index; j--) e->kernels[j] = e->kernels[j - 1];
        e->kernels[k->index] = pack;
        for (int j = k->index; j <= i; j++) e->kernels[j]->index = j;
    }
    return b;
}

/* Contractions broadcast single floats, so they read a field where it lies if its places are in
 * order, else a dense channels-last copy. */
Buffer *contraction_input(Lowering *l, Node *node) {
    node = storage_of(l, node);
    if (!is_field(node)) return l->buffer[node->id];
    Layout v = l->value[node->id].layout;
    if (!node->n_in && (v.C == 1 || v.H * v.W == 1 || v.last)) return field_buffer(l, node);
    if (!l->dense[node->id]) {
        Layout dense = {v.C, v.H, v.W, v.C, round_up(v.C * v.H * v.W, LANES), v.last};
        l->dense[node->id] = packed(l, node, dense, "dense");
    }
    return l->dense[node->id];
}

/* The value in the layout that a user needs, copied if it has another one. */
Node *in_layout(Lowering *l, Node *node, Layout layout, Buffer **buffer) {
    Node *at = storage_of(l, node);
    if (layout_equal(l->value[at->id].layout, layout)) {
        *buffer = lower_value(l, at);
        return at;
    }
    /* A field that is not packed yet is packed into that layout. */
    if (op_is(at->op, TRAIT_FIELD) && !at->type.classes) {
        *buffer = packed(l, at, layout, "packed");
        return NULL;
    }
    Buffer *from = lower_value(l, at);
    Kernel *k = new_kernel(l, l->plan->role[ROLE_RELAYOUT], at, "relayout");
    *buffer = sample_buffer(l, "relayout", at, layout);
    k->once = at->type.once;
    k->in = l->value[at->id].layout;
    k->out = layout;
    lower_operand(l, k, "x", from, at, false);
    lower_operand(l, k, "y", *buffer, NULL, true);
    return NULL;
}

Layout channels_layout(const Node *node) {
    return layout_of_shape(node->type.shape, false);
}

Node *in_channels(Lowering *l, Node *node, Buffer **buffer) {
    return in_layout(l, node, channels_layout(node), buffer);
}

Node *in_rows(Lowering *l, Node *node, Buffer **buffer) {
    return in_layout(l, node, layout_of_shape(node->type.shape, true), buffer);
}

Buffer *make_value(Lowering *l, Node *node) {
    Buffer *b = sample_buffer(
        l,
        node->name ? arena_printf(l->arena, "%s.%s", node->name, node->op->name) : node->op->name,
        node, l->value[node->id].layout);
    l->buffer[node->id] = b;
    return b;
}
