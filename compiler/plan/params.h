/* Where parameters lie in the state. */
#ifndef NNGEN_PLAN_PARAMS_H
#define NNGEN_PLAN_PARAMS_H

#include "plan.h"

/* Lists the graph's parameters in Plan.params: names, shapes, initial values. */
void params_list(Plan *plan);

/* Gives the weight of a layer its form by the layout of the layer's input, if no layer did before.
 */
void params_form(Plan *plan, const Node *layer, Layout input);

/* Gives all of them places in the state, and phases their ranges, gradients and moments. */
void params_place(Plan *plan);

const ParamPlace *param_place(const Plan *plan, const Node *param);

/* The copy of a weight in another form; where its `value` is NULL nobody asked for it before: the
 * caller sets what the kind needs, then has it stored in so many floats. */
Derived *derived_copy(Plan *plan, const DerivedKind *kind, const ParamPlace *place);
void derived_store(Plan *plan, Derived *derived, int64_t floats);

#endif
