/* The plan as text, for --emit=plan. */
#include "../base/writer.h"
#include "plan.h"

static const char *const spaces[] = {"field",   "state", "sample", "gradient", "sum",
                                     "partial", "batch", "output", "cache"};
_Static_assert(sizeof spaces / sizeof *spaces == SPACE_CACHE + 1, "each space has a name");

static void dump_kernel(Writer *w, Arena *arena, const Kernel *k) {
    char *text =
        arena_printf(arena, "%3d.%d %-24s %-20s", k->index, k->stage, k->name, k->family->name);
    for (int i = 0; i < k->n_operands; i++)
        text = arena_printf(arena, "%s %s%s=%s", text, k->operands[i].written ? ">" : "<",
                            k->operands[i].param, k->operands[i].buffer->name);
    for (int i = 0; i < k->n_fused; i++)
        text = arena_printf(arena, "%s +%s%s", text,
                            k->pool && k->pool_after == i ? "max_pool2d +" : "",
                            k->fused[i]->op->name);
    if (k->pool && k->pool_after == k->n_fused) text = arena_printf(arena, "%s +max_pool2d", text);
    if (k->partner) text = arena_printf(arena, "%s +%s", text, k->partner->op->name);
    if (k->parts > 1) text = arena_printf(arena, "%s *%d", text, k->parts);
    w_line(w, "%s", text);
}

const char *plan_dump(const Plan *plan) {
    Writer *w = writer_new(plan->arena);
    w_line(w,
           "state %lld floats: parameters %lld, fields %lld, derived %lld, moments %lld; at most "
           "%d chunks, of "
           "%d samples or more",
           (long long)plan->state_floats, (long long)plan->param_floats,
           (long long)plan->normal_floats,
           (long long)(plan->moment_offset - plan->param_floats - plan->normal_floats),
           (long long)(plan->state_floats - plan->moment_offset), plan->chunk_max, plan->chunk_min);
    for (int i = 0; i < plan->n_entries; i++) {
        const Entry *e = plan->entries[i];
        w_line(w, "%s", "");
        w_open(w, "entry %s: %d kernels, %lld floats per sample, %lld of gradients, %d stages",
               e->name, e->n_kernels, (long long)e->sample_floats, (long long)e->gradient_floats,
               e->stages);
        for (int j = 0; j < e->n_kernels; j++) dump_kernel(w, plan->arena, e->kernels[j]);
        for (int j = 0; j < e->n_buffers; j++) {
            const Buffer *b = e->buffers[j];
            if (b->whole)
                w_line(w, "%-9s %-24s is part %d of %s", "part", b->name, b->part, b->whole->name);
            if (b->space == SPACE_SAMPLE && !buffer_placed(b)) continue;
            w_line(w, "%-9s %-24s at %8lld, %6lld floats, alive %d..%d", spaces[b->space], b->name,
                   (long long)b->offset,
                   (long long)(b->space == SPACE_SAMPLE ? buffer_room(b) : b->size), b->first,
                   b->last);
        }
        w_close(w);
    }
    return writer_text(w);
}
