#ifndef NNGEN_PLAN_LAYOUT_H
#define NNGEN_PLAN_LAYOUT_H

#include "plan.h"

/* The pass `layout`: fills in Plan.params and phases, the rule that cuts batches, and layout and
 * storage of Entry.values. */
void plan_layout(Plan *plan);

#endif
