/* Layouts: channels last, channels padded to rows of 16. A vector that flatten made keeps the
 * places of the tensor it came from, so that flatten costs nothing; weights of linear layers are
 * permuted to match when they are imported and exported. */
#include "../../kernels/pointwise.h"
#include "../../ops/ops.h"
#include "lowering.h"

static Layout padded_shape(Shape shape) {
    int d[3] = {1, 1, 1};
    for (int i = 0; i < shape.rank && i < 3; i++) d[i] = shape.dim[i];
    return layout_padded(d[0], d[1], d[2]);
}

static Layout operand_layout(const Plan *plan, const Node *node, int operand, const Layout *known) {
    const Node *from = node->in[operand];
    return known ? known[from->id] : value_layout(plan, from, NULL);
}

Layout value_layout(const Plan *plan, const Node *node, const Layout *known) {
    if (node->op == &op_flatten || op_is(node->op, TRAIT_ACCESS))
        return operand_layout(plan, node, 0, known);
    if (node->op == &op_reshape) {
        Layout from = operand_layout(plan, node, 0, known), to = padded_shape(node->type.shape);
        return layout_equal(from, to) ? from : to;
    }
    if (node->op == &op_linear_dgrad) {
        const ParamPlace *p = &plan->params[plan_param(plan, node->in[1]->name)];
        return layout_padded(p->in, p->kh, p->kw);
    }
    /* Decisions are numbered by place: dropout works where its numbers are in order. */
    if (op_is(node->op, TRAIT_RANDOM) && node->n_in == 1)
        return layout_padded((int)node->attr[DROPOUT_CHANNELS], (int)node->attr[DROPOUT_HEIGHT],
                             (int)node->attr[DROPOUT_WIDTH]);
    if (is_pointwise(node)) {
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i]->type.kind == KIND_SAMPLE) return operand_layout(plan, node, i, known);
    }
    if (op_is(node->op, TRAIT_LOSS_GRADIENT)) return operand_layout(plan, node, 0, known);
    return padded_shape(node->type.shape);
}
