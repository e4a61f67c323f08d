/* What a generated file has once, whatever its instruction sets: of these definitions, those that
 * it uses. They follow model.h and two numbers of the plan, NN_CHUNK_MIN, the samples that a chunk
 * has at least, and NN_MAX_CHUNKS. */
#ifndef NNGEN_EMIT_PRELUDE_H
#define NNGEN_EMIT_PRELUDE_H

#include "../../runtime/model.h"
#include "../isa/vocabulary/dropout.h"

#define NN_COPY __builtin_memcpy
#define NN_ZERO(p, bytes) __builtin_memset((p), 0, (bytes))
/* Loads stay on their side of it: in long straight code they would be done early and spilled. */
#define NN_ORDER() __asm__ volatile("" ::: "memory")
#define NN_TRACE(kernel)                                                                           \
    do {                                                                                           \
        if (call->trace) call->trace(call->trace_arg, (kernel));                                   \
    } while (0)

/* A run of the state that a phase trains, in floats. */
typedef struct NnRange {
    size_t param, gradient, count;
} NnRange;

/* How a parameter lies in the state: [blocks of 16 outputs][kh][kw][block_in][16]. */
typedef struct NnPlace {
    size_t offset, size;
    int out, in, kh, kw, groups, block_in;
} NnPlace;

/* Numbers in double go through nn_product where they are multiplied, so that no compiler contracts
 * a product with an addition: the same bits under every flag. */
static double nn_product(double a, double b) {
    volatile double product = a * b;
    return product;
}

static double nn_difference(double a, double b) {
    return a - b;
}

/* The smaller and the larger one; NaN if one is. */
static double nn_min(double a, double b) {
    return b < a || b != b ? b : a;
}

static double nn_max(double a, double b) {
    return b > a || b != b ? b : a;
}

/* base to the power n >= 0. */
static double nn_power(double base, int64_t n) {
    double result = 1.0;
    for (; n > 0; n >>= 1, base = nn_product(base, base))
        if (n & 1) result = nn_product(result, base);
    return result;
}

/* Square root by Newton's iteration, from above, for numbers between 1e-40 and 1e40. */
static double nn_root(double x) {
    if (!(x > 0.0)) return 0.0;
    double r = x > 1.0 ? x : 1.0;
    for (int i = 0; i < 200; i++) {
        const double next = (r + x / r) / 2.0;
        if (!(next < r)) break;
        r = next;
    }
    return r;
}

/* Taylor's series of x / 1024, squared ten times: relative error below 1e-12. */
static double nn_exp(double x) {
    if (x != x || x > 709.0) return x != x ? x : (double)__builtin_inff();
    if (x < -745.0) return 0.0;
    const double r = x / 1024.0;
    double term = 1.0, sum = 1.0;
    for (int i = 1; i < 24; i++) {
        term = nn_product(term, r) / (double)i;
        sum += term;
    }
    for (int i = 0; i < 10; i++) sum = nn_product(sum, sum);
    return sum;
}

/* Taylor's series of x without whole turns: error below 1e-15 in the first half turn, 4e-14 in the
 * first three turns. */
static double nn_cos(double x) {
    if (!(x > -1e9 && x < 1e9)) return x - x;
    const double turn = 6.283185307179586;
    const double r = x - nn_product(turn, (double)(int64_t)(x / turn));
    const double z = nn_product(r, r);
    double term = 1.0, sum = 1.0;
    for (int i = 1; i < 30; i++) {
        term = -nn_product(term, z) / (double)((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

/* To nearest, denormals flushed, no traps; what the caller had comes back after. */
static unsigned nn_enter(void) {
#if defined(__x86_64__)
    const unsigned mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x9fc0u);
    return mode;
#else
    return 0;
#endif
}

static void nn_leave(unsigned mode) {
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(mode);
#else
    (void)mode;
#endif
}

/* fn(arg, i) for every task, on the caller's team if it has one. */
static void nn_run(const NnCall *call, int tasks, void (*fn)(void *, int), void *arg) {
    if (tasks > 1 && call->parallel) {
        call->parallel(call->team, tasks, fn, arg);
        return;
    }
    for (int i = 0; i < tasks; i++) fn(arg, i);
}

/* The batch is cut into chunks by its size alone, so that sums are the same for any number of
 * threads. */
static int nn_chunks(int batch) {
    const int chunks = batch / NN_CHUNK_MIN;
    return chunks < 1 ? 1 : chunks > NN_MAX_CHUNKS ? NN_MAX_CHUNKS : chunks;
}

/* First sample of a chunk. */
static int nn_first(int batch, int chunk) {
    return (int)((int64_t)batch * chunk / nn_chunks(batch));
}

/* Samples that the largest chunk has. */
static size_t nn_capacity(int batch) {
    return (size_t)((batch + nn_chunks(batch) - 1) / nn_chunks(batch));
}

/* Tasks that share the chunks. */
static int nn_tasks(const NnCall *call) {
    const int threads = call->threads < 1 ? 1 : call->threads, chunks = nn_chunks(call->batch);
    return threads < chunks ? threads : chunks;
}

/* First float of part `task` of `tasks` of n floats, in rows of 16. */
static size_t nn_slice(size_t n, int task, int tasks) {
    return n / 16 * (size_t)task / (size_t)tasks * 16;
}

/* How many tiles of rows - 1 samples go before tiles of `rows`, so that n samples fill them, or all
 * but `tail`, which is positive. 0: none do. */
static int nn_shorter(int n, int rows, int tail) {
    for (int rest = 0; rest <= tail; rest += tail)
        for (int i = 0; i < rows && i * (rows - 1) <= n; i++)
            if ((n - i * (rows - 1)) % rows == rest) return i;
    return 0;
}

/* First input channel that a block of 16 outputs stores; see block_in. */
static int nn_begin(int out, int in, int groups, int count, int block) {
    if (groups == 1 || count == in) return 0;
    const int begin = block * 16 / (out / groups) * (in / groups);
    return begin > in - count ? in - count : begin;
}

/* Floats from the parameter's start to the weight of output o, its group's input i, place y, x. */
static size_t nn_at(const NnPlace *p, int o, int i, int y, int x) {
    const int block = o / 16, c = o / (p->out / p->groups) * (p->in / p->groups) + i;
    const int begin = nn_begin(p->out, p->in, p->groups, p->block_in, block);
    const size_t place = ((size_t)block * (size_t)p->kh + (size_t)y) * (size_t)p->kw + (size_t)x;
    return (place * (size_t)p->block_in + (size_t)(c - begin)) * 16 + (size_t)(o % 16);
}

/* A parameter in PyTorch's order, [out][in / groups][kh][kw], and back. */
static void nn_export(const NnPlace *p, const float *from, float *out) {
    for (int o = 0; o < p->out; o++)
        for (int i = 0; i < p->in / p->groups; i++)
            for (int y = 0; y < p->kh; y++)
                for (int x = 0; x < p->kw; x++) *out++ = from[nn_at(p, o, i, y, x)];
}

static void nn_import(const NnPlace *p, const float *in, float *to) {
    NN_ZERO(to, p->size * sizeof(float));
    for (int o = 0; o < p->out; o++)
        for (int i = 0; i < p->in / p->groups; i++)
            for (int y = 0; y < p->kh; y++)
                for (int x = 0; x < p->kw; x++) to[nn_at(p, o, i, y, x)] = *in++;
}

#endif
