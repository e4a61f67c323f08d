/* What becomes of a batch's gradients: sums of chunks, their squares, the update of parameters. */
#include "../graph/optimizer.h"
#include "parts.h"

void emit_addition(Writer *w, const char *at, const char *count) {
    w_line(w, "float *const to = job->gradients + job->tree.to[i] * job->stride%s;", at);
    w_line(w, "ADD_ROW(to, to, job->gradients + job->tree.from[i] * job->stride%s, %s);", at,
           count);
}

/* Declares `at` and `n`, where a task's part of a row begins and its floats. */
static void write_slice(Writer *w) {
    w_line(w, "const size_t at = nn_slice(job->stride, task, job->tasks);");
    w_line(w, "const size_t n = nn_slice(job->stride, task + 1, job->tasks) - at;");
}

/* Ends the function of a task that called nn_enter. */
static void close_task(Writer *w) {
    w_line(w, "nn_leave(mode);");
    w_close(w);
    w_line(w, "%s", "");
}

/* The additions at the end: of this process, for the others, and of the batch, where no update
 * follows. Then its gradient is the first row. */
static void write_sum(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    w_open(w, "static void %s_sum%s(void *arg, int task)", e->name, isa->suffix);
    w_line(w, "const struct %s_job *job = arg;", e->name);
    w_line(w, "const uint64_t mode = nn_enter();");
    write_slice(w);
    w_open(w, "for (int i = job->tree.end; i < job->tree.additions; i++)");
    emit_addition(w, " + at", "n");
    w_close(w);
    close_task(w);
}

/* The ranges of a group lie one after the other in the entry's table. */
static int first_range(const PhasePlan *p, int group) {
    int n = 0;
    for (int i = 0; i < p->n_ranges; i++) n += p->ranges[i].group < group;
    return n;
}

void emit_ranges(Emission *em, const Entry *e) {
    const PhasePlan *p = &em->plan->phases[e->phase];
    w_line(em->w, "/* What the phase trains%s. */", p->n_updates > 1 ? ", by groups" : "");
    w_open(em->w, "static const NnRange %s_ranges[%d] =", e->name, p->n_ranges);
    for (int group = 0; group < p->n_updates; group++)
        for (int i = 0; i < p->n_ranges; i++)
            if (p->ranges[i].group == group)
                w_line(em->w, "{%lld, %lld, %lld},", (long long)p->ranges[i].param,
                       (long long)p->ranges[i].gradient, (long long)p->ranges[i].count);
    w_close_with(em->w, ";");
}

/* Updates a task's part of each range of a group. The kernel does the last addition of gradients;
 * earlier additions are done in strips, whose sums stay in the first-level cache. */
static void write_group(Emission *em, const Entry *e, const Isa *isa, const Kernel *update) {
    Writer *w = em->w;
    const PhasePlan *p = &em->plan->phases[e->phase];
    w_open(w, "for (int r = %d; r < %d; r++)", first_range(p, update->group),
           first_range(p, update->group + 1));
    w_line(w, "const NnRange *const range = &%s_ranges[r];", e->name);
    w_line(w, "size_t begin, end;");
    w_line(w, "nn_cut(range, job->own.at, job->own.floats, &begin, &end);");
    w_line(w, "const size_t from = begin + nn_slice(end - begin, task, job->tasks), to = begin + "
              "nn_slice(end - begin, task + 1, job->tasks);");
    w_line(w, "const int last = job->tree.additions - 1, before = job->tree.end;");
    w_line(w, "const size_t strip = before < last ? NN_STRIP : to - from;");
    w_open(w, "for (size_t at = from; at < to; at += strip)");
    w_line(w, "const size_t n = to - at < strip ? to - at : strip;");
    w_line(w, "float sums[NN_SLOTS][NN_STRIP] __attribute__((aligned(64)));");
    w_line(w, "const float *row[NN_MAX_CHUNKS];");
    w_open(w, "for (int i = 0; i < job->tree.rows; i++)");
    w_line(w, "row[i] = job->gradients + (size_t)i * job->stride + (range->gradient + at - "
              "job->own.at);");
    w_close(w);
    w_open(w, "for (int i = before; i < last; i++)");
    w_line(w, "float *const sum = sums[job->tree.slot[i]];");
    w_line(w, "ADD_ROW(sum, row[job->tree.to[i]], row[job->tree.from[i]], n);");
    w_line(w, "row[job->tree.to[i]] = sum;");
    w_close(w);
    const Optimizer *optimizer = phase_optimizer(update->phase, update->group);
    const char *slots = "";
    int places[MAX_MOMENTS];
    slots_of(p->slot_names, optimizer, places);
    for (int i = 0; optimizer_slots(optimizer)[i]; i++)
        slots = arena_printf(em->arena, "%sjob->state + range->gradient + %lld + at, ", slots,
                             (long long)(p->moments + places[i] * p->gradient_floats));
    const char *k =
        p->n_updates > 1 ? arena_printf(em->arena, "job->k[%d]", update->group) : "job->k";
    w_line(w,
           "k_%s%s(job->state + range->param + at, row[0], before <= last ? "
           "row[job->tree.from[last]] : NULL, %s(int)(n / 16), %s%s);",
           emit_function_name(em->functions, e, update), isa->suffix, slots, k,
           update->phase->clip_norm > 0 ? ", job->scale" : "");
    w_close(w);
    w_close(w);
}

static void write_update(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    const PhasePlan *p = &em->plan->phases[e->phase];
    w_open(w, "static void %s_update%s(void *arg, int task)", e->name, isa->suffix);
    w_line(w, "const struct %s_job *job = arg;", e->name);
    w_line(w, "const uint64_t mode = nn_enter();");
    for (int i = 0; i < p->n_updates; i++)
        if (p->updates[i]) write_group(em, e, isa, p->updates[i]);
    close_task(w);
}

/* Adds the batch's gradient to those of the update's earlier batches, in the state, and puts their
 * mean in its place. */
static void write_gather(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    const PhasePlan *p = &em->plan->phases[e->phase];
    w_open(w, "static void %s_gather%s(void *arg, int task)", e->name, isa->suffix);
    w_line(w, "const struct %s_job *job = arg;", e->name);
    w_line(w, "const NnCall *call = job->call;");
    w_line(w, "const uint64_t mode = nn_enter();");
    write_slice(w);
    w_line(w, "const double samples = (double)call->earlier + (double)call->batch;");
    w_line(
        w,
        "GATHER_ROW(job->state + %lld + job->own.at + at, job->gradients + at, (float)call->batch, "
        "call->earlier == 0, (float)(1.0 / samples), n);",
        (long long)(p->moments + p->slots * p->gradient_floats));
    close_task(w);
}

/* Whether the phase, or one that takes turns with it, trains parameter i. */
static bool moves(const Plan *plan, int phase, int i) {
    const Phase *p = &plan->graph->phases[phase];
    bool any = false;
    for (int m = phase - p->member; m < phase - p->member + phase_members(p); m++)
        any = any || plan->phases[m].gradient_of[i] >= 0;
    return any;
}

/* The runs of the state that a phase trains, or all members of its nn.alternate. */
static Range *moved_ranges(const Plan *plan, int phase, int *count) {
    Range *ranges = ARENA_ARRAY(plan->arena, Range, plan->n_params);
    *count = 0;
    for (int i = 0; i < plan->n_params; i++) {
        const Buffer *b = plan->params[i].value;
        if (!moves(plan, phase, i)) continue;
        Range *last = *count ? &ranges[*count - 1] : NULL;
        if (last && last->param + last->count == b->offset)
            last->count += b->size;
        else
            ranges[(*count)++] = (Range){.param = b->offset, .count = b->size};
    }
    return ranges;
}

/* Moves the averages of what the phase trains. */
static void write_follow(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    int n;
    const Range *ranges = moved_ranges(em->plan, e->phase, &n);
    w_open(w, "static void %s_follow%s(void *arg, int task)", e->name, isa->suffix);
    w_open(w, "static const int64_t ranges[%d][2] =", n);
    for (int i = 0; i < n; i++)
        w_line(w, "{%lld, %lld},", (long long)ranges[i].param, (long long)ranges[i].count);
    w_close_with(w, ";");
    w_line(w, "const struct %s_job *job = arg;", e->name);
    w_line(w, "const uint64_t mode = nn_enter();");
    w_open(w, "for (int r = 0; r < %d; r++)", n);
    w_line(w, "const size_t count = (size_t)ranges[r][1], at = nn_slice(count, task, job->tasks);");
    w_line(w, "float *const p = job->state + ranges[r][0] + at;");
    w_line(w, "FOLLOW_ROW(p + %lld, p, (float)%.17g, nn_slice(count, task + 1, job->tasks) - at);",
           (long long)em->plan->average_offset, 1 - em->plan->graph->phases[e->phase].ema);
    w_close(w);
    close_task(w);
}

void emit_gradient_use(Emission *em, const Entry *e, const Isa *isa) {
    const Phase *phase = &em->plan->graph->phases[e->phase];
    write_sum(em, e, isa);
    if (phase->accumulate > 1) write_gather(em, e, isa);
    write_update(em, e, isa);
    if (phase->ema > 0) write_follow(em, e, isa);
}

/* The squares are added where they are wanted, or a bound of the norm needs them. The gradient of
 * several batches is complete in the first row before it is used. */
void emit_end_of_step(Emission *em, const Entry *e, const Isa *isa) {
    Writer *w = em->w;
    const Phase *phase = &em->plan->graph->phases[e->phase];
    const bool gathers = phase->accumulate > 1, clips = phase->clip_norm > 0;
    const long long n = (long long)e->gradient_floats;
    const char *all_added = "job.tree.additions = job.tree.end;";
    w_open(w, "if (job.own.size > 1)");
    w_line(w, "if (job.tree.end < job.tree.additions) nn_run(call, job.tasks, %s_sum%s, &job);",
           e->name, isa->suffix);
    w_line(w, "if (!nn_collect(call, &job.own, %lld, job.gradients, job.collected)) return;", n);
    w_line(w, "nn_rest(&job.own, &job.tree);");
    w_line(w, "job.gradients = job.collected;");
    w_line(w, "job.stride = job.own.floats;");
    w_close(w);
    emit_assignments(w, e);
    if (gathers || clips) {
        w_line(w, "nn_run(call, job.tasks, %s_sum%s, &job);", e->name, isa->suffix);
        w_line(w, "%s", all_added);
    }
    if (gathers) {
        w_line(w, "if (update) nn_run(call, job.tasks, %s_gather%s, &job);", e->name, isa->suffix);
        w_line(w, "if (update && call->more) return;");
    }
    if (clips) {
        w_line(w, "nn_run(call, job.tasks, %s_squares, &job);", e->name);
        w_line(w, "if (!nn_meet_squares(call, &job.own, job.squares)) return;");
        w_line(w, "const double squares = nn_total(job.squares, 1, NN_PARTS);");
        w_line(w, "if (call->gradient_squares) *call->gradient_squares = squares;");
        w_line(w, "job.scale = nn_clip(%.17g, squares);", phase->clip_norm);
    } else {
        w_line(w, "const bool squares = call->gradient_squares != NULL;");
        if (!gathers)
            w_line(w, "if (!update || squares) nn_run(call, job.tasks, %s_sum%s, &job);", e->name,
                   isa->suffix);
        w_open(w, "if (squares)");
        w_line(w, "nn_run(call, job.tasks, %s_squares, &job);", e->name);
        w_line(w, "if (!nn_meet_squares(call, &job.own, job.squares)) return;");
        w_line(w, "*call->gradient_squares = nn_total(job.squares, 1, NN_PARTS);");
        if (!gathers) w_line(w, "%s", all_added);
        w_close(w);
    }
    w_open(w, "if (!update)");
    w_line(w, "nn_whole(call, &job.own, %lld, job.gradients, job.whole);", n);
    w_line(w, "return;");
    w_close(w);
    w_line(w, "nn_run(call, job.tasks, %s_update%s, &job);", e->name, isa->suffix);
    w_line(w, "if (!nn_spread(call, &job.own, %lld, %s_ranges, %d, job.state, job.whole)) return;",
           n, e->name, em->plan->phases[e->phase].n_ranges);
    if (phase->ema > 0)
        w_line(w, "nn_run(call, job.tasks, %s_follow%s, &job);", e->name, isa->suffix);
    w_line(w, "NN_TRACE(%d);", emit_kernel_index(em->plan, e, NULL));
    w_line(w, "nn_run(call, job.tasks, nn_derive%s, call);", isa->suffix);
    w_line(w, "NN_TRACE(%d);", emit_kernel_index(em->plan, e, NULL) + 1);
}
