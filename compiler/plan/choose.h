#ifndef NNGEN_PLAN_CHOOSE_H
#define NNGEN_PLAN_CHOOSE_H

#include "plan.h"

/* The pass `choose`: gives each node that has to be computed the first family of the list that
 * fits; shortcut families and Winograd's only where they are wanted. `families` is NULL-terminated
 * and has one of each role. */
void plan_choose(Plan *plan, const Family *const *families, bool shortcuts, bool winograd);

#endif
