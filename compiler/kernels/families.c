#include <string.h>

#include "../ops/ops.h"
#include "family.h"

#define FAMILY(name) extern const Family family_##name;
#include "families.def"
#undef FAMILY

const Family *const all_families[] = {
#define FAMILY(name) &family_##name,
#include "families.def"
#undef FAMILY
    NULL};

const char *kernel_param(const Kernel *kernel, const Node *node) {
    for (int i = 0; i < kernel->n_operands; i++)
        if (kernel->operands[i].value == node && !kernel->operands[i].written)
            return kernel->operands[i].param;
    bug("kernel %s does not read node %d (%s)", kernel->name, node->id, node->op->name);
}
