/* Words that are the same for all instruction sets, in terms of those that an instruction set has;
 * the vocabulary of each includes this file. A NaN passes through all of them. */
#ifndef NNGEN_ISA_VOCABULARY_COMMON_H
#define NNGEN_ISA_VOCABULARY_COMMON_H

#include <stddef.h>
#include <stdint.h>

#include "dropout.h"

/* Cody-Waite reduction and the degree-6 minimax polynomial of Cephes expf (S. Moshier), error below
 * 2 units in the last place; rounding to an integer by adding 1.5 * 2^23, exact everywhere. */
FN F16 EXP(F16 x) {
    x = MIN(SET(88.0f), MAX(SET(-87.0f), x));
    const F16 magic = SET(12582912.0f);
    const F16 t = FMA(x, SET(1.44269504f), magic);
    const F16 n = SUB(t, magic);
    const F16 r = FMA(n, SET(2.12194440e-4f), FMA(n, SET(-0.693359375f), x));
    F16 p = SET(1.9875691500e-4f);
    p = FMA(p, r, SET(1.3981999507e-3f));
    p = FMA(p, r, SET(8.3334519073e-3f));
    p = FMA(p, r, SET(4.1665795894e-2f));
    p = FMA(p, r, SET(1.6666665459e-1f));
    p = FMA(p, r, SET(5.0000001201e-1f));
    p = FMA(ROUNDED(MUL(r, r)), p, ADD(r, SET(1.0f)));
    const I16 e = ISUB(AS_INT(t), ISET(0x4b400000u - 127u));
    return ROUNDED(MUL(p, AS_FLOAT(ISHL(e, 23))));
}

/* Cephes logf, for normal x > 0. */
FN F16 LOG(F16 x) {
    const I16 bits = AS_INT(x);
    F16 e = TO_FLOAT(ISUB(ISHR(bits, 23), ISET(126)));
    F16 m = AS_FLOAT(IOR(IAND(bits, ISET(0x007fffffu)), ISET(0x3f000000u)));
    const M16 small = GT(SET(0.707106781f), m);
    e = SUB(e, KEEP(small, SET(1.0f)));
    m = SUB(ADD(m, KEEP(small, m)), SET(1.0f));
    F16 p = SET(7.0376836292e-2f);
    p = FMA(p, m, SET(-1.1514610310e-1f));
    p = FMA(p, m, SET(1.1676998740e-1f));
    p = FMA(p, m, SET(-1.2420140846e-1f));
    p = FMA(p, m, SET(1.4249322787e-1f));
    p = FMA(p, m, SET(-1.6668057665e-1f));
    p = FMA(p, m, SET(2.0000714765e-1f));
    p = FMA(p, m, SET(-2.4999993993e-1f));
    p = FMA(p, m, SET(3.3333331174e-1f));
    const F16 z = ROUNDED(MUL(m, m));
    F16 y = ROUNDED(MUL(ROUNDED(MUL(p, m)), z));
    y = FMA(e, SET(-2.12194440e-4f), y);
    y = FMA(z, SET(-0.5f), y);
    const F16 r = FMA(e, SET(0.693359375f), ADD(m, y));
    return SELECT(WINS(x, SET(3.3e38f)), x, r);
}

/* x / y for finite y > 0 by multiply-adds, which do not wait for a divider as slow as a root. The
 * guess of 1/y by subtracting bits is off by an eighth at most, a cubic step r + r (e + e^2) leaves
 * the cube of that, and the last step corrects the quotient by its remainder (P. Markstein,
 * Computation of elementary functions on the IBM RISC System/6000 processor, 1990): at most one
 * unit in the last place, as a rule none. A y that underflowed to 0 or is infinite gives NaN. */
FN F16 QUOTIENT(F16 x, F16 y) {
    const F16 minus = NEG(y), one = SET(1.0f);
    F16 r = AS_FLOAT(ISUB(ISET(0x7ef311c7u), AS_INT(y)));
    F16 e = FMA(minus, r, one);
    r = FMA(r, FMA(e, e, e), r);
    e = FMA(minus, r, one);
    r = FMA(r, FMA(e, e, e), r);
    const F16 q = ROUNDED(MUL(x, r));
    return FMA(FMA(minus, q, x), r, q);
}

/* The least value is 2^-125.5, as that of e^88 would be subnormal. */
FN F16 SIGMOID(F16 x) { return DIV(SET(1.0f), ADD(SET(1.0f), EXP(MIN(SET(87.0f), NEG(x))))); }

/* Cephes tanhf. */
FN F16 TANH(F16 x) {
    const F16 a = ABS(x), one = SET(1.0f);
    const F16 e = EXP(ADD(a, a));
    const F16 big = SUB(one, DIV(SET(2.0f), ADD(e, one)));
    const F16 z = ROUNDED(MUL(x, x));
    F16 p = SET(-5.70498872745e-3f);
    p = FMA(p, z, SET(2.06390887954e-2f));
    p = FMA(p, z, SET(-5.37397155531e-2f));
    p = FMA(p, z, SET(1.33314422036e-1f));
    p = FMA(p, z, SET(-3.33332819422e-1f));
    const F16 small = FMA(ROUNDED(MUL(p, z)), x, x);
    const F16 sign = AS_FLOAT(IAND(AS_INT(x), ISET(0x80000000u)));
    return SELECT(GT(a, SET(0.625f)), AS_FLOAT(IOR(AS_INT(big), AS_INT(sign))), small);
}

/* Sine of x plus so many quarter turns. Cody-Waite reduction by pi/2 in three parts, whose first
 * difference is exact; then the polynomials of Cephes sinf and cosf within an eighth of a turn. */
FN F16 SINE(F16 x, uint32_t quarters) {
    x = MIN(SET(4194304.0f), MAX(SET(-4194304.0f), x));
    const F16 magic = SET(12582912.0f);
    const F16 t = FMA(x, SET(0.636619772f), magic);
    const F16 n = SUB(t, magic);
    const F16 r =
        FMA(n, SET(1.7151245e-15f), FMA(n, SET(4.37113883e-8f), FMA(n, SET(-1.57079637f), x)));
    const F16 z = ROUNDED(MUL(r, r));
    F16 s = FMA(SET(-1.9515295891e-4f), z, SET(8.3321608736e-3f));
    s = FMA(s, z, SET(-1.6666654611e-1f));
    s = FMA(ROUNDED(MUL(s, z)), r, r);
    F16 c = FMA(SET(2.4433157118e-5f), z, SET(-1.3887316255e-3f));
    c = FMA(c, z, SET(4.1666645683e-2f));
    c = FMA(ROUNDED(MUL(z, z)), c, FMA(z, SET(-0.5f), SET(1.0f)));
    const I16 q = IADD(AS_INT(t), ISET(quarters));
    const F16 v = SELECT(IEQ(IAND(q, ISET(1)), ISET(1)), c, s);
    return AS_FLOAT(IXOR(AS_INT(v), ISHL(IAND(q, ISET(2)), 30)));
}

FN F16 SIN(F16 x) { return SINE(x, 0); }
FN F16 COS(F16 x) { return SINE(x, 1); }

/* exp(-a a / 2) for 0 <= a <= 12.8: what rounding takes from the square comes back as a factor. */
FN F16 BELL(F16 a) {
    const F16 square = ROUNDED(MUL(a, a)), rest = FMA(a, a, NEG(square));
    const F16 e = EXP(ROUNDED(MUL(SET(-0.5f), square)));
    return FMA(ROUNDED(MUL(SET(-0.5f), rest)), e, e);
}

/* The normal distribution Phi(-a) from bell = BELL(a): bell times a polynomial in 1 / (1 + 0.3 a)
 * without a constant, as in M. Abramowitz, I. Stegun, 7.1.26; its coefficients minimise the largest
 * relative error for 0 <= a <= 13.2, which is 1.2e-7, 5e-7 with roundings. */
FN F16 TAIL(F16 a, F16 bell) {
    const F16 t = QUOTIENT(SET(1.0f), FMA(SET(0.3f), a, SET(1.0f)));
    F16 p = SET(3.608742729e-2f);
    p = FMA(p, t, SET(-1.589273065e-1f));
    p = FMA(p, t, SET(2.093344182e-1f));
    p = FMA(p, t, SET(-5.643831193e-2f));
    p = FMA(p, t, SET(1.300260276e-1f));
    p = FMA(p, t, SET(9.946715087e-2f));
    p = FMA(p, t, SET(1.208259687e-1f));
    p = FMA(p, t, SET(1.196245626e-1f));
    return ROUNDED(MUL(ROUNDED(MUL(p, t)), bell));
}

/* x Phi(x); from -12.8 down, where that is less than 1e-35, -0. */
FN F16 GELU_NONE(F16 x) {
    const F16 a = MIN(SET(12.8f), ABS(x));
    const F16 tail = KEEP(GT(SET(12.8f), a), TAIL(a, BELL(a)));
    const F16 less = ROUNDED(MUL(a, tail));
    return SELECT(GT(x, SET(0.0f)), SUB(x, less), NEG(less));
}

/* Its slope, Phi(x) + x exp(-x x / 2) / sqrt(2 pi). */
FN F16 GELU_NONE_SLOPE(F16 x) {
    const F16 a = MIN(SET(12.8f), ABS(x)), bell = KEEP(GT(SET(12.8f), a), BELL(a));
    const F16 rise = ROUNDED(MUL(ROUNDED(MUL(SET(0.3989422804f), a)), bell));
    const F16 less = SUB(TAIL(a, bell), rise);
    return SELECT(GT(x, SET(0.0f)), SUB(SET(1.0f), less), less);
}

/* 2 u = sqrt(8 / pi) (x + 0.044715 x^3), of the tanh form x (1 + tanh(u)) / 2 = x s(2 u), s the
 * sigmoid; c: x within +-12.8, where s reaches its ends, so that no cube overflows. */
FN F16 GELU_TANH_BEND(F16 c) {
    const F16 square = ROUNDED(MUL(c, c));
    return ROUNDED(MUL(SET(1.5957691216f), FMA(ROUNDED(MUL(SET(0.044715f), square)), c, c)));
}

FN F16 GELU_TANH(F16 x) {
    const F16 least = MAX(SET(-12.8f), x), c = MIN(SET(12.8f), least);
    return ROUNDED(MUL(least, SIGMOID(GELU_TANH_BEND(c))));
}

/* s + x s (1 - s) 2 u'; s (1 - s) is e / (1 + e)^2 for e = exp(-|2 u|). */
FN F16 GELU_TANH_SLOPE(F16 x) {
    const F16 c = MIN(SET(12.8f), MAX(SET(-12.8f), x));
    const F16 e = EXP(NEG(ABS(GELU_TANH_BEND(c))));
    const F16 r = QUOTIENT(SET(1.0f), ADD(SET(1.0f), e)), tail = ROUNDED(MUL(e, r));
    const F16 du = FMA(SET(0.2140644488f), ROUNDED(MUL(c, c)), SET(1.5957691216f));
    const F16 s = SELECT(GT(c, SET(0.0f)), r, tail);
    return FMA(ROUNDED(MUL(ROUNDED(MUL(tail, r)), c)), du, s);
}

/* Logarithm of any number, as C has it: NaN below 0, -infinity at 0; of numbers that are not
 * normal, by those 2^24 times as large. */
FN F16 LOG_ALL(F16 x) {
    const M16 tiny = GT(SET(1.17549435e-38f), x);
    const F16 large = SELECT(tiny, ROUNDED(MUL(x, SET(16777216.0f))), x);
    const F16 r = SUB(LOG(large), KEEP(tiny, SET(16.6355323f)));
    const F16 infinite = SET(__builtin_inff());
    const F16 odd = SELECT(NONZERO(x), SUB(infinite, infinite), NEG(infinite));
    return SELECT(GT(x, SET(0.0f)), r, SELECT(WINS(x, SET(0.0f)), x, odd));
}

/* log(1 + exp(x)). What rounding takes from 1 + e comes back as a quotient, so that small results
 * are as exact as large ones (W. Kahan). */
FN F16 SOFTPLUS(F16 x) {
    const F16 e = EXP(NEG(ABS(x))), u = ADD(SET(1.0f), e);
    const F16 rest = SUB(e, SUB(u, SET(1.0f)));
    return ADD(MAX(SET(0.0f), x), ADD(LOG(u), QUOTIENT(rest, u)));
}

/* 1 where equal, else 0. Numbers that are not equal differ, as nothing is flushed to zero;
 * infinities are compared by their bits. */
FN F16 EQUAL(F16 a, F16 b) {
    const F16 infinite = KEEP(GT(ABS(a), SET(3.40282347e38f)), SET(1.0f));
    const F16 same = KEEP(IEQ(AS_INT(a), AS_INT(b)), infinite);
    return SELECT(NONZERO(SUB(a, b)), same, SET(1.0f));
}

/* x tanh(log(1 + exp(x))) = x (e^2 + 2 e) / (e^2 + 2 e + 2), e = exp(x); from 20 up x itself. */
FN F16 MISH(F16 x) {
    const F16 e = EXP(MIN(SET(20.0f), x)), m = ROUNDED(MUL(e, ADD(e, SET(2.0f))));
    return ROUNDED(MUL(x, QUOTIENT(m, ADD(m, SET(2.0f)))));
}

/* t + x s (1 - t^2): t the hyperbolic tangent above, s the sigmoid. 1 - t is 2 / (m + 2). */
FN F16 MISH_SLOPE(F16 x) {
    const F16 e = EXP(MIN(SET(20.0f), x)), m = ROUNDED(MUL(e, ADD(e, SET(2.0f))));
    const F16 r = QUOTIENT(SET(1.0f), ADD(m, SET(2.0f))), t = ROUNDED(MUL(m, r));
    const F16 s = QUOTIENT(e, ADD(e, SET(1.0f)));
    const F16 rest = ROUNDED(MUL(ROUNDED(MUL(SET(2.0f), r)), ADD(SET(1.0f), t)));
    return FMA(ROUNDED(MUL(x, s)), rest, t);
}

/* +0 where |x| < 2^-63, else x: what the upper two bits of the exponent say. */
FN F16 CUT(F16 x) { return KEEP(IGT(IAND(AS_INT(x), ISET(0x60000000u)), ISET(0)), x); }
/* The mean m of squares, of which `share` stays, and the share `rest` of the square of d; at least
 * 2^-120. */
FN F16 MEAN_SQUARE(F16 m, F16 d, float share, float rest) {
    return FMA(MUL(SET(rest), d), d, MAX(SET(0x1p-120f), MUL(SET(share), m)));
}

FN F16 RELU(F16 x) { return MAX(SET(0.0f), x); }
/* The sums of n floats, whole rows of 16; `to` may be one of the summands. */
static __attribute__((noinline)) TARGET void ADD_ROW(float *to, const float *a, const float *b,
                                                     size_t n) {
    for (size_t i = 0; i < n; i += 16) STORE(to + i, ADD(LOAD(a + i), LOAD(b + i)));
}
/* Adds a batch's gradient, times its samples, to the sum of those of an update, and makes the mean
 * of it: `share` is one by the samples so far. */
static __attribute__((noinline)) TARGET void GATHER_ROW(float *sum, float *g, float samples,
                                                        bool first, float share, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        const F16 s = FMA(SET(samples), LOAD(g + i), first ? SET(0.0f) : LOAD(sum + i));
        STORE(sum + i, s);
        STORE(g + i, ROUNDED(MUL(SET(share), s)));
    }
}
/* Averages e move by a share of the way to p. */
static __attribute__((noinline)) TARGET void FOLLOW_ROW(float *e, const float *p, float share,
                                                        size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        const F16 x = LOAD(e + i);
        STORE(e + i, CUT(FMA(SET(share), SUB(LOAD(p + i), x), x)));
    }
}
/* x where y > 0. */
FN F16 POSITIVE(F16 y, F16 x) { return KEEP(GT(y, SET(0.0f)), x); }
/* Lanes from .. from+count-1, the others zero. */
FN F16 LANES(F16 x, int from, int count) {
    const I16 lane = ISUB(IOTA(), ISET((uint32_t)from));
    return KEEP(IGT(ISET((uint32_t)count), lane), KEEP(IGT(lane, ISET(0xffffffffu)), x));
}

/* dropout_hash() of compiler/ops/ops.h, without its key. */
FN I16 MIX(I16 x) {
    x = IXOR(x, ISHR(x, 16));
    x = IMUL(x, ISET(0x7feb352du));
    x = IXOR(x, ISHR(x, 15));
    x = IMUL(x, ISET(0x846ca68bu));
    return IXOR(x, ISHR(x, 16));
}

/* Words `word` to `word` + 15 of what is drawn for a sample of the batch. */
FN I16 DRAWN(const NnDrop *d, int sample, uint32_t word) {
    const uint32_t factor = 0x9E3779B1u;
    const uint32_t first = (d->first + (uint32_t)sample) * d->words + word;
    /* (first + lane) * factor */
    const I16 h = IADD(IMUL(IOTA(), ISET(factor)), ISET(first * factor));
    return MIX(IXOR(h, ISET(d->key)));
}

/* Dropout of the 16 elements from number `element` (a multiple of 16) of a sample. */
FN F16 DROPPED(F16 x, const NnDrop *d, int sample, int element) {
    I16 h = DRAWN(d, sample, (uint32_t)element / 32 * 16);
    h = element & 16 ? ISHR(h, 16) : IAND(h, ISET(0xffffu));
    return ROUNDED(KEEP(IGT(h, ISET(d->threshold - 1u)), MUL(x, SET(d->scale))));
}

/* Upper 24 bits of words, as numbers. */
FN F16 DRAWN_BITS(const NnDrop *d, int sample, uint32_t word) {
    return TO_FLOAT(ISHR(DRAWN(d, sample, word), 8));
}

/* Numbers from [0, 1) of the same 16 elements; the product is exact. */
FN F16 UNIFORM(const NnDrop *d, int sample, int element) {
    return MUL(SET(0x1p-24f), DRAWN_BITS(d, sample, (uint32_t)element));
}

/* Normal numbers of the same 16 elements, a pair for two rows (G. Box, M. Muller, A note on the
 * generation of random normal deviates, 1958): an angle from [-pi, pi), whose step is pi / 2^23. */
FN F16 NORMAL(const NnDrop *d, int sample, int element) {
    const uint32_t word = (uint32_t)element / 32 * 32;
    const F16 u = MUL(SET(0x1p-24f), ADD(DRAWN_BITS(d, sample, word), SET(1.0f)));
    const F16 turn = SUB(DRAWN_BITS(d, sample, word + 16), SET(8388608.0f));
    const F16 angle = ROUNDED(MUL(SET(3.74507028e-7f), turn));
    const F16 size = SQRT(ROUNDED(MUL(SET(-2.0f), LOG(u))));
    return ROUNDED(MUL(size, SINE(angle, element & 16 ? 0 : 1)));
}

/* TRANSPOSE with all rows 16 apart, of a square of which there are `rows` rows in and `columns`
 * rows out. */
FN void TRANSPOSE_PART(const float *from, int rows, float *to, int columns) {
    float in[256], out[256];
    if (rows == 16 && columns == 16) {
        TRANSPOSE(from, 16, to, 16);
        return;
    }
    __builtin_memset(in, 0, sizeof in);
    __builtin_memcpy(in, from, (size_t)rows * 64);
    TRANSPOSE(in, 16, out, 16);
    __builtin_memcpy(to, out, (size_t)columns * 64);
}

/* MAC<n>(row, x), a step of a row of a register tile: x times the registers w0, w1 ... is added to
 * the sums a<row>_0, a<row>_1 ... */
#define MAC(sums, x)                                                                               \
    {                                                                                              \
        const V v = V_SET(x);                                                                      \
        sums                                                                                       \
    }
#define SUM(row, i) a##row##_##i = V_FMA(v, w##i, a##row##_##i);
#define SUMS1(row) SUM(row, 0)
#define SUMS2(row) SUMS1(row) SUM(row, 1)
#define SUMS3(row) SUMS2(row) SUM(row, 2)
#define SUMS4(row) SUMS3(row) SUM(row, 3)
#define SUMS5(row) SUMS4(row) SUM(row, 4)
#define SUMS6(row) SUMS5(row) SUM(row, 5)
#define SUMS7(row) SUMS6(row) SUM(row, 6)
#define SUMS8(row) SUMS7(row) SUM(row, 7)
#define SUMS9(row) SUMS8(row) SUM(row, 8)
#define SUMS10(row) SUMS9(row) SUM(row, 9)
#define SUMS11(row) SUMS10(row) SUM(row, 10)
#define SUMS12(row) SUMS11(row) SUM(row, 11)
#define SUMS13(row) SUMS12(row) SUM(row, 12)
#define SUMS14(row) SUMS13(row) SUM(row, 13)
#define SUMS15(row) SUMS14(row) SUM(row, 14)
#define SUMS16(row) SUMS15(row) SUM(row, 15)
#define SUMS17(row) SUMS16(row) SUM(row, 16)
#define SUMS18(row) SUMS17(row) SUM(row, 17)
#define SUMS19(row) SUMS18(row) SUM(row, 18)
#define SUMS20(row) SUMS19(row) SUM(row, 19)
#define SUMS21(row) SUMS20(row) SUM(row, 20)
#define SUMS22(row) SUMS21(row) SUM(row, 21)
#define SUMS23(row) SUMS22(row) SUM(row, 22)
#define SUMS24(row) SUMS23(row) SUM(row, 23)
#define MAC1(row, x) MAC(SUMS1(row), x)
#define MAC2(row, x) MAC(SUMS2(row), x)
#define MAC3(row, x) MAC(SUMS3(row), x)
#define MAC4(row, x) MAC(SUMS4(row), x)
#define MAC5(row, x) MAC(SUMS5(row), x)
#define MAC6(row, x) MAC(SUMS6(row), x)
#define MAC7(row, x) MAC(SUMS7(row), x)
#define MAC8(row, x) MAC(SUMS8(row), x)
#define MAC9(row, x) MAC(SUMS9(row), x)
#define MAC10(row, x) MAC(SUMS10(row), x)
#define MAC11(row, x) MAC(SUMS11(row), x)
#define MAC12(row, x) MAC(SUMS12(row), x)
#define MAC13(row, x) MAC(SUMS13(row), x)
#define MAC14(row, x) MAC(SUMS14(row), x)
#define MAC15(row, x) MAC(SUMS15(row), x)
#define MAC16(row, x) MAC(SUMS16(row), x)
#define MAC17(row, x) MAC(SUMS17(row), x)
#define MAC18(row, x) MAC(SUMS18(row), x)
#define MAC19(row, x) MAC(SUMS19(row), x)
#define MAC20(row, x) MAC(SUMS20(row), x)
#define MAC21(row, x) MAC(SUMS21(row), x)
#define MAC22(row, x) MAC(SUMS22(row), x)
#define MAC23(row, x) MAC(SUMS23(row), x)
#define MAC24(row, x) MAC(SUMS24(row), x)

#endif
