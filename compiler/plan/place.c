/* Static memory placement of activations: buffers in order of size, each at the lowest offset that
 * is free during its lifetime. Offsets are per sample; a chunk's area is the offset times its
 * number of samples. */
#include "plan.h"

static void find_lifetimes(Entry *e) {
    for (int i = 0; i < e->n_kernels; i++)
        for (int j = 0; j < e->kernels[i]->n_operands; j++) {
            Buffer *b = e->kernels[i]->operands[j].buffer;
            if (b->space != SPACE_SAMPLE) continue;
            if (b->whole) b = b->whole;
            if (b->first < 0) b->first = i;
            b->last = i;
        }
}

static bool meets(const Buffer *a, const Buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

void plan_place(Plan *plan) {
    for (int i = 0; i < plan->n_entries; i++) {
        Entry *e = plan->entries[i];
        find_lifetimes(e);
        Buffer **order = ARENA_ARRAY(plan->arena, Buffer *, e->n_buffers);
        int n = 0;
        for (int j = 0; j < e->n_buffers; j++) {
            Buffer *b = e->buffers[j];
            if (!buffer_placed(b)) continue;
            int at = n++;
            for (; at > 0 && buffer_room(order[at - 1]) < buffer_room(b); at--)
                order[at] = order[at - 1];
            order[at] = b;
        }
        for (int j = 0; j < n; j++) {
            Buffer *b = order[j];
            int64_t offset = 0;
            for (bool moved = true; moved;) {
                moved = false;
                for (int k = 0; k < j; k++) {
                    const Buffer *o = order[k];
                    if (meets(b, o) && offset < o->offset + buffer_room(o) &&
                        o->offset < offset + buffer_room(b)) {
                        offset = o->offset + buffer_room(o);
                        moved = true;
                    }
                }
            }
            b->offset = offset;
            if (offset + buffer_room(b) > e->sample_floats)
                e->sample_floats = offset + buffer_room(b);
        }
    }
}
