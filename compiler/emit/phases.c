/* The table of phases, and of the members that take turns in them. */
#include "../graph/optimizer.h"
#include "parts.h"

bool emit_takes_turns(const Emission *em) {
    bool any = false;
    for (int i = 0; i < em->plan->graph->n_phases && !em->info->inference; i++)
        any = any || em->plan->graph->phases[i].members;
    return any;
}

void emit_turns(Emission *em) {
    const Graph *g = em->plan->graph;
    Writer *w = em->w;
    const char *list = "";
    if (!emit_takes_turns(em)) return;
    for (int i = 0; i < g->n_phases; i += phase_members(&g->phases[i]))
        list = arena_printf(em->arena, "%s%s%d", list, i ? ", " : "", i);
    w_line(w,
           "/* The first member of each phase among all members, and phases without any; the one "
           "whose step a call is. */");
    w_line(w, "static const int nn_first_member[] = {%s};", list);
    w_open(w, "static int nn_turn(const NnCall *call)");
    w_line(w,
           "return nn_first_member[call->phase] + nn_member(&%s.phases[call->phase], call->step);",
           emit_symbol(em->arena, g));
    w_close(w);
    w_line(w, "%s", "");
}

const char *emit_turn(Emission *em) {
    return emit_takes_turns(em) ? "nn_turn(call)" : "call->phase";
}

/* A variance needs two values: of several samples where a channel has one place. */
static int least_batch(const Plan *p, int phase) {
    for (int i = 0; i < p->n_entries; i++) {
        const Entry *e = p->entries[i];
        for (int j = 0; e->kind == ENTRY_TRAIN && e->phase == phase && j < e->graph->n_nodes; j++) {
            const Node *node = e->graph->nodes[j];
            const bool moment = op_is(node->op, TRAIT_BATCH_SUM) && !node->op->backward_only;
            if (moment && node_count(node) == node_count(node->in[0]) * node_parts(node)) return 2;
        }
    }
    return 1;
}

/* Parameters that the phases from first to before end train. */
typedef struct TrainedList {
    const char *text;
    int n;
    int64_t count;
} TrainedList;

static TrainedList trained_by(Emission *em, int first, int end) {
    const Plan *p = em->plan;
    TrainedList list = {"", 0, 0};
    for (int j = 0; j < p->n_params; j++) {
        bool any = false;
        for (int i = first; i < end; i++) any = any || p->phases[i].gradient_of[j] >= 0;
        if (!any) continue;
        list.text = arena_printf(em->arena, "%s%s%d", list.text, list.n++ ? ", " : "", j);
        list.count += shape_count(p->params[j].node->type.shape);
    }
    return list;
}

/* The metric that is the loss of a member. */
static int metric_of(const Graph *g, int member) {
    int i = 0;
    while (g->metrics[i].member != member + 1) i++;
    return i;
}

/* The tables of the phase with the parameters that it trains, its moments and its members. */
static void write_members(Emission *em, int first, int number) {
    const Plan *p = em->plan;
    const Phase *phase = &p->graph->phases[first];
    const int end = first + phase_members(phase);
    const char *slots = "";
    w_line(em->w, "static const int nn_trained_%d[] = {%s};", number,
           trained_by(em, first, end).text);
    for (int i = first; i < end; i++)
        for (const char *const *s = p->phases[i].slot_names; *s; s++)
            slots = phase->members
                        ? arena_printf(em->arena, "%s\"%d/%s\", ", slots, i - first + 1, *s)
                        : arena_printf(em->arena, "%s\"%s\", ", slots, *s);
    w_line(em->w, "static const char *const nn_slots_%d[] = {%sNULL};", number, slots);
    if (!phase->members) return;
    for (int i = first; i < end; i++)
        w_line(em->w, "static const int nn_trained_%d_%d[] = {%s};", number, i - first + 1,
               trained_by(em, i, i + 1).text);
    w_open(em->w, "static const NnMember nn_members_%d[%d] =", number, phase->members);
    for (int i = first, slot = 0; i < end; slot += p->phases[i++].slots)
        w_line(em->w, "{%d, \"%s\", %d, %d, %d, nn_trained_%d_%d, %d},", p->graph->phases[i].turn,
               p->graph->phases[i].optimizer.kind->name, slot, p->phases[i].slots,
               p->graph->phases[i].n_trained, number, i - first + 1,
               metric_of(p->graph, i - first));
    w_close_with(em->w, ";");
}

/* FLOPs of a step, the mean of a turn of all members. */
static void mean_flops(const Plan *p, int first, int64_t *forward, int64_t *train) {
    const Phase *phase = &p->graph->phases[first];
    int64_t steps = 0;
    *forward = *train = 0;
    for (int i = first; i < first + phase_members(phase); i++) {
        const int64_t turn = phase->members ? p->graph->phases[i].turn : 1;
        *forward += turn * p->phases[i].flops_forward;
        *train += turn * p->phases[i].flops_train;
        steps += turn;
    }
    *forward /= steps;
    *train /= steps;
}

void emit_phases(Emission *em) {
    const Plan *p = em->plan;
    const Graph *g = p->graph;
    if (em->info->inference) return;
    int n = 0;
    for (int i = 0; i < g->n_phases; i += phase_members(&g->phases[i])) write_members(em, i, ++n);
    w_open(em->w, "static const NnPhase nn_phases[%d] =", n);
    for (int i = 0, number = 1; i < g->n_phases; i += phase_members(&g->phases[i]), number++) {
        const Phase *ph = &g->phases[i];
        const int end = i + phase_members(ph);
        const TrainedList trained = trained_by(em, i, end);
        int slots = 0, least = 1;
        int64_t forward, train;
        mean_flops(p, i, &forward, &train);
        for (int m = i; m < end; m++) {
            slots += p->phases[m].slots;
            if (least_batch(p, m) > least) least = least_batch(p, m);
        }
        w_line(em->w,
               "{%d, %d, %s, \"%s\", %d, nn_slots_%d, %d, nn_trained_%d, %lld, %lld, %lld, %s, %s, "
               "%d, %.17g, %d, %d, %d, %s, %d, %.17g, %d, %d, %s},",
               ph->epochs, ph->batch, ph->shuffle ? "true" : "false", ph->optimizer.kind->name,
               slots, number, trained.n, number, (long long)trained.count, (long long)forward,
               (long long)train, ph->keep_best ? "true" : "false",
               ph->monitor ? arena_printf(em->arena, "\"%s\"", ph->monitor) : "NULL", ph->patience,
               ph->min_delta, ph->steps, ph->eval_every, ph->eval_samples,
               ph->drop_last ? "true" : "false", ph->accumulate, ph->ema, least, ph->members,
               ph->members ? arena_printf(em->arena, "nn_members_%d", number) : "NULL");
    }
    w_close_with(em->w, ";");
}

void emit_slot_place(Emission *em) {
    const Plan *p = em->plan;
    Writer *w = em->w;
    if (!emit_takes_turns(em)) {
        w_line(w,
               "return (size_t)(%lld + (slot - 1) * nn_gradient_floats[phase] + "
               "nn_gradient_of[phase][param]);",
               (long long)p->moment_offset);
        return;
    }
    const char *list = "";
    for (int i = 0; i < p->graph->n_phases; i++)
        list = arena_printf(em->arena, "%s%s%lld", list, i ? ", " : "",
                            (long long)p->phases[i].moments);
    w_line(w, "static const int64_t moments[] = {%s}; /* of each member */", list);
    w_line(w, "const NnPhase *const of = &nn_phases[phase];");
    w_line(w, "int member = 0;");
    w_open(w, "while (member + 1 < of->n_members && slot > of->members[member + 1].first_slot)");
    w_line(w, "member++;");
    w_close(w);
    w_line(w, "const int row = slot - 1 - (of->n_members ? of->members[member].first_slot : 0);");
    w_line(w, "member += nn_first_member[phase];");
    w_line(w, "return (size_t)(moments[member] + row * nn_gradient_floats[member] + "
              "nn_gradient_of[member][param]);");
}

/* Gradients that accumulate are none: between steps nobody reads them. */
void emit_moments(Emission *em) {
    const Plan *p = em->plan;
    const Graph *g = p->graph;
    Writer *w = em->w;
    const char *first = "call->phase", *end = "first + 1";
    if (emit_takes_turns(em)) {
        first = "nn_first_member[call->phase]";
        end = "first + (nn_phases[call->phase].n_members ? nn_phases[call->phase].n_members : 1)";
    }
    w_open(w, "static void nn_gather_moments(NnCall *call)");
    w_line(w, "/* Of each phase and member: where its moments begin, and how many there are. */");
    w_open(w, "static const int64_t moments[%d][2] =", g->n_phases);
    for (int i = 0; i < g->n_phases; i++)
        w_line(w, "{%lld, %d},", (long long)p->phases[i].moments, p->phases[i].slots);
    w_close_with(w, ";");
    w_line(w, "const int first = %s, end = %s;", first, end);
    w_line(w, "call->lost = false;");
    w_open(w, "for (int i = first; i < end; i++)");
    w_line(w, "const size_t n = (size_t)nn_gradient_floats[i];");
    w_line(w, "if (!nn_sliced(call->peers, n)) continue;");
    w_open(w, "for (int64_t k = 0; k < moments[i][1]; k++)");
    w_line(w,
           "float *const row = (float *)call->state + moments[i][0] + k * nn_gradient_floats[i];");
    w_line(w, "if (!nn_meet_slices(call, row, n)) return;");
    w_close(w);
    w_close(w);
    w_close(w);
}
