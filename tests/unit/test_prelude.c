/* The helpers that generated files carry, compiled as they are, against references of their own.
 * The compiler warns here of a helper without a test, as unused. */
#define _POSIX_C_SOURCE 200809L

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

/* Constants that the plan would define. */
enum { NN_CHUNK_MIN = 12, NN_MAX_CHUNKS = 64 };

#include "compiler/emit/prelude.h"
#include "compiler/kernels/weights.h"
#include "graphs.h"

/* ---- numbers ---- */

/* Largest relative error over `n` arguments from `from` to `to`. */
static double worst(double (*f)(double), long double (*truth)(long double), double from, double to,
                    int n) {
    double most = 0.0;
    for (int i = 0; i <= n; i++) {
        const double x = from + (to - from) * i / n;
        const long double t = truth((long double)x);
        const double e = (double)fabsl(((long double)f(x) - t) / t);
        if (e > most) most = e;
    }
    return most;
}

START_TEST(exponentials_are_exact_enough_for_schedules) {
    ck_assert_double_eq(nn_exp(0.0), 1.0);
    ck_assert_double_lt(worst(nn_exp, expl, -1.0, 1.0, 10000), 1e-12);
    ck_assert_double_lt(worst(nn_exp, expl, -700.0, 700.0, 10000), 1e-12);
    ck_assert_double_eq(nn_exp(-746.0), 0.0);
    ck_assert_double_eq(nn_exp(-HUGE_VAL), 0.0);
    ck_assert(isinf(nn_exp(710.0)) && isinf(nn_exp(HUGE_VAL)));
    ck_assert(isnan(nn_exp(NAN)));
}
END_TEST

START_TEST(cosines_are_exact_enough_for_schedules) {
    const double pi = 3.14159265358979323846;
    ck_assert_double_eq(nn_cos(0.0), 1.0);
    for (int i = -20000; i <= 20000; i++) {
        const double x = i * 1e-3; /* three turns each way */
        const double e = fabs(nn_cos(x) - cos(x));
        ck_assert_msg(e < (fabs(x) <= pi ? 1e-15 : 4e-14), "cos %g: off by %g", x, e);
    }
    for (double x = 1e2; x < 1e9; x *= 1.7) {
        const double e = fabs(nn_cos(x) - cos(x));
        ck_assert_msg(e < 2e-16 * x + 1e-13, "cos %g: off by %g", x, e);
    }
    for (int i = -20000; i <= 20000; i++) {
        const double x = i * 1e-3, e = fabs(nn_sin(x) - sin(x));
        ck_assert_msg(e < (fabs(x) <= pi / 2 ? 1e-15 : 4e-14), "sin %g: off by %g", x, e);
    }
    ck_assert(isnan(nn_cos(NAN)) && isnan(nn_cos(HUGE_VAL)) && isnan(nn_cos(-HUGE_VAL)));
}
END_TEST

START_TEST(floors_are_those_of_the_library) {
    const double values[] = {0.0, 0.5,    -0.5,    2.999, -3.0,         -3.001,
                             3.0, 0x1p52, -0x1p52, 1e300, 0x1p52 - 0.5, 0.5 - 0x1p52};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        ck_assert_double_eq(nn_floor(values[i]), floor(values[i]));
    ck_assert(isnan(nn_floor(NAN)) && isinf(nn_floor(HUGE_VAL)));
}
END_TEST

START_TEST(powers_of_any_exponent) {
    const double bases[] = {0.1, 0.999, 1.0, 1.5, 20.0},
                 powers[] = {0.0, 0.3, 2.0, 2.5, 64.0, 65.0, 99.9, 1000.0, -3.0, -0.5};
    for (int b = 0; b < 5; b++)
        for (int p = 0; p < 10; p++) {
            const double t = pow(bases[b], powers[p]), y = nn_pow(bases[b], powers[p]);
            if (isinf(t) || t == 0.0)
                ck_assert_double_eq(y, t);
            else
                ck_assert_msg(t < DBL_MIN || fabs(y / t - 1.0) < 1e-12, "%g^%g: %g, not %g",
                              bases[b], powers[p], y, t);
        }
    ck_assert_double_eq(nn_pow(0.0, 0.0), 1.0);
    ck_assert_double_eq(nn_pow(0.0, 2.5), 0.0);
    ck_assert_double_eq(nn_pow(0.0, 100.0), 0.0);
    ck_assert(isinf(nn_pow(0.0, -1.0)) && isinf(nn_pow(0.0, -0.5)));
    ck_assert_double_eq(nn_pow(-2.0, 3.0), -8.0);
    ck_assert_double_eq_tol(nn_pow(-1.0, 99.0), -1.0, 1e-12);
    ck_assert_double_eq_tol(nn_pow(-1.0, 100.0), 1.0, 1e-12);
    ck_assert(isnan(nn_pow(-2.0, 0.5)) && isnan(nn_pow(NAN, 0.5)) && isnan(nn_pow(2.0, NAN)));
}
END_TEST

START_TEST(roots_are_those_of_the_library) {
    ck_assert_double_eq(nn_root(0.0), 0.0);
    ck_assert_double_eq(nn_root(-1.0), 0.0);
    ck_assert_double_eq(nn_root(NAN), 0.0);
    for (double x = 1e-40; x < 1e40; x *= 1.37) {
        const double e = fabs(nn_root(x) / sqrt(x) - 1.0);
        ck_assert_msg(e <= DBL_EPSILON, "root of %g: off by %g", x, e);
    }
    for (int i = 1; i < 1000; i++) ck_assert_double_eq(nn_root((double)i * i), i);
}
END_TEST

START_TEST(square_roots_of_all_numbers) {
    for (double x = 5e-324; x < 1e308; x = x < 1e-300 ? 16 * x : 1.37 * x) {
        const double e = fabs(nn_sqrt(x) / sqrt(x) - 1.0);
        ck_assert_msg(e <= DBL_EPSILON, "root of %g: off by %g", x, e);
    }
    ck_assert(nn_sqrt(0.0) == 0.0 && isnan(nn_sqrt(-1e-300)) && isnan(nn_sqrt(NAN)));
    ck_assert(isinf(nn_sqrt(HUGE_VAL)) && isnan(nn_sqrt(-HUGE_VAL)));
}
END_TEST

START_TEST(logarithms_are_exact) {
    ck_assert_double_eq(nn_log(1.0), 0.0);
    ck_assert_double_lt(worst(nn_log, logl, 0.3, 0.999, 10000), 1e-15);
    ck_assert_double_lt(worst(nn_log, logl, 1.001, 7.0, 10000), 1e-15);
    ck_assert_double_lt(worst(nn_log, logl, 7.0, 1e9, 10000), 1e-15);
    for (double x = 5e-324; x < 1e308; x = x < 1e-300 ? 16 * x : 1.37 * x) {
        const double e = fabs(nn_log(x) - log(x));
        ck_assert_msg(e <= 2 * DBL_EPSILON * fabs(log(x)), "log of %g: off by %g", x, e);
    }
    ck_assert(isinf(nn_log(0.0)) && nn_log(0.0) < 0.0 && isnan(nn_log(-1e-300)));
    ck_assert(isinf(nn_log(HUGE_VAL)) && isnan(nn_log(-HUGE_VAL)) && isnan(nn_log(NAN)));
}
END_TEST

START_TEST(powers_are_products) {
    ck_assert_double_eq(nn_power(0.5, 0), 1.0);
    ck_assert_double_eq(nn_power(0.0, 0), 1.0);
    ck_assert_double_eq(nn_power(2.0, 60), 0x1p60);
    ck_assert_double_eq(nn_power(-3.0, 3), -27.0);
    ck_assert_double_eq(nn_power(0.9, (int64_t)1 << 40), 0.0);
    const double bases[] = {0.9, 0.99, 0.999, 1.001};
    for (int b = 0; b < 4; b++)
        for (int n = 1; n < 5000; n += 7) {
            const double t = pow(bases[b], n), e = fabs(nn_power(bases[b], n) / t - 1.0);
            /* The base's squares carry its rounding along. */
            ck_assert_msg(e < n * DBL_EPSILON, "%g^%d: off by %g", bases[b], n, e);
        }
}
END_TEST

START_TEST(arithmetic_passes_nan_on) {
    ck_assert_double_eq(nn_product(3.0, -0.5), -1.5);
    ck_assert_double_eq(nn_difference(3.0, 5.0), -2.0);
    ck_assert_double_eq(nn_ratio(3.0, 2.0), 1.5);
    ck_assert_double_eq(nn_ratio(0.0, 0.0), 0.0);
    ck_assert_double_eq(nn_min(2.0, 3.0), 2.0);
    ck_assert_double_eq(nn_min(3.0, 2.0), 2.0);
    ck_assert_double_eq(nn_max(2.0, 3.0), 3.0);
    ck_assert_double_eq(nn_max(3.0, 2.0), 3.0);
    ck_assert(isnan(nn_min(NAN, 1.0)) && isnan(nn_min(1.0, NAN)));
    ck_assert(isnan(nn_max(NAN, 1.0)) && isnan(nn_max(1.0, NAN)));
}
END_TEST

/* Within a call the mode is IEEE's preset; the caller's mode is restored after it, and the
 * exceptions that the caller has seen, too. */
START_TEST(the_callers_mode_comes_back) {
    /* Volatile: computed where it stands. */
    volatile double one = 1.0, three = 3.0;
    volatile float tiny = FLT_MIN, half = 0.5f;
    volatile double third = one / three;
    fesetround(FE_UPWARD);
#ifdef __SSE__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u); /* flushes */
#endif
    feclearexcept(FE_ALL_EXCEPT);
    volatile double above = one / three;
    const uint64_t mode = nn_enter();
    volatile double inside = one / three;
    volatile float halved = tiny * half;
    volatile float doubled = halved + halved;
    nn_leave(mode);
    volatile double after = one / three;
    const int rounding = fegetround(), raised = fetestexcept(FE_ALL_EXCEPT);
#ifdef __SSE__
    const unsigned flushes = __builtin_ia32_stmxcsr() & 0x8040u;
    __builtin_ia32_ldmxcsr(0x1f80u);
    ck_assert_uint_eq(flushes, 0x8040u);
#endif
    fesetround(FE_TONEAREST);
    ck_assert_int_eq(rounding, FE_UPWARD);
    ck_assert_int_eq(raised & FE_UNDERFLOW, 0);
    ck_assert(above > third && after == above);
    ck_assert_double_eq(inside, third);
    ck_assert_float_eq(halved, 0x1p-127f);
    ck_assert_float_eq(doubled, FLT_MIN);
}
END_TEST

/* ---- dropout ---- */

START_TEST(keys_are_those_of_the_definition) {
    /* fmix64 of MurmurHash3: values of its author's code. */
    ck_assert_uint_eq(nn_mix(0), 0);
    ck_assert_uint_eq(nn_mix(1), 0xb456bcfc34c2cb2cULL);
    for (uint32_t i = 0; i < 1000; i++) {
        const uint64_t seed = nn_mix(i), step = i * 77 % 13;
        ck_assert_uint_eq(nn_dropout_key(seed, 5 * i, i % 3, step),
                          dropout_key(seed, 5 * i, i % 3, step));
    }
}
END_TEST

/* ---- the batch and its tasks ---- */

START_TEST(draws_are_those_of_the_definition) {
    for (uint32_t i = 0; i < 1000; i++) {
        const NnDrop d = {.key = i * 77777u,
                          .threshold = i * 66u,
                          .first = 0xfffffff0u + i % 7u,
                          .words = MOVE_WORDS};
        const int sample = (int)(i % 40), count = (int)(1 + i % 9);
        const uint32_t word = (d.first + (uint32_t)sample) * MOVE_WORDS;
        ck_assert_uint_eq(nn_drawn(&d, sample, 1), dropout_hash(word + 1, d.key));
        ck_assert_int_eq(nn_happens(&d, sample), dropout_hash(word, d.key) >> 16 < d.threshold);
        const uint64_t drawn = dropout_hash(word + 2, d.key);
        ck_assert_int_eq(nn_pick(&d, sample, 2, count),
                         (int)(drawn * (uint64_t)count / 4294967296u));
    }
}
END_TEST

START_TEST(chunks_cover_the_batch) {
    for (int batch = 1; batch < 3000; batch++) {
        const int chunks = nn_chunks(batch);
        int largest = 0;
        ck_assert(chunks >= 1 && chunks <= NN_MAX_CHUNKS);
        /* Of 1, 2, 3, 4, 6, 8, 12 ..., the most that the batch allows. */
        const int odd = chunks / (chunks & -chunks);
        const int next = odd == 3 ? chunks / 3 * 4 : chunks == 1 ? 2 : chunks / 2 * 3;
        ck_assert(odd == 1 || odd == 3);
        ck_assert(chunks == NN_MAX_CHUNKS || next * NN_CHUNK_MIN > batch);
        /* work_bytes assumes this for smaller batches. */
        ck_assert(chunks == NN_MAX_CHUNKS || nn_capacity(batch) <= 2 * NN_CHUNK_MIN);
        ck_assert_int_eq(nn_first(batch, 0), 0);
        ck_assert_int_eq(nn_first(batch, chunks), batch);
        for (int c = 0; c < chunks; c++) {
            const int n = nn_first(batch, c + 1) - nn_first(batch, c);
            ck_assert(n >= NN_CHUNK_MIN || chunks == 1);
            if (n > largest) largest = n;
        }
        ck_assert_uint_eq(nn_capacity(batch), (size_t)largest);
    }
    ck_assert_int_eq(nn_first(NN_MAX_BATCH, NN_MAX_CHUNKS), NN_MAX_BATCH);
}
END_TEST

START_TEST(tasks_are_threads_but_not_more_than_chunks) {
    for (int batch = 1; batch < 300; batch += 7)
        for (int threads = -1; threads < 40; threads++) {
            const NnCall call = {.batch = batch, .threads = threads};
            int tasks = nn_chunks(batch);
            if (tasks > threads) tasks = threads;
            if (tasks < 1) tasks = 1;
            ck_assert_int_eq(nn_tasks(&call), tasks);
        }
}
END_TEST

START_TEST(numbers_are_added_in_the_same_tree) {
    double x[2 * NN_MAX_CHUNKS];
    for (int i = 0; i < 2 * NN_MAX_CHUNKS; i++) x[i] = 1.0 / (i + 1);
    ck_assert_double_eq(nn_total(x, 2, 1), x[0]);
    ck_assert_double_eq(nn_total(x + 1, 2, 2), x[1] + x[3]);
    ck_assert_double_eq(nn_total(x, 2, 5), ((x[0] + x[2]) + (x[4] + x[6])) + x[8]);
    ck_assert_double_eq(nn_total(x, 1, 7),
                        ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + x[6]));
}
END_TEST

START_TEST(slices_cover_all_rows) {
    for (size_t n = 0; n < 2000; n += 16)
        for (int tasks = 1; tasks < 9; tasks++) {
            ck_assert_uint_eq(nn_slice(n, 0, tasks), 0);
            ck_assert_uint_eq(nn_slice(n, tasks, tasks), n);
            for (int t = 0; t < tasks; t++) {
                const size_t from = nn_slice(n, t, tasks), to = nn_slice(n, t + 1, tasks);
                ck_assert_uint_eq(from % 16, 0);
                ck_assert(from <= to);
                ck_assert_uint_le(to - from, n / (size_t)tasks + 16);
            }
        }
}
END_TEST

/* Tiles of two heights: by trying all numbers of both. */
START_TEST(few_lower_tiles_leave_nothing_or_the_tail) {
    for (int rows = 2; rows < 14; rows++)
        for (int tail = 1; tail < rows; tail *= 2)
            for (int n = 1; n < 200; n++) {
                int best[2] = {-1, -1}; /* that leave nothing, that leave the tail */
                for (int lower = rows - 1; lower >= 0; lower--)
                    for (int high = 0; lower * (rows - 1) + high * rows <= n; high++) {
                        const int rest = n - lower * (rows - 1) - high * rows;
                        if (rest == 0) best[0] = lower;
                        if (rest == tail) best[1] = lower;
                    }
                const int expected = best[0] >= 0 ? best[0] : best[1] >= 0 ? best[1] : 0;
                ck_assert_msg(nn_shorter(n, rows, tail) == expected, "%d of %d, tail %d: %d not %d",
                              n, rows, tail, nn_shorter(n, rows, tail), expected);
            }
}
END_TEST

static int order[100], n_order;
static void note(void *arg, int task) {
    ck_assert_ptr_eq(arg, order);
    order[n_order++] = task;
}
static void backwards(void *team, int n, void (*fn)(void *, int), void *arg) {
    ck_assert_ptr_eq(team, &n_order);
    while (n-- > 0) fn(arg, n);
}

START_TEST(tasks_run_on_the_callers_team) {
    NnCall call = {.team = &n_order};
    nn_run(&call, 5, note, order);
    ck_assert_int_eq(n_order, 5);
    for (int i = 0; i < 5; i++) ck_assert_int_eq(order[i], i);
    n_order = 0;
    call.parallel = backwards;
    nn_run(&call, 5, note, order);
    ck_assert_int_eq(n_order, 5);
    for (int i = 0; i < 5; i++) ck_assert_int_eq(order[i], 4 - i);
    n_order = 0;
    call.team = NULL; /* a single task needs no team */
    nn_run(&call, 1, note, order);
    ck_assert_int_eq(n_order, 1);
}
END_TEST

static void traced(void *arg, int kernel) {
    *(int *)arg = kernel;
}

START_TEST(traces_are_called_where_they_are_wanted) {
    int seen = -1;
    const NnCall silent = {0}, loud = {.trace = traced, .trace_arg = &seen}, *call = &silent;
    NN_TRACE(3);
    ck_assert_int_eq(seen, -1);
    call = &loud;
    NN_TRACE(3);
    ck_assert_int_eq(seen, 3);
}
END_TEST

/* ---- the state ---- */

/* Shapes of weights: dense, grouped, depthwise, with rows that are not full. */
static const NnPlace places[] = {
    {.out = 16, .in = 3, .kh = 1, .kw = 1, .groups = 1},
    {.out = 10, .in = 7, .kh = 3, .kw = 2, .groups = 1},
    {.out = 40, .in = 33, .kh = 1, .kw = 1, .groups = 1},
    {.out = 32, .in = 32, .kh = 3, .kw = 3, .groups = 2},
    {.out = 32, .in = 8, .kh = 2, .kw = 1, .groups = 4},
    {.out = 64, .in = 64, .kh = 1, .kw = 3, .groups = 64},
    {.out = 24, .in = 12, .kh = 2, .kw = 2, .groups = 12},
    {.out = 36, .in = 18, .kh = 1, .kw = 1, .groups = 6},
    {.out = 20, .in = 40, .kh = 1, .kw = 2, .groups = 5},
    {.out = 96, .in = 6, .kh = 1, .kw = 1, .groups = 2},
};
enum { N_PLACES = sizeof places / sizeof *places };

static NnPlace place_of(int i) {
    NnPlace p = places[i];
    p.block_in = block_channels(p.out, p.in, p.groups);
    p.size = (size_t)((p.out + 15) / 16 * p.kh * p.kw * p.block_in * 16);
    return p;
}

START_TEST(blocks_store_the_inputs_of_their_outputs) {
    for (int i = 0; i < N_PLACES; i++) {
        const NnPlace p = place_of(i);
        for (int o = 0; o < p.out; o++) {
            const int from = nn_begin(p.out, p.in, p.groups, p.block_in, o / 16);
            const int group = o / (p.out / p.groups), inputs = p.in / p.groups;
            ck_assert(from >= 0 && from + p.block_in <= p.in);
            ck_assert(from <= group * inputs && (group + 1) * inputs <= from + p.block_in);
        }
    }
}
END_TEST

START_TEST(weights_lie_in_blocks_of_16_outputs) {
    for (int i = 0; i < N_PLACES; i++) {
        const NnPlace p = place_of(i);
        bool *taken = ARENA_ARRAY(arena, bool, p.size);
        for (int o = 0; o < p.out; o++)
            for (int c = 0; c < p.in / p.groups; c++)
                for (int y = 0; y < p.kh; y++)
                    for (int x = 0; x < p.kw; x++) {
                        const size_t at = nn_at(&p, o, c, y, x);
                        ck_assert(at < p.size && !taken[at]);
                        taken[at] = true;
                        /* Taken apart again: [block][kh][kw][block_in][16]. */
                        const int row = (int)(at / 16), place = row / p.block_in;
                        const int block = place / p.kw / p.kh;
                        const int input =
                            nn_begin(p.out, p.in, p.groups, p.block_in, block) + row % p.block_in;
                        ck_assert_int_eq(block * 16 + (int)(at % 16), o);
                        ck_assert_int_eq(input, o / (p.out / p.groups) * (p.in / p.groups) + c);
                        ck_assert_int_eq(place / p.kw % p.kh, y);
                        ck_assert_int_eq(place % p.kw, x);
                    }
    }
}
END_TEST

START_TEST(parameters_come_back_as_they_went_in) {
    for (int i = 0; i < N_PLACES; i++) {
        const NnPlace p = place_of(i);
        const int count = p.out * (p.in / p.groups) * p.kh * p.kw;
        float *in = ARENA_ARRAY(arena, float, count), *out = ARENA_ARRAY(arena, float, count);
        float *state = ARENA_ARRAY(arena, float, p.size);
        for (int j = 0; j < count; j++) in[j] = (float)(j + 1);
        for (size_t j = 0; j < p.size; j++) state[j] = NAN;
        nn_import(&p, in, state);
        nn_export(&p, state, out);
        for (int j = 0; j < count; j++) ck_assert_float_eq(out[j], in[j]);
        /* In PyTorch's order, and zeros between them. */
        const int ig = p.in / p.groups, last[4] = {p.out - 1, ig - 1, p.kh - 1, p.kw - 1};
        ck_assert_float_eq(state[nn_at(&p, last[0], last[1], last[2], last[3])], (float)count);
        ck_assert_float_eq(state[nn_at(&p, 1, 0, 0, 0)], (float)(ig * p.kh * p.kw + 1));
        int zeros = 0;
        for (size_t j = 0; j < p.size; j++) zeros += state[j] == 0.0f;
        ck_assert_int_eq(zeros, (int)p.size - count);
    }
}
END_TEST

START_TEST(memory_is_copied_and_zeroed) {
    const NnRange range = {1, 2, 3};
    NnRange copy;
    NN_COPY(&copy, &range, sizeof copy);
    NN_ORDER();
    ck_assert(copy.param == 1 && copy.gradient == 2 && copy.count == 3);
    NN_ZERO(&copy, sizeof copy);
    ck_assert(copy.param == 0 && copy.gradient == 0 && copy.count == 0);
}
END_TEST

START_TEST(squares_are_added_in_lanes_of_parts) {
    enum { MOST = 70 * LANES };
    float values[MOST];
    for (int i = 0; i < MOST; i++) values[i] = (float)(i % 7 - 3) * 0.1f;
    for (int n = LANES; n <= MOST; n += LANES) {
        double parts[NN_PARTS], all = 0.0;
        for (int part = 0; part < NN_PARTS; part++)
            parts[part] = nn_squares(values, 0, (size_t)n, part);
        for (int i = 0; i < n; i++) all += (double)values[i] * (double)values[i];
        ck_assert_double_eq_tol(nn_total(parts, 1, NN_PARTS), all, 1e-12 * all);
    }
    /* A square that float has no room for. */
    for (int i = 0; i < MOST; i++) values[i] = i == 5 ? 1e30f : 0.0f;
    ck_assert_double_eq(nn_squares(values, 0, MOST, 0), (double)1e30f * (double)1e30f);
}
END_TEST

/* Of the largest norm and the square of the norm. */
START_TEST(large_gradients_are_scaled) {
    ck_assert_float_eq(nn_clip(0.5, 4.0), (float)(0.5 / (2 + 1e-6)));
    ck_assert_float_eq(nn_clip(2.5, 4.0), 1.0f);
    ck_assert_float_eq(nn_clip(2.5, (double)INFINITY), 0.0f);
}
END_TEST

START_TEST(fields_of_all_types_become_floats) {
    enum { COUNT = 3, N = 2 };
    const NnField fields[] = {{.name = "x", .kind = NN_INPUT, .count = COUNT},
                              {.name = "l", .kind = NN_LABEL, .count = COUNT, .classes = 300}};
    const uint8_t u8[] = {9, 9, 9, 0, 1, 255, 7, 8, 128};
    const int8_t i8[] = {9, 9, 9, 0, 1, -1, 7, 8, -128};
    const uint16_t u16[] = {9, 9, 9, 0, 1, 65535, 7, 8, 32768};
    const int16_t i16[] = {9, 9, 9, 0, 1, -1, 7, 8, -32768};
    const int32_t i32[] = {9, 9, 9, 0, 1, -1, 7, 8, -3};
    const int64_t i64[] = {9, 9, 9, 0, 1, -1, 7, 8, INT64_C(1) << 40};
    const uint16_t f16[] = {9, 9, 9, 0, 0x3c00, 0xbc00, 0x0001, 0x7bff, 0x0400};
    const uint16_t bf16[] = {9, 9, 9, 0, 0x3f80, 0xbf80, 0x40e0, 0x4100, 0xc040};
    const float f32[] = {9, 9, 9, 0, 1, -1, 7, 8, -3};
    const double f64[] = {9, 9, 9, 0, 1, -1, 0.1, 1e-30, -3};
    static const struct {
        NnType type;
        float want[N * COUNT];
    } cases[] = {{NN_U8, {0, 1, 255, 7, 8, 128}},
                 {NN_I8, {0, 1, -1, 7, 8, -128}},
                 {NN_U16, {0, 1, 65535, 7, 8, 32768}},
                 {NN_I16, {0, 1, -1, 7, 8, -32768}},
                 {NN_I32, {0, 1, -1, 7, 8, -3}},
                 {NN_I64, {0, 1, -1, 7, 8, 0x1p40f}},
                 {NN_F16, {0, 1, -1, 0x1p-24f, 65504, 0x1p-14f}},
                 {NN_BF16, {0, 1, -1, 7, 8, -3}},
                 {NN_F32, {0, 1, -1, 7, 8, -3}},
                 {NN_F64, {0, 1, -1, 0.1f, 1e-30f, -3}}};
    const void *const values[] = {NULL, u8, i8, u16, i16, i32, i64, f16, bf16, f32, f64};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const NnType types[] = {cases[i].type, NN_U8};
        const void *const at[] = {values[cases[i].type], u8};
        const NnCall call = {.fields = at, .types = types};
        float room[N * COUNT];
        const float *made = nn_floats(&call, fields, 0, 1, N, room);
        ck_assert((made == room) == (cases[i].type != NN_F32));
        for (int k = 0; k < N * COUNT; k++) ck_assert(made[k] == cases[i].want[k]);
        int32_t classes[N * COUNT];
        const int32_t *const labels = nn_classes(&call, fields, 1, 1, N, classes);
        for (int k = 0; k < N * COUNT; k++) ck_assert_int_eq(labels[k], u8[COUNT + k]);
    }
    const void *const at[] = {f32, i32};
    const NnCall plain = {.fields = at};
    ck_assert_ptr_eq(nn_floats(&plain, fields, 0, 1, N, NULL), f32 + COUNT);
    ck_assert_ptr_eq(nn_classes(&plain, fields, 1, 1, N, NULL), i32 + COUNT);
}
END_TEST

/* Channels of two elements each, few enough for tables and more; and bytes alone. */
START_TEST(fields_are_normalised_by_channel) {
    enum { MOST = 6, RUN = 2, N = 3 };
    for (int channels = 1; channels <= MOST; channels++)
        for (int bytes = 0; bytes < 2; bytes++) {
            const int count = channels * RUN;
            const NnNormal normal = {channels, RUN, bytes, bytes ? 1 / 255. : 0.3, NULL, NULL};
            const NnField field = {.name = "x", .count = count, .normal = normal};
            double moments[2 * MOST + MOST * 128], mean[MOST], deviation[MOST];
            for (int c = 0; c < channels; c++) {
                mean[c] = 0.1 * c - 0.2;
                deviation[c] = 0.7 + 0.3 * c;
            }
            nn_set_moments(&normal, moments, mean, NULL);
            nn_set_moments(&normal, moments, NULL, deviation);
            uint8_t u8[N * MOST * RUN];
            float f32[N * MOST * RUN], room[N * MOST * RUN];
            for (int i = 0; i < N * count; i++) f32[i] = u8[i] = (uint8_t)(i * 37 % 256);
            for (int type = 0; type < 2; type++) {
                const NnType types[] = {type ? NN_F32 : NN_U8};
                const void *const at[] = {type ? (const void *)f32 : u8};
                const NnCall call = {.fields = at, .types = types};
                const float *made = nn_normal(&call, &field, 0, moments, 1, N - 1, room);
                for (int i = 0; i < (N - 1) * count; i++) {
                    const int c = i / RUN % channels;
                    const double x = u8[count + i];
                    const double z = bytes ? (double)(float)(x / 255) : x * 0.3;
                    const float want = (float)((z - mean[c]) / deviation[c]);
                    ck_assert(made[i] == (bytes && type ? (float)x : want));
                }
            }
        }
}
END_TEST

SUITE("prelude", FIXTURE(begin, end),
      TESTS(exponentials_are_exact_enough_for_schedules, cosines_are_exact_enough_for_schedules,
            roots_are_those_of_the_library, square_roots_of_all_numbers, logarithms_are_exact,
            floors_are_those_of_the_library, powers_of_any_exponent, powers_are_products,
            arithmetic_passes_nan_on, the_callers_mode_comes_back, keys_are_those_of_the_definition,
            draws_are_those_of_the_definition, chunks_cover_the_batch,
            tasks_are_threads_but_not_more_than_chunks,

            numbers_are_added_in_the_same_tree, squares_are_added_in_lanes_of_parts,
            large_gradients_are_scaled, slices_cover_all_rows,
            few_lower_tiles_leave_nothing_or_the_tail, tasks_run_on_the_callers_team,
            traces_are_called_where_they_are_wanted, blocks_store_the_inputs_of_their_outputs,
            weights_lie_in_blocks_of_16_outputs, parameters_come_back_as_they_went_in,
            memory_is_copied_and_zeroed, fields_of_all_types_become_floats,
            fields_are_normalised_by_channel))
