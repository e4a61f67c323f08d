/* What an entry has once: the job that its tasks share, and the numbers of the batch, in double. */
#include "../graph/op.h"
#include "../ops/ops.h"
#include "parts.h"

static const char *operand_text(Arena *arena, const Node *node) {
    return arena_printf(arena, "job->numbers.n%d", node->id);
}

/* The C expression of a schedule or scalar in terms of its operands. */
static const char *number_text(Arena *arena, const Node *n) {
    static const struct {
        const Op *op;
        const char *text; /* %s: operands */
    } rules[] = {
        {&op_epoch, "(double)call->epoch"},
        {&op_epochs, "(double)call->epochs"},
        {&op_step, "(double)call->step"},
        {&op_steps, "(double)call->steps"},
        {&op_min, "nn_min(%s, %s)"},
        {&op_max, "nn_max(%s, %s)"},
        {&op_cos, "nn_cos(%s)"},
        {&op_exp, "nn_exp(%s)"},
        {&op_add, "%s + %s"},
        {&op_sub, "%s - %s"},
        {&op_mul, "nn_product(%s, %s)"},
        {&op_div, "%s / %s"},
        {&op_neg, "-%s"},
    };
    if (n->op == &op_number) return arena_printf(arena, "%.17g", n->attr[NUMBER_VALUE]);
    const char *a = n->n_in > 0 ? operand_text(arena, n->in[0]) : "";
    const char *b = n->n_in > 1 ? operand_text(arena, n->in[1]) : "";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == n->op) return arena_printf(arena, rules[i].text, a, b);
    bug("no number for %s", n->op->name);
}

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
            w_line(w, "double sum_%s = 0.0;", n->name);
            w_line(w, "for (int c = 0; c < job->chunks; c++) sum_%s += job->sums[c * %d + %lld];",
                   n->name, e->n_sums, (long long)n->sum->offset);
            int64_t elements = 1;
            if (n->node->op == &op_mse || n->node->op == &op_bce_with_logits)
                elements = shape_count(n->node->in[0]->type.shape);
            if (elements > 1)
                w_line(w, "job->numbers.%s = sum_%s / (job->samples * %lld.0);", n->name, n->name,
                       (long long)elements);
            else
                w_line(w, "job->numbers.%s = sum_%s / job->samples;", n->name, n->name);
        } else {
            w_line(w, "job->numbers.%s = %s;", n->name, number_text(em->arena, n->node));
        }
    }
    w_close(w);
}

static void write_drops(Writer *w, const Entry *e) {
    for (int i = 0; i < e->n_drops; i++) {
        const Node *d = e->drops[i];
        int elements = round_up((int)d->attr[DROPOUT_CHANNELS], LANES);
        if (d->op != &op_dropout2d)
            elements *= (int)d->attr[DROPOUT_HEIGHT] * (int)d->attr[DROPOUT_WIDTH];
        double p = d->attr[DROPOUT_P];
        w_line(w, "job->drops[%d] = (NnDrop){", i);
        w_line(
            w,
            "    .key = nn_dropout_key(call->seed, %.0fu, %.0fu, (uint64_t)call->step), /* %s */",
            d->attr[DROPOUT_STREAM], d->attr[DROPOUT_APPLICATION], d->name ? d->name : "dropout");
        w_line(w,
               "    .threshold = call->dropout ? %uu : 0u, .first = (uint32_t)call->first_sample,",
               (unsigned)(p * 65536.0 + 0.5));
        w_line(w, "    .words = %du, .scale = call->dropout ? (float)%.17g : 1.0f};",
               round_up(elements, 32) / 2, p < 1 ? 1 / (1 - p) : 0.0);
    }
}

void emit_entry_common(Emission *em, const Entry *e) {
    Writer *w = em->w;
    w_open(w, "struct %s_job", e->name);
    w_line(w, "NnCall *call;");
    w_line(w, "int chunks, tasks;");
    w_line(w, "size_t capacity; /* samples in the largest chunk */");
    w_line(w, "double samples;");
    w_line(w, "float *state, *gradients, *areas;");
    w_line(w, "double *sums; /* [chunks][%d] */", e->n_sums);
    if (e->kind == ENTRY_TRAIN) w_line(w, "float k[8]; /* factors of the update */");
    if (e->n_drops) w_line(w, "NnDrop drops[%d];", e->n_drops);
    w_open(w, "struct");
    for (int i = 0; i < e->n_numbers; i++)
        w_line(w, "double %s; /* %s */", e->numbers[i].name, e->numbers[i].node->op->name);
    if (!e->n_numbers) w_line(w, "double none;");
    w_close_with(w, " numbers;");
    w_close_with(w, ";");
    w_line(w, "%s", "");
    for (int stage = -1; stage < e->stages; stage++) write_numbers(em, e, stage);
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
    w_line(w, "job->areas = job->gradients + (size_t)chunks * %lld;",
           (long long)e->gradient_floats);
    write_drops(w, e);
    w_line(w, "%s_numbers(job);", e->name);
    if (e->kind == ENTRY_TRAIN) {
        const Phase *phase = &e->graph->phases[0];
        w_open(w, "%s", "");
        w_line(w, "float *k = job->k;");
        w_line(w, "const double lr = job->numbers.n%d;", phase->optimizer.lr->id);
        w_line(w, "const int64_t step = call->step;");
        emit_update_factors(w, em->plan->phases[e->phase].update);
        w_close(w);
    }
    w_close(w);
    w_line(w, "%s", "");
}
