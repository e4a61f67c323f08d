/* Lowering: every node of an entry's graph becomes part of a kernel, a number, or memory that it
 * shares with another node. Nodes come in order, so a kernel's operands exist before it. */
#include "lower.h"

#include <string.h>

#include "../graph/layers.h"
#include "../kernels/copy.h"
#include "../kernels/pointwise.h"
#include "../kernels/pool.h"
#include "../ops/ops.h"
#include "lowering.h"

static Buffer *new_buffer(Lowering *l, BufferSpace space, const char *name, const Node *node) {
    Buffer *b = ARENA_NEW(l->arena, Buffer);
    b->name = name;
    b->space = space;
    b->node = node;
    b->first = b->last = -1;
    ARENA_PUSH(l->arena, l->entry->buffers, l->entry->n_buffers, l->entry->cap_buffers, b);
    return b;
}

static Buffer *sample_buffer(Lowering *l, const char *name, const Node *node, Layout layout) {
    Buffer *b = new_buffer(l, SPACE_SAMPLE, name, node);
    b->layout = layout;
    b->size = layout.stride;
    return b;
}

/* Letters, digits and underscores only: names become C identifiers. */
static const char *identifier(Arena *arena, const char *name) {
    char *s = arena_strdup(arena, name);
    for (char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')))
            *p = '_';
    return (*s >= '0' && *s <= '9') ? arena_printf(arena, "n%s", s) : s;
}

static const char *kernel_name(Lowering *l, const Node *node) {
    static const struct {
        const Op *op;
        const char *suffix;
    } suffixes[] = {
        {&op_linear, "forward"},           {&op_conv2d, "forward"},
        {&op_linear_dgrad, "input_grad"},  {&op_conv2d_dgrad, "input_grad"},
        {&op_linear_wgrad, "weight_grad"}, {&op_conv2d_wgrad, "weight_grad"},
        {&op_bias_grad, "bias_grad"},
    };
    const char *suffix = node->op->name;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (suffixes[i].op == node->op) suffix = suffixes[i].suffix;
    return node->name ? arena_printf(l->arena, "%s_%s", identifier(l->arena, node->name), suffix)
                      : identifier(l->arena, suffix);
}

static Kernel *new_kernel(Lowering *l, const Family *family, Node *node, const char *name) {
    Kernel *k = ARENA_NEW(l->arena, Kernel);
    k->family = family;
    k->node = node;
    k->name = name;
    k->index = l->entry->n_kernels;
    ARENA_PUSH(l->arena, l->entry->kernels, l->entry->n_kernels, l->entry->cap_kernels, k);
    return k;
}

const char *lower_operand(Lowering *l, Kernel *k, const char *param, Buffer *buffer, Node *value,
                          bool written) {
    for (int i = 0; i < k->n_operands; i++)
        if (value && k->values[i] == value && k->operands[i].written == written)
            return k->operands[i].param;
    if (k->n_operands == MAX_OPERANDS) bug("kernel %s has too many operands", k->name);
    if (!param) param = arena_printf(l->arena, "%c%d", written ? 'y' : 'r', k->n_operands);
    k->values[k->n_operands] = value;
    k->operands[k->n_operands++] = (Operand){param, buffer, written};
    if (value && !written) {
        l->read[value->id] = true;
        const Kernel *maker = l->kernel[value->id];
        if (maker && maker != k && maker->stage > k->stage) k->stage = maker->stage;
    }
    return param;
}

/* Moves a kernel behind those that were made while its operands were gathered. */
static void place_last(Lowering *l, Kernel *k) {
    Entry *e = l->entry;
    for (int i = k->index; i + 1 < e->n_kernels; i++) {
        e->kernels[i] = e->kernels[i + 1];
        e->kernels[i]->index = i;
    }
    k->index = e->n_kernels - 1;
    e->kernels[k->index] = k;
}

static void add_arg(Kernel *k, const char *type, const char *name, const char *value, Node *node) {
    if (k->n_args == MAX_ARGS) bug("kernel %s has too many arguments", k->name);
    k->scalars[k->n_args] = node;
    k->args[k->n_args++] = (Arg){type, name, value};
}

static const char *number_name(Lowering *l, const Node *node) {
    for (int i = 0; i < l->entry->n_numbers; i++)
        if (l->entry->numbers[i].node == node) return l->entry->numbers[i].name;
    bug("node %d (%s) is no number", node->id, node->op->name);
}

/* A number as an argument in float; kernels of its users run in a later stage. */
static void number_arg(Lowering *l, Kernel *k, Node *node, const char *name, const char *format) {
    add_arg(k, "float", name, arena_printf(l->arena, format, number_name(l, node)), node);
    if (l->stage[node->id] >= k->stage) k->stage = l->stage[node->id] + 1;
}

void lower_pointwise_args(Lowering *l, Kernel *k, Node *node) {
    for (int i = 0; i < node->n_in; i++) {
        Node *in = node->in[i];
        if (in->type.kind == KIND_SAMPLE) continue;
        bool known = false;
        for (int j = 0; j < k->n_args; j++) known = known || k->scalars[j] == in;
        if (!known)
            number_arg(l, k, in, arena_printf(l->arena, "k%d", k->n_args),
                       "(float)job->numbers.%s");
    }
    if (!is_dropout(node)) return;
    int first = 0;
    while (first < k->n_args && strcmp(k->args[first].name, "first") != 0) first++;
    if (first == k->n_args && node->op != &op_dropout_grad)
        add_arg(k, "int", "first", "first", NULL);
    int slot = lower_drop(l, node);
    add_arg(k, "const NnDrop *", arena_printf(l->arena, "d%d", k->n_args),
            arena_printf(l->arena, "&job->drops[%d]", slot), node);
}

static Buffer *field_buffer(Lowering *l, Node *node) {
    for (int i = 0; i < l->entry->n_buffers; i++)
        if (l->entry->buffers[i]->space == SPACE_FIELD && l->entry->buffers[i]->node == node)
            return l->entry->buffers[i];
    Buffer *b = new_buffer(l, SPACE_FIELD, identifier(l->arena, node->name), node);
    Layout v = l->layout[node->id];
    b->layout = (Layout){v.C, v.H, v.W, v.C, v.C * v.H * v.W};
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

static bool is_field(const Node *node) {
    return node->op == &op_input || node->op == &op_label || node->op == &op_target;
}

static Buffer *packed(Lowering *l, Node *node, Layout layout, const char *kind) {
    Kernel *k = new_kernel(l, &family_pack, node,
                           arena_printf(l->arena, "%s_%s", identifier(l->arena, node->name), kind));
    Buffer *field = field_buffer(l, node);
    Buffer *b = sample_buffer(l, arena_printf(l->arena, "%s.%s", node->name, kind), node, layout);
    k->in = field->layout;
    k->out = layout;
    lower_operand(l, k, "x", field, NULL, false);
    lower_operand(l, k, "y", b, NULL, true);
    return b;
}

Buffer *lower_value(Lowering *l, Node *node) {
    node = l->storage[node->id];
    if (!is_field(node)) return l->buffer[node->id];
    if (node->type.classes) return field_buffer(l, node);
    if (!l->buffer[node->id]) {
        l->buffer[node->id] = packed(l, node, l->layout[node->id], "packed");
        l->kernel[node->id] = l->entry->kernels[l->entry->n_kernels - 1];
    }
    return l->buffer[node->id];
}

/* Contractions broadcast single floats, so they read a field where it lies if its places are in
 * order, else a dense channels-last copy. */
static Buffer *contraction_input(Lowering *l, Node *node) {
    node = l->storage[node->id];
    if (!is_field(node)) return l->buffer[node->id];
    Layout v = l->layout[node->id];
    if (v.C == 1 || v.H * v.W == 1) return field_buffer(l, node);
    if (!l->dense[node->id]) {
        Layout dense = {v.C, v.H, v.W, v.C, round_up(v.C * v.H * v.W, LANES)};
        l->dense[node->id] = packed(l, node, dense, "dense");
    }
    return l->dense[node->id];
}

/* The value in the layout that a user needs, copied if it has another one. */
static Node *in_layout(Lowering *l, Node *node, Layout layout, Buffer **buffer) {
    Node *at = l->storage[node->id];
    if (layout_equal(l->layout[at->id], layout)) {
        *buffer = lower_value(l, at);
        return at;
    }
    Buffer *from = lower_value(l, at);
    Kernel *k = new_kernel(l, &family_relayout, at, "relayout");
    *buffer = sample_buffer(l, "relayout", at, layout);
    k->in = l->layout[at->id];
    k->out = layout;
    lower_operand(l, k, "x", from, at, false);
    lower_operand(l, k, "y", *buffer, NULL, true);
    return NULL;
}

static Buffer *make_value(Lowering *l, Node *node) {
    Buffer *b = sample_buffer(
        l,
        node->name ? arena_printf(l->arena, "%s.%s", node->name, node->op->name) : node->op->name,
        node, l->layout[node->id]);
    l->buffer[node->id] = b;
    return b;
}

static const Family *family_of(const Node *node) {
    for (int i = 0; all_families[i]; i++)
        if (all_families[i]->fits(node)) return all_families[i];
    bug("no kernel family for %s", node->op->name);
}

static Kernel *node_kernel(Lowering *l, Node *node) {
    Kernel *k = new_kernel(l, family_of(node), node, kernel_name(l, node));
    l->kernel[node->id] = k;
    k->out = l->layout[node->id];
    return k;
}

static void read_param(Lowering *l, Kernel *k, const char *param, const Node *node) {
    lower_operand(l, k, param, l->plan->params[plan_param(l->plan, node->name)].value, NULL, false);
}

static void lower_contraction(Lowering *l, Node *node) {
    bool forward = node->op == &op_linear || node->op == &op_conv2d;
    Node *value = l->storage[node->in[0]->id];
    Buffer *x;
    if (node->op == &op_linear) {
        const ParamPlace *p = &l->plan->params[plan_param(l->plan, node->in[1]->name)];
        Layout v = l->layout[value->id];
        if (v.C == p->in && v.H == p->kh && v.W == p->kw)
            x = contraction_input(l, value);
        else
            value = in_layout(l, value, layout_padded(p->in, p->kh, p->kw), &x);
    } else {
        x = forward ? contraction_input(l, value) : lower_value(l, value);
    }
    Kernel *k = node_kernel(l, node);
    k->in = x->layout;
    k->flops = node_flops(node);
    lower_operand(l, k, "x", x, is_field(value ? value : node) ? NULL : value, false);
    if (forward) {
        read_param(l, k, "w", node->in[1]);
        if (node->n_in > 2) read_param(l, k, "bias", node->in[2]);
    } else {
        lower_operand(l, k, "w", plan_derived(l->plan, node)->value, NULL, false);
    }
    make_value(l, node);
}

/* A leaf of the gradient of the `index`-th trained parameter. */
static void lower_gradient_leaf(Lowering *l, Node *node, int index) {
    const Phase *phase = &l->graph->phases[0];
    const Node *param = phase->trained[index].param;
    int place = plan_param(l->plan, param->name);
    Kernel *k = new_kernel(l, family_of(node), node, kernel_name(l, node));
    k->flops = node_flops(node);
    bool bias = node->op == &op_bias_grad;
    Buffer *dw = NULL;
    for (int i = 0; i < l->entry->n_buffers && !dw; i++)
        if (l->entry->buffers[i]->space == SPACE_GRADIENT && l->entry->buffers[i]->node == param)
            dw = l->entry->buffers[i];
    if (!dw) {
        dw = new_buffer(l, SPACE_GRADIENT, arena_printf(l->arena, "%s.grad", param->name), param);
        dw->size = l->plan->params[place].value->size;
        dw->offset = l->plan->phases[l->entry->phase].gradient_of[place];
    }
    if (bias) {
        Node *dy = l->storage[node->in[0]->id];
        k->in = k->out = l->layout[dy->id];
        lower_operand(l, k, "dy", lower_value(l, dy), dy, false);
        lower_operand(l, k, "db", dw, NULL, true);
        place_last(l, k);
        return;
    }
    Node *x = l->storage[node->in[0]->id], *dy = l->storage[node->in[1]->id];
    Buffer *xb;
    const ParamPlace *p = &l->plan->params[place];
    Layout v = l->layout[x->id];
    if (node->op == &op_conv2d_wgrad || (v.C == p->in && v.H == p->kh && v.W == p->kw))
        xb = contraction_input(l, x);
    else
        x = in_layout(l, x, layout_padded(p->in, p->kh, p->kw), &xb);
    k->in = xb->layout;
    k->out = l->layout[dy->id];
    lower_operand(l, k, "x", xb, x && is_field(x) ? NULL : x, false);
    lower_operand(l, k, "dy", lower_value(l, dy), dy, false);
    lower_operand(l, k, "dw", dw, NULL, true);
    place_last(l, k);
}

static bool leaf_of(const Node *gradient, const Node *leaf) {
    if (gradient == leaf) return true;
    return gradient->op == &op_add &&
           (leaf_of(gradient->in[0], leaf) || leaf_of(gradient->in[1], leaf));
}

static void lower_gradient(Lowering *l, Node *node) {
    if (node->op == &op_add || node->op == &op_param) return;
    const Phase *phase = &l->graph->phases[0];
    for (int i = 0; i < phase->n_trained; i++)
        if (leaf_of(phase->trained[i].gradient, node)) lower_gradient_leaf(l, node, i);
}

static Buffer *sum_buffer(Lowering *l, const Node *node) {
    Buffer *b = new_buffer(l, SPACE_SUM, "sum", node);
    b->element = ELEMENT_DOUBLE;
    b->offset = l->entry->n_sums++;
    return b;
}

/* Operands of a loss or its gradient: x, then t (memory or number). */
static void loss_operands(Lowering *l, Kernel *k, Node *node) {
    Node *x = l->storage[node->in[0]->id];
    Buffer *xb = lower_value(l, x);
    k->in = l->layout[x->id];
    lower_operand(l, k, "x", xb, is_field(x) ? NULL : x, false);
    if (node->op == &op_bce_target_grad) return;
    Node *t = node->in[1];
    if (t->type.kind != KIND_SAMPLE) {
        number_arg(l, k, t, "target", "(float)job->numbers.%s");
        return;
    }
    Buffer *tb;
    Node *at = l->storage[t->id];
    if (at->type.classes && is_field(at))
        lower_operand(l, k, "t", field_buffer(l, at), NULL, false);
    else {
        at = in_layout(l, at, k->in, &tb);
        lower_operand(l, k, "t", tb, at && is_field(at) ? NULL : at, false);
    }
}

/* The factor of a loss gradient: upstream / batch, and / elements for means over elements. */
static void gradient_factor(Lowering *l, Kernel *k, Node *node) {
    Node *g = node->in[node->n_in - 1];
    double elements = 1;
    if (node->op != &op_cross_entropy_grad) elements = (double)shape_count(node->type.shape);
    if (node->op == &op_mse_grad) elements /= 2;
    number_arg(
        l, k, g, "g",
        arena_printf(l->arena, "(float)(job->numbers.%%s / (job->samples * %.17g))", elements));
}

static void lower_loss(Lowering *l, Node *node) {
    Kernel *k = node_kernel(l, node);
    k->out = (Layout){0};
    loss_operands(l, k, node);
    place_last(l, k);
    Buffer *sum = sum_buffer(l, node);
    lower_operand(l, k, "sum", sum, NULL, true);
    lower_number(l, node, k->stage, sum);
}

static void lower_loss_grad(Lowering *l, Node *node) {
    Node *g = node->in[node->n_in - 1];
    /* Softmax and its gradient share the kernel where the factor is known before the step. */
    for (int i = 0;
         node->op == &op_cross_entropy_grad && l->stage[g->id] < 0 && i < l->entry->n_kernels;
         i++) {
        Kernel *k = l->entry->kernels[i];
        if (k->node->op != &op_cross_entropy || k->partner || k->node->in[0] != node->in[0] ||
            k->node->in[1] != node->in[1])
            continue;
        k->partner = node;
        k->out = l->layout[node->id];
        l->kernel[node->id] = k;
        gradient_factor(l, k, node);
        lower_operand(l, k, "dx", make_value(l, node), node, true);
        return;
    }
    Kernel *k = node_kernel(l, node);
    loss_operands(l, k, node);
    place_last(l, k);
    gradient_factor(l, k, node);
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}

static void lower_pool(Lowering *l, Node *node) {
    bool max = node->op == &op_max_pool2d, fused = max && fuse_pool(l, node);
    Kernel *k = l->kernel[node->id];
    if (!fused) {
        Node *x = l->storage[node->in[0]->id];
        Buffer *b = lower_value(l, x);
        k = node_kernel(l, node);
        k->in = l->layout[x->id];
        lower_operand(l, k, "x", b, is_field(x) ? NULL : x, false);
    }
    make_value(l, node);
    bool gradient = false;
    for (Node **u = l->users[l->storage[node->in[0]->id]->id]; *u; u++)
        gradient = gradient || ((*u)->op == &op_max_pool2d_grad &&
                                !memcmp((*u)->attr, node->attr, sizeof(double) * (POOL_PAD_W + 1)));
    if (max && gradient) {
        Layout v = l->layout[node->id];
        Buffer *w = sample_buffer(l, "winner", node, v);
        w->element = pool_winner_element(node);
        w->size = w->element == ELEMENT_BYTE ? round_up(v.stride, 4 * LANES) / 4 : v.stride;
        if (w->element == ELEMENT_BYTE) w->layout.stride = v.stride;
        l->winner[node->id] = w;
        lower_operand(l, k, "winner", w, NULL, true);
    }
}

static void lower_pool_grad(Lowering *l, Node *node) {
    Node *dy = l->storage[node->in[node->op == &op_max_pool2d_grad ? 1 : 0]->id];
    Buffer *b = lower_value(l, dy);
    Kernel *k = node_kernel(l, node);
    k->in = l->layout[dy->id];
    lower_operand(l, k, "dy", b, dy, false);
    if (node->op == &op_max_pool2d_grad) {
        Buffer *winner = NULL;
        for (int i = 0; i < node->id && !winner; i++) {
            const Node *pool = l->graph->nodes[i];
            if (pool->op == &op_max_pool2d &&
                l->storage[pool->in[0]->id] == l->storage[node->in[0]->id] &&
                !memcmp(pool->attr, node->attr, sizeof(double) * (POOL_PAD_W + 1)))
                winner = l->winner[pool->id];
        }
        if (!winner) bug("max_pool2d_grad without its pool");
        lower_operand(l, k, "winner", winner, NULL, false);
    }
    lower_operand(l, k, "dx", make_value(l, node), node, true);
}

static void lower_pointwise(Lowering *l, Node *node) {
    if (!fuse_pointwise(l, node)) {
        Buffer *in[2] = {NULL, NULL};
        Node *at[2] = {NULL, NULL};
        Layout layout = l->layout[node->id];
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i]->type.kind == KIND_SAMPLE)
                at[i] = in_layout(l, node->in[i], layout, &in[i]);
        Kernel *k = node_kernel(l, node);
        k->in = layout;
        k->fused[k->n_fused++] = node;
        for (int i = 0; i < node->n_in; i++) {
            if (!in[i]) continue;
            /* A copy in another layout stands for the operand in this kernel only. */
            Node *value = at[i] ? at[i] : l->storage[node->in[i]->id];
            lower_operand(l, k, NULL, in[i], value, false);
        }
        lower_pointwise_args(l, k, node);
    }
    make_value(l, node);
}

static void lower_plain(Lowering *l, Node *node) {
    Buffer *in[MAX_OPERANDS];
    if (node->n_in >= MAX_OPERANDS) {
        diag_error(l->graph->diag, node->loc, "%s has %d operands; at most %d are possible",
                   node->op->name, node->n_in, MAX_OPERANDS - 1);
        make_value(l, node);
        return;
    }
    for (int i = 0; i < node->n_in; i++) {
        Node *at = l->storage[node->in[i]->id];
        Layout layout = l->layout[at->id];
        /* Features join in plain order; channels join place by place. */
        bool vector = node->op == &op_concat && node->type.shape.rank == 1;
        if (vector) layout = layout_padded(layout.C * layout.H * layout.W, 1, 1);
        if (node->op == &op_slice && node->type.shape.rank == 1)
            layout = layout_padded(layout.C * layout.H * layout.W, 1, 1);
        if (is_field(at) && at->type.classes)
            in[i] = field_buffer(l, at);
        else
            in_layout(l, at, layout, &in[i]);
    }
    Kernel *k = node_kernel(l, node);
    k->in = in[0]->layout;
    for (int i = 0; i < node->n_in; i++) {
        Node *at = l->storage[node->in[i]->id];
        bool direct = in[i] == l->buffer[at->id] && !is_field(at);
        char *param = i || node->n_in > 1 ? arena_printf(l->arena, "x%d", i) : "x";
        k->values[k->n_operands] = direct ? at : NULL;
        k->operands[k->n_operands++] = (Operand){param, in[i], false};
        if (direct) l->read[at->id] = true;
        if (l->kernel[at->id] && l->kernel[at->id]->stage > k->stage)
            k->stage = l->kernel[at->id]->stage;
    }
    lower_operand(l, k, "y", make_value(l, node), node, true);
}

static void lower_sample(Lowering *l, Node *node) {
    if (is_field(node)) return;
    if (node->op == &op_flatten || node->op == &op_reshape) {
        if (l->storage[node->id] != node) return;
        Buffer *b;
        in_layout(l, node->in[0], l->layout[node->id], &b);
        l->buffer[node->id] = b;
        l->kernel[node->id] = l->entry->kernels[l->entry->n_kernels - 1];
        return;
    }
    const Family *family = family_of(node);
    if (is_pointwise(node))
        lower_pointwise(l, node);
    else if (node->op == &op_max_pool2d || node->op == &op_avg_pool2d)
        lower_pool(l, node);
    else if (node->op == &op_max_pool2d_grad || node->op == &op_avg_pool2d_grad)
        lower_pool_grad(l, node);
    else if (node->op == &op_cross_entropy_grad || node->op == &op_mse_grad ||
             node->op == &op_bce_grad || node->op == &op_bce_target_grad)
        lower_loss_grad(l, node);
    else if (!strcmp(family->name, "contract"))
        lower_contraction(l, node);
    else
        lower_plain(l, node);
}

static void lower_node(Lowering *l, Node *node) {
    switch (node->type.kind) {
    case KIND_SCHEDULE:
        lower_number(l, node, -1, NULL);
        break;
    case KIND_PARAM:
        lower_gradient(l, node);
        break;
    case KIND_SAMPLE:
        lower_sample(l, node);
        break;
    case KIND_SCALAR:
        if (node->op == &op_cross_entropy || node->op == &op_mse ||
            node->op == &op_bce_with_logits) {
            lower_loss(l, node);
        } else {
            int stage = -1;
            for (int i = 0; i < node->n_in; i++)
                if (l->stage[node->in[i]->id] > stage) stage = l->stage[node->in[i]->id];
            lower_number(l, node, stage, NULL);
        }
        break;
    case KIND_ERROR:
        bug("an error node in the plan");
    }
}

/* Values in registers that a kernel elsewhere reads are stored by their kernel. */
static void store_values(Lowering *l) {
    for (int i = 0; i < l->graph->n_nodes; i++) {
        Node *node = l->graph->nodes[i];
        Kernel *k = l->kernel[i];
        if (!k || !l->read[i] || l->storage[i] != node || !l->buffer[i]) continue;
        bool stored = false;
        for (int j = 0; j < k->n_operands; j++)
            stored = stored || (k->operands[j].written && k->operands[j].buffer == l->buffer[i]);
        if (!stored) lower_operand(l, k, NULL, l->buffer[i], node, true);
    }
}

static void lower_outputs(Lowering *l) {
    const Graph *g = l->graph;
    for (int i = 0; i < g->n_metrics; i++) {
        Node *node = g->metrics[i].node;
        if (node->type.kind != KIND_SAMPLE) continue;
        Buffer *x = lower_value(l, node), *sum = sum_buffer(l, node);
        Kernel *k =
            new_kernel(l, &family_sum, node,
                       arena_printf(l->arena, "%s_mean", identifier(l->arena, g->metrics[i].name)));
        k->in = x->layout;
        lower_operand(l, k, "x", x, l->storage[node->id], false);
        lower_operand(l, k, "sum", sum, NULL, true);
        Number number = {.node = node,
                         .name = arena_printf(l->arena, "m%d", i),
                         .stage = k->stage,
                         .sum = sum,
                         .elements = 1};
        ARENA_PUSH(l->arena, l->entry->numbers, l->entry->n_numbers, l->entry->cap_numbers, number);
    }
    for (int i = 0; i < g->n_predictions; i++) {
        Node *node = l->storage[g->predictions[i].node->id];
        Buffer *x = lower_value(l, node);
        Kernel *k = new_kernel(
            l, &family_unpack, node,
            arena_printf(l->arena, "%s_out", identifier(l->arena, g->predictions[i].name)));
        Buffer *y = new_buffer(l, SPACE_OUTPUT, g->predictions[i].name, node);
        y->offset = i;
        k->in = k->out = x->layout;
        lower_operand(l, k, "x", x, is_field(node) ? NULL : node, false);
        lower_operand(l, k, "y", y, NULL, true);
    }
}

static void find_users(Lowering *l) {
    int n = l->graph->n_nodes;
    int *count = ARENA_ARRAY(l->arena, int, n);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < n && pass; i++) {
            l->users[i] = ARENA_ARRAY(l->arena, Node *, count[i] + 1);
            count[i] = 0;
        }
        for (int i = 0; i < n; i++) {
            Node *node = l->graph->nodes[i];
            if (l->storage[i] != node) continue;
            for (int j = 0; j < node->n_in; j++) {
                int at = l->storage[node->in[j]->id]->id;
                if (pass) l->users[at][count[at]] = node;
                count[at]++;
            }
        }
    }
}

static void sort_stages(Entry *e) {
    Kernel **sorted = e->kernels;
    for (int i = 1; i < e->n_kernels; i++)
        for (int j = i; j > 0 && sorted[j - 1]->stage > sorted[j]->stage; j--) {
            Kernel *k = sorted[j];
            sorted[j] = sorted[j - 1];
            sorted[j - 1] = k;
        }
    for (int i = 0; i < e->n_kernels; i++) {
        e->kernels[i]->index = i;
        if (e->kernels[i]->stage + 1 > e->stages) e->stages = e->kernels[i]->stage + 1;
    }
}

static void lower_entry(Plan *plan, Entry *entry) {
    Graph *g = entry->graph;
    int n = g->n_nodes;
    Arena *a = plan->arena;
    Lowering l = {.plan = plan, .entry = entry, .graph = g, .arena = a};
    l.layout = ARENA_ARRAY(a, Layout, n);
    l.buffer = ARENA_ARRAY(a, Buffer *, n);
    l.kernel = ARENA_ARRAY(a, Kernel *, n);
    l.storage = ARENA_ARRAY(a, Node *, n);
    l.stage = ARENA_ARRAY(a, int, n);
    l.winner = ARENA_ARRAY(a, Buffer *, n);
    l.dense = ARENA_ARRAY(a, Buffer *, n);
    l.users = ARENA_ARRAY(a, Node **, n);
    l.read = ARENA_ARRAY(a, bool, n);
    for (int i = 0; i < n; i++) {
        Node *node = g->nodes[i];
        l.storage[i] = node;
        if (node->type.kind != KIND_SAMPLE) continue;
        l.layout[i] = value_layout(plan, node);
        if ((node->op == &op_flatten || node->op == &op_reshape) &&
            layout_equal(l.layout[i], l.layout[l.storage[node->in[0]->id]->id]))
            l.storage[i] = l.storage[node->in[0]->id];
    }
    find_users(&l);
    entry->stages = 1;
    for (int i = 0; i < n; i++) lower_node(&l, g->nodes[i]);
    lower_outputs(&l);
    store_values(&l);
    sort_stages(entry);
    if (entry->kind == ENTRY_TRAIN)
        entry->gradient_floats = plan->phases[entry->phase].gradient_floats;
    if (entry->kind != ENTRY_PREDICT) entry->loss = g->phases[0].loss;
}

void lower(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) lower_entry(plan, plan->entries[i]);
    plan->moment_offset = plan->state_floats;
    int64_t most = 0;
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        if (e->kind != ENTRY_TRAIN) continue;
        const PhasePlan *p = &plan->phases[e->phase];
        int64_t floats = p->slots * p->gradient_floats;
        if (floats > most) most = floats;
    }
    plan->state_floats += most;
}
