/* Gradients of a batch of many chunks, computed by any number of tasks, against chunks computed one
 * by one and added as docs/numbers.md says. The model is compiled with NN_CHUNK_MIN 2. Wants a loss
 * that is a mean over the batch and no dropout: then a chunk of 1/2^k of the batch has exactly 2^k
 * times its share of the gradient. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../room.h"

extern const NnModel NN_MODEL_SYMBOL;
static const NnModel *const model = &NN_MODEL_SYMBOL;

enum { CHUNK = 2, MOST = 64, TASKS = 9, EDGE = 4096 };

static int failures;

static uint32_t random_number = 1;

static float draw(void) {
    random_number = random_number * 1664525u + 1013904223u;
    return (float)(random_number >> 8) / 8388608.0f - 1.0f;
}

static int64_t floats(void) {
    int64_t n = 0;
    for (int p = 0; p < model->n_params; p++) n += model->params[p].count;
    return n;
}

static void *state, *trained, *fields[16];

/* One step of training from `state`, in `trained`; or with gradients the gradient of `batch`
 * samples from `first` on, all parameters one after the other. */
static void run(const NnCode *code, int first, int batch, int threads, float *gradients) {
    const void *at[16];
    for (int i = 0; i < model->n_fields; i++)
        at[i] = (const char *)fields[i] + (size_t)first * 4 * (size_t)model->fields[i].count;
    const size_t bytes = model->work_bytes(batch, threads);
    unsigned char *work = room(bytes + EDGE);
    memset(work, 0xa5, bytes + EDGE);
    NnCall call = {.state = trained,
                   .work = work,
                   .fields = at,
                   .batch = batch,
                   .threads = threads,
                   .epochs = 1,
                   .steps = 1,
                   .first_sample = first};
    memcpy(trained, state, model->state_bytes);
    if (gradients)
        code->gradient(&call);
    else
        code->train(&call);
    for (int p = 0; gradients && p < model->n_params; p++) {
        model->get_gradient(&call, p, gradients);
        gradients += model->params[p].count;
    }
    for (size_t i = bytes; i < bytes + EDGE; i++)
        if (work[i] != 0xa5) {
            printf("batch %d, %d tasks: wrote behind its work area\n", batch, threads);
            failures++;
            break;
        }
    free(work);
}

/* The sum of chunks from `from` to before `to`, in chunk `from`. */
static void add_up(float *chunks, int64_t n, int from, int to) {
    int half = 1;
    if (to - from == 1) return;
    while (2 * half < to - from) half *= 2;
    add_up(chunks, n, from, from + half);
    add_up(chunks, n, from + half, to);
    for (int64_t i = 0; i < n; i++) chunks[from * n + i] += chunks[(from + half) * n + i];
}

int main(void) {
    const int64_t n = floats();
    float *chunks = room(sizeof(float) * (size_t)n * MOST), *one = room(sizeof(float) * (size_t)n),
          *whole = room(sizeof(float) * (size_t)n);
    state = room(model->state_bytes);
    trained = room(model->state_bytes);
    void *step = room(model->state_bytes);
    for (int p = 0; p < model->n_params; p++) {
        for (int64_t i = 0; i < model->params[p].count; i++) one[i] = draw();
        model->set(state, 0, 0, p, one);
    }
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *f = &model->fields[i];
        fields[i] = room(4 * CHUNK * MOST * (size_t)f->count);
        for (int64_t j = 0; j < CHUNK * MOST * f->count; j++)
            if (f->kind == NN_LABEL)
                ((int32_t *)fields[i])[j] = (int32_t)(j % f->classes);
            else
                ((float *)fields[i])[j] = draw();
    }
    for (const NnCode *code = model->codes; code < model->codes + model->n_codes; code++) {
        if (!code->supported()) continue;
        code->prepare(&(NnCall){.state = state, .threads = 1});
        for (int c = 1; c <= MOST; c++) {
            if (model->chunks(CHUNK * c) != c) continue;
            run(code, 0, CHUNK * c, 1, one);
            if ((c & (c - 1)) == 0) {
                for (int i = 0; i < c; i++) run(code, CHUNK * i, CHUNK, 1, chunks + i * n);
                add_up(chunks, n, 0, c);
                for (int64_t i = 0; i < n; i++) chunks[i] /= (float)c;
                if (memcmp(chunks, one, sizeof(float) * (size_t)n) != 0) {
                    printf("%s: %d chunks are added otherwise\n", code->isa, c);
                    failures++;
                }
            }
            run(code, 0, CHUNK * c, 1, NULL);
            memcpy(step, trained, model->state_bytes);
            for (int tasks = 2; tasks <= TASKS; tasks++) {
                run(code, 0, CHUNK * c, tasks, whole);
                int other = memcmp(whole, one, sizeof(float) * (size_t)n);
                run(code, 0, CHUNK * c, tasks, NULL);
                other |= memcmp(trained, step, model->state_bytes);
                if (!other) continue;
                printf("%s: %d chunks, %d tasks: other sums than one task's\n", code->isa, c,
                       tasks);
                failures++;
            }
        }
    }
    return failures ? 1 : 0;
}
