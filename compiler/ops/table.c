/* The table of ops, from ops.def. */
#include <string.h>

#include "ops.h"

const Op *const all_ops[] = {
#define OP(name) &op_##name,
#include "ops.def"
#undef OP
    NULL};

const Op *op_by_name(const char *name) {
    for (int i = 0; all_ops[i]; i++)
        if (!strcmp(all_ops[i]->name, name)) return all_ops[i];
    return NULL;
}
