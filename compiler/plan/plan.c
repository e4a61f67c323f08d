/* Adding entries to a plan, and finding its buffers. */
#include "plan.h"

#include <string.h>

#include "../ops/ops.h"

Layout layout_padded(int C, int H, int W) {
    int cs = round_up(C, LANES);
    return (Layout){C, H, W, cs, H * W * cs, false};
}

Layout layout_of_shape(Shape s, bool last) {
    const int rank = s.rank;
    int n[3] = {1, 1, 1}; /* lanes, then places */
    if (rank > 0) n[0] = s.dim[last ? rank - 1 : 0];
    if (rank > 1) n[2] = s.dim[last ? rank - 2 : rank - 1];
    for (int i = !last; i < rank - 1 - last; i++) n[1] *= s.dim[i];
    Layout l = layout_padded(n[0], n[1], n[2]);
    l.last = last && rank > 1;
    return l;
}

void layout_steps(Shape s, Layout l, int step[MAX_RANK]) {
    const int lanes = l.last ? s.rank - 1 : 0;
    int place = l.cs;
    for (int i = s.rank - 1; i >= 0; i--) {
        step[i] = i == lanes ? 1 : place;
        if (i != lanes) place *= s.dim[i];
    }
}

const char *layout_offset(Arena *arena, Layout l, const char *index) {
    if (l.last) return arena_printf(arena, "%s / %d * %d + %s %% %d", index, l.C, l.cs, index, l.C);
    return arena_printf(arena, "%s %% %d * %d + %s / %d", index, l.H * l.W, l.cs, index, l.H * l.W);
}

bool layout_equal(Layout a, Layout b) {
    return a.C == b.C && a.H == b.H && a.W == b.W && a.cs == b.cs && a.stride == b.stride &&
           a.last == b.last;
}

bool buffer_placed(const Buffer *b) {
    return b->space == SPACE_SAMPLE && !b->whole && b->first >= 0;
}

int64_t buffer_room(const Buffer *b) {
    return b->size * b->parts;
}

int plan_param(const Plan *plan, const char *name) {
    for (int i = 0; i < plan->n_params; i++)
        if (!strcmp(plan->params[i].node->name, name)) return i;
    bug("no parameter %s in the plan", name);
}

const char *identifier(Arena *arena, const char *name) {
    char *s = arena_strdup(arena, name);
    for (char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
            *p = '_';
    return (*s >= '0' && *s <= '9') ? arena_printf(arena, "n%s", s) : s;
}

int64_t entry_field_floats(const Entry *entry, const Buffer *field) {
    int64_t sum = 0;
    for (int i = 0; i < entry->n_buffers && entry->buffers[i] != field; i++)
        if (entry->buffers[i]->space == SPACE_FIELD)
            sum += round_up((int)shape_count(entry->buffers[i]->node->type.shape), LANES);
    return sum;
}

/* The gradient of a crop adds up elements, so it is a value. */
static bool is_move(const Node *node) {
    return op_is(node->op, TRAIT_MOVES) && !node->op->backward_only;
}

Node *moved_field(const Node *node) {
    if (!is_move(node)) return NULL;
    Node *from = node->in[0];
    while (is_move(from)) from = from->in[0];
    return op_is(from->op, TRAIT_FIELD) ? from : NULL;
}

static bool is_plain_field(const Node *node) {
    return op_is(node->op, TRAIT_FIELD) || moved_field(node);
}

bool is_field(const Node *node) {
    if (node->op != &op_stack) return is_plain_field(node);
    for (int i = 0; i < node->n_in; i++)
        if (!is_plain_field(node->in[i])) return false;
    return true;
}

Entry *plan_add_entry(Plan *plan, EntryKind kind, int phase, Graph *graph) {
    static const char *const names[] = {"train", "evaluate", "predict", "next"};
    Entry *e = ARENA_NEW(plan->arena, Entry);
    e->kind = kind;
    e->phase = phase;
    e->name = phase < 0 ? names[kind] : arena_printf(plan->arena, "%s_%d", names[kind], phase + 1);
    e->graph = graph;
    ARENA_PUSH(plan->arena, plan->entries, plan->n_entries, plan->cap_entries, e);
    return e;
}

bool kernel_computes(const Kernel *k, const Node *node) {
    if (node == k->node || node == k->pool || node == k->partner) return true;
    for (int i = 0; i < k->n_fused; i++)
        if (k->fused[i] == node) return true;
    return false;
}

const char *kernel_param(const Kernel *kernel, const Node *node) {
    for (int i = 0; i < kernel->n_operands; i++)
        if (kernel->operands[i].value == node && !kernel->operands[i].written)
            return kernel->operands[i].param;
    bug("kernel %s does not read node %d (%s)", kernel->name, node->id, node->op->name);
}

const Operand *kernel_operand(const Kernel *kernel, const char *param) {
    for (int i = 0; i < kernel->n_operands; i++)
        if (!strcmp(kernel->operands[i].param, param)) return &kernel->operands[i];
    return NULL;
}

const char *kernel_argument(const Kernel *kernel, const Node *node) {
    for (int i = 0; i < kernel->n_args; i++)
        if (kernel->args[i].node == node) return kernel->args[i].name;
    bug("kernel %s has no argument for node %d", kernel->name, node->id);
}

const Node *const *kernel_followers(Arena *arena, const Kernel *k, int *count) {
    const Node **list = ARENA_ARRAY(arena, const Node *, k->n_fused + 1);
    *count = 0;
    for (int i = 0; i <= k->n_fused; i++) {
        if (k->pool && k->pool_after == i) list[(*count)++] = k->pool;
        if (i < k->n_fused && k->fused[i] != k->node) list[(*count)++] = k->fused[i];
    }
    return list;
}
