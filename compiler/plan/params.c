/* Where parameters lie: one after the other in the state, each padded to rows of 16, then the
 * copies derived from them, then the moments of the phase that trains. Gradients and moments of a
 * phase are packed: they exist for the parameters that the phase trains and no others. */
#include "params.h"

#include <string.h>

#include "../graph/layers.h"
#include "../graph/optimizer.h"

#include "../ops/geometry.h"
#include "../ops/ops.h"

static Buffer *state_buffer(Plan *plan, const char *name, int64_t size) {
    Buffer *b = ARENA_NEW(plan->arena, Buffer);
    b->name = name;
    b->space = SPACE_STATE;
    b->size = size;
    b->offset = plan->state_floats;
    plan->state_floats += size;
    return b;
}

int block_channels(int out, int in, int groups) {
    int og = out / groups, ig = in / groups;
    if (groups == 1 || (og % LANES != 0 && LANES % og != 0)) return in;
    int count = og % LANES == 0 ? ig : LANES / og * ig;
    return count < in ? count : in;
}

static void place_phase(Plan *plan, const Phase *phase, PhasePlan *pp) {
    pp->gradient_of = ARENA_ARRAY(plan->arena, int64_t, plan->n_params);
    for (int i = 0; i < plan->n_params; i++) pp->gradient_of[i] = -1;
    for (int i = 0; i < phase->n_trained; i++) {
        int index = plan_param(plan, phase->trained[i].param->name);
        const Buffer *b = plan->params[index].value;
        pp->gradient_of[index] = pp->gradient_floats;
        Range *last = pp->n_ranges ? &pp->ranges[pp->n_ranges - 1] : NULL;
        const int group = phase->trained[i].group;
        if (last && last->param + last->count == b->offset && last->group == group) {
            last->count += b->size;
        } else {
            Range r = {b->offset, pp->gradient_floats, b->size, group};
            ARENA_PUSH(plan->arena, pp->ranges, pp->n_ranges, pp->cap_ranges, r);
        }
        pp->gradient_floats += b->size;
    }
    pp->slot_names = phase_slots(plan->arena, phase);
    while (pp->slot_names[pp->slots]) pp->slots++;
    layers_flops(plan->graph, (int)(phase - plan->graph->phases), &pp->flops_forward,
                 &pp->flops_train);
}

/* Whether a contraction uses the parameter as its weight, or its gradient is that of such a weight;
 * all others lie as they are, without padding between rows. */
static bool is_weight(const Graph *g, const Node *param) {
    for (int i = 0; i < g->n_nodes; i++)
        if (op_is(g->nodes[i]->op, TRAIT_CONTRACTION) && g->nodes[i]->in[1] == param) return true;
    for (int i = 0; i < g->n_phases; i++)
        for (int j = 0; j < g->phases[i].n_trained; j++) {
            const Node *gradient = g->phases[i].trained[j].gradient;
            while (gradient->op == &op_add) gradient = gradient->in[0];
            if (g->phases[i].trained[j].param == param && gradient->op->flops) return true;
        }
    return false;
}

static bool is_table(const Graph *g, const Node *param) {
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i]->op == &op_embedding && g->nodes[i]->in[1] == param) return true;
    return false;
}

static int zero_row(const Graph *g, const Node *param) {
    for (int i = 0; i < g->n_zero_rows; i++)
        if (!strcmp(g->zero_rows[i].param, param->name)) return g->zero_rows[i].row;
    return 0;
}

void params_list(Plan *plan) {
    static const char *const inits[] = {"NN_CONSTANT",      "NN_UNIFORM",     "NN_NORMAL",
                                        "NN_TRUNCATED",     "NN_ORTHOGONAL",  "NN_DIRAC",
                                        "NN_DIRAC_UNIFORM", "NN_DIRAC_NORMAL"};
    Node **params = graph_tensors(plan->graph, &plan->n_params);
    plan->params = ARENA_ARRAY(plan->arena, ParamPlace, plan->n_params);
    for (int i = 0; i < plan->n_params; i++) {
        const Shape s = params[i]->type.shape;
        const bool matrix = is_weight(plan->graph, params[i]);
        plan->params[i] = (ParamPlace){.node = params[i],
                                       .out = matrix ? s.dim[0] : (int)shape_count(s),
                                       .in = matrix ? s.dim[1] : 1,
                                       .kh = matrix && s.rank > 3 ? s.dim[2] : 1,
                                       .kw = matrix && s.rank > 2 ? s.dim[s.rank - 1] : 1,
                                       .groups = 1,
                                       .matrix = matrix,
                                       .table = is_table(plan->graph, params[i]),
                                       .init = inits[ATTRS(params[i], ParamAttrs)->init],
                                       .a = ATTRS(params[i], ParamAttrs)->a,
                                       .b = ATTRS(params[i], ParamAttrs)->b,
                                       .zero_row = zero_row(plan->graph, params[i])};
    }
}

void params_form(Plan *plan, const Node *layer, Layout input) {
    ParamPlace *p = &plan->params[plan_param(plan, layer->in[1]->name)];
    /* The rows of a table and the places of a sequence have their elements in plain order. So has a
     * weight that is used there, even if it was used before on a vector that flatten made. */
    const bool plain = p->table || is_sequence(layer->in[0]);
    if (p->layer && !plain) return;
    p->layer = layer;
    if (layer->op == &op_conv2d || layer->op == &op_conv_transpose2d) {
        /* Each output of a depthwise convolution has a channel of its own: as it lies, there is a
         * single one. */
        if (conv_is_depthwise(layer)) return;
        p->groups = conv_of(layer).groups;
        p->in *= p->groups;
    } else {
        p->in = plain ? layer->in[1]->type.shape.dim[1] : input.C;
        p->kh = plain ? 1 : input.H;
        p->kw = plain ? 1 : input.W;
    }
}

int64_t field_normal_floats(const FieldNormal *normal) {
    return round_up(normal->moments * (normal->table ? 4 + 256 : 4), LANES);
}

static void place_normals(Plan *plan) {
    plan->field_normals = ARENA_ARRAY(plan->arena, FieldNormal, plan->n_fields);
    for (int i = 0; i < plan->n_fields; i++) {
        const Node *field = plan->fields[i];
        const FieldData *data = graph_field(plan->graph, field->name);
        if (!data || !data->normalised) continue;
        FieldNormal *to = &plan->field_normals[i];
        to->moments = field_moments(data, field->type.shape, &to->run);
        to->table = to->moments <= MAX_TABLES;
        to->offset = plan->state_floats;
        plan->state_floats += field_normal_floats(to);
    }
    plan->normal_floats = plan->state_floats - plan->param_floats;
}

static const DerivedKind derived_folded = {.name = "folded"};

/* `, state + 64`, or `, NULL` of a number. */
static const char *state_text(Plan *plan, const Node *node) {
    if (node->op == &op_number) return ", NULL";
    return arena_printf(plan->arena, ", state + %lld",
                        (long long)param_place(plan, node)->value->offset);
}

/* A weight or bias that a batch norm is folded into lies as the layer's own, and is made of it. */
static void place_folded(Plan *plan, const Node *node) {
    const bool weight = node->op == &op_folded_weight;
    const ParamPlace *from = param_place(plan, node->in[0]);
    const int channels = node->type.shape.dim[0];
    Derived *d = ARENA_NEW(plan->arena, Derived);
    d->kind = &derived_folded;
    d->param = from;
    d->name = identifier(plan->arena, node->name);
    d->value = state_buffer(plan, node->name, from->value->size);
    const char *operands = "";
    for (int i = 0; i < node->n_in; i++)
        operands = arena_printf(plan->arena, "%s%s", operands, state_text(plan, node->in[i]));
    if (!weight && node->n_in < 5) operands = arena_printf(plan->arena, "%s, NULL", operands);
    const long long to = d->value->offset, rows = from->value->size / round_up(channels, LANES);
    const double eps = node_attr(node, "eps");
    d->text = weight ? arena_printf(plan->arena, "nn_fold_weight(state + %lld, %d, %lld, %.17g%s);",
                                    to, channels, rows, eps, operands)
                     : arena_printf(plan->arena, "nn_fold_bias(state + %lld, %d, %.17g%s);", to,
                                    channels, eps, operands);
    ARENA_PUSH(plan->arena, plan->derived, plan->n_derived, plan->cap_derived, d);
    ParamPlace place = *from;
    place.node = node;
    place.value = d->value;
    ARENA_PUSH(plan->arena, plan->folded, plan->n_folded, plan->cap_folded, place);
}

static bool is_folded(const Node *node) {
    return node->op == &op_folded_weight || node->op == &op_folded_bias;
}

void params_place(Plan *plan) {
    for (int i = 0; i < plan->n_params; i++) {
        ParamPlace *p = &plan->params[i];
        p->block_in = block_channels(p->out, p->in, p->groups);
        const Shape s = p->node->type.shape;
        int64_t size = (int64_t)round_up(p->out, LANES) *
                       (p->matrix ? (int64_t)p->kh * p->kw * p->block_in : 1);
        /* Rows are read 16 floats at a time, the last one, too. */
        if (!p->matrix && s.rank > 1) size += LANES;
        p->value = state_buffer(plan, p->node->name, size);
    }
    plan->param_floats = plan->state_floats;
    place_normals(plan);
    for (int i = 0; i < plan->n_entries; i++)
        for (int j = 0; j < plan->entries[i]->graph->n_nodes; j++)
            if (is_folded(plan->entries[i]->graph->nodes[j]))
                place_folded(plan, plan->entries[i]->graph->nodes[j]);
    plan->phases = ARENA_ARRAY(plan->arena, PhasePlan, plan->graph->n_phases);
    for (int i = 0; i < plan->graph->n_phases; i++)
        place_phase(plan, &plan->graph->phases[i], &plan->phases[i]);
}

int64_t phase_floats(const Plan *plan, int phase) {
    const PhasePlan *p = &plan->phases[phase];
    const int sums = plan->graph->phases[phase].accumulate > 1;
    return (p->slots + sums) * p->gradient_floats;
}

const ParamPlace *param_place(const Plan *plan, const Node *param) {
    for (int i = 0; i < plan->n_folded; i++)
        if (plan->folded[i].node == param) return &plan->folded[i];
    return &plan->params[plan_param(plan, param->name)];
}

Derived *derived_copy(Plan *plan, const DerivedKind *kind, const ParamPlace *p) {
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

void derived_store(Plan *plan, Derived *d, int64_t floats) {
    d->value = state_buffer(
        plan, arena_printf(plan->arena, "%s.%s", d->param->node->name, d->kind->name), floats);
}
