/* Whether the entry `next`, called for one place after the other, gives the bits of `predict`, for
 * each instruction set of this machine, batches of several samples and several tasks; and begins
 * anew at place 0. Compiled with -DNN_MODEL_SYMBOL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

extern const NnModel NN_MODEL_SYMBOL;

enum { BATCH = 3 };

static uint32_t random_word(void) {
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static float random_float(void) {
    return (float)random_word() / 16777216.0f - 0.5f;
}

static void *room(size_t bytes) {
    void *memory = aligned_alloc(NN_ALIGN, (bytes + NN_ALIGN) / NN_ALIGN * NN_ALIGN);
    if (!memory) exit(1);
    memset(memory, 0xa5, bytes);
    return memory;
}

static void fill(const NnModel *m, void *state) {
    for (int i = 0; i < m->n_params; i++) {
        float *values = room((size_t)m->params[i].count * sizeof *values);
        for (int64_t k = 0; k < m->params[i].count; k++) values[k] = random_float();
        m->set(state, 0, 0, i, values);
        free(values);
    }
}

static void *field_values(const NnField *f) {
    const int count = BATCH * f->count;
    float *reals = room((size_t)count * sizeof *reals);
    int32_t *labels = (int32_t *)reals;
    for (int i = 0; i < count; i++)
        if (f->kind == NN_LABEL)
            labels[i] = (int32_t)(random_word() % (uint32_t)f->classes);
        else
            reals[i] = 2 * random_float();
    return reals;
}

/* Compares one prediction of a place with that of the whole sequence. */
static int differs(const NnModel *m, int p, const float *whole, const float *one, int place) {
    const int count = m->predictions[p].count, each = m->predictions[p].next;
    for (int s = 0; s < BATCH; s++) {
        const float *at = whole + s * count + place * each;
        if (memcmp(at, one + s * each, (size_t)each * sizeof *at) == 0) continue;
        printf("%s: place %d of sample %d: %g, not %g\n", m->predictions[p].name, place, s,
               (double)one[s * each], (double)*at);
        return 1;
    }
    return 0;
}

int main(void) {
    const NnModel *m = &NN_MODEL_SYMBOL;
    int codes = 0, bad = 0;
    if (m->places == 0) {
        puts("no entry next");
        return 2;
    }
    void *state = room(m->state_bytes), *work = room(m->work_bytes(BATCH, 2));
    void *cache = room(BATCH * m->cache_bytes);
    const void **fields = room((size_t)m->n_fields * sizeof *fields);
    float **whole = room((size_t)m->n_predictions * sizeof *whole);
    float **one = room((size_t)m->n_predictions * sizeof *one);
    for (int i = 0; i < m->n_fields; i++) fields[i] = field_values(&m->fields[i]);
    for (int i = 0; i < m->n_predictions; i++) {
        const size_t bytes = (size_t)BATCH * (size_t)m->predictions[i].count * sizeof(float);
        whole[i] = room(bytes);
        one[i] = room(bytes);
    }
    fill(m, state);
    for (int i = 0; i < m->n_codes; i++) {
        const NnCode *code = &m->codes[i];
        if (!code->supported()) continue;
        NnCall call = {.state = state,
                       .work = work,
                       .fields = fields,
                       .batch = BATCH,
                       .threads = 2,
                       .predictions = whole,
                       .cache = cache};
        code->prepare(&call);
        code->predict(&call);
        call.predictions = one;
        for (int turn = 0; turn < 2; turn++)
            for (call.place = 0; call.place < m->places / (2 - turn); call.place++) {
                code->next(&call);
                for (int p = 0; p < m->n_predictions; p++)
                    bad += differs(m, p, whole[p], one[p], call.place);
            }
        codes++;
    }
    printf("%d instruction sets, %d places, cache of %zu bytes\n", codes, m->places,
           m->cache_bytes);
    return bad > 0;
}
