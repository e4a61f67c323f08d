#include <string.h>

#include "../ops/ops.h"
#include "family.h"

extern const Family family_contract, family_wgrad, family_bias_grad, family_pool, family_pool_grad,
    family_softmax, family_regression, family_decide, family_copy, family_stack, family_pointwise;

/* Order matters: the first that fits. */
const Family *const all_families[] = {
    &family_pooled_few, &family_pooled_wgrad, &family_pooled_dgrad, &family_winograd,
    &family_contract,   &family_wgrad,        &family_bias_grad,    &family_pool,
    &family_pool_grad,  &family_softmax,      &family_regression,   &family_decide,
    &family_copy,       &family_stack,        &family_pointwise,    NULL};

bool takes_pooled(const Family *family) {
    return family == &family_pooled_wgrad || family == &family_pooled_few ||
           family == &family_pooled_dgrad;
}

bool is_unpadded(const Node *value) {
    while (value->op == &op_stack) value = value->in[0];
    return value->op == &op_input || value->op == &op_target;
}

const char *kernel_param(const Kernel *kernel, const Node *node) {
    for (int i = 0; i < kernel->n_operands; i++)
        if (kernel->operands[i].value == node && !kernel->operands[i].written)
            return kernel->operands[i].param;
    bug("kernel %s does not read node %d (%s)", kernel->name, node->id, node->op->name);
}
