/* What a generated file has once, whatever its instruction sets: of these definitions, those that
 * it uses. They follow model.h and two numbers of the plan, NN_CHUNK_MIN, the samples that a chunk
 * has at least, and NN_MAX_CHUNKS, at most 64. */
#ifndef NNGEN_EMIT_PRELUDE_H
#define NNGEN_EMIT_PRELUDE_H

#include "../../runtime/model.h"
#include "../isa/vocabulary/dropout.h"

/* Fields with up to so many channels have tables of what bytes become. */
#define NN_TABLES 4
#define NN_COPY __builtin_memcpy
#define NN_ZERO(p, bytes) __builtin_memset((p), 0, (bytes))
/* Loads stay on their side of it: in long straight code they would be done early and spilled. */
#define NN_ORDER() __asm__ volatile("" ::: "memory")
/* A row of 16 floats is asked for, so that it is near when it is read. */
#define NN_FETCH(p) __builtin_prefetch(p)
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

static double nn_nan(void) {
    return (double)__builtin_nanf("");
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

/* a / b, and 0 where b is 0. */
static double nn_ratio(double a, double b) {
    return b != 0.0 ? a / b : 0.0;
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

/* Square root of any number: of one between 2^-64 and 2^64, by powers of 4. */
static double nn_sqrt(double x) {
    double scale = 1.0;
    if (!(x > 0.0 && x < (double)__builtin_inff())) return x < 0.0 ? nn_nan() : x;
    for (; x > 0x1p64; scale *= 0x1p32) x *= 0x1p-64;
    for (; x < 0x1p-64; scale *= 0x1p-32) x *= 0x1p64;
    return nn_product(scale, nn_root(x));
}

/* The logarithm of x = 2^k m, m between sqrt(1/2) and sqrt(2): k ln 2, in two parts, and twice the
 * series of artanh((m - 1) / (m + 1)). Relative error below 1e-15. */
static double nn_log(double x) {
    if (!(x > 0.0 && x < (double)__builtin_inff()))
        return x < 0.0 ? nn_nan() : x == 0.0 ? -(double)__builtin_inff() : x;
    int k = 0;
    for (; x > 1.4142135623730951; k++) x *= 0.5;
    for (; x < 0.7071067811865476; k--) x *= 2.0;
    const double s = (x - 1.0) / (x + 1.0), z = nn_product(s, s);
    double sum = 0.0;
    for (int i = 25; i > 1; i -= 2) sum = nn_product(z, 1.0 / (double)i + sum);
    const double low = nn_product((double)k, 1.9082149292705877e-10);
    const double rest = s + s + nn_product(s + s, sum);
    return nn_product((double)k, 0.6931471803691238) + (low + rest);
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

/* The largest whole number that is not above x. */
static double nn_floor(double x) {
    if (!(x > -0x1p52 && x < 0x1p52)) return x; /* whole, infinite or NaN */
    const double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
}

/* base to any power: by squaring where that is a small whole number, else exp(power log |base|). */
static double nn_pow(double base, double power) {
    const bool whole = nn_floor(power) == power;
    if (power < 0.0) return 1.0 / nn_pow(base, -power);
    if (whole && power <= 64.0) return nn_power(base, (int64_t)power);
    if (base < 0.0 && !whole) return nn_nan();
    const double size = nn_exp(nn_product(power, nn_log(base < 0.0 ? -base : base)));
    return base < 0.0 && nn_floor(power / 2.0) * 2.0 != power ? -size : size;
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

static double nn_sin(double x) {
    return nn_cos(x - 1.5707963267948966);
}

/* Word number `word` of what is drawn for a sample of the batch. */
static uint32_t nn_drawn(const NnDrop *d, int sample, int word) {
    uint32_t x = ((d->first + (uint32_t)sample) * d->words + (uint32_t)word) * 0x9E3779B1u;
    x ^= d->key;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* 1 for samples that the layer moves, else 0. */
static int nn_happens(const NnDrop *d, int sample) {
    return nn_drawn(d, sample, 0) >> 16 < d->threshold;
}

/* One of 0 .. count - 1. */
static int nn_pick(const NnDrop *d, int sample, int word, int count) {
    return (int)((uint64_t)nn_drawn(d, sample, word) * (uint64_t)count >> 32);
}

/* What IEEE 754 presets, whatever the caller has: to nearest, subnormal numbers, no traps. Returns
 * the caller's mode and exceptions, which nn_leave gives back. */
static uint64_t nn_enter(void) {
    uint64_t mode = 0;
#if defined(__SSE__)
    mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1f80u);
#elif defined(__aarch64__)
    uint64_t status;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr\n\tmsr fpcr, xzr"
                     : "=&r"(mode), "=&r"(status)
                     :
                     : "memory");
    mode |= status << 32;
#elif defined(__riscv_flen)
    __asm__ volatile("fscsr %0, zero" : "=r"(mode) : : "memory");
#endif
    return mode;
}

static void nn_leave(uint64_t mode) {
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1"
                     :
                     : "r"(mode & 0xffffffffu), "r"(mode >> 32)
                     : "memory");
#elif defined(__riscv_flen)
    __asm__ volatile("fscsr %0" : : "r"(mode) : "memory");
#else
    (void)mode;
#endif
}

/* The elements of a field from sample `first` on. */
static const void *nn_elements(const NnCall *call, const NnField *fields, int field, int first) {
    const size_t size = (size_t)nn_type_size(nn_field_type(fields, call, field));
    return (const char *)call->fields[field] + (size_t)first * (size_t)fields[field].count * size;
}

/* n samples of a field as floats: in place if they are floats, else made in `room`. */
static const float *nn_floats(const NnCall *call, const NnField *fields, int field, int first,
                              int n, float *room) {
    const NnType type = nn_field_type(fields, call, field);
    const void *from = nn_elements(call, fields, field, first);
    const size_t count = (size_t)n * (size_t)fields[field].count;
    if (type == NN_F32) return (const float *)from;
    for (size_t i = 0; i < count; i++) room[i] = (float)nn_number(from, type, (int64_t)i);
    return room;
}

/* The same of a label's classes. */
static const int32_t *nn_classes(const NnCall *call, const NnField *fields, int field, int first,
                                 int n, int32_t *room) {
    const NnType type = nn_field_type(fields, call, field);
    const void *from = nn_elements(call, fields, field, first);
    const size_t count = (size_t)n * (size_t)fields[field].count;
    if (type == NN_I32) return (const int32_t *)from;
    for (size_t i = 0; i < count; i++) room[i] = (int32_t)nn_integer(from, type, (int64_t)i);
    return room;
}

/* What element x becomes; `moments` has the means, then the deviations. */
static float nn_normal_of(const NnNormal *normal, const double *moments, int channel, double x) {
    double y = normal->scale == 1.0 ? x : nn_product(x, normal->scale);
    if (normal->bytes) y = (double)((float)x / 255.0f);
    return (float)((y - moments[channel]) / moments[normal->moments + channel]);
}

/* n samples of a field that is normalised: made in `room`, unless they are to be taken as they are.
 * Behind the moments a field of few channels has what each byte becomes. */
static const float *nn_normal(const NnCall *call, const NnField *fields, int field,
                              const void *moments, int first, int n, float *room) {
    const NnNormal *normal = &fields[field].normal;
    const NnType type = nn_field_type(fields, call, field);
    if (normal->bytes && type != NN_U8) return nn_floats(call, fields, field, first, n, room);
    const void *from = nn_elements(call, fields, field, first);
    const double *numbers = (const double *)moments;
    const float *table = (const float *)(const void *)(numbers + 2 * normal->moments);
    const int runs = n * fields[field].count / normal->run;
    const size_t length = (size_t)normal->run;
    for (int i = 0, channel = 0; i < runs; i++, channel = (channel + 1) % normal->moments) {
        const size_t at = (size_t)i * length;
        if (type == NN_U8 && normal->moments <= NN_TABLES) {
            const uint8_t *bytes = (const uint8_t *)from + at;
            for (size_t k = 0; k < length; k++) room[at + k] = table[256 * channel + bytes[k]];
        } else {
            for (size_t k = 0; k < length; k++)
                room[at + k] = nn_normal_of(normal, numbers, channel,
                                            nn_number(from, type, (int64_t)(at + k)));
        }
    }
    return room;
}

/* Sets means and deviations, each unless it is NULL, and what follows from them. */
static void nn_set_moments(const NnNormal *normal, void *moments, const double *mean,
                           const double *deviation) {
    double *numbers = (double *)moments;
    float *table = (float *)(void *)(numbers + 2 * normal->moments);
    for (int i = 0; i < normal->moments; i++) {
        if (mean) numbers[i] = mean[i];
        if (deviation) numbers[normal->moments + i] = deviation[i];
        for (int byte = 0; normal->moments <= NN_TABLES && byte < 256; byte++)
            table[256 * i + byte] = nn_normal_of(normal, numbers, i, byte);
    }
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
 * threads: 2^k or 3 * 2^k chunks, which most numbers of threads share evenly. */
static int nn_chunks(int batch) {
    const int most = batch / NN_CHUNK_MIN < NN_MAX_CHUNKS ? batch / NN_CHUNK_MIN : NN_MAX_CHUNKS;
    int chunks = 1;
    while (2 * chunks <= most) chunks *= 2;
    return chunks + chunks / 2 <= most ? chunks + chunks / 2 : chunks;
}

/* First sample of a chunk. */
static int nn_first(int batch, int chunk) {
    return (int)((int64_t)batch * chunk / nn_chunks(batch));
}

/* Samples that the largest chunk has. */
static size_t nn_capacity(int batch) {
    return (size_t)((batch + nn_chunks(batch) - 1) / nn_chunks(batch));
}

/* The sum of n numbers `stride` apart in the order of chunks' sums: two numbers are added, or the
 * sum of the first m and that of the others, m the largest power of two below n. */
static double nn_total(const double *x, int stride, int n) {
    int m = 1;
    if (n == 1) return *x;
    while (2 * m < n) m *= 2;
    return nn_total(x, stride, m) + nn_total(x + m * stride, stride, n - m);
}

/* First float of part `task` of `tasks` of n floats, in rows of 16. */
static size_t nn_slice(size_t n, int task, int tasks) {
    return n / 16 * (size_t)task / (size_t)tasks * 16;
}

/* Parts of a gradient whose squares are added by themselves, so that tasks share them. */
#define NN_PARTS 64

/* The sum of the squares of a part of n floats, of which x has those from `first` on: each of 16
 * lanes by itself, then their sums. A square of a float is exact in double, so fused additions give
 * the same. */
static double nn_squares(const float *x, size_t first, size_t n, int part) {
    double lanes[16] = {0.0};
    const size_t end = nn_slice(n, part + 1, NN_PARTS);
    for (size_t i = nn_slice(n, part, NN_PARTS); i < end; i += 16)
        for (int lane = 0; lane < 16; lane++) {
            const double value = (double)x[i - first + (size_t)lane];
            lanes[lane] += value * value;
        }
    return nn_total(lanes, 1, 16);
}

/* The factor of a gradient whose norm, the root of the sum of its squares, has a bound. */
static float nn_clip(double most, double squares) {
    const double factor = most / (nn_root(squares) + 1e-6);
    return factor < 1.0 ? (float)factor : 1.0f;
}

/* Tasks that share the chunks. */
static int nn_tasks(const NnCall *call) {
    const int threads = call->threads < 1 ? 1 : call->threads, chunks = nn_chunks(call->batch);
    return threads < chunks ? threads : chunks;
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
