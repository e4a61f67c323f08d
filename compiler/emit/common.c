/* Written once for an entry: the job that its tasks share, and the numbers of the batch, in double.
 */
#include "../loops/loops.h"
#include "parts.h"

static void write_numbers(Emission *em, const Entry *e, int stage) {
    Writer *w = em->w;
    if (stage < 0)
        w_open(w, "static void %s_numbers(struct %s_job *job)", e->name, e->name);
    else
        w_open(w, "static void %s_numbers_after_%d(struct %s_job *job)", e->name, stage, e->name);
    w_line(w, "const NnCall *call = job->call;");
    w_line(w, "(void)call;");
    for (int i = 0; i < e->n_numbers; i++) {
        const Number *n = &e->numbers[i];
        if (n->stage != stage) continue;
        if (n->sum) {
            w_line(w, "const double sum_%s = nn_total(job->sums + %lld, %d, job->chunks);", n->name,
                   (long long)n->sum->offset, e->n_sums);
            if (n->elements > 1)
                w_line(w, "job->numbers.%s = sum_%s / (job->samples * %lld.0);", n->name, n->name,
                       (long long)n->elements);
            else
                w_line(w, "job->numbers.%s = sum_%s / job->samples;", n->name, n->name);
        } else {
            w_line(w, "job->numbers.%s = %s;", n->name, n->text);
        }
    }
    w_close(w);
}

void emit_meeting(Emission *em, const Entry *e, int stage) {
    bool sums = false;
    for (int i = 0; i < e->n_numbers; i++)
        sums = sums || (e->numbers[i].stage == stage && e->numbers[i].sum);
    if (sums)
        w_line(em->w, "if (!nn_meet(call, job.sums, %d * sizeof *job.sums, job.own.owner)) return;",
               e->n_sums);
    if (emit_makes_tensors(e, stage) && e->partial_floats > 0)
        w_line(em->w, "if (!nn_meet(call, job.parts.first, job.parts.stride * sizeof(float), "
                      "job.own.owner)) return;");
}

/* Draws of a random value. */
static void write_steady(Writer *w, const Entry *e, const Drop *d) {
    const char *key = ".key =";
    if (e->kind == ENTRY_TRAIN) {
        w_line(w, "%s call->dropout", key);
        w_line(w, "? nn_dropout_key(call->seed, %uu, 0u, (uint64_t)call->step)", d->stream);
        key = ":";
    }
    w_line(w, "%s nn_dropout_key(0u, %uu, %uu, 0u), /* %s */", key, d->stream, d->application,
           d->layer);
    w_line(w, ".first = (uint32_t)call->first_sample, .words = %uu", d->words);
}

static void write_drops(Writer *w, const Entry *e) {
    for (int i = 0; i < e->n_drops; i++) {
        const Drop *d = &e->drops[i];
        w_open(w, "job->drops[%d] = (NnDrop)", i);
        if (d->steady) {
            write_steady(w, e, d);
            w_close_with(w, ";");
            continue;
        }
        w_line(w, ".key = nn_dropout_key(call->seed, %uu, %uu, (uint64_t)call->step), /* %s */",
               d->stream, d->application, d->layer);
        w_line(w, ".threshold = call->dropout ? %uu : 0u, .first = (uint32_t)call->first_sample,",
               d->threshold);
        w_line(w, ".words = %uu, .scale = call->dropout ? (float)%.17g : 1.0f", d->words, d->scale);
        w_close_with(w, ";");
    }
}

/* Adds the squares of the batch's gradient, which is in the first row: a task has some of the
 * parts.
 */
static void write_squares(Writer *w, const Entry *e) {
    w_open(w, "static void %s_squares(void *arg, int task)", e->name);
    w_line(w, "struct %s_job *job = arg;", e->name);
    w_line(w, "const uint64_t mode = nn_enter();");
    w_line(w, "const int all = job->own.sliced ? job->own.size : 1, mine = job->own.sliced ? "
              "job->own.rank : 0;");
    w_line(w, "const int end = nn_first_part(mine + 1, all);");
    w_open(w, "for (int part = nn_first_part(mine, all) + task; part < end; part += job->tasks)");
    w_line(w, "job->squares[part] = nn_squares(job->gradients, job->own.at, %lld, part);",
           (long long)e->gradient_floats);
    w_close(w);
    w_line(w, "nn_leave(mode);");
    w_close(w);
    w_line(w, "%s", "");
}

/* The loss of the phase, or of the member whose turn the step is; all of these are metrics. */
static void write_loss(Emission *em, const Entry *e) {
    Writer *w = em->w;
    const Graph *g = em->plan->graph;
    const Phase *phase = &g->phases[e->phase];
    w_line(w, "call->loss = job->numbers.n%d;", e->loss->id);
    if (!phase->members) return;
    w_open(w, "switch (%s)", emit_turn(em));
    for (int i = 0; i < e->graph->n_metrics; i++) {
        const int member = g->metrics[i].member;
        if (member > 1 && member <= phase->members)
            w_line(w, "case %d: call->loss = job->numbers.n%d; break;", e->phase + member - 1,
                   e->graph->metrics[i].node->id);
    }
    w_line(w, "default: break;");
    w_close(w);
}

/* Of an evaluation: loss and metrics from the numbers, sums for those of further batches, and the
 * numbers of all batches, whose sums are those of one chunk. */
static void write_score(Emission *em, const Entry *e) {
    Writer *w = em->w;
    w_open(w, "static void %s_results(const struct %s_job *job)", e->name, e->name);
    w_line(w, "NnCall *call = job->call;");
    write_loss(em, e);
    if (e->graph->n_metrics) w_line(w, "if (!call->metrics) return;");
    for (int i = 0; i < e->graph->n_metrics; i++)
        w_line(w, "call->metrics[%d] = job->numbers.n%d; /* %s */", i,
               e->graph->metrics[i].node->id, e->graph->metrics[i].name);
    w_close(w);
    w_open(w, "static void %s_add(const struct %s_job *job)", e->name, e->name);
    w_line(w, "double *const sums = job->call->sums;");
    w_line(w, "if (!sums) return;");
    w_line(w, "sums[0] += job->samples;");
    w_open(w, "for (int i = 0; i < %d; i++)", e->n_sums);
    w_line(w, "sums[1 + i] += nn_total(job->sums + i, %d, job->chunks);", e->n_sums);
    w_close(w);
    w_close(w);
    w_open(w, "static void %s_score(NnCall *call)", e->name);
    w_line(w, "struct %s_job job;", e->name);
    w_line(w, "job.call = call;");
    w_line(w, "job.chunks = 1;");
    w_line(w, "job.samples = call->sums[0];");
    w_line(w, "job.sums = call->sums + 1;");
    for (int stage = -1; stage < e->stages; stage++)
        w_line(w, stage < 0 ? "%s_numbers(&job);" : "%s_numbers_after_%d(&job);", e->name, stage);
    w_line(w, "%s_results(&job);", e->name);
    w_close(w);
    w_line(w, "%s", "");
}

/* The factors of a group's update; the rate of the call is that of the phase. */
static void write_factors(Emission *em, const Entry *e, int group) {
    Writer *w = em->w;
    const PhasePlan *p = &em->plan->phases[e->phase];
    const Kernel *update = p->updates[group];
    if (group && !update) return;
    w_open(w, "%s", "");
    if (update)
        w_line(w, p->n_updates > 1 ? "float *k = job->k[%d];" : "float *k = job->k;", group);
    w_line(w, "const double scale = call->lr_scale == 0.0 ? 1.0 : call->lr_scale;");
    w_line(w, "const double lr = nn_product(scale, job->numbers.n%d);",
           phase_optimizer(&e->graph->phases[0], group)->lr->id);
    if (!group) w_line(w, "call->lr = lr;");
    if (update) {
        const Phase *phase = &em->plan->graph->phases[e->phase];
        w_line(w,
               phase->members ? "const int64_t step = nn_member_steps(&%s.phases[call->phase], %d, "
                                "call->step); /* its own */"
                              : "const int64_t step = call->step;",
               emit_symbol(em->arena, em->plan->graph), phase->member);
        Loops *factors = loops_new_factors(em->arena, update->name);
        update->family->build_factors(factors, update);
        loops_verify(factors);
        loops_print(w, factors);
    }
    w_close(w);
}

void emit_entry_common(Emission *em, const Entry *e) {
    Writer *w = em->w;
    emit_heading(w, e->name);
    emit_work_map(em, e);
    w_open(w, "struct %s_job", e->name);
    w_line(w, "NnCall *call;");
    w_line(w, "int chunks, tasks;");
    if (e->kind == ENTRY_TRAIN) {
        w_line(w, "NnOwn own; /* of this process */");
        w_line(w, "NnTree tree; /* how gradients are added */");
        w_line(w, "size_t stride; /* of rows of gradients */");
        w_line(w,
               "float *collected, *whole; /* rows of all processes; where they have slices, room "
               "for a gradient */");
    }
    w_line(w, "size_t capacity; /* samples in the largest chunk */");
    w_line(w, "double samples;");
    w_line(w, "float *state, *areas, *scratch, *rooms;");
    w_line(w, "float *gradients; /* [rows][%s] */",
           e->kind == ENTRY_TRAIN ? "stride"
                                  : arena_printf(em->arena, "%lld", (long long)e->gradient_floats));
    w_line(w, "double *sums; /* [chunks][%d] */", e->n_sums);
    emit_tensor_members(w, e);
    if (e->kind == ENTRY_TRAIN) {
        const int updates = em->plan->phases[e->phase].n_updates;
        w_line(w,
               updates > 1 ? "float k[%d][8]; /* factors of the update of each group */"
                           : "float k[8]; /* factors of the update */",
               updates);
        if (e->graph->phases[0].clip_norm > 0)
            w_line(w, "float scale; /* of the gradient: its norm has a bound */");
        w_line(w, "double squares[NN_PARTS]; /* of the gradient, where they are wanted */");
    }
    if (e->n_drops) w_line(w, "NnDrop drops[%d];", e->n_drops);
    w_open(w, "struct");
    for (int i = 0; i < e->n_numbers; i++) {
        const Node *node = e->numbers[i].node;
        w_line(w, "double %s; /* %s */", e->numbers[i].name,
               emit_placed(em->arena, node->op->name, node->loc));
    }
    if (!e->n_numbers) w_line(w, "double none;");
    w_close_with(w, " numbers;");
    w_close_with(w, ";");
    w_line(w, "%s", "");
    for (int stage = -1; stage < e->stages; stage++) write_numbers(em, e, stage);
    emit_tensor_functions(em, e);
    w_open(w, "static void %s_begin(struct %s_job *job, NnCall *call)", e->name, e->name);
    w_line(w, "const int chunks = nn_chunks(call->batch);");
    w_line(w, "float *work = call->work;");
    w_line(w, "job->call = call;");
    w_line(w, "job->chunks = chunks;");
    w_line(w, "job->tasks = nn_tasks(call);");
    w_line(w, "job->capacity = nn_capacity(call->batch);");
    w_line(w, "job->samples = (double)call->batch;");
    w_line(w, "job->state = call->state;");
    w_line(w, "job->sums = call->work;");
    w_line(w, "job->gradients = work + (size_t)chunks * %d;", round_up(2 * e->n_sums, LANES));
    if (e->kind == ENTRY_TRAIN) {
        const long long n = (long long)e->gradient_floats;
        w_line(w, "call->lost = false;");
        w_line(w, "nn_own(call->peers, chunks, %lld, &job->own);", n);
        w_line(w, "nn_tree(&job->own, job->tasks, &job->tree);");
        w_line(w, "job->stride = %lld;", n);
        w_line(w, "job->whole = job->gradients;");
        w_line(w, "job->collected = job->gradients + (job->own.sliced ? %lld : 0);", n);
        w_line(w, "if (job->own.sliced) job->gradients = job->collected + "
                  "(size_t)job->own.left[job->own.size] * job->own.floats;");
        w_line(w, "job->areas = job->gradients + (size_t)job->tree.rows * %lld;", n);
    } else {
        w_line(w, "job->areas = job->gradients;");
    }
    w_line(w, "job->scratch = job->areas + (size_t)%s * job->capacity * %lld;",
           e->stages > 1 ? "chunks" : "job->tasks", (long long)e->sample_floats);
    w_line(w, "job->rooms = job->scratch + (size_t)job->tasks * %lld;",
           (long long)e->scratch_floats);
    emit_tensor_places(w, e);
    write_drops(w, e);
    w_line(w, "%s_numbers(job);", e->name);
    emit_tensor_call(em, e, -1, "job");
    if (e->kind == ENTRY_TRAIN)
        for (int i = 0; i < em->plan->phases[e->phase].n_updates; i++) write_factors(em, e, i);
    w_close(w);
    w_line(w, "%s", "");
    if (e->kind == ENTRY_TRAIN) write_squares(w, e);
    if (e->kind == ENTRY_TRAIN) emit_ranges(em, e);
    if (e->kind == ENTRY_EVALUATE) write_score(em, e);
}
