/* Where parameters lie: one after the other in the state, each padded to rows of 16, then the
 * copies derived from them, then the moments of the phase that trains. Gradients and moments of a
 * phase are packed: they exist for the parameters that the phase trains and no others. */
#include <string.h>

#include "../../graph/interpreter.h"
#include "../../graph/layers.h"
#include "../../kernels/weights.h"
#include "../../ops/ops.h"
#include "lowering.h"

static Buffer *state_buffer(Plan *plan, const char *name, int64_t size) {
    Buffer *b = ARENA_NEW(plan->arena, Buffer);
    b->name = name;
    b->space = SPACE_STATE;
    b->size = size;
    b->offset = plan->state_floats;
    plan->state_floats += size;
    return b;
}

/* The layer that uses a weight decides how it lies. */
static void place_weight(Plan *plan, ParamPlace *p) {
    const Node *user = NULL;
    for (int i = 0; i < plan->graph->n_nodes && !user; i++) {
        const Node *n = plan->graph->nodes[i];
        if ((n->op == &op_linear || n->op == &op_conv2d) && n->in[1] == p->node) user = n;
    }
    Shape s = p->node->type.shape;
    p->matrix = true;
    p->out = s.dim[0];
    p->groups = 1;
    if (user && user->op == &op_conv2d) {
        p->groups = (int)user->attr[CONV_GROUPS];
        p->in = s.dim[1] * p->groups;
        p->kh = s.dim[2];
        p->kw = s.dim[3];
    } else {
        Layout x = user ? value_layout(plan, user->in[0], NULL) : layout_padded(s.dim[1], 1, 1);
        p->in = x.C;
        p->kh = x.H;
        p->kw = x.W;
    }
    p->block_in = block_channels(p->out, p->in, p->groups);
}

static void plan_phase(Plan *plan, const Phase *phase, PhasePlan *pp) {
    pp->gradient_of = ARENA_ARRAY(plan->arena, int64_t, plan->n_params);
    for (int i = 0; i < plan->n_params; i++) pp->gradient_of[i] = -1;
    for (int i = 0; i < phase->n_trained; i++) {
        int index = plan_param(plan, phase->trained[i].param->name);
        const Buffer *b = plan->params[index].value;
        pp->gradient_of[index] = pp->gradient_floats;
        Range *last = pp->n_ranges ? &pp->ranges[pp->n_ranges - 1] : NULL;
        if (last && last->param + last->count == b->offset) {
            last->count += b->size;
        } else {
            Range r = {b->offset, pp->gradient_floats, b->size};
            ARENA_PUSH(plan->arena, pp->ranges, pp->n_ranges, pp->cap_ranges, r);
        }
        pp->gradient_floats += b->size;
    }
    pp->slot_names = optimizer_slots(&phase->optimizer);
    while (pp->slot_names[pp->slots]) pp->slots++;
}

void plan_params(Plan *plan) {
    static const char *const inits[] = {"NN_CONSTANT", "NN_UNIFORM", "NN_NORMAL"};
    Node **params = graph_nodes_of(plan->graph, "param", &plan->n_params);
    plan->params = ARENA_ARRAY(plan->arena, ParamPlace, plan->n_params);
    int n = plan->n_params;
    plan->n_params = 0;
    for (int i = 0; i < n; i++) {
        ParamPlace *p = &plan->params[i];
        p->node = params[i];
        p->init = inits[(int)params[i]->attr[PARAM_INIT]];
        p->a = params[i]->attr[PARAM_A];
        p->b = params[i]->attr[PARAM_B];
        if (params[i]->type.shape.rank == 1) {
            p->out = params[i]->type.shape.dim[0];
            p->in = p->kh = p->kw = p->groups = p->block_in = 1;
        } else {
            place_weight(plan, p);
        }
        plan->n_params = i + 1; /* layouts of later layers may ask for earlier weights */
        int64_t size = (int64_t)round_up(p->out, LANES) *
                       (p->matrix ? (int64_t)p->kh * p->kw * p->block_in : 1);
        p->value = state_buffer(plan, params[i]->name, size);
    }
    plan->param_floats = plan->state_floats;
    plan->phases = ARENA_ARRAY(plan->arena, PhasePlan, plan->graph->n_phases);
    for (int i = 0; i < plan->graph->n_phases; i++)
        plan_phase(plan, &plan->graph->phases[i], &plan->phases[i]);
}

static Derived *derived(Plan *plan, const DerivedKind *kind, const ParamPlace *p) {
    for (int i = 0; i < plan->n_derived; i++)
        if (plan->derived[i]->param == p && plan->derived[i]->kind == kind) return plan->derived[i];
    Derived *d = ARENA_NEW(plan->arena, Derived);
    d->kind = kind;
    d->param = p;
    d->name =
        arena_printf(plan->arena, "%s_%s", identifier(plan->arena, p->node->name), kind->name);
    ARENA_PUSH(plan->arena, plan->derived, plan->n_derived, plan->cap_derived, d);
    return d;
}

static Buffer *derived_buffer(Plan *plan, const Derived *d, int64_t size) {
    return state_buffer(
        plan, arena_printf(plan->arena, "%s.%s", d->param->node->name, d->kind->name), size);
}

Derived *plan_transposed(Plan *plan, const Node *dgrad) {
    const ParamPlace *p = &plan->params[plan_param(plan, dgrad->in[1]->name)];
    bool linear = dgrad->op == &op_linear_dgrad;
    bool pooled = !linear && family_of(plan, dgrad) == &family_pooled_dgrad;
    Derived *d = derived(plan,
                         linear   ? &derived_transposed_linear
                         : pooled ? &derived_by_output
                                  : &derived_transposed_conv,
                         p);
    if (d->value) return d;
    int rows = round_up(p->in, LANES), taps = p->kh * p->kw;
    d->block_out = block_channels(p->in, p->out, p->groups);
    d->blocks = rows / LANES * (linear ? taps : 1);
    d->value = derived_buffer(plan, d, (int64_t)rows * taps * d->block_out);
    return d;
}

Derived *plan_winograd(Plan *plan, const Node *node) {
    const ParamPlace *p = &plan->params[plan_param(plan, node->in[1]->name)];
    const bool transposed = node->op == &op_conv2d_dgrad;
    Derived *d = derived(plan, transposed ? &derived_winograd_transposed : &derived_winograd, p);
    if (d->value) return d;
    d->blocks = round_up(transposed ? p->in : p->out, LANES) / LANES;
    d->value = derived_buffer(plan, d, winograd_weight_floats(p, transposed));
    return d;
}
