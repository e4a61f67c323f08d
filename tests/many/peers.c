/* Steps of a model among 1 to MOST peers, which are threads here, each with a state, instruction
 * set and number of tasks of its own: the bits of a process that is alone, for batches of many
 * sizes. The model is compiled with NN_CHUNK_MIN 2. A peer's fields hold garbage where
 * NnModel.samples says that it reads none. */
#include <pthread.h>
#include <stdio.h>

#include "model.h"

#include "../room.h"

extern const NnModel NN_MODEL_SYMBOL;
static const NnModel *const model = &NN_MODEL_SYMBOL;

enum { MOST = 8, BATCH = 48, STEPS = 3, FIELDS = 32, EDGE = 4096 };

/* ---- a net of threads ---- */

static pthread_barrier_t barrier;
static int at_work; /* peers */
static const void *shown[MOST];
static bool broken; /* the next gathers fail */

/* The rank of a net is in its address. */
static int ranks[MOST];

static bool gather(void *net, void *rows, size_t row_bytes, const int *from) {
    const int rank = *(int *)net;
    shown[rank] = rows;
    pthread_barrier_wait(&barrier);
    for (int p = 0; p < at_work; p++)
        if (p != rank)
            memcpy((char *)rows + (size_t)from[p] * row_bytes,
                   (const char *)shown[p] + (size_t)from[p] * row_bytes,
                   (size_t)(from[p + 1] - from[p]) * row_bytes);
    pthread_barrier_wait(&barrier);
    return !broken;
}

static struct {
    const void *data;
    size_t bytes;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int full;
} mail[MOST][MOST]; /* from, to */

static bool exchange(void *net, int peer, const void *send, size_t send_bytes, void *received,
                     size_t received_bytes) {
    const int rank = *(int *)net;
    pthread_mutex_t *const mine = &mail[rank][peer].mutex, *const theirs = &mail[peer][rank].mutex;
    pthread_mutex_lock(mine);
    mail[rank][peer].data = send;
    mail[rank][peer].bytes = send_bytes;
    mail[rank][peer].full = 1;
    pthread_cond_signal(&mail[rank][peer].changed);
    pthread_mutex_unlock(mine);
    pthread_mutex_lock(theirs);
    while (!mail[peer][rank].full) pthread_cond_wait(&mail[peer][rank].changed, theirs);
    const bool fits = mail[peer][rank].bytes == received_bytes;
    if (fits && received_bytes) memcpy(received, mail[peer][rank].data, received_bytes);
    mail[peer][rank].full = 0;
    pthread_cond_signal(&mail[peer][rank].changed);
    pthread_mutex_unlock(theirs);
    pthread_mutex_lock(mine);
    while (mail[rank][peer].full) pthread_cond_wait(&mail[rank][peer].changed, mine);
    pthread_mutex_unlock(mine);
    return fits && !broken;
}

/* ---- one process ---- */

typedef struct Process {
    const NnCode *code;
    NnPeers peers;
    int batch, threads;
    void *state;
    const void *fields[FIELDS];
    double loss, squares;
    float *gradients; /* of the last step */
    bool lost, over;  /* wrote behind its work area */
} Process;

static void *start; /* the state that all begin with */
static void *fields[FIELDS];
static int failures;

static uint32_t number = 1;

static float draw(void) {
    number = number * 1664525u + 1013904223u;
    return (float)(number >> 8) / 8388608.0f - 1.0f;
}

static int64_t all_floats(void) {
    int64_t n = 1;
    for (int p = 0; p < model->n_params; p++) n += model->params[p].count;
    return n;
}

/* Fields of which only the process's samples are real. */
static void take_fields(Process *process) {
    int first = 0, end = process->batch;
    if (process->peers.size > 1) model->samples(process->batch, &process->peers, &first, &end);
    for (int i = 0; i < model->n_fields; i++) {
        const size_t bytes = 4 * (size_t)model->fields[i].count;
        char *copy = room(bytes * BATCH);
        memset(copy, 0xff, bytes * BATCH);
        memcpy(copy + (size_t)first * bytes, (char *)fields[i] + (size_t)first * bytes,
               (size_t)(end - first) * bytes);
        process->fields[i] = copy;
    }
}

static void *work_on(void *arg) {
    Process *process = arg;
    const NnPeers *peers = process->peers.size > 1 ? &process->peers : NULL;
    const size_t bytes = model->work_bytes_among(process->batch, process->threads, peers);
    unsigned char *work = room(bytes + EDGE);
    memset(work, 0xa5, bytes + EDGE);
    memcpy(process->state, start, model->state_bytes);
    take_fields(process);
    NnCall call = {.state = process->state,
                   .work = work,
                   .fields = process->fields,
                   .batch = process->batch,
                   .threads = process->threads,
                   .peers = peers,
                   .seed = 5,
                   .dropout = true,
                   .epochs = 2,
                   .steps = 2 * STEPS};
    process->code->prepare(&call);
    for (call.phase = 0; call.phase < model->n_phases && !call.lost; call.phase++) {
        const int all = model->phases[call.phase].n_members ? 2 * STEPS : STEPS;
        model->reset(call.state, call.phase);
        for (call.step = 0; call.step < all && !call.lost; call.step++) {
            call.gradient_squares = call.step % 2 ? &process->squares : NULL;
            call.more = model->phases[call.phase].accumulate > 1 && call.step % 2 == 0;
            call.earlier =
                call.step % 2 && model->phases[call.phase].accumulate > 1 ? call.batch : 0;
            process->code->train(&call);
            process->loss = call.loss;
        }
    }
    process->lost = call.lost;
    call.phase = model->n_phases - 1;
    call.more = false;
    call.earlier = 0;
    if (!call.lost) model->gather_moments(&call);
    if (!call.lost) process->code->gradient(&call);
    float *to = process->gradients;
    for (int i = 0; i < model->phases[call.phase].n_trained && !call.lost; i++) {
        const int param = model->phases[call.phase].trained[i];
        model->get_gradient(&call, param, to);
        to += model->params[param].count;
    }
    for (size_t i = bytes; i < bytes + EDGE; i++) process->over = process->over || work[i] != 0xa5;
    for (int i = 0; i < model->n_fields; i++) free((void *)(uintptr_t)process->fields[i]);
    free(work);
    return NULL;
}

/* ---- what is compared ---- */

static float *one, *other;

/* Whether two processes have equal parameters, averages and moments. */
static bool equal_states(const Process *a, const Process *b) {
    const int phase = model->n_phases - 1, slots = model->phases[phase].n_slots;
    for (int slot = nn_has_averages(model) ? NN_AVERAGE : 0; slot <= slots; slot++)
        for (int p = 0; p < model->n_params; p++) {
            if (slot > 0 && !nn_has_moment(&model->phases[phase], slot, p)) continue;
            model->get(a->state, phase, slot, p, one);
            model->get(b->state, phase, slot, p, other);
            if (memcmp(one, other, sizeof *one * (size_t)model->params[p].count) != 0) return false;
        }
    return true;
}

static void run_all(Process *processes, int size) {
    pthread_t threads[MOST];
    pthread_barrier_init(&barrier, NULL, (unsigned)size);
    at_work = size;
    for (int p = 0; p < size; p++)
        if (pthread_create(&threads[p], NULL, work_on, &processes[p]) != 0) abort();
    for (int p = 0; p < size; p++) pthread_join(threads[p], NULL);
    pthread_barrier_destroy(&barrier);
}

static const NnCode *some_code(int i) {
    int n = 0;
    const NnCode *found[8];
    for (int k = 0; k < model->n_codes && n < 8; k++)
        if (model->codes[k].supported()) found[n++] = &model->codes[k];
    return found[i % n];
}

static void compare(const Process *alone, Process *processes, int size, int batch, bool slices) {
    const size_t bytes = sizeof *one * (size_t)all_floats();
    for (int p = 0; p < size; p++) {
        processes[p].peers = (NnPeers){.size = size,
                                       .rank = p,
                                       .net = &ranks[p],
                                       .gather = gather,
                                       .exchange = slices ? exchange : NULL,
                                       .slices_from = slices ? 1 : 0};
        processes[p].code = some_code(p);
        processes[p].batch = batch;
        processes[p].threads = 1 + p % 3;
        processes[p].over = false;
    }
    run_all(processes, size);
    for (int p = 0; p < size; p++) {
        const Process *q = &processes[p];
        const bool sums = memcmp(&q->loss, &alone->loss, sizeof q->loss) == 0 &&
                          memcmp(&q->squares, &alone->squares, sizeof q->squares) == 0;
        const bool gradients = memcmp(q->gradients, alone->gradients, bytes) == 0;
        if (sums && gradients && !q->lost && !q->over && equal_states(alone, q)) continue;
        printf("batch %d, %d chunks, peer %d of %d%s: %s\n", batch, model->chunks(batch), p, size,
               slices ? " with slices" : "",
               q->lost      ? "lost"
               : q->over    ? "wrote behind its work area"
               : !sums      ? "other sums"
               : !gradients ? "other gradients"
                            : "another state");
        failures++;
    }
}

int main(void) {
    static const int batches[] = {6, BATCH};
    Process processes[MOST] = {{0}}, alone = {.peers.size = 1, .threads = 2};
    const size_t floats = (size_t)all_floats();
    one = room(sizeof *one * floats);
    other = room(sizeof *other * floats);
    start = room(model->state_bytes);
    alone.code = some_code(0);
    for (int i = 0; i < MOST; i++) {
        ranks[i] = i;
        processes[i].state = room(model->state_bytes);
        processes[i].gradients = room(sizeof(float) * floats);
        for (int k = 0; k < MOST; k++) {
            pthread_mutex_init(&mail[i][k].mutex, NULL);
            pthread_cond_init(&mail[i][k].changed, NULL);
        }
    }
    alone.state = room(model->state_bytes);
    alone.gradients = room(sizeof(float) * floats);
    for (int p = 0; p < model->n_params; p++) {
        const bool constant = model->params[p].init == NN_CONSTANT;
        for (int64_t i = 0; i < model->params[p].count; i++)
            one[i] = constant ? (float)model->params[p].a : 0.1f * draw();
        model->set(start, 0, 0, p, one);
    }
    for (int i = 0; i < model->n_fields; i++) {
        const NnField *f = &model->fields[i];
        double mean[64], deviation[64];
        for (int k = 0; k < 64; k++) mean[k] = 0.25 * (k % 3), deviation[k] = 1 + 0.5 * (k % 5);
        if (f->normal.moments) model->set_normal(start, i, mean, deviation);
        fields[i] = room(4 * BATCH * (size_t)f->count);
        for (int64_t j = 0; j < (int64_t)BATCH * f->count; j++)
            if (f->kind == NN_LABEL)
                ((int32_t *)fields[i])[j] = (int32_t)(j * 7 % f->classes);
            else
                ((float *)fields[i])[j] = draw();
    }
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        alone.batch = batches[b];
        int least = 1;
        for (int p = 0; p < model->n_phases; p++)
            if (model->phases[p].least > least) least = model->phases[p].least;
        if (alone.batch < least) continue;
        work_on(&alone);
        for (int size = 2; size <= MOST; size += size == 3 ? 5 : 1)
            for (int slices = 0; slices < 2; slices++)
                compare(&alone, processes, size, alone.batch, slices);
    }
    /* One that is lost ends the step, and parameters stay. */
    broken = true;
    run_all(processes, 2);
    for (int p = 0; p < 2; p++)
        if (!processes[p].lost) failures++, printf("peer %d did not see that one is lost\n", p);
    return failures ? 1 : 0;
}
