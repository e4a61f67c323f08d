/* Any machine: vectors of four in the compilers' vector extension. Kernels are written in these
 * words; every instruction set has the same ones, which give the same bits. This file is where to
 * look up what a word means. */
#ifndef NNGEN_ISA_VOCABULARY_PORTABLE_H
#define NNGEN_ISA_VOCABULARY_PORTABLE_H

#include <stdint.h>

/* What a function has that uses the words, and a word. */
#define TARGET
#define FN static inline

typedef float F4 __attribute__((vector_size(16)));
typedef uint32_t I4 __attribute__((vector_size(16)));
typedef int32_t S4 __attribute__((vector_size(16)));

/* Registers, in which contractions count: V of floats, VI of integers, VT of the floats that V_PICK
 * picks from. */

typedef F4 V;
typedef I4 VI;
typedef struct VT {
    float v[8];
} VT;
#define V_ZERO() ((V){0})
FN V V_LOAD(const float *p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
FN void V_STORE(float *p, V v) { __builtin_memcpy(p, &v, sizeof v); }
FN V V_SET(float x) { return (V){x, x, x, x}; }

/* Whether every processor that the code is for has the instruction. The preset of x86-64 has not.
 */
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__aarch64__) || defined(__riscv_flen)
#define HAS_FMA 1
#else
#define HAS_FMA 0
#endif
/* Without it, one copy. */
#if HAS_FMA
#define FUSED FN
#else
#define FUSED static __attribute__((noinline))
#endif
typedef double D4 __attribute__((vector_size(32)));
typedef int64_t L4 __attribute__((vector_size(32)));
/* Some C libraries round twice in fmaf, and the others are slow without the instruction. The
 * product of two floats is exact in double. Where its sum with c is not, and even, the last bit is
 * set by a step towards the error e: what is rounded to odd can be rounded again, to a float (S.
 * Boldo, G. Melquiond, Emulation of FMA and correctly rounded sums, 2008). */
FUSED V V_FMA(V a, V b, V c) {
#if HAS_FMA
    return (V){__builtin_fmaf(a[0], b[0], c[0]), __builtin_fmaf(a[1], b[1], c[1]),
               __builtin_fmaf(a[2], b[2], c[2]), __builtin_fmaf(a[3], b[3], c[3])};
#else
    const D4 p = __builtin_convertvector(a, D4) * __builtin_convertvector(b, D4);
    const D4 z = __builtin_convertvector(c, D4), s = p + z, t = s - p;
    const D4 e = (p - (s - t)) + (z - t);
    const L4 bits = (L4)s, step = ((bits ^ (L4)e) >> 63) | 1;
    const L4 inexact = (L4)((e < 0.0) | (e > 0.0)), even = (bits & 1) - 1;
    return __builtin_convertvector((D4)(bits + (step & inexact & even)), V);
#endif
}

FN VI V_BYTES(const uint8_t *p) { return (VI){p[0], p[1], p[2], p[3]}; }
FN VI V_ISET(uint32_t x) { return (VI){x, x, x, x}; }
#define V_IADD(a, i) ((a) + V_ISET((uint32_t)(i)))
#define V_IPLUS(a, b) ((a) + (b))
#define V_IAND(a, i) ((a)&V_ISET((uint32_t)(i)))
#define V_IS(a, i) ((VI)((a) == V_ISET((uint32_t)(i))))
/* x where a is i, else y. */
#define V_ISELECT(a, i, x, y) MERGE(V_IS(a, i), V_ISET((uint32_t)(x)), (y))
FN VI MERGE(VI m, VI x, VI y) { return (m & x) | (~m & y); }
/* x where a is i, else 0. */
#define V_KEEP(a, i, x) ((V)(V_IS(a, i) & (VI)(x)))
/* Four floats from p, then four from q. */
FN VT V_ROWS(const float *p, const float *q) {
    return (VT){{p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3]}};
}
/* The floats of the rows with these numbers. */
#define V_PICK(rows, at) PICK(&(rows), (at))
FN V PICK(const VT *t, VI at) { return (V){t->v[at[0]], t->v[at[1]], t->v[at[2]], t->v[at[3]]}; }

/* Rows of 16 floats F16, of integers I16, and masks M16 that hold for some lanes and not for
 * others. Everything but contractions is written in these. */

typedef struct F16 {
    F4 v[4];
} F16;
typedef struct I16 {
    I4 v[4];
} I16;
typedef I16 M16;
#define ROW(v0, v1, v2, v3) ((F16){{(v0), (v1), (v2), (v3)}})

/* A word of one operand x, or two, x and y: its expression for a vector of four. */
#define ONE(name, R, A, expr)                                                                      \
    FN R name(A a) {                                                                               \
        R r;                                                                                       \
        for (int i = 0; i < 4; i++) {                                                              \
            __typeof__(a.v[0]) x = a.v[i];                                                         \
            r.v[i] = (expr);                                                                       \
        }                                                                                          \
        return r;                                                                                  \
    }
#define TWO(name, R, A, expr)                                                                      \
    FN R name(A a, A b) {                                                                          \
        R r;                                                                                       \
        for (int i = 0; i < 4; i++) {                                                              \
            __typeof__(a.v[0]) x = a.v[i], y = b.v[i];                                             \
            r.v[i] = (expr);                                                                       \
        }                                                                                          \
        return r;                                                                                  \
    }

/* clang for AArch64 takes x < 0 ? 0 : x for the instruction that makes 0 of -0: there the mask has
 * no history. */
FN I4 GREATER(F4 a, F4 b) {
    I4 m = (I4)(a > b);
#if defined(__aarch64__)
    __asm__("" : "+w"(m));
#endif
    return m;
}
FN F4 CHOOSE(I4 m, F4 a, F4 b) { return (F4)((m & (I4)a) | (~m & (I4)b)); }
FN F16 LOAD(const float *p) {
    return (F16){{V_LOAD(p), V_LOAD(p + 4), V_LOAD(p + 8), V_LOAD(p + 12)}};
}
FN void STORE(float *p, F16 a) { __builtin_memcpy(p, &a, sizeof a); }
FN F16 SET(float x) { return (F16){{V_SET(x), V_SET(x), V_SET(x), V_SET(x)}}; }
TWO(ADD, F16, F16, x + y)
TWO(SUB, F16, F16, x - y)
TWO(MUL, F16, F16, (x * y))
TWO(DIV, F16, F16, x / y)
/* Of unordered operands the second one results, as x86 has it. */
TWO(MAX, F16, F16, CHOOSE(GREATER(x, y), x, y))
TWO(MIN, F16, F16, CHOOSE(GREATER(y, x), x, y))
ONE(SQRT, F16, F16,
    ((F4){__builtin_sqrtf(x[0]), __builtin_sqrtf(x[1]), __builtin_sqrtf(x[2]),
          __builtin_sqrtf(x[3])}))
ONE(NEG, F16, F16, (F4)((I4)x ^ 0x80000000u))
ONE(ABS, F16, F16, (F4)((I4)x & 0x7fffffffu))
/* a * b + c, rounded once. */
FN F16 FMA(F16 a, F16 b, F16 c) {
    F16 r;
    for (int i = 0; i < 4; i++) r.v[i] = V_FMA(a.v[i], b.v[i], c.v[i]);
    return r;
}
/* a itself; a product in it is not contracted with an addition behind it. */
FN F16 ROUNDED(F16 a) {
    __asm__("" : "+m"(a));
    return a;
}
TWO(GT, M16, F16, GREATER(x, y))
/* a is greater, or not a number. */
TWO(WINS, M16, F16, GREATER(x, y) | (I4)(x != x))
ONE(NONZERO, M16, F16, (I4)(x != 0.0f))
/* Lanes of the mask, the others zero. */
FN F16 KEEP(M16 m, F16 a) {
    F16 r;
    for (int i = 0; i < 4; i++) r.v[i] = (F4)(m.v[i] & (I4)a.v[i]);
    return r;
}
/* a in the lanes of the mask, b in the others. */
FN F16 SELECT(M16 m, F16 a, F16 b) {
    F16 r;
    for (int i = 0; i < 4; i++) r.v[i] = CHOOSE(m.v[i], a.v[i], b.v[i]);
    return r;
}
/* The same bits; the number as a float. */
ONE(AS_INT, I16, F16, (I4)x)
ONE(AS_FLOAT, F16, I16, (F4)x)
ONE(TO_FLOAT, F16, I16, __builtin_convertvector((S4)x, F4))
FN I16 ISET(uint32_t x) { return (I16){{{x, x, x, x}, {x, x, x, x}, {x, x, x, x}, {x, x, x, x}}}; }
FN I16 IOTA(void) { return (I16){{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}, {12, 13, 14, 15}}}; }
/* Integers wrap around; shifts are of unsigned numbers, comparisons of signed ones. */
TWO(IADD, I16, I16, x + y)
TWO(ISUB, I16, I16, x - y)
TWO(IMUL, I16, I16, (x * y))
TWO(IAND, I16, I16, (x & y))
TWO(IOR, I16, I16, x | y)
TWO(IXOR, I16, I16, x ^ y)
TWO(IGT, M16, I16, (I4)((S4)x > (S4)y))
TWO(IEQ, M16, I16, (I4)(x == y))
FN I16 ISHL(I16 a, unsigned by) {
    for (int i = 0; i < 4; i++) a.v[i] = a.v[i] << by;
    return a;
}
FN I16 ISHR(I16 a, unsigned by) {
    for (int i = 0; i < 4; i++) a.v[i] = a.v[i] >> by;
    return a;
}
FN I16 ISELECT(M16 m, I16 a, I16 b) { return AS_INT(SELECT(m, AS_FLOAT(a), AS_FLOAT(b))); }
/* The lowest byte of each integer. */
FN void STORE_BYTES(uint8_t *p, I16 a) {
    for (int i = 0; i < 16; i++) p[i] = (uint8_t)a.v[i / 4][i % 4];
}
FN I16 LOAD_BYTES(const uint8_t *p) {
    I16 r;
    for (int i = 0; i < 16; i++) r.v[i / 4][i % 4] = p[i];
    return r;
}

/* Lanes of the mask go to the front of two rows; returns their number. What follows them in the
 * rows is undefined. */
FN int COMPRESS(float *p, int32_t *q, M16 m, F16 a, I16 b) {
    int n = 0;
    for (int i = 0; i < 16; i++) {
        p[n] = a.v[i / 4][i % 4];
        q[n] = (int32_t)b.v[i / 4][i % 4];
        n += m.v[i / 4][i % 4] != 0;
    }
    return n;
}

/* 16 rows of 16 floats, `step` apart, become the columns of 16 rows, `stride` apart. */
FN void TRANSPOSE(const float *from, int step, float *to, int stride) {
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++) to[i * stride + j] = from[j * step + i];
}

/* Halves are added, and halves of the result, until one number is left. */
FN float SUM16(F16 a) {
    const F4 q = (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]);
    return (q[0] + q[2]) + (q[1] + q[3]);
}

FN float MAX2(float x, float y) { return x > y ? x : y; }
FN float MAX16(F16 a) {
    float q[4];
    for (int i = 0; i < 4; i++) q[i] = MAX2(MAX2(a.v[0][i], a.v[2][i]), MAX2(a.v[1][i], a.v[3][i]));
    return MAX2(MAX2(q[0], q[2]), MAX2(q[1], q[3]));
}

FN float FIRST(F16 a) { return a.v[0][0]; }

#include "common.h"

#endif
