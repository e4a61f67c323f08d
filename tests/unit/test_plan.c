/* Placement of activations and the plan's verifier, on plans made by hand. */
#define _POSIX_C_SOURCE 200809L

#include "../suite.h"

#include "compiler/plan/verify.h"

enum { KERNELS = 12, BUFFERS = 40 };

static Arena *arena;
static Plan *plan;
static Entry *entry;
static uint64_t state;

static void begin(void) {
    arena = arena_new();
    plan = ARENA_NEW(arena, Plan);
    plan->arena = arena;
    plan->graph = graph_new(arena, diag_new(arena));
    entry = plan_add_entry(plan, ENTRY_PREDICT, -1, NULL);
    for (int i = 0; i < KERNELS; i++) {
        Kernel *k = ARENA_NEW(arena, Kernel);
        k->name = arena_printf(arena, "kernel_%d", i);
        k->index = i;
        k->parts = 1;
        ARENA_PUSH(arena, entry->kernels, entry->n_kernels, entry->cap_kernels, k);
    }
}

static void end(void) {
    arena_free(arena);
}

static int draw(int below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int)(state >> 33) % below;
}

/* A buffer that a kernel writes and another one, not before it, reads. */
static Buffer *buffer(BufferSpace space, int64_t size, int writer, int reader) {
    Buffer *b = ARENA_NEW(arena, Buffer);
    b->name = arena_printf(arena, "buffer_%d", entry->n_buffers);
    b->space = space;
    b->size = size;
    b->layout.stride = (int)size;
    b->parts = 1;
    b->first = b->last = -1;
    ARENA_PUSH(arena, entry->buffers, entry->n_buffers, entry->cap_buffers, b);
    Kernel *w = entry->kernels[writer], *r = entry->kernels[reader];
    const Operand to = {"y", b, true, NULL}, from = {"x", b, false, NULL};
    ARENA_PUSH(arena, w->operands, w->n_operands, w->cap_operands, to);
    ARENA_PUSH(arena, r->operands, r->n_operands, r->cap_operands, from);
    return b;
}

static void verify(void *unused) {
    (void)unused;
    plan_verify_kernels(plan);
    plan_verify_order(plan);
    plan_verify_places(plan);
}

/* Buffers that are alive together lie apart; the area is no larger than all of them. */
START_TEST(random_lifetimes) {
    state = (uint64_t)_i + 1;
    int64_t all = 0;
    for (int i = 0; i < BUFFERS; i++) {
        int a = draw(KERNELS), b = draw(KERNELS), from = a < b ? a : b, to = a < b ? b : a;
        if (from == to) continue;
        all += buffer(SPACE_SAMPLE, LANES * (1 + draw(9)), from, to)->size;
    }
    plan_place(plan);
    verify(NULL);
    int64_t most = 0;
    for (int k = 0; k < KERNELS; k++) {
        int64_t alive = 0;
        for (int i = 0; i < entry->n_buffers; i++) {
            const Buffer *b = entry->buffers[i];
            if (b->first <= k && k <= b->last) alive += b->size;
            ck_assert_int_eq(b->offset % LANES, 0);
            ck_assert_int_le(b->offset + b->size, entry->sample_floats);
            for (int j = 0; j < i; j++) {
                const Buffer *o = entry->buffers[j];
                if (b->first > o->last || o->first > b->last) continue;
                ck_assert(b->offset >= o->offset + o->size || o->offset >= b->offset + b->size);
            }
        }
        if (alive > most) most = alive;
    }
    ck_assert_int_gt(all, 0);
    ck_assert_int_ge(entry->sample_floats, most);
    ck_assert_int_le(entry->sample_floats, all);
}
END_TEST

/* Buffers one after the other in time share a place. */
START_TEST(chain) {
    for (int i = 0; i + 1 < KERNELS; i++) buffer(SPACE_SAMPLE, 4 * LANES, i, i + 1);
    plan_place(plan);
    verify(NULL);
    ck_assert_int_eq(entry->sample_floats, 2 * 4 * LANES);
}
END_TEST

static bool refused(void) {
    char text[4096];
    return ends_in_bug(verify, NULL, text, sizeof text);
}

static Buffer *first_of_chain(void) {
    Buffer *first = buffer(SPACE_SAMPLE, 32, 0, 1);
    buffer(SPACE_SAMPLE, 32, 1, 2);
    plan_place(plan);
    ck_assert(!refused());
    return first;
}

START_TEST(refuses_overlaps) {
    Buffer *b = first_of_chain();
    b->offset = entry->buffers[1]->offset;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_unaligned_offsets) {
    first_of_chain()->offset += 40;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_use_after_lifetime) {
    first_of_chain()->last = 0;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_reading_what_nobody_wrote) {
    first_of_chain();
    entry->kernels[0]->operands[0].written = false;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_writing_fields_and_parameters) {
    Buffer *b = first_of_chain();
    b->space = _i ? SPACE_STATE : SPACE_FIELD;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_reading_outputs) {
    first_of_chain()->space = SPACE_OUTPUT;
    ck_assert(refused());
}
END_TEST

START_TEST(refuses_wrong_order) {
    first_of_chain();
    entry->kernels[3]->index = 4;
    ck_assert(refused());
}
END_TEST

/* The rule of docs/numbers.md; changing it changes the bits of trained weights. */
START_TEST(chunks_are_cut_by_work_tiles_and_size_of_gradients) {
    ck_assert_int_eq(chunk_samples(1000, 1000000, 1), 24);
    ck_assert_int_eq(chunk_samples(1000, 6000, 1), 33);
    ck_assert_int_eq(chunk_samples(1000, 6000, 100), 33);
    ck_assert_int_eq(chunk_samples(1000, 1000000, 15), 24);
    ck_assert_int_eq(chunk_samples(1000, 1000000, 16), 24);
    ck_assert_int_eq(chunk_samples(1000, 1000000, 64), 6);
    ck_assert_int_eq(chunk_samples(1000, 1000000, 100), 4);
    ck_assert_int_eq(chunk_samples(1000, 1000000, 1000), 1);
    ck_assert_int_eq(chunk_samples(1000, 1, 1), 256);
    ck_assert_int_eq(chunk_samples(0, 1, 1), 24);
    const int64_t MiB = 1024 * 1024 / 4;
    ck_assert_int_eq(chunk_limit(1), 64);
    ck_assert_int_eq(chunk_limit(4 * MiB), 64);
    ck_assert_int_eq(chunk_limit(4 * MiB + 1), 63);
    ck_assert_int_eq(chunk_limit(32 * MiB), 8);
    ck_assert_int_eq(chunk_limit(64 * MiB), 2);
    ck_assert_int_eq(chunk_limit(4096 * 4096 + 8 * MiB), 1);
    ck_assert_int_eq(chunk_limit(1000 * MiB), 1);
}
END_TEST

START_TEST(batches_have_as_many_chunks_as_allowed_that_threads_share) {
    static const int expected[][2] = {{1, 1},    {47, 1},    {48, 2},    {72, 3},    {96, 4},
                                      {120, 4},  {144, 6},   {192, 8},   {287, 8},   {288, 12},
                                      {768, 32}, {1151, 32}, {1152, 48}, {65536, 48}};
    plan->chunk_min = 24;
    plan->chunk_max = 63;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_int_eq(plan_chunks(plan, expected[i][0]), expected[i][1]);
}
END_TEST

START_TEST(layouts) {
    Layout l = layout_padded(17, 3, 5);
    ck_assert_int_eq(l.cs, 32);
    ck_assert_int_eq(l.stride, 3 * 5 * 32);
    ck_assert(layout_equal(l, layout_padded(17, 3, 5)));
    ck_assert(!layout_equal(l, layout_padded(18, 3, 5)));
}
END_TEST

SUITE("plan", FIXTURE(begin, end), LOOP(random_lifetimes, 50),
      LOOP(refuses_writing_fields_and_parameters, 2),
      TESTS(chain, refuses_overlaps, refuses_unaligned_offsets, refuses_use_after_lifetime,
            refuses_reading_what_nobody_wrote, refuses_reading_outputs, refuses_wrong_order,
            chunks_are_cut_by_work_tiles_and_size_of_gradients,
            batches_have_as_many_chunks_as_allowed_that_threads_share, layouts))
